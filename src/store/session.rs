//! The writing end of one session: its connection records what is said, hands over messages, and
//! says how it ended. What no commit holds yet is in `live`, for readers.

use std::sync::Arc;

use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use super::apply::Apply;
use super::feed::Kind;
use super::live::{LiveGuard, LiveSession};
use super::rows::{Millis, NewMessage, SessionInfo};
use super::tx::Tx;
use super::write::{Begun, Held, Part, Write};
use super::{Store, StoreError, id, parts, share};

/// A transcript that grows over this without a message goes to the store in between.
const TAIL_BYTES: usize = 64 * 1024;

/// The part of a first message is held back up to this.
const HELD_BYTES: usize = 8 * 1024;

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
        let parts = pack_parts(&self.store, &self.live.lock());
        self.eased = length;
        let Some((held, part)) = parts else { return };
        let (sender, answer) = oneshot::channel();
        let session = self.live.id().to_owned();
        let write = Write::Note { session, held, part, answer: Some(sender) };
        if self.store.shared.writes.push(write).await.is_ok()
            && let Ok(Ok(last)) = answer.await
        {
            self.live.lock().committed(length, last);
            self.eased = 0;
        }
    }

    /// Keeps a message with the part of the transcript that brought it. `Ok` follows the commit.
    /// `packed` of the message is made here from `raw`.
    ///
    /// In a temporary store the part of a session's first message is held back: readers find it
    /// here as long as the session is open, and most sessions end without another message. Then the
    /// whole dialogue is in the session's row, and nothing was written for it before.
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
        let (holds, parts, length) = {
            let live = self.live.lock();
            let length = live.tail.len();
            let is_short = length <= HELD_BYTES && live.is_new();
            let holds = is_short && !self.store.shared.looks.is_kept();
            let parts = if holds { None } else { Some(pack_parts(&self.store, &live)) };
            (holds, parts, length)
        };
        let (held, part) = match parts {
            None => (None, None),
            Some(Some((held, part))) => (held, Some(part)),
            Some(None) => return Err(StoreError::Failed("its transcript is lost".into())),
        };
        let (sender, answer) = oneshot::channel();
        let write = Write::Deliver { message: Some(message), held, part, answer: Some(sender) };
        self.store.shared.writes.push(write).await?;
        let (seq, last) = answer.await.map_err(|_| StoreError::Closed)??;
        // Only now is it elsewhere. Nobody else adds to the tail, so it is that still.
        let mut live = self.live.lock();
        match holds {
            true => live.hold(length, seq),
            false => live.committed(length, last),
        }
        drop(live);
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

