//! The way of writes to the one that writes. Somebody waits for most of them; those that only put
//! something on record (a session opened, a session closed) ride along with the next of those, or
//! go by themselves after a moment. A transaction for each would cost more than the mail itself.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::task::yield_now;
use tokio::time::timeout;

use super::StoreError;
use super::live::lock;
use super::write::Write;

/// Writes that wait; who brings more waits too.
const BOUND: usize = 1024;
/// How long a write that nobody waits for may lie.
const MOMENT: Duration = Duration::from_millis(10);
/// Ends of sessions that are left for a later transaction at most. (More would save pages, but such
/// a transaction takes longer than a client on this machine has something else to do.)
const LEFT: usize = 10;
/// Writes and message bytes in one transaction.
const BATCH: usize = 512;
const BATCH_BYTES: usize = 16 * 1024 * 1024;
/// How often everything else that is ready goes first, before a batch is taken: who delivers at
/// the same time then shares the transaction. With nobody else there it costs microseconds.
/// (Waiting for a time or a number of them instead was slower, measured with 20 connections.)
const TURNS: usize = 8;

/// Both ends of the queue.
pub(super) struct Queue {
    turns: Semaphore,
    inner: Mutex<Inner>,
    wake: Notify,
}

#[derive(Default)]
struct Inner {
    writes: VecDeque<Write>,
    /// Somebody waits for one of them.
    urgent: bool,
    closed: bool,
    /// Since when the ends of sessions have been left.
    left: Option<Instant>,
}

impl Queue {
    pub fn new() -> Arc<Queue> {
        Arc::new(Queue {
            turns: Semaphore::new(BOUND),
            inner: Mutex::default(),
            wake: Notify::new(),
        })
    }

