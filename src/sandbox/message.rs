//! The mail that was found.

use regex::Regex;
use serde_json::Value;

use super::Error;
use crate::expect::{CodeWish, code_of, leads_to};

/// Candidates that a failure lists.
const LISTED: usize = 10;

/// A message that came as expected.
#[derive(Debug, Clone)]
pub struct Message {
    message: Value,
    matched: u64,
    url: String,
}

/// Which code is meant: so many digits (`6`), or a regular expression with one group.
#[derive(Debug, Clone)]
pub struct Code(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Digits(usize),
    Pattern(String),
}

impl From<usize> for Code {
    fn from(digits: usize) -> Code {
        Code(Kind::Digits(digits))
    }
}

impl From<&str> for Code {
    fn from(pattern: &str) -> Code {
        Code(Kind::Pattern(pattern.to_owned()))
    }
}

impl Message {
    /// Of an answer of `/v1/expect`.
    pub(super) fn new(mut answer: Value) -> Message {
        Message {
            matched: answer["matched"].as_u64().unwrap_or_default(),
            url: answer["url"].as_str().unwrap_or_default().to_owned(),
            message: answer["message"].take(),
        }
    }

    pub fn id(&self) -> &str {
        self.told("id")
    }

    pub fn subject(&self) -> &str {
        self.told("subject")
    }

    /// The text part; `""` when there is none.
    pub fn text(&self) -> &str {
        self.told("text")
    }

    /// The HTML part; `""` when there is none.
    pub fn html(&self) -> &str {
        self.told("html")
    }

    /// The decoded value of a header's first field of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let is_it = |field: &&Value| text(&field["name"]).eq_ignore_ascii_case(name);
        rows(&self.message["headers"]).find(is_it).map(|field| text(&field["value"]))
    }

    /// Addresses of the envelope's recipients.
    pub fn recipients(&self) -> Vec<&str> {
        rows(&self.message["envelope"]["to"]).map(text).collect()
    }

    /// File names of what is attached.
    pub fn attachments(&self) -> Vec<&str> {
        rows(&self.message["attachments"]).map(|file| text(&file["filename"])).collect()
    }

    /// How many mails were as expected; this is one of them.
    pub fn matched(&self) -> u64 {
        self.matched
    }

    /// Its page in the inspector.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// All that the API tells of it (docs/api.md, Message).
    pub fn json(&self) -> &Value {
        &self.message
    }

    /// The code that a person would type: of so many digits, the likeliest first; or what the one
    /// group of a pattern takes from the subject, the text, or what the HTML shows. The same as
    /// `code` in `/v1/expect`.
    pub fn code(&self, wanted: impl Into<Code>) -> Result<String, Error> {
        let wish = match wanted.into().0 {
            Kind::Digits(digits) => CodeWish::Digits(digits..=digits),
            Kind::Pattern(pattern) => CodeWish::Pattern(regex(&pattern)?),
        };
        let found = code_of(self.subject(), self.text(), self.html(), &wish);
        found.map(|code| code.value).map_err(|codes| {
            self.lacks(
                wish.wanted().trim_start_matches("a "),
                codes.iter().map(|code| code.value.as_str()),
            )
        })
    }

    /// The address of the first link that the pattern finds something in, with its percent signs
    /// decoded or not; in its text, if in no address.
    pub fn link(&self, pattern: &str) -> Result<String, Error> {
        let regex = regex(pattern)?;
        let links = || rows(&self.message["links"]);
        let by_address = links().find(|link| leads_to(text(&link["href"]), &regex));
        let found = by_address.or_else(|| links().find(|link| regex.is_match(text(&link["text"]))));
        let found = found.map(|link| text(&link["href"]).to_owned());
        let hrefs = links().map(|link| text(&link["href"]));
        found.ok_or_else(|| self.lacks(&format!("link like {pattern}"), hrefs))
    }

    fn lacks<'a>(&self, what: &str, there: impl Iterator<Item = &'a str>) -> Error {
        let there: Vec<&str> = there.take(LISTED).collect();
        let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
        Error::server(format!("no {what} in {:?} ({}); there is {there}", self.subject(), self.url))
    }

    fn told(&self, name: &str) -> &str {
        text(&self.message[name])
    }
}

fn regex(pattern: &str) -> Result<Regex, Error> {
    Regex::new(pattern).map_err(|e| Error::server(format!("{pattern} is no pattern: {e}")))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn rows(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
