//! What the lines of a message must be like on the wire: RFC 5322, sections 2.1.1 and 2.3.
//!
//! Owns the checks for bare LF, bare CR, NUL and long lines. Each is noted once with its count,
//! since a message typed into `nc` has the first in every line. Binary parts (RFC 3030) have no
//! lines, and are passed over.

use super::defect::{Code, Defects};
use super::lines::{Line, lines};
use super::part::Part;
use super::transfer::Encoding;
use std::ops::Range;

use memchr::{memchr, memchr2, memrchr};

const MAX_LINE: usize = 998;

/// Where a fault first stands, and how often.
#[derive(Default)]
struct Tally {
    first: Option<Range<usize>>,
    count: usize,
}

impl Tally {
    fn add(&mut self, range: Range<usize>) {
        self.count += 1;
        self.first.get_or_insert(range);
    }

    fn note(self, code: Code, defects: &mut Defects) {
        if let Some(first) = self.first {
            defects.note_with(code, None, first, &self.count.to_string());
        }
    }
}

#[derive(Default)]
struct Wire {
    bare_lf: Tally,
    bare_cr: Tally,
    nul: Tally,
    long: Tally,
}

pub(super) fn check(raw: &[u8], parts: &[Part], defects: &mut Defects) {
    let mut wire = Wire::default();
    let mut at = 0;
    for part in parts {
        let is_leaf = part.children.is_empty() && !part.is_multipart();
        if is_leaf && part.encoding == Encoding::Binary && part.body.start >= at {
            wire.lines(raw, at..part.body.start);
            at = part.body.end;
        }
    }
    wire.lines(raw, at..raw.len());
    wire.bare_lf.note(Code::BareLf, defects);
    wire.bare_cr.note(Code::BareCr, defects);
    wire.nul.note(Code::NulByte, defects);
    wire.long.note(Code::LineTooLong, defects);
}

impl Wire {
    fn lines(&mut self, raw: &[u8], range: Range<usize>) {
        if is_clean(&raw[range.clone()]) {
            return;
        }
        for line in lines(raw, range) {
            self.line(&raw[line.text()], line);
        }
    }

    fn line(&mut self, text: &[u8], line: Line) {
        if line.end == line.text_end + 1 {
            self.bare_lf.add(line.text_end..line.end);
        }
        if text.len() > MAX_LINE {
            self.long.add(line.text());
        }
        if memchr2(b'\r', 0, text).is_none() {
            return;
        }
        if let Some(at) = memchr(b'\r', text) {
            self.bare_cr.add(line.start + at..line.start + at + 1);
        }
        if let Some(at) = memchr(0, text) {
            self.nul.add(line.start + at..line.start + at + 1);
        }
    }
}

/// Whether there is nothing to note, as in most mail: found without looking at line after line.
fn is_clean(bytes: &[u8]) -> bool {
    let Some((first, behind)) = bytes.split_first() else { return true };
    // Two slices and no branch: the compiler makes vector instructions of that, wherever it stands.
    let odd = bytes.iter().zip(behind).fold(0, |odd, (this, next)| {
        odd | (u8::from(*this == b'\r') ^ u8::from(*next == b'\n')) | u8::from(*this == 0)
    });
    let ends_odd = *first == b'\n' || matches!(bytes.last(), Some(b'\r' | 0));
    odd == 0 && !ends_odd && has_no_long_line(bytes)
}

/// From line start to line start, in steps as long as a line may be.
fn has_no_long_line(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while rest.len() > MAX_LINE {
        let most = &rest[..rest.len().min(MAX_LINE + 2)];
        let Some(end) = memrchr(b'\n', most) else { return false };
        rest = &rest[end + 1..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clean_message_is_called_clean() {
        let line = |length: usize| format!("{}\r\n", "x".repeat(length));
        for (text, clean) in [
            (String::new(), true),
            ("a".into(), true),
            ("a\r\n".into(), true),
            ("\r\n\r\na".into(), true),
            ("\n".into(), false),
            ("a\n".into(), false),
            ("a\r".into(), false),
            ("a\rb\r\n".into(), false),
            ("a\r\r\n".into(), false),
            ("a\0b".into(), false),
            ("a\0".into(), false),
            (line(998), true),
            (line(999), false),
            ("x".repeat(998), true),
            ("x".repeat(999), false),
            ("x".repeat(1000), false),
            (line(500) + &line(998) + &line(998), true),
            (line(500) + &line(998) + &line(999), false),
            (line(998) + &line(1) + &"x".repeat(998), true),
            (line(998) + &line(1) + &"x".repeat(999), false),
        ] {
            assert_eq!(is_clean(text.as_bytes()), clean, "{text:?}");
        }
    }
}
