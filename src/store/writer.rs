//! The one thread that writes. It takes what is queued, commits it as one transaction, and only
//! then answers: 250 means kept. Between batches it keeps the store within its bounds.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::watch;
use tracing::{error, warn};

use super::apply::Apply;
use super::health::Health;
use super::live::Live;
use super::queue::Queue;
use super::retention::{self, Bounds, Retention};
use super::rows::{Millis, Summary};
use super::totals::Totals;
use super::write::{Answer, Write};
use super::{StoreError, read};

struct Clearing {
    inbox: Option<String>,
    before: u64,
    deleted: u64,
    answer: Answer<u64>,
}

pub(super) struct Writer {
    conn: Connection,
    retention: Retention,
    seq: u64,
    apply: Apply,
    newest: watch::Sender<u64>,
    live: Live,
    health: Arc<Health>,
    /// The last write failed for a reason that concerns all.
    is_ill: bool,
    /// The bytes of the largest message that could not be written since.
    missed: usize,
    clearings: VecDeque<Clearing>,
    /// Writes and bytes since the bounds were looked at.
    untrimmed: usize,
    untrimmed_bytes: usize,
}

/// The bounds are looked at after so many writes, or bytes of messages.
const TRIM_EACH: usize = 256;
const TRIM_EACH_BYTES: usize = 256 * 1024;

/// How often a store that does not work is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(500);

/// Bytes that are written then, at least and at most.
const PROBE: (usize, usize) = (4096, 1024 * 1024);

/// What the writer shares with the store's handle.
pub(super) struct Equipment {
    pub totals: Arc<Totals>,
    pub queue: Arc<Queue>,
    pub live: Live,
    pub health: Arc<Health>,
    pub newest: watch::Sender<u64>,
}

