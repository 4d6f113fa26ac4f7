//! A check of the mail that matched, as it is written: what it looks at, and what must hold there.
//! `checking` carries it out.

use regex::Regex;
use serde_json::{Map, Value};

use super::ask::fault;
use super::distance::nearest;
use super::expectation::Fault;
use super::extract::{LinkWish, pattern};
use super::wording::one_line;
use crate::search::{Glob, fold_case, fold_text};

/// Checks of one question.
const MAX_CHECKS: usize = 50;
/// The first names of a field's path: those of a Message.
pub const MESSAGE_FIELDS: &[&str] = &[
    "id",
    "seq",
    "inbox",
    "received_at",
    "size",
    "read",
    "starred",
    "tags",
    "via",
    "snippet",
    "envelope",
    "session_id",
    "session",
    "from",
    "to",
    "cc",
    "reply_to",
    "bcc",
    "subject",
    "date",
    "message_id",
    "headers",
    "text",
    "html",
    "parts",
    "attachments",
    "links",
    "codes",
    "defects",
];

/// What a check looks at.
#[derive(Debug, Clone)]
pub(super) enum Target {
    /// A path into the Message; `None` is every element of a list.
    Field(Vec<Step>),
    Header(String),
    /// Elements of the HTML: their text, or an attribute.
    Html {
        selector: String,
        text: Option<String>,
        attr: Option<String>,
    },
    Attachment(Vec<Trait>),
    /// Addresses of links.
    Link(LinkWish),
    Defects,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Name(String),
    Index(usize),
    Each,
}

/// What an attachment must be.
#[derive(Debug, Clone)]
pub(super) enum Trait {
    Named(Option<Glob>, String),
    Type(Option<Glob>, String),
    MinSize(u64),
    MaxSize(u64),
    Sha256(String),
}

/// What must hold of what is there: of one value at least.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Exists(bool),
    Count(u64),
    Equals(Value),
    OneOf(Vec<Value>),
    Contains(String),
    Matches(Regex),
}

#[derive(Debug, Clone)]
pub struct Check {
    /// As it was asked.
    pub(super) said: Value,
    pub(super) target: Target,
    pub(super) tests: Vec<Test>,
    pub(super) not: bool,
}

const TARGETS: &[&str] = &["field", "header", "html", "attachment", "link", "defects"];
const TESTS: &[&str] = &["exists", "count", "equals", "one_of", "contains", "matches"];

impl Check {
    /// An array of checks, one check, or either as the text of a query string.
    pub(super) fn parse_all(value: &Value) -> Result<Vec<Check>, Fault> {
        let read;
        let value = match value {
            Value::String(text) => {
                read = serde_json::from_str(text).map_err(|e| {
                    fault("invalid", "checks", format!("checks is JSON, and this is not: {e}"))
                })?;
                &read
            }
            other => other,
        };
        let one = std::slice::from_ref(value);
        let all = value.as_array().map_or(one, Vec::as_slice);
        if all.len() > MAX_CHECKS {
            let message = format!("a question has at most {MAX_CHECKS} checks");
            return Err(fault("invalid", "checks", message));
        }
        let parse = |(n, value): (usize, &Value)| {
            Check::parse(value).map_err(|why| {
                fault("invalid", &format!("checks[{n}]"), format!("checks[{n}]: {why}"))
            })
        };
        all.iter().enumerate().map(parse).collect()
    }

    fn parse(said: &Value) -> Result<Check, String> {
        let fields = said.as_object().ok_or("a check is a JSON object")?;
        let mut targets = TARGETS.iter().filter(|name| fields.contains_key(**name));
        let (Some(name), None) = (targets.next(), targets.next()) else {
            return Err(format!("a check looks at one of {}", TARGETS.join(", ")));
        };
        let mut own = vec![*name, "not"];
        own.extend(match *name {
            "html" => &["attr", "text"][..],
            "attachment" => &["type", "min_size", "max_size", "sha256"],
            _ => &[],
        });
        let known = || own.iter().chain(TESTS).copied();
        if let Some(wrong) = fields.keys().find(|key| !known().any(|name| name == *key)) {
            let meant = nearest(wrong, known()).map(|name| format!(" - did you mean {name}?"));
            let all: Vec<_> = known().collect();
            let meant = meant.unwrap_or_else(|| format!(": it takes {}", all.join(", ")));
            return Err(format!("there is no {wrong:?} in a check of {name}{meant}"));
        }
        let target = target(name, fields)?;
        let mut tests = tests(fields)?;
        if let Target::Defects = target {
            let count = fields["defects"].as_u64().ok_or("defects is how many there may be: 0")?;
            tests.push(Test::Count(count));
        }
        if tests.is_empty() {
            tests.push(Test::Exists(true));
        }
        let not = match fields.get("not") {
            None => false,
            Some(not) => not.as_bool().ok_or("not is true or false")?,
        };
        Ok(Check { said: said.clone(), target, tests, not })
    }

