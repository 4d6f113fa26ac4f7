//! Waits for mail: drives an [`Expectation`] with what the store holds, the feed and the clock.
//!
//! One task reads what comes in, once for all who wait (`tail`). Who waits is entered there first
//! and looks into the store after that, so nothing falls between; a message that is seen both ways
//! counts once.

mod end;
mod look;
mod tail;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

pub use end::{Met, Refusals, Surroundings, Unmet};

use crate::expect::{Expectation, Judge, Outcome, Reason, Since};
use crate::store::{Millis, Store, StoreError};
use tail::Tails;

/// Calls that wait at the same time.
pub const MAX_WAITING: usize = 1000;

/// All who wait for mail of one store; cheap to clone.
#[derive(Clone)]
pub struct Lookout {
    store: Store,
    tails: Tails,
    turns: Arc<Semaphore>,
}

/// Why nothing was waited for.
#[derive(Debug, thiserror::Error)]
pub enum LookoutError {
    #[error("{MAX_WAITING} calls wait for mail already: wait for one of them to end")]
    TooMany,
    #[error(
        "since={since} is ahead of this server, whose newest event is {newest}: it is a cursor of another server, or of this one before it was started anew"
    )]
    Ahead { since: u64, newest: u64 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a call ended.
pub enum Ending {
    Met(Met),
    NotMet(Unmet),
}

/// One call, from its start.
pub struct Watch {
    lookout: Lookout,
    judge: Judge,
    /// Milliseconds since 1970, and by the clock that never goes back.
    started: i64,
    start: Instant,
    /// The newest event at the start.
    from: u64,
    /// Not all that is held was looked at.
    is_cut: bool,
    _turn: OwnedSemaphorePermit,
}

impl Lookout {
    pub fn new(store: Store) -> Lookout {
        let turns = Arc::new(Semaphore::new(MAX_WAITING));
        Lookout { tails: Tails::new(store.clone()), store, turns }
    }

    /// Begins a call: the time runs from here.
    pub fn begin(&self, expectation: Arc<Expectation>) -> Result<Watch, LookoutError> {
        let from = self.store.seq();
        if let Since::Cursor(since) = expectation.since
            && since > from
        {
            return Err(LookoutError::Ahead { since, newest: from });
        }
        let turn = self.turns.clone().try_acquire_owned().map_err(|_| LookoutError::TooMany)?;
        Ok(Watch {
            lookout: self.clone(),
            judge: Judge::new(expectation),
            started: Millis::now().0,
            start: Instant::now(),
            from,
            is_cut: false,
            _turn: turn,
        })
    }

    /// What comes in from here on has a larger number: for `since`.
    pub fn cursor(&self) -> u64 {
        self.store.seq()
    }

    /// How many calls wait.
    pub fn waiting(&self) -> usize {
        MAX_WAITING - self.turns.available_permits()
    }

    /// Waits until the outcome is certain.
    pub async fn expect(&self, expectation: Arc<Expectation>) -> Result<Ending, LookoutError> {
        self.begin(expectation)?.end().await
    }
}

impl Watch {
    pub fn judge(&self) -> &Judge {
        &self.judge
    }

    pub fn waited(&self) -> Duration {
        self.start.elapsed()
    }

    /// Waits until the outcome is certain, and reads what it is about. Dropped, it leaves nothing
    /// behind.
    pub async fn end(mut self) -> Result<Ending, LookoutError> {
        match self.outcome().await? {
            None => Box::pin(self.met()).await,
            Some(reason) => Ok(Ending::NotMet(self.unmet(reason))),
        }
    }

    /// `None` once it is met.
    async fn outcome(&mut self) -> Result<Option<Reason>, StoreError> {
        let mut tail = self.lookout.tails.enter(self.judge.expectation().clone());
        // A call is small while it waits: reading takes room only while it reads.
        Box::pin(self.look_back()).await?;
        loop {
            let until = match self.judge.outcome(self.start.elapsed()) {
                Outcome::Met => return Ok(None),
                Outcome::NotMet(reason) => return Ok(Some(reason)),
                Outcome::Wait(until) => self.start + until,
            };
            tokio::select! {
                // What came in time counts, however late this task gets to see it.
                biased;
                arrival = tail.next() => match arrival {
                    Some(arrival) => Box::pin(self.take(&arrival)).await?,
                    None => return Err(StoreError::Closed),
                },
                () = tokio::time::sleep_until(until) => {}
            }
            while let Some(arrival) = tail.ready() {
                Box::pin(self.take(&arrival)).await?;
            }
            if tail.has_missed() {
                Box::pin(self.look_back()).await?;
            }
        }
    }
}
