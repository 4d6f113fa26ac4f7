//! The feed: every change in order, from any cursor, to any reader however slow.

use serde_json::{Value, json};

use crate::sandbox::Sandbox;

/// Each step waits for its event: one whose message is gone again is left out.
#[tokio::test(flavor = "multi_thread")]
async fn each_change_is_an_event_in_order() {
    let sandbox = Sandbox::start().await;
    let mut events = sandbox.events("").await;
    let id = sandbox.send("Subject: hi\r\n\r\nx").await;
    let path = format!("/v1/messages/{id}");
    let opened = events.until("session.opened").await;
    let added = events.until("message.added").await;
    let closed = events.until("session.closed").await;
    assert_eq!(opened["session"]["id"], closed["session"]["id"]);
    assert_eq!(
        (&added["message"]["id"], &closed["session"]["outcome"]),
        (&json!(id), &json!("quit"))
    );
    sandbox.request("PATCH", &path, &[], r#"{"read":true}"#).await;
    let updated = events.until("message.updated").await;
    assert_eq!(
        (&updated["message"]["id"], &updated["message"]["read"]),
        (&json!(id), &json!(true))
    );
    sandbox.request("DELETE", &path, &[], "").await;
    let deleted = events.until("message.deleted").await;
    assert_eq!((&deleted["id"], &deleted["inbox"]), (&json!(id), &json!("default")));
    sandbox.send("Subject: again\r\n\r\nx").await;
    let again = events.until("message.added").await;
    sandbox.request("DELETE", "/v1/messages", &[], "").await;
    let cleared = events.until("messages.cleared").await;
    assert_eq!(cleared["inbox"], json!(null));
    assert!(cleared["before"].as_u64() > again["seq"].as_u64());
    let order = [&opened, &added, &closed, &updated, &deleted, &again, &cleared];
    let seqs: Vec<u64> = order.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert!(seqs.windows(2).all(|w| w[0] < w[1]), "{seqs:?}");
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_event_has_the_summary_that_the_list_has() {
    let sandbox = Sandbox::start().await;
    let mut events = sandbox.events("").await;
    sandbox.send("Subject: hi\r\nFrom: Ann <a@x.test>\r\n\r\nx").await;
    let event = events.until("message.added").await;
    assert_eq!(event["message"], sandbox.json("/v1/messages").await["messages"][0]);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_goes_on_from_the_cursor() {
    let sandbox = Sandbox::start().await;
    for n in 0..10 {
        sandbox.send(format!("Subject: {n}\r\n\r\nx")).await;
    }
    let list = sandbox.json("/v1/messages?limit=1").await;
    let seq = list["messages"][0]["seq"].as_u64().unwrap();
    for n in 10..1000 {
        if n % 100 == 0 {
            sandbox.send(format!("Subject: {n}\r\n\r\nx")).await;
        }
    }
    let mut events = sandbox.events(&format!("?after={seq}")).await;
    for n in (100..1000).step_by(100) {
        let event = events.until("message.added").await;
        assert_eq!(event["message"]["subject"], n.to_string());
    }
    sandbox.stop().await;
}

/// More events than any buffer holds, to a reader that reads none of them for now.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_misses_nothing() {
    let sandbox = Sandbox::start().await;
    let mut slow = sandbox.events("").await;
    let mut client = sandbox.connect().await;
    client.say("EHLO x").await;
    let subject = "s".repeat(900);
    for n in 0..3000 {
        client.send(format!("Subject: {n} {subject}\r\n\r\nx")).await;
    }
    for n in 0..3000 {
        let event = slow.until("message.added").await;
        let got = event["message"]["subject"].as_str().unwrap();
        assert!(got.starts_with(&format!("{n} ")), "{n}: {got}");
    }
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_has_a_feed_of_its_own() {
    let sandbox = Sandbox::start().await;
    let mut events = sandbox.events("?inbox=team").await;
    sandbox.send("Subject: not theirs\r\n\r\n").await;
    let mut client = sandbox.connect().await;
    client.say("EHLO x").await;
    client.say("AUTH PLAIN AHRlYW0Ac2VjcmV0").await;
    client.send("Subject: theirs\r\n\r\n").await;
    assert_eq!(events.next().await["message"]["subject"], "theirs");
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_store_is_told_to_start_again() {
    let sandbox = Sandbox::start().await;
    sandbox.send("Subject: a\r\n\r\n").await;
    let url = format!("ws://{}/v1/events?after=999999", sandbox.http);
    let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let hello = futures_util::StreamExt::into_future(socket).await.0.unwrap().unwrap();
    let hello: Value = serde_json::from_str(hello.to_text().unwrap()).unwrap();
    assert_eq!(hello["resync"], true);
    assert_eq!(hello["store"], sandbox.json("/v1/info").await["store"]["id"]);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_subscription_is_refused_with_a_reason() {
    let sandbox = Sandbox::start().await;
    for query in ["?after=x", "?inbox=", "?since=1"] {
        let url = format!("ws://{}/v1/events{query}", sandbox.http);
        let error = tokio_tungstenite::connect_async(url).await.unwrap_err();
        assert!(error.to_string().contains("400"), "{query}: {error}");
    }
    sandbox.stop().await;
}
