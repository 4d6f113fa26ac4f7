//! The one thread that writes. It takes what is queued, commits it as one transaction, and only
//! then answers: 250 means kept. Between batches it keeps the store within its bounds.

use std::collections::VecDeque;
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{error, warn};

use super::apply::Apply;
use super::retention::{self, Bounds};
use super::rows::{Millis, NewMessage, Patch, SessionInfo, Summary};
use super::{StoreError, read};

/// Writes that wait; who brings more waits too.
pub(super) const QUEUE: usize = 1024;
/// Writes and message bytes in one transaction.
const BATCH: usize = 512;
const BATCH_BYTES: usize = 16 * 1024 * 1024;

/// A part of a session's transcript, packed.
#[derive(Debug)]
pub(super) struct Part {
    pub entries: Vec<u8>,
}

pub(super) type Answer<T> = Option<oneshot::Sender<Result<T, StoreError>>>;

/// One change, with where to send the answer.
pub(super) enum Write {
    Open {
        id: String,
        at: Millis,
        info: SessionInfo,
    },
    Deliver {
        message: Box<NewMessage>,
        part: Part,
        answer: Answer<()>,
    },
    /// A part of a transcript that no message carries.
    Note {
        session: String,
        part: Part,
    },
    Close {
        id: String,
        at: Millis,
        info: SessionInfo,
        part: Option<Part>,
    },
    Patch {
        id: String,
        patch: Patch,
        answer: Answer<Option<Box<Summary>>>,
    },
    Delete {
        id: String,
        answer: Answer<bool>,
    },
    Clear {
        inbox: Option<String>,
        answer: Answer<u64>,
    },
    Stop,
}

/// Messages that a clearing takes at one time, so that mail coming in never waits long.
const CLEAR_STEP: usize = 500;

struct Clearing {
    inbox: Option<String>,
    before: u64,
    deleted: u64,
    answer: Answer<u64>,
}

pub(super) struct Writer {
    conn: Connection,
    bounds: Bounds,
    seq: u64,
    apply: Apply,
    newest: watch::Sender<u64>,
    clearings: VecDeque<Clearing>,
}

/// Starts the thread; it ends after `Write::Stop` or when all senders are gone.
pub(super) fn spawn(
    conn: Connection,
    bounds: Bounds,
    newest: watch::Sender<u64>,
) -> Result<(mpsc::Sender<Write>, JoinHandle<()>), StoreError> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let seq = read::newest_event(&conn)?;
    newest.send_replace(seq);
    let writer =
        Writer { conn, bounds, seq, apply: Apply::default(), newest, clearings: VecDeque::new() };
    let thread = thread::Builder::new()
        .name("store-writer".into())
        .spawn(move || writer.run(receiver))
        .map_err(|e| StoreError::Failed(e.to_string()))?;
    Ok((sender, thread))
}

