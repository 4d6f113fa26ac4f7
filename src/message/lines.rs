//! Lines of a message, as ranges.
//!
//! Owns the one decision of what ends a line when content is read: LF, with or without a CR before
//! it. A mail that was typed into `nc` and one from a proper client come out alike; that the first
//! breaks RFC 5322, section 2.1, is for `wire` to say.

use std::ops::Range;

use memchr::{memchr, memmem};

/// One line: `start..text_end` without its line end, `end` behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub start: usize,
    pub text_end: usize,
    pub end: usize,
}

impl Line {
    pub fn text(self) -> Range<usize> {
        self.start..self.text_end
    }

    pub fn is_blank(self) -> bool {
        self.start == self.text_end
    }
}

/// The lines of `raw[range]`; their places count from the start of `raw`.
#[derive(Clone)]
pub(super) struct Lines<'a> {
    raw: &'a [u8],
    at: usize,
    end: usize,
}

pub(super) fn lines(raw: &[u8], range: Range<usize>) -> Lines<'_> {
    let end = range.end.min(raw.len());
    let at = range.start.min(end);
    Lines { raw, at, end }
}

impl Lines<'_> {
    /// Passes over the lines before the next one that begins with `--`, which may be a boundary;
    /// gives where the text of the last of these ends, `None` if there are none.
    pub fn skip_to_dashes(&mut self) -> Option<usize> {
        let rest = &self.raw[self.at..self.end];
        if rest.is_empty() || rest.starts_with(b"--") {
            return None;
        }
        let passed = memmem::find(rest, b"\n--").map_or(rest, |at| &rest[..at + 1]);
        let text_end = self.at + trim_line_end(passed).len();
        self.at += passed.len();
        Some(text_end)
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        if self.at >= self.end {
            return None;
        }
        let rest = &self.raw[self.at..self.end];
        let length = memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let start = self.at;
        self.at += length;
        let text = trim_line_end(&self.raw[start..self.at]);
        Some(Line { start, text_end: start + text.len(), end: self.at })
    }
}

/// `bytes` without one line end.
pub(super) fn trim_line_end(bytes: &[u8]) -> &[u8] {
    match bytes {
        [text @ .., b'\r', b'\n'] | [text @ .., b'\n'] => text,
        text => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_line_end_and_none() {
        let raw = b"a\r\nb\n\r\n\nc";
        let found: Vec<&[u8]> = lines(raw, 0..raw.len()).map(|l| &raw[l.text()]).collect();
        assert_eq!(found, [&b"a"[..], b"b", b"", b"", b"c"]);
    }

    #[test]
    fn lines_before_dashes_are_passed_over() {
        for (raw, passed, next) in [
            ("a\r\nb\r\n--c\n", Some(4), Some("--c")),
            ("--c\n", None, Some("--c")),
            ("\n--", Some(0), Some("--")),
            ("a--\n", Some(3), None),
            ("a", Some(1), None),
            ("", None, None),
        ] {
            let mut rest = lines(raw.as_bytes(), 0..raw.len());
            assert_eq!(rest.skip_to_dashes(), passed, "{raw:?}");
            assert_eq!(rest.next().map(|line| &raw[line.text()]), next, "{raw:?}");
        }
    }

    #[test]
    fn a_lone_cr_is_text() {
        let raw = b"a\rb\r\r\n";
        let found: Vec<&[u8]> = lines(raw, 0..raw.len()).map(|l| &raw[l.text()]).collect();
        assert_eq!(found, [&b"a\rb\r"[..]]);
    }
}
