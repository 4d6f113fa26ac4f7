//! The content of a message after DATA: where it ends, and which of its bytes are kept. All rules
//! about line ends in content are here and nowhere else.
//!
//! - The content is over at CR LF `.` CR LF and nowhere else (RFC 5321, section 4.1.1.4). At its
//!   very start, `.` CR LF is enough.
//! - If the DATA line itself ended in LF alone, the client is in line-feed mode for this message:
//!   LF `.` LF ends it, and nothing else. So CR LF `.` CR LF does not (no LF stands right after
//!   the dot), whereas CR LF `.` LF does: its CR belongs to the line before.
//! - A dot at the start of a line, that is after a line end of the mode, is removed (section
//!   4.5.2). All other bytes are kept as sent, with the line end before the last dot.
//! - Every look-alike, such as LF `.` CR LF outside line-feed mode, is content and is noted: a
//!   server that takes it for the end lets mail be smuggled in (CVE-2023-51764 and its kin).

use memchr::{memchr, memmem, memrchr};

use super::body::{Body, Refusal};
use super::memory::Share;
use super::notice::{self, Notice};

/// RFC 5321, section 4.5.3.1.6: 1000 octets with the CR LF.
const MAX_LINE: u64 = 998;

/// What ends a line in this message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    CrLf,
    Lf,
}

/// Reads one message, in pieces of any size.
#[derive(Debug)]
pub struct ContentReader {
    line_end: LineEnd,
    place: Place,
    body: Body,
    /// Octets that a line may have without its end.
    max_line: u64,
    /// Octets of the line under way, without its end.
    line: u64,
    seen: Seen,
}

/// Where the next byte stands. Dots that may be the end are not in `raw` yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    LineStart,
    AfterDot,
    AfterDotCr,
    Inside { after_cr: bool },
}

/// What is to be noted, each once a message.
#[derive(Debug, Default)]
struct Seen {
    eight_bit: bool,
    long_line: bool,
    bare_lf: bool,
    bare_cr: bool,
    false_end: bool,
    single_dot: bool,
}

impl ContentReader {
    pub fn new(line_end: LineEnd, max_size: u64) -> ContentReader {
        ContentReader::within(line_end, Body::unshared(max_size), MAX_LINE)
    }

    pub(super) fn within(line_end: LineEnd, body: Body, max_line: u64) -> ContentReader {
        let (place, seen) = (Place::LineStart, Seen::default());
        ContentReader { line_end, place, body, max_line, line: 0, seen }
    }

