//! The tables of this folder.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use restante::search::{Facts, SessionFacts};
use restante::store::Store;

use crate::mail::{Mail, bounds, find, parse};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/search")
}

fn mails() -> Vec<Mail> {
    let text = fs::read_to_string(folder().join("messages.txt")).unwrap();
    text.split("=== ").skip(1).map(mail).collect()
}

fn mail(text: &str) -> Mail {
    let (head, raw) = text.split_once('\n').unwrap();
    let mut words = head.split(' ');
    let mut facts = Facts { id: format!("id-{}", words.next().unwrap()), ..Facts::default() };
    let mut session = SessionFacts::default();
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let list = || value.split(',').map(str::to_owned).collect();
        match name {
            "at" => {
                let at: jiff::Timestamp = value.parse().unwrap();
                facts.received_at = at.as_millisecond();
            }
            "inbox" => facts.inbox = value.into(),
            "session" => facts.session = value.into(),
            "via" => facts.via = value.into(),
            "helo" => session.helo = Some(value.into()),
            "user" => session.user = Some(value.into()),
            "mailfrom" => facts.mail_from = value.into(),
            "rcpt" => facts.rcpt = list(),
            "tags" => facts.tags = list(),
            "read" => facts.read = true,
            "starred" => facts.starred = true,
            other => panic!("{other}"),
        }
    }
    Mail::new(facts, session, raw.trim_end().replace('\n', "\r\n").into_bytes())
}

/// File, line number, zone, query, result.
fn lines() -> Vec<(String, Option<String>, String, String)> {
    let mut all = Vec::new();
    for name in ["words", "operators", "fields", "wrong"] {
        let text = fs::read_to_string(folder().join(format!("{name}.txt"))).unwrap();
        for (number, line) in text.lines().enumerate() {
            let Some((query, result)) = line.split_once(" => ").filter(|_| !line.starts_with('#'))
            else {
                assert!(line.is_empty() || line.starts_with('#'), "{name}.txt: {line}");
                continue;
            };
            let (zone, query) = match query.strip_prefix("[tz=") {
                Some(rest) => {
                    let (zone, query) = rest.split_once("] ").unwrap();
                    (Some(zone.to_owned()), query)
                }
                None => (None, query),
            };
            let place = format!("{name}.txt:{}", number + 1);
            all.push((place, zone, query.to_owned(), result.trim().to_owned()));
        }
    }
    all
}

fn show(ids: impl Iterator<Item = String>, all: usize) -> String {
    let mut numbers: Vec<u32> =
        ids.map(|id| id.trim_start_matches("id-").parse().unwrap()).collect();
    numbers.sort();
    match numbers.len() {
        0 => "none".into(),
        n if n == all => "all".into(),
        _ => numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(" "),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_hold_in_memory_and_in_a_store() {
    let (mails, lines) = (mails(), lines());
    assert!(lines.len() >= 150, "{} lines", lines.len());
    let store = Store::open_temporary(bounds()).unwrap();
    for mail in &mails {
        mail.keep(&store).await;
    }
    let mut wrong = String::new();
    for (place, zone, text, expected) in &lines {
        let (in_memory, stored) = match parse(text, zone.as_deref()) {
            Ok(query) => {
                let meant = mails.iter().filter(|mail| query.matches(*mail));
                let meant = meant.map(|mail| mail.facts.id.clone());
                let found = find(&store, &query).await;
                (show(meant, mails.len()), show(found.into_iter(), mails.len()))
            }
            Err(error) => {
                let told = format!("!{} {error}", error.at);
                let expected = expected.split_once(' ').unwrap_or((expected, ""));
                let is_so =
                    told.starts_with(&format!("{} ", expected.0)) && told.contains(expected.1);
                if !is_so {
                    writeln!(wrong, "{place}: {text}\n    {told}").unwrap();
                }
                continue;
            }
        };
        if in_memory != *expected || stored != *expected {
            writeln!(
                wrong,
                "{place}: {text} => {expected}\n    in memory {in_memory}, in the store {stored}"
            )
            .unwrap();
        }
    }
    store.close().await;
    assert!(wrong.is_empty(), "\n{wrong}");
}
