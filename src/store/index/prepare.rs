//! Making the rows of the index: messages are read, unpacked and parsed, and their words written
//! down, on a thread of its own, one batch ahead of the thread that gives them to SQLite. Both take
//! about the same time, so a machine with two processors fills the index twice as fast.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;

use super::candidate::Candidate;
use crate::search::{Row, SessionFacts, Source};
use crate::store::background::stand_back;
use crate::store::{Live, StoreError, read};

/// Messages of one batch, and their bytes.
const BATCH: usize = 64;
const BATCH_BYTES: u64 = 1024 * 1024;

/// What the index holds of one message.
pub struct Prepared {
    pub seq: u64,
    /// When it was received.
    pub at: i64,
    pub size: u64,
    pub row: Row,
}

/// The messages behind a number.
pub struct Batch {
    pub messages: Vec<Prepared>,
    /// All up to this one are in the batch, or are gone.
    pub last: u64,
    /// There are newer ones.
    pub more: bool,
}

/// The handle of the thread.
pub struct Ahead {
    orders: SyncSender<u64>,
    batches: Receiver<Result<Batch, StoreError>>,
    /// Behind which number the batch begins that is being made.
    ordered: Option<u64>,
    thread: JoinHandle<()>,
}

impl Ahead {
    pub fn start(store: Connection, live: Live) -> Result<Ahead, StoreError> {
        let (orders, ordered) = sync_channel(1);
        let (made, batches) = sync_channel(1);
        let thread = thread::Builder::new().name("store-words".into()).spawn(move || {
            stand_back();
            while let Ok(after) = ordered.recv() {
                if made.send(batch(&store, &live, after)).is_err() {
                    break;
                }
            }
        })?;
        Ok(Ahead { orders, batches, ordered: None, thread })
    }

    /// The next messages behind `after`. Those behind them are made meanwhile.
    pub fn take(&mut self, after: u64) -> Result<Batch, StoreError> {
        if self.ordered != Some(after) {
            self.discard();
            self.order(after)?;
        }
        self.ordered = None;
        let batch = self.batches.recv().map_err(|_| StoreError::Closed)??;
        if batch.more {
            self.order(batch.last)?;
        }
        Ok(batch)
    }

    fn order(&mut self, after: u64) -> Result<(), StoreError> {
        self.orders.send(after).map_err(|_| StoreError::Closed)?;
        self.ordered = Some(after);
        Ok(())
    }

    /// Throws away what was made ahead: some of it may be gone from the store by now.
    pub fn discard(&mut self) {
        if self.ordered.take().is_some() {
            let _ = self.batches.recv();
        }
    }

    /// Lets go of the store's file.
    pub fn end(mut self) {
        self.discard();
        drop((self.orders, self.batches));
        let _ = self.thread.join();
    }
}

fn batch(store: &Connection, live: &Live, after: u64) -> Result<Batch, StoreError> {
    // No transaction holds all of this together: that would keep the store's log from being folded.
    let newest = read::newest_message(store)?;
    let (mut messages, mut last, mut bytes) = (Vec::with_capacity(BATCH), after, 0);
    // Neighbours mostly came in one session.
    let mut sessions: HashMap<String, SessionFacts> = HashMap::new();
    let summaries = read::summaries_after(store, after, BATCH)?;
    let is_full = summaries.len() == BATCH;
    for summary in summaries {
        let seq = summary.seq;
        let candidate = Candidate::new(store, live, summary);
        if let Some(facts) = sessions.get(&candidate.facts().session) {
            candidate.brought_by(facts.clone());
        }
        messages.extend(prepare(store, &candidate)?);
        sessions.insert(candidate.facts().session.clone(), candidate.session().clone());
        last = seq;
        bytes += candidate.facts().size;
        if bytes >= BATCH_BYTES {
            return Ok(Batch { messages, last, more: last < newest });
        }
    }
    // What is missing up to the newest is gone.
    let last = if is_full { last } else { last.max(newest) };
    Ok(Batch { messages, last, more: last < newest })
}

/// `None` if it went meanwhile.
fn prepare(store: &Connection, candidate: &Candidate) -> Result<Option<Prepared>, StoreError> {
    let row = Row::of(candidate);
    match candidate.check() {
        Err(_) if read::summary_at(store, candidate.seq)?.is_none() => return Ok(None),
        Err(e @ (StoreError::Corrupt | StoreError::Failed(_))) => {
            tracing::warn!("a message is only found by what its list row has: {e}");
        }
        Err(e) => return Err(e),
        Ok(()) => {}
    }
    let facts = candidate.facts();
    let (seq, at, size) = (candidate.seq, facts.received_at, facts.size);
    Ok(Some(Prepared { seq, at, size, row }))
}
