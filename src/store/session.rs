//! The writing end of one session: its connection records what is said, hands over messages, and
//! says how it ended. What no commit holds yet is in `live`, for readers.

use std::sync::{Arc, Mutex};

use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use super::live::{LiveSession, join, lock};
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
        let _ = store.shared.writes.send(write).await;
        OpenSession { id, store, live }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// Adds entries (JSON objects joined by commas) and what is known of the session by now.
    pub async fn record(&self, entries: &str, info: SessionInfo) {
        let full = {
            let mut live = lock(&self.live);
            join(&mut live.tail, entries);
            live.info = info;
            (live.tail.len() > TAIL_BYTES).then(|| std::mem::take(&mut live.tail))
        };
        if let Some(part) = full.and_then(|tail| self.part(&tail)) {
            let _ =
                self.store.shared.writes.send(Write::Note { session: self.id.clone(), part }).await;
        }
    }

    /// Keeps a message with the part of the transcript that brought it. `Ok` follows the commit.
    /// `packed` of the message is made here from `raw`.
    pub async fn deliver(&self, mut message: NewMessage, raw: &[u8]) -> Result<(), StoreError> {
        message.packed = self.store.shared.pack.pack(raw)?;
        let tail = lock(&self.live).tail.clone();
        let part = self.part(&tail).ok_or_else(|| StoreError::Failed("transcript".into()))?;
        let (sender, answer) = oneshot::channel();
        let write = Write::Deliver { message: Box::new(message), part, answer: Some(sender) };
        self.store.shared.writes.send(write).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)??;
        // Only now is it elsewhere. Nobody else adds to the tail, so it still starts with it.
        let mut live = lock(&self.live);
        live.tail.drain(..tail.len());
        if live.tail.starts_with(',') {
            live.tail.remove(0);
        }
        Ok(())
    }

    /// Ends the session.
    pub async fn close(self, info: SessionInfo) {
        let tail = std::mem::take(&mut lock(&self.live).tail);
        let part = if tail.is_empty() { None } else { self.part(&tail) };
        let write = Write::Close { id: self.id.clone(), at: Millis::now(), info, part };
        let _ = self.store.shared.writes.send(write).await;
    }

    /// Packing fails only without memory; the transcript is then not worth the session.
    fn part(&self, entries: &str) -> Option<Part> {
        let packed = self.store.shared.pack.pack(entries.as_bytes());
        packed
            .inspect_err(|e| tracing::error!("a transcript could not be packed: {e}"))
            .ok()
            .map(|entries| Part { entries })
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