    /// As a person reads it: `header "List-Unsubscribe" exists true`.
    pub(super) fn wanted(&self) -> String {
        let Some(fields) = self.said.as_object() else { return String::new() };
        let is_target = |name: &&String| TARGETS.contains(&name.as_str());
        let mut words = Vec::new();
        let mut say = |name: &str| {
            let value = &fields[name];
            let value =
                value.as_str().map_or_else(|| value.to_string(), |text| format!("{text:?}"));
            words.push(format!("{name} {}", one_line(&value, 200)));
        };
        fields.keys().filter(is_target).for_each(|name| say(name));
        fields.keys().filter(|name| !is_target(name) && *name != "not").for_each(|name| say(name));
        if words.len() == 1 && !matches!(self.target, Target::Defects) {
            words.push("exists".to_owned());
        }
        if self.not {
            words.insert(0, "not".to_owned());
        }
        words.join(" ")
    }
}

fn target(name: &str, fields: &Map<String, Value>) -> Result<Target, String> {
    if name == "defects" {
        return Ok(Target::Defects);
    }
    let value = &fields[name];
    if (name, value) == ("link", &Value::Bool(true)) {
        return Ok(Target::Link(LinkWish::Any));
    }
    let text = text(name, value)?.to_owned();
    Ok(match name {
        "field" => Target::Field(path(&text)?),
        "header" => Target::Header(text),
        "link" => Target::Link(LinkWish::parse(&text)?),
        "html" => {
            scraper::Selector::parse(&text)
                .map_err(|e| format!("html: {text:?} is no CSS selector ({e})"))?;
            let own = |name| fields.get(name).map(|value| self::text(name, value)).transpose();
            let (part, attr) = (own("text")?.map(fold_text), own("attr")?.map(str::to_owned));
            Target::Html { selector: text, text: part, attr }
        }
        _ => Target::Attachment(traits(&text, fields)?),
    })
}

fn traits(name: &str, fields: &Map<String, Value>) -> Result<Vec<Trait>, String> {
    let glob = |text: &str| (Glob::new(&fold_case(text)), fold_case(text));
    let (named, whole) = glob(name);
    let mut all = vec![Trait::Named(named, whole)];
    for (name, value) in fields {
        let size = || value.as_u64().ok_or_else(|| format!("{name} is a number of bytes"));
        all.push(match name.as_str() {
            "min_size" => Trait::MinSize(size()?),
            "max_size" => Trait::MaxSize(size()?),
            "type" => {
                let (glob, whole) = glob(text(name, value)?);
                Trait::Type(glob, whole)
            }
            "sha256" => Trait::Sha256(text(name, value)?.to_ascii_lowercase()),
            _ => continue,
        });
    }
    Ok(all)
}

fn tests(fields: &Map<String, Value>) -> Result<Vec<Test>, String> {
    let mut all = Vec::new();
    for (name, value) in fields {
        all.push(match name.as_str() {
            "exists" => Test::Exists(value.as_bool().ok_or("exists is true or false")?),
            "count" => Test::Count(value.as_u64().ok_or("count is a whole number")?),
            "equals" => Test::Equals(value.clone()),
            "one_of" => Test::OneOf(value.as_array().ok_or("one_of is an array")?.clone()),
            "contains" => Test::Contains(fold_text(text(name, value)?)),
            "matches" => Test::Matches(pattern(text(name, value)?)?),
            _ => continue,
        });
    }
    Ok(all)
}

fn text<'a>(name: &str, value: &'a Value) -> Result<&'a str, String> {
    let text = value.as_str().filter(|text| !text.is_empty());
    text.ok_or_else(|| format!("{name} is a text, not {value}"))
}

/// `from[0].address`, `attachments[*].filename`, `envelope.to`; a list without an index is each of
/// its elements.
fn path(text: &str) -> Result<Vec<Step>, String> {
    let dotted = text.trim_start_matches("$.").replace('[', ".").replace(']', "");
    let step = |step: &str| match (step, step.parse()) {
        ("*", _) => Step::Each,
        (_, Ok(index)) => Step::Index(index),
        _ => Step::Name(step.to_owned()),
    };
    let steps: Vec<Step> = dotted.split('.').map(step).collect();
    match &steps[0] {
        // A name that does not exist would make every `not` hold.
        Step::Name(name) if MESSAGE_FIELDS.contains(&name.as_str()) => Ok(steps),
        _ => {
            let first = dotted.split('.').next().unwrap_or_default();
            let meant = nearest(first, MESSAGE_FIELDS.iter().copied());
            let meant = meant.map(|name| format!(" - did you mean {name}?")).unwrap_or_default();
            Err(format!("a Message has no field {first:?}{meant}"))
        }
    }
}
