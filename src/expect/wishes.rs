//! Reads what a question takes out of the mail: `code`, `link`, `get`.

use serde_json::Value;

use super::ask::{MAX_VALUE, fault};
use super::expectation::{Expectation, Fault, Get};
use super::extract::{CodeWish, LinkWish};

pub(super) fn wish<T>(
    name: &str,
    value: &Value,
    parse: fn(&str) -> Result<T, String>,
) -> Result<Option<T>, Fault> {
    let text = match value {
        Value::Bool(false) => return Ok(None),
        Value::Bool(true) | Value::Number(_) => value.to_string(),
        Value::String(text) if text == "false" => return Ok(None),
        Value::String(text) if text.chars().count() <= MAX_VALUE => text.clone(),
        _ => return Err(fault("invalid", name, format!("{name} is true or a text"))),
    };
    let wish = parse(&text).map_err(|why| fault("invalid", name, format!("{name}: {why}")))?;
    Ok(Some(wish))
}

/// What is to be got is to be taken out, and there must be something to take it out of.
pub(super) fn complete(expectation: &mut Expectation) -> Result<(), Fault> {
    match expectation.get {
        Some(Get::Code) => drop(expectation.code.get_or_insert(CodeWish::Any)),
        Some(Get::Link | Get::LinkText) => drop(expectation.link.get_or_insert(LinkWish::Any)),
        _ => {}
    }
    let taken = [
        ("code", expectation.code.is_some()),
        ("link", expectation.link.is_some()),
        ("checks", !expectation.checks.is_empty()),
    ];
    match taken.into_iter().find(|(_, is_asked)| *is_asked) {
        Some((name, _)) if expectation.count.least == 0 => {
            let message =
                format!("{name} is about a mail, and none has to come: ask for at_least=1");
            Err(fault("invalid", name, message))
        }
        _ => Ok(()),
    }
}

pub(super) fn get(value: &Value) -> Result<Get, Fault> {
    Ok(match value.as_str().unwrap_or_default() {
        "id" => Get::Id,
        "subject" => Get::Subject,
        "text" => Get::Text,
        "html" => Get::Html,
        "from" => Get::From,
        "to" => Get::To,
        "url" => Get::Url,
        "code" => Get::Code,
        "link" => Get::Link,
        "link.text" => Get::LinkText,
        other => match other.strip_prefix("header.").filter(|name| !name.is_empty()) {
            Some(name) => Get::Header(name.to_owned()),
            None => {
                let known =
                    "code, link, link.text, id, subject, text, html, from, to, url or header.NAME";
                return Err(fault("invalid", "get", format!("get is {known}, not {value}")));
            }
        },
    })
}
