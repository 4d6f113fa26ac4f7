//! The MIME tree (RFC 2046): where each part begins and ends.
//!
//! Owns the splitting of a message at its boundaries: one pass over the lines, a stack of open
//! parts in place of recursion, a hash look-up for each line that starts with `--`, so that ten
//! thousand nested boundaries cost as much as one. mail-parser's splitter is not used: it takes
//! `--boundary` in the middle of a line for a boundary, and `--boundaryX` too.

use super::defect::{Code, Defects};
use super::field::{field_name, is_space, is_well_known, starts_field};
use super::lines::{Line, Lines, lines};
use super::part::Part;
use std::collections::HashMap;

/// Deeper parts stay closed. JSON readers commonly stop at 128 levels, and a part takes two.
pub const MAX_DEPTH: usize = 50;
/// Parts beyond this many are not listed.
pub const MAX_PARTS: usize = 10_000;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// The parts, the root first and each before its children, and what is wrong with their shape.
pub(super) fn split(raw: &[u8]) -> (Vec<Part>, Defects) {
    let mut splitter = Splitter {
        raw,
        parts: Vec::new(),
        open: Vec::new(),
        boundaries: HashMap::new(),
        defects: Defects::default(),
        last_text_end: 0,
    };
    // Editors and PowerShell put it before the text of a mail written by hand.
    let start = if raw.starts_with(BOM) { BOM.len() } else { 0 };
    if start > 0 {
        splitter.defects.note(Code::ByteOrderMark, None, 0..start);
    }
    splitter.open_part(None, start, false);
    let mut rest = lines(raw, start..raw.len());
    while let Some(line) = rest.next() {
        splitter.line(line, &rest);
        splitter.last_text_end = line.text_end;
        if !splitter.is_in_header() {
            if splitter.boundaries.is_empty() {
                break;
            }
            if let Some(text_end) = rest.skip_to_dashes() {
                splitter.last_text_end = text_end;
            }
        }
    }
    splitter.finish();
    (splitter.parts, splitter.defects)
}

/// A part that is not yet at its end.
struct Open {
    part: usize,
    state: State,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// In its header; whether a field has been met.
    Header { has_field: bool },
    /// A leaf, or a message whose own root is open above it.
    Body,
    /// A multipart that waits for its boundary.
    Multipart,
    /// A multipart behind its end boundary.
    Epilogue,
}

struct Splitter<'a> {
    raw: &'a [u8],
    parts: Vec<Part>,
    open: Vec<Open>,
    /// For each boundary the places in `open` that wait for it, the innermost last: some programs
    /// use one boundary for two levels.
    boundaries: HashMap<Vec<u8>, Vec<usize>>,
    defects: Defects,
    /// Where the line before ended without its line end, which belongs to a boundary that follows
    /// (section 5.1.1).
    last_text_end: usize,
}

