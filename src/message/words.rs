//! Encoded words, `=?charset?Q?text?=` (RFC 2047).
//!
//! Owns the decoding of a header field's text. mail-parser decodes word for word and so tears
//! characters whose bytes stand in two words, which half the programs in the world produce; and its
//! search for a word's end starts anew at each `=?`, which is quadratic on hostile input.

use super::charset::{Charset, charset};
use super::defect::Code;
use super::transfer::{Encoding, hex_pair};
use std::borrow::Cow;

/// One well-formed word, not yet decoded.
struct Word<'a> {
    charset: &'a str,
    base64: bool,
    text: &'a str,
}

/// Bytes of adjacent words of one charset, which are decoded as one.
struct Run<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
}

/// The text with its encoded words decoded; each fault met goes to `fault` with its detail.
pub(super) fn decode<'a>(text: &'a str, fault: &mut dyn FnMut(Code, &str)) -> Cow<'a, str> {
    if !text.contains("=?") {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut run: Option<Run> = None;
    let mut rest = text;
    while let Some(at) = rest.find("=?") {
        // Space between two words is dropped (section 6.2); any other text ends the run.
        let between = &rest[..at];
        if run.is_none() || !between.trim_matches(is_space).is_empty() {
            finish(&mut run, &mut out, fault);
            out.push_str(between);
        }
        match word(&rest[at + 2..]) {
            Found::Word(word, length) => {
                join(&mut run, &word, &mut out, fault);
                rest = &rest[at + 2 + length..];
            }
            Found::Broken(length) => {
                fault(Code::BadEncodedWord, "");
                finish_before(&mut run, between, &mut out, fault);
                out.push_str(&rest[at..at + 2 + length]);
                rest = &rest[at + 2 + length..];
            }
        }
    }
    finish_before(&mut run, "", &mut out, fault);
    out.push_str(rest);
    out.into()
}

/// The encoded word that `text` starts with, as it stands. One of normal length is enough here
/// (75 characters by RFC 2047, section 2), and keeps a list of broken ones linear.
pub(super) fn prefix(text: &str) -> Option<&str> {
    let mut end = text.len().min(300);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    match word(text[..end].strip_prefix("=?")?) {
        Found::Word(_, length) => Some(&text[..2 + length]),
        Found::Broken(_) => None,
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

enum Found<'a> {
    /// With how many bytes it has after its `=?`.
    Word(Word<'a>, usize),
    /// So many bytes after the `=?` are plain text; there the search goes on.
    Broken(usize),
}

/// Reads `charset?Q?text?=`. Either way all that was looked at is used up, so that the search
/// stays linear.
fn word(text: &str) -> Found<'_> {
    let label_end = text.find(|c: char| !is_label(c)).unwrap_or(text.len());
    let after = &text[label_end..];
    let base64 = match after.as_bytes() {
        [b'?', b'b' | b'B', b'?', ..] => true,
        [b'?', b'q' | b'Q', b'?', ..] => false,
        _ => return Found::Broken(label_end),
    };
    if label_end == 0 {
        return Found::Broken(0);
    }
    let body = &after[3..];
    let used = label_end + 3;
    let end = match word_end(body) {
        Ok(end) => end,
        Err(next) => return Found::Broken(used + next),
    };
    // RFC 2231, section 5: the charset may have a language after it.
    let charset = text[..label_end].split('*').next().unwrap_or_default();
    let text = &body[..end];
    Found::Word(Word { charset, base64, text }, used + end + 2)
}

/// Where `?=` stands, or else where the search has to go on: the `=?` that comes before it shows
/// that this word was never closed.
fn word_end(body: &str) -> Result<usize, usize> {
    let bytes = body.as_bytes();
    for (at, _) in body.match_indices('?') {
        if bytes.get(at + 1) == Some(&b'=') {
            return Ok(at);
        }
        if at > 0 && bytes[at - 1] == b'=' {
            return Err(at - 1);
        }
    }
    Err(body.len())
}

fn is_label(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '+' | '*' | '(' | ')')
}

