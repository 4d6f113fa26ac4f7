//! Sessions under way: what is known of them and the end of their transcript that no commit holds
//! yet. Here a reader sees a session before it is over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::rows::{Session, SessionInfo};

/// Room for the dialogue of a session with one message, so that it is not moved while it grows.
const ROOM: usize = 2 * 1024;

/// All open sessions; cheap to clone. Bounded by the number of connections.
#[derive(Clone, Default)]
pub struct Live {
    sessions: Arc<Mutex<HashMap<String, Arc<Mutex<LiveSession>>>>>,
}

/// One open session.
pub(super) struct LiveSession {
    pub info: SessionInfo,
    /// JSON entries, joined by commas.
    pub tail: Vec<u8>,
    /// The last part of its transcript that ends with a committed message, or was written itself.
    last: Option<i64>,
    /// So many bytes of the tail are that part, if it was not written.
    held: Option<usize>,
    /// It was there when the sessions were last looked at, so it is no short one.
    was_seen: bool,
    /// Something was said that no event told.
    has_news: bool,
    /// When it was last told, counted in looks.
    told_at: u64,
}

/// The end of a transcript that no commit holds, and the part before it.
#[derive(Default)]
pub(super) struct Tail {
    pub last: Option<i64>,
    pub entries: Vec<u8>,
}

impl Live {
    pub(super) fn open(&self, id: &str, info: SessionInfo) -> LiveGuard {
        let session = Arc::new(Mutex::new(LiveSession::new(info)));
        lock(&self.sessions).insert(id.to_owned(), session.clone());
        LiveGuard { live: self.clone(), id: id.to_owned(), session }
    }

    /// The entries of a session that are not in the store yet.
    pub(super) fn tail(&self, id: &str) -> Option<Tail> {
        let session = lock(&self.sessions).get(id).cloned()?;
        let session = lock(&session);
        let last = session.last.filter(|_| session.held.is_none());
        Some(Tail { last, entries: session.tail.clone() })
    }

    /// The last part of an open session's transcript, be it in the tail, whose message or itself
    /// was committed.
    pub(super) fn last(&self, id: &str) -> Option<Option<i64>> {
        let session = lock(&self.sessions).get(id).cloned()?;
        let last = lock(&session).last;
        Some(last)
    }

    /// What is known of an open session.
    pub(super) fn info(&self, id: &str) -> Option<SessionInfo> {
        let session = lock(&self.sessions).get(id).cloned()?;
        let info = lock(&session).info.clone();
        Some(info)
    }

    pub(super) fn ids(&self) -> Vec<String> {
        lock(&self.sessions).keys().cloned().collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        lock(&self.sessions).is_empty()
    }

    /// Sessions with news, `most` of them, those first that were told longest ago. One that was
    /// not there at the last look is left out: most are over by the next.
    pub(super) fn news(&self, look: u64, most: usize) -> Vec<String> {
        let all: Vec<_> =
            lock(&self.sessions).iter().map(|(id, live)| (id.clone(), live.clone())).collect();
        let mut news: Vec<_> = all
            .into_iter()
            .filter_map(|(id, live)| {
                let mut session = lock(&live);
                let was_seen = std::mem::replace(&mut session.was_seen, true);
                let told_at = session.told_at;
                (was_seen && session.has_news).then(|| (told_at, id, live.clone()))
            })
            .collect();
        news.sort_unstable_by_key(|(told_at, ..)| *told_at);
        news.truncate(most);
        let tell = |(_, id, live): (u64, String, Arc<Mutex<LiveSession>>)| {
            let mut session = lock(&live);
            (session.has_news, session.told_at) = (false, look);
            id
        };
        news.into_iter().map(tell).collect()
    }

    /// Brings a session that was read from the store up to what its connection knows. False: it
    /// was open then and is not here any more, so it has ended since (`read::catch_up`).
    #[must_use]
    pub(super) fn refresh(&self, session: &mut Session) -> bool {
        if session.closed_at.is_some() {
            return true;
        }
        let Some(info) = self.info(&session.id) else { return false };
        session.info = info;
        true
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
    fn new(info: SessionInfo) -> LiveSession {
        LiveSession {
            info,
            tail: Vec::with_capacity(ROOM),
            last: None,
            held: None,
            was_seen: false,
            has_news: false,
            told_at: 0,
        }
    }

    /// The first `length` bytes of the tail are the part `last` of the store now.
    pub fn committed(&mut self, length: usize, last: Option<i64>) {
        self.tail.drain(..length);
        (self.last, self.held) = (last, None);
    }

    /// The first `length` bytes of the tail are the part of the message `seq`, which is committed.
    pub fn hold(&mut self, length: usize, seq: u64) {
        (self.last, self.held) = (Some(seq as i64), Some(length));
    }

    /// The message whose part is in the tail still.
    pub fn held(&self) -> Option<i64> {
        self.last.filter(|_| self.held.is_some())
    }

    /// Nothing of its transcript was written, and no message of it is committed.
    pub fn is_new(&self) -> bool {
        self.last.is_none()
    }

    /// The part that is held, and what was said after it.
    pub fn parts(&self) -> (Option<(i64, &[u8])>, &[u8]) {
        match (self.last, self.held) {
            (Some(seq), Some(length)) => {
                let (part, rest) = self.tail.split_at(length);
                (Some((seq, part)), rest.strip_prefix(b",").unwrap_or(rest))
            }
            _ => (None, &self.tail),
        }
    }

    /// Adds a JSON object to the tail.
    pub fn append(&mut self, write: impl FnOnce(&mut Vec<u8>) -> serde_json::Result<()>) {
        self.has_news = true;
        let length = self.tail.len();
        if length > 0 {
            self.tail.push(b',');
        }
        if let Err(e) = write(&mut self.tail) {
            tracing::error!("an entry of a transcript is lost: {e}");
            self.tail.truncate(length);
        }
    }
}

/// A panic while the lock was held leaves plain values behind: they are still good to read.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Joins two runs of comma-joined entries.
pub(super) fn join(left: &mut String, right: &[u8]) {
    if !left.is_empty() && !right.is_empty() {
        left.push(',');
    }
    left.push_str(&String::from_utf8_lossy(right));
}
