//! What is kept, for how long, and how much of it.

use bytesize::ByteSize;
use serde_json::Value;

use crate::sandbox::{DEADLINE, Sandbox, kept};

/// Bytes that do not compress.
fn noise(seed: u64, length: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(33 + (state % 90) as u8)
    };
    let mut text = String::new();
    while text.len() < length {
        text.extend((0..76).map(|_| next()));
        text.push_str("\r\n");
    }
    text.replace("\r\n.", "\r\n,")
}

/// The list and the store's figures from the same moment: dropping may still be under way.
async fn settled(sandbox: &Sandbox) -> (Value, Value) {
    loop {
        let list = sandbox.json("/v1/messages?limit=500").await;
        let store = sandbox.json("/v1/info").await["store"].clone();
        if sandbox.json("/v1/messages?limit=500").await["cursor"] == list["cursor"] {
            return (list, store);
        }
    }
}

/// Asks again until it is so, within the deadline.
async fn until(sandbox: &Sandbox, path: &str, is_so: impl Fn(&Value) -> bool) {
    let deadline = std::time::Instant::now() + DEADLINE;
    loop {
        let answer = sandbox.json(path).await;
        if is_so(&answer) {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "{path}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_store_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.db");
    let config = kept(|keeping| keeping.store = Some(path.clone()));
    let sandbox = Sandbox::with(config.clone()).await;
    let id = sandbox.send("Subject: stays\r\n\r\nx").await;
    let before = sandbox.json("/v1/messages").await;
    let name = sandbox.json("/v1/info").await["store"]["id"].clone();
    sandbox.stop().await;
    let mut left: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["mail.db", "mail.db.search"]);
    let sandbox = Sandbox::with(config).await;
    assert_eq!(sandbox.json("/v1/messages").await["messages"], before["messages"]);
    assert_eq!(sandbox.json("/v1/info").await["store"]["id"], name);
    let transcript = sandbox.get(&format!("/v1/messages/{id}/transcript")).await.text();
    assert!(transcript.contains("C: QUIT"), "{transcript}");
    let newer = sandbox.send("Subject: newer\r\n\r\nx").await;
    assert!(newer > id);
    assert_eq!(sandbox.json("/v1/messages/latest").await["subject"], "newer");
    sandbox.stop().await;
}

/// The oldest mail goes, in order, with an event each, and the newest is there whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_store_drops_the_oldest() {
    let sandbox = Sandbox::with(kept(|keeping| keeping.max_store_size = ByteSize::mib(2))).await;
    let mut events = sandbox.events("").await;
    let mut ids = Vec::new();
    for n in 0..100 {
        ids.push(sandbox.send(format!("Subject: {n}\r\n\r\n{}", noise(n, 100_000))).await);
    }
    let first_gone = events.until("message.deleted").await;
    assert_eq!(first_gone["id"], ids[0].as_str());
    let (list, store) = settled(&sandbox).await;
    let left: Vec<&str> =
        list["messages"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
    assert!(left.len() >= 5 && left.len() < 30, "{} are left", left.len());
    let newest: Vec<&str> = ids.iter().rev().take(left.len()).map(String::as_str).collect();
    assert_eq!(left, newest);
    assert_eq!(list["total"], left.len());
    assert!(store["bytes"].as_u64().unwrap() < 3 << 20, "{store}");
    assert_eq!(store["dropped"]["messages"], 100 - left.len());
    let raw = sandbox.get(&format!("/v1/messages/{}/raw", ids[99])).await;
    assert!(raw.text().contains(&noise(99, 100_000)));
    sandbox.stop().await;
}

/// A message that would not fit at all is not taken: 250 means kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_larger_than_the_store_is_answered_452() {
    let sandbox = Sandbox::with(kept(|keeping| keeping.max_store_size = ByteSize::mib(1))).await;
    let mut client = sandbox.connect().await;
    client.say("EHLO x").await;
    for command in ["MAIL FROM:<a@x.test>", "RCPT TO:<b@x.test>", "DATA"] {
        client.say(command).await;
    }
    client.write(noise(1, 2_000_000).as_bytes()).await;
    assert!(client.say(".").await.starts_with("452 4.3.1 "));
    assert!(!client.send("Subject: fits\r\n\r\n").await.is_empty());
    assert_eq!(sandbox.json("/v1/messages").await["total"], 1);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_bring_nothing_do_not_push_out_mail() {
    let sandbox = Sandbox::with(kept(|keeping| keeping.max_store_size = ByteSize::mib(1))).await;
    let id = sandbox.send("Subject: stays\r\n\r\n").await;
    for n in 0..400 {
        let mut client = sandbox.connect().await;
        client.say(&format!("EHLO {}", noise(n, 1500).replace("\r\n", ""))).await;
        client.say(&format!("NOOP {}", noise(n + 1000, 1500).replace("\r\n", ""))).await;
        client.say("QUIT").await;
    }
    assert_eq!(sandbox.get(&format!("/v1/messages/{id}")).await.status, 200);
    let store = sandbox.json("/v1/info").await["store"].clone();
    assert_eq!(store["dropped"]["messages"], 0, "{store}");
    assert!(store["dropped"]["sessions"].as_u64().unwrap() > 0, "{store}");
    sandbox.stop().await;
}

