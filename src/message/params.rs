//! Values with parameters: `text/plain; charset=utf-8`, `attachment; filename*0*=…`.
//!
//! Owns RFC 2045, section 5.1, and RFC 2231. mail-parser decodes each continuation by itself and
//! forgets the charset after the first, which tears long file names; and it compares each
//! parameter with all others.

use super::charset::charset;
use super::transfer::hex_pair;
use super::words;

/// More than a mail has; the rest is not read.
const MAX_PARAMS: usize = 100;

#[derive(Debug, Default, PartialEq)]
pub(super) struct Parameterized {
    /// What stands before the first `;`, in lower case.
    pub value: String,
    /// Names in lower case; values unquoted and decoded.
    params: Vec<(String, String)>,
}

impl Parameterized {
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.params.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// One parameter as it stands: `name*2*=value` is `name`, section 2, extended.
struct Segment {
    name: String,
    section: Option<u32>,
    extended: bool,
    value: String,
}

pub(super) fn parse(text: &str) -> Parameterized {
    let text = text.trim();
    // Some forget the `;`: `text/plain charset=utf-8`.
    let end = text.find(|c: char| c == ';' || c.is_whitespace());
    let (value, rest) = text.split_at(end.unwrap_or(text.len()));
    let mut segments = Vec::new();
    let mut rest = rest;
    while segments.len() < MAX_PARAMS {
        let Some((segment, after)) = segment(rest) else {
            break;
        };
        segments.extend(segment);
        rest = after;
    }
    Parameterized { value: value.to_ascii_lowercase(), params: merge(segments) }
}

/// The next parameter and what follows it; a word without `=` is passed over.
fn segment(text: &str) -> Option<(Option<Segment>, &str)> {
    let text = text.trim_start_matches(|c: char| c == ';' || c.is_whitespace());
    if text.is_empty() {
        return None;
    }
    let end = text.find(|c: char| matches!(c, '=' | ';') || c.is_whitespace());
    let (name, after) = text.split_at(end.unwrap_or(text.len()));
    let Some(after) = after.trim_start().strip_prefix('=') else {
        return Some((None, after));
    };
    let (name, section, extended) = split_name(name);
    let (value, after) = value(after.trim_start(), &name);
    let segment = Segment { name, section, extended, value };
    Some((Some(segment), after))
}

/// RFC 2231, section 4.1: `name`, `name*`, `name*0`, `name*0*`.
fn split_name(name: &str) -> (String, Option<u32>, bool) {
    let lower = name.to_ascii_lowercase();
    let (base, extended) = match lower.strip_suffix('*') {
        Some(base) => (base, true),
        None => (lower.as_str(), false),
    };
    match base.rsplit_once('*').map(|(b, n)| (b, n.parse())) {
        Some((base, Ok(section))) => (base.to_owned(), Some(section), extended),
        _ => (base.to_owned(), None, extended),
    }
}

fn value<'a>(text: &'a str, name: &str) -> (String, &'a str) {
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted_value(quoted);
    }
    // `filename=my report.pdf` is common and clear; elsewhere a space means a forgotten `;`.
    let spaces = matches!(name, "filename" | "name");
    let ends = |c: char| c == ';' || (!spaces && c.is_whitespace());
    let (value, after) = text.split_at(text.find(ends).unwrap_or(text.len()));
    (value.trim().to_owned(), after)
}

/// Only `\"` and `\\` are escapes here: `C:\temp` comes as it is from programs that never quote.
fn quoted_value(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &text[at + 1..]),
            '\\' => match chars.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                Some((_, escaped)) => value.push(escaped),
                None => value.push(c),
            },
            c => value.push(c),
        }
    }
    (value, "")
}

/// Joins the sections of each name in their order. The extended form wins over the plain one,
/// which stands beside it for old readers (RFC 6266 says so for HTTP, mail programs do so too).
fn merge(segments: Vec<Segment>) -> Vec<(String, String)> {
    let (mut split, plain): (Vec<_>, Vec<_>) =
        segments.into_iter().partition(|s| s.extended || s.section.is_some());
    split.sort_by(|a, b| (&a.name, a.section).cmp(&(&b.name, b.section)));
    let mut params: Vec<_> = split
        .chunk_by(|a, b| a.name == b.name)
        .map(|sections| (sections[0].name.clone(), join(sections)))
        .collect();
    for segment in plain {
        let value = words::decode(&segment.value, &mut |_, _| {}).into_owned();
        params.push((segment.name, value));
    }
    params
}

/// The bytes of all sections are put together before they are decoded, as a character may stand
/// across two of them; the charset stands in the first.
fn join(sections: &[Segment]) -> String {
    let mut bytes = Vec::new();
    let mut label = None;
    for (index, section) in sections.iter().enumerate() {
        let mut value = section.value.as_str();
        if index == 0
            && section.extended
            && let [name, _, text] = *value.splitn(3, '\'').collect::<Vec<_>>()
        {
            label = Some(name);
            value = text;
        }
        if section.extended {
            percent_decode(value, &mut bytes);
        } else {
            bytes.extend_from_slice(value.as_bytes());
        }
    }
    charset(label).decode(&bytes).into_owned()
}

pub(super) fn percent_decode(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let pair = (bytes[at] == b'%').then(|| bytes.get(at + 1..at + 3)).flatten();
        let decoded = pair.and_then(hex_pair);
        out.push(decoded.unwrap_or(bytes[at]));
        at += if decoded.is_some() { 3 } else { 1 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_parameter() {
        for (text, name, value) in [
            ("text/plain; charset=UTF-8", "charset", "UTF-8"),
            ("text/plain; charset = \"utf-8\" ; x=y", "charset", "utf-8"),
            ("text/plain charset=utf-8", "charset", "utf-8"),
            ("text/plain; charset=us-ascii (Plain)", "charset", "us-ascii"),
            ("a; filename=my report.pdf; size=3", "filename", "my report.pdf"),
            ("a; filename=\"a\\\"b;c.txt\"", "filename", "a\"b;c.txt"),
            ("a; filename=\"C:\\temp\\x.txt\"", "filename", "C:\\temp\\x.txt"),
            ("a; filename=\"=?utf-8?Q?caf=C3=A9?=.txt\"", "filename", "café.txt"),
            ("a; filename*=utf-8''caf%C3%A9.txt", "filename", "café.txt"),
            ("a; filename*=iso-8859-1'pt'n%E3o", "filename", "não"),
            ("a; filename=x; filename*=utf-8''y", "filename", "y"),
            ("a; filename*0=one; filename*1=two", "filename", "onetwo"),
            ("a; filename*1=two; filename*0=one", "filename", "onetwo"),
            ("a; filename*0*=utf-8''%C3; filename*1*=%A9; filename*2=.t", "filename", "é.t"),
            ("a; boundary=\"open", "boundary", "open"),
            ("a; boundary=\"--x y\"", "boundary", "--x y"),
        ] {
            assert_eq!(parse(text).get(name), Some(value), "{text}");
        }
    }

    #[test]
    fn value_and_missing_things() {
        assert_eq!(parse(" Text/HTML ;; x ").value, "text/html");
        assert_eq!(parse("").value, "");
        assert_eq!(parse("; charset=x").get("charset"), Some("x"));
        assert_eq!(parse("text/plain; charset").get("charset"), None);
    }
}
