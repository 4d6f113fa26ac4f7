//! What a search looks at in a message beyond its digest.
//!
//! Owns the choice of what that is, and that no more of it is made than is asked for: a search
//! looks into many messages and mostly at one thing in each. Bodies are decoded whole; nothing is
//! hashed.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::address::Address;
use super::codes::{LIKELY, codes_of};
use super::links;
use super::part::Part;
use super::summary::add_addresses;
use super::{Message, html, parse, tree};

/// Bytes of one text that are searched; what comes after them is not.
pub const MAX_SEARCHED: usize = 512 * 1024;

/// Fields of the header that are searched. SQLite's index takes minutes for a hundred thousand.
pub const MAX_SEARCHED_FIELDS: usize = 5_000;

/// Text, names and kinds of a message, as far as the digest does not have them. Each is made when
/// it is asked for, once.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// What is left to read from; nothing when all has been read.
    held: Option<Held>,
    header: OnceLock<Header>,
    parts: OnceLock<Parts>,
    defects: OnceLock<Vec<&'static str>>,
    attached: OnceLock<Attached>,
    text: OnceLock<Option<String>>,
    html: OnceLock<Option<String>>,
    html_text: OnceLock<String>,
    has_link: OnceLock<bool>,
    has_code: OnceLock<bool>,
}

#[derive(Clone, Debug)]
struct Held {
    raw: Vec<u8>,
    parts: Vec<Part>,
    is_sound: bool,
}

#[derive(Clone, Debug, Default)]
struct Header {
    bcc: Vec<Address>,
    fields: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default)]
struct Parts {
    types: Vec<String>,
    filenames: Vec<String>,
}

#[derive(Clone, Debug, Default)]
struct Attached {
    has_attachment: bool,
    has_inline: bool,
}

impl Content {
    /// Of a message that is read when something is asked for; a sound one has no defects, as its
    /// digest tells.
    pub fn of(raw: Vec<u8>, is_sound: bool) -> Content {
        let parts = tree::split(&raw).0;
        Content { held: Some(Held { raw, parts, is_sound }), ..Content::default() }
    }

    /// What can be made of a message without its bytes is left for later.
    pub(super) fn read(message: &Message) -> Content {
        Content {
            held: None,
            header: header(message).into(),
            parts: parts(message).into(),
            defects: defects(message).into(),
            attached: attached(message).into(),
            text: message.text().map(cut).into(),
            html: message.html().map(cut).into(),
            ..Content::default()
        }
    }

    /// Makes all that is left: of a large message this takes a while.
    pub fn complete(self) -> Content {
        self.html_text();
        self.has_link();
        self.has_code();
        self
    }

    pub fn bcc(&self) -> &[Address] {
        &self.header().bcc
    }

    /// Names and values of the message's own header.
    pub fn headers(&self) -> &[(String, String)] {
        &self.header().fields
    }

    /// The media type of every part, each once.
    pub fn types(&self) -> &[String] {
        &self.parts().types
    }

    pub fn filenames(&self) -> &[String] {
        &self.parts().filenames
    }

    /// Codes, each once.
    pub fn defects(&self) -> &[&'static str] {
        self.defects.get_or_init(|| match &self.held {
            Some(held) if !held.is_sound => defects(&parse(&held.raw)),
            _ => Vec::new(),
        })
    }

    pub fn has_attachment(&self) -> bool {
        self.attached().has_attachment
    }

    pub fn has_inline(&self) -> bool {
        self.attached().has_inline
    }

    pub fn text(&self) -> Option<&str> {
        self.text.get_or_init(|| self.made(|message| message.text().map(cut))).as_deref()
    }

    /// The HTML as it is.
    pub fn html(&self) -> Option<&str> {
        self.html.get_or_init(|| self.made(|message| message.html().map(cut))).as_deref()
    }

    /// The text that the HTML shows.
    pub fn html_text(&self) -> &str {
        self.html_text.get_or_init(|| self.html().map(html::to_text).unwrap_or_default())
    }

