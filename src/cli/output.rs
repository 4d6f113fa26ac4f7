//! How messages are printed for a person.

use std::io::{self, Write};

use serde_json::Value;

use super::Failure;

/// A line for one Summary.
pub fn line(message: &Value) -> String {
    let unread = if message["read"].as_bool() == Some(false) { "*" } else { " " };
    format!(
        "{unread} {}  {}  {} -> {}  {}",
        text(&message["id"]),
        text(&message["received_at"]),
        sender(message),
        list(&message["envelope"]["to"]),
        shown(&message["subject"]),
    )
}

/// The envelope's sender; the null sender is `<>`.
fn sender(message: &Value) -> String {
    match text(&message["envelope"]["from"]) {
        "" => "<>".to_owned(),
        address => clean(address),
    }
}

fn shown(subject: &Value) -> String {
    match text(subject) {
        "" => "(no subject)".to_owned(),
        subject => clean(subject),
    }
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Strings of an array, joined.
fn list(value: &Value) -> String {
    let items: Vec<String> = value.as_array().into_iter().flatten().map(text).map(clean).collect();
    items.join(", ")
}

/// Addresses of an array as a mail program shows them.
pub fn addresses(value: &Value) -> String {
    let show = |address: &Value| match (text(&address["name"]), text(&address["address"])) {
        ("", address) => clean(address),
        (name, address) => format!("{} <{}>", clean(name), clean(address)),
    };
    value.as_array().into_iter().flatten().map(show).collect::<Vec<_>>().join(", ")
}

/// What came in a mail must not steer the terminal.
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c })
        .collect()
}

/// Prints to standard output. A reader that has gone (`| head`) ends the command quietly.
pub fn print(text: &str) -> Result<(), Failure> {
    print_bytes(format!("{text}\n").as_bytes())
}

pub fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(e) => Err(Failure::NotDone(format!("standard output: {e}"))),
        Ok(()) => Ok(()),
    }
}
