//! What a question takes out of the mail that matched, and what of it is not there: one value that
//! both answers carry.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::checking::{Outcome, check_all};
use super::expectation::Expectation;
use super::extract;
use super::judge::Reason;
use super::wording::{one_line, quoted};
use crate::message::{Found, Link, Message};

/// Codes and links that a failure shows to a person.
const SHOWN: usize = 10;

/// Only what was asked for is told.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Taken {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Every number that could be one, the likeliest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codes: Option<Vec<Found>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    /// All that there are, when the one that was asked for is not among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<Vec<Link>>,
    /// Each check, and how it went.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Outcome>,
}

impl Taken {
    /// `json` makes the Message as the API tells it, for checks.
    pub fn of(expectation: &Expectation, message: &Message, json: impl FnOnce() -> Value) -> Taken {
        let mut taken = Taken::default();
        if let Some(wish) = &expectation.code {
            taken.codes = Some(message.codes());
            taken.code = extract::code(message, wish).ok().map(|found| found.value);
        }
        if let Some(wish) = &expectation.link {
            match extract::link(message, wish) {
                Ok(link) => taken.link = Some(link),
                Err(links) => taken.links = Some(links),
            }
        }
        if !expectation.checks.is_empty() {
            taken.checks = check_all(&expectation.checks, message, &json());
        }
        taken
    }

    /// The first thing that is not there.
    pub fn lacks(&self) -> Option<Reason> {
        if self.codes.is_some() && self.code.is_none() {
            return Some(Reason::NoCode);
        }
        if self.links.is_some() {
            return Some(Reason::NoLink);
        }
        self.checks.iter().any(|check| !check.ok).then_some(Reason::CheckFailed)
    }

    /// What is not there, with what is.
    pub(super) fn text(&self, asked: &Expectation) -> String {
        let mut out = String::new();
        if let (Some(wish), None, Some(codes)) = (&asked.code, &self.code, &self.codes) {
            let all = codes.iter().map(|c| format!("{}  in {}", c.value, quoted(&c.context)));
            list(&mut out, &wish.wanted(), "numbers", all);
        }
        if let (Some(wish), Some(links)) = (&asked.link, &self.links) {
            let all = links.iter().map(|link| {
                let href = one_line(&link.href, 300);
                if link.text.is_empty() { href } else { format!("{href}  {}", quoted(&link.text)) }
            });
            list(&mut out, &wish.wanted(), "links", all);
        }
        if !self.checks.is_empty() {
            out.push_str("\n  checks:\n");
        }
        for check in &self.checks {
            let _ = writeln!(out, "    {}", check.line());
        }
        out
    }
}

fn list(out: &mut String, wanted: &str, what: &str, all: impl ExactSizeIterator<Item = String>) {
    let more = all.len().saturating_sub(SHOWN);
    let _ = match all.len() {
        0 => writeln!(out, "\n  NO {wanted} - there are no {what}"),
        _ => writeln!(out, "\n  NO {wanted} - these {what} are there:"),
    };
    for one in all.take(SHOWN) {
        let _ = writeln!(out, "    {one}");
    }
    if more > 0 {
        let _ = writeln!(out, "    and {more} more");
    }
}
