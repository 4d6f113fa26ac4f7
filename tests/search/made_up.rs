//! Messages and queries made up at random: the index finds what a look into each message finds.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use restante::search::{Facts, Query, SessionFacts};
use restante::store::Store;

use crate::mail::{Mail, NOW, bounds, find, parse};

/// Few, so that queries meet messages; odd ones, so that they meet them oddly.
const WORDS: &[&str] = &[
    "order",
    "ORDER",
    "São",
    "sao",
    "a",
    "aa",
    "invoice",
    "東京",
    "東京都庁",
    "京",
    "1",
    "10時",
    "don't",
    "foo_bar",
    "x@y.test",
    "Straße",
    "е́ж",
    "서울에서",
    "ﬁne",
    "-",
    "...",
    "*",
    "\u{e040}",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];
const ADDRESSES: &[&str] =
    &["ann@x.test", "joann@x.test", "a@x", "ba@x", "Ann@X.Test", "root", "x@例え.jp", "\"a b\"@x"];
const NAMES: &[&str] = &["", "Ann Smith", "ann@x.test", "東京", "Smith, Ann", "SÃO a"];

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(select(WORDS), 0..6).prop_map(|words| words.join(" "))
}

fn address() -> impl Strategy<Value = String> {
    (select(NAMES), select(ADDRESSES)).prop_map(|(name, address)| match name {
        "" => address.to_owned(),
        name => format!("\"{name}\" <{address}>"),
    })
}

fn mail() -> impl Strategy<Value = Mail> {
    let header = (address(), prop::collection::vec(address(), 0..3), text(), text());
    let body = (text(), text(), select(&["", "a.pdf", "Ä b.PDF", "東京.png"][..]), 0..4u8);
    let envelope = (select(&["", "ann@x.test", "root"][..]), select(ADDRESSES));
    let rest = (
        select(&["default", "QA", "qa"][..]),
        select(&["app.local", "APP.local", "[::1]"][..]),
        any::<(bool, bool)>(),
        prop::collection::vec(select(&["urgent", "Urgent", "é"][..]), 0..2),
        -200_000_000i64..0,
    );
    (header, body, envelope, rest).prop_map(|(header, body, envelope, rest)| {
        let raw = raw(&header, &body);
        let facts = Facts {
            id: restante::store::id::new(),
            inbox: rest.0.into(),
            received_at: NOW + rest.4,
            read: rest.2.0,
            starred: rest.2.1,
            tags: rest.3.into_iter().map(str::to_owned).collect(),
            mail_from: envelope.0.into(),
            rcpt: vec![envelope.1.into()],
            session: "S1".into(),
            ..Facts::default()
        };
        // The session that a message names is not one of the store here.
        Mail::new(facts, SessionFacts::default(), raw.into_bytes())
    })
}

fn raw(
    (from, to, subject, custom): &(String, Vec<String>, String, String),
    (text, html, file, shape): &(String, String, &str, u8),
) -> String {
    let head = format!(
        "From: {from}\r\nTo: {}\r\nSubject: {subject}\r\nX-Custom: {custom}\r\nMIME-Version: 1.0\r\n",
        to.join(", ")
    );
    let utf8 = "charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
    let attached = format!(
        "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"{file}\"\r\n\r\nx"
    );
    match shape {
        0 => format!("{head}Content-Type: text/plain; {utf8}{text}"),
        1 => format!("{head}Content-Type: text/html; {utf8}<p>{html}</p><a href=x>{text}</a>"),
        2 => format!(
            "{head}Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; {utf8}{text}\r\n--b\r\nContent-Type: text/html; {utf8}<b>{html}</b>\r\n--b--"
        ),
        _ => format!(
            "{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; {utf8}{text}\r\n--b\r\n{attached}\r\n--b--"
        ),
    }
}

fn term() -> impl Strategy<Value = String> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let words = "subject body html filename header.x-custom header.subject from to cc rcpt";
    let fields: Vec<&str> = words.split(' ').collect();
    let addresses = vec!["from", "to", "rcpt", "mailfrom"];
    let values: Vec<&str> =
        "inbox:qa inbox:=QA inbox:d* helo:app.local type:text type:text/html type:*/pdf tag:urgent tag:=Urgent \
         tag:* has:attachment has:html has:text has:link is:read is:unread is:starred larger:300 smaller:350 \
         after:1d before:1d after:2d filename:*.pdf filename:* filename:a* from:* to:*@x.test to:ann* \
         from:*@x rcpt:*n@* mailfrom:<> header.x-custom:* header.x-custom:*a* session:S1 session:s1 via:smtp \
         subject:~[aeiou]r body:~^ord ~東 from:~(?i)ANN defect:* user:* subject:ord* inv* 東*"
            .split_whitespace()
            .collect();
    prop_oneof![
        3 => select(WORDS).prop_map(quoted),
        2 => text().prop_map(move |text| quoted(&text)),
        2 => (select(fields.clone()), select(WORDS))
            .prop_map(move |(field, word)| format!("{field}:{}", quoted(word))),
        1 => (select(fields), text()).prop_map(move |(field, text)| format!("{field}:={}", quoted(&text))),
        2 => (select(addresses), select(ADDRESSES))
            .prop_map(move |(field, address)| format!("{field}:{}", quoted(address))),
        4 => select(values).prop_map(str::to_owned),
    ]
}

fn query() -> impl Strategy<Value = String> {
    term().prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 2..4).prop_map(|all| all.join(" ")),
            2 => prop::collection::vec(inner.clone(), 2..4).prop_map(|any| format!("({})", any.join(" OR "))),
            2 => inner.prop_map(|one| format!("-({one})")),
        ]
    })
}

/// Queries that can be read; a term without a letter cannot.
fn read(text: &str) -> Option<Query> {
    parse(text, None).ok()
}

#[test]
fn the_index_and_a_look_into_each_message_agree() {
    let mut runner = TestRunner::new(Config { cases: 40, ..Config::default() });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let input = (prop::collection::vec(mail(), 1..24), prop::collection::vec(query(), 60));
    runner
        .run(&input, |(mails, queries)| {
            runtime.block_on(async {
                let store = Store::open_temporary(bounds()).unwrap();
                for mail in &mails {
                    mail.keep(&store).await;
                }
                for text in &queries {
                    let Some(query) = read(text) else { continue };
                    let mut meant: Vec<_> = mails
                        .iter()
                        .filter(|mail| query.matches(*mail))
                        .map(|mail| mail.facts.id.clone())
                        .collect();
                    meant.reverse();
                    prop_assert_eq!(find(&store, &query).await, meant, "{}", text);
                }
                store.close().await;
                Ok(())
            })
        })
        .unwrap();
}
