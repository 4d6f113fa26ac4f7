//! The one task that writes. It takes what is queued, commits it as one transaction, and only
//! then answers: 250 means kept. Between batches it keeps the store within its bounds.
//!
//! A commit copies some pages to the log, in less time than it takes to wake another thread and be
//! woken by it, so it is done where the sessions run. What may wait for the disk is done where
//! that holds up nobody else ([`aside`]).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::watch;
use tokio::task::{JoinHandle, yield_now};
use tracing::{error, warn};

use super::apply::Apply;
use super::health::Health;
use super::live::Live;
use super::looks::Looks;
use super::made::Made;
use super::queue::Queue;
use super::retention::{Bounds, Retention};
use super::rows::Summary;
use super::schema::Durability;
use super::tap::{self, Tap};
use super::totals::Totals;
use super::tx::Tx;
use super::upkeep::{Clearing, log_pages};
use super::write::{Answer, Noted, Write};
use super::{StoreError, read};

pub(super) struct Writer {
    pub conn: Connection,
    pub retention: Retention,
    pub seq: u64,
    pub apply: Apply,
    pub newest: watch::Sender<u64>,
    pub live: Live,
    pub made: Arc<Made>,
    pub health: Arc<Health>,
    pub tap: Arc<Tap>,
    /// The last write failed for a reason that concerns all.
    pub is_ill: bool,
    /// Space was given back, and the file has not shrunk yet.
    pub is_unfolded: bool,
    /// The bytes of the largest message that could not be written since.
    pub missed: usize,
    pub clearings: VecDeque<Clearing>,
    /// Writes and bytes since the bounds were looked at.
    pub untrimmed: usize,
    pub untrimmed_bytes: usize,
    /// There may be something over the bounds, or to give back to the disk.
    pub may_trim: bool,
    pub may_give: bool,
    /// Pages in the log, about, and at how many it is folded.
    pub log: usize,
    pub fold_at: usize,
    /// The next commit may wait for the disk.
    pub is_slow: bool,
    /// The last fold took long.
    pub folds_slowly: bool,
    pub durability: Durability,
}

/// A commit of more bytes takes a while, and so does the one after one that took longer than this.
const MANY_BYTES: usize = 1024 * 1024;
const LONG: Duration = Duration::from_millis(5);

/// How often a store that does not work is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(500);

/// What the writer shares with the store's handle.
pub(super) struct Equipment {
    pub totals: Arc<Totals>,
    pub queue: Arc<Queue>,
    pub live: Live,
    pub made: Arc<Made>,
    pub health: Arc<Health>,
    pub tap: Arc<Tap>,
    pub looks: Arc<Looks>,
    pub newest: watch::Sender<u64>,
}

/// Starts the task; it ends when the queue is closed and empty.
pub(super) fn spawn(
    conn: Connection,
    durability: Durability,
    bounds: Bounds,
    equipment: Equipment,
) -> Result<JoinHandle<()>, StoreError> {
    let Equipment { totals, queue, live, made, health, tap, looks, newest } = equipment;
    let seq = read::newest_event(&conn)?;
    newest.send_replace(seq);
    let apply = Apply::new(seq, totals, looks);
    let writer = Writer {
        conn,
        retention: Retention::new(bounds),
        seq,
        apply,
        newest,
        live,
        made,
        health,
        tap: tap.clone(),
        is_ill: false,
        is_unfolded: false,
        missed: 0,
        clearings: VecDeque::new(),
        untrimmed: 0,
        untrimmed_bytes: 0,
        may_trim: true,
        may_give: false,
        log: 0,
        fold_at: log_pages(durability),
        is_slow: true,
        folds_slowly: false,
        durability,
    };
    let ended = CloseOnExit(queue.clone(), tap);
    Ok(tokio::spawn(async move {
        let _ended = ended;
        writer.run(&queue).await;
    }))
}

/// However the task ends, nobody may wait for it any longer.
struct CloseOnExit(Arc<Queue>, Arc<Tap>);

impl Drop for CloseOnExit {
    fn drop(&mut self) {
        self.0.close();
        self.0.abandon();
        self.1.close();
    }
}

