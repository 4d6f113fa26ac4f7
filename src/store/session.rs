//! The writing end of one session: its connection records what is said, hands over messages, and
//! says how it ended. What no commit holds yet is in `live`, for readers.

use std::sync::{Arc, Mutex};

use rusqlite::{Connection, params};
use serde::Serialize;
use tokio::sync::oneshot;

use super::live::{LiveSession, lock};
use super::rows::{Millis, NewMessage, SessionInfo};
use super::writer::{Part, Write};
use super::{Store, StoreError, id};

/// A transcript that grows over this without a message goes to the store in between.
const TAIL_BYTES: usize = 64 * 1024;

/// A session under way.
pub struct OpenSession {
    id: String,
    store: Store,
    live: Arc<Mutex<LiveSession>>,
}

impl OpenSession {
    pub(super) async fn start(store: Store, info: SessionInfo) -> OpenSession {
        let id = id::new();
        let live = store.shared.live.open(&id, info.clone());
        let write = Write::Open { id: id.clone(), at: Millis::now(), info };
        // A closed store has said so; the session then lives without being kept.
        let _ = store.shared.writes.push(write).await;
        OpenSession { id, store, live }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// Adds an entry, a JSON object, with what is known of the session by now.
    pub fn record<E: Serialize>(&self, entries: &[E], update: impl FnOnce(&mut SessionInfo)) {
        let mut live = lock(&self.live);
        for entry in entries {
            live.append(entry);
        }
        update(&mut live.info);
    }

    /// Writes down a transcript that has grown long without a message.
    pub async fn ease(&self) {
        let full = {
            let mut live = lock(&self.live);
            (live.tail.len() > TAIL_BYTES).then(|| std::mem::take(&mut live.tail))
        };
        if let Some(part) = full.and_then(|tail| self.part(&tail)) {
            let write = Write::Note { session: self.id.clone(), part };
            let _ = self.store.shared.writes.push(write).await;
        }
    }

    /// Keeps a message with the part of the transcript that brought it. `Ok` follows the commit.
    /// `packed` of the message is made here from `raw`.
    pub async fn deliver(&self, mut message: NewMessage, raw: &[u8]) -> Result<(), StoreError> {
        message.packed = self.store.shared.pack.pack(raw)?;
        let (part, length) = {
            let live = lock(&self.live);
            (self.part(&live.tail), live.tail.len())
        };
        let part = part.ok_or_else(|| StoreError::Failed("its transcript is lost".into()))?;
        let (sender, answer) = oneshot::channel();
        let write = Write::Deliver { message: Box::new(message), part, answer: Some(sender) };
        self.store.shared.writes.push(write).await?;
        answer.await.map_err(|_| StoreError::Closed)??;
        // Only now is it elsewhere. Nobody else adds to the tail, so it is that still.
        lock(&self.live).tail.drain(..length);
        Ok(())
    }

    /// Ends the session.
    pub async fn close(self) {
        let (tail, info) = {
            let mut live = lock(&self.live);
            (std::mem::take(&mut live.tail), live.info.clone())
        };
        let part = if tail.is_empty() { None } else { self.part(&tail) };
        let write = Write::Close { id: self.id.clone(), at: Millis::now(), info, part };
        let _ = self.store.shared.writes.push(write).await;
    }

    /// Packing fails only without memory; the transcript is then not worth the session.
    fn part(&self, entries: &str) -> Option<Part> {
        match self.store.shared.pack.pack_large(entries) {
            Ok(entries) => Some(Part { entries }),
            Err(e) => {
                tracing::error!("a transcript could not be packed: {e}");
                None
            }
        }
    }
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        self.store.shared.live.close(&self.id);
    }
}

/// Sessions that were open when the last process ended without a word.
pub(super) fn end_orphans(conn: &Connection) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE sessions SET closed_at = ?1, info = json_set(info, '$.outcome', 'error')
         WHERE closed_at IS NULL",
        params![Millis::now().0],
    )?;
    Ok(())
}
