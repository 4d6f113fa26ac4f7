//! A message's HTML made fit for a frame: `cid:` links point to the parts, links open elsewhere,
//! and a Content-Security-Policy keeps scripts off and remote content out unless it is asked for.
//! Nothing is cut out for safety's sake: the sandbox holds, not a list of bad tags.

use std::borrow::Cow;

use lol_html::errors::RewritingError;
use lol_html::html_content::{ContentType, Element, TextChunk};
use lol_html::{MemorySettings, RewriteStrSettings, Settings, element, rewrite_str, text};
use warp::http::header::{CONTENT_SECURITY_POLICY, HeaderName};
use warp::http::{HeaderMap, HeaderValue, StatusCode};
use warp::reply::Response;

use super::error::ApiError;
use super::messages::find;
use super::query::Query;
use super::{Api, reply};
use crate::message::{self, Message};

/// Attributes that load something.
const LOADING: &[&str] =
    &["src", "srcset", "background", "poster", "data", "href", "style", "xlink:href"];
/// `rel` values of `<link>` that make a browser connect, which no policy of ours can stop.
const PREFETCHING: &[&str] =
    &["dns-prefetch", "preconnect", "prefetch", "preload", "prerender", "modulepreload"];

/// Memory for the elements that are open at one place; each needs some 200 bytes.
const OPEN_ELEMENTS: usize = 32 * 1024 * 1024;
/// What is shown instead of HTML that cannot be made fit; as it is it would call others.
const NOT_SHOWN: &str = "<!doctype html><p>This HTML opens too many elements to be made safe to show. \
    Its source is under Source and Raw.</p>";

pub async fn html(
    api: Api,
    id: String,
    mut query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let stored = find(&api, id, &mut query).await?;
    let look = Look {
        remote: query.switch("remote")?,
        images: images(&mut query)?,
        dark: dark(&mut query)?,
    };
    query.end()?;
    let message = message::parse(&stored.raw);
    let Some(html) = message.html() else {
        let message = "this message has no HTML part";
        return Err(ApiError::new(StatusCode::NOT_FOUND, "no_html", message));
    };
    let html = rewrite(&html, &stored.summary.id, &message, look.dark);
    let mut response = reply::content(html.into_bytes(), "text/html; charset=utf-8", None);
    let out = response.headers_mut();
    let host = headers.get("host").and_then(|h| h.to_str().ok()).unwrap_or_default();
    if let Ok(policy) = HeaderValue::from_str(&policy(look, host)) {
        out.insert(CONTENT_SECURITY_POLICY, policy);
    }
    out.insert(HeaderName::from_static("x-dns-prefetch-control"), HeaderValue::from_static("off"));
    Ok(response)
}

/// How the frame wants to see it.
#[derive(Clone, Copy)]
struct Look {
    remote: bool,
    images: bool,
    /// As in a mail program with dark colours, whatever the browser's are.
    dark: bool,
}

fn images(query: &mut Query) -> Result<bool, ApiError> {
    match query.take("images")?.as_deref() {
        None | Some("1" | "true") => Ok(true),
        Some("0" | "false") => Ok(false),
        Some(other) => {
            let message = format!("images is 1 or 0, not {other:?}");
            Err(ApiError::field("invalid", "images", message))
        }
    }
}

fn dark(query: &mut Query) -> Result<bool, ApiError> {
    match query.take("scheme")?.as_deref() {
        None | Some("light") => Ok(false),
        Some("dark") => Ok(true),
        Some(other) => {
            let message = format!("scheme is light or dark, not {other:?}");
            Err(ApiError::field("invalid", "scheme", message))
        }
    }
}