impl Writer {
    async fn run(mut self, queue: &Queue) {
        let mut more = true;
        loop {
            let idle = self.is_ill || (self.clearings.is_empty() && !more);
            let patience = match self.is_ill || self.is_unfolded {
                true => Some(TRY_AGAIN),
                false => self.next_look(),
            };
            let Some(mut batch) = queue.next_batch(idle, patience).await else { break };
            self.commit_in_place(&mut batch);
            if self.is_ill {
                aside(|| self.try_again());
                continue;
            }
            self.let_go();
            if !self.clearings.is_empty() {
                aside(|| self.clear_step());
            }
            more = self.trim(&batch);
            if batch.is_empty() {
                self.forget();
            }
            if self.log >= self.fold_at {
                // Those who were answered say so first, so that their clients go on meanwhile.
                yield_now().await;
                self.fold_in_place();
            }
        }
        // One file is to be left behind.
        aside(|| {
            if let Err(e) = self.conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
                warn!("the store's log could not be folded into its file: {e}");
            }
        });
    }

    /// Commits a batch here, or aside if it may take long.
    fn commit_in_place(&mut self, batch: &mut [Write]) {
        if batch.is_empty() {
            return;
        }
        let bytes = batch.iter().map(Write::bytes).sum::<usize>();
        let waits = self.durability == Durability::Power || self.is_ill;
        let began = Instant::now();
        if waits || self.is_slow || bytes > MANY_BYTES {
            aside(|| self.commit(batch));
        } else {
            self.commit(batch);
        }
        self.is_slow = began.elapsed() > LONG;
        let changed = batch.iter().map(Write::changed).sum::<usize>();
        self.has_logged(batch.len(), changed, bytes);
    }

    /// Folds the log here when nothing waits for the disk: who goes aside hands all sessions to
    /// another thread, which the scheduler puts where a client on this machine is at work; that
    /// costs much more than the fold.
    fn fold_in_place(&mut self) {
        let waits = self.durability != Durability::None || self.folds_slowly;
        let began = Instant::now();
        if waits {
            aside(|| self.fold_log());
        } else {
            self.fold_log();
        }
        self.folds_slowly = began.elapsed() > LONG;
    }

    /// Commits a batch; when it fails, each write by itself, so that one bad write costs no other.
    fn commit(&mut self, batch: &mut [Write]) {
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
        let done = self.apply.transact(&self.conn, self.seq, |apply, tx| {
            batch.iter().map(|write| apply_one(apply, tx, retention, write)).collect()
        })?;
        self.seq = self.apply.seq;
        Ok(done)
    }

    /// After the commit. The feed has the number before anybody has an answer: a cursor that is
    /// taken after a 250 must not lie before its message.
    fn answer(&mut self, batch: &mut [Write], done: Vec<Done>) {
        self.publish();
        if self.tap.is_open() {
            self.hand_over(batch, &done);
        }
        for (write, done) in batch.iter_mut().zip(done) {
            match (write, done) {
                (Write::Deliver { answer, .. }, Done::Delivered(seq, at)) => {
                    send(answer, Ok((seq, at)));
                }
                (Write::Note { answer, .. }, Done::Noted(at)) => send(answer, Ok(at)),
                (Write::Patch { patch, answer, .. }, Done::Patched(summary)) => {
                    if patch.starred == Some(false) {
                        self.retention.start_over();
                    }
                    send(answer, Ok(summary));
                }
                (Write::Change { patch, answer, .. }, Done::Changed(n)) => {
                    if patch.starred == Some(false) {
                        self.retention.start_over();
                    }
                    send(answer, Ok(n));
                }
                (Write::Delete { answer, .. }, Done::Deleted(found)) => send(answer, Ok(found)),
                (Write::Remove { answer, .. }, Done::Removed(n)) => send(answer, Ok(n)),
                (Write::Clear { inbox, answer }, _) => {
                    self.clear(inbox.take(), false, answer.take());
                }
                (Write::MakeInbox { name, expires_at, answer }, Done::InboxMade(seq)) => {
                    if seq.is_some() {
                        self.made.add(name, *expires_at);
                    }
                    send(answer, Ok(seq));
                }
                (Write::DeleteInbox { name, answer }, _) => {
                    self.made.set_leaving(name, true);
                    self.clear(Some(std::mem::take(name)), true, answer.take());
                }
                _ => {}
            }
        }
        self.publish();
    }

    /// To who waits for mail.
    fn hand_over(&self, batch: &mut [Write], done: &[Done]) {
        let (mut messages, mut has_changed) = (Vec::new(), false);
        for (write, done) in batch.iter_mut().zip(done) {
            match (write, done) {
                (Write::Deliver { message, .. }, Done::Delivered(seq, _)) => {
                    messages.extend(message.take().map(|message| (*seq, tap::facts(*message))));
                }
                (Write::Patch { .. } | Write::Change { .. }, _) => has_changed = true,
                _ => {}
            }
        }
        self.tap.draw(self.seq, messages, has_changed);
    }

    pub fn publish(&self) {
        let seq = self.seq;
        self.newest.send_if_modified(|newest| std::mem::replace(newest, seq) != seq);
    }

    fn refuse(&mut self, write: &mut Write, error: StoreError) {
        self.fell_ill(&error);
        self.missed = self.missed.max(write.bytes());
        refuse(write, error);
    }
}

