//! Stores of every older version open, with all that was in them. `tests/stores/N.sql` is one of
//! version N, written down when that was the newest; it is never made again.

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

fn look_into(path: &Path) {
    let runtime = Runtime::new().unwrap();
    let mut config =
        Config { smtp: "127.0.0.1:0".into(), http: "127.0.0.1:0".into(), ..Config::defaults() };
    config.keeping.store = Some(path.to_owned());
    let server = runtime.block_on(Server::start(&config)).unwrap();
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
    assert_eq!((&list["total"], &list["unread"]), (&json!(3), &json!(2)));
    let sessions = json(&format!("{base}/sessions"));
    assert_eq!(sessions["total"], 2);
    runtime.block_on(server.stop());
}
