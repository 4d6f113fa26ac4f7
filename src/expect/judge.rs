//! Says when the outcome of an expectation is certain: met, no longer to be met, or open until a
//! time. Times are counted from the start of the call.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::candidate::Candidate;
use super::criterion::Verdict;
use super::expectation::{Expectation, Pick};
use crate::search::Source;

/// Messages that are remembered; more than this are not counted on.
const MAX_MATCHED: usize = 10_000;

/// Whether it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Met,
    NotMet(Reason),
    /// Ask again when a message came, or at this time.
    Wait(Duration),
}

/// Why it was not met; `as_str` is its name on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Not one matched.
    NoneMatched,
    /// Some matched, but not as many as were asked for.
    TooFew,
    TooMany,
    /// Enough matched, but more kept coming until the timeout.
    NotQuiet,
    /// `pick=only`, and several matched.
    NotOnly,
    /// It matched and was deleted before it could be read.
    Gone,
    /// It matched, and the code that was asked for is not in it.
    NoCode,
    NoLink,
    /// It matched, and a check of it does not hold.
    CheckFailed,
    /// It matched, and has not what `get` asks for.
    NoValue,
}

impl Reason {
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::NoneMatched => "none_matched",
            Reason::TooFew => "too_few",
            Reason::TooMany => "too_many",
            Reason::NotQuiet => "not_quiet",
            Reason::NotOnly => "not_only",
            Reason::Gone => "gone",
            Reason::NoCode => "no_code",
            Reason::NoLink => "no_link",
            Reason::CheckFailed => "check_failed",
            Reason::NoValue => "no_value",
        }
    }
}

/// A message that matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    pub seq: u64,
    pub id: String,
}

/// Counts what matches. Messages may come in any order and more than once.
#[derive(Debug)]
pub struct Judge {
    expectation: Arc<Expectation>,
    matched: BTreeMap<u64, String>,
    last: Duration,
}

impl Judge {
    pub fn new(expectation: Arc<Expectation>) -> Judge {
        Judge { expectation, matched: BTreeMap::new(), last: Duration::ZERO }
    }

    pub fn expectation(&self) -> &Arc<Expectation> {
        &self.expectation
    }

    /// Whether a message matches, as far as can be told: [`Verdict::Unknown`] wants its content.
    pub fn verdict(&self, candidate: &Candidate) -> Verdict {
        if self.matched.contains_key(&candidate.seq) {
            return Verdict::No;
        }
        self.expectation.verdict(candidate)
    }

    /// Takes a message in, if it matches.
    pub fn take(&mut self, candidate: &Candidate, at: Duration) {
        if self.verdict(candidate) == Verdict::Yes && self.matched.len() < MAX_MATCHED {
            self.matched.insert(candidate.seq, candidate.facts().id.clone());
            self.last = self.last.max(at);
        }
    }

    /// Whether mail that is older than what matched can change no more than the list of duplicates.
    pub fn is_settled(&self) -> bool {
        self.is_about_newest() && self.matched() >= self.expectation.count.least.max(1)
    }

    /// Whether the answer is the newest that matches, however many there are.
    pub fn is_about_newest(&self) -> bool {
        self.expectation.count.most.is_none() && self.expectation.pick == Pick::Latest
    }

    pub fn outcome(&self, at: Duration) -> Outcome {
        let asked = &self.expectation;
        let matched = self.matched.len() as u64;
        if asked.count.most.is_some_and(|most| matched > most) {
            return Outcome::NotMet(Reason::TooMany);
        }
        if asked.pick == Pick::Only && matched > 1 {
            return Outcome::NotMet(Reason::NotOnly);
        }
        let enough = matched >= asked.count.least;
        let quiet = self.last + asked.count.quiet;
        let quiet = if asked.count.asks_for_quiet { quiet } else { quiet.min(asked.timeout) };
        if enough && at >= quiet {
            return Outcome::Met;
        }
        if at < asked.timeout {
            return Outcome::Wait(if enough { quiet.min(asked.timeout) } else { asked.timeout });
        }
        Outcome::NotMet(match matched {
            _ if enough => Reason::NotQuiet,
            0 => Reason::NoneMatched,
            _ => Reason::TooFew,
        })
    }

    /// How many matched.
    pub fn matched(&self) -> u64 {
        self.matched.len() as u64
    }

    /// The one that was asked for.
    pub fn picked(&self) -> Option<Matched> {
        let found = match self.expectation.pick {
            Pick::First => self.matched.first_key_value(),
            Pick::Latest | Pick::Only => self.matched.last_key_value(),
        };
        found.map(|(seq, id)| Matched { seq: *seq, id: id.clone() })
    }

    /// All that matched, oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = Matched> + '_ {
        self.matched.iter().map(|(seq, id)| Matched { seq: *seq, id: id.clone() })
    }
}