/// The part that is held, and what was said since.
fn pack_parts(store: &Store, live: &LiveSession) -> Option<(Option<Box<Held>>, Part)> {
    let (held, rest) = live.parts();
    let held = match held {
        Some((seq, entries)) => Some(Box::new(Held { seq, part: pack(store, entries)? })),
        None => None,
    };
    Some((held, pack(store, rest)?))
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::trial::{self, BOUNDS, bring, say};
    use super::super::{Bounds, Durability};
    use super::*;

    /// The dialogue of a session, around a message, and the ids of its messages.
    async fn told(store: &Store, session: &str, around: &str) -> (String, Vec<String>) {
        let around = Some(around.to_owned()).filter(|id| !id.is_empty());
        let dialogue = store.dialogue(session.to_owned(), around).await.unwrap().unwrap();
        let (_, messages) = store.session(session.to_owned()).await.unwrap().unwrap();
        (dialogue.entries, messages)
    }

    /// The numbers of all parts, with their lengths.
    async fn parts(store: &Store) -> Vec<(u64, u64)> {
        let read = |conn: &Connection| -> Result<Vec<(u64, u64)>, StoreError> {
            let mut statement =
                conn.prepare("SELECT part, length(entries) FROM parts ORDER BY seq")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        store.shared.reader.read(read).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_session_with_one_message_is_told_from_its_connection_and_then_from_its_row() {
        let store = Store::open_temporary(BOUNDS).unwrap();
        let mut session = trial::open(&store).await;
        let id = session.id().to_owned();
        let first = bring(&mut session, "one").await.unwrap();
        let expected = |entries: &str| (entries.to_owned(), vec![first.clone()]);
        assert_eq!(told(&store, &id, &first).await, expected(r#"["one"]"#));
        say(&session, "bye");
        assert_eq!(told(&store, &id, "").await, expected(r#"["one","bye"]"#));
        session.close().await;
        store.settle().await.unwrap();
        assert_eq!(told(&store, &id, &first).await, expected(r#"["one","bye"]"#));
        assert_eq!(parts(&store).await, []);

        assert!(store.delete(first).await.unwrap());
        assert_eq!(told(&store, &id, "").await, (r#"["one","bye"]"#.to_owned(), vec![]));
        store.close().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_held_back_is_written_with_the_next_part() {
        let store = Store::open_temporary(BOUNDS).unwrap();
        let mut session = trial::open(&store).await;
        let id = session.id().to_owned();
        let first = bring(&mut session, "one").await.unwrap();
        let second = bring(&mut session, "two").await.unwrap();
        assert_eq!(parts(&store).await, [(1, 5), (2, 5)]);
        let third = bring(&mut session, "three").await.unwrap();
        assert_eq!(parts(&store).await, [(1, 5), (2, 5), (3, 7)]);
        let expected = (r#"["one","two","three"]"#.to_owned(), vec![first.clone(), second, third]);
        assert_eq!(told(&store, &id, &first).await, expected);
        session.close().await;
        store.settle().await.unwrap();
        assert_eq!(told(&store, &id, &first).await, expected);

        // The next one brings no message.
        let mut session = trial::open(&store).await;
        let id = session.id().to_owned();
        let only = bring(&mut session, "one").await.unwrap();
        let long = "x".repeat(TAIL_BYTES);
        say(&session, &long);
        session.ease().await;
        assert_eq!(parts(&store).await[3], (1, 5));
        assert_eq!(parts(&store).await.len(), 5);
        let expected = (format!(r#"["one","{long}"]"#), vec![only.clone()]);
        assert_eq!(told(&store, &id, &only).await, expected);
        session.close().await;
        store.settle().await.unwrap();
        assert_eq!(told(&store, &id, &only).await, expected);
        store.close().await;
    }

    /// A reader that looks at the connection before the part is written, and at the store after.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_part_that_is_written_while_it_is_read_is_told_once() {
        let store = Store::open_temporary(BOUNDS).unwrap();
        let mut session = trial::open(&store).await;
        let id = session.id().to_owned();
        let first = bring(&mut session, "one").await.unwrap();
        let (tail, last) = {
            let live = &store.shared.live;
            (live.tail(&id).unwrap(), live.last(&id))
        };
        bring(&mut session, "two").await.unwrap();
        let read = move |conn: &Connection| -> Result<_, StoreError> {
            let stored = super::super::transcript::read(conn, &id, Some(tail.last), None)?;
            let mut entries = stored.map(|stored| stored.entries).unwrap_or_default();
            super::super::live::join(&mut entries, &tail.entries);
            Ok((entries, super::super::transcript::message_ids(conn, &id, last)?))
        };
        let told = store.shared.reader.look(read).await.unwrap();
        assert_eq!(told, (r#""one""#.to_owned(), vec![first]));
        store.close().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_message_that_is_refused_takes_nothing_from_the_one_before() {
        let store = Store::open_temporary(Bounds { max_bytes: 1 << 20, ..BOUNDS }).unwrap();
        let mut session = trial::open(&store).await;
        let id = session.id().to_owned();
        let first = bring(&mut session, "one").await.unwrap();
        let noise: String = (0..200_000).map(|n: u64| format!("{:x}", n * n * 7919)).collect();
        assert!(matches!(bring(&mut session, &noise).await, Err(StoreError::TooLarge)));
        session.close().await;
        store.settle().await.unwrap();
        let (entries, messages) = told(&store, &id, &first).await;
        assert!(entries.starts_with(r#"["one","0"#) && entries.len() > noise.len());
        assert_eq!(messages, [first]);
        store.close().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_store_that_is_kept_holds_nothing_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mail.db");
        let store = Store::open(&path, Durability::Process, BOUNDS).unwrap();
        let mut session = trial::open(&store).await;
        bring(&mut session, "one").await.unwrap();
        assert_eq!(parts(&store).await, [(1, 5)]);
        store.close().await;
    }
}
