//! What holds for the SMTP engine whatever a client sends. Each check takes any bytes and panics
//! where it finds a fault; the fuzz targets and `tests/fuzz.rs` call them.

#![allow(dead_code, clippy::unwrap_used)]

use std::sync::Arc;

use restante::smtp::{
    Config, ContentReader, Delivery, DeliveryError, End, Entry, Extensions, Info, LineEnd, Memory,
    Nonces, Output, Security, Session,
    proxy::{self, Progress, Source},
};

/// All that comes of some bytes.
#[derive(Debug, PartialEq)]
struct Outcome {
    wire: Vec<u8>,
    mails: Vec<Delivery>,
    closed: bool,
    entries: Vec<Entry>,
    info: Info,
}

/// Small bounds, so that each of them is met.
fn config(strict: bool, hidden: Extensions) -> Config {
    Config {
        max_message_size: 200,
        max_recipients: 3,
        max_command_line: 120,
        max_text_line: 40,
        max_session_messages: 4,
        max_errors: 8,
        max_transcript_bytes: 4000,
        strict,
        hidden,
        memory: Memory::new(1000),
        // Each player of the same bytes is asked the same.
        security: Security { nonces: Nonces::Fixed("NONCE".to_owned()), ..Security::default() },
        ..Config::default()
    }
}

fn play<'a>(config: Config, pieces: impl Iterator<Item = &'a [u8]>) -> Outcome {
    let memory = config.memory.clone();
    let mut session = Session::new(Arc::new(config));
    let mut outcome = Outcome {
        wire: Vec::new(),
        mails: Vec::new(),
        closed: false,
        entries: Vec::new(),
        info: Info::default(),
    };
    session.greet(0);
    pull(&mut session, &mut outcome);
    for piece in pieces {
        session.feed(0, piece);
        pull(&mut session, &mut outcome);
    }
    session.end(0, End::ClientClosed);
    outcome.entries.extend(session.take_entries());
    outcome.info = session.info().clone();
    drop(session);
    assert_eq!(memory.taken(), 0, "memory was not given back");
    outcome
}

fn pull(session: &mut Session, outcome: &mut Outcome) {
    while let Some(output) = session.next() {
        assert!(!outcome.closed, "an output after Close: {output:?}");
        match output {
            Output::Reply(bytes) => outcome.wire.extend(bytes),
            Output::Close => outcome.closed = true,
            Output::StartTls => unreachable!("it is not offered"),
            Output::Check(_) => unreachable!("there are no users"),
            Output::Deliver(mail) => {
                let refused = outcome.mails.len() % 3 == 2;
                outcome.mails.push(mail);
                session.delivered(0, if refused { Err(DeliveryError::Full) } else { Ok("id") });
            }
            #[allow(unreachable_patterns)]
            _ => {}
        }
    }
    outcome.entries.extend(session.take_entries());
}

/// The shape of everything that leaves a session.
fn check_shape(outcome: &Outcome) {
    let replies = std::str::from_utf8(&outcome.wire).expect("replies are text");
    assert!(replies.is_ascii() && replies.ends_with("\r\n"), "{replies:?}");
    for line in replies.split_terminator("\r\n") {
        let bytes = line.as_bytes();
        assert!(bytes.len() <= 510, "a reply of {} octets", bytes.len());
        assert!(matches!(bytes[0], b'2'..=b'5') && bytes[1..3].iter().all(u8::is_ascii_digit));
        assert!(matches!(bytes[3], b' ' | b'-'), "{line:?}");
        assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
    }
    for entry in &outcome.entries {
        assert!(!entry.text.chars().any(char::is_control), "{:?}", entry.text);
    }
    for mail in &outcome.mails {
        let envelope = &mail.envelope;
        assert!(mail.raw.len() <= 200 && (1..=3).contains(&envelope.to.len()));
        assert_eq!(envelope.to.len(), envelope.params.to.len());
        for address in envelope.to.iter().chain([&envelope.from]) {
            assert!(!address.chars().any(char::is_control), "{address:?}");
        }
        assert!(envelope.to.iter().all(|address| !address.is_empty()));
    }
}

/// The first byte says how the session is set up, the second how the rest is split.
pub fn session(data: &[u8]) {
    let [flags, split, bytes @ ..] = data else { return };
    let names = ["chunking", "size", "8bitmime", "smtputf8", "dsn", "enhancedstatuscodes", "auth"];
    let hidden = names.iter().enumerate().filter(|(bit, _)| flags & (2 << bit) != 0);
    let hidden = Extensions::named(hidden.map(|(_, name)| *name)).unwrap();
    let config = || config(flags & 1 != 0, hidden);
    let whole = play(config(), std::iter::once(bytes));
    check_shape(&whole);
    let size = usize::from(*split).max(1);
    assert_eq!(whole, play(config(), bytes.chunks(size)), "differs in pieces of {size}");
    assert_eq!(whole, play(config(), bytes.chunks(1)), "differs byte by byte");
}

/// One line in each state of the dialogue, in both modes: it is answered, and shown.
pub fn command(data: &[u8]) {
    let line: Vec<u8> = data.iter().copied().filter(|byte| *byte != b'\n').collect();
    let before: [&[u8]; 5] = [
        b"",
        b"EHLO a\r\n",
        b"EHLO a\r\nMAIL FROM:<a@b> SMTPUTF8\r\n",
        b"EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n",
        b"EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 1\r\nx",
    ];
    for (before, strict) in before.iter().flat_map(|before| [(before, false), (before, true)]) {
        let config = || config(strict, Extensions::default());
        let first = play(config(), std::iter::once(*before));
        let bytes = [*before, line.as_slice(), b"\r\n"].concat();
        let whole = play(config(), std::iter::once(bytes.as_slice()));
        check_shape(&whole);
        let is_chunk = line.to_ascii_uppercase().windows(4).any(|word| word == b"BDAT");
        let answered = whole.wire.len() > first.wire.len();
        assert!(answered || is_chunk, "no answer to {:?}", line.escape_ascii().to_string());
        assert!(whole.wire.starts_with(&first.wire));
    }
}

