//! Looks at what the store holds already.

use std::sync::Arc;
use std::time::Duration;

use super::Watch;
use super::tail::Arrival;
use crate::expect::{Candidate, Since, Verdict};
use crate::search::Source;
use crate::store::{ListQuery, Store, StoreError};

/// Messages of one page.
const PAGE: usize = 500;
/// A clock that was set back may have given a later message an earlier time, by so much.
const CLOCK: i64 = 60_000;

/// How long is looked for older duplicates of mail that was found.
const DUPLICATES: Duration = Duration::from_millis(100);

/// How long is waited for the index; it may be behind after a flood.
const INDEX: Duration = Duration::from_secs(1);
/// A call with no time to wait is a look at what there is: it has this long for it.
const LOOKING: Duration = Duration::from_secs(5);

impl Watch {
    /// Takes in what is held, newest first, as far back as it may count. The index tells what a
    /// query means; everything else is looked at.
    pub(super) async fn look_back(&mut self) -> Result<(), StoreError> {
        let since = self.judge.expectation().since.clone();
        if let Since::Cursor(after) = since {
            return self.look_after(after).await;
        }
        let mut query = self.judge.expectation().query().cloned();
        let mut cursor = None;
        loop {
            let list = ListQuery { limit: PAGE, cursor, ..ListQuery::default() };
            let page = match query.take() {
                None => self.lookout.store.messages(list).await?,
                Some(asked) => {
                    let narrowed = ListQuery { query: Some(asked.clone()), ..list.clone() };
                    let found = self.lookout.store.messages(narrowed);
                    match tokio::time::timeout(INDEX, found).await {
                        Ok(Ok(page)) => {
                            query = Some(asked);
                            page
                        }
                        // Each mail tells what the index is too far behind to tell.
                        Ok(Err(StoreError::Behind(_))) | Err(_) => {
                            self.lookout.store.messages(list).await?
                        }
                        Ok(Err(error)) => return Err(error),
                    }
                }
            };
            for message in page.messages {
                let is_over = match since {
                    Since::Time(at, _) => message.received_at.0 < at - CLOCK,
                    _ => false,
                };
                self.is_cut = self.has_looked_enough();
                if is_over || self.is_cut {
                    return Ok(());
                }
                let candidate = Candidate::new(message.seq, message.into_facts());
                self.take(&Arc::new(Arrival::new(candidate))).await?;
            }
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Reading a long store takes its time. When the newest is asked for, it ends soon after that
    /// is found, or with the time of the call; a count or the first needs all of it.
    fn has_looked_enough(&self) -> bool {
        let waited = self.start.elapsed();
        let reads = self.judge.expectation().needs_content();
        reads && self.judge.is_settled() && waited >= DUPLICATES
            || self.judge.is_about_newest()
                && waited >= self.judge.expectation().timeout.max(LOOKING)
    }

    /// Reads nothing that is older than the cursor: most calls begin at its very place.
    async fn look_after(&mut self, mut after: u64) -> Result<(), StoreError> {
        let newest = self.lookout.store.seq();
        while after < newest {
            let arrivals = self.lookout.store.arrivals(after).await?;
            for message in arrivals.messages {
                let candidate = Candidate::new(message.seq, message.into_facts());
                self.take(&Arc::new(Arrival::new(candidate))).await?;
            }
            after = arrivals.upto;
        }
        Ok(())
    }

    /// Takes in one message, if it is meant.
    pub(super) async fn take(&mut self, arrival: &Arc<Arrival>) -> Result<(), StoreError> {
        let candidate = &arrival.candidate;
        let mut verdict = self.judge.verdict(candidate);
        // What is gone by now cannot be looked into, and is told as deleted.
        if verdict == Verdict::Unknown && arrival.read(&self.lookout.store).await? {
            verdict = self.judge.verdict(candidate);
        }
        if verdict == Verdict::Yes {
            let at = self.start.elapsed();
            let at =
                if candidate.facts().received_at < self.started { Default::default() } else { at };
            self.judge.take(candidate, at);
        }
        Ok(())
    }
}

/// Messages for a report: the newest, and how many came since what was asked.
pub(super) struct Held {
    pub newest: Vec<Arc<Candidate>>,
    pub since: u64,
}

/// Reads the newest messages; those that came since the question's `since` are counted, up to
/// `most`.
pub(super) async fn held(
    store: &Store,
    since: &Since,
    most: usize,
    content: bool,
) -> Result<Held, StoreError> {
    let list = ListQuery { limit: PAGE, ..ListQuery::default() };
    let page = store.messages(list).await?;
    let mut held = Held { newest: Vec::new(), since: 0 };
    let all_held = page.total;
    for message in page.messages {
        let arrival = Arrival::new(Candidate::new(message.seq, message.into_facts()));
        held.since += u64::from(since.holds(&arrival.candidate));
        if held.newest.len() < most {
            if content {
                arrival.read(store).await?;
            }
            held.newest.push(arrival.candidate.clone());
        }
    }
    if *since == Since::Always {
        held.since = all_held;
    }
    Ok(held)
}
