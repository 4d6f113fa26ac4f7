//! What is kept, for how long, and how much of it.

use bytesize::ByteSize;
use restante::config::Config;

use crate::sandbox::{Sandbox, config};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_store_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.db");
    let config = Config { store: Some(path.clone()), ..config() };
    let sandbox = Sandbox::with(config.clone()).await;
    let id = sandbox.send("Subject: stays\r\n\r\nx").await;
    let before = sandbox.json("/v1/messages").await;
    let name = sandbox.json("/v1/info").await["store"]["id"].clone();
    sandbox.stop().await;
    let left: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["mail.db"]);
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
    let sandbox = Sandbox::with(Config { max_store_size: ByteSize::mib(2), ..config() }).await;
    let mut events = sandbox.events("").await;
    let mut ids = Vec::new();
    for n in 0..100 {
        ids.push(sandbox.send(format!("Subject: {n}\r\n\r\n{}", noise(n, 100_000))).await);
    }
    let first_gone = events.until("message.deleted").await;
    assert_eq!(first_gone["id"], ids[0].as_str());
    let list = sandbox.json("/v1/messages?limit=500").await;
    let left: Vec<&str> =
        list["messages"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
    assert!(left.len() >= 5 && left.len() < 30, "{} are left", left.len());
    let newest: Vec<&str> = ids.iter().rev().take(left.len()).map(String::as_str).collect();
    assert_eq!(left, newest);
    assert_eq!(list["total"], left.len());
    let store = sandbox.json("/v1/info").await["store"].clone();
    assert!(store["bytes"].as_u64().unwrap() < 3 << 20, "{store}");
    assert_eq!(store["dropped"]["messages"], 100 - left.len());
    let raw = sandbox.get(&format!("/v1/messages/{}/raw", ids[99])).await;
    assert!(raw.text().contains(&noise(99, 100_000)));
    sandbox.stop().await;
}

/// A message that would not fit at all is not taken: 250 means kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_larger_than_the_store_is_answered_452() {
    let sandbox = Sandbox::with(Config { max_store_size: ByteSize::mib(1), ..config() }).await;
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
    let sandbox = Sandbox::with(Config { max_store_size: ByteSize::mib(1), ..config() }).await;
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
