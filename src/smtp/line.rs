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
        let end = bytes.iter().position(|&byte| byte == b'\n');
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
            return Line {
                text,
                bare_lf: false,
                too_long,
            };
        }
        text.pop();
        let bare_lf = text.last() != Some(&b'\r');
        if !bare_lf {
            text.pop();
        }
        Line {
            text,
            bare_lf,
            too_long,
        }
    }

    /// The beginning of a line that has not ended yet.
    pub fn unfinished(&self) -> &[u8] {
        &self.held
    }

    pub fn clear(&mut self) {
        *self = Lines::default();
    }
}
