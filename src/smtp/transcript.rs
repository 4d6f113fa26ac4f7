//! The dialogue of a session in order, as people read it: who said what, when, and what was odd.
//!
//! Content is referred to by its size and never copied. What is secret has been masked by the
//! caller. The whole transcript of a session is bounded in octets of text (not a window: what
//! is kept is its beginning), however often its entries are drained.

use serde::{Deserialize, Serialize};

use super::notice::Notice;

/// Microseconds since the connection was accepted.
pub type Micros = u64;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Client,
    Server,
    Event,
}

impl Direction {
    fn name(self) -> &'static str {
        match self {
            Direction::Client => "client",
            Direction::Server => "server",
            Direction::Event => "event",
        }
    }
}

/// One line of the dialogue, or the content of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub at: Micros,
    pub from: Direction,
    /// Without line end. For content: `.` if it came to its end, `chunk` if it is part of a message
    /// that goes on, empty if it was cut off or passed over.
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
}

impl Entry {
    /// Appends it as JSON. Most of a dialogue are plain lines, which need nothing of a serializer.
    pub fn write_json(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        let is_plain = self.notices.is_empty() && self.content.is_none();
        if !is_plain || self.text.bytes().fold(false, |found, byte| found | is_escaped(byte)) {
            return serde_json::to_writer(out, self);
        }
        // Piece by piece: `write!` would be half the cost of a line.
        let mut at = itoa::Buffer::new();
        let pieces =
            [r#"{"at":"#, at.format(self.at), r#","from":""#, self.from.name(), r#"","text":""#];
        for piece in pieces.into_iter().chain([self.text.as_str(), r#""}"#]) {
            out.extend_from_slice(piece.as_bytes());
        }
        Ok(())
    }
}

/// JSON writes these bytes of a string in another way (RFC 8259, section 7).
fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// The bytes of a message, which are kept elsewhere or nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub size: u64,
    /// Nothing until the store has it, and for ever if it was refused or cut off.
    pub message_id: Option<String>,
}

#[derive(Debug)]
pub struct Transcript {
    entries: Vec<Entry>,
    /// Octets of text there is still room for.
    room: usize,
    elided: u64,
}

impl Transcript {
    pub fn new(max_bytes: usize) -> Transcript {
        Transcript { entries: Vec::new(), room: max_bytes, elided: 0 }
    }

    pub fn client(&mut self, at: Micros, text: String, notices: Vec<Notice>) {
        self.push(Entry { at, from: Direction::Client, text, notices, content: None });
    }

    pub fn content(&mut self, at: Micros, size: u64, text: &str, notices: Vec<Notice>) {
        let text = text.to_owned();
        let content = Some(Content { size, message_id: None });
        self.push(Entry { at, from: Direction::Client, text, notices, content });
    }

    pub fn server(&mut self, at: Micros, text: String) {
        self.push(Entry { at, from: Direction::Server, text, notices: Vec::new(), content: None });
    }

    /// Events are few, and the last one says how the session ended: they have always room.
    pub fn event(&mut self, at: Micros, text: String) {
        self.entries.push(Entry {
            at,
            from: Direction::Event,
            text,
            notices: Vec::new(),
            content: None,
        });
    }

    fn push(&mut self, entry: Entry) {
        if self.elided == 0 && entry.text.len() <= self.room {
            self.room -= entry.text.len();
            self.entries.push(entry);
            return;
        }
        // Once one is left out, all are: a dialogue with holes misleads.
        if self.elided == 0 {
            self.event(entry.at, "the transcript is full; what follows is left out".to_owned());
        }
        self.elided += 1;
    }

    /// How many entries were left out.
    pub fn elided(&self) -> u64 {
        self.elided
    }

    pub fn take(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.entries)
    }
}

/// Bytes as a transcript shows them: text as it is, `\xNN` for what is not text.
pub fn shown(bytes: &[u8]) -> String {
    // Nearly always.
    if bytes.iter().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'))
        && let Ok(text) = str::from_utf8(bytes)
    {
        return text.to_owned();
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            if letter.is_control() {
                let mut buffer = [0; 4];
                push_escaped(&mut text, letter.encode_utf8(&mut buffer).as_bytes());
            } else {
                text.push(letter);
            }
        }
        push_escaped(&mut text, chunk.invalid());
    }
    text
}

fn push_escaped(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        text.push_str(&format!("\\x{byte:02x}"));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test, which clippy does not see inside the macro
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_entry_is_written_as_serde_writes_it(at: u64, text: String, size: Option<u64>) {
            for from in [Direction::Client, Direction::Server, Direction::Event] {
                let content = size.map(|size| Content { size, message_id: None });
                let entry = Entry { at, from, text: text.clone(), notices: Vec::new(), content };
                let mut written = Vec::new();
                entry.write_json(&mut written).unwrap();
                prop_assert_eq!(String::from_utf8(written).unwrap(), serde_json::to_string(&entry).unwrap());
            }
        }
    }
}
