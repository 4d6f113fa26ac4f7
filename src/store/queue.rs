//! The way of writes to the one that writes. Somebody waits for most of them; those that only put
//! something on record (a session opened, a session closed) ride along with the next of those, or
//! go by themselves after a moment. A transaction for each would cost more than the mail itself.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::task::yield_now;
use tokio::time::timeout;

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
/// How often everything else that is ready goes first, before a batch is taken: who delivers at
/// the same time then shares the transaction. With nobody else there it costs microseconds.
/// (Waiting for a time or a number of them instead was slower, measured with 20 connections.)
const TURNS: usize = 4;

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
