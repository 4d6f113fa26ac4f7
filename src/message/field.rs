//! Header fields: where each stands, and its value as text.
//!
//! Owns what counts as a field, a fold or neither (RFC 5322, section 2.2). Fields are read from
//! the raw bytes whenever they are asked for, so a header of a million fields costs no memory.

use super::charset::Charset;
use super::defect::Code;
use super::lines::{Line, Lines, lines, trim_line_end};
use super::words;
use std::borrow::Cow;
use std::ops::Range;

/// Longer fields are read only so far: they would end in list rows and addresses.
pub const MAX_FIELD: usize = 64 * 1024;

/// One field of a header, as it stands in the message.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    pub name: &'a str,
    /// What stands after the colon, folds and all, without the last line end.
    pub raw: &'a [u8],
    /// The whole field in the message's bytes, without its last line end.
    pub range: Range<usize>,
    pub(super) has_space: bool,
}

impl<'a> Field<'a> {
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    pub(super) fn is_too_long(&self) -> bool {
        self.raw.len() > MAX_FIELD
    }

    /// One line of text, encoded words not yet decoded. Bytes that are not UTF-8 are read in
    /// `charset`, which is what the sender's program most likely wrote them in.
    pub(super) fn text(&self, charset: Charset) -> Cow<'a, str> {
        let raw = &self.raw[..self.raw.len().min(MAX_FIELD)];
        let text = match std::str::from_utf8(raw) {
            Ok(text) => Cow::Borrowed(text),
            // Cut in the middle of a character, which is no fault of the sender.
            Err(e) if self.is_too_long() && e.error_len().is_none() => {
                String::from_utf8_lossy(&raw[..e.valid_up_to()])
            }
            Err(_) => charset.decode(raw),
        };
        unfold(text)
    }

    pub(super) fn decode(&self, charset: Charset, fault: &mut dyn FnMut(Code, &str)) -> String {
        words::decode(&self.text(charset), fault).into_owned()
    }
}

/// RFC 5322, section 2.2.3: a fold is the line end only, the space after it belongs to the value.
/// A line that lost that space gets it back.
fn unfold(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains('\n') {
        return match text {
            Cow::Borrowed(text) => text.trim().into(),
            Cow::Owned(text) => text.trim().to_owned().into(),
        };
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let line = line.strip_prefix('\t').unwrap_or(line);
        if !out.is_empty() && !line.starts_with(' ') {
            out.push(' ');
        }
        out.push_str(line);
    }
    out.trim().to_owned().into()
}

/// For a list row: line breaks and other control characters become spaces.
pub(super) fn one_line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(plain).collect::<String>().trim().to_owned()
}

/// The fields of `raw[range]`.
#[derive(Clone)]
pub struct Fields<'a> {
    raw: &'a [u8],
    lines: Lines<'a>,
    next: Option<Line>,
}

pub(super) fn fields(raw: &[u8], range: Range<usize>) -> Fields<'_> {
    let mut lines = lines(raw, range);
    let next = lines.next();
    Fields { raw, lines, next }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    /// A line that is no field counts as a fold of the field before, wherever the splitter let it
    /// stand in the header.
    fn next(&mut self) -> Option<Field<'a>> {
        loop {
            let line = self.next.take()?;
            self.next = self.lines.next();
            let text = &self.raw[line.text()];
            let indent = text.iter().take_while(|b| is_space(**b)).count();
            let Some((name, has_space)) = field_name(&text[indent..]) else {
                continue;
            };
            let mut end = line.end;
            while let Some(more) = self.next
                && !starts_field(&self.raw[more.text()])
            {
                end = more.end;
                self.next = self.lines.next();
            }
            let whole = trim_line_end(&self.raw[line.start..end]);
            let colon = text.iter().position(|b| *b == b':').unwrap_or(0);
            return Some(Field {
                name,
                raw: &whole[colon + 1..],
                range: line.start..line.start + whole.len(),
                has_space,
            });
        }
    }
}

pub(super) fn is_space(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// The name before the colon, and whether space stands between them (the obsolete syntax of RFC
/// 5322, section 4.5).
pub(super) fn field_name(line: &[u8]) -> Option<(&str, bool)> {
    let (length, has_space) = name_length(line)?;
    let name = std::str::from_utf8(&line[..length]).ok()?;
    Some((name, has_space))
}

fn name_length(line: &[u8]) -> Option<(usize, bool)> {
    let length = line.iter().position(|b| !is_name(*b))?;
    let rest = &line[length..];
    let colon = rest.iter().position(|b| !is_space(*b))?;
    // `https://example.com/` at the start of a body is not the field `https`.
    let is_url = rest[colon..].starts_with(b"://");
    (length > 0 && rest[colon] == b':' && !is_url).then_some((length, colon > 0))
}

/// RFC 5322, section 3.6.8: printable ASCII but the colon.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b':'
}

pub(super) fn starts_field(line: &[u8]) -> bool {
    name_length(line).is_some()
}

/// Fields that every mail program knows; after a line that is none, one of these shows that the
/// header goes on.
pub(super) fn is_well_known(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "from",
        "sender",
        "reply-to",
        "to",
        "cc",
        "bcc",
        "subject",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "mime-version",
        "received",
        "return-path",
        "list-id",
        "list-unsubscribe",
        "dkim-signature",
        "user-agent",
        "importance",
        "auto-submitted",
    ];
    let lower = name.to_ascii_lowercase();
    NAMES.contains(&lower.as_str()) || lower.starts_with("content-") || lower.starts_with("x-")
}

#[cfg(test)]
mod tests {
    use super::super::charset::charset;
    use super::*;

    #[test]
    fn names() {
        for (line, expected) in [
            ("Subject: x", Some(("Subject", false))),
            ("Subject : x", Some(("Subject", true))),
            ("X:", Some(("X", false))),
            ("Two words: x", None),
            ("é: x", None),
            (": x", None),
            ("no colon", None),
            ("https://example.com", None),
        ] {
            assert_eq!(field_name(line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn values_are_unfolded() {
        let raw = b"A: one\r\n two\r\n\tthree\r\nB:x\r\nlost\r\nC:  \r\n";
        let read = |f: Field| (f.name.to_owned(), f.text(charset(None)).into_owned());
        let found: Vec<_> = fields(raw, 0..raw.len()).map(read).collect();
        let expected = [("A", "one two three"), ("B", "x lost"), ("C", "")];
        assert_eq!(found, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }

    #[test]
    fn a_long_field_is_cut_at_a_character() {
        for extra in 0..3 {
            let raw = format!("A:{}{}", "x".repeat(extra), "é".repeat(MAX_FIELD / 2));
            let Some(field) = fields(raw.as_bytes(), 0..raw.len()).next() else {
                panic!("no field");
            };
            assert_eq!(field.is_too_long(), extra > 0);
            let text = field.text(charset(None));
            assert!(text.len() >= MAX_FIELD - 1 && !text.contains('\u{fffd}'));
        }
    }
}
