//! The writing end of one session: its connection records what is said, hands over messages, and
//! says how it ended. What no commit holds yet is in `live`, for readers.

use std::sync::Arc;

use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use super::apply::Apply;
use super::feed::Kind;
use super::live::LiveGuard;
use super::rows::{Millis, NewMessage, SessionInfo};
use super::tx::Tx;
use super::write::{Begun, Part, Write};
use super::{Store, StoreError, id, parts, share};

/// A transcript that grows over this without a message goes to the store in between.
const TAIL_BYTES: usize = 64 * 1024;

/// Packing more than this takes so long that other sessions must not wait for it.
const LARGE: usize = 256 * 1024;

/// A session under way.
pub struct OpenSession {
    store: Store,
    live: LiveGuard,
    /// Bytes of the tail that could not be written down.
    eased: usize,
}

impl OpenSession {
    pub(super) async fn start(store: Store, info: SessionInfo) -> OpenSession {
        let id = id::new();
        let live = store.shared.live.open(&id, info.clone());
        let begun = Arc::new(Begun { at: Millis::now(), info });
        let write = Write::Open { id: id.clone(), begun };
        // A closed store has said so; the session then lives without being kept.
        let _ = store.shared.writes.push(write).await;
        store.watch_sessions();
        OpenSession { store, live, eased: 0 }
    }

    pub fn id(&self) -> &str {
        self.live.id()
    }

    /// Adds entries, each of which `write` appends as a JSON object, and what is known of the
    /// session by now.
    pub fn record<E>(
        &self,
        entries: &[E],
        write: impl Fn(&E, &mut Vec<u8>) -> serde_json::Result<()>,
        update: impl FnOnce(&mut SessionInfo),
    ) {
        let mut live = self.live.lock();
        for entry in entries {
            live.append(|out| write(entry, out));
        }
        update(&mut live.info);
    }

    /// Writes down a transcript that has grown long without a message. When that fails, it is
    /// tried again after as much more.
    pub async fn ease(&mut self) {
        let length = self.live.lock().tail.len();
        if length <= self.eased + TAIL_BYTES {
            return;
        }
        let part = pack(&self.store, &self.live.lock().tail);
        self.eased = length;
        let Some(part) = part else { return };
        let (sender, answer) = oneshot::channel();
        let session = self.live.id().to_owned();
        let write = Write::Note { session, part, answer: Some(sender) };
        if self.store.shared.writes.push(write).await.is_ok()
            && let Ok(Ok(last)) = answer.await
        {
            self.live.lock().committed(length, last);
            self.eased = 0;
        }
    }

    /// Keeps a message with the part of the transcript that brought it. `Ok` follows the commit.
    /// `packed` of the message is made here from `raw`.
    pub async fn deliver(
        &mut self,
        mut message: Box<NewMessage>,
        raw: &[u8],
    ) -> Result<(), StoreError> {
        let packer = &self.store.shared.pack;
        if message.digest.files.is_empty() && raw.len() <= LARGE {
            message.packed = packer.pack(raw)?;
        } else {
            let cut = || share::cut(raw, &message.digest.files, packer);
            (message.packed, message.pieces) = tokio::task::block_in_place(cut)?;
        }
        let (part, length) = {
            let live = self.live.lock();
            (pack(&self.store, &live.tail), live.tail.len())
        };
        let part = part.ok_or_else(|| StoreError::Failed("its transcript is lost".into()))?;
        let (sender, answer) = oneshot::channel();
        let write = Write::Deliver { message: Some(message), part, answer: Some(sender) };
        self.store.shared.writes.push(write).await?;
        let last = answer.await.map_err(|_| StoreError::Closed)??;
        // Only now is it elsewhere. Nobody else adds to the tail, so it is that still.
        self.live.lock().committed(length, last);
        self.eased = 0;
        Ok(())
    }

    /// Ends the session.
    pub async fn close(self) {
        let OpenSession { store, live, .. } = self;
        let part = {
            let live = live.lock();
            if live.tail.is_empty() { None } else { pack(&store, &live.tail) }
        };
        // The guard goes with the write: until its commit the session is found among the open ones.
        let write = Write::Close { at: Millis::now(), part, live };
        let _ = store.shared.writes.push(write).await;
    }
}

impl Store {
    /// Waits until all that was handed over before is committed.
    pub async fn settle(&self) -> Result<(), StoreError> {
        self.shared.writes.settle().await
    }
}

/// Packing fails only without memory; the transcript is then not worth the session.
fn pack(store: &Store, entries: &[u8]) -> Option<Part> {
    match store.shared.pack.pack_large(entries) {
        Ok(entries) => Some(Part { entries }),
        Err(e) => {
            tracing::error!("a transcript could not be packed: {e}");
            None
        }
    }
}

impl Apply {
    /// Sessions that ended while the store could not be written: open by their rows, not `live`.
    pub fn end_lost(&mut self, tx: &Tx, live: &[String], at: Millis) -> Result<(), StoreError> {
        self.write_sessions(tx)?;
        let mut statement = tx.prepare_cached(
            "UPDATE sessions SET closed_at = ?1, info = json_set(info, '$.outcome', 'error')
             WHERE closed_at IS NULL AND id NOT IN (SELECT value FROM json_each(?2)) RETURNING id",
        )?;
        let lost = statement
            .query_map(params![at.0, serde_json::to_string(live)?], |row| row.get(0))?
            .collect::<Result<Vec<String>, _>>()?;
        for id in lost {
            self.event(tx, Kind::SessionClosed, Some(&id), None, None)?;
            if let Some(open) = self.forget(&id) {
                tx.prepare_cached("UPDATE sessions SET last = ?2 WHERE seq = ?1")?
                    .execute(params![open.seq, open.end.last])?;
            }
        }
        Ok(())
    }
}

/// Sessions that were open when the last process ended without a word.
pub(super) fn end_orphans(conn: &Connection) -> Result<(), StoreError> {
    parts::find_ends(conn)?;
    conn.execute(
        "UPDATE sessions SET closed_at = ?1, info = json_set(info, '$.outcome', 'error')
         WHERE closed_at IS NULL",
        params![Millis::now().0],
    )?;
    Ok(())
}
