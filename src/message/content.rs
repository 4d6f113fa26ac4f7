//! What a search looks at in a message beyond its digest.
//!
//! Owns the choice of what that is. Bodies are decoded whole; nothing is hashed.

use super::address::Address;
use super::codes::{LIKELY, codes_of};
use super::links;
use super::summary::add_addresses;
use super::{Message, html};

/// Bytes of one text that are searched; what comes after them is not.
pub const MAX_SEARCHED: usize = 512 * 1024;

/// Text, names and kinds of a message, as far as the digest does not have them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    pub bcc: Vec<Address>,
    pub text: Option<String>,
    /// The HTML as it is, and the text that it shows.
    pub html: Option<String>,
    pub html_text: String,
    pub filenames: Vec<String>,
    /// The media type of every part, each once.
    pub types: Vec<String>,
    /// Names and values of the message's own header.
    pub headers: Vec<(String, String)>,
    /// Codes, each once.
    pub defects: Vec<&'static str>,
    pub has_attachment: bool,
    pub has_inline: bool,
    pub has_link: bool,
    pub has_code: bool,
}

pub(super) fn content(message: &Message) -> Content {
    let bodies = message.bodies();
    let inline = message.inline_parts(&bodies);
    let mut content = Content {
        text: message.text().map(cut),
        html: message.html().map(cut),
        has_attachment: bodies.attached.iter().any(|index| !inline.contains(index)),
        has_inline: !inline.is_empty(),
        ..Content::default()
    };
    content.html_text = content.html.as_deref().map(html::to_text).unwrap_or_default();
    content.has_link = content.html.as_deref().is_some_and(links::html_has_any)
        || content.text.as_deref().is_some_and(links::text_has_any);
    for field in message.headers() {
        add_addresses(message, &field, "Bcc", &mut content.bcc);
        content.headers.push((field.name.to_owned(), message.value(&field)));
    }
    for part in message.parts() {
        if !content.types.contains(&part.media_type) {
            content.types.push(part.media_type.clone());
        }
        content.filenames.extend(part.filename.clone());
    }
    for defect in message.defects() {
        if !content.defects.contains(&defect.code.name()) {
            content.defects.push(defect.code.name());
        }
    }
    content.has_code = has_code(&content);
    content
}

fn has_code(content: &Content) -> bool {
    let subject = content.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("subject"));
    let subject = subject.map_or("", |(_, value)| value.as_str());
    let (text, html) = (content.text.as_deref(), content.html.as_deref());
    let codes = codes_of(subject, text.unwrap_or_default(), html.unwrap_or_default());
    codes.first().is_some_and(|code| code.score >= LIKELY)
}

fn cut(mut text: String) -> String {
    let mut end = text.len().min(MAX_SEARCHED);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}
