//! Long files that come with many messages are kept once, and every message comes back as it was.

use serde_json::Value;

use crate::sandbox::{Sandbox, kept};
use restante::store::ClosedStore;

/// Base64 of bytes that do not compress, as a mail program writes it.
fn file(seed: u64, length: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text = String::new();
    while text.len() < length {
        for _ in 0..76 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            text.push(char::from(b'A' + (state % 26) as u8));
        }
        text.push_str("\r\n");
    }
    text
}

fn mail(n: u64, file: &str) -> String {
    format!(
        "Subject: mail {n}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\
         --x\r\n\r\nnumber {n}\r\n--x\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{file}--x--\r\n"
    )
}

async fn bytes(sandbox: &Sandbox) -> u64 {
    sandbox.json("/v1/info").await["store"]["bytes"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_in_many_messages_takes_the_space_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.db");
    let config = kept(|keeping| keeping.store = Some(path.clone()));
    let sandbox = Sandbox::with(config.clone()).await;
    let shared = file(1, 200_000);
    let mut ids = Vec::new();
    for n in 0..40 {
        ids.push(sandbox.send(mail(n, &shared)).await);
    }
    let other = sandbox.send(mail(40, &file(2, 200_000))).await;
    assert!(bytes(&sandbox).await < 1_500_000, "{}", bytes(&sandbox).await);
    sandbox.stop().await;
    assert_eq!(ClosedStore::open(&path).unwrap().check().unwrap(), Vec::<String>::new());

    let sandbox = Sandbox::with(config).await;
    for (n, id) in (0..).zip(&ids) {
        let raw = sandbox.get(&format!("/v1/messages/{id}/raw")).await.text();
        assert!(raw.contains(&mail(n, &shared)), "message {n}");
    }
    let one = sandbox.json(&format!("/v1/messages/{}", ids[7])).await;
    assert_eq!(one["attachments"][0]["filename"], "a.pdf", "{one}");
    let found: Value = sandbox.json("/v1/messages?q=filename:a.pdf%20number").await;
    assert_eq!(found["total"], 41);

    // All but one go, then the last that has it: only then the file does.
    for id in &ids[..39] {
        sandbox.request("DELETE", &format!("/v1/messages/{id}"), &[], "").await;
    }
    let raw = sandbox.get(&format!("/v1/messages/{}/raw", ids[39])).await.text();
    assert!(raw.contains(&mail(39, &shared)));
    sandbox.request("DELETE", &format!("/v1/messages/{}", ids[39]), &[], "").await;
    let raw = sandbox.get(&format!("/v1/messages/{other}/raw")).await.text();
    assert!(raw.contains(&mail(40, &file(2, 200_000))));
    sandbox.stop().await;
    let store = ClosedStore::open(&path).unwrap();
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
    let packed = store.stats().unwrap().packed_bytes;
    assert!((100_000..250_000).contains(&packed), "one file is left: {packed}");
}
