//! Command lines out of a stream of bytes, in bounded memory.
//!
//! A line ends in LF; whether a CR stood before it is told along. What a line says is not known
//! here, nor is the content of a message: that has other rules (see `data.rs`).

/// A line without its end.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    pub text: Vec<u8>,
    /// It ended in LF without CR.
    pub bare_lf: bool,
    /// It was longer than the limit: `text` is only its beginning.
    pub too_long: bool,
}

/// Collects the pieces of the line under way.
#[derive(Debug, Default)]
pub struct Lines {
    held: Vec<u8>,
    /// Octets of the line so far, of which `held` may be only the first.
    length: usize,
}

impl Lines {
    /// Takes bytes up to the first line end and says how many that were. `limit` counts the line
    /// end; no more than that is ever held, whatever the client sends.
    pub fn feed(&mut self, bytes: &[u8], limit: usize) -> (usize, Option<Line>) {
        let end = memchr::memchr(b'\n', bytes);
        let taken = end.map_or(bytes.len(), |at| at + 1);
        let room = limit.saturating_sub(self.held.len());
        self.held.extend_from_slice(&bytes[..taken.min(room)]);
        self.length = self.length.saturating_add(taken);
        (taken, end.map(|_| self.finish(limit)))
    }

    fn finish(&mut self, limit: usize) -> Line {
        let mut text = std::mem::take(&mut self.held);
        let too_long = std::mem::take(&mut self.length) > limit;
        if too_long {
            return Line { text, bare_lf: false, too_long };
        }
        text.pop();
        let bare_lf = text.last() != Some(&b'\r');
        if !bare_lf {
            text.pop();
        }
        Line { text, bare_lf, too_long }
    }

    /// The beginning of a line that has not ended yet.
    pub fn unfinished(&self) -> &[u8] {
        &self.held
    }

    pub fn clear(&mut self) {
        *self = Lines::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, bare_lf: bool, too_long: bool) -> Option<Line> {
        let text = text.as_bytes().to_vec();
        Some(Line { text, bare_lf, too_long })
    }

    #[test]
    fn a_line_at_its_bound() {
        for (bytes, expected) in [
            ("ab\r\n", line("ab", false, false)),
            ("abc\r\n", line("abc", false, false)),
            ("abcd\r\n", line("abcd\r", false, true)),
            ("abcd\n", line("abcd", true, false)),
            ("abcde\n", line("abcde", false, true)),
            ("\n", line("", true, false)),
        ] {
            let mut lines = Lines::default();
            assert_eq!(lines.feed(bytes.as_bytes(), 5), (bytes.len(), expected));
        }
    }

    #[test]
    fn no_more_is_held_than_the_limit() {
        for size in [1, 3, 4, 5, 7, 1000] {
            let mut lines = Lines::default();
            for _ in 0..100 {
                assert_eq!(lines.feed(&vec![b'x'; size], 5), (size, None));
                assert!(lines.unfinished().len() <= 5);
                assert!(lines.held.capacity() <= 16);
            }
            assert_eq!(lines.feed(b"\nNOOP", 5), (1, line("xxxxx", false, true)));
            assert!(lines.unfinished().is_empty());
        }
    }
}