impl Splitter<'_> {
    fn line(&mut self, line: Line, rest: &Lines) {
        if let Some((level, is_end)) = self.boundary(line) {
            self.close_above(level, self.last_text_end);
            if is_end {
                self.close_multipart(level);
            } else {
                self.open_part(Some(self.open[level].part), line.end, false);
            }
        } else if let Some(Open { state: State::Header { has_field }, .. }) = self.open.last() {
            self.header_line(line, *has_field, rest);
        }
    }

    /// Outside of a header, a line means something only if it may be a boundary.
    fn is_in_header(&self) -> bool {
        matches!(self.open.last(), Some(Open { state: State::Header { .. }, .. }))
    }

    /// The open multipart whose boundary this line is, and whether it is the end boundary.
    fn boundary(&self, line: Line) -> Option<(usize, bool)> {
        let text = self.raw[line.text()].strip_prefix(b"--")?;
        if self.boundaries.is_empty() {
            return None;
        }
        let end = text.iter().rposition(|b| !is_space(*b) && *b != b'\r')?;
        let text = &text[..=end];
        let waits = |name: &[u8]| self.boundaries.get(name)?.last().copied();
        match waits(text) {
            Some(level) => Some((level, false)),
            None => Some((waits(text.strip_suffix(b"--")?)?, true)),
        }
    }

    /// Opens a part in its header. `is_root` says that it is the message inside of `parent`.
    fn open_part(&mut self, parent: Option<usize>, start: usize, is_root: bool) {
        if self.parts.len() >= MAX_PARTS {
            if !self.defects.has(Code::TooManyParts) {
                self.defects.note(Code::TooManyParts, None, start..start);
            }
            return;
        }
        let index = self.parts.len();
        let mut part = Part::new(String::new(), parent, start);
        if let Some(parent) = parent {
            let above = &mut self.parts[parent];
            above.children.push(index);
            part.path = child_path(above, is_root);
            // Section 5.1.5: in a digest, a part without a type is a message.
            if above.media_type == "multipart/digest" {
                part.media_type = "message/rfc822".to_owned();
            }
        }
        self.parts.push(part);
        let state = State::Header { has_field: false };
        self.open.push(Open { part: index, state });
    }

    fn header_line(&mut self, line: Line, has_field: bool, rest: &Lines) {
        let text = &self.raw[line.text()];
        if line.is_blank() {
            return self.end_header(line.start, line.end);
        }
        let is_fold = has_field && text.first().is_some_and(|b| is_space(*b));
        if is_fold || starts_field(text) {
            return self.set_state(State::Header { has_field: true });
        }
        let part = self.top_part();
        if !has_field && text.starts_with(b"From ") && self.is_message_start(line) {
            let of = part.filter(|p| *p > 0);
            self.defects.note(Code::MboxFromLine, of, line.text());
            if let Some(part) = part {
                self.parts[part].header = line.end..line.end;
            }
            return;
        }
        if self.goes_on_after(line, has_field, rest) {
            let part = part.filter(|p| *p > 0);
            self.defects.note(Code::MalformedHeaderLine, part, line.text());
            return self.set_state(State::Header { has_field: true });
        }
        self.missing_blank_line(line, has_field);
        self.end_header(line.start, line.start);
    }

    /// Whether the line is the first of a message, not of a mere part.
    fn is_message_start(&self, line: Line) -> bool {
        let Some(part) = self.top_part().map(|index| &self.parts[index]) else {
            return false;
        };
        let is_root = part.parent.is_none_or(|p| self.parts[p].is_message());
        let follows_another = line.start > 0 && part.parent.is_none();
        is_root && !follows_another && part.header.start == line.start
    }

    /// Whether the header goes on behind a line that is no field: the next one is a well-known
    /// field, or this is one but for the space before it.
    fn goes_on_after(&self, line: Line, has_field: bool, rest: &Lines) -> bool {
        let text = self.raw[line.text()].trim_ascii_start();
        let known = |text: &[u8]| field_name(text).is_some_and(|(name, _)| is_well_known(name));
        let next = || rest.clone().next().is_some_and(|l| known(&self.raw[l.text()]));
        (!has_field && text.len() < line.text().len() && known(text)) || (has_field && next())
    }

    fn missing_blank_line(&mut self, line: Line, has_field: bool) {
        let part = self.top_part().filter(|p| *p > 0);
        // A message that has no header at all is told so once, by `check`.
        if has_field || part.is_some() {
            self.defects.note(Code::MissingBlankLine, part, line.text());
        }
    }

    fn top_part(&self) -> Option<usize> {
        self.open.last().map(|open| open.part)
    }

    fn set_state(&mut self, state: State) {
        if let Some(open) = self.open.last_mut() {
            open.state = state;
        }
    }

    /// Reads the header of the topmost part and goes on with what it holds.
    fn end_header(&mut self, header_end: usize, body: usize) {
        let Some(index) = self.top_part() else { return };
        self.read_header(index, header_end, body);
        let part = &self.parts[index];
        let is_container = part.is_multipart() || part.is_message();
        let too_deep = is_container && self.open.len() > MAX_DEPTH;
        let state = match &part.boundary {
            Some(boundary) if part.is_multipart() && !too_deep => {
                let boundary = boundary.as_bytes().to_vec();
                let level = self.open.len() - 1;
                self.boundaries.entry(boundary).or_default().push(level);
                State::Multipart
            }
            _ => State::Body,
        };
        self.set_state(state);
        if too_deep {
            self.defects.note(Code::NestingTooDeep, Some(index), body..body);
        } else if part_opens(&self.parts[index]) {
            self.open_part(Some(index), body, true);
        }
    }

    fn read_header(&mut self, index: usize, header_end: usize, body: usize) {
        let part = &mut self.parts[index];
        part.header.end = header_end.max(part.header.start);
        part.body = body..body;
        part.read_header(self.raw, index, &mut self.defects);
        let is_root = part.parent.is_none_or(|p| self.parts[p].is_message());
        let part = &self.parts[index];
        if part.path.is_empty() || is_root {
            let path = root_path(part, part.parent.map(|p| self.parts[p].path.as_str()));
            self.parts[index].path = path;
        }
        self.note_shape(index);
    }

    fn note_shape(&mut self, index: usize) {
        let part = &self.parts[index];
        let (at, name) = (part.header.clone(), part.encoding_name.clone());
        if part.is_multipart() && part.boundary.is_none() {
            self.defects.note(Code::MissingBoundaryParameter, Some(index), at.clone());
        }
        let code = match part.encoding.is_encoded() {
            true if part.is_multipart() => Code::EncodedMultipart,
            true if part.is_message() => Code::EncodedMessage,
            _ => return,
        };
        self.defects.note_with(code, Some(index), at, &name);
    }

    /// Ends the parts above `level` at `end`; a part ends no earlier than what it holds.
    fn close_above(&mut self, level: usize, end: usize) {
        let mut end = end;
        while self.open.len() > level + 1 {
            let Some(open) = self.open.pop() else { return };
            end = self.close(&open, end);
        }
    }

    fn close(&mut self, open: &Open, end: usize) -> usize {
        if let State::Header { .. } = open.state {
            let end = end.max(self.parts[open.part].header.start);
            self.read_header(open.part, end, end);
        }
        if open.state == State::Multipart {
            self.forget_boundary(open.part);
            self.note_open_end(open.part);
        }
        let body = &mut self.parts[open.part].body;
        body.end = end.max(body.start);
        body.end
    }

    fn note_open_end(&mut self, index: usize) {
        let part = &self.parts[index];
        let code = match part.children.is_empty() {
            true => Code::NoParts,
            false => Code::MissingEndBoundary,
        };
        let at = part.header.clone();
        self.defects.note(code, Some(index), at);
    }

    fn close_multipart(&mut self, level: usize) {
        let part = self.open[level].part;
        self.forget_boundary(part);
        self.open[level].state = State::Epilogue;
        if self.parts[part].children.is_empty() {
            self.note_open_end(part);
        }
    }

    /// Only the innermost open part of a boundary can be forgotten: whatever is above is closed.
    fn forget_boundary(&mut self, part: usize) {
        let Some(boundary) = &self.parts[part].boundary else {
            return;
        };
        if let Some(levels) = self.boundaries.get_mut(boundary.as_bytes()) {
            levels.pop();
            if levels.is_empty() {
                self.boundaries.remove(boundary.as_bytes());
            }
        }
    }

    fn finish(&mut self) {
        self.drop_empty_last_part();
        while let Some(open) = self.open.pop() {
            self.close(&open, self.raw.len());
        }
    }

    /// An end boundary that lost its `--` opens a part in which nothing follows.
    fn drop_empty_last_part(&mut self) {
        let Some(Open { part, .. }) = self.open.last() else {
            return;
        };
        let part = *part;
        let Some(parent) = self.parts[part].parent else {
            return;
        };
        let is_last = part + 1 == self.parts.len() && self.parts[part].children.is_empty();
        let rest = &self.raw[self.parts[part].header.start..];
        if is_last && self.parts[parent].is_multipart() && rest.trim_ascii().is_empty() {
            self.open.pop();
            self.parts.pop();
            self.parts[parent].children.pop();
        }
    }
}

/// An encoded message is opened by nobody: RFC 2046, section 5.2.1, forbids to encode it, and its
/// decoded bytes have no place in the raw ones.
fn part_opens(part: &Part) -> bool {
    part.is_message() && !part.encoding.is_encoded()
}

/// RFC 3501, section 6.4.5: the parts of a multipart are counted; that of a message's body is not
/// itself a step of the path.
fn child_path(parent: &Part, is_root: bool) -> String {
    if is_root {
        return String::new();
    }
    let number = parent.children.len();
    match parent.path.strip_suffix("TEXT") {
        Some(prefix) => format!("{prefix}{number}"),
        None => format!("{}.{number}", parent.path),
    }
}

/// The path of a message's root, once its type is known.
fn root_path(part: &Part, message: Option<&str>) -> String {
    let name = if part.is_multipart() { "TEXT" } else { "1" };
    match message {
        Some(message) => format!("{message}.{name}"),
        None => name.to_owned(),
    }
}