/// Starts the thread; it ends when the queue is closed and empty.
pub(super) fn spawn(
    conn: Connection,
    bounds: Bounds,
    equipment: Equipment,
) -> Result<JoinHandle<()>, StoreError> {
    let Equipment { totals, queue, live, health, newest } = equipment;
    let seq = read::newest_event(&conn)?;
    newest.send_replace(seq);
    let apply = Apply::new(seq, totals);
    let writer = Writer {
        conn,
        retention: Retention::new(bounds),
        seq,
        apply,
        newest,
        live,
        health,
        is_ill: false,
        missed: 0,
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
            let idle = self.is_ill || (self.clearings.is_empty() && !more_to_trim);
            let patience = if self.is_ill { Some(TRY_AGAIN) } else { self.retention.next_look() };
            let Some(mut batch) = queue.next_batch(idle, patience) else { break };
            self.commit(&mut batch);
            if self.is_ill {
                self.try_again();
                continue;
            }
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
            Err(e) if batch.len() == 1 => self.refuse(&mut batch[0], e),
            Err(_) => {
                for one in batch.chunks_mut(1) {
                    match self.transaction(one) {
                        Ok(answers) => self.answer(one, answers),
                        Err(e) => self.refuse(&mut one[0], e),
                    }
                }
            }
        }
    }

    fn transaction(&mut self, batch: &[Write]) -> Result<Vec<Done>, StoreError> {
        let retention = &self.retention;
        let done = self.apply.transact(&self.conn, self.seq, |apply, conn| {
            batch.iter().map(|write| apply_one(apply, conn, retention, write)).collect()
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
                (Write::Patch { patch, answer, .. }, Done::Patched(summary)) => {
                    if patch.starred == Some(false) {
                        self.retention.start_over();
                    }
                    send(answer, Ok(summary));
                }
                (Write::Delete { answer, .. }, Done::Deleted(found)) => send(answer, Ok(found)),
                (Write::Remove { answer, .. }, Done::Removed(n)) => send(answer, Ok(n)),
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
                    // There may be much to give back.
                    self.untrimmed = TRIM_EACH;
                    send(&mut clearing.answer, Ok(clearing.deleted));
                } else {
                    self.clearings.push_front(clearing);
                }
                self.publish();
            }
            Err(e) => {
                self.fell_ill(&e);
                send(&mut clearing.answer, Err(e));
            }
        }
    }

    fn clear_some(&mut self, clearing: &Clearing) -> Result<(u64, bool), StoreError> {
        let done = self.apply.transact(&self.conn, self.seq, |apply, conn| {
            let inbox = clearing.inbox.as_deref();
            let (deleted, finished) = apply.clear(conn, inbox, clearing.before)?;
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
        let is_time = self.untrimmed >= TRIM_EACH || self.untrimmed_bytes >= TRIM_EACH_BYTES;
        let most = self.retention.bounds.max_messages.unwrap_or(u64::MAX);
        let is_idle = batch.is_empty();
        if !(more || is_time || is_idle || self.apply.totals().messages() > most) {
            return false;
        }
        (self.untrimmed, self.untrimmed_bytes) = (0, 0);
        match self.retention.trim(&self.conn, &mut self.apply, self.seq, Millis::now()) {
            Ok(0) if is_idle => self.give_back(),
            Ok(dropped) => {
                self.seq = self.apply.seq;
                self.publish();
                if dropped > 0 {
                    self.health.dropped(dropped);
                }
                // What is given back waits for a moment without mail.
                dropped > 0 || is_time
            }
            Err(e) => {
                error!("old mail could not be dropped to make room: {e}");
                self.fell_ill(&e);
                false
            }
        }
    }
}

impl Writer {
    fn refuse(&mut self, write: &mut Write, error: StoreError) {
        self.fell_ill(&error);
        self.missed = self.missed.max(write.bytes());
        refuse(write, error);
    }

    fn fell_ill(&mut self, error: &StoreError) {
        if error.state().is_some() {
            self.is_ill = true;
            self.health.ill(error);
        }
    }

    /// Sees whether the store can be written again, as much as did not fit. Sessions that ended
    /// meanwhile could not say so.
    fn try_again(&mut self) {
        let live = self.live.ids();
        let bytes = self.missed.clamp(PROBE.0, PROBE.1);
        let sql = "INSERT OR REPLACE INTO meta VALUES ('probe', zeroblob(?1))";
        let written = self.apply.transact(&self.conn, self.seq, |_, conn| {
            Ok(conn.prepare_cached(sql)?.execute([bytes])?)
        });
        let written = written.and_then(|_| {
            self.apply.transact(&self.conn, self.seq, |apply, conn| {
                conn.prepare_cached("DELETE FROM meta WHERE name = 'probe'")?.execute([])?;
                apply.end_lost(conn, &live, Millis::now())
            })
        });
        match written {
            Ok(()) => {
                self.seq = self.apply.seq;
                (self.is_ill, self.missed) = (false, 0);
                self.health.well();
                self.publish();
            }
            Err(e) => self.health.ill(&e),
        }
    }

    fn give_back(&mut self) -> bool {
        retention::give_back(&self.conn).unwrap_or_else(|e| {
            warn!("free space could not be given back: {e}");
            false
        })
    }
}

/// What one write came to.
pub(super) enum Done {
    Written,
    Patched(Option<Box<Summary>>),
    Deleted(bool),
    Removed(u64),
}

fn apply_one(
    apply: &mut Apply,
    conn: &Connection,
    retention: &Retention,
    write: &Write,
) -> Result<Done, StoreError> {
    match write {
        Write::Open { id, at, info } => apply.open(conn, id, *at, info)?,
        Write::Deliver { message, part, .. } => {
            if message.packed.len() as u64 > retention.bounds.max_bytes / 2 || retention.is_full {
                return Err(StoreError::TooLarge);
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
        Write::Remove { seqs, .. } => return Ok(Done::Removed(apply.remove_all(conn, seqs)?)),
        Write::Clear { .. } => {}
    }
    Ok(Done::Written)
}

fn refuse(write: &mut Write, error: StoreError) {
    match write {
        Write::Deliver { answer, .. } => send(answer, Err(error)),
        Write::Patch { answer, .. } => send(answer, Err(error)),
        Write::Delete { answer, .. } => send(answer, Err(error)),
        Write::Remove { answer, .. } => send(answer, Err(error)),
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
