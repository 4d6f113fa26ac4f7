//! What a mail is made of: header fields, MIME parts, text, links, and what is wrong with it.
//!
//! Owns the reading of a message's bytes and nothing else: no I/O, no clock, no store.
//! [`parse`] is total: any bytes are a message. It takes linear time, and memory that depends on
//! the number of parts only. Contents are decoded when they are asked for.

mod address;
mod body;
mod charset;
mod check;
mod codes;
mod content;
mod date;
mod defect;
mod field;
mod flowed;
mod html;
mod lines;
mod links;
mod nesting;
mod params;
mod part;
mod summary;
mod text;
mod transfer;
mod tree;
mod utf8;
mod view;
mod wire;
mod words;

pub use address::{Address, MAX_ADDRESSES};
pub use check::MAX_FIELDS;
pub use codes::{Found, LIKELY, MAX_CODES, codes_of};
pub use content::{Content, MAX_SEARCHED, MAX_SEARCHED_FIELDS};
pub use defect::{Code, Defect, MAX_PER_CODE};
pub use field::{Field, Fields, MAX_FIELD};
pub use links::{Link, MAX_LINKS};
pub use nesting::is_too_deep;
pub use part::Part;
pub use summary::{Digest, LONG_FILE, MAX_SNIPPET};
pub use transfer::Encoding;
pub use tree::{MAX_DEPTH, MAX_PARTS};
pub use view::{AttachmentView, DefectView, HeaderView, PartView, View};

use body::Bodies;
use charset::{Charset, charset};
use std::borrow::Cow;
use std::collections::HashSet;

/// A message whose parts are known; the bytes stay where they are.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    raw: &'a [u8],
    /// The root first, each part before its children.
    parts: Cow<'a, [Part]>,
    defects: Vec<Defect>,
}

/// Reads any bytes as a message.
pub fn parse(raw: &[u8]) -> Message<'_> {
    let (parts, mut defects) = tree::split(raw);
    check::check(raw, &parts, &mut defects);
    wire::check(raw, &parts, &mut defects);
    let defects = defects.into_sorted();
    Message { raw, parts: parts.into(), defects }
}

/// What a reader sees of HTML.
pub(crate) fn html_text(html: &str) -> String {
    html::to_text(html)
}

impl Message<'_> {
    /// What the store keeps for a list row.
    pub fn digest(&self) -> Digest {
        summary::digest(self)
    }

    /// What a search looks at, beside the digest.
    pub fn searched(&self) -> Content {
        Content::read(self)
    }

    /// The wire form of everything that comes from the bytes.
    pub fn view(&self) -> View {
        view::view(self)
    }

    /// The text that a mail program shows; `None` if there is only HTML, or nothing.
    pub fn text(&self) -> Option<String> {
        self.join(&self.bodies().text, "\n\n")
    }

    /// The HTML that a mail program shows.
    pub fn html(&self) -> Option<String> {
        self.join(&self.bodies().html, "\n")
    }

    /// Numbers that may be one-time codes, the likeliest first; see [`LIKELY`].
    pub fn codes(&self) -> Vec<Found> {
        codes::of_message(self)
    }

    /// The links of its HTML, then those of its text.
    pub fn links(&self) -> Vec<Link> {
        view::links(self)
    }

    /// All parts, the root first, each before its children.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// By IMAP section number, `1.2` or `2.TEXT`.
    pub fn part(&self, path: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.path == path)
    }

    /// By Content-ID, as a `cid:` link names it.
    pub fn part_by_cid(&self, cid: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.cid.as_deref() == Some(cid))
    }

    /// The content with its transfer encoding undone, as far as it can be.
    pub fn content(&self, part: &Part) -> Cow<'_, [u8]> {
        part.encoding.decode(self.raw_content(part))
    }

    /// The content as it was sent.
    pub fn raw_content(&self, part: &Part) -> &[u8] {
        self.raw.get(part.body.clone()).unwrap_or_default()
    }

    /// A part's header as it was sent.
    pub fn raw_header(&self, part: &Part) -> &[u8] {
        self.raw.get(part.header.clone()).unwrap_or_default()
    }

    /// The fields of the message's own header, in order.
    pub fn headers(&self) -> Fields<'_> {
        self.part_headers(&self.parts[0])
    }

    pub fn part_headers(&self, part: &Part) -> Fields<'_> {
        field::fields(self.raw, part.header.clone())
    }

    /// A field's value in one line, encoded words decoded.
    pub fn value(&self, field: &Field) -> String {
        field.decode(self.header_charset(), &mut |_, _| {})
    }

    /// In the order of the bytes; as many as the digest counts.
    pub fn defects(&self) -> &[Defect] {
        &self.defects
    }

    /// In what to read header bytes that are neither ASCII nor UTF-8: a program that writes those
    /// most likely writes header and body alike.
    fn header_charset(&self) -> Charset {
        let declared = self.parts.iter().find(|part| part.charset.is_some());
        match charset(declared.and_then(|part| part.charset.as_deref())) {
            known @ (Charset::Table(_) | Charset::Iso2022Jp(_)) => known,
            _ => Charset::Undeclared,
        }
    }

    fn bodies(&self) -> Bodies {
        body::bodies(&self.parts)
    }

    fn join(&self, parts: &[usize], between: &str) -> Option<String> {
        let read = |index: &usize| text::text(self.raw, &self.parts[*index]);
        let texts: Vec<_> = parts.iter().map(read).collect();
        (!texts.is_empty()).then(|| texts.join(between))
    }

    /// The attached parts that the HTML shows in its place, so that nobody looks for them in a
    /// list. The HTML is read only if a part could be one.
    fn inline_parts(&self, bodies: &Bodies) -> HashSet<usize> {
        let mut inline = HashSet::new();
        let mut asked = Vec::new();
        for index in &bodies.attached {
            let part = &self.parts[*index];
            let is_inline = part.disposition.as_deref() == Some("inline");
            if part.cid.is_some() && is_inline && body::is_in_related(&self.parts, *index) {
                inline.insert(*index);
            } else if part.cid.is_some() {
                asked.push(*index);
            }
        }
        if !asked.is_empty() {
            let cids = self.cids(bodies);
            let is_shown =
                |index: &usize| self.parts[*index].cid.as_ref().is_some_and(|c| cids.contains(c));
            inline.extend(asked.into_iter().filter(is_shown));
        }
        inline
    }

    fn cids(&self, bodies: &Bodies) -> HashSet<String> {
        let mut found = HashSet::new();
        for index in &bodies.html {
            html::cids(&text::text(self.raw, &self.parts[*index]), &mut found);
        }
        found
    }
}