    pub fn has_link(&self) -> bool {
        *self.has_link.get_or_init(|| {
            self.html().is_some_and(links::html_has_any)
                || self.text().is_some_and(links::text_has_any)
        })
    }

    pub fn has_code(&self) -> bool {
        *self.has_code.get_or_init(|| {
            let is_subject = |(name, _): &&(String, _)| name.eq_ignore_ascii_case("subject");
            let subject = self.headers().iter().find(is_subject);
            let subject = subject.map_or("", |(_, value)| value.as_str());
            let (text, html) = (self.text().unwrap_or_default(), self.html().unwrap_or_default());
            let codes = codes_of(subject, text, html);
            codes.first().is_some_and(|code| code.score >= LIKELY)
        })
    }

    /// What `has:` asks for, by its name.
    pub fn has(&self, flag: &str) -> bool {
        match flag {
            "attachment" => self.has_attachment(),
            "html" => self.html().is_some(),
            "text" => self.text().is_some(),
            "inline" => self.has_inline(),
            "link" => self.has_link(),
            "code" => self.has_code(),
            _ => false,
        }
    }

    fn header(&self) -> &Header {
        self.header.get_or_init(|| self.made(header))
    }

    fn parts(&self) -> &Parts {
        self.parts.get_or_init(|| self.made(parts))
    }

    fn attached(&self) -> &Attached {
        self.attached.get_or_init(|| self.made(attached))
    }

    fn made<T: Default>(&self, make: impl FnOnce(&Message) -> T) -> T {
        let Some(Held { raw, parts, .. }) = &self.held else { return T::default() };
        make(&Message { raw, parts: Cow::Borrowed(parts), defects: Vec::new() })
    }
}

fn header(message: &Message) -> Header {
    let mut header = Header::default();
    for field in message.headers().take(MAX_SEARCHED_FIELDS) {
        add_addresses(message, &field, "Bcc", &mut header.bcc);
        header.fields.push((field.name.to_owned(), message.value(&field)));
    }
    header
}

fn parts(message: &Message) -> Parts {
    let mut parts = Parts::default();
    for part in message.parts() {
        if !parts.types.contains(&part.media_type) {
            parts.types.push(part.media_type.clone());
        }
        parts.filenames.extend(part.filename.clone());
    }
    parts
}

fn defects(message: &Message) -> Vec<&'static str> {
    let mut defects = Vec::new();
    for defect in message.defects() {
        if !defects.contains(&defect.code.name()) {
            defects.push(defect.code.name());
        }
    }
    defects
}

fn attached(message: &Message) -> Attached {
    let bodies = message.bodies();
    let inline = message.inline_parts(&bodies);
    Attached {
        has_attachment: bodies.attached.iter().any(|index| !inline.contains(index)),
        has_inline: !inline.is_empty(),
    }
}

fn cut(mut text: String) -> String {
    let mut end = text.len().min(MAX_SEARCHED);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &[u8] = b"Subject: your code\r\nBcc: c@x.test\r\nContent-Type: text/html\r\n\r\n\
        <p>Your code is 482913, or <a href=https://x.test/>click</a></p>\r\n";

    #[test]
    fn no_more_is_read_than_is_asked_for() {
        let content = Content::of(RAW.to_vec(), true);
        assert_eq!(content.headers().len(), 3);
        assert!(content.text.get().is_none() && content.html.get().is_none());
        assert!(content.html_text().contains("482913"));
        assert!(content.has_code.get().is_none() && content.has_link.get().is_none());
    }

    #[test]
    fn what_is_read_late_is_the_same() {
        let (late, now) = (Content::of(RAW.to_vec(), false), parse(RAW).searched().complete());
        assert!(now.has_code() && now.has_link());
        assert_eq!((late.has_code(), late.has_link()), (now.has_code(), now.has_link()));
        assert_eq!((late.text(), late.html()), (now.text(), now.html()));
        assert_eq!((late.bcc(), late.headers()), (now.bcc(), now.headers()));
        assert_eq!((late.types(), late.filenames()), (now.types(), now.filenames()));
        assert_eq!(late.defects(), now.defects());
        assert!(!now.defects().is_empty());
    }
}
