//! What a machine made up, and no person: ids, keys and tokens.
//!
//! Owns that judgement over a run of letters, digits and what holds them together. A token that is
//! taken for words in one run and not in the next would make a snapshot unsteady, so a run is a
//! token unless every piece of it looks like a word or a number.

/// Shorter runs say too little to tell them from words.
pub(super) const MIN: usize = 16;
/// The digits of a number that is written out.
const NUMBER: usize = 8;

pub(super) fn is_opaque(run: &str) -> bool {
    if run.len() < MIN || !run.bytes().any(|b| b.is_ascii_alphanumeric()) {
        return false;
    }
    let pieces: Vec<&str> = run.split(is_joint).filter(|piece| !piece.is_empty()).collect();
    let has_digit = run.bytes().any(|b| b.is_ascii_digit());
    if let [piece] = pieces[..]
        && piece.len() >= MIN
        && has_digit
        && piece.bytes().all(|b| b.is_ascii_hexdigit())
    {
        return true;
    }
    is_uuid(&pieces) || is_key(&pieces) || !pieces.iter().all(|piece| is_word(piece))
}

pub(super) fn is_joint(c: char) -> bool {
    "-_.~%+=".contains(c)
}

fn is_uuid(pieces: &[&str]) -> bool {
    let is_hex = |piece: &&str| piece.bytes().all(|b| b.is_ascii_hexdigit());
    let lengths: Vec<_> = pieces.iter().map(|piece| piece.len()).collect();
    lengths == [8, 4, 4, 4, 12] && pieces.iter().all(is_hex)
}

/// `AB12-CD34-EF56`: groups of one length. In small letters some group must mix letters and digits,
/// or it is `blue-shoe-size-2024`.
fn is_key(pieces: &[&str]) -> bool {
    let length = pieces[0].len();
    let is_even = (4..=8).contains(&length) && pieces.iter().all(|piece| piece.len() == length);
    let any = |test: fn(&u8) -> bool| pieces.iter().any(|piece| piece.bytes().any(|b| test(&b)));
    let mixes = |piece: &&str| {
        piece.bytes().any(|b| b.is_ascii_digit()) && piece.bytes().any(|b| b.is_ascii_alphabetic())
    };
    let is_upper = !any(u8::is_ascii_lowercase) && any(u8::is_ascii_digit);
    pieces.len() >= 3 && is_even && (is_upper || pieces.iter().any(mixes))
}

fn is_word(piece: &str) -> bool {
    let is_digits = piece.bytes().all(|b| b.is_ascii_digit());
    let is_letters = piece.bytes().all(|b| b.is_ascii_alphabetic());
    if piece.len() <= 4 || is_letters && piece.len() <= 7 {
        return true;
    }
    if is_digits {
        return piece.len() <= NUMBER;
    }
    let front = piece.trim_end_matches(|c: char| c.is_ascii_digit());
    let back = piece.trim_start_matches(|c: char| c.is_ascii_digit());
    is_regular(piece)
        || is_regular(front) && piece.len() - front.len() <= 4
        || is_regular(back) && piece.len() - back.len() <= 4
        || is_measure(piece)
}

/// Letters as words have them: small, capital, or `LikeThis`.
fn is_regular(letters: &str) -> bool {
    let bytes = letters.as_bytes();
    if letters.is_empty() || !bytes.iter().all(u8::is_ascii_alphabetic) {
        return false;
    }
    if bytes.iter().all(u8::is_ascii_uppercase) {
        return true;
    }
    let mut words = letters.split_inclusive(|c: char| c.is_ascii_uppercase());
    // Before each capital there is a word of two or more small letters; the first may have one.
    let first = words.next().unwrap_or_default();
    let starts_well = first.len() >= 2 || bytes[0].is_ascii_uppercase();
    let tail_is_word = !bytes[bytes.len() - 1].is_ascii_uppercase()
        && bytes.iter().rev().take_while(|b| b.is_ascii_lowercase()).count() >= 2;
    starts_well
        && tail_is_word
        && words.all(|word| word.len() >= 3 || !word.ends_with(|c: char| c.is_ascii_uppercase()))
}

/// `600x400`.
fn is_measure(piece: &str) -> bool {
    piece.split_once('x').is_some_and(|(a, b)| {
        [a, b].iter().all(|n| (1..=5).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::is_opaque;

    #[test]
    fn words_are_words() {
        for words in [
            "how-to-reset-your-password-2024",
            "ConfirmYourEmailAddress",
            "datenschutzerklaerung",
            "summer-sale-600x400-banner.png",
            "blue-shoe-size-2024",
            "ec2-54-23-12-9.compute-1.amazonaws.com",
            "install-macOS-on-your-iPhone",
            "VERKEHRSVORSCHRIFT",
            "x-apple-disable-message-reformatting",
            "1234567890",
            "================",
        ] {
            assert!(!is_opaque(words), "{words}");
        }
    }

    /// Of tokens as programs make them, hardly any is taken for words: that one snapshot would
    /// differ from the next.
    #[test]
    fn random_tokens_are_found() {
        let mut state: u64 = 42;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % below
        };
        let base64url = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
        for (letters, length, most) in [
            (&base64url[..62], 16, 40),
            (&base64url[..62], 22, 1),
            (base64url, 21, 40),
            (base64url, 32, 1),
            (base64url, 43, 0),
            ("0123456789abcdef", 16, 15),
            ("0123456789abcdef", 32, 0),
            ("0123456789abcdefghijklmnopqrstuvwxyz", 25, 20),
            ("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 26, 5),
        ] {
            let letters = letters.as_bytes();
            let mut missed = 0;
            for _ in 0..20_000 {
                let token: String =
                    (0..length).map(|_| char::from(letters[random(letters.len())])).collect();
                missed += u32::from(!is_opaque(token.trim_matches(['-', '_'])));
            }
            assert!(missed <= most, "{missed} of 20000 with {length} of {}", letters.len());
        }
    }

    #[test]
    fn tokens_are_none() {
        for token in [
            "3f9a8b7c6d5e4f3a",
            "0123456789012345",
            "550e8400-e29b-41d4-a716-446655440000",
            "aBcDeFgHiJkLmNoP",
            "V1StGXR8_Z5jdHi6B-myT",
            "01J9ZQ4M7T8N2K5V6W3X0Y1ABC",
            "ckl4mxyz0000a1b2c3d4e5f6g",
            "sk_live_51HxAbCdEfGhIjKl",
            "eyJpZCI6MX0.aBcDeF.k3jF9sLq2mN8",
            "ABCD-1234-EFGH-5678",
            "ab1c-d2ef-3ghi-jk4l",
            "4eC39HqLyjWDarjtT1zdp7dc",
        ] {
            assert!(is_opaque(token), "{token}");
        }
    }
}
