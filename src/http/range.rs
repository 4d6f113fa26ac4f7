//! A range of bytes out of an answer (RFC 9110, section 14): players seek in sound and video by it.
//!
//! Owns what a `Range` asks for, and 206 and 416. One range is served. Several, another unit and what
//! cannot be read are answered with all, as section 14.2 allows; so is an `If-Range`, which cannot
//! hold where nothing has a validator (section 13.1.5).

use std::ops::Range;

use warp::http::header::{ACCEPT_RANGES, CONTENT_RANGE, IF_RANGE, RANGE};
use warp::http::{HeaderMap, HeaderValue, StatusCode};
use warp::reply::{Reply, Response};

use super::error::ApiError;

/// What a request wants of so many bytes.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    All,
    Part(Range<usize>),
    /// A range that has none of them.
    Nothing,
}

/// The answer that `content` makes of the bytes that were asked for.
pub fn answer(
    mut bytes: Vec<u8>,
    headers: &HeaderMap,
    content: impl FnOnce(Vec<u8>) -> Response,
) -> Response {
    let size = bytes.len();
    let mut response = match wanted(headers, size) {
        Wanted::All => content(bytes),
        Wanted::Part(range) => {
            bytes.truncate(range.end);
            let mut response = content(bytes.split_off(range.start));
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            tell(&mut response, &format!("bytes {}-{}/{size}", range.start, range.end - 1));
            response
        }
        Wanted::Nothing => {
            let message = format!("there are {size} bytes here, and none in that range");
            let error = ApiError::new(StatusCode::RANGE_NOT_SATISFIABLE, "range", message);
            let mut response = error.into_response();
            tell(&mut response, &format!("bytes */{size}"));
            response
        }
    };
    response.headers_mut().insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    response
}

fn tell(response: &mut Response, range: &str) {
    if let Ok(value) = HeaderValue::from_str(range) {
        response.headers_mut().insert(CONTENT_RANGE, value);
    }
}

fn wanted(headers: &HeaderMap, size: usize) -> Wanted {
    let mut given = headers.get_all(RANGE).iter();
    match (given.next().and_then(|value| value.to_str().ok()), given.next()) {
        (Some(text), None) if !headers.contains_key(IF_RANGE) => parse(text, size),
        _ => Wanted::All,
    }
}

/// `bytes=FIRST-LAST`, `bytes=FIRST-` or `bytes=-LENGTH` (section 14.1.2).
fn parse(text: &str, size: usize) -> Wanted {
    let spec = text.split_once('=').filter(|(unit, _)| unit.eq_ignore_ascii_case("bytes"));
    let Some((first, last)) = spec.and_then(|(_, spec)| spec.trim().split_once('-')) else {
        return Wanted::All;
    };
    match (first, number(first), last, number(last)) {
        ("", _, _, Some(0)) => Wanted::Nothing,
        // Of nothing there is no range to name.
        ("", _, _, Some(_)) if size == 0 => Wanted::All,
        ("", _, _, Some(length)) => Wanted::Part(size.saturating_sub(length)..size),
        (_, Some(first), "", _) => part(first, usize::MAX, size),
        (_, Some(first), _, Some(last)) if first <= last => part(first, last, size),
        _ => Wanted::All,
    }
}

fn part(first: usize, last: usize, size: usize) -> Wanted {
    match first < size {
        true => Wanted::Part(first..last.saturating_add(1).min(size)),
        false => Wanted::Nothing,
    }
}

/// Digits only; what is too large is past every end.
fn number(text: &str) -> Option<usize> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_of_ten_bytes() {
        for (text, range) in [
            ("bytes=0-", 0..10),
            ("bytes=0-0", 0..1),
            ("bytes=2-4", 2..5),
            ("bytes=9-9", 9..10),
            ("bytes=4-99", 4..10),
            ("bytes=9-99999999999999999999999", 9..10),
            ("bytes=-1", 9..10),
            ("bytes=-10", 0..10),
            ("bytes=-11", 0..10),
            ("bytes=-99999999999999999999999", 0..10),
            ("Bytes= 007-8 ", 7..9),
        ] {
            assert_eq!(parse(text, 10), Wanted::Part(range), "{text}");
        }
    }

    #[test]
    fn a_range_past_the_end_has_nothing() {
        for text in ["bytes=10-", "bytes=10-10", "bytes=99999999999999999999999-", "bytes=-0"] {
            assert_eq!(parse(text, 10), Wanted::Nothing, "{text}");
        }
        assert_eq!(parse("bytes=0-", 0), Wanted::Nothing);
        assert_eq!(parse("bytes=-1", 0), Wanted::All);
    }

    #[test]
    fn what_is_no_single_range_of_bytes_is_all() {
        for text in [
            "",
            "=",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=--1",
            "bytes=5-4",
            "bytes=a-",
            "bytes=1-b",
            "bytes=+1-2",
            "bytes=1 - 2",
            "bytes=0x1-2",
            "bytes=0-1,3-4",
            "bytes=0-,",
            "lines=1-2",
            "bytes 1-2",
            "é=1-2",
        ] {
            assert_eq!(parse(text, 10), Wanted::All, "{text}");
        }
    }

    #[test]
    fn an_if_range_and_two_headers_are_answered_with_all() {
        let mut headers = HeaderMap::new();
        assert_eq!(wanted(&headers, 10), Wanted::All);
        headers.append(RANGE, HeaderValue::from_static("bytes=1-2"));
        assert_eq!(wanted(&headers, 10), Wanted::Part(1..3));
        headers.append(RANGE, HeaderValue::from_static("bytes=1-2"));
        assert_eq!(wanted(&headers, 10), Wanted::All);
        let mut headers = HeaderMap::new();
        headers.append(RANGE, HeaderValue::from_static("bytes=1-2"));
        headers.append(IF_RANGE, HeaderValue::from_static("\"any\""));
        assert_eq!(wanted(&headers, 10), Wanted::All);
    }
}
