//! Content transfer encodings (RFC 2045, section 6): base64 and quoted-printable to bytes.
//!
//! Owns both decoders, in one pass that gives what can be decoded and tells the first fault.
//! mail-parser's give nothing at all once they meet a character they do not know, and a mail
//! catcher has to show the rest. They work in small pieces, so that a check needs no memory.

use std::borrow::Cow;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `7bit` and `8bit`: lines of text as they stand.
    Identity,
    /// As it stands too, but the bytes are not lines (RFC 3030), so no line rule holds for them.
    Binary,
    Base64,
    QuotedPrintable,
    Unknown,
}

const PIECE: usize = 3 * 1024;

impl Encoding {
    pub fn named(name: &str) -> Self {
        match name {
            "" | "7bit" | "8bit" => Self::Identity,
            "binary" => Self::Binary,
            "base64" => Self::Base64,
            "quoted-printable" => Self::QuotedPrintable,
            _ => Self::Unknown,
        }
    }

    pub fn is_encoded(self) -> bool {
        matches!(self, Self::Base64 | Self::QuotedPrintable)
    }

    pub fn decode(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        if !self.is_encoded() {
            return bytes.into();
        }
        let mut decoded = Vec::with_capacity(bytes.len());
        self.decode_pieces(bytes, |piece| decoded.extend_from_slice(piece));
        decoded.into()
    }

    /// Gives the decoded bytes piece by piece and returns where the first fault stands.
    pub fn decode_pieces(self, bytes: &[u8], mut out: impl FnMut(&[u8])) -> Option<usize> {
        if !self.is_encoded() {
            out(bytes);
            return None;
        }
        let mut out = Pieces::new(out);
        let fault = match self {
            Self::Base64 => base64(bytes, &mut out),
            _ => quoted_printable(bytes, &mut out),
        };
        out.flush();
        fault
    }
}

struct Pieces<F: FnMut(&[u8])> {
    piece: [u8; PIECE],
    used: usize,
    give: F,
}

impl<F: FnMut(&[u8])> Pieces<F> {
    fn new(give: F) -> Self {
        let piece = [0; PIECE];
        Self { piece, used: 0, give }
    }

    #[inline]
    fn push(&mut self, byte: u8) {
        self.piece[self.used] = byte;
        self.used += 1;
        if self.used == PIECE {
            self.flush();
        }
    }

    fn flush(&mut self) {
        (self.give)(&self.piece[..self.used]);
        self.used = 0;
    }
}

const NONE: u8 = 0xff;
const SPACE: u8 = 0xfe;
const PAD: u8 = 0xfd;

/// What each byte stands for in base64, or one of the three marks above.
const BASE64: [u8; 256] = {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut table = [NONE; 256];
    let mut value = 0;
    while value < 64 {
        table[letters[value] as usize] = value as u8;
        value += 1;
    }
    table[b'\r' as usize] = SPACE;
    table[b'\n' as usize] = SPACE;
    table[b' ' as usize] = SPACE;
    table[b'\t' as usize] = SPACE;
    table[b'=' as usize] = PAD;
    table
};

/// Skips what is no base64. Padding ends a run of bytes, and another run may follow: some
/// programs encode a file in blocks and write them one after the other.
fn base64<F: FnMut(&[u8])>(bytes: &[u8], out: &mut Pieces<F>) -> Option<usize> {
    let mut fault = None;
    let (mut chunk, mut held, mut pads) = (0u32, 0u32, 0u32);
    for (at, &byte) in bytes.iter().enumerate() {
        match BASE64[byte as usize] {
            SPACE => {}
            NONE => fault = fault.or(Some(at)),
            PAD if held > 0 => {
                let complete = held + 1 + u32::from(held == 2) == 4;
                pads = u32::from(held == 2);
                fault = if complete { fault } else { fault.or(Some(at)) };
                tail(chunk, held, out);
                held = 0;
            }
            PAD if pads > 0 => pads -= 1,
            PAD => fault = fault.or(Some(at)),
            value => {
                // More data after padding, or one `=` too few before it.
                if held == 0 && pads > 0 {
                    fault = fault.or(Some(at));
                    pads = 0;
                }
                chunk = chunk << 6 | u32::from(value);
                held += 1;
                if held == 4 {
                    tail(chunk, 4, out);
                    held = 0;
                }
            }
        }
    }
    tail(chunk, held, out);
    let incomplete = held > 0 || pads > 0;
    let last = || bytes.trim_ascii_end().len().saturating_sub(1);
    fault.or_else(|| incomplete.then(last))
}

