//! The way of writes to the writer's thread. Somebody waits for most of them; those that only put
//! something on record (a session opened, a session closed) ride along with the next of those, or
//! go by themselves after a moment. A transaction for each would cost more than the mail itself.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::StoreError;
use super::live::lock;
use super::write::Write;

/// Writes that wait; who brings more waits too.
const BOUND: usize = 1024;
/// How long a write that nobody waits for may lie.
const MOMENT: Duration = Duration::from_millis(10);
/// Writes and message bytes in one transaction.
const BATCH: usize = 512;
const BATCH_BYTES: usize = 16 * 1024 * 1024;

/// Both ends of the queue.
pub(super) struct Queue {
    turns: Semaphore,
    inner: Mutex<Inner>,
    wake: Condvar,
}

#[derive(Default)]
struct Inner {
    writes: VecDeque<Write>,
    /// Somebody waits for one of them.
    urgent: bool,
    /// The thread waits without an end.
    idle: bool,
    closed: bool,
}

impl Queue {
    pub fn new() -> Arc<Queue> {
        Arc::new(Queue {
            turns: Semaphore::new(BOUND),
            inner: Mutex::default(),
            wake: Condvar::new(),
        })
    }

    /// Hands a write to the thread; waits while too many do.
    pub async fn push(self: &Arc<Self>, write: Write) -> Result<(), StoreError> {
        self.turns.acquire().await.map_err(|_| StoreError::Closed)?.forget();
        let mut inner = lock(&self.inner);
        if inner.closed {
            return Err(StoreError::Closed);
        }
        let is_first_urgent = write.is_urgent() && !std::mem::replace(&mut inner.urgent, true);
        let was_idle = std::mem::replace(&mut inner.idle, false);
        inner.writes.push_back(write);
        drop(inner);
        if is_first_urgent {
            self.wake_soon();
        } else if was_idle {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Wakes the thread once this worker has nothing else to run: what else is ready to be
    /// delivered then shares the transaction. With nobody else there, that is at once.
    fn wake_soon(self: &Arc<Self>) {
        let queue = self.clone();
        tokio::spawn(async move {
            tokio::task::yield_now().await;
            queue.wake.notify_one();
        });
    }

    /// No more writes; the thread ends after those that are here.
    pub fn close(&self) {
        lock(&self.inner).closed = true;
        self.wake.notify_one();
    }

    /// Lets other threads run while they still bring more: those that deliver at the same time
    /// then share a transaction. Costs nothing on a machine with nothing else to do. (Waiting for
    /// a fixed moment instead was slower, measured with 20 connections on two processors.)
    fn gather<'q>(&'q self, mut inner: MutexGuard<'q, Inner>, wait: bool) -> MutexGuard<'q, Inner> {
        let mut before = 0;
        while wait && inner.writes.len() > before && inner.writes.len() < BATCH && !inner.closed {
            before = inner.writes.len();
            drop(inner);
            std::thread::yield_now();
            inner = lock(&self.inner);
        }
        inner
    }

    /// Drops what is queued, so that who waits for it is told; for a thread that ended early.
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
    pub fn next_batch(&self, wait: bool, patience: Option<Duration>) -> Option<Vec<Write>> {
        let mut inner = lock(&self.inner);
        while wait && !inner.urgent && !inner.closed {
            if inner.writes.is_empty() {
                inner.idle = true;
                let Some(patience) = patience else {
                    inner = self.wake.wait(inner).unwrap_or_else(|e| e.into_inner());
                    continue;
                };
                let waited = self.wake.wait_timeout(inner, patience);
                let (guard, timed_out) = waited.unwrap_or_else(|e| e.into_inner());
                inner = guard;
                if timed_out.timed_out() && inner.writes.is_empty() {
                    break;
                }
            } else {
                let waited = self.wake.wait_timeout_while(inner, MOMENT, |inner| {
                    !inner.urgent && !inner.closed && inner.writes.len() < BATCH
                });
                inner = waited.unwrap_or_else(|e| e.into_inner()).0;
                break;
            }
        }
        inner = self.gather(inner, wait);
        let batch = take(&mut inner);
        let ended = inner.closed && batch.is_empty();
        drop(inner);
        self.turns.add_permits(batch.len());
        (!ended).then_some(batch)
    }
}

fn take(inner: &mut Inner) -> Vec<Write> {
    let mut batch = Vec::with_capacity(inner.writes.len().min(BATCH));
    let mut bytes = 0;
    while batch.len() < BATCH && bytes < BATCH_BYTES {
        let Some(write) = inner.writes.pop_front() else { break };
        bytes += write.bytes();
        batch.push(write);
    }
    inner.urgent = inner.writes.iter().any(Write::is_urgent);
    batch
}
