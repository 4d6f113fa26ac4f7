//! Whether bytes that come in pieces are UTF-8.
//!
//! Owns only that: a character may stand across two pieces, which `str::from_utf8` alone would
//! call an error.

#[derive(Default)]
pub(super) struct Utf8 {
    pub has_8bit: bool,
    is_invalid: bool,
    /// The beginning of a character that goes on in the next piece.
    held: [u8; 4],
    held_len: usize,
}

impl Utf8 {
    pub fn feed(&mut self, piece: &[u8]) {
        if piece.is_ascii() && self.held_len == 0 {
            return;
        }
        self.has_8bit |= !piece.is_ascii();
        let mut piece = piece;
        while self.held_len > 0 && !self.is_invalid {
            let Some((byte, rest)) = piece.split_first() else {
                return;
            };
            piece = rest;
            self.held[self.held_len] = *byte;
            self.held_len += 1;
            self.check_held();
        }
        if self.is_invalid {
            return;
        }
        let Err(error) = std::str::from_utf8(piece) else {
            return;
        };
        let rest = &piece[error.valid_up_to()..];
        self.is_invalid = error.error_len().is_some();
        if !self.is_invalid {
            self.held[..rest.len()].copy_from_slice(rest);
            self.held_len = rest.len();
        }
    }

    fn check_held(&mut self) {
        match std::str::from_utf8(&self.held[..self.held_len]) {
            Ok(_) => self.held_len = 0,
            Err(error) => self.is_invalid = error.error_len().is_some(),
        }
    }

    pub fn is_valid(&self) -> bool {
        !self.is_invalid && self.held_len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_answer_for_any_pieces() {
        for (text, valid) in [
            ("aé€😀z".as_bytes(), true),
            (b"a\xe9z", false),
            (b"\xe2\x82", false),
            (b"\xf0\x9f\x98\x80\xff", false),
            (b"", true),
        ] {
            for size in 1..6 {
                let mut utf8 = Utf8::default();
                text.chunks(size).for_each(|piece| utf8.feed(piece));
                assert_eq!(utf8.is_valid(), valid, "{text:?} in {size}");
                assert_eq!(utf8.has_8bit, !text.is_ascii());
            }
        }
    }
}
