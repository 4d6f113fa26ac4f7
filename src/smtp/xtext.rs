//! The encodings in which parameters of MAIL and RCPT carry other text: xtext (RFC 3461, section
//! 4) and the forms of an internationalized address (RFC 6533, section 3).

/// Octets of the text that `xtext` stands for, if it is xtext.
pub fn decoded_length(xtext: &str) -> Option<usize> {
    let mut bytes = xtext.bytes();
    let mut length = 0;
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => {
                let mut hex = || bytes.next().filter(|byte| is_hex(*byte));
                hex().and_then(|_| hex())?;
            }
            b'!'..=b'~' if byte != b'=' => {}
            _ => return None,
        }
        length += 1;
    }
    Some(length)
}

/// `utf-8-enc-addr`: an address in UTF-8, or with `\x{HEX}` in the place of characters. Not the
/// address itself is looked at, only its encoding.
pub fn is_utf8_address(text: &str) -> bool {
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        rest = match letter {
            '\\' => match after_escape(rest) {
                Some(rest) => rest,
                None => return false,
            },
            '+' | '=' => return false,
            _ if letter.is_ascii() && !letter.is_ascii_graphic() => return false,
            _ => &rest[letter.len_utf8()..],
        };
    }
    !text.is_empty()
}

/// What follows `\x{HEX}`. Only what cannot stand for itself is written so.
fn after_escape(text: &str) -> Option<&str> {
    let (digits, rest) = text.strip_prefix("\\x{")?.split_once('}')?;
    let is_short =
        (2..=6).contains(&digits.len()) && (digits.len() == 2 || !digits.starts_with('0'));
    if !is_short || !digits.bytes().all(is_hex) {
        return None;
    }
    let letter = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
    let stands_for_itself = letter.is_ascii_graphic() && !"\\+=".contains(letter);
    (!stands_for_itself).then_some(rest)
}

/// RFC 3461 and RFC 6533 have capitals only.
fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'F')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xtext() {
        for (text, expected) in [
            ("", Some(0)),
            ("ann@example.com", Some(15)),
            ("a+2Bb+3D", Some(4)),
            ("a+2bb", None),
            ("a+2", None),
            ("a+", None),
            ("a=b", None),
            ("a b", None),
            ("é", None),
        ] {
            assert_eq!(decoded_length(text), expected, "{text}");
        }
    }

    #[test]
    fn utf8_addresses() {
        for (text, good) in [
            ("ann@example.com", true),
            ("josé@example.com", true),
            ("jos\\x{E9}@example.com", true),
            ("\\x{7528}\\x{6237}@\\x{4F8B}", true),
            ("\\x{10FFFF}", true),
            ("a\\x{2B}b\\x{5C}\\x{3D}\\x{20}", true),
            ("", false),
            ("a+b", false),
            ("a=b", false),
            ("a b", false),
            ("\\x{41}", false),
            ("\\x{e9}", false),
            ("\\x{E}", false),
            ("\\x{00E9}", false),
            ("\\x{D800}", false),
            ("\\x{110000}", false),
            ("\\x{}", false),
            ("\\x{E9", false),
            ("\\E9", false),
        ] {
            assert_eq!(is_utf8_address(text), good, "{text}");
        }
    }
}