/// Scripts never run (`sandbox` without `allow-scripts`), whatever else is let through. The
/// document has no origin of its own there, so our own address is named beside `'self'`.
fn policy(look: Look, host: &str) -> String {
    let own = if host.starts_with('[') { String::new() } else { format!(" {host}") };
    let elsewhere = if look.remote { " http: https:" } else { "" };
    let pictures = match look.images {
        true => format!("'self'{own} data:{elsewhere}"),
        false => "'none'".to_owned(),
    };
    format!(
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
         img-src {pictures}; media-src 'self'{own} data:{elsewhere}; \
         style-src 'unsafe-inline'{elsewhere}; font-src data:{elsewhere}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
}

/// What lol_html may read in another way than a browser gets a name that means nothing, or a link
/// could hide there. Scripts never run, so what is inside `<noscript>` is HTML like any other; and
/// what is text inside `<select>` and `<frameset>` differs from browser to browser.
fn rewrite(html: &str, id: &str, message: &Message<'_>, dark: bool) -> String {
    let html = without(html, &["noscript"]);
    let rewritten = match rewrite_stream(&html, id, message, dark) {
        Err(RewritingError::ParsingAmbiguity(_)) => {
            rewrite_stream(&without(&html, &["select", "frameset"]), id, message, dark)
        }
        rewritten => rewritten,
    };
    rewritten.unwrap_or_else(|e| {
        tracing::warn!("the HTML of message {id} is not shown: {e}");
        NOT_SHOWN.to_owned()
    })
}

fn without<'h>(html: &'h str, names: &[&str]) -> Cow<'h, str> {
    let bytes = html.as_bytes();
    let (mut out, mut done) = (String::new(), 0);
    for at in memchr::memchr_iter(b'<', bytes) {
        let name = at + 1 + usize::from(bytes.get(at + 1) == Some(&b'/'));
        let word = |length| bytes.get(name..name + length).unwrap_or_default();
        if names.iter().any(|name| word(name.len()).eq_ignore_ascii_case(name.as_bytes())) {
            out += &html[done..name];
            out += "x-";
            done = name;
        }
    }
    if done == 0 { Cow::Borrowed(html) } else { Cow::Owned(out + &html[done..]) }
}

fn rewrite_stream(
    html: &str,
    id: &str,
    message: &Message<'_>,
    dark: bool,
) -> Result<String, RewritingError> {
    let address = |cid: &str| part_address(id, message, cid);
    let mut style = String::new();
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("*", |el| {
            rewrite_attributes(el, &address);
            Ok(())
        }))
        .append_element_content_handler(element!("a, area, form", |el| Ok(open_elsewhere(el)?)))
        .append_element_content_handler(element!("iframe, frame, fencedframe, portal", |el| {
            // The policy lets none of them load, but browsers connect before they ask it.
            el.remove_attribute("src");
            Ok(())
        }))
        .append_element_content_handler(element!("link", |el| {
            drop_prefetching(el);
            Ok(())
        }))
        .append_element_content_handler(text!("style", |chunk| {
            rewrite_style(&mut style, chunk, &address, dark);
            Ok(())
        }));
    let memory = MemorySettings::new().with_max_allowed_memory_usage(OPEN_ELEMENTS);
    rewrite_str(html, Settings::from(settings).with_memory_settings(memory))
}

fn part_address(id: &str, message: &Message<'_>, cid: &str) -> Option<String> {
    let cid = percent_encoding::percent_decode_str(cid).decode_utf8_lossy();
    let part = message.part_by_cid(&cid)?;
    Some(format!("/v1/messages/{id}/parts/{}", part.path))
}

fn rewrite_attributes(el: &mut Element<'_, '_>, address: &impl Fn(&str) -> Option<String>) {
    for name in LOADING {
        let Some(value) = el.get_attribute(name) else { continue };
        if let Cow::Owned(new) = replace_cids(&value, address) {
            // Fails for a name that is not one; ours are.
            let _ = el.set_attribute(name, &new);
        }
    }
}

