//! Stores of every older version open, with all that was in them, and it is found. `1.sql` of
//! `tests/stores/` is a store of version 1, written down when 3 was the newest; `N.sql` is the same
//! store after the migrations up to N, so that none has rows that only a program of version N
//! writes. Each was made once and is never made again.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use restante::config::Config;
use restante::server::Server;
use restante::store::ClosedStore;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

fn made(version: u64, path: &Path) {
    let sql = fs::read_to_string(format!("tests/stores/{version}.sql")).unwrap();
    let conn = rusqlite::Connection::open(path).unwrap();
    conn.execute_batch(&sql).unwrap();
}

fn json(url: &str) -> Value {
    let body = ureq::get(url).call().unwrap().body_mut().read_to_vec().unwrap();
    serde_json::from_slice(&body).unwrap()
}

#[test]
fn a_store_of_every_older_version_opens() {
    let newest = fs::read_dir("src/store/migrations").unwrap().count() as u64;
    for version in 1..newest {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mail.db");
        made(version, &path);
        look_into(&path);
        let store = ClosedStore::open(&path).unwrap();
        assert_eq!(store.check().unwrap(), Vec::<String>::new(), "version {version}");
        assert_eq!(store.stats().unwrap().version, newest);
    }
}

/// The commands of a session with two messages.
const TWO_MAILS: [&str; 8] = ["ehlo", "mail", "rcpt", "data", "mail", "rcpt", "data", "quit"];

fn said(base: &str, session: &Value) -> Vec<String> {
    let path = format!("{base}/sessions/{}/transcript", session["id"].as_str().unwrap());
    let dialogue = ureq::get(path).call().unwrap().body_mut().read_to_string().unwrap();
    let commands = dialogue.lines().filter_map(|line| line.split_once("C: "));
    let commands = commands.filter(|(_, line)| !line.starts_with('('));
    commands.map(|(_, line)| line[..4].to_owned()).collect()
}

/// Its parts were found by their messages' numbers, and one of these is gone.
#[test]
fn the_dialogue_of_a_deleted_message_is_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.db");
    made(5, &path);
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch(
        "DELETE FROM raws WHERE seq = 2; DELETE FROM messages WHERE seq = 2;
         UPDATE inboxes SET messages = messages - 1 WHERE n = 1",
    )
    .unwrap();
    drop(conn);
    let (runtime, server) = started(&path);
    let base = format!("http://{}/v1", server.addresses.http);
    let sessions = json(&format!("{base}/sessions"));
    let session = &sessions["sessions"][1];
    assert_eq!(said(&base, session), TWO_MAILS);
    let shown = json(&format!("{base}/sessions/{}", session["id"].as_str().unwrap()));
    assert_eq!(shown["message_ids"].as_array().unwrap().len(), 1);
    runtime.block_on(server.stop());
    assert_eq!(ClosedStore::open(&path).unwrap().check().unwrap(), Vec::<String>::new());
}

fn started(path: &Path) -> (Runtime, Server) {
    let runtime = Runtime::new().unwrap();
    let mut config =
        Config { smtp: "127.0.0.1:0".into(), http: "127.0.0.1:0".into(), ..Config::defaults() };
    config.keeping.store = Some(path.to_owned());
    let server = runtime.block_on(Server::start(&config)).unwrap();
    (runtime, server)
}

/// The messages as they were sent.
const RAW: [&str; 3] = [
    "Subject: first\r\n\r\nkept by version 1\r\n",
    "Subject: second\r\nContent-Type: text/html\r\n\r\n<p>two</p>\r\n",
    "Subject: para o time: são três\r\n\r\n.ponto\r\n",
];

fn are_whole(base: &str, messages: &[Value]) {
    for (message, raw) in messages.iter().zip(RAW) {
        let url = format!("{base}/messages/{}/raw", message["id"].as_str().unwrap());
        let bytes = ureq::get(url).call().unwrap().body_mut().read_to_vec().unwrap();
        assert_eq!(bytes, raw.as_bytes());
    }
}

/// The index is not in the store: it is made of what the store has.
fn are_found(base: &str, messages: &[Value]) {
    for (query, expected) in [
        ("kept", vec![0]),
        ("two", vec![1]),
        ("ponto", vec![2]),
        ("SAO", vec![2]),
        ("rcpt:bob@example.test -body:~two", vec![0, 2]),
        ("tag:old", vec![0]),
        ("inbox:team", vec![2]),
        ("is:starred", vec![0]),
        ("is:unread", vec![1, 2]),
        ("helo:old.test", vec![0, 1, 2]),
    ] {
        let pairs = [("q", query), ("order", "oldest")];
        let pairs = serde_urlencoded::to_string(pairs).unwrap();
        let found = json(&format!("{base}/messages?{pairs}"));
        let found: Vec<_> =
            found["messages"].as_array().unwrap().iter().map(|found| &found["id"]).collect();
        let expected: Vec<_> = expected.iter().map(|n: &usize| &messages[*n]["id"]).collect();
        assert_eq!(found, expected, "{query}");
    }
}

fn look_into(path: &Path) {
    let (runtime, server) = started(path);
    let base = format!("http://{}/v1", server.addresses.http);
    let list = json(&format!("{base}/messages?order=oldest"));
    let messages = list["messages"].as_array().unwrap();
    let subjects: Vec<_> = messages.iter().map(|m| m["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, ["first", "second", "para o time: são três"]);
    let first = json(&format!("{base}/messages/{}", messages[0]["id"].as_str().unwrap()));
    assert_eq!((&first["read"], &first["starred"]), (&json!(true), &json!(true)));
    assert_eq!((&first["tags"], &first["text"]), (&json!(["old"]), &json!("kept by version 1")));
    assert_eq!(first["session"]["helo"], "old.test");
    assert_eq!(messages[2]["inbox"], "team");
    are_found(&base, messages);
    are_whole(&base, messages);
    assert_eq!((&list["total"], &list["unread"]), (&json!(3), &json!(2)));
    let sessions = json(&format!("{base}/sessions"));
    assert_eq!(sessions["total"], 2);
    assert_eq!(said(&base, &sessions["sessions"][1]), TWO_MAILS);
    runtime.block_on(server.stop());
}
