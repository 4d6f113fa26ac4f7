//! What the store keeps of a message for a row in a list.
//!
//! Owns the digest and the snippet. It is made before the 250 goes out, so it decodes no more of a
//! body than the snippet shows.

use super::Message;
use super::address::{self, Address, MAX_ADDRESSES};
use super::field::{Field, one_line};
use super::{html, text};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Characters of a snippet, at most.
pub const MAX_SNIPPET: usize = 200;
/// The first look into a body; if it is not enough, the next is eight times as long.
const FIRST_LOOK: usize = 768;
/// No body is looked into beyond this for a snippet.
const LAST_LOOK: usize = 1024 * 1024;

/// The part of a Summary (docs/api.md) that comes from the content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    pub from: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub subject: String,
    pub snippet: String,
    pub attachments: u32,
    pub defects: u32,
    /// The inbox that the header asks for; a place to put the message, not a thing to show.
    #[serde(skip)]
    pub inbox: Option<String>,
    /// Where its long files lie in its bytes, as they were sent, in order and apart: the store
    /// keeps each once.
    #[serde(skip)]
    pub files: Vec<Range<usize>>,
}

/// Files of so many bytes, as sent, are long.
pub const LONG_FILE: usize = 16 * 1024;

/// The field that names an inbox, and the characters of one.
const INBOX: &str = "X-Restante-Inbox";
const MAX_INBOX: usize = 200;

pub(super) fn digest(message: &Message) -> Digest {
    let charset = message.header_charset();
    let mut digest = Digest::default();
    let mut has_subject = false;
    for field in message.headers() {
        if field.is("Subject") && !std::mem::replace(&mut has_subject, true) {
            digest.subject = one_line(&field.decode(charset, &mut |_, _| {}));
        }
        if field.is(INBOX) && digest.inbox.is_none() {
            let name = one_line(&field.decode(charset, &mut |_, _| {}));
            digest.inbox = Some(name).filter(|n| (1..=MAX_INBOX).contains(&n.chars().count()));
        }
        let list = [("From", &mut digest.from), ("To", &mut digest.to), ("Cc", &mut digest.cc)];
        for (name, into) in list {
            add_addresses(message, &field, name, into);
        }
    }
    digest.snippet = snippet(message);
    let bodies = message.bodies();
    let inline = message.inline_parts(&bodies);
    let is_attached = |index: &&usize| !inline.contains(index);
    digest.attachments = bodies.attached.iter().filter(is_attached).count() as u32;
    digest.defects = message.defects().len() as u32;
    if message.raw.len() > LONG_FILE {
        let is_text = |index: &usize| bodies.text.contains(index) || bodies.html.contains(index);
        let leaves = message.parts.iter().enumerate().filter(|(index, part)| {
            part.children.is_empty() && part.body.len() >= LONG_FILE && !is_text(index)
        });
        digest.files = leaves.map(|(_, part)| part.body.clone()).collect();
    }
    digest
}

/// A field that stands twice gives all its addresses: nobody who was written to is hidden.
pub(super) fn add_addresses(message: &Message, field: &Field, name: &str, into: &mut Vec<Address>) {
    if field.is(name) {
        let found = address::parse(&field.text(message.header_charset())).addresses;
        let room = MAX_ADDRESSES.saturating_sub(into.len());
        into.extend(found.into_iter().take(room));
    }
}

fn snippet(message: &Message) -> String {
    let bodies = message.bodies();
    let text = snippet_of(message, &bodies.text, str::to_owned);
    match text.is_empty() {
        true => snippet_of(message, &bodies.html, html::to_text),
        false => text,
    }
}

fn snippet_of(message: &Message, parts: &[usize], read: impl Fn(&str) -> String) -> String {
    let mut snippet = Snippet::new(MAX_SNIPPET);
    for index in parts {
        let part = &message.parts[*index];
        let mut limit = FIRST_LOOK;
        loop {
            let mut longer = snippet.clone();
            let (text, is_all) = text::beginning(message.raw, part, limit);
            longer.push(&read(&text));
            if is_all || longer.is_full() || limit >= LAST_LOOK {
                snippet = longer;
                break;
            }
            limit *= 8;
        }
        if snippet.is_full() {
            break;
        }
        snippet.push(" ");
    }
    snippet.finish()
}

