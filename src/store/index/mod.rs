//! The search index. It lags behind the commits and is never behind a search: a thread of its own
//! fills it when no mail comes in, or little, and at once when a search asks for it. Mail on its
//! way to its 250 pays nothing: nobody tells the thread of a message, it looks at the store.

mod candidate;
mod file;
mod fill;
mod prepare;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{Notify, watch};

pub(super) use candidate::Candidate;
pub(super) use file::path_of;

use super::background::stand_back;
use super::live::lock;
use super::schema::Durability;
use super::totals::Totals;
use super::{Live, StoreError};
pub(super) use fill::Ending;
use fill::{Filler, Place};

/// How often the thread looks whether mail still comes in, while it has something to do.
const TICK: Duration = Duration::from_millis(50);
/// Changes in a tick: with more of them this machine has better things to do.
const BUSY: u64 = 60;
/// Under such intake the index rests, when it has done what a search waited for: so many times as
/// long as that took, and at most this. Mail goes first, and no search waits for ever.
const REST: (u32, Duration) = (3, Duration::from_secs(2));
/// How long a search waits for the index.
const PATIENCE: Duration = Duration::from_secs(20);
/// So often an index is made anew: if it is damaged again, its disk is.
const MENDED: u64 = 3;
/// After a fault of the file.
const PAUSE: Duration = Duration::from_secs(1);

/// How far the index has come.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    indexed: u64,
    /// Messages that are out of it again; `None` before it knows of all that are gone.
    dropped: Option<u64>,
    faults: u64,
    /// Counts the indexes of this store, since its start.
    era: u64,
}

/// The handle of the index.
pub(super) struct Index {
    shared: Arc<Shared>,
    progress: watch::Receiver<Progress>,
    thread: Mutex<Option<JoinHandle<Ending>>>,
}

struct Shared {
    totals: Arc<Totals>,
    wake: Notify,
    asked: Mutex<Asked>,
}

#[derive(Debug, Default)]
struct Asked {
    /// The message up to which a search needs it.
    target: u64,
    /// A search found that the index is damaged.
    anew: bool,
    closed: bool,
}

impl Index {
    /// Opens the index of the store at `store` and starts its thread.
    pub fn start(
        store: &Path,
        name: &str,
        durability: Durability,
        live: Live,
        totals: Arc<Totals>,
        newest: watch::Receiver<u64>,
    ) -> Result<Index, StoreError> {
        let place = Place { path: path_of(store), name: name.to_owned(), durability };
        let filler = Filler::new(place, store, live, &totals)?;
        let (teller, progress) = watch::channel(Progress::default());
        let shared =
            Arc::new(Shared { totals, wake: Notify::new(), asked: Mutex::new(Asked::default()) });
        let mut work = Work { filler, newest, teller, shared: shared.clone(), faults: 0 };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let thread = thread::Builder::new().name("store-index".into()).spawn(move || {
            stand_back();
            runtime.block_on(work.run());
            work.filler.end()
        })?;
        Ok(Index { shared, progress, thread: Mutex::new(Some(thread)) })
    }

    /// Whether it may have messages that are gone. To take one out costs more than to pass it over.
    pub fn has_gone(&self) -> bool {
        self.progress.borrow().dropped.is_none_or(|dropped| dropped < self.shared.totals.gone())
    }

    /// Waits until every message up to `target` that is there is in it.
    pub async fn catch_up(&self, target: u64) -> Result<(), StoreError> {
        let is_there = |p: &Progress| p.indexed >= target;
        let mut progress = self.progress.clone();
        let before = *progress.borrow();
        if is_there(&before) {
            return Ok(());
        }
        {
            let mut asked = lock(&self.shared.asked);
            asked.target = asked.target.max(target);
        }
        self.shared.wake.notify_one();
        let arrived = progress.wait_for(|p| is_there(p) || p.faults > before.faults);
        match tokio::time::timeout(PATIENCE, arrived).await {
            Err(_) => {
                let indexed = self.progress.borrow().indexed;
                Err(StoreError::Behind(target.saturating_sub(indexed)))
            }
            Ok(Err(_)) => Err(StoreError::Closed),
            Ok(Ok(now)) if is_there(&now) => Ok(()),
            Ok(Ok(_)) => Err(StoreError::Failed("the search index cannot be written".into())),
        }
    }

    /// Begins the index anew, for a search found it damaged, and waits until it is empty.
    pub async fn begin_anew(&self, era: u64) -> Result<(), StoreError> {
        let mut progress = self.progress.clone();
        // Another search may have found it before.
        if progress.borrow().era == era {
            lock(&self.shared.asked).anew = true;
            self.shared.wake.notify_one();
        }
        match tokio::time::timeout(PATIENCE, progress.wait_for(|p| p.era > era)).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(StoreError::Corrupt),
        }
    }

    /// Counts up whenever the index's file became another.
    pub fn era(&self) -> u64 {
        self.progress.borrow().era
    }

    /// Ends the thread, so that it lets go of the store's file. Blocks until it has.
    pub fn stop(&self) -> Option<Ending> {
        lock(&self.shared.asked).closed = true;
        self.shared.wake.notify_one();
        lock(&self.thread).take().and_then(|thread| thread.join().ok())
    }
}

