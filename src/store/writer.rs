//! The one thread that writes. It takes what is queued, commits it as one transaction, and only
//! then answers: 250 means kept. Between batches it keeps the store within its bounds.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::{oneshot, watch};
use tracing::{error, warn};

use super::apply::Apply;
use super::live::LiveGuard;
use super::queue::Queue;
use super::retention::{self, Bounds};
use super::rows::{Millis, NewMessage, Patch, SessionInfo, Summary};
use super::totals::Totals;
use super::{StoreError, read};

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
        answer: Answer<()>,
    },
    /// A session has gone on, and somebody may want to know.
    Touch {
        session: String,
    },
    Close {
        at: Millis,
        info: SessionInfo,
        part: Option<Part>,
        live: LiveGuard,
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
}

impl Write {
    /// Whether somebody waits for it.
    pub fn is_urgent(&self) -> bool {
        !matches!(
            self,
            Write::Open { .. } | Write::Note { .. } | Write::Touch { .. } | Write::Close { .. }
        )
    }

    /// The bytes of its message.
    pub fn bytes(&self) -> usize {
        match self {
            Write::Deliver { message, .. } => message.packed.len(),
            _ => 0,
        }
    }
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
    /// Writes and bytes since the bounds were looked at.
    untrimmed: usize,
    untrimmed_bytes: usize,
}

/// The bounds are looked at after so many writes, or bytes of messages.
const TRIM_EACH: usize = 256;
const TRIM_EACH_BYTES: usize = 256 * 1024;

/// Starts the thread; it ends when the queue is closed and empty.
pub(super) fn spawn(
    conn: Connection,
    bounds: Bounds,
    totals: Arc<Totals>,
    queue: Arc<Queue>,
    newest: watch::Sender<u64>,
) -> Result<JoinHandle<()>, StoreError> {
    let seq = read::newest_event(&conn)?;
    newest.send_replace(seq);
    let apply = Apply::new(seq, totals);
    let writer = Writer {
        conn,
        bounds,
        seq,
        apply,
        newest,
        clearings: VecDeque::new(),
        untrimmed: 0,
        untrimmed_bytes: 0,
    };
    let ended = CloseOnExit(queue.clone());
    let thread = thread::Builder::new().name("store-writer".into()).spawn(move || {
        let _ended = ended;
        writer.run(&queue);
    });
    thread.map_err(|e| StoreError::Failed(e.to_string()))
}

/// However the thread ends, nobody may wait for it any longer.
struct CloseOnExit(Arc<Queue>);

impl Drop for CloseOnExit {
    fn drop(&mut self) {
        self.0.close();
        self.0.abandon();
    }
}

impl Writer {
    fn run(mut self, queue: &Queue) {
        let mut more_to_trim = true;
        loop {
            let idle = self.clearings.is_empty() && !more_to_trim;
            let Some(mut batch) = queue.next_batch(idle) else { break };
            self.commit(&mut batch);
            self.clear_step();
            more_to_trim = self.trim(&batch, more_to_trim);
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
        let bounds = &self.bounds;
        let done = self.apply.transact(&self.conn, self.seq, |apply, conn| {
            batch.iter().map(|write| apply_one(apply, conn, bounds, write)).collect()
        })?;
        self.seq = self.apply.seq;
        Ok(done)
    }

    /// After the commit: answers first, for somebody waits, then the feed.
    fn answer(&mut self, batch: &mut [Write], done: Vec<Done>) {
        for (write, done) in batch.iter_mut().zip(done) {
            match (write, done) {
                (Write::Deliver { answer, .. } | Write::Note { answer, .. }, _) => {
                    send(answer, Ok(()));
                }
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
        let done = self.apply.transact(&self.conn, self.seq, |apply, conn| {
            let inbox = clearing.inbox.as_deref();
            let deleted = apply.clear(conn, inbox, clearing.before, CLEAR_STEP)?;
            let finished = deleted < CLEAR_STEP as u64;
            if finished && clearing.deleted + deleted > 0 {
                apply.cleared(conn, inbox, clearing.before)?;
            }
            Ok((deleted, finished))
        })?;
        self.seq = self.apply.seq;
        Ok(done)
    }

    /// Drops what is over the bounds, now and then; returns whether there may be more.
    fn trim(&mut self, batch: &[Write], more: bool) -> bool {
        self.untrimmed += batch.len();
        self.untrimmed_bytes += batch.iter().map(Write::bytes).sum::<usize>();
        if !more && self.untrimmed < TRIM_EACH && self.untrimmed_bytes < TRIM_EACH_BYTES {
            return false;
        }
        (self.untrimmed, self.untrimmed_bytes) = (0, 0);
        match retention::trim(&self.conn, &mut self.apply, self.seq, &self.bounds) {
            Ok(dropped) => {
                self.seq = self.apply.seq;
                self.publish();
                dropped > 0
            }
            Err(e) => {
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
        Write::Note { session, part, .. } => apply.note(conn, session, None, part)?,
        Write::Touch { session } => apply.touch(conn, session)?,
        Write::Close { at, info, part, live } => {
            apply.close(conn, live.id(), *at, info, part.as_ref())?;
        }
        Write::Patch { id, patch, .. } => return Ok(Done::Patched(apply.patch(conn, id, patch)?)),
        Write::Delete { id, .. } => return Ok(Done::Deleted(apply.delete(conn, id)?)),
        Write::Clear { .. } => {}
    }
    Ok(Done::Written)
}

fn refuse(write: &mut Write, error: StoreError) {
    match write {
        Write::Deliver { answer, .. } => send(answer, Err(error)),
        Write::Patch { answer, .. } => send(answer, Err(error)),
        Write::Delete { answer, .. } => send(answer, Err(error)),
        Write::Clear { answer, .. } => send(answer, Err(error)),
        Write::Note { session, answer, .. } => {
            not_recorded(session, &error);
            send(answer, Err(error));
        }
        Write::Touch { .. } => {}
        Write::Open { id, .. } => not_recorded(id, &error),
        Write::Close { live, .. } => not_recorded(live.id(), &error),
    }
}

fn not_recorded(session: &str, error: &StoreError) {
    error!("the transcript of session {session} could not be kept: {error}");
}

/// Nobody waiting any more is no fault: a client may hang up after its last byte.
fn send<T>(answer: &mut Answer<T>, result: Result<T, StoreError>) {
    if let Some(answer) = answer.take() {
        let _ = answer.send(result);
    }
}