/// Gives the whole bytes that `held` characters make.
#[inline]
fn tail<F: FnMut(&[u8])>(chunk: u32, held: u32, out: &mut Pieces<F>) {
    if held < 2 {
        return;
    }
    let chunk = chunk << (6 * (4 - held));
    for &byte in &chunk.to_be_bytes()[1..held as usize] {
        out.push(byte);
    }
}

/// Decodes line by line: spaces before a line end were added on the way and go (RFC 2045,
/// section 6.7, rule 3); a `=` that means nothing stays as it is (the same section's advice).
fn quoted_printable<F: FnMut(&[u8])>(bytes: &[u8], out: &mut Pieces<F>) -> Option<usize> {
    let mut fault = None;
    for line in super::lines::lines(bytes, 0..bytes.len()) {
        let mut text = &bytes[line.text()];
        if line.text_end < line.end {
            text = trim_spaces(text);
        }
        let soft = text.last() == Some(&b'=');
        let text = &text[..text.len() - usize::from(soft)];
        let bad = quoted_printable_line(text, out);
        fault = fault.or(bad.map(|at| line.start + at));
        if !soft {
            bytes[line.text_end..line.end].iter().for_each(|&b| out.push(b));
        }
    }
    fault
}

fn quoted_printable_line<F: FnMut(&[u8])>(text: &[u8], out: &mut Pieces<F>) -> Option<usize> {
    let mut fault = None;
    let mut at = 0;
    while at < text.len() {
        let byte = text[at];
        let pair = (byte == b'=').then(|| text.get(at + 1..at + 3)).flatten();
        match pair.and_then(hex_pair) {
            Some(decoded) => {
                out.push(decoded);
                at += 3;
            }
            None => {
                if byte == b'=' || !byte.is_ascii() {
                    fault = fault.or(Some(at));
                }
                out.push(byte);
                at += 1;
            }
        }
    }
    fault
}

pub(super) fn hex_pair(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    match pair {
        &[high, low] => Some((digit(high)? << 4 | digit(low)?) as u8),
        _ => None,
    }
}

fn trim_spaces(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&b| b != b' ' && b != b'\t');
    &text[..end.map_or(0, |at| at + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(encoding: Encoding, text: &str) -> (String, Option<usize>) {
        let mut all = Vec::new();
        let fault = encoding.decode_pieces(text.as_bytes(), |p| all.extend_from_slice(p));
        (String::from_utf8_lossy(&all).into_owned(), fault)
    }

    #[test]
    fn base64_good_and_bad() {
        for (text, bytes, fault) in [
            ("", "", None),
            ("aGk=", "hi", None),
            ("aA==\r\n", "h", None),
            ("aGVs\r\nbG8=", "hello", None),
            ("aGk", "hi", Some(2)),
            ("aA=", "h", Some(2)),
            ("a", "", Some(0)),
            ("aGk=aGk=", "hihi", None),
            ("aG!k=", "hi", Some(2)),
            ("aGk==", "hi", Some(4)),
            ("====", "", Some(0)),
        ] {
            assert_eq!(decoded(Encoding::Base64, text), (bytes.into(), fault), "{text}");
        }
    }

    #[test]
    fn quoted_printable_good_and_bad() {
        for (text, bytes, fault) in [
            ("caf=C3=A9", "café", None),
            ("caf=c3=a9", "café", None),
            ("soft=\r\nbreak", "softbreak", None),
            ("soft= \r\nbreak", "softbreak", None),
            ("spaces  \r\nx", "spaces\r\nx", None),
            ("a=b", "a=b", Some(1)),
            ("1 =ZZ 2", "1 =ZZ 2", Some(2)),
            ("end=", "end", None),
            ("x\ny", "x\ny", None),
            ("é", "é", Some(0)),
            ("=3D=", "=", None),
            ("=\r\n=\r\n", "", None),
        ] {
            let found = decoded(Encoding::QuotedPrintable, text);
            assert_eq!(found, (bytes.into(), fault), "{text}");
        }
    }
}