/// `text` in one line, whitespace collapsed, at most `limit` characters.
pub(super) fn collapse(text: &str, limit: usize) -> String {
    let mut snippet = Snippet::new(limit);
    snippet.push(text);
    snippet.finish()
}

#[derive(Clone)]
struct Snippet {
    out: String,
    chars: usize,
    limit: usize,
    space: bool,
}

impl Snippet {
    fn new(limit: usize) -> Self {
        Self { out: String::new(), chars: 0, limit, space: false }
    }

    /// One character more than fits tells whether the last one is whole.
    fn is_full(&self) -> bool {
        self.chars > self.limit
    }

    fn push(&mut self, text: &str) {
        let mut rest = text;
        while !self.is_full() {
            let word = self.word(rest);
            self.out.push_str(word);
            self.chars += word.len();
            rest = &rest[word.len()..];
            let Some(c) = rest.chars().next() else { return };
            rest = &rest[c.len_utf8()..];
            if c.is_whitespace() || c.is_control() {
                self.space = !self.out.is_empty();
            } else if !is_padding(c, self.space || self.out.is_empty()) {
                if std::mem::take(&mut self.space) {
                    self.out.push(' ');
                    self.chars += 1;
                }
                self.out.push(c);
                self.chars += 1;
            }
        }
    }

    /// As much of the beginning of `text` as is plain letters and still fits.
    fn word<'t>(&self, text: &'t str) -> &'t str {
        if self.space {
            return "";
        }
        let room = (self.limit + 1 - self.chars).min(text.len());
        let bytes = &text.as_bytes()[..room];
        &text[..bytes.iter().position(|b| !b.is_ascii_graphic()).unwrap_or(room)]
    }

    fn finish(self) -> String {
        let mut out = self.out;
        if self.chars <= self.limit {
            return out;
        }
        if out.is_ascii() {
            out.truncate(self.limit);
            out.truncate(out.trim_end().len());
            return out;
        }
        let starts = out.char_indices().map(|(at, _)| at).collect::<Vec<_>>();
        let mut end = self.limit;
        let at = |index: usize| out[starts[index]..].chars().next().unwrap_or(' ');
        while end > 0 && (joins_before(at(end)) || joins_after(at(end - 1))) {
            end -= 1;
        }
        // A cluster that fills the whole limit is no text; cut it anyhow.
        let end = if end == 0 { self.limit } else { end };
        out.truncate(starts[end]);
        out.truncate(out.trim_end().len());
        out
    }
}

/// Newsletters fill the preview line with invisible characters. The joiners mean something inside
/// of a word (Persian, emoji), so they go only after a space.
fn is_padding(c: char, after_space: bool) -> bool {
    match c {
        '\u{200b}' | '\u{feff}' | '\u{34f}' | '\u{ad}' | '\u{2007}' => true,
        '\u{200c}' | '\u{200d}' | '\u{200e}' | '\u{200f}' => after_space,
        _ => false,
    }
}

/// Combining marks, variation selectors, skin tones, flags' second halves: what a reader sees as
/// one with the character before. The common blocks do; Unicode's whole table would be larger
/// than this program's use of it.
fn joins_before(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5bd}' | '\u{64b}'..='\u{65f}'
        | '\u{93a}'..='\u{94f}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{200c}' | '\u{200d}'
        | '\u{20d0}'..='\u{20ff}' | '\u{3099}' | '\u{309a}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{fe20}'..='\u{fe2f}' | '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f3fb}'..='\u{1f3ff}'
        | '\u{e0020}'..='\u{e007f}')
}

fn joins_after(c: char) -> bool {
    c == '\u{200d}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whitespace_and_padding_collapse() {
        for (text, expected) in
            [("  a \r\n\t b  ", "a b"), ("a\u{a0}\u{200c} \u{200c}\u{feff}b", "a b"), ("", "")]
        {
            assert_eq!(collapse(text, 10), expected);
        }
    }

    #[test]
    fn bound_and_whole_characters() {
        for (text, expected) in [
            ("abcd", "abcd"),
            ("abcde", "abcde"),
            ("abcdef", "abcde"),
            ("abcd e\u{301}f", "abcd"),
            ("abcde\u{301}f", "abcd"),
            ("abcd👩\u{200d}💻", "abcd"),
            ("ééééée", "ééééé"),
        ] {
            assert_eq!(collapse(text, 5), expected, "{text}");
        }
        assert_eq!(collapse(&"\u{301}".repeat(9), 5).chars().count(), 5);
    }
}
