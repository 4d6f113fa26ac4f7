//! Mailbox files: many messages one after the other, each behind a line that begins with `From `.
//! Reads the variants there are (mboxo, mboxrd, mboxcl, mboxcl2) and writes mboxrd, the one from
//! which every message comes back byte for byte.

use std::io::{self, BufRead, Seek, SeekFrom};

use clap::ValueEnum;

/// How lines that begin with `From ` are kept apart from separators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Variant {
    /// By Content-Length where that fits, else as mboxrd
    Auto,
    /// `>From ` stands for `From `
    Mboxo,
    /// One `>` was put before every `From `, `>From ` ...
    Mboxrd,
    /// Content-Length, and quoted as in mboxo
    Mboxcl,
    /// Content-Length, and nothing quoted
    Mboxcl2,
}

/// A message of a mailbox.
#[derive(Debug, PartialEq, Eq)]
pub struct Letter {
    /// The envelope's sender by the separator line.
    pub from: Option<String>,
    pub raw: Vec<u8>,
}

/// Reads one message after the other.
pub struct Mbox<R> {
    input: R,
    variant: Variant,
    /// The separator before the next message, once it was read.
    separator: Option<Vec<u8>>,
}

impl<R: BufRead + Seek> Mbox<R> {
    pub fn new(input: R, variant: Variant) -> Mbox<R> {
        Mbox { input, variant, separator: None }
    }

    pub fn next(&mut self) -> io::Result<Option<Letter>> {
        while self.separator.is_none() {
            let Some(line) = self.line()? else { return Ok(None) };
            if is_separator(&line) {
                self.separator = Some(line);
            }
        }
        let separator = self.separator.take().unwrap_or_default();
        let mut raw = Vec::new();
        let mut length = None;
        while let Some(line) = self.line()? {
            if is_separator(&line) {
                self.separator = Some(line);
                break;
            }
            let ends_header = line == b"\n" || line == b"\r\n";
            let line = &line[usize::from(self.quotes(&line))..];
            length = content_length(line).or(length);
            raw.extend_from_slice(line);
            if ends_header {
                let by_length = self.variant != Variant::Mboxo && self.variant != Variant::Mboxrd;
                match length.filter(|_| by_length) {
                    Some(length) if self.body_of(length, &mut raw)? => {
                        return Ok(Some(Letter { from: sender(&separator), raw }));
                    }
                    _ => self.body_by_lines(&mut raw)?,
                }
                break;
            }
        }
        strip_end(&mut raw, separator.ends_with(b"\r\n"));
        Ok(Some(Letter { from: sender(&separator), raw }))
    }

    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        Ok((self.input.read_until(b'\n', &mut line)? > 0).then_some(line))
    }

    fn body_by_lines(&mut self, raw: &mut Vec<u8>) -> io::Result<()> {
        while let Some(line) = self.line()? {
            if is_separator(&line) {
                self.separator = Some(line);
                return Ok(());
            }
            raw.extend_from_slice(&line[usize::from(self.quotes(&line))..]);
        }
        Ok(())
    }

    fn quotes(&self, line: &[u8]) -> bool {
        match self.variant {
            Variant::Mboxcl2 => false,
            Variant::Mboxo | Variant::Mboxcl => line.starts_with(b">From "),
            Variant::Auto | Variant::Mboxrd => is_quoted(line),
        }
    }

    /// Reads a body of that length, if it ends where a message ends; else goes back.
    fn body_of(&mut self, length: u64, raw: &mut Vec<u8>) -> io::Result<bool> {
        let start = self.input.stream_position()?;
        let mut body = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(&mut self.input, length), &mut body)?;
        let mut next = self.line()?;
        if matches!(next.as_deref(), Some(b"\n" | b"\r\n")) {
            next = self.line()?;
        }
        if body.len() as u64 != length || next.as_deref().is_some_and(|line| !is_separator(line)) {
            self.input.seek(SeekFrom::Start(start))?;
            return Ok(false);
        }
        self.separator = next;
        let lines = || body.split_inclusive(|b| *b == b'\n');
        let is_plain = self.variant == Variant::Mboxcl2 || lines().any(|l| l.starts_with(b"From "));
        for line in lines() {
            raw.extend_from_slice(&line[usize::from(!is_plain && line.starts_with(b">From "))..]);
        }
        Ok(true)
    }
}

/// A message as mboxrd, with its separator. Whatever it ends with, one line end follows.
pub fn write(sender: &str, time: &str, raw: &[u8], out: &mut Vec<u8>) {
    let is_word = !sender.is_empty() && !sender.contains(char::is_whitespace);
    let sender = if is_word { sender } else { NOBODY };
    out.extend_from_slice(format!("From {sender} {time}\n").as_bytes());
    for line in raw.split_inclusive(|b| *b == b'\n') {
        if line.starts_with(b"From ") || is_quoted(line) {
            out.push(b'>');
        }
        out.extend_from_slice(line);
    }
    out.push(b'\n');
}

