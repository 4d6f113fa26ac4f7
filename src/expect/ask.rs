//! Reads a question, from JSON or from a query string: one value a field, in any order. What is
//! wrong is told with its field, and what could stand there.

use std::time::Duration;

use regex::RegexBuilder;
use serde_json::Value;

use super::bounds::{Bounds, within};
use super::check::Check;
use super::criterion::{Criterion, Field, HAS, Test};
use super::distance::nearest;
use super::expectation::{Context, Count, Expectation, FIELDS, Fault, Pick, Since};
use super::extract::{CodeWish, LinkWish};
use super::time::length;
use super::wishes::{complete, get, wish};
use crate::search::{self, Glob, Query, fold_case, fold_text};

/// Conditions of one question.
const MAX_CRITERIA: usize = 50;
/// Characters of one value.
pub(super) const MAX_VALUE: usize = 4096;
/// Bytes that a regular expression may take when it is ready.
const MAX_REGEX: usize = 1 << 20;

pub(super) fn from_json(question: &Value, context: &Context) -> Result<Expectation, Fault> {
    let Value::Object(fields) = question else {
        let message = "the question is a JSON object, such as {\"to\":\"ann@example.com\"}";
        return Err(fault("invalid", "", message));
    };
    let mut pairs = Vec::new();
    for (name, value) in fields {
        match (name.as_str(), value) {
            (_, Value::Null) => {}
            ("checks", _) => pairs.push((name.clone(), value.clone())),
            ("header", Value::Object(headers)) => {
                for (header, value) in headers {
                    spread(format!("header.{header}"), value, &mut pairs);
                }
            }
            _ => spread(name.clone(), value, &mut pairs),
        }
    }
    read(pairs, context)
}

/// All of an array must hold.
fn spread(name: String, value: &Value, pairs: &mut Vec<(String, Value)>) {
    match value {
        Value::Array(all) => pairs.extend(all.iter().map(|one| (name.clone(), one.clone()))),
        one => pairs.push((name, one.clone())),
    }
}

pub(super) fn from_pairs(
    pairs: Vec<(String, String)>,
    context: &Context,
) -> Result<Expectation, Fault> {
    let meant = |(name, value): (String, String)| {
        // A + that was not encoded is a space by now, and no address has one.
        let is_address = matches!(name.as_str(), "to" | "from");
        let value = if is_address { value.replace(' ', "+") } else { value };
        (name, Value::String(value))
    };
    read(pairs.into_iter().map(meant).collect(), context)
}

fn read(pairs: Vec<(String, Value)>, context: &Context) -> Result<Expectation, Fault> {
    let mut expectation = Expectation {
        criteria: Vec::new(),
        since: Since::Always,
        count: Count { least: 1, most: None, quiet: Duration::ZERO, asks_for_quiet: false },
        pick: Pick::Latest,
        timeout: context.timeout,
        keepalive: false,
        code: None,
        link: None,
        checks: Vec::new(),
        get: None,
    };
    let (mut bounds, mut timeout, mut seen) = (Bounds::default(), None, Vec::new());
    let zone = pairs.iter().find(|(name, _)| name == "tz").map(|(_, zone)| zone.clone());
    for (name, value) in pairs {
        if let Some(field) = field(&name) {
            expectation.criteria.push(criterion(&name, field, &value, zone.as_ref(), context)?);
            if expectation.criteria.len() > MAX_CRITERIA {
                let message = format!("a question has at most {MAX_CRITERIA} conditions");
                return Err(fault("invalid", &name, message));
            }
            continue;
        }
        if seen.contains(&name) {
            return Err(fault("repeated", &name, format!("{name} is given twice")));
        }
        match name.as_str() {
            "tz" => {}
            "since" => expectation.since = since(&value, context)?,
            "count" | "exactly" => bounds.exactly = Some(number(&name, &value)?),
            "at_least" => bounds.least = Some(number(&name, &value)?),
            "at_most" => bounds.most = Some(number(&name, &value)?),
            "none" => bounds.none = switch(&name, &value)?,
            "for" => bounds.quiet = Some(time(&name, &value)?),
            "pick" => expectation.pick = pick(&value)?,
            "timeout" => timeout = Some(time(&name, &value)?),
            "keepalive" => expectation.keepalive = switch(&name, &value)?,
            "code" => expectation.code = wish(&name, &value, CodeWish::parse)?,
            "link" => expectation.link = wish(&name, &value, LinkWish::parse)?,
            "checks" => expectation.checks = Check::parse_all(&value)?,
            "get" => expectation.get = Some(get(&value)?),
            _ => return Err(unknown(&name)),
        }
        seen.push(name);
    }
    expectation.count = bounds.count(timeout)?;
    complete(&mut expectation)?;
    expectation.timeout = within(timeout, expectation.count.quiet, context)?;
    Ok(expectation)
}