/// Does what may wait for the disk while the other tasks of the runtime go on elsewhere.
pub(super) fn aside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// What one write came to.
pub(super) enum Done {
    Written,
    Noted(Noted),
    /// The number of the message, and where its part of the transcript is.
    Delivered(u64, Noted),
    Patched(Option<Box<Summary>>),
    Changed(u64),
    Deleted(bool),
    Removed(u64),
    InboxMade(Option<u64>),
}

fn apply_one(
    apply: &mut Apply,
    tx: &Tx,
    retention: &Retention,
    write: &Write,
) -> Result<Done, StoreError> {
    match write {
        Write::Open { id, begun } => apply.open(tx, id, begun)?,
        Write::Deliver { message, held, part, .. } => {
            // It is taken out after the commit only.
            let Some(message) = message else { return Ok(Done::Written) };
            if message.kept_bytes() as u64 > retention.bounds.max_bytes / 2 || retention.is_full {
                return Err(StoreError::TooLarge);
            }
            let part = apply.deliver(tx, message, held.as_deref(), part.as_ref())?;
            return Ok(Done::Delivered(apply.seq, part));
        }
        Write::Note { session, held, part, .. } => {
            return Ok(Done::Noted(apply.note(tx, session, held.as_deref(), part)?));
        }
        Write::Touch { session } => apply.touch(tx, session)?,
        Write::Close { at, part, live } => {
            apply.close(tx, live.id(), *at, &live.lock(), part.as_ref())?;
        }
        Write::Patch { id, patch, .. } => return Ok(Done::Patched(apply.patch(tx, id, patch)?)),
        Write::Change { seqs, patch, .. } => {
            return Ok(Done::Changed(apply.change_all(tx, seqs, patch)?));
        }
        Write::Delete { id, .. } => return Ok(Done::Deleted(apply.delete(tx, id)?)),
        Write::Remove { seqs, .. } => return Ok(Done::Removed(apply.remove_all(tx, seqs)?)),
        Write::MakeInbox { name, expires_at, .. } => {
            return Ok(Done::InboxMade(apply.make_inbox(tx, name, *expires_at)?));
        }
        Write::Clear { .. } | Write::DeleteInbox { .. } => {}
    }
    Ok(Done::Written)
}

fn refuse(write: &mut Write, error: StoreError) {
    match write {
        Write::Deliver { answer, .. } => send(answer, Err(error)),
        Write::Patch { answer, .. } => send(answer, Err(error)),
        Write::Change { answer, .. } => send(answer, Err(error)),
        Write::Delete { answer, .. } => send(answer, Err(error)),
        Write::Remove { answer, .. } => send(answer, Err(error)),
        Write::Clear { answer, .. } | Write::DeleteInbox { answer, .. } => send(answer, Err(error)),
        Write::MakeInbox { answer, .. } => send(answer, Err(error)),
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
pub(super) fn send<T>(answer: &mut Answer<T>, result: Result<T, StoreError>) {
    if let Some(answer) = answer.take() {
        let _ = answer.send(result);
    }
}
