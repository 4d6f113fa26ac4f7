//! Counts over the whole store that no list may have to count: kept in memory, told by the writer
//! after each commit.

use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::Connection;

use super::StoreError;

/// Messages and sessions in the store, and the bytes of the transcripts of those that are closed.
#[derive(Debug, Default)]
pub(super) struct Totals {
    messages: AtomicI64,
    sessions: AtomicI64,
    session_bytes: AtomicI64,
}

/// What a transaction changes.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub messages: i64,
    pub sessions: i64,
    pub session_bytes: i64,
}

impl Totals {
    /// Counts once, when the store is opened.
    pub fn count(conn: &Connection) -> Result<Totals, StoreError> {
        let sql = "SELECT count(*), coalesce(sum(bytes), 0),
                   (SELECT coalesce(sum(messages), 0) FROM inboxes) FROM sessions";
        let (sessions, session_bytes, messages): (i64, i64, i64) =
            conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(Totals {
            messages: messages.into(),
            sessions: sessions.into(),
            session_bytes: session_bytes.into(),
        })
    }

    pub fn add(&self, change: Change) {
        self.messages.fetch_add(change.messages, Ordering::Relaxed);
        self.sessions.fetch_add(change.sessions, Ordering::Relaxed);
        self.session_bytes.fetch_add(change.session_bytes, Ordering::Relaxed);
    }

    pub fn messages(&self) -> u64 {
        self.messages.load(Ordering::Relaxed).max(0) as u64
    }

    pub fn sessions(&self) -> u64 {
        self.sessions.load(Ordering::Relaxed).max(0) as u64
    }

    pub fn session_bytes(&self) -> u64 {
        self.session_bytes.load(Ordering::Relaxed).max(0) as u64
    }
}