fn field(name: &str) -> Option<Field> {
    Some(match name {
        "q" => Field::Query,
        "to" => Field::To,
        "from" => Field::From,
        "subject" => Field::Subject,
        "text" => Field::Text,
        "html" => Field::Html,
        "has" => Field::Has,
        "tag" => Field::Tag,
        "inbox" => Field::Inbox,
        "via" => Field::Via,
        _ => {
            let header = name.strip_prefix("header.").filter(|header| !header.is_empty())?;
            Field::Header(header.to_owned())
        }
    })
}

/// What a value says before it is a test: `!`, then `=` or `~`, then the value.
struct Written {
    not: bool,
    how: How,
    value: String,
}

#[derive(PartialEq)]
enum How {
    Plain,
    Contains,
    Equals,
    Matches,
}

fn written(name: &str, value: &Value) -> Result<Written, Fault> {
    match value {
        Value::String(text) => {
            let (not, rest) = text.strip_prefix('!').map_or((false, text.as_str()), |r| (true, r));
            let (how, value) = match rest.chars().next() {
                Some('=') => (How::Equals, &rest[1..]),
                Some('~') => (How::Matches, &rest[1..]),
                _ => (How::Plain, rest),
            };
            Ok(Written { not, how, value: value.to_owned() })
        }
        Value::Number(number) => {
            Ok(Written { not: false, how: How::Plain, value: number.to_string() })
        }
        Value::Object(fields) => spelled_out(name, fields),
        _ => Err(fault("invalid", name, format!("{name} is a text or an object, not {value}"))),
    }
}

fn spelled_out(name: &str, fields: &serde_json::Map<String, Value>) -> Result<Written, Fault> {
    let mut written: Option<(How, String)> = None;
    let mut not = false;
    for (key, value) in fields {
        let how = match (key.as_str(), value) {
            ("not", Value::Bool(is_not)) => {
                not = *is_not;
                continue;
            }
            ("contains", Value::String(_)) => How::Contains,
            ("equals", Value::String(_)) => How::Equals,
            ("matches", Value::String(_)) => How::Matches,
            _ => {
                let message = format!(
                    "{name} as an object is one of contains, equals, matches with a text, and not with true or false; {key:?}: {value} is none of these"
                );
                return Err(fault("invalid", name, message));
            }
        };
        if written.replace((how, value.as_str().unwrap_or_default().to_owned())).is_some() {
            let message = format!("{name} has two tests in one object: put them in an array");
            return Err(fault("invalid", name, message));
        }
    }
    let Some((how, value)) = written else {
        let message = format!("{name} as an object wants one of contains, equals, matches");
        return Err(fault("invalid", name, message));
    };
    Ok(Written { not, how, value })
}

fn criterion(
    name: &str,
    field: Field,
    value: &Value,
    zone: Option<&Value>,
    context: &Context,
) -> Result<Criterion, Fault> {
    if field == Field::Query {
        let text = value.as_str().ok_or_else(|| fault("invalid", "q", "q is a text"))?;
        let query = query(text, zone, context)?;
        let test = Test::Query(Box::new(query));
        return Ok(Criterion { field, not: false, test, value: text.to_owned() });
    }
    let Written { not, how, value } = written(name, value)?;
    if value.is_empty() && how != How::Equals {
        let message = format!("{name} is empty: leave it out, or write {name}== for an empty one");
        return Err(fault("invalid", name, message));
    }
    if value.chars().count() > MAX_VALUE {
        let message = format!("{name} has at most {MAX_VALUE} characters");
        return Err(fault("invalid", name, message));
    }
    let is_whole = matches!(
        field,
        Field::To | Field::From | Field::Has | Field::Tag | Field::Inbox | Field::Via
    );
    if field == Field::Has && !HAS.contains(&value.as_str()) {
        let message = format!("has is {}, not {value:?}", HAS.join(", "));
        return Err(fault("invalid", name, message));
    }
    let test = match how {
        How::Equals => Test::Equals(value.trim().to_owned()),
        How::Matches => Test::Matches(Box::new(regex(name, &value)?)),
        How::Plain if is_whole => match Glob::new(&fold_case(&value)) {
            Some(glob) => Test::Glob(glob),
            None => Test::Whole(fold_case(value.trim())),
        },
        // That it is there, whatever it says.
        How::Plain if matches!(field, Field::Header(_)) && value == "*" => {
            Test::Contains(String::new())
        }
        How::Plain | How::Contains => Test::Contains(fold_text(&value)),
    };
    Ok(Criterion { field, not, test, value })
}

