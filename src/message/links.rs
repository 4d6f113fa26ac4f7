//! The links of a message: `a` and `area` of its HTML, addresses written out in its text.
//!
//! Owns what counts as a link and where it ends. HTML is read with the scanner of `html`: a link
//! needs no tree, and a scanner reads each byte once whatever is left open.

use super::html::{after_tag, attribute, tag_name, to_text};
use super::summary::collapse;
use serde::Serialize;
use std::collections::HashSet;

/// More links than this are not listed.
pub const MAX_LINKS: usize = 5_000;
const MAX_TEXT: usize = 200;
/// So much of a link's content is looked at for its text; one left open would run to the end.
const MAX_CONTENT: usize = 8 * 1024;

/// A link, once for each part it stands in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    pub href: String,
    /// What the reader sees, `""` for an image without a description.
    pub text: String,
    /// The path of the part it stands in.
    pub part: String,
}

/// Whether [`Links::add_html`] would find one.
pub(super) fn html_has_any(html: &str) -> bool {
    anchors(html).any(|anchor| is_listed(anchor.href.trim()))
}

/// Whether [`Links::add_text`] would find one.
pub(super) fn text_has_any(text: &str) -> bool {
    next_url(text).is_some()
}

/// A place in the same document is no link.
fn is_listed(href: &str) -> bool {
    !href.is_empty() && !href.starts_with('#')
}

/// The start tag of a link, and what follows it.
struct Anchor<'a> {
    href: String,
    tag: &'a str,
    after: &'a str,
}

fn anchors(html: &str) -> impl Iterator<Item = Anchor<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
            let from = &rest[at..];
            let name = tag_name(from);
            if name.is_empty() && !from.starts_with("<!--") {
                rest = &from[1..];
                continue;
            }
            rest = after_tag(from);
            let is_start = !from.starts_with("</");
            if is_start && ["a", "area"].iter().any(|link| name.eq_ignore_ascii_case(link)) {
                let tag = &from[..from.len() - rest.len()];
                if let Some(href) = attribute(tag, "href") {
                    return Some(Anchor { href, tag, after: rest });
                }
            }
        }
        None
    })
}

pub(super) struct Links {
    pub list: Vec<Link>,
    seen: HashSet<String>,
}

impl Links {
    pub fn new() -> Self {
        let (list, seen) = (Vec::new(), HashSet::new());
        Self { list, seen }
    }

    pub fn add_html(&mut self, html: &str, part: &str) {
        self.seen.clear();
        for anchor in anchors(html) {
            let text = match attribute(anchor.tag, "alt") {
                Some(alt) => alt,
                None => content_text(anchor.after),
            };
            self.add(anchor.href.trim(), &collapse(&text, MAX_TEXT), part);
        }
    }

    pub fn add_text(&mut self, text: &str, part: &str) {
        self.seen.clear();
        let mut rest = text;
        while let Some((url, after)) = next_url(rest) {
            self.add(url, url, part);
            rest = after;
        }
    }

    fn add(&mut self, href: &str, text: &str, part: &str) {
        let is_full = self.list.len() >= MAX_LINKS;
        if !is_listed(href) || is_full {
            return;
        }
        if self.seen.insert(href.to_owned()) {
            let (href, text, part) = (href.to_owned(), text.to_owned(), part.to_owned());
            self.list.push(Link { href, text, part });
        }
    }
}

/// The text up to `</a>`, or the description of the image that stands in its place.
fn content_text(html: &str) -> String {
    let mut end = html.len().min(MAX_CONTENT);
    while !html.is_char_boundary(end) {
        end -= 1;
    }
    let html = &html[..end];
    let mut alt = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let tag = tag_name(rest);
        if tag.eq_ignore_ascii_case("a") {
            break;
        }
        if tag.eq_ignore_ascii_case("img") {
            alt.push_str(&attribute(rest, "alt").unwrap_or_default());
        }
        rest = &rest[1..];
    }
    let content = match rest.starts_with('<') {
        true => &html[..html.len() - rest.len()],
        false => html,
    };
    let text = to_text(content);
    if text.trim().is_empty() { alt } else { text }
}

const SCHEMES: &[&str] = &["https://", "http://", "mailto:"];

