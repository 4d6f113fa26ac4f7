//! Base64 as AUTH needs it: decoding only, padded, no line breaks (RFC 4648, section 4).

/// The value of each letter, or nothing for what is not in the alphabet.
fn value(letter: u8) -> Option<u32> {
    Some(u32::from(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

/// The bytes that `text` stands for, or nothing when it is malformed.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let padding = text.iter().rev().take(2).take_while(|&&letter| letter == b'=').count();
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for group in text[..text.len() - padding].chunks(4) {
        let mut bits = 0;
        for &letter in group {
            bits = bits << 6 | value(letter)?;
        }
        // A last group of two or three letters stands for one or two bytes.
        bits <<= 6 * (4 - group.len());
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn decodes_each_length_of_the_last_group() {
        assert_eq!(decode(b"").as_deref(), Some(&b""[..]));
        assert_eq!(decode(b"Zg==").as_deref(), Some(&b"f"[..]));
        assert_eq!(decode(b"Zm8=").as_deref(), Some(&b"fo"[..]));
        assert_eq!(decode(b"Zm9v").as_deref(), Some(&b"foo"[..]));
        assert_eq!(decode(b"Zm9vYg==").as_deref(), Some(&b"foob"[..]));
        assert_eq!(decode(b"+/+/").as_deref(), Some(&b"\xfb\xff\xbf"[..]));
    }

    #[test]
    fn refuses_what_is_malformed() {
        for text in ["Z", "Zg", "Zg=", "Zg=a", "====", "Z===", "Zm9v=", "Zm 9", "Zm9v\n", "Zm9-"] {
            assert_eq!(decode(text.as_bytes()), None, "{text:?}");
        }
    }
}