fn regex(name: &str, pattern: &str) -> Result<regex::Regex, Fault> {
    RegexBuilder::new(pattern).size_limit(MAX_REGEX).build().map_err(|e| {
        let reason = e.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
        let message = format!("{name} is no regular expression: {pattern:?}: {reason}");
        fault("invalid", name, message)
    })
}

fn query(text: &str, zone: Option<&Value>, context: &Context) -> Result<Query, Fault> {
    let mut when = search::Context::at(context.now);
    if let Some(zone) = zone {
        let named = zone.as_str().and_then(|name| when.in_zone(name));
        when = named.ok_or_else(|| {
            let message = format!("tz is a zone such as Europe/Berlin or +02:00, not {zone}");
            fault("invalid", "tz", message)
        })?;
    }
    Query::parse(text, &when).map_err(|error| Fault {
        query: Some(error.clone()),
        ..fault("invalid_query", "q", error.to_string())
    })
}

fn since(value: &Value, context: &Context) -> Result<Since, Fault> {
    let text = match value {
        Value::String(text) => text.trim().trim_start_matches('#').to_owned(),
        other => other.to_string(),
    };
    if let Ok(seq) = text.parse() {
        return Ok(Since::Cursor(seq));
    }
    if let Some(ago) = text.strip_prefix('-').and_then(length) {
        let at = context.now.saturating_sub(ago.as_millis().try_into().unwrap_or(i64::MAX));
        return Ok(Since::Time(at, format!("{text} (that long before the call)")));
    }
    // In a query string, the + of an offset is a space.
    if let Ok(at) = text.replace(' ', "+").parse::<jiff::Timestamp>() {
        return Ok(Since::Time(at.as_millisecond(), text));
    }
    let message = format!(
        "since is a cursor (the number that GET /v1/cursor gives), a time such as 2026-11-22T09:30:00Z, or how long ago: -30s; not {text:?}"
    );
    Err(fault("invalid", "since", message))
}

fn number(name: &str, value: &Value) -> Result<u64, Fault> {
    let number = match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    number.filter(|n| *n <= 1000).ok_or_else(|| {
        fault("invalid", name, format!("{name} is a whole number from 0 to 1000, not {value}"))
    })
}

fn switch(name: &str, value: &Value) -> Result<bool, Fault> {
    match value {
        Value::Bool(on) => Ok(*on),
        Value::String(text) if matches!(text.as_str(), "1" | "true" | "") => Ok(true),
        Value::String(text) if matches!(text.as_str(), "0" | "false") => Ok(false),
        _ => Err(fault("invalid", name, format!("{name} is true or false, not {value}"))),
    }
}

fn time(name: &str, value: &Value) -> Result<Duration, Fault> {
    let read = match value {
        Value::String(text) => length(text),
        Value::Number(number) => length(&number.to_string()),
        _ => None,
    };
    read.ok_or_else(|| {
        let message = format!("{name} is a time such as 20s, 500ms or 2m, not {value}");
        fault("invalid", name, message)
    })
}

fn pick(value: &Value) -> Result<Pick, Fault> {
    match value.as_str() {
        Some("latest") => Ok(Pick::Latest),
        Some("first") => Ok(Pick::First),
        Some("only") => Ok(Pick::Only),
        _ => Err(fault("invalid", "pick", format!("pick is latest, first or only, not {value}"))),
    }
}

fn unknown(name: &str) -> Fault {
    let meant = nearest(name, FIELDS.iter().copied())
        .map(|meant| format!(" - did you mean {meant}?"))
        .unwrap_or_default();
    let message = format!("there is no field {name:?}{meant} It takes {}", FIELDS.join(", "));
    let message = message.replace("\" It takes", "\". It takes");
    fault("unknown_field", name, message)
}

pub(super) fn fault(code: &'static str, field: &str, message: impl Into<String>) -> Fault {
    Fault { code, field: field.to_owned(), message: message.into(), query: None }
}
