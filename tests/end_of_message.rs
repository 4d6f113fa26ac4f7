//! The end of a message and what is kept of it, for every string of up to 8 over `a . CR LF`,
//! whole, at every split, and byte by byte, against a reference of ten lines.

#![allow(clippy::unwrap_used)]

use restante::smtp::{ContentReader, LineEnd};

/// What is kept, and how many bytes were taken if the message ended.
type Outcome = (Vec<u8>, Option<usize>);

fn reference(bytes: &[u8], line_end: &[u8]) -> Outcome {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let line_start = at == 0 || bytes[..at].ends_with(line_end);
        if line_start
            && bytes[at..].strip_prefix(b".").is_some_and(|rest| rest.starts_with(line_end))
        {
            return (kept, Some(at + 1 + line_end.len()));
        }
        kept.extend((!line_start || bytes[at] != b'.').then_some(bytes[at]));
        at += 1;
    }
    (kept, None)
}

fn read(pieces: &[&[u8]], line_end: LineEnd) -> Outcome {
    let mut content = ContentReader::new(line_end, 1000);
    let mut before = 0;
    for piece in pieces {
        if let Some(end) = content.feed(piece) {
            return (content.into_raw().unwrap(), Some(before + end));
        }
        before += piece.len();
    }
    (content.into_raw().unwrap(), None)
}

/// Bytes at the end that may belong to the end of the message are not kept yet, so only messages
/// that end are compared whole.
fn same(got: &Outcome, expected: &Outcome) -> bool {
    match expected.1 {
        Some(_) => got == expected,
        None => {
            got.1.is_none() && expected.0.starts_with(&got.0) && expected.0.len() <= got.0.len() + 1
        }
    }
}

fn check(bytes: &[u8]) {
    for (mode, line_end) in [(LineEnd::CrLf, &b"\r\n"[..]), (LineEnd::Lf, b"\n")] {
        let expected = reference(bytes, line_end);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        let mut splits = vec![single];
        splits.extend((0..=bytes.len()).map(|at| vec![&bytes[..at], &bytes[at..]]));
        for pieces in splits {
            let got = read(&pieces, mode);
            assert!(same(&got, &expected), "{mode:?} {pieces:?}: got {got:?}, not {expected:?}");
        }
    }
}

#[test]
fn every_string_up_to_eight() {
    let mut strings = vec![Vec::new()];
    for _ in 0..8 {
        let longer = strings.iter().flat_map(|string: &Vec<u8>| {
            b"a.\r\n".map(|byte| [string.as_slice(), &[byte]].concat())
        });
        strings = longer.collect();
        for string in &strings {
            check(string);
            // The same inside a message that goes on and ends, in either mode.
            if string.len() <= 6 {
                check(&[string, &b"\n.\r\nb\r\n.\r\nc\n.\nd"[..]].concat());
            }
        }
    }
    assert_eq!(strings.len(), 4usize.pow(8));
}

/// Runs longer than the blocks of the scanner, with the line end at every place of a block.
#[test]
fn line_ends_at_every_place_of_a_block() {
    for length in 0..100 {
        for line_end in [&b"\r\n"[..], b"\n"] {
            let line = [&vec![b'x'; length][..], line_end].concat();
            let text = [&line[..], &line, b".", line_end, b"QUIT"].concat();
            check(&text);
        }
    }
}

#[test]
fn size_at_its_bound() {
    for (max, kept) in [(4, false), (5, true), (6, true)] {
        let mut content = ContentReader::new(LineEnd::CrLf, max);
        assert_eq!(content.feed(b"..ab\r\n.\r\nQUIT"), Some(9));
        assert_eq!(content.size(), 5);
        assert_eq!(content.into_raw().is_some(), kept, "{max}");
    }
}

fn codes(line_end: LineEnd, bytes: &[u8]) -> Vec<String> {
    let mut content = ContentReader::new(line_end, 10_000);
    assert_eq!(content.feed(bytes), Some(bytes.len()), "{:?}", bytes.escape_ascii());
    content.notices(false).into_iter().map(|notice| notice.code.into_owned()).collect()
}

#[test]
fn look_alikes_are_noted() {
    let (bare, alike) = ("bare-lf-in-content", "false-end-of-message");
    for (text, expected) in [
        (&b"a\r\n.\r\n"[..], vec![]),
        (b"a\r\n..\r\n.\r\n", vec![]),
        (b"..\r\n.\r\n", vec![]),
        (b"a\n.\r\nb\r\n.\r\n", vec![bare, alike]),
        (b"\n.\r\nb\r\n.\r\n", vec![bare, alike]),
        (b"a\n.\nb\r\n.\r\n", vec![bare, alike]),
        (b"a\r\n.\nb\r\n.\r\n", vec![bare, alike]),
        (b"a\nb\r\n.\r\n", vec![bare]),
        (b"a\rb\r\n.\r\n", vec!["bare-cr-in-content"]),
        (b"a\r\r\n.\r\n", vec!["bare-cr-in-content"]),
        (b"a\r\n.b\r\n.\r\n", vec!["dot-not-stuffed"]),
    ] {
        assert_eq!(codes(LineEnd::CrLf, text), expected, "{:?}", text.escape_ascii());
    }
    for (text, expected) in [
        (&b"a\n..\n.\n"[..], vec![]),
        (b"a\n.\r\nb\n.\n", vec![alike]),
        (b"a\r\n.\r\nb\n.\n", vec![alike]),
        (b"a\r\n.\n", vec![]),
    ] {
        assert_eq!(codes(LineEnd::Lf, text), expected, "{:?}", text.escape_ascii());
    }
}

#[test]
fn line_length_at_its_bound() {
    for (length, noted) in [(997, false), (998, false), (999, true)] {
        for (mode, line_end) in [(LineEnd::CrLf, "\r\n"), (LineEnd::Lf, "\n")] {
            let text = format!("..{}{line_end}.{line_end}", "x".repeat(length - 1));
            let codes = codes(mode, text.as_bytes());
            assert_eq!(!codes.is_empty(), noted, "{length} {mode:?} {codes:?}");
        }
    }
}
