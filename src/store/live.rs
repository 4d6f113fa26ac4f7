//! Sessions under way: what is known of them and the end of their transcript that no commit holds
//! yet. Here a reader sees a session before it is over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::rows::{Session, SessionInfo};

/// All open sessions; cheap to clone. Bounded by the number of connections.
#[derive(Clone, Default)]
pub struct Live {
    sessions: Arc<Mutex<HashMap<String, Arc<Mutex<LiveSession>>>>>,
}

/// One open session.
pub(super) struct LiveSession {
    pub info: SessionInfo,
    /// JSON entries, joined by commas.
    pub tail: String,
}

impl Live {
    pub(super) fn open(&self, id: &str, info: SessionInfo) -> LiveGuard {
        let session = Arc::new(Mutex::new(LiveSession { info, tail: String::new() }));
        lock(&self.sessions).insert(id.to_owned(), session.clone());
        LiveGuard { live: self.clone(), id: id.to_owned(), session }
    }

    /// The entries of a session that are not in the store yet.
    pub(super) fn tail(&self, id: &str) -> Option<String> {
        let session = lock(&self.sessions).get(id).cloned()?;
        let tail = lock(&session).tail.clone();
        Some(tail)
    }

    /// Brings a stored session up to what its connection knows.
    pub(super) fn refresh(&self, session: &mut Session) {
        if session.closed_at.is_none()
            && let Some(live) = lock(&self.sessions).get(&session.id).cloned()
        {
            session.info = lock(&live).info.clone();
        }
    }
}

/// Keeps a session among the open ones until it is dropped: with the write that closes it, so that
/// a reader finds its end in one place or the other.
pub(super) struct LiveGuard {
    live: Live,
    id: String,
    session: Arc<Mutex<LiveSession>>,
}

impl LiveGuard {
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn lock(&self) -> MutexGuard<'_, LiveSession> {
        lock(&self.session)
    }
}

impl Drop for LiveGuard {
    fn drop(&mut self) {
        lock(&self.live.sessions).remove(&self.id);
    }
}

impl LiveSession {
    /// Adds a JSON object to the tail.
    pub fn append(&mut self, entry: &impl Serialize) {
        let length = self.tail.len();
        if length > 0 {
            self.tail.push(',');
        }
        let mut bytes = std::mem::take(&mut self.tail).into_bytes();
        if let Err(e) = serde_json::to_writer(&mut bytes, entry) {
            tracing::error!("an entry of a transcript is lost: {e}");
            bytes.truncate(length);
        }
        // serde_json writes UTF-8 after what was UTF-8.
        self.tail = String::from_utf8(bytes).unwrap_or_default();
    }
}

/// A panic while the lock was held leaves plain values behind: they are still good to read.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Joins two runs of comma-joined entries.
pub(super) fn join(left: &mut String, right: &str) {
    if !left.is_empty() && !right.is_empty() {
        left.push(',');
    }
    left.push_str(right);
}
