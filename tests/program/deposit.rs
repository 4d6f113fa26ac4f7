//! Mail that comes without SMTP: posted, or put into a watched folder.

use bytesize::ByteSize;
use restante::config::Config;
use serde_json::json;

use crate::sandbox::{Sandbox, config};

const MAIL: &str = "From: Ann <ann@x.test>\nTo: bob@x.test, Carl <carl@x.test>\nCc: bob@x.test\nSubject: posted\n\nHello";

#[tokio::test(flavor = "multi_thread")]
async fn a_posted_message_is_kept_as_it_is() {
    let sandbox = Sandbox::start().await;
    let mut events = sandbox.events("").await;
    let answer = sandbox.request("POST", "/v1/messages", &[], MAIL).await;
    assert_eq!(answer.status, 201);
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(events.until("message.added").await["message"]["id"], id);
    assert_eq!(sandbox.get(&format!("/v1/messages/{id}/raw")).await.text(), MAIL);
    let message = sandbox.json(&format!("/v1/messages/{id}")).await;
    assert_eq!((&message["via"], &message["inbox"]), (&json!("api"), &json!("default")));
    assert_eq!(message["envelope"]["from"], "ann@x.test");
    assert_eq!(message["envelope"]["to"], json!(["bob@x.test", "carl@x.test"]));
    assert_eq!(events.until("session.closed").await["session"]["outcome"], "quit");
    let dialogue = sandbox.get(&format!("/v1/messages/{id}/transcript")).await.text();
    assert_eq!(dialogue, format!("C: ({} bytes of message: {id})\n", MAIL.len()));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_and_an_inbox_can_be_given() {
    let sandbox = Sandbox::start().await;
    let path = "/v1/messages?from=&to=one@x.test&to=two@x.test&inbox=team";
    let id = sandbox.request("POST", path, &[], MAIL).await.json()["id"].clone();
    let list = sandbox.json("/v1/messages?inbox=team").await;
    assert_eq!(list["messages"][0]["id"], id);
    let envelope = &list["messages"][0]["envelope"];
    assert_eq!(*envelope, json!({"from": "", "to": ["one@x.test", "two@x.test"]}));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_posted_is_told() {
    let config = Config { max_message_size: ByteSize::kib(2), ..config() };
    let sandbox = Sandbox::with(config).await;
    for (length, status) in [(2047, 201), (2048, 201), (2049, 413)] {
        let body = "x".repeat(length);
        let answer = sandbox.request("POST", "/v1/messages", &[], &body).await;
        assert_eq!(answer.status, status, "{length}");
    }
    let many = "&to=a@x.test".repeat(1001);
    for (query, field) in [
        ("?from=a%0d%0ab", Some("from")),
        ("?to=a%00b", Some("to")),
        (&format!("?inbox={}", "x".repeat(1001)), Some("inbox")),
        (&format!("?{}", &many[1..]), Some("to")),
        ("?inbox=", Some("inbox")),
        ("?subject=x", Some("subject")),
    ] {
        let path = format!("/v1/messages{query}");
        let (status, _, got) = sandbox.request("POST", &path, &[], MAIL).await.error();
        assert_eq!((status, got.as_deref()), (400, field), "{query}");
    }
    let empty = sandbox.request("POST", "/v1/messages", &[], "").await.error();
    assert_eq!(empty, (400, "invalid_body".into(), None));
    let foreign = [("Origin", "http://evil.test")];
    let answer = sandbox.request("POST", "/v1/messages", &foreign, MAIL).await;
    assert_eq!(answer.error().1, "origin_not_allowed");
    assert_eq!(sandbox.json("/v1/messages").await["total"], 2);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_into_a_watched_folder_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        // As a program does that wants nobody to see half of it, and as one that does not care.
        std::fs::write(folder.path().join("part"), text).unwrap();
        std::fs::rename(folder.path().join("part"), folder.path().join(name)).unwrap();
    };
    put("before.eml", MAIL);
    std::fs::write(folder.path().join("notes.txt"), "no mail").unwrap();
    let config = Config {
        watch_dir: Some(folder.path().to_owned()),
        max_message_size: ByteSize::kib(2),
        ..config()
    };
    let sandbox = Sandbox::with(config).await;
    let mut events = sandbox.events("?after=0").await;
    let first = events.until("message.added").await["message"].clone();
    assert_eq!((&first["via"], &first["subject"]), (&json!("folder"), &json!("posted")));
    put("large.eml", &"x".repeat(3000));
    put("before.eml", "Subject: again\n\n");
    let second = events.until("message.added").await["message"].clone();
    assert_eq!(second["subject"], "again");
    let session = second["session_id"].as_str().unwrap();
    let session = sandbox.json(&format!("/v1/sessions/{session}")).await;
    assert_eq!(session["client"], "before.eml");
    let names = |folder: &std::path::Path| {
        let all = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            all.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(folder.path()), ["large.eml", "notes.txt", "taken"]);
    assert_eq!(names(&folder.path().join("taken")), ["before-2.eml", "before.eml"]);
    assert_eq!(std::fs::read_to_string(folder.path().join("taken/before.eml")).unwrap(), MAIL);
    sandbox.stop().await;
}