/// What stands behind `MAIL FROM:` and `RCPT TO:`. An address that is taken without a notice reads
/// the same when it is given back, in strict mode too.
pub fn path(data: &[u8]) {
    let line: Vec<u8> = data.iter().copied().filter(|byte| !b"\r\n".contains(byte)).collect();
    let mail = |path: &[u8]| {
        [
            b"EHLO a\r\nMAIL FROM:",
            path,
            b"\r\nRCPT TO:<c@d>\r\nRCPT TO:",
            path,
            b"\r\nBDAT 0 LAST\r\n",
        ]
        .concat()
    };
    let lenient = || Config { max_recipients: 10, ..config(false, Extensions::default()) };
    let whole = play(lenient(), std::iter::once(mail(&line).as_slice()));
    check_shape(&whole);
    let noted = whole.entries.iter().any(|entry| !entry.notices.is_empty());
    let Some(taken) = whole.mails.first().filter(|_| !noted) else { return };
    let again = mail(format!("<{}>", taken.envelope.from).as_bytes());
    let strict = || Config { strict: true, ..lenient() };
    let given_back = play(strict(), std::iter::once(again.as_slice()));
    let envelope = given_back.mails.first().map(|mail| (&mail.envelope.from, &mail.envelope.to));
    // Without SMTPUTF8 among the parameters strict mode does not take other letters.
    if taken.envelope.from.is_ascii() {
        let to = if taken.envelope.from.is_empty() {
            &taken.envelope.to[..1]
        } else {
            &taken.envelope.to
        };
        assert_eq!(
            envelope.map(|(from, to)| (from.as_str(), to.as_slice())),
            Some((taken.envelope.from.as_str(), to))
        );
    }
}

/// Content by both ways of sending it, against a reference that is slow and plain.
pub fn data(data: &[u8]) {
    let [split, bytes @ ..] = data else { return };
    for (mode, line_end) in [(LineEnd::CrLf, &b"\r\n"[..]), (LineEnd::Lf, b"\n")] {
        let (kept, end) = reference(bytes, line_end);
        for size in [bytes.len().max(1), usize::from(*split).max(1), 1] {
            let mut content = ContentReader::new(mode, 1 << 20);
            let mut before = 0;
            let got = bytes.chunks(size).find_map(|piece| {
                let end = content.feed(piece).map(|end| before + end);
                before += piece.len();
                end
            });
            assert_eq!(got, end, "{mode:?} {size}");
            content.notices(false);
            if end.is_some() {
                assert_eq!(content.into_raw().as_deref(), Some(kept.as_slice()), "{mode:?} {size}");
            }
        }
    }
    let chunked =
        format!("EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT {} LAST\r\n", bytes.len());
    let chunked = [chunked.as_bytes(), bytes, b"QUIT\r\n"].concat();
    let whole = play(config(false, Extensions::default()), std::iter::once(chunked.as_slice()));
    check_shape(&whole);
    assert!(whole.closed, "QUIT behind the chunk was not read as a command");
    if bytes.len() <= 200 {
        assert_eq!(whole.mails[0].raw, bytes);
    }
}

/// What is kept, and where the content ends.
fn reference(bytes: &[u8], line_end: &[u8]) -> (Vec<u8>, Option<usize>) {
    let mut kept = Vec::new();
    for at in 0..bytes.len() {
        let line_start = at == 0 || bytes[..at].ends_with(line_end);
        let is_dot = line_start && bytes[at] == b'.';
        if is_dot && bytes[at + 1..].starts_with(line_end) {
            return (kept, Some(at + 1 + line_end.len()));
        }
        if !is_dot {
            kept.push(bytes[at]);
        }
    }
    (kept, None)
}

/// A header of the PROXY protocol and what follows it: however it comes, the same is read, no byte
/// behind the header is asked for, and the client that is found is the one that is given back.
pub fn proxy(data: &[u8]) {
    let [split, bytes @ ..] = data else { return };
    let read = |most_at_once: usize| {
        let mut taken = 0;
        loop {
            match proxy::look(&bytes[..taken]) {
                Progress::More(0) => panic!("nothing more is wanted, and it is not whole"),
                Progress::More(n) if taken < bytes.len() => {
                    taken = bytes.len().min(taken + n.min(most_at_once));
                }
                end => return (taken, end),
            }
        }
    };
    let (taken, whole) = read(usize::MAX);
    assert!(taken <= 16 + 4096, "{taken} bytes are no header");
    for size in [usize::from(*split).max(1), 1] {
        match (whole, read(size)) {
            // What is none may be seen earlier or later, in other words.
            (Progress::Wrong(_), (_, Progress::Wrong(_))) => {}
            (_, other) => assert_eq!((taken, whole), other, "in pieces of {size}"),
        }
    }
    let Progress::Whole(header) = whole else { return };
    assert!(!header.to_string().chars().any(char::is_control));
    for end in 0..taken {
        assert!(matches!(proxy::look(&bytes[..end]), Progress::More(n) if n <= taken - end));
    }
    if let Source::Client(client) = header.source {
        let (family, to) = if client.is_ipv4() { ("TCP4", "192.0.2.1") } else { ("TCP6", "::1") };
        let line = format!("PROXY {family} {} {to} {} 25\r\n", client.ip(), client.port());
        let again = proxy::look(line.as_bytes());
        assert_eq!(again, Progress::Whole(proxy::Header { version: 1, source: header.source }));
    }
}