    /// Takes bytes up to the end of the message. Gives how many those were when it was reached;
    /// what follows is commands again.
    pub fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        // What is not plain is looked for once only: the look goes far ahead.
        let mut may_be_plain = true;
        while let Some(&byte) = bytes.get(at) {
            at += match self.place {
                Place::LineStart => self.at_line_start(byte),
                Place::AfterDot => match self.after_dot(byte) {
                    Some(taken) => taken,
                    None => return Some(at + 1),
                },
                Place::AfterDotCr => match self.after_dot_cr(byte) {
                    Some(taken) => taken,
                    None => return Some(at + 1),
                },
                Place::Inside { after_cr } => {
                    self.inside(&bytes[at..], after_cr, &mut may_be_plain)
                }
            };
        }
        None
    }

    fn at_line_start(&mut self, byte: u8) -> usize {
        if byte == b'.' {
            self.place = Place::AfterDot;
            return 1;
        }
        self.place = Place::Inside { after_cr: false };
        0
    }

    /// Nothing at the end of the message, else how many bytes were taken (0: look again).
    fn after_dot(&mut self, byte: u8) -> Option<usize> {
        match byte {
            b'\n' if self.line_end == LineEnd::Lf => return None,
            b'\r' => {
                self.place = Place::AfterDotCr;
                return Some(1);
            }
            b'\n' => self.seen.false_end = true,
            b'.' => {}
            _ => self.seen.single_dot = true,
        }
        self.place = Place::Inside { after_cr: false };
        Some(0)
    }

    fn after_dot_cr(&mut self, byte: u8) -> Option<usize> {
        if byte == b'\n' {
            if self.line_end == LineEnd::CrLf {
                return None;
            }
            self.seen.false_end = true;
        }
        self.keep(b"\r");
        self.place = Place::Inside { after_cr: true };
        Some(0)
    }

    /// Takes all lines that are as they should be, else a run up to the next LF, which is where
    /// anything may change.
    fn inside(&mut self, bytes: &[u8], after_cr: bool, may_be_plain: &mut bool) -> usize {
        if *may_be_plain && self.line == 0 && self.line_end == LineEnd::CrLf {
            let lines = plain_lines(bytes, self.max_line);
            if !lines.is_empty() {
                self.seen.eight_bit |= !lines.is_ascii();
                self.keep(lines);
                self.line = 0;
                self.place = Place::LineStart;
                return lines.len();
            }
            *may_be_plain = false;
        }
        let end = memchr(b'\n', bytes);
        let run = &bytes[..end.map_or(bytes.len(), |at| at + 1)];
        let text = &run[..end.unwrap_or(run.len())];
        self.look_at(text, after_cr);
        self.keep(run);
        let after_cr = text.last().map_or(after_cr, |&byte| byte == b'\r');
        self.place = Place::Inside { after_cr };
        if end.is_some() {
            self.end_line(after_cr);
        }
        run.len()
    }

    fn end_line(&mut self, after_cr: bool) {
        if self.line_end == LineEnd::CrLf {
            self.seen.bare_lf |= !after_cr;
            self.seen.false_end |= ends_with_lone_dot(self.body.kept());
        }
        if self.line_end == LineEnd::Lf || after_cr {
            let end_in_line = u64::from(after_cr) + 1;
            self.seen.long_line |= self.line.saturating_sub(end_in_line) > self.max_line;
            self.line = 0;
            self.place = Place::LineStart;
        } else {
            self.place = Place::Inside { after_cr: false };
        }
    }

    /// `text` is a run without its LF.
    fn look_at(&mut self, text: &[u8], after_cr: bool) {
        self.seen.eight_bit |= !text.is_ascii();
        if let [inner @ .., _] = text {
            // Whether the last byte is a bare CR, only the next run can tell.
            self.seen.bare_cr |= after_cr || inner.contains(&b'\r');
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.line += bytes.len() as u64;
        self.body.push(bytes);
    }

    /// Octets of the message so far, stored or not.
    pub fn size(&self) -> u64 {
        self.body.size()
    }

    /// The message, or nothing if it is larger than it may be.
    pub fn into_raw(self) -> Option<Vec<u8>> {
        self.finish().ok().map(|(raw, _)| raw)
    }

    pub(super) fn finish(self) -> Result<(Vec<u8>, Share), Refusal> {
        self.body.finish()
    }

    /// What is odd about the content. `eight_bit` says that MAIL announced bytes outside ASCII.
    pub fn notices(&self, eight_bit: bool) -> Vec<Notice> {
        let seen = &self.seen;
        [
            (seen.eight_bit && !eight_bit, notice::EIGHT_BIT_CONTENT),
            (seen.long_line, notice::LONG_CONTENT_LINE),
            (seen.bare_lf, notice::BARE_LF_IN_CONTENT),
            (seen.bare_cr, notice::BARE_CR_IN_CONTENT),
            (seen.false_end, notice::FALSE_END),
            (seen.single_dot, notice::DOT_NOT_STUFFED),
        ]
        .into_iter()
        .filter_map(|(seen, notice)| seen.then_some(notice))
        .collect()
    }
}

/// The whole lines at the start of `bytes` in which there is nothing to note and no dot to remove:
/// each ends in CR LF, has no other CR, is not too long, and none but the first begins with a dot.
fn plain_lines(bytes: &[u8], max_line: u64) -> &[u8] {
    let end = memmem::find(bytes, b"\n.").or_else(|| memrchr(b'\n', bytes));
    let lines = &bytes[..end.map_or(0, |end| end + 1)];
    let Some((first, behind)) = lines.split_first() else { return lines };
    // Two slices and no branch: the compiler makes vector instructions of that, wherever it stands.
    let odd = lines.iter().zip(behind).fold(u8::from(*first == b'\n'), |odd, (this, next)| {
        odd | (u8::from(*this == b'\r') ^ u8::from(*next == b'\n'))
    });
    if odd != 0 || has_long_line(lines, max_line) { &[] } else { lines }
}

/// From line start to line start, in steps as long as a line may be. `lines` ends in LF.
fn has_long_line(lines: &[u8], max_line: u64) -> bool {
    let most = usize::try_from(max_line).unwrap_or(usize::MAX).saturating_add(2);
    let mut rest = lines;
    while rest.len() > most {
        let Some(end) = memrchr(b'\n', &rest[..most]) else { return true };
        rest = &rest[end + 1..];
    }
    false
}

/// Whether the last line is a dot alone after a bare LF. (After CR LF it was a doubled one, which
/// is as it should be.) Of a message over its size there is no tail left, and nothing to find.
fn ends_with_lone_dot(raw: &[u8]) -> bool {
    let dot_line = raw.strip_suffix(b".\r\n").or_else(|| raw.strip_suffix(b".\n"));
    match dot_line.and_then(|before| before.strip_suffix(b"\n")) {
        Some(before) => !before.ends_with(b"\r"),
        None => false,
    }
}
