//! What is attached: a line for each file, with its name, type, size and hash.
//!
//! Owns what of a file's content counts: in a text all but what varies, in a PDF all but the moment
//! it was made, of an attached mail its own snapshot, of everything else every byte.

use super::names::Kind;
use super::options::{Detail, Options};
use super::vary::Vary;
use super::{Envelope, pdf, sha256, snapshot};
use crate::message::{AttachmentView, Message, Part, View};
use std::borrow::Cow;
use std::fmt::Write as _;

/// Longer texts and PDFs count by their bytes.
const MAX_LOOKED_INTO: usize = 8 * 1024 * 1024;

pub(super) fn lines(message: &Message, view: &View, options: &Options, vary: &mut Vary) -> String {
    let mut out = String::new();
    for file in &view.attachments {
        let name = file.filename.as_deref().unwrap_or_default();
        let name = if name.is_empty() { "(no name)" } else { name };
        let _ = write!(out, "{}  {}", vary.one_line(name), vary.one_line(&file.media_type));
        if options.tells(Detail::Size) || options.tells(Detail::Hash) {
            content(message, file, options, &mut out);
        }
        if file.inline {
            out.push_str("  inline");
        }
        if let Some(cid) = &file.cid {
            let _ = write!(out, "  cid:{}", vary.known(Kind::Cid, cid));
        }
        out.push('\n');
    }
    out
}

fn content(message: &Message, file: &AttachmentView, options: &Options, out: &mut String) {
    let looked = message.part(&file.path).and_then(|part| looked_into(message, part, options));
    let (size, hash) = match (looked, &file.sha256) {
        (Some(content), _) => (content.len(), sha256(&content)),
        (None, Some(hash)) => (file.size, hash.clone()),
        (None, None) => (file.size, String::new()),
    };
    if options.tells(Detail::Size) {
        let _ = write!(out, "  {size} bytes");
    }
    if options.tells(Detail::Hash) && !hash.is_empty() {
        let _ = write!(out, "  sha256 {hash}");
    }
}

/// What counts of a content that has something that varies; `None` where all bytes do.
fn looked_into<'m>(message: &'m Message, part: &Part, options: &Options) -> Option<Cow<'m, [u8]>> {
    if part.body.len() > MAX_LOOKED_INTO {
        return None;
    }
    let kind = part.media_type.as_str();
    if part.is_message() {
        // The mails in it are only bytes there: one level is enough, and none is without end.
        let nested = message.content(part);
        let text = match options.is_nested() {
            true => return None,
            false => snapshot(&nested, Envelope::default(), &options.nested()).text,
        };
        return Some(text.into_bytes().into());
    }
    if kind == "application/pdf" {
        return Some(pdf::without_making(&message.content(part)).into());
    }
    let is_text = part.is_text()
        || kind.starts_with("message/")
        || kind.ends_with("json")
        || kind.ends_with("xml")
        || kind == "application/ics";
    if !is_text {
        return None;
    }
    let content = message.content(part);
    let text = std::str::from_utf8(&content).ok()?.replace("\r\n", "\n");
    // Numbers of its own: a token more in the text must not change the hash of a file.
    let mut vary = Vary::empty(options);
    let text = vary.text(&text);
    Some(vary.names.finish(&text).into_bytes().into())
}
