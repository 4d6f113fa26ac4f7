//! Any bytes at any split: the same outputs and entries, nothing beyond its bound, no secret shown.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use proptest::prelude::*;
use restante::smtp::{Config, Delivery, DeliveryError, End, Entry, Info, Late, Output, Session};

/// All that comes of some bytes: what is written, delivered, recorded, and counted.
#[derive(Debug, PartialEq)]
struct Outcomes {
    wire: Vec<u8>,
    mails: Vec<Delivery>,
    closed: bool,
    entries: Vec<Entry>,
    info: Info,
}

const MAIL: &[u8] = b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n.\r\n";

fn small() -> Config {
    Config {
        max_message_size: 40,
        max_recipients: 2,
        max_command_line: 60,
        max_errors: 5,
        max_transcript_bytes: 700,
        ..Config::default()
    }
}

fn run<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Outcomes {
    let mut session = Session::new(Arc::new(small()));
    let (mut wire, mut mails, mut closed) = (Vec::new(), Vec::new(), false);
    session.greet(0);
    for piece in pieces.chain([&b""[..]]) {
        session.feed(0, piece);
        while let Some(output) = session.next() {
            assert!(!closed, "an output after Close");
            match output {
                Output::Reply(bytes) => wire.extend(bytes),
                Output::Close => closed = true,
                Output::StartTls => unreachable!("it is not offered"),
                Output::Check(_) => unreachable!("there are no users"),
                Output::Deliver(mail) => {
                    assert!(mail.raw.len() <= 40 && mail.envelope.to.len() <= 2);
                    mails.push(mail);
                    session.delivered(0, Ok("id"));
                }
            }
        }
    }
    session.end(0, End::ClientClosed);
    Outcomes { wire, mails, closed, entries: session.take_entries(), info: session.info().clone() }
}

/// Input that gets far: real commands, some broken, with line ends and junk among them.
fn input() -> impl Strategy<Value = Vec<u8>> {
    let command = prop::sample::select(vec![
        "EHLO a",
        "HELO 192.0.2.1",
        "MAIL FROM:<a@b>",
        "MAIL FROM: a@b SIZE=41",
        "MAIL FROM:<a@b> BODY=BINARYMIME",
        "RCPT TO:<c@d>",
        "DATA",
        ".",
        "..",
        "RSET",
        "NOOP é",
        "BDAT 0 LAST",
        "BDAT 3",
        "BDAT 41 LAST",
        "BDAT 7 LAST",
        "BDAT x",
        "AUTH PLAIN",
        "AUTH LOGIN YW5u",
        "AGEAYg==",
        "*",
        "GET / HTTP/1.1",
        "QUIT",
        "",
        "VRFY x",
    ]);
    let line = (command, prop::sample::select(vec!["\r\n", "\r\n", "\r\n", "\n", "\r"]))
        .prop_map(|(command, end)| format!("{command}{end}").into_bytes());
    let junk = prop::collection::vec(any::<u8>(), 0..80);
    let mail = Just(MAIL[..MAIL.len() - 3].to_vec());
    prop::collection::vec(prop_oneof![6 => line, 1 => junk, 2 => mail], 0..30)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_gives_the_same(bytes in input(), sizes in prop::collection::vec(1usize..40, 1..20)) {
        let whole = run(std::iter::once(bytes.as_slice()));
        prop_assert_eq!(&whole, &run(bytes.chunks(1)));
        let mut rest = bytes.as_slice();
        let pieces: Vec<&[u8]> = sizes.iter().cycle().map_while(|&size| {
            let (piece, after) = rest.split_at(size.min(rest.len()));
            rest = after;
            (!piece.is_empty()).then_some(piece)
        }).collect();
        prop_assert_eq!(&whole, &run(pieces.into_iter()));
        let replies = String::from_utf8(whole.wire).unwrap();
        prop_assert!(replies.is_ascii() && replies.ends_with("\r\n"));
        prop_assert!(replies.lines().all(|line| line.len() <= 510), "{}", replies);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let whole = run(std::iter::once(bytes.as_slice()));
        prop_assert_eq!(whole, run(bytes.chunks(7)));
    }

    /// Whatever the driver does and when: no panic, and nothing after the end.
    #[test]
    fn any_order_of_calls(calls in prop::collection::vec((0..9u8, input()), 1..12)) {
        let mut session = Session::new(Arc::new(small()));
        let mut closes = 0;
        for (at, (call, bytes)) in (0..).zip(calls) {
            match call {
                0 => session.shutdown(at),
                1 => session.give_up(at, Late::Idle),
                2 => session.end(at, End::ClientClosed),
                3 => session.delivered(at, Err(DeliveryError::Full)),
                4 | 5 => session.delivered(at, Ok("id")),
                6 => session.feed(at, &MAIL.repeat(3)),
                _ => session.feed(at, &bytes),
            }
            while let Some(output) = session.next() {
                prop_assert_eq!(closes, 0);
                closes += u8::from(output == Output::Close);
            }
        }
    }

    /// The secret comes at each place of AUTH, alone or too early, and never comes out.
    #[test]
    fn secrets_of_auth_stay_hidden(
        secret in "[A-Za-z0-9+/]{9,60}={0,2}",
        dialogue in prop::sample::select(vec![
            "AUTH PLAIN $", "auth login $", "AUTH $", "AUTH FOO $", "\tAUTH\tPLAIN\t$", "AUTH PLAIN\r\n$",
            "AUTH LOGIN\r\n$\r\n$", "AUTH LOGIN\r\n!\r\n$", "AUTH FOO\r\n$\r\n$", "AUTH LOGIN !\r\n\r\n$",
            "AUTH PLAIN AGEAYg==\r\nAUTH PLAIN\r\n$", "MAIL FROM:<a@b>\r\nAUTH PLAIN\r\n$", "AUTH PLAIN\0$",
            "AUTH\0$", "AUTH PLAIN xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx$",
        ]),
        end in prop::sample::select(vec!["\r\n", "\n", ""]),
    ) {
        let outcomes = run(std::iter::once(format!("{}{end}", dialogue.replace('$', &secret)).as_bytes()));
        let shown = serde_json::to_string(&outcomes.entries).unwrap();
        // Not a part of it either: 9 letters do not stand there by chance.
        prop_assert!(!shown.contains(&secret[..9]), "{}", shown);
        prop_assert!(!String::from_utf8_lossy(&outcomes.wire).contains(&secret[..9]));
    }
}
