//! HTML as text: for the snippet of a message that has nothing else.
//!
//! Owns a small scanner that reads each character once and needs no memory but its result. The
//! entity table is mail-parser's. Nothing here makes HTML safe to show; that is for the preview.

use super::params::percent_decode;
use mail_parser::decoders::html::add_html_token;
use std::collections::HashSet;

/// The longest named entity has 33 characters with `&` and `;`.
const MAX_ENTITY: usize = 40;
/// Elements whose content is not text of the message.
const SILENT: &[&str] = &["style", "script", "head", "template", "title"];
/// Elements that stand in a line; all others part words.
const IN_LINE: &[&str] = &[
    "a", "abbr", "b", "big", "cite", "code", "del", "em", "font", "i", "ins", "kbd", "mark", "q",
    "s", "samp", "small", "span", "strong", "sub", "sup", "u", "wbr",
];

/// The text, not yet collapsed: where an element parts words there is a space. What stands around it
/// only lays out the source: a pattern's `^` is where a reader begins.
pub(super) fn to_text(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        decode_entities(&rest[..at], &mut out);
        rest = &rest[at..];
        let tag = tag_name(rest);
        if !rest.starts_with("<!--") && tag.is_empty() {
            // `a < b` is text.
            out.push('<');
            rest = &rest[1..];
            continue;
        }
        if !IN_LINE.iter().any(|name| tag.eq_ignore_ascii_case(name)) {
            out.push(' ');
        }
        let silent = SILENT.iter().find(|name| tag.eq_ignore_ascii_case(name));
        rest = match silent {
            Some(name) => after_element(after_tag(rest), name),
            None => after_tag(rest),
        };
    }
    decode_entities(rest, &mut out);
    out.truncate(out.trim_end().len());
    out.drain(..out.len() - out.trim_start().len());
    out
}

/// `p` of `<p class=x>` and of `</p>`; `!` of a declaration; empty if this is no tag.
pub(super) fn tag_name(text: &str) -> &str {
    let name = &text[1..];
    let name = name.strip_prefix('/').unwrap_or(name);
    let length = name.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b':').count();
    match name.as_bytes().first() {
        Some(b'!' | b'?') => &name[..1],
        Some(b) if b.is_ascii_alphabetic() => &name[..length],
        _ => "",
    }
}

/// Behind the tag or comment that `text` starts with. A `>` in a quoted attribute ends nothing.
pub(super) fn after_tag(text: &str) -> &str {
    if let Some(comment) = text.strip_prefix("<!--") {
        return comment.split_once("-->").map_or("", |(_, rest)| rest);
    }
    let (bytes, mut from) = (text.as_bytes(), 0);
    while let Some(found) = memchr::memchr3(b'>', b'"', b'\'', &bytes[from..]) {
        let at = from + found;
        from = at + 1;
        if bytes[at] == b'>' {
            return &text[from..];
        }
        if bytes[at - 1] == b'=' {
            match memchr::memchr(bytes[at], &bytes[from..]) {
                Some(length) => from += length + 1,
                None => return "",
            }
        }
    }
    ""
}

/// The value of an attribute of the tag that `tag` starts with, its entities decoded.
pub(super) fn attribute(tag: &str, name: &str) -> Option<String> {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '>' | '/');
    let mut rest = &tag[tag.find(is_end)?..];
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() || rest.starts_with('>') {
            return None;
        }
        let end = rest.find(|c: char| is_end(c) || c == '=').unwrap_or(rest.len());
        // A stray `=` is the first letter of a name, as the HTML standard has it.
        let (key, after) = rest.split_at(end.max(1));
        let Some(after) = after.trim_start().strip_prefix('=') else {
            rest = after;
            continue;
        };
        let (value, after) = attribute_value(after.trim_start());
        if key.eq_ignore_ascii_case(name) {
            let mut decoded = String::with_capacity(value.len());
            decode_entities(value, &mut decoded);
            return Some(decoded);
        }
        rest = after;
    }
}

fn attribute_value(text: &str) -> (&str, &str) {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    if let Some(quote) = quote {
        return text[1..].split_once(quote).unwrap_or((&text[1..], ""));
    }
    let end = text.find(|c: char| c.is_whitespace() || c == '>');
    text.split_at(end.unwrap_or(text.len()))
}

fn after_element<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = &rest[at..];
        if tag_name(rest).eq_ignore_ascii_case(name) {
            return after_tag(rest);
        }
        rest = &rest[2..];
    }
    ""
}

pub(super) fn decode_entities(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let window = &rest.as_bytes()[..rest.len().min(MAX_ENTITY)];
        let length = window.iter().skip(1).take_while(|b| b.is_ascii_alphanumeric() || **b == b'#');
        let end = 1 + length.count();
        let length = if window.get(end) == Some(&b';') { end + 1 } else { 1 };
        add_html_token(out, &rest.as_bytes()[..length], false);
        rest = &rest[length..];
    }
    out.push_str(rest);
}

/// The Content-IDs that some HTML refers to (RFC 2392), wherever they stand in it.
pub(super) fn cids(html: &str, found: &mut HashSet<String>) {
    let mut rest = html;
    while let Some(at) = find_cid(rest) {
        let id = &rest[at + 4..];
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ')' | '<' | '>');
        let end = id.find(ends).unwrap_or(id.len());
        let mut plain = String::new();
        decode_entities(&id[..end], &mut plain);
        let mut bytes = Vec::new();
        percent_decode(&plain, &mut bytes);
        found.insert(String::from_utf8_lossy(&bytes).into_owned());
        rest = &id[end..];
    }
}

fn find_cid(text: &str) -> Option<usize> {
    text.as_bytes().windows(4).position(|four| four.eq_ignore_ascii_case(b"cid:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_html() {
        for (html, expected) in [
            ("<p>Hi <b>B</b>ob</p>", "Hi Bob"),
            ("<!doctype html>\n<body>\n <p>Hi</p>\n&nbsp;\n</body>\n", "Hi"),
            ("<p></p>\n", ""),
            ("a<style>p{}</style>b", "a b"),
            ("<HEAD><title>t</title></HEAD>x", "x"),
            ("a &amp; b &eacute; &#233; &#xe9; &nope; &", "a & b é é é &nope; &"),
            ("a < b", "a < b"),
            ("<a title=\"x>y\">t</a>", "t"),
            ("<!-- <p> -->t", "t"),
            ("<!doctype html>t", "t"),
            ("x<br/>y", "x y"),
            ("don<a class=x'>t</a>", "dont"),
            ("open <p", "open"),
        ] {
            assert_eq!(to_text(html), expected, "{html}");
        }
    }

    #[test]
    fn content_ids() {
        let mut found = HashSet::new();
        cids("<img src=\"cid:a%40b\"> url(CID:c@d) cid:é", &mut found);
        assert_eq!(found, ["a@b", "c@d", "é"].map(str::to_owned).into());
    }
}