fn open_elsewhere(el: &mut Element<'_, '_>) -> Result<(), lol_html::errors::AttributeNameError> {
    el.set_attribute("target", "_blank")?;
    el.set_attribute("rel", "noopener noreferrer")
}

fn drop_prefetching(el: &mut Element<'_, '_>) {
    let rel = el.get_attribute("rel").unwrap_or_default().to_ascii_lowercase();
    if rel.split_ascii_whitespace().any(|word| PREFETCHING.contains(&word)) {
        el.remove();
    }
}

/// A style sheet may come in pieces that end inside a link.
fn rewrite_style(
    style: &mut String,
    chunk: &mut TextChunk<'_>,
    address: &impl Fn(&str) -> Option<String>,
    dark: bool,
) {
    style.push_str(chunk.as_str());
    if chunk.last_in_text_node() {
        let new = answer_scheme(&replace_cids(style, address), dark);
        chunk.replace(&new, ContentType::Html);
        style.clear();
    } else {
        chunk.remove();
    }
}

/// A frame asks its browser for the colour scheme, which follows the reader's system and not what was
/// chosen for this message; so each question in a style sheet is answered here: `(min-width: 0)` is
/// always true and `(max-width: 0)` never.
fn answer_scheme(css: &str, dark: bool) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(at) = find_ignoring_case(rest, "(prefers-color-scheme") {
        let Some(end) = rest[at..].find(')').map(|end| at + end + 1) else { break };
        let asked = rest[at..end].to_ascii_lowercase();
        let value =
            asked.split_once(':').map_or("", |(_, value)| value.trim_end_matches(')').trim());
        out.push_str(&rest[..at]);
        out.push_str(match value {
            "dark" if dark => "(min-width: 0)",
            "light" if !dark => "(min-width: 0)",
            "dark" | "light" => "(max-width: 0)",
            _ => &rest[at..end],
        });
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

fn find_ignoring_case(text: &str, needle: &str) -> Option<usize> {
    text.as_bytes().windows(needle.len()).position(|w| w.eq_ignore_ascii_case(needle.as_bytes()))
}

/// Replaces each `cid:` address in an attribute or a style sheet.
fn replace_cids<'t>(text: &'t str, address: &impl Fn(&str) -> Option<String>) -> Cow<'t, str> {
    let lower = text.to_ascii_lowercase();
    let mut out = String::new();
    let mut done = 0;
    while let Some(at) = lower[done..].find("cid:").map(|at| done + at) {
        let end = at
            + 4
            + text[at + 4..]
                .find(|c: char| " \t\r\n'\"()<>,".contains(c))
                .unwrap_or(text.len() - at - 4);
        out.push_str(&text[done..at]);
        match address(&text[at + 4..end]) {
            Some(new) => out.push_str(&new),
            None => out.push_str(&text[at..end]),
        }
        done = end;
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &[u8] = b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/html\r\n\r\n<p>hi</p>\r\n\
        --b\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\n\r\nPNG\r\n--b--\r\n";

    fn look(remote: bool) -> Look {
        Look { remote, images: true, dark: false }
    }

    fn shown(html: &str) -> String {
        rewrite(html, "ID", &message::parse(MAIL), false)
    }

    #[test]
    fn cid_links_point_to_the_part() {
        let part = "/v1/messages/ID/parts/2";
        assert_eq!(shown("<img src=\"cid:logo@x\">"), format!("<img src=\"{part}\">"));
        assert_eq!(shown("<img src='CID:logo%40x'>"), format!("<img src=\"{part}\">"));
        assert_eq!(shown("<td background=cid:logo@x>"), format!("<td background=\"{part}\">"));
        assert_eq!(
            shown("<p style=\"background:url('cid:logo@x') , url(cid:logo@x)\">"),
            format!("<p style=\"background:url('{part}') , url({part})\">")
        );
        assert_eq!(
            shown("<style>p{background:url(cid:logo@x)}</style>"),
            format!("<style>p{{background:url({part})}}</style>")
        );
        assert_eq!(shown("<img src=\"cid:unknown\">"), "<img src=\"cid:unknown\">");
    }

    #[test]
    fn links_open_elsewhere_and_nothing_is_prefetched() {
        assert_eq!(
            shown("<a href=\"https://x.test\" target=_top>x</a>"),
            "<a href=\"https://x.test\" target=\"_blank\" rel=\"noopener noreferrer\">x</a>"
        );
        assert_eq!(shown("a<link rel=\"dns-prefetch\" href=\"//x.test\">b"), "ab");
    }

    #[test]
    fn nothing_hides_where_browsers_read_otherwise() {
        let calls = "<link rel=preconnect href=//x.test><iframe src=//x.test></iframe>";
        for (html, expected) in [
            ("<noscript>CALLS</noscript>", "<x-noscript>CALLS</x-noscript>"),
            ("<NoScript a>CALLS</NoScript>", "<x-NoScript a>CALLS</x-NoScript>"),
            ("<select><xmp></xmp></select>CALLS", "<x-select><xmp></xmp></x-select>CALLS"),
            ("<select><style></style></Select>CALLS", "<x-select><style></style></x-Select>CALLS"),
            ("<template><select><title></title>CALLS", "<template><x-select><title></title>CALLS"),
            ("<frameset><style></style>CALLS", "<x-frameset><style></style>CALLS"),
            // As it is where nothing is in doubt.
            (
                "<select><option>x</select>CALLS noscript",
                "<select><option>x</select>CALLS noscript",
            ),
        ] {
            let expected = expected.replace("CALLS", "<iframe></iframe>");
            assert_eq!(shown(&html.replace("CALLS", calls)), expected);
        }
    }

    #[test]
    fn what_opens_too_many_elements_is_not_shown() {
        let link = "<link rel=preconnect href=https://x.test>";
        let many = |count: usize| "<p>".repeat(count) + link;
        assert_eq!(shown(&many(10_000)), "<p>".repeat(10_000));
        assert_eq!(shown(&many(1_000_000)), NOT_SHOWN);
        // Those that are closed again, and content of any length, need nothing.
        let closed = "<p class=a>x</p>".repeat(100_000);
        assert_eq!(shown(&closed), closed);
        let long = format!("<p title=\"{0}\">{0}<!--{0}-->", "x".repeat(2 * OPEN_ELEMENTS));
        assert!(shown(&long) == long);
    }

    #[test]
    fn remote_content_is_let_through_only_when_asked_for() {
        assert!(!policy(look(false), "localhost:8025").contains("http"));
        assert!(
            policy(look(true), "localhost:8025")
                .contains("img-src 'self' localhost:8025 data: http: https:")
        );
        for remote in [true, false] {
            assert!(
                policy(look(remote), "localhost")
                    .starts_with("sandbox allow-popups allow-popups-to-escape-sandbox;")
            );
            assert!(!policy(look(remote), "localhost").contains("script"));
        }
    }

    #[test]
    fn pictures_can_be_kept_out() {
        let without = policy(Look { remote: true, images: false, dark: false }, "localhost");
        assert!(without.contains("img-src 'none';"));
    }

    #[test]
    fn the_colour_scheme_is_the_one_that_was_asked_for() {
        let css =
            "@media (Prefers-Color-Scheme: dark) and (x) {a}@media (prefers-color-scheme:light){b}";
        assert_eq!(
            answer_scheme(css, true),
            "@media (min-width: 0) and (x) {a}@media (max-width: 0){b}"
        );
        assert_eq!(
            answer_scheme(css, false),
            "@media (max-width: 0) and (x) {a}@media (min-width: 0){b}"
        );
        for odd in ["(prefers-color-scheme", "(prefers-color-scheme)", "(prefers-color-scheme: é)"]
        {
            assert_eq!(answer_scheme(odd, true), odd);
        }
    }
}