    /// Hands a write over; waits while too many do.
    pub async fn push(&self, write: Write) -> Result<(), StoreError> {
        self.turns.acquire().await.map_err(|_| StoreError::Closed)?.forget();
        let mut inner = lock(&self.inner);
        if inner.closed {
            return Err(StoreError::Closed);
        }
        let is_first_urgent = write.is_urgent() && !std::mem::replace(&mut inner.urgent, true);
        inner.writes.push_back(write);
        let length = inner.writes.len();
        drop(inner);
        if is_first_urgent || length == 1 || length == BATCH {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Waits until all that was handed over before is committed.
    pub async fn settle(&self) -> Result<(), StoreError> {
        let (sender, answer) = oneshot::channel();
        self.push(Write::Remove { seqs: Vec::new(), answer: Some(sender) }).await?;
        answer.await.map_err(|_| StoreError::Closed)?.map(drop)
    }

    /// No more writes; those that are here are still taken.
    pub fn close(&self) {
        lock(&self.inner).closed = true;
        self.wake.notify_one();
    }

    /// Drops what is queued, so that who waits for it is told; for a writer that ended early.
    pub fn abandon(&self) {
        lock(&self.inner).writes.clear();
        self.turns.close();
    }

    pub fn is_closed(&self) -> bool {
        lock(&self.inner).closed
    }

    /// The next writes, as many as fit one transaction. With `wait`, waits until there are some;
    /// without, takes what is there. An empty batch comes when there was nothing for as long as
    /// `patience`. `None` after the end.
    pub async fn next_batch(&self, wait: bool, patience: Option<Duration>) -> Option<Vec<Write>> {
        if wait {
            self.some(patience).await;
        }
        for _ in 0..TURNS {
            yield_now().await;
        }
        let mut inner = lock(&self.inner);
        let batch = take(&mut inner);
        let ended = inner.closed && batch.is_empty();
        drop(inner);
        self.turns.add_permits(batch.len());
        (!ended).then_some(batch)
    }

    /// Waits for a write that somebody waits for, for others that have lain for a moment, or for
    /// the end of `patience`.
    async fn some(&self, patience: Option<Duration>) {
        loop {
            let limit = {
                let inner = lock(&self.inner);
                if inner.urgent || inner.closed || inner.writes.len() >= BATCH {
                    return;
                }
                if inner.writes.is_empty() { patience } else { Some(MOMENT) }
            };
            match limit {
                None => self.wake.notified().await,
                Some(limit) if timeout(limit, self.wake.notified()).await.is_err() => return,
                Some(_) => {}
            }
        }
    }
}

/// The next batch. The ends of sessions are left for a while when there is mail: many of them in one
/// transaction change few pages, and a few with each batch of mail change as many again and again.
fn take(inner: &mut Inner) -> Vec<Write> {
    let leaves = inner.may_leave();
    let mut left = VecDeque::with_capacity(if leaves { inner.writes.len() } else { 0 });
    let mut batch = Vec::with_capacity(inner.writes.len().min(BATCH));
    let mut bytes = 0;
    while batch.len() < BATCH && bytes < BATCH_BYTES {
        match inner.writes.pop_front() {
            Some(write @ Write::Close { .. }) if leaves => left.push_back(write),
            Some(write) => {
                bytes += write.bytes();
                batch.push(write);
            }
            None => break,
        }
    }
    inner.left = match left.is_empty() {
        true => None,
        false => inner.left.or_else(|| Some(Instant::now())),
    };
    left.append(&mut inner.writes);
    inner.writes = left;
    inner.urgent = inner.writes.iter().any(Write::is_urgent);
    batch
}

impl Inner {
    /// Nothing but mail is here, whose place before the end of another session tells nobody anything.
    fn may_leave(&self) -> bool {
        let is_mail = |write: &Write| {
            matches!(write, Write::Open { .. } | Write::Deliver { .. } | Write::Close { .. })
        };
        self.urgent
            && !self.closed
            && self.writes.len() < LEFT
            && self.left.is_none_or(|since| since.elapsed() < MOMENT)
            && self.writes.iter().all(is_mail)
    }
}

#[cfg(test)]
mod tests {
    use super::super::live::Live;
    use super::super::rows::{Millis, SessionInfo};
    use super::*;

    fn mail() -> Write {
        Write::Deliver { message: None, held: None, part: None, answer: None }
    }

    fn end(live: &Live) -> Write {
        let info = SessionInfo::open(String::new(), "smtp");
        let live = live.open("a session", info);
        Write::Close { at: Millis(0), part: None, live }
    }

    fn waiting(writes: impl IntoIterator<Item = Write>) -> Inner {
        let writes: VecDeque<_> = writes.into_iter().collect();
        let urgent = writes.iter().any(Write::is_urgent);
        Inner { writes, urgent, closed: false, left: None }
    }

    /// How many writes are taken and how many are left.
    fn taken(inner: &mut Inner) -> (usize, usize) {
        (take(inner).len(), inner.writes.len())
    }

    #[test]
    fn ends_of_sessions_are_left_by_mail_for_a_moment() {
        let live = Live::default();
        let mut inner = waiting([end(&live), mail(), end(&live), mail()]);
        assert_eq!(taken(&mut inner), (2, 2));
        assert!(!inner.urgent, "nobody waits for what is left");
        inner.writes.push_back(mail());
        inner.urgent = true;
        assert_eq!(taken(&mut inner), (1, 2));
        // Mail goes on coming in; the moment counts from the first of them.
        inner.left = inner.left.and_then(|since| since.checked_sub(MOMENT));
        inner.writes.push_back(mail());
        inner.urgent = true;
        assert_eq!(taken(&mut inner), (3, 0));
        assert!(inner.left.is_none());
    }

    #[test]
    fn ends_of_sessions_go_when_nothing_is_gained_or_somebody_would_see() {
        let live = Live::default();
        let alone = waiting([end(&live)]);
        let many = waiting((0..LEFT).map(|_| end(&live)).chain([mail()]));
        let last = Inner { closed: true, ..waiting([end(&live), mail()]) };
        let nothing = Write::Remove { seqs: Vec::new(), answer: None };
        let settled = waiting([end(&live), mail(), nothing]);
        for mut inner in [alone, many, last, settled] {
            let all = inner.writes.len();
            assert_eq!(taken(&mut inner), (all, 0));
        }
    }
}
