//! Counts over the whole store that no list may have to count: kept in memory, told by the writer
//! after each commit.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::Connection;

use super::StoreError;
use super::live::lock;

/// Messages and sessions in the store, and the bytes of the transcripts of those that are closed.
#[derive(Debug, Default)]
pub(super) struct Totals {
    messages: AtomicI64,
    sessions: AtomicI64,
    session_bytes: AtomicI64,
    gone: Mutex<Gone>,
    index: Mutex<Indexed>,
}

/// The search index: bytes in use, and the messages that it has.
#[derive(Debug, Default, Clone, Copy)]
struct Indexed {
    bytes: u64,
    messages: u64,
}

/// Messages that went since somebody asked; bounded, for it is asked when there is time.
#[derive(Debug, Default)]
pub(super) struct Gone {
    pub seqs: Vec<u64>,
    /// How many ever, these among them.
    pub count: u64,
    /// Whether there were too many to be listed.
    pub overflown: bool,
}

const MAX_GONE: usize = 50_000;

/// What a transaction changes.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// Numbers of messages that are no longer there.
    pub gone: Vec<u64>,
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
            gone: Mutex::default(),
            index: Mutex::default(),
        })
    }

    pub fn add(&self, change: Change) {
        self.messages.fetch_add(change.messages, Ordering::Relaxed);
        self.sessions.fetch_add(change.sessions, Ordering::Relaxed);
        self.session_bytes.fetch_add(change.session_bytes, Ordering::Relaxed);
        if !change.gone.is_empty() {
            lock(&self.gone).add(change.gone);
        }
    }

    /// How many messages have gone since the store was opened.
    pub fn gone(&self) -> u64 {
        lock(&self.gone).count
    }

    pub fn take_gone(&self) -> Gone {
        let mut gone = lock(&self.gone);
        let count = gone.count;
        std::mem::replace(&mut gone, Gone { count, ..Gone::default() })
    }

    /// What the index has by now.
    pub fn set_index(&self, bytes: u64, messages: u64) {
        *lock(&self.index) = Indexed { bytes, messages };
    }

    /// Bytes of the search index, when it has heard of all messages that are gone.
    pub fn index_bytes(&self) -> u64 {
        let (Indexed { bytes, messages }, left) = (*lock(&self.index), self.messages());
        if left < messages { (bytes as f64 * left as f64 / messages as f64) as u64 } else { bytes }
    }

    /// Bytes of the index that one message has, about.
    pub fn index_bytes_each(&self) -> u64 {
        let Indexed { bytes, messages } = *lock(&self.index);
        bytes.checked_div(messages).unwrap_or(0)
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

impl Gone {
    fn add(&mut self, seqs: Vec<u64>) {
        self.count += seqs.len() as u64;
        if self.overflown || self.seqs.len() + seqs.len() > MAX_GONE {
            *self = Gone { seqs: Vec::new(), count: self.count, overflown: true };
        } else {
            self.seqs.extend(seqs);
        }
    }
}
