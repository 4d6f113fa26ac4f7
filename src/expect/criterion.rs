//! One condition on a message: a field, what it must be, and what a message has there.

use regex::Regex;

use super::candidate::Candidate;
use super::wording::quoted;
use crate::search::{Glob, Query, Source, fold_case, fold_text};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    Query,
    To,
    From,
    Subject,
    Text,
    Html,
    Header(String),
    Has,
    Tag,
    Inbox,
    Via,
}

impl Field {
    pub fn name(&self) -> String {
        match self {
            Field::Query => "q".to_owned(),
            Field::To => "to".to_owned(),
            Field::From => "from".to_owned(),
            Field::Subject => "subject".to_owned(),
            Field::Text => "text".to_owned(),
            Field::Html => "html".to_owned(),
            Field::Header(name) => format!("header.{name}"),
            Field::Has => "has".to_owned(),
            Field::Tag => "tag".to_owned(),
            Field::Inbox => "inbox".to_owned(),
            Field::Via => "via".to_owned(),
        }
    }

    /// Whether a message's bytes are needed to know.
    pub fn needs_content(&self) -> bool {
        matches!(self, Field::Query | Field::Text | Field::Html | Field::Header(_) | Field::Has)
    }
}

#[derive(Debug, Clone)]
pub(super) enum Test {
    Query(Box<Query>),
    /// A piece of the value, folded.
    Contains(String),
    /// The whole value, without case.
    Whole(String),
    /// The whole value, letter for letter.
    Equals(String),
    Glob(Glob),
    Matches(Box<Regex>),
}

/// What can be said of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    No,
    Yes,
    /// Its content must be read first.
    Unknown,
}

#[derive(Debug, Clone)]
pub struct Criterion {
    pub(super) field: Field,
    pub(super) not: bool,
    pub(super) test: Test,
    /// As it was written, without `!`, `=` and `~`.
    pub(super) value: String,
}

impl Criterion {
    pub fn verdict(&self, candidate: &Candidate) -> Verdict {
        if self.field.needs_content() && !candidate.has_content() {
            return Verdict::Unknown;
        }
        if self.holds(candidate) { Verdict::Yes } else { Verdict::No }
    }

    /// Of a message whose content was read, as far as it is needed.
    pub(super) fn holds(&self, candidate: &Candidate) -> bool {
        self.finds(candidate) != self.not
    }

    fn finds(&self, candidate: &Candidate) -> bool {
        let facts = candidate.facts();
        match (&self.field, &self.test) {
            (_, Test::Query(query)) => query.matches(candidate),
            (Field::To, Test::Whole(whole)) => candidate.recipients().iter().any(|to| to == whole),
            (Field::Subject, Test::Contains(piece)) => candidate.folded_subject().contains(piece),
            (Field::Inbox, Test::Whole(whole)) => fold_case(&facts.inbox) == *whole,
            (Field::Html, Test::Contains(piece)) => {
                let content = candidate.content();
                fold_text(content.html_text()).contains(piece)
                    || content.html().is_some_and(|html| fold_text(html).contains(piece))
            }
            _ => {
                let mut found = false;
                self.each(candidate, &mut |value| found |= self.test.holds(value));
                found
            }
        }
    }

    /// Every value that a message has in this field.
    pub(super) fn each<'c>(&self, candidate: &'c Candidate, each: &mut dyn FnMut(&'c str)) {
        let facts = candidate.facts();
        match &self.field {
            Field::Query => {}
            Field::To => {
                facts.rcpt.iter().for_each(|to| each(to));
                facts.to.iter().chain(&facts.cc).for_each(|to| each(&to.address));
            }
            Field::From => {
                facts.from.iter().for_each(|from| each(&from.address));
                each(&facts.mail_from);
            }
            Field::Subject => each(&facts.subject),
            Field::Text => {
                let content = candidate.content();
                each(content.text().unwrap_or_else(|| content.html_text()));
            }
            Field::Html => candidate.content().html().into_iter().for_each(each),
            Field::Header(name) => {
                let all = candidate.content().headers().iter();
                all.filter(|(n, _)| n.eq_ignore_ascii_case(name)).for_each(|(_, v)| each(v));
            }
            Field::Has => {
                for name in HAS.into_iter().filter(|name| candidate.content().has(name)) {
                    each(name);
                }
            }
            Field::Tag => facts.tags.iter().for_each(|tag| each(tag)),
            Field::Inbox => each(&facts.inbox),
            Field::Via => each(&facts.via),
        }
    }

    /// What was wanted, for a person.
    pub fn wanted(&self) -> String {
        let not = if self.not { "not " } else { "" };
        let (how, value) = match (&self.test, &self.field) {
            (Test::Query(_), _) => return format!("{not}{}", self.value),
            (Test::Contains(_), _) => ("contains ", quoted(&self.value)),
            (Test::Matches(_), _) => ("matches ", format!("/{}/", self.value)),
            (Test::Equals(_), _) => ("exactly ", quoted(&self.value)),
            (Test::Glob(_) | Test::Whole(_), _) => ("", self.value.clone()),
        };
        format!("{not}{how}{value}")
    }

    pub fn field(&self) -> &Field {
        &self.field
    }
}

impl Test {
    fn holds(&self, value: &str) -> bool {
        match self {
            Test::Query(_) => false,
            Test::Contains(piece) => fold_text(value).contains(piece),
            Test::Whole(whole) => fold_case(value.trim()) == *whole,
            Test::Equals(exact) => value.trim() == exact,
            Test::Glob(glob) => glob.matches(&fold_case(value.trim())),
            Test::Matches(regex) => regex.is_match(value),
        }
    }
}

/// The names that `has` knows.
pub(super) const HAS: [&str; 6] = ["attachment", "html", "text", "inline", "link", "code"];
