//! Charsets: from bytes to text.
//!
//! Owns which labels are known and what is done where the label is missing, unknown or untrue.
//! The tables are mail-parser's.

use mail_parser::decoders::charsets::{DecoderFnc, map::charset_decoder};
use std::borrow::Cow;

/// What a declared charset means to us.
#[derive(Clone, Copy)]
pub(super) enum Charset {
    /// None declared, or US-ASCII, which holds no byte over 127: the bytes themselves decide.
    Undeclared,
    Utf8,
    Table(DecoderFnc),
    /// A table too, but see [`without_idle_escapes`].
    Iso2022Jp(DecoderFnc),
    Unknown,
}

const ASCII_LABELS: &[&str] = &["us-ascii", "ascii", "ansi_x3.4-1968", "iso646-us", "us"];

/// mail-parser knows these names but has one replacement character for the whole text.
const WITHOUT_TABLE: &[&str] =
    &["iso-2022-kr", "csiso2022kr", "iso-2022-cn", "iso-2022-cn-ext", "hz-gb-2312", "replacement"];

pub(super) fn charset(label: Option<&str>) -> Charset {
    let Some(label) = label.map(str::trim).filter(|l| !l.is_empty()) else {
        return Charset::Undeclared;
    };
    let is = |name: &&str| name.eq_ignore_ascii_case(label);
    if ASCII_LABELS.iter().any(is) {
        Charset::Undeclared
    } else if is(&"utf-8") || is(&"utf8") {
        Charset::Utf8
    } else if WITHOUT_TABLE.iter().any(is) {
        Charset::Unknown
    } else {
        let is_jp = is(&"iso-2022-jp") || is(&"csiso2022jp");
        let table = if is_jp { Charset::Iso2022Jp } else { Charset::Table };
        charset_decoder(label.as_bytes()).map_or(Charset::Unknown, table)
    }
}

impl Charset {
    /// Never fails: what cannot be decoded becomes U+FFFD.
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            // The check for all of it is several times as fast as the search for a fault.
            Charset::Utf8 => match std::str::from_utf8(bytes) {
                Ok(text) => text.into(),
                Err(_) => String::from_utf8_lossy(bytes),
            },
            Charset::Table(decode) => decode(bytes).into(),
            Charset::Iso2022Jp(decode) => decode(&without_idle_escapes(bytes)).into(),
            Charset::Undeclared | Charset::Unknown => guess(bytes),
        }
    }
}

/// Back to ASCII and at once away again, as where two encoded words are joined: the tables take
/// an escape that nothing follows for an attack and show U+FFFD.
fn without_idle_escapes(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for byte in bytes {
        if *byte == 0x1b && out.ends_with(b"\x1b(B") {
            out.truncate(out.len() - 3);
        }
        out.push(*byte);
    }
    out
}

/// UTF-8 where it is valid, which text in another charset practically never is; else
/// windows-1252, where every byte is some letter and nothing is lost from sight.
pub(super) fn guess(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => match charset_decoder(b"windows-1252") {
            Some(decode) => decode(bytes).into(),
            None => String::from_utf8_lossy(bytes),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        let text = |label, bytes| charset(label).decode(bytes).into_owned();
        assert_eq!(text(Some("ISO-8859-1"), b"caf\xe9"), "café");
        assert_eq!(text(Some("us-ascii"), "café".as_bytes()), "café");
        assert_eq!(text(None, b"caf\xe9"), "café");
        assert_eq!(text(Some("x-none"), b"caf\xe9"), "café");
        assert_eq!(text(Some("utf-8"), b"caf\xe9"), "caf\u{fffd}");
        assert_eq!(text(Some("koi8-r"), b"\xf0\xd2\xc9"), "При");
        let jp = b"\x1b$BF|\x1b(B\x1b$BK\\\x1b(B";
        assert_eq!(text(Some("ISO-2022-JP"), jp), "日本");
        assert!(matches!(charset(Some("hz-gb-2312")), Charset::Unknown));
    }
}
