//! What a dialogue file cannot say of the session: how outputs are cut, how it pauses, what shape
//! its entries have, and that it does not grow.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use restante::smtp::{Config, Delivery, DeliveryError, End, Entry, Late, Outcome, Output, Session};

fn session(config: Config) -> Session {
    Session::new(Arc::new(config))
}

/// A session that has taken a mail up to 354, with its outputs so far pulled.
fn receiving(config: Config) -> Session {
    let mut session = session(config);
    session.feed(0, b"HELO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
    while session.next().is_some() {}
    session
}

fn reply(text: &str) -> Option<Output> {
    Some(Output::Reply(text.as_bytes().to_vec()))
}

#[test]
fn replies_to_a_batch_are_one_output() {
    let mut session = session(Config::default());
    session.greet(0);
    session.feed(1, b"HELO a\r\nMAIL FROM:<a@b>\r\nNOOP\r\nQUIT\r\n");
    let expected = "220 localhost ESMTP Restante\r\n250 localhost\r\n250 2.1.0 Sender ok\r\n\
                    250 2.0.0 Ok\r\n221 2.0.0 Bye\r\n";
    assert_eq!(session.next(), reply(expected));
    assert_eq!(session.next(), Some(Output::Close));
    assert_eq!(session.next(), None);
}

/// RFC 4954, section 8: the space after 334 stays, also where no text follows.
#[test]
fn an_empty_challenge_keeps_its_space() {
    let mut session = session(Config::default());
    session.feed(0, b"AUTH PLAIN\r\n");
    assert_eq!(session.next(), reply("334 \r\n"));
}

#[test]
fn a_delivery_pauses_the_session() {
    let mut session = receiving(Config::default());
    assert!(session.is_receiving());
    session.feed(1, b".\r\nNOOP\r\nQU");
    assert!(!session.is_receiving());
    assert!(matches!(session.next(), Some(Output::Deliver(_))));
    assert_eq!(session.next(), None);
    session.feed(2, b"IT\r\n");
    assert_eq!(session.next(), None);
    session.delivered(3, Ok("x1"));
    assert_eq!(
        session.next(),
        reply("250 2.0.0 Ok: queued as x1\r\n250 2.0.0 Ok\r\n221 2.0.0 Bye\r\n")
    );
    assert_eq!(session.next(), Some(Output::Close));
    // A word on a message that is not there changes nothing.
    session.delivered(4, Ok("x2"));
    assert_eq!((session.next(), session.info().messages), (None, 1));
}

#[test]
fn neither_stop_nor_timeout_comes_between_a_message_and_its_reply() {
    let mut session = receiving(Config::default());
    session.feed(1, b".\r\nNOOP\r\n");
    assert!(matches!(session.next(), Some(Output::Deliver(_))));
    session.give_up(2, Late::Idle);
    session.shutdown(2);
    assert_eq!(session.next(), None);
    session.delivered(3, Err(DeliveryError::Failed));
    let replies = "451 4.3.0 The message could not be stored; try again later\r\n\
                   421 4.3.2 The server is stopping; try again later\r\n";
    assert_eq!((session.next(), session.next()), (reply(replies), Some(Output::Close)));
    assert_eq!((session.next(), session.info().outcome), (None, Outcome::Shutdown));
}

/// A chunk under way at the stop is part of a message under way.
#[test]
fn a_stop_waits_for_the_message_in_chunks() {
    let mut session = session(Config::default());
    session.feed(0, b"HELO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 4\r\nHi");
    while session.next().is_some() {}
    session.shutdown(1);
    assert_eq!(session.next(), None);
    session.feed(2, b"\r\nBDAT 0 LAST\r\n");
    assert_eq!(session.next(), reply("250 2.0.0 Ok: 4 octets taken\r\n"));
    assert!(matches!(session.next(), Some(Output::Deliver(_))));
    session.delivered(3, Ok("x1"));
    let replies = "250 2.0.0 Ok: queued as x1\r\n\
                   421 4.3.2 The server is stopping; try again later\r\n";
    assert_eq!((session.next(), session.next()), (reply(replies), Some(Output::Close)));
}

#[test]
fn the_content_entry_is_there_when_the_message_is_delivered() {
    let mut session = receiving(Config::default());
    session.take_entries();
    session.feed(7, b"Hi\r\n.\r\n");
    let entries = serde_json::to_value(session.take_entries()).unwrap();
    let expected =
        r#"[{"at":7,"from":"client","text":".","content":{"size":4,"message_id":null}}]"#;
    assert_eq!(entries, serde_json::from_str::<serde_json::Value>(expected).unwrap());
}

#[test]
fn entries_and_envelopes_have_the_shape_of_the_api() {
    let mut session = session(Config::default());
    session.feed(
        5,
        b"HELO 192.0.2.1\r\nMAIL FROM:<a@b> SIZE=3 SMTPUTF8\r\nRCPT TO:<c@d>\r\nDATA\r\n.\r\n",
    );
    let entries = session.take_entries();
    let json = serde_json::to_value(&entries).unwrap();
    assert_eq!(json[0]["notices"][0]["code"], "helo-bare-ip");
    assert_eq!(json[0]["notices"][0]["rfc"], "RFC 5321, section 4.1.3");
    assert_eq!(json[1], serde_json::json!({"at": 5, "from": "server", "text": "250 localhost"}));
    assert_eq!(serde_json::from_value::<Vec<Entry>>(json).unwrap(), entries);
    session.next();
    let Some(Output::Deliver(Delivery { envelope, .. })) = session.next() else {
        panic!("no delivery")
    };
    let params = serde_json::json!({
        "from": [{"name": "SIZE", "value": "3"}, {"name": "SMTPUTF8", "value": null}], "to": [[]],
    });
    let expected = serde_json::json!({"from": "a@b", "to": ["c@d"], "params": params});
    assert_eq!(serde_json::to_value(envelope).unwrap(), expected);
}

#[test]
fn the_first_reason_for_the_end_counts() {
    for (end, expected) in [
        (End::ClientClosed, Outcome::Closed),
        (End::Timeout, Outcome::Timeout),
        (End::Shutdown, Outcome::Shutdown),
        (End::Error("reset".to_owned()), Outcome::Error),
    ] {
        let mut open = session(Config::default());
        open.end(0, end.clone());
        assert_eq!(open.info().outcome, expected);
        let mut quit = session(Config::default());
        quit.feed(0, b"QUIT\r\n");
        quit.end(1, end);
        assert_eq!(quit.info().outcome, Outcome::Quit);
        assert_eq!(serde_json::to_value(Outcome::CutOff).unwrap(), "cut-off");
    }
}

#[test]
fn a_command_without_end_is_partial_input() {
    let mut session = session(Config::default());
    assert!(!session.has_partial_input());
    session.feed(0, b"NOO");
    assert!(session.has_partial_input());
    session.feed(0, b"P\r\n");
    assert!(!session.has_partial_input());
}

/// The banner has 28 octets, NOOP 4 and its reply 12. Of what is left out one event tells.
#[test]
fn the_transcript_is_full_at_its_bound() {
    for (room, kept, elided) in
        [(27, 0, 3), (28, 1, 2), (29, 1, 2), (43, 2, 1), (44, 3, 0), (45, 3, 0)]
    {
        let mut session = session(Config { max_transcript_bytes: room, ..Config::default() });
        session.greet(0);
        session.feed(0, b"NOOP\r\n");
        let entries = session.take_entries().len();
        let events = usize::from(elided > 0);
        assert_eq!((entries - events, session.elided()), (kept, elided), "{room}");
    }
}

/// A kept connection with very many messages: nothing of it may grow.
#[test]
fn a_kept_connection_does_not_grow() {
    let mut session = session(Config { max_transcript_bytes: 10_000, ..Config::default() });
    let mut recorded = 0;
    let said = b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nHi\r\n.\r\n";
    for _ in 0..10_000 {
        session.feed(0, said);
        while let Some(output) = session.next() {
            if matches!(output, Output::Deliver(_)) {
                session.delivered(0, Ok("id"));
            }
        }
        recorded += session.take_entries().iter().map(|entry| entry.text.len()).sum::<usize>();
    }
    assert!(recorded < 10_100, "{recorded}");
    assert_eq!(
        (session.info().messages, session.info().notices, session.info().commands),
        (10_000, 10_000, 30_000)
    );
    assert_eq!(session.info().bytes, 10_000 * said.len() as u64);
}

/// Time for many small messages in one read grows with their number and not with its square.
#[test]
fn many_messages_in_one_read() {
    let one = b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nHi\r\n.\r\n";
    let mut session = session(Config::default());
    session.feed(0, &one.repeat(20_000));
    while let Some(output) = session.next() {
        if matches!(output, Output::Deliver(_)) {
            session.delivered(0, Ok("id"));
        }
    }
    assert_eq!(session.info().messages, 20_000);
}

#[test]
fn a_stop_leaves_aside_what_was_sent_ahead() {
    let one = b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nHi\r\n.\r\n";
    let mut session = session(Config::default());
    session.feed(0, &one.repeat(3));
    session.delivered(1, Ok("x1"));
    session.shutdown(2);
    session.delivered(3, Ok("x2"));
    let outputs: Vec<Output> = std::iter::from_fn(|| session.next()).collect();
    let mails = outputs.iter().filter(|output| matches!(output, Output::Deliver(_))).count();
    assert_eq!((mails, outputs.last()), (2, Some(&Output::Close)));
    assert_eq!(session.info().messages, 2);
}
