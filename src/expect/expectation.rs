//! A question that was understood: what mail, since when, how much of it, and for how long.

use std::time::Duration;

use super::ask;
use super::candidate::Candidate;
use super::check::Check;
use super::criterion::{Criterion, Field, Test, Verdict};
use super::extract::{CodeWish, LinkWish};
use super::wording::seconds;
use crate::search::{Query, QueryError, Source};

/// From when on mail counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// All that is held.
    Always,
    /// Behind this `seq`.
    Cursor(u64),
    /// Milliseconds since 1970, and how it was written.
    Time(i64, String),
}

impl Since {
    pub fn holds(&self, candidate: &Candidate) -> bool {
        match self {
            Since::Always => true,
            Since::Cursor(seq) => candidate.seq > *seq,
            Since::Time(at, _) => candidate.facts().received_at >= *at,
        }
    }

    /// For a person; `None` when it was not asked for.
    pub(super) fn wanted(&self) -> Option<String> {
        match self {
            Since::Always => None,
            Since::Cursor(seq) => Some(format!("#{seq}")),
            Since::Time(_, written) => Some(written.clone()),
        }
    }
}

/// How many must match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub least: u64,
    pub most: Option<u64>,
    /// How long it must stay so, from the last that matched or the start of the call.
    pub quiet: Duration,
    /// It was asked for: the timeout may come before it. Where it was not, it ends then.
    pub asks_for_quiet: bool,
}

impl Count {
    pub(super) fn wanted(&self) -> Option<String> {
        let how_many = match (self.least, self.most) {
            (1, None) => None,
            (_, Some(0)) => Some("none".to_owned()),
            (least, Some(most)) if least == most => Some(format!("exactly {least}")),
            (0, Some(most)) => Some(format!("at most {most}")),
            (least, Some(most)) => Some(format!("{least} to {most}")),
            (least, None) => Some(format!("at least {least}")),
        };
        if self.quiet.is_zero() {
            return how_many;
        }
        let how_many = how_many.map(|text| text + " ").unwrap_or_default();
        Some(format!("{how_many}for {}", seconds(self.quiet)))
    }
}

/// Which one is the answer when several match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    Latest,
    First,
    /// The only one; two are a failure.
    Only,
}

/// The one value that is answered instead of everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Get {
    Id,
    Subject,
    Text,
    Html,
    From,
    To,
    Url,
    Code,
    Link,
    LinkText,
    Header(String),
}

/// What the reading of a question has to know from outside.
#[derive(Debug, Clone)]
pub struct Context {
    /// Milliseconds since 1970.
    pub now: i64,
    /// How long is waited when the question does not say.
    pub timeout: Duration,
}

/// Why a question cannot be asked: the field, and a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// `unknown_field`, `invalid`, `repeated` or `invalid_query`.
    pub code: &'static str,
    pub field: String,
    pub message: String,
    /// Of a query: where it is wrong.
    pub query: Option<QueryError>,
}

/// Every field of a question.
pub const FIELDS: &[&str] = &[
    "q",
    "tz",
    "to",
    "from",
    "subject",
    "text",
    "html",
    "header.NAME",
    "has",
    "tag",
    "inbox",
    "via",
    "since",
    "count",
    "exactly",
    "at_least",
    "at_most",
    "none",
    "for",
    "pick",
    "timeout",
    "keepalive",
    "code",
    "link",
    "checks",
    "get",
];

#[derive(Debug, Clone)]
pub struct Expectation {
    pub(super) criteria: Vec<Criterion>,
    pub since: Since,
    pub count: Count,
    pub pick: Pick,
    pub timeout: Duration,
    /// Blank space is sent while nothing is certain, so that proxies hold the line.
    pub keepalive: bool,
    pub code: Option<CodeWish>,
    pub link: Option<LinkWish>,
    /// Of the mail that is picked.
    pub checks: Vec<Check>,
    pub get: Option<Get>,
}

impl Expectation {
    /// A query that everything which matches has to match, for the index.
    pub fn query(&self) -> Option<&Query> {
        self.criteria.iter().find_map(|criterion| match &criterion.test {
            Test::Query(query) if !criterion.not => Some(&**query),
            _ => None,
        })
    }

    /// A question as JSON.
    pub fn from_json(question: &serde_json::Value, context: &Context) -> Result<Self, Fault> {
        ask::from_json(question, context)
    }

    /// A question as the pairs of a query string.
    pub fn from_pairs(pairs: Vec<(String, String)>, context: &Context) -> Result<Self, Fault> {
        ask::from_pairs(pairs, context)
    }

    /// What costs little is asked first.
    pub fn verdict(&self, candidate: &Candidate) -> Verdict {
        if !self.since.holds(candidate) {
            return Verdict::No;
        }
        let mut verdict = Verdict::Yes;
        for criterion in &self.criteria {
            match criterion.verdict(candidate) {
                Verdict::No => return Verdict::No,
                Verdict::Unknown => verdict = Verdict::Unknown,
                Verdict::Yes => {}
            }
        }
        verdict
    }

    pub fn needs_content(&self) -> bool {
        self.criteria.iter().any(|criterion| criterion.field.needs_content())
    }

    /// Whether the mail has to be taken apart once it matched.
    pub fn takes(&self) -> bool {
        self.code.is_some() || self.link.is_some() || !self.checks.is_empty()
    }

    /// A recipient without which nothing matches, without case.
    pub fn recipient(&self) -> Option<&str> {
        self.whole(&Field::To)
    }

    /// An inbox without which nothing matches, without case.
    pub fn inbox(&self) -> Option<&str> {
        self.whole(&Field::Inbox)
    }

    fn whole(&self, field: &Field) -> Option<&str> {
        use super::criterion::Test;
        self.criteria.iter().find_map(|criterion| match &criterion.test {
            Test::Whole(whole) if criterion.field == *field && !criterion.not => {
                Some(whole.as_str())
            }
            _ => None,
        })
    }

    /// What was asked, each as a person says it.
    pub fn asked(&self) -> Vec<String> {
        let mut all: Vec<String> = self
            .criteria
            .iter()
            .map(|criterion| format!("{} {}", criterion.field.name(), criterion.wanted()))
            .collect();
        all.extend(self.since.wanted().map(|since| format!("since {since}")));
        all.extend(self.count.wanted());
        if self.pick == Pick::Only {
            all.push("the only one".to_owned());
        }
        if all.is_empty() {
            all.push("any mail".to_owned());
        }
        all.extend(self.code.as_ref().map(CodeWish::wanted));
        all.extend(self.link.as_ref().map(LinkWish::wanted));
        match self.checks.len() {
            0 => {}
            1 => all.push("1 check".to_owned()),
            n => all.push(format!("{n} checks")),
        }
        all
    }
}