impl Writer {
    fn run(mut self, mut queue: mpsc::Receiver<Write>) {
        let mut more_to_trim = true;
        loop {
            let idle = self.clearings.is_empty() && !more_to_trim;
            let Some((mut batch, stop)) = next_batch(&mut queue, idle) else { break };
            self.commit(&mut batch);
            self.clear_step();
            more_to_trim = self.trim();
            if stop {
                break;
            }
        }
        // Fold the log into the file, so that one file is left behind.
        if let Err(e) = self.conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
            warn!("the store's log could not be folded into its file: {e}");
        }
    }

    /// Commits a batch; when it fails, each write by itself, so that one bad write costs no other.
    fn commit(&mut self, batch: &mut [Write]) {
        if batch.is_empty() {
            return;
        }
        match self.transaction(batch) {
            Ok(answers) => self.answer(batch, answers),
            Err(e) if batch.len() == 1 => refuse(&mut batch[0], e),
            Err(_) => {
                for one in batch.chunks_mut(1) {
                    match self.transaction(one) {
                        Ok(answers) => self.answer(one, answers),
                        Err(e) => refuse(&mut one[0], e),
                    }
                }
            }
        }
    }

    fn transaction(&mut self, batch: &[Write]) -> Result<Vec<Done>, StoreError> {
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        self.apply.seq = self.seq;
        let done = batch
            .iter()
            .map(|write| apply_one(&mut self.apply, &tx, &self.bounds, write))
            .collect::<Result<Vec<_>, _>>()
            .and_then(|done| self.apply.finish(&tx).map(|()| done))
            .and_then(|done| Ok(tx.commit().map(|()| done)?));
        match done {
            Ok(done) => {
                self.seq = self.apply.seq;
                Ok(done)
            }
            Err(e) => {
                self.apply.forget();
                Err(e)
            }
        }
    }

    /// After the commit: answers first, for somebody waits, then the feed.
    fn answer(&mut self, batch: &mut [Write], done: Vec<Done>) {
        for (write, done) in batch.iter_mut().zip(done) {
            match (write, done) {
                (Write::Deliver { answer, .. }, _) => send(answer, Ok(())),
                (Write::Patch { answer, .. }, Done::Patched(summary)) => send(answer, Ok(summary)),
                (Write::Delete { answer, .. }, Done::Deleted(found)) => send(answer, Ok(found)),
                (Write::Clear { inbox, answer }, _) => self.clearings.push_back(Clearing {
                    inbox: inbox.take(),
                    before: self.seq + 1,
                    deleted: 0,
                    answer: answer.take(),
                }),
                _ => {}
            }
        }
        self.publish();
    }

    fn publish(&self) {
        let seq = self.seq;
        self.newest.send_if_modified(|newest| std::mem::replace(newest, seq) != seq);
    }

    fn clear_step(&mut self) {
        let Some(mut clearing) = self.clearings.pop_front() else { return };
        match self.clear_some(&clearing) {
            Ok((deleted, finished)) => {
                clearing.deleted += deleted;
                if finished {
                    send(&mut clearing.answer, Ok(clearing.deleted));
                } else {
                    self.clearings.push_front(clearing);
                }
                self.publish();
            }
            Err(e) => send(&mut clearing.answer, Err(e)),
        }
    }

    fn clear_some(&mut self, clearing: &Clearing) -> Result<(u64, bool), StoreError> {
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        self.apply.seq = self.seq;
        let step = |apply: &mut Apply| -> Result<(u64, bool), StoreError> {
            let inbox = clearing.inbox.as_deref();
            let deleted = apply.clear(&tx, inbox, clearing.before, CLEAR_STEP)?;
            let finished = deleted < CLEAR_STEP as u64;
            if finished && clearing.deleted + deleted > 0 {
                apply.cleared(&tx, inbox, clearing.before)?;
            }
            apply.finish(&tx)?;
            Ok((deleted, finished))
        };
        let result = step(&mut self.apply).and_then(|done| Ok(tx.commit().map(|()| done)?));
        match result {
            Ok(_) => self.seq = self.apply.seq,
            Err(_) => self.apply.forget(),
        }
        result
    }

    /// Whether there is more to drop.
    fn trim(&mut self) -> bool {
        self.apply.seq = self.seq;
        match retention::trim(&mut self.conn, &mut self.apply, &self.bounds) {
            Ok(dropped) => {
                self.seq = self.apply.seq;
                self.publish();
                dropped > 0
            }
            Err(e) => {
                self.apply.forget();
                error!("old mail could not be dropped to make room: {e}");
                false
            }
        }
    }
}

/// What one write came to.
pub(super) enum Done {
    Written,
    Patched(Option<Box<Summary>>),
    Deleted(bool),
}

fn apply_one(
    apply: &mut Apply,
    conn: &Connection,
    bounds: &Bounds,
    write: &Write,
) -> Result<Done, StoreError> {
    match write {
        Write::Open { id, at, info } => apply.open(conn, id, *at, info)?,
        Write::Deliver { message, part, .. } => {
            if message.packed.len() as u64 > bounds.max_bytes / 2 {
                return Err(StoreError::Full);
            }
            apply.deliver(conn, message, part)?;
        }
        Write::Note { session, part } => apply.note(conn, session, None, part)?,
        Write::Close { id, at, info, part } => apply.close(conn, id, *at, info, part.as_ref())?,
        Write::Patch { id, patch, .. } => return Ok(Done::Patched(apply.patch(conn, id, patch)?)),
        Write::Delete { id, .. } => return Ok(Done::Deleted(apply.delete(conn, id)?)),
        Write::Clear { .. } | Write::Stop => {}
    }
    Ok(Done::Written)
}

fn refuse(write: &mut Write, error: StoreError) {
    match write {
        Write::Deliver { answer, .. } => send(answer, Err(error)),
        Write::Patch { answer, .. } => send(answer, Err(error)),
        Write::Delete { answer, .. } => send(answer, Err(error)),
        Write::Clear { answer, .. } => send(answer, Err(error)),
        Write::Open { id, .. } | Write::Close { id, .. } | Write::Note { session: id, .. } => {
            error!("the transcript of session {id} could not be kept: {error}");
        }
        Write::Stop => {}
    }
}

/// Nobody waiting any more is no fault: a client may hang up after its last byte.
fn send<T>(answer: &mut Answer<T>, result: Result<T, StoreError>) {
    if let Some(answer) = answer.take() {
        let _ = answer.send(result);
    }
}

/// What is queued, waiting for the first write if `wait`. `None` when all senders are gone.
fn next_batch(queue: &mut mpsc::Receiver<Write>, wait: bool) -> Option<(Vec<Write>, bool)> {
    let mut batch = Vec::new();
    let mut bytes = 0;
    let mut next = if wait { Some(queue.blocking_recv()?) } else { queue.try_recv().ok() };
    while let Some(write) = next {
        if matches!(write, Write::Stop) {
            return Some((batch, true));
        }
        if let Write::Deliver { message, .. } = &write {
            bytes += message.packed.len();
        }
        batch.push(write);
        if batch.len() >= BATCH || bytes >= BATCH_BYTES {
            break;
        }
        next = queue.try_recv().ok();
    }
    if batch.is_empty() && queue.is_closed() {
        return None;
    }
    Some((batch, false))
}
