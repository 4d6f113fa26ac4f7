//! Answers: JSON, and bytes of a message served so that they can do no harm in a browser.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use warp::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use warp::http::{HeaderValue, StatusCode};
use warp::reply::Response;

use super::error::ApiError;

/// What a browser may do with bytes that came in a mail: show them, and nothing else.
const CONTENT_POLICY: &str = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// RFC 8187, section 3.2.1: `attr-char`.
const ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How a file is named to the browser.
pub enum Name<'n> {
    Inline(&'n str),
    Attachment(&'n str),
}

pub fn json(value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(mut bytes) => {
            // So that a shell's prompt stands on a line of its own after `curl`.
            bytes.push(b'\n');
            with_type(bytes, HeaderValue::from_static("application/json"))
        }
        Err(e) => {
            let error = ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "encoding", e.to_string());
            warp::reply::Reply::into_response(error)
        }
    }
}

/// Bytes out of a message.
pub fn content(bytes: Vec<u8>, media_type: &str, name: Option<Name<'_>>) -> Response {
    let media_type = HeaderValue::from_str(media_type)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let mut response = with_type(bytes, media_type);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY));
    if let Some(value) = name.and_then(|name| HeaderValue::from_str(&disposition(&name)).ok()) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    response
}

fn with_type(bytes: Vec<u8>, media_type: HeaderValue) -> Response {
    let mut response = Response::new(bytes.into());
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

/// RFC 6266, section 4.1, with the plain form for clients that know no other.
fn disposition(name: &Name<'_>) -> String {
    let (kind, name) = match name {
        Name::Inline(name) => ("inline", name),
        Name::Attachment(name) => ("attachment", name),
    };
    // A saved file's name must be no path.
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !"\"\\%".contains(c) || c == ' ' { c } else { '_' })
        .collect();
    let mut text = format!("{kind}; filename=\"{plain}\"");
    if plain != name {
        let _ = write!(text, "; filename*=UTF-8''{}", utf8_percent_encode(name, ATTR_CHAR));
    }
    text
}

/// A media type as a header may say it; what a mail says may be anything.
pub fn media_type(name: &str, charset: Option<&str>) -> String {
    let token = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    match name.split_once('/') {
        Some((kind, sub)) if token(kind) && token(sub) => match charset {
            Some(charset) if kind == "text" && token(charset) => {
                format!("{name}; charset={charset}")
            }
            _ => name.to_owned(),
        },
        _ => "application/octet-stream".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_paths_and_break_no_header() {
        let of = |name| disposition(&Name::Attachment(name));
        assert_eq!(of("a.pdf"), "attachment; filename=\"a.pdf\"");
        assert_eq!(of("../../etc/passwd"), "attachment; filename=\"passwd\"");
        assert_eq!(of("C:\\x\\y.txt"), "attachment; filename=\"y.txt\"");
        assert_eq!(
            of("a\"\r\nX: y.txt"),
            "attachment; filename=\"a___X: y.txt\"; filename*=UTF-8''a%22%0D%0AX%3A%20y.txt"
        );
        assert_eq!(of("é.txt"), "attachment; filename=\"_.txt\"; filename*=UTF-8''%C3%A9.txt");
    }

    #[test]
    fn media_types_are_tokens() {
        assert_eq!(media_type("image/svg+xml", None), "image/svg+xml");
        assert_eq!(media_type("text/plain", Some("utf-8")), "text/plain; charset=utf-8");
        assert_eq!(media_type("text/plain", Some("x y")), "text/plain");
        assert_eq!(media_type("text/html\r\nX: y", None), "application/octet-stream");
        assert_eq!(media_type("nonsense", None), "application/octet-stream");
    }
}
