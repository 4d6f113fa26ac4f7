//! The text of a part: decoded, with `\n` line ends, flowed paragraphs joined.
//!
//! Owns how text is read from a leaf, whole or only as much of it as a list row shows.

use super::charset::charset;
use super::flowed;
use super::part::Part;
use std::borrow::Cow;

/// All of it, without the line ends at its end.
pub(super) fn text(raw: &[u8], part: &Part) -> String {
    let decoded = part.encoding.decode(&raw[part.body.clone()]);
    let mut text = read(&decoded, part);
    text.truncate(text.trim_end_matches('\n').len());
    text
}

/// What the first `limit` encoded bytes hold, and whether that is all.
pub(super) fn beginning(raw: &[u8], part: &Part, limit: usize) -> (String, bool) {
    let body = &raw[part.body.clone()];
    let is_all = body.len() <= limit;
    let decoded = part.encoding.decode(&body[..body.len().min(limit)]);
    let mut text = read(&decoded, part);
    if !is_all {
        // The last character may have been cut.
        text.truncate(text.trim_end_matches('\u{fffd}').len());
    }
    (text, is_all)
}

fn read(decoded: &[u8], part: &Part) -> String {
    let text = charset(part.charset.as_deref()).decode(decoded);
    let text = match text.strip_prefix('\u{feff}') {
        Some(text) => Cow::Borrowed(text),
        None => text,
    };
    let text = if text.contains('\r') { line_feeds(&text).into() } else { text };
    match part.is_flowed && part.media_type == "text/plain" {
        true => flowed::unfold(&text, part.is_delsp),
        false => text.into_owned(),
    }
}

/// `text` with LF where it has CR LF; a lone CR stays.
fn line_feeds(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for at in memchr::memmem::find_iter(text.as_bytes(), b"\r\n") {
        out.push_str(&text[from..at]);
        from = at + 1;
    }
    out.push_str(&text[from..]);
    out
}