/// What the thread does.
struct Work {
    filler: Filler,
    newest: watch::Receiver<u64>,
    teller: watch::Sender<Progress>,
    shared: Arc<Shared>,
    faults: u64,
}

/// The changes of a time that are not many yet.
fn per(time: Duration) -> u64 {
    (u128::from(BUSY) * time.as_micros() / TICK.as_micros()) as u64 + BUSY
}

enum Turn {
    Now,
    Later,
    Closed,
}

impl Work {
    async fn run(&mut self) {
        let mut more = true;
        loop {
            match self.turn() {
                Turn::Closed => break,
                Turn::Now => {
                    more = self.serve().await;
                    continue;
                }
                Turn::Later if more => {
                    if self.is_busy().await && matches!(self.turn(), Turn::Later) {
                        continue;
                    }
                }
                Turn::Later => {
                    tokio::select! {
                        changed = self.newest.changed() => match changed {
                            Ok(()) => more = true,
                            Err(_) => break,
                        },
                        () = self.shared.wake.notified() => {}
                    }
                    continue;
                }
            }
            more = self.work().await;
        }
    }

    /// Looks for a tick, or until a search asks, whether much mail comes in.
    async fn is_busy(&mut self) -> bool {
        let before = *self.newest.borrow_and_update();
        let _ = tokio::time::timeout(TICK, self.shared.wake.notified()).await;
        self.newest.borrow().saturating_sub(before) > BUSY
    }

    /// Does what the searches that wait now wait for. If much mail came in meanwhile, leaves it the
    /// machine for a while, before the next ones get their turn.
    async fn serve(&mut self) -> bool {
        let (begun, before) = (Instant::now(), *self.newest.borrow());
        let (target, faults) = (lock(&self.shared.asked).target, self.faults);
        let mut more = self.work().await;
        while !self.filler.has(target) && self.faults == faults && self.is_asked() {
            more = self.work().await;
        }
        let worked = begun.elapsed();
        let mut came = self.newest.borrow().saturating_sub(before);
        let rested = Instant::now() + (worked * REST.0).min(REST.1);
        let mut took = worked;
        // A tick is looked at as long as it has as many changes as the work had.
        while came > per(took) && Instant::now() < rested {
            if let Turn::Closed = self.turn() {
                break;
            }
            (came, took) = (*self.newest.borrow(), TICK);
            tokio::time::sleep(TICK).await;
            came = self.newest.borrow().saturating_sub(came);
        }
        more || came > 0
    }

    fn is_asked(&self) -> bool {
        matches!(self.turn(), Turn::Now)
    }

    fn turn(&self) -> Turn {
        let asked = lock(&self.shared.asked);
        let is_behind = !self.filler.has(asked.target) || asked.anew;
        match (asked.closed, is_behind) {
            (true, _) => Turn::Closed,
            (_, true) => Turn::Now,
            _ => Turn::Later,
        }
    }

    /// Until all is done that a search waits for; when none waits, until mail comes in.
    fn step(&mut self, newest: u64) -> Result<bool, StoreError> {
        let asked = lock(&self.shared.asked).target;
        let is_waited_for = !self.filler.has(asked);
        let Work { filler, shared, newest: now, .. } = self;
        let is_enough = |indexed| match is_waited_for {
            true => indexed >= asked,
            false => *now.borrow() != newest,
        };
        filler.step(&shared.totals, is_waited_for, is_enough)
    }

    fn tell(&self) {
        let Filler { indexed, dropped, era, .. } = self.filler;
        self.teller.send_replace(Progress { indexed, dropped, era, faults: self.faults });
    }

    /// Throws a damaged index away; it is filled again like any that is behind.
    fn mend(&mut self) -> Result<(), StoreError> {
        if lock(&self.shared.asked).anew {
            tracing::warn!("the search index is damaged and is made anew");
            self.filler.begin_anew()?;
            self.tell();
            lock(&self.shared.asked).anew = false;
        }
        Ok(())
    }

    /// One step, or while no mail comes in all of them.
    async fn work(&mut self) -> bool {
        loop {
            let before = *self.newest.borrow();
            let done = match self.mend() {
                Ok(()) => self.step(before),
                Err(e) => Err(e),
            };
            let done = match done {
                Err(StoreError::Corrupt | StoreError::NotAStore) if self.filler.era < MENDED => {
                    lock(&self.shared.asked).anew = true;
                    continue;
                }
                done => done,
            };
            let is_well = done.is_ok();
            let more = done.unwrap_or_else(|e| {
                tracing::error!("the search index could not be filled: {e}");
                self.faults += 1;
                // Whoever asked has been told; the next one asks again.
                lock(&self.shared.asked).target = 0;
                true
            });
            self.tell();
            if !is_well {
                let _ = tokio::time::timeout(PAUSE, self.shared.wake.notified()).await;
            }
            let is_quiet = *self.newest.borrow() == before;
            if !more && is_quiet && matches!(self.turn(), Turn::Later) {
                while matches!(self.filler.give_back(), Ok(true)) {}
            }
            if !more || !is_quiet || !is_well || !matches!(self.turn(), Turn::Later) {
                return more || !is_quiet;
            }
        }
    }
}

/// The connection of a reader gets the index beside the store.
pub(super) fn attach_to(conn: &Connection, store: &Path) -> Result<(), StoreError> {
    file::attach(conn, &path_of(store))
}