/// The number of messages is held exactly, and what is starred stays, with its session.
#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_messages_are_kept_and_starred_ones_stay() {
    let sandbox = Sandbox::with(kept(|keeping| keeping.max_messages = Some(5))).await;
    let mut events = sandbox.events("").await;
    let first = sandbox.send("Subject: first\r\n\r\nx").await;
    let path = format!("/v1/messages/{first}");
    sandbox.request("PATCH", &path, &[], r#"{"starred":true}"#).await;
    let mut ids = Vec::new();
    for n in 0..12 {
        ids.push(sandbox.send(format!("Subject: {n}\r\n\r\nx")).await);
    }
    for id in &ids[..8] {
        assert_eq!(events.until("message.deleted").await["id"], *id);
    }
    let (list, store) = settled(&sandbox).await;
    let left: Vec<_> = list["messages"].as_array().unwrap().iter().map(|m| &m["id"]).collect();
    assert_eq!(left, [&ids[11], &ids[10], &ids[9], &ids[8], &first]);
    assert_eq!((&store["messages"], &store["dropped"]["messages"]), (&5.into(), &8.into()));
    assert!(sandbox.json(&path).await["session"]["id"].is_string());
    // No longer starred, it is the oldest again.
    sandbox.request("PATCH", &path, &[], r#"{"starred":false}"#).await;
    sandbox.send("Subject: last\r\n\r\nx").await;
    assert_eq!(events.until("message.deleted").await["id"], first);
    sandbox.stop().await;
}

/// Without anything that is sent or asked, messages and sessions go when they are old.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_old_goes_by_itself() {
    let age = "1s".parse().unwrap();
    let sandbox = Sandbox::with(kept(|keeping| keeping.max_age = Some(age))).await;
    let mut events = sandbox.events("").await;
    let starred = sandbox.send("Subject: starred\r\n\r\nx").await;
    let path = format!("/v1/messages/{starred}");
    sandbox.request("PATCH", &path, &[], r#"{"starred":true}"#).await;
    let mut ids = [sandbox.send("a: b\r\n\r\n").await, sandbox.send("a: b\r\n\r\n").await];
    let (mut gone, mut told) = (Vec::new(), false);
    while gone.len() < 2 || !told {
        let event = events.next().await;
        match event["type"].as_str().unwrap() {
            "message.deleted" => gone.push(event["id"].as_str().unwrap().to_owned()),
            "info" => told = event["store"]["messages"] == 1 && event["store"]["state"] == "ok",
            _ => {}
        }
    }
    ids.sort();
    assert_eq!(gone, ids);
    until(&sandbox, "/v1/sessions", |list| list["total"] == 1).await;
    assert!(sandbox.json(&path).await["session"]["id"].is_string());
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_have_bounds_of_their_own() {
    let sandbox = Sandbox::with(kept(|keeping| keeping.max_sessions = 10)).await;
    let id = sandbox.send("Subject: stays\r\n\r\nx").await;
    for _ in 0..300 {
        drop(sandbox.connect().await);
    }
    until(&sandbox, "/v1/sessions", |list| list["total"].as_u64() < Some(200)).await;
    assert_eq!(sandbox.json(&format!("/v1/messages/{id}")).await["session"], Value::Null);
    sandbox.stop().await;
    let small = kept(|keeping| keeping.max_sessions_size = Some(ByteSize::kib(64)));
    let sandbox = Sandbox::with(small).await;
    for n in 0..400 {
        let mut client = sandbox.connect().await;
        client.say(&format!("NOOP {}", noise(n, 1500).replace("\r\n", ""))).await;
        client.say("QUIT").await;
    }
    until(&sandbox, "/v1/info", |info| info["store"]["dropped"]["sessions"] != 0).await;
    sandbox.stop().await;
}

/// Starred mail is never dropped, so when it fills the store there is no room for other mail.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_full_of_starred_mail_takes_no_more() {
    let sandbox = Sandbox::with(kept(|keeping| keeping.max_store_size = ByteSize::mib(1))).await;
    let mut client = sandbox.connect().await;
    client.say("EHLO x").await;
    let mut starred = Vec::new();
    let refused = loop {
        client.say("MAIL FROM:<a@x.test>").await;
        client.say("RCPT TO:<b@x.test>").await;
        client.say("DATA").await;
        client.write(noise(starred.len() as u64, 300_000).as_bytes()).await;
        let reply = client.say(".").await;
        let Some(id) = reply.trim_end().strip_prefix("250 2.0.0 Ok: queued as ") else {
            break reply;
        };
        let path = format!("/v1/messages/{id}");
        sandbox.request("PATCH", &path, &[], r#"{"starred":true}"#).await;
        starred.push(path);
        assert!(starred.len() < 20, "it must be full by now");
    };
    assert!(refused.starts_with("452 4.3.1 "), "{refused}");
    for path in &starred {
        assert_eq!(sandbox.get(path).await.status, 200);
    }
    // One that may go makes room.
    sandbox.request("PATCH", &starred[0], &[], r#"{"starred":false}"#).await;
    assert!(!client.send("Subject: room\r\n\r\nx").await.is_empty());
    sandbox.stop().await;
}

/// What is deleted gives its space back to the disk, for a kept store and a temporary one.
#[tokio::test(flavor = "multi_thread")]
async fn space_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.db");
    let sandbox = Sandbox::with(kept(|keeping| keeping.store = Some(path.clone()))).await;
    let keep = sandbox.send(noise(0, 100_000)).await;
    for n in 0..30 {
        sandbox.send(noise(n, 1_000_000)).await;
    }
    let length = || std::fs::metadata(&path).unwrap().len();
    let full = length();
    assert!(full > 15 << 20, "{full}");
    sandbox.request("DELETE", "/v1/messages?inbox=default", &[], "").await;
    let deadline = std::time::Instant::now() + DEADLINE;
    while length() > 8 << 20 {
        assert!(std::time::Instant::now() < deadline, "{} of {full} bytes are left", length());
        tokio::task::yield_now().await;
    }
    assert_eq!(sandbox.get(&format!("/v1/messages/{keep}")).await.status, 404);
    sandbox.send("Subject: after\r\n\r\nx").await;
    sandbox.stop().await;
}