fn join<'a>(
    run: &mut Option<Run<'a>>,
    word: &Word<'a>,
    out: &mut String,
    fault: &mut dyn FnMut(Code, &str),
) {
    let same = |r: &Run| r.charset.eq_ignore_ascii_case(word.charset);
    if !run.as_ref().is_some_and(same) {
        finish(run, out, fault);
    }
    let charset = word.charset;
    let run = run.get_or_insert_with(|| Run { charset, bytes: Vec::new() });
    if word.base64 {
        let bad = Encoding::Base64.decode_pieces(word.text.as_bytes(), |p| run.bytes.extend(p));
        if bad.is_some() {
            fault(Code::BadEncodedWord, "");
        }
    } else if !q_decode(word.text, &mut run.bytes) {
        fault(Code::BadEncodedWord, "");
    }
}

/// Section 4.2; false if something stands in it that may not. Raw spaces are such a thing, and
/// are what the sender meant.
fn q_decode(text: &str, out: &mut Vec<u8>) -> bool {
    let bytes = text.as_bytes();
    let mut good = true;
    let mut at = 0;
    while at < bytes.len() {
        let pair = (bytes[at] == b'=').then(|| bytes.get(at + 1..at + 3)).flatten();
        if let Some(byte) = pair.and_then(hex_pair) {
            out.push(byte);
            at += 3;
            continue;
        }
        good &= !matches!(bytes[at], b'=' | b' ' | b'\t');
        out.push(if bytes[at] == b'_' { b' ' } else { bytes[at] });
        at += 1;
    }
    good
}

fn finish(run: &mut Option<Run>, out: &mut String, fault: &mut dyn FnMut(Code, &str)) {
    if let Some(run) = run.take() {
        let known = charset(Some(run.charset));
        if let Charset::Unknown = known {
            fault(Code::UnknownCharset, run.charset);
        }
        out.push_str(&known.decode(&run.bytes));
    }
}

/// Ends the run where plain text follows, and gives back the space that was held for a word.
fn finish_before(
    run: &mut Option<Run>,
    between: &str,
    out: &mut String,
    fault: &mut dyn FnMut(Code, &str),
) {
    if run.is_some() {
        finish(run, out, fault);
        out.push_str(between);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> (String, Vec<&'static str>) {
        let mut faults = Vec::new();
        let out = decode(text, &mut |code, _| faults.push(code.name())).into_owned();
        (out, faults)
    }

    #[test]
    fn well_formed() {
        for (text, expected) in [
            ("plain", "plain"),
            ("=?utf-8?q?Caf=C3=A9_x?=", "Café x"),
            ("=?UTF-8?B?Q2Fmw6k=?= bar", "Café bar"),
            ("a =?iso-8859-1?Q?=E9?= b", "a é b"),
            ("=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"),
            ("=?utf-8?Q?a?=\r\n =?iso-8859-1?Q?=E9?=", "aé"),
            ("=?utf-8?Q?=C3?= =?UTF-8?Q?=A9?=", "é"),
            ("=?utf-8?B?w6k=?= =?utf-8?Q?=C3?= =?utf-8?B?qQ==?=", "éé"),
            ("=?utf-8*en?Q?x?=", "x"),
            ("(=?utf-8?Q?x?=)", "(x)"),
            ("=?utf-8?Q?x?==?utf-8?Q?y?=", "xy"),
            ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
            ("=?utf-8?Q?what??=", "what?"),
            ("a=b?c=d", "a=b?c=d"),
        ] {
            assert_eq!(decoded(text), (expected.into(), vec![]), "{text}");
        }
    }

    #[test]
    fn broken_words_stay_readable() {
        for (text, expected, fault) in [
            ("=?utf-8?Q?a b?=", "a b", "bad-encoded-word"),
            ("=?utf-8?X?a?=", "=?utf-8?X?a?=", "bad-encoded-word"),
            ("=?utf-8?Q?open", "=?utf-8?Q?open", "bad-encoded-word"),
            ("=?x-no?Q?a=E9?=", "aé", "unknown-charset"),
            ("=?utf-8?Q?a =?utf-8?Q?b?=", "=?utf-8?Q?a b", "bad-encoded-word"),
            ("=?utf-8?B?aG!k=?=", "hi", "bad-encoded-word"),
            ("=?utf-8?Q?a?= =?u", "a =?u", "bad-encoded-word"),
        ] {
            assert_eq!(decoded(text), (expected.into(), vec![fault]), "{text}");
        }
    }
}