/// The next address in plain text, and what follows it.
fn next_url(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let mut from = 0;
    // Every scheme has a colon, which is rarer than any letter.
    while let Some(found) = memchr::memchr(b':', &bytes[from..]) {
        let colon = from + found;
        from = colon + 1;
        let Some((at, scheme)) = scheme(bytes, colon) else { continue };
        if at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] >= 128) {
            continue;
        }
        let ends = |c: char| c.is_whitespace() || c.is_control() || "<>\"`|\\^".contains(c);
        let whole = &text[at..];
        let whole = &whole[..whole.find(ends).unwrap_or(whole.len())];
        let url = trim_url(whole);
        if url.len() > scheme.len() {
            return Some((url, &text[at + whole.len()..]));
        }
    }
    None
}

/// The scheme around a colon, and where it starts.
fn scheme(bytes: &[u8], colon: usize) -> Option<(usize, &'static str)> {
    SCHEMES.iter().find_map(|scheme| {
        let at = colon.checked_sub(scheme.find(':')?)?;
        let start = bytes.get(at..at + scheme.len())?;
        start.eq_ignore_ascii_case(scheme.as_bytes()).then_some((at, *scheme))
    })
}

/// Punctuation at the end belongs to the sentence; a bracket does too, unless the address opened
/// it: `(see https://example.com/a_(b))`.
fn trim_url(url: &str) -> &str {
    let count = |c: char| url.matches(c).count() as isize;
    let mut open = [('(', ')'), ('[', ']'), ('{', '}')].map(|(o, c)| (c, count(o) - count(c)));
    let mut url = url;
    while let Some(last) = url.chars().next_back() {
        if let Some((_, balance)) = open.iter_mut().find(|(close, _)| *close == last) {
            if *balance >= 0 {
                break;
            }
            *balance += 1;
        } else if !".,;:!?'*_~…。，、！？’”»）".contains(last) {
            break;
        }
        url = &url[..url.len() - last.len_utf8()];
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hrefs(add: impl Fn(&mut Links)) -> Vec<(String, String)> {
        let mut links = Links::new();
        add(&mut links);
        links.list.into_iter().map(|l| (l.href, l.text)).collect()
    }

    #[test]
    fn in_text() {
        for (text, expected) in [
            ("see https://a.b/c.", &["https://a.b/c"][..]),
            ("(https://a.b/c_(d)) x", &["https://a.b/c_(d)"]),
            ("<https://a.b/?x=1&y=2>", &["https://a.b/?x=1&y=2"]),
            ("HTTP://A.B, mailto:x@y.z!", &["HTTP://A.B", "mailto:x@y.z"]),
            ("xhttp://a.b http:// https", &[]),
            ("http://a.b http://a.b", &["http://a.b"]),
            ("[x](https://a.b/c)", &["https://a.b/c"]),
            ("https://a.b/é?q=ã\nnext", &["https://a.b/é?q=ã"]),
        ] {
            let found = hrefs(|l| l.add_text(text, "1"));
            let found: Vec<_> = found.iter().map(|(href, _)| href.as_str()).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn in_html() {
        for (html, href, text) in [
            ("<a href='https://a.b'>Re<b>set</b></a>", "https://a.b", "Reset"),
            ("<A HREF=https://a.b/?x=1&amp;y=2>x &gt; y</A>", "https://a.b/?x=1&y=2", "x > y"),
            ("<a class=c\n href = \" h:x \"><img alt='Buy it'></a>", "h:x", "Buy it"),
            ("<area alt=North href=n.html>", "n.html", "North"),
            ("<a title='a>b' href=x>open", "x", "open"),
            (
                "<abbr href=no></abbr><a href=#top>t</a><a href=x>one</a><a href=x>two</a>",
                "x",
                "one",
            ),
        ] {
            let found = hrefs(|l| l.add_html(html, "1"));
            assert_eq!(found, [(href.to_owned(), text.to_owned())], "{html}");
        }
    }

    #[test]
    fn bounded() {
        let many = |n| (0..n).map(|i| format!("http://a/{i} ")).collect::<String>();
        for (count, listed) in
            [(MAX_LINKS - 1, MAX_LINKS - 1), (MAX_LINKS, MAX_LINKS), (MAX_LINKS + 1, MAX_LINKS)]
        {
            assert_eq!(hrefs(|l| l.add_text(&many(count), "1")).len(), listed);
        }
    }
}
