//! Calls on many messages at once: by their ids, by an inbox, by what a query means.

use serde_json::{Value, json};

use crate::sandbox::Sandbox;

fn mail(n: usize, body: &str) -> String {
    format!("From: a@x.test\r\nTo: b@x.test\r\nSubject: {n}\r\n\r\n{body}")
}

async fn sent(count: usize) -> (Sandbox, Vec<String>) {
    let sandbox = Sandbox::start().await;
    let mut client = sandbox.connect().await;
    client.say("EHLO app.test").await;
    let mut ids = Vec::new();
    for n in 0..count {
        ids.push(client.send(mail(n, if n % 2 == 0 { "even" } else { "odd" })).await);
    }
    (sandbox, ids)
}

fn by_id(ids: &[String]) -> String {
    let pairs: Vec<_> = ids.iter().map(|id| format!("id={id}")).collect();
    format!("/v1/messages?{}", pairs.join("&"))
}

async fn patch(sandbox: &Sandbox, path: &str, body: Value) -> Value {
    let json = [("Content-Type", "application/json")];
    sandbox.request("PATCH", path, &json, &body.to_string()).await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn are_changed_by_their_ids_and_each_is_told() {
    let (sandbox, ids) = sent(240).await;
    let mut events = sandbox.events("").await;
    let some = by_id(&[&ids[..230], &["0CkQ0000000000000000Zq".to_owned()]].concat());
    let change = json!({"read": true, "starred": true, "add_tags": ["a", "b"]});
    assert_eq!(patch(&sandbox, &some, change).await, json!({"changed": 230}));
    for id in &ids[..230] {
        let event = events.until("message.updated").await;
        assert_eq!(
            (&event["message"]["id"], &event["message"]["read"]),
            (&json!(id), &json!(true))
        );
    }
    assert_eq!(sandbox.json("/v1/messages").await["unread"], 10);
    let change = json!({"add_tags": ["c", "b"], "remove_tags": ["a"]});
    assert_eq!(patch(&sandbox, &by_id(&ids[..2]), change).await, json!({"changed": 2}));
    let tags = async |id| sandbox.json(&format!("/v1/messages/{id}")).await["tags"].clone();
    assert_eq!(tags(&ids[0]).await, json!(["b", "c"]));
    assert_eq!(tags(&ids[2]).await, json!(["a", "b"]));
    let answer = sandbox.request("DELETE", &by_id(&ids[..150]), &[], "").await;
    assert_eq!(answer.json(), json!({"deleted": 150}));
    for id in &ids[..150] {
        assert_eq!(events.until("message.deleted").await["id"], json!(id));
    }
    assert_eq!(sandbox.json("/v1/messages").await["total"], 90);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn are_changed_by_a_query_an_inbox_or_all() {
    let (sandbox, _) = sent(210).await;
    let unread = async || sandbox.json("/v1/messages").await["unread"].clone();
    let read = json!({"read": true});
    assert_eq!(patch(&sandbox, "/v1/messages?q=even", read.clone()).await, json!({"changed": 105}));
    assert_eq!(unread().await, 105);
    let other = patch(&sandbox, "/v1/messages?q=odd&inbox=other", read.clone()).await;
    assert_eq!(other, json!({"changed": 0}));
    let inbox = patch(&sandbox, "/v1/messages?inbox=default", json!({"read": false})).await;
    assert_eq!((inbox, unread().await), (json!({"changed": 210}), json!(210)));
    assert_eq!(patch(&sandbox, "/v1/messages", read).await, json!({"changed": 210}));
    assert_eq!(unread().await, 0);
    sandbox.stop().await;
}

/// More than one search gives, and than one write takes; what comes in meanwhile stays.
#[tokio::test(flavor = "multi_thread")]
async fn are_deleted_by_the_thousand() {
    let (sandbox, _) = sent(4_300).await;
    let mut client = sandbox.connect().await;
    client.say("EHLO app.test").await;
    let deletes = sandbox.request("DELETE", "/v1/messages?q=even", &[], "");
    let comes = async {
        for n in 0..50 {
            client.send(mail(n, "odd")).await;
        }
    };
    let (answer, ()) = tokio::join!(deletes, comes);
    assert_eq!(answer.json(), json!({"deleted": 2_150}));
    assert_eq!(sandbox.json("/v1/messages").await["total"], 2_200);
    assert_eq!(sandbox.json("/v1/messages?q=even").await["total"], 0);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn have_their_bounds() {
    let (sandbox, ids) = sent(1).await;
    let id = &ids[0];
    let tags = |from: usize| (from..from + 50).map(|n| format!("t{n}")).collect::<Vec<_>>();
    let too_many = [tags(0), tags(50)].concat();
    let some = |count: usize| by_id(&vec![id.clone(); count]);
    assert_eq!(patch(&sandbox, &some(500), json!({"read": true})).await["changed"], 500);
    for (path, body, field) in [
        (some(501), json!({}), "id"),
        (format!("/v1/messages?id={id}&q=x"), json!({}), "id"),
        (some(1), json!({"add_tags": [""]}), "add_tags"),
        (some(1), json!({"remove_tags": too_many}), "remove_tags"),
        (some(1), json!({"wrong": 1}), "wrong"),
    ] {
        assert_eq!(patch(&sandbox, &path, body).await["error"]["field"], json!(field));
    }
    patch(&sandbox, &some(1), json!({"tags": tags(0)})).await;
    patch(&sandbox, &some(1), json!({"add_tags": tags(40)})).await;
    assert_eq!(sandbox.json(&format!("/v1/messages/{id}")).await["tags"], json!(tags(0)));
    sandbox.stop().await;
}