/// The sender of a bounce.
const NOBODY: &str = "MAILER-DAEMON";

fn is_quoted(line: &[u8]) -> bool {
    let quotes = line.iter().take_while(|b| **b == b'>').count();
    quotes > 0 && line[quotes..].starts_with(b"From ")
}

/// `From `, somebody, and a time with a year: a sentence that begins with the word is none.
fn is_separator(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let words = || rest.split(|b| b.is_ascii_whitespace());
    let is_time = |word: &[u8]| {
        word.len() >= 4
            && word.contains(&b':')
            && word.iter().all(|b| b.is_ascii_digit() || *b == b':')
    };
    let is_year = |word: &[u8]| word.len() == 4 && word.iter().all(u8::is_ascii_digit);
    words().any(is_time) && words().any(is_year)
}

fn content_length(line: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(line).ok()?;
    let (name, value) = text.split_once(':')?;
    name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
}

fn sender(separator: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(separator);
    match text.split_ascii_whitespace().nth(1)? {
        NOBODY => Some(String::new()),
        word if word.contains('@') => Some(word.to_owned()),
        _ => None,
    }
}

/// The line end before a separator belongs to the mailbox.
fn strip_end(raw: &mut Vec<u8>, crlf: bool) {
    let end: &[u8] = if crlf { b"\r\n" } else { b"\n" };
    if raw.ends_with(end) {
        raw.truncate(raw.len() - end.len());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8], variant: Variant) -> Vec<Letter> {
        let mut mbox = Mbox::new(Cursor::new(text.to_vec()), variant);
        std::iter::from_fn(|| mbox.next().unwrap()).collect()
    }

    const AT: &str = "From ann@x.test Sun Nov 22 21:44:11 2026\n";

    fn raws(mailbox: &str, variant: Variant) -> Vec<String> {
        let text = |letter: Letter| String::from_utf8(letter.raw).unwrap();
        read(mailbox.as_bytes(), variant).into_iter().map(text).collect()
    }

    #[test]
    fn messages_end_where_the_next_begins() {
        let mailbox = format!("{AT}a: b\n\none\n\n{AT}c: d\n\nFrom here on it is text\n\n");
        let expected = ["a: b\n\none\n", "c: d\n\nFrom here on it is text\n"];
        assert_eq!(raws(&mailbox, Variant::Auto), expected);
        let crlf = mailbox.replace('\n', "\r\n");
        assert_eq!(raws(&crlf, Variant::Auto), expected.map(|raw| raw.replace('\n', "\r\n")));
        let letters = read(mailbox.as_bytes(), Variant::Auto);
        assert_eq!(letters[0].from.as_deref(), Some("ann@x.test"));
    }

    #[test]
    fn each_variant_has_its_quotes() {
        let mailbox = format!("{AT}a: b\n\n>From one\n>>From two\n\n");
        let body =
            |variant| raws(&mailbox, variant)[0].strip_prefix("a: b\n\n").unwrap().to_owned();
        assert_eq!(body(Variant::Mboxrd), "From one\n>From two\n");
        assert_eq!(body(Variant::Mboxo), "From one\n>>From two\n");
        assert_eq!(body(Variant::Mboxcl2), ">From one\n>>From two\n");
    }

    #[test]
    fn a_length_that_fits_is_believed_and_no_other() {
        let inner = format!("before\n{AT}a: still the body\n");
        let mailbox =
            |n: usize| format!("{AT}Content-Length: {n}\n\n{inner}\n{AT}a: next\n\nx\n\n");
        let found = raws(&mailbox(inner.len()), Variant::Auto);
        assert_eq!(
            found,
            [format!("Content-Length: {}\n\n{inner}", inner.len()), "a: next\n\nx\n".into()]
        );
        assert_eq!(raws(&mailbox(inner.len() + 3), Variant::Auto).len(), 3);
        assert_eq!(raws(&mailbox(inner.len()), Variant::Mboxrd).len(), 3);
    }

    proptest! {
        /// What is written comes back, whatever it is.
        #[test]
        fn every_message_comes_back(
            raws in proptest::collection::vec("(>{0,2}From |From a Sun Nov 22 21:44:11 2026|\n|\r\n|a|\u{e9}|Content-Length: 3\n\n){0,8}", 1..4)
        ) {
            let mut mailbox = Vec::new();
            for raw in &raws {
                write("a@x.test", "Sun Nov 22 21:44:11 2026", raw.as_bytes(), &mut mailbox);
            }
            let back: Vec<_> = read(&mailbox, Variant::Mboxrd).into_iter().map(|l| l.raw).collect();
            let raws: Vec<_> = raws.iter().map(|raw| raw.as_bytes().to_vec()).collect();
            prop_assert_eq!(back, raws);
        }
    }
}
