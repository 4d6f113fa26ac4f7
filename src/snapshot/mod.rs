//! A mail as one text that is the same each time the same mail is sent, so that a test can keep it
//! in a file and compare.
//!
//! Owns the choice of what is told of a mail, and what of it varies from one sending to the next:
//! `vary` finds that in a text, `names` gives it its placeholder, `html` sets out the HTML, `files`
//! what is attached, `options` reads what the caller wants otherwise. Everything is made from the
//! bytes and the envelope; there is no clock and no store. docs/snapshots.md tells it to users.

mod dates;
mod files;
mod header;
mod html;
mod names;
mod opaque;
mod options;
mod pdf;
mod title;
mod vary;

pub use options::{Fault, Options};

use crate::message::{self, PartView, View};
use html::MAX_HTML;
use names::Kind;
use options::Section;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use vary::Vary;

/// Who the mail was from and to, as SMTP said it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Envelope<'a> {
    pub from: &'a str,
    pub to: &'a [String],
}

/// The text, and a name for a file of it that is the same each time, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub text: String,
    pub name: String,
}

/// Takes the bytes of a mail apart, which may take long.
pub fn snapshot(raw: &[u8], envelope: Envelope<'_>, options: &Options) -> Snapshot {
    let message = message::parse(raw);
    let view = message.view();
    let mut vary = Vary::new(options, &view);
    let mut page = Page { options, text: String::new() };
    page.section(Section::Envelope, || envelope_lines(&envelope, &mut vary));
    page.section(Section::Headers, || header::lines(&view.headers, options, &mut vary));
    page.section(Section::Parts, || view.parts.iter().map(|root| tree(root, &mut vary)).collect());
    if let Some(text) = &view.text {
        page.section(Section::Text, || text_lines(text, &mut vary));
    }
    if let Some(source) = &view.html {
        page.section(Section::Html, || html::lines(source, &mut vary));
    }
    if !view.attachments.is_empty() {
        page.section(Section::Attachments, || files::lines(&message, &view, options, &mut vary));
    }
    let subject = vary.one_line(&view.subject);
    let recipient = vary.one_line(envelope.to.first().map_or("", String::as_str));
    let name = title::file_name(&vary.names.plain(&subject), &vary.names.plain(&recipient));
    Snapshot { text: vary.names.finish(&page.text), name }
}

struct Page<'o> {
    options: &'o Options,
    text: String,
}

impl Page<'_> {
    /// What is not wanted is not made: a number that stands only there is no number of the others.
    fn section(&mut self, section: Section, lines: impl FnOnce() -> String) {
        if self.options.shows(section) {
            let between = if self.text.is_empty() { "" } else { "\n" };
            let _ = writeln!(self.text, "{between}== {}", section.name());
            self.text.push_str(&lines());
        }
    }
}

fn envelope_lines(envelope: &Envelope<'_>, vary: &mut Vary) -> String {
    let mut out = format!("from: <{}>\n", vary.one_line(envelope.from));
    for to in envelope.to {
        let _ = writeln!(out, "to: <{}>", vary.one_line(to));
    }
    out
}

/// One part a line, those inside it below. No deeper than a message is split.
fn tree(root: &PartView, vary: &mut Vary) -> String {
    let mut out = String::new();
    let mut open = vec![(root, 0)];
    while let Some((part, depth)) = open.pop() {
        let _ = write!(out, "{:width$}{}", "", vary.one_line(&part.media_type), width = 2 * depth);
        if let Some(name) = &part.filename {
            let _ = write!(out, " \"{}\"", vary.one_line(name));
        }
        if let Some(disposition) = &part.disposition {
            let _ = write!(out, " {}", vary.one_line(disposition));
        }
        if let Some(cid) = &part.cid {
            let _ = write!(out, " cid:{}", vary.known(Kind::Cid, cid));
        }
        out.push('\n');
        open.extend(part.children.iter().rev().map(|child| (child, depth + 1)));
    }
    out
}

/// Spaces at the end of a line are seen by nobody, and editors take them away.
fn text_lines(text: &str, vary: &mut Vary) -> String {
    if text.len() > MAX_HTML {
        return too_large(text);
    }
    let text = vary.text(text);
    let mut out = String::with_capacity(text.len() + 1);
    for line in text.trim_end().lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// What is too large to be looked into is the same or not.
fn too_large(text: &str) -> String {
    format!("({} bytes, sha256 {})\n", text.len(), sha256(text.as_bytes()))
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The Content-IDs and ids of messages that a mail names, so that they are known wherever they stand.
fn ids(view: &View) -> impl Iterator<Item = &str> {
    let is_id = |name: &str| {
        ["message-id", "in-reply-to", "references", "resent-message-id"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
    };
    let fields = view.headers.iter().filter(move |field| is_id(&field.name));
    fields.flat_map(|field| {
        field.value.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(id, _)| id)
    })
}
