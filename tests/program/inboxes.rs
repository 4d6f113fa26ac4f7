//! Inboxes: where mail goes, making and deleting them, their credentials and lifetimes, and that
//! every call keeps to the one it is asked about.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use restante::config::{AuthConfig, Config, InboxConfig};
use restante::server::Server;
use serde_json::{Value, json};

use crate::sandbox::{Answer, Client, Sandbox, config, kept};

async fn make(sandbox: &Sandbox, wish: &Value) -> Value {
    let answer = post(sandbox, wish).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

async fn post(sandbox: &Sandbox, wish: &Value) -> Answer {
    sandbox.request("POST", "/v1/inboxes", &[], &wish.to_string()).await
}

fn plain(user: &str, secret: &str) -> String {
    format!("AUTH PLAIN {}", STANDARD.encode(format!("\0{user}\0{secret}")))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Sends a message to one recipient; returns the inbox it went to.
async fn goes_to(sandbox: &Sandbox, client: &mut Client, to: &str, head: &str) -> String {
    client.say("MAIL FROM:<app@x.test>").await;
    client.say(&format!("RCPT TO:<{to}>")).await;
    client.say("DATA").await;
    let reply = client.say(&format!("{head}Subject: x\r\n\r\nx\r\n.")).await;
    let id = reply.trim_end().strip_prefix("250 2.0.0 Ok: queued as ").unwrap().to_owned();
    text(&sandbox.json(&format!("/v1/messages/{id}")).await["inbox"]).to_owned()
}

async fn inboxes(sandbox: &Sandbox) -> Vec<String> {
    let list = sandbox.json("/v1/inboxes").await;
    let all = list["inboxes"].as_array().unwrap();
    all.iter().map(|inbox| text(&inbox["name"]).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn header_address_user_rule_default() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules");
    std::fs::write(&file, "# ours\nfrom:app@x.test = apps\n").unwrap();
    let rules = InboxConfig {
        inbox_rule: vec!["to:*@shop.test=shop".into(), "helo:ci-*=ci".into()],
        inbox_rules: Some(file),
    };
    let sandbox = Sandbox::with(Config { inboxes: rules, ..config() }).await;
    let mut client = sandbox.connect().await;
    client.say("EHLO dev").await;
    let header = "x-restante-INBOX:  =?utf-8?q?Caf=C3=A9_1?=\r\n";
    assert_eq!(goes_to(&sandbox, &mut client, "a@shop.test", header).await, "Café 1");
    assert_eq!(goes_to(&sandbox, &mut client, "T1+x@Inbox.test", "").await, "t1");
    assert_eq!(goes_to(&sandbox, &mut client, "A@SHOP.test", "").await, "shop");
    assert_eq!(goes_to(&sandbox, &mut client, "a@y.test", "").await, "apps");
    let empty = "X-Restante-Inbox:  \r\n";
    assert_eq!(goes_to(&sandbox, &mut client, "a@shop.test", empty).await, "shop");
    let long = format!("X-Restante-Inbox: {}\r\n", "x".repeat(201));
    assert_eq!(goes_to(&sandbox, &mut client, "a@shop.test", &long).await, "shop");
    client.say("EHLO ci-7").await;
    assert_eq!(goes_to(&sandbox, &mut client, "a@y.test", "").await, "ci");
    client.say(&plain("team", "x")).await;
    assert_eq!(goes_to(&sandbox, &mut client, "a@shop.test", "").await, "team");
    assert_eq!(goes_to(&sandbox, &mut client, "t2@inbox.test", "").await, "t2");
    // Mail that comes without SMTP is sorted too; what the call says goes first.
    for (query, inbox) in [("", "header"), ("?inbox=said", "said")] {
        let body = "X-Restante-Inbox: header\r\nTo: a@shop.test\r\n\r\n";
        let id = sandbox.request("POST", &format!("/v1/messages{query}"), &[], body).await.json();
        let message = sandbox.json(&format!("/v1/messages/{}", text(&id["id"]))).await;
        assert_eq!(message["inbox"], inbox);
    }
    let id = sandbox.request("POST", "/v1/messages", &[], "To: a@shop.test\r\n\r\n").await.json();
    let message = sandbox.json(&format!("/v1/messages/{}", text(&id["id"]))).await;
    assert_eq!(message["inbox"], "shop");
    sandbox.stop().await;
    let plainly = Sandbox::start().await;
    let mut client = plainly.connect().await;
    client.say("EHLO ci-7").await;
    assert_eq!(goes_to(&plainly, &mut client, "a@shop.test", "").await, "default");
    plainly.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules");
    std::fs::write(&file, "\nto:x = y\nto x = y\n").unwrap();
    let start = async |inboxes| {
        let started = Server::start(&Config { inboxes, ..config() }).await;
        started.err().unwrap().to_string()
    };
    let rules = InboxConfig { inbox_rule: vec!["too:x=y".into()], inbox_rules: None };
    assert_eq!(
        start(rules).await,
        "--inbox-rule too:x=y: at character 1: a rule begins with one of to, from, helo, client, listener, not \"too\""
    );
    let rules = InboxConfig { inbox_rule: Vec::new(), inbox_rules: Some(file.clone()) };
    let expected = "line 3, character 1: a rule is KEY:PATTERN = INBOX, and here is no colon";
    assert_eq!(start(rules).await, format!("--inbox-rules {}: {expected}", file.display()));
}

/// As docs/api.md has it: `default` is there from its first mail on, any other while it has mail.
#[tokio::test(flavor = "multi_thread")]
async fn which_inboxes_are_listed() {
    let sandbox = Sandbox::start().await;
    assert_eq!(inboxes(&sandbox).await, Vec::<String>::new());
    assert_eq!(sandbox.get("/v1/inboxes/default").await.error(), (404, "no_inbox".into(), None));
    sandbox.send("X-Restante-Inbox: other\r\nSubject: x\r\n\r\n").await;
    assert_eq!(inboxes(&sandbox).await, ["other"]);
    sandbox.send("Subject: x\r\n\r\n").await;
    let made = make(&sandbox, &json!({"name": "made"})).await;
    assert_eq!(inboxes(&sandbox).await, ["default", text(&made["name"]), "other"]);
    sandbox.request("DELETE", "/v1/messages", &[], "").await;
    assert_eq!(inboxes(&sandbox).await, ["default", "made"]);
    let shown = sandbox.json("/v1/inboxes/default").await;
    assert_eq!((&shown["messages"], &shown["unread"]), (&json!(0), &json!(0)));
    assert_eq!(sandbox.get("/v1/inboxes/other").await.error(), (404, "no_inbox".into(), None));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_is_made_used_and_deleted() {
    let sandbox = Sandbox::start().await;
    sandbox.send("Subject: before\r\n\r\n").await;
    let mut events = sandbox.events("").await;
    let made = make(&sandbox, &json!({})).await;
    let (name, address) = (text(&made["name"]), text(&made["address"]));
    assert_eq!(address, format!("{name}@inbox.test"));
    assert_eq!((&made["username"], &made["expires_at"]), (&json!(name), &Value::Null));
    assert_eq!(made["url"], format!("http://{}/?inbox={name}", sandbox.http));
    let added = events.until("inbox.added").await;
    assert_eq!(added, json!({"type": "inbox.added", "name": name, "seq": made["cursor"]}));
    let shown = sandbox.json(&format!("/v1/inboxes/{name}")).await;
    assert_eq!((&shown["messages"], &shown["address"]), (&json!(0), &json!(address)));
    assert!(shown["made_at"].is_string() && shown.get("password").is_none(), "{shown}");

    let mut client = sandbox.connect().await;
    client.say("EHLO x").await;
    assert_eq!(goes_to(&sandbox, &mut client, address, "").await, name);
    client.say(&plain(name, text(&made["password"]))).await;
    assert_eq!(goes_to(&sandbox, &mut client, "a@y.test", "").await, name);
    let since = format!("?inbox={name}&after={}", made["cursor"]);
    let mut its_events = sandbox.events(&since).await;
    assert_eq!(its_events.next().await["message"]["envelope"]["to"][0], address);
    assert_eq!(sandbox.json(&format!("/v1/inboxes/{name}")).await["messages"], 2);

    let path = format!("/v1/inboxes/{name}");
    assert_eq!(sandbox.request("DELETE", &path, &[], "").await.json(), json!({"deleted": 2}));
    assert_eq!(its_events.until("messages.cleared").await["inbox"], name);
    assert_eq!(its_events.until("inbox.deleted").await["name"], name);
    assert_eq!(sandbox.get(&path).await.error(), (404, "no_inbox".into(), None));
    assert_eq!(sandbox.request("DELETE", &path, &[], "").await.status, 404);
    assert_eq!(inboxes(&sandbox).await, ["default"]);
    assert_eq!(sandbox.json("/v1/messages").await["total"], 1);
    // The name is free again, and mail may come to it all the same.
    assert_eq!(goes_to(&sandbox, &mut client, address, "").await, name);
    assert!(inboxes(&sandbox).await.contains(&name.to_owned()));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wishes_that_cannot_be_met() {
    let sandbox = Sandbox::start().await;
    let made = make(&sandbox, &json!({"name": "signup-1", "lifetime": "1h"})).await;
    assert_eq!(made["address"], "signup-1@inbox.test");
    assert!(made["expires_at"].is_string(), "{made}");
    let mut client = sandbox.connect().await;
    client.say("EHLO x").await;
    goes_to(&sandbox, &mut client, "busy@inbox.test", "").await;
    for (wish, status, code, field) in [
        (json!({"name": "signup-1"}), 409, "inbox_exists", Some("name")),
        (json!({"name": "busy"}), 409, "inbox_exists", Some("name")),
        (json!({"name": "default"}), 409, "inbox_exists", Some("name")),
        (json!({"name": "Team A"}), 400, "invalid", Some("name")),
        (json!({"lifetime": "soon"}), 400, "invalid", Some("lifetime")),
        (json!({"lifetime": 0}), 400, "invalid", Some("lifetime")),
        (json!({"nam": "x"}), 400, "unknown_field", Some("nam")),
        (json!([1]), 400, "invalid_body", None),
    ] {
        let expected = (status, code.to_owned(), field.map(str::to_owned));
        assert_eq!(post(&sandbox, &wish).await.error(), expected, "{wish}");
    }
    assert_eq!(sandbox.request("POST", "/v1/inboxes", &[], "").await.status, 201);
    assert_eq!(sandbox.request("POST", "/v1/inboxes?name=x", &[], "").await.status, 400);
    sandbox.stop().await;
}

/// A name that AUTH brought may have any characters.
#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_of_any_name_is_shown_and_deleted() {
    let sandbox = Sandbox::start().await;
    let mut client = sandbox.connect().await;
    client.say("EHLO x").await;
    client.say(&plain("Büro/1 a?b", "x")).await;
    client.send("Subject: x\r\n\r\n").await;
    let path = "/v1/inboxes/B%C3%BCro%2F1%20a%3Fb";
    let shown = sandbox.json(path).await;
    assert_eq!((&shown["name"], &shown["address"]), (&json!("Büro/1 a?b"), &Value::Null));
    assert_eq!(sandbox.request("DELETE", path, &[], "").await.json()["deleted"], 1);
    sandbox.stop().await;
}

fn with_users(folder: &Path) -> Config {
    let path = folder.join("users");
    std::fs::write(&path, "shop:secret\n").unwrap();
    let auth = AuthConfig { smtp_users: Some(path), require_auth: true, ..AuthConfig::default() };
    Config { auth, ..kept(|keeping| keeping.store = Some(folder.join("mail.db"))) }
}

async fn signs_in(sandbox: &Sandbox, user: &str, secret: &str) -> bool {
    let mut client = sandbox.connect().await;
    client.say("EHLO x").await;
    client.say(&plain(user, secret)).await.starts_with("235 ")
}

/// CRAM-MD5 (RFC 2195) needs the secret as it is.
async fn signs_in_by_cram(sandbox: &Sandbox, user: &str, secret: &str) -> bool {
    use hmac::{KeyInit, Mac};
    let mut client = sandbox.connect().await;
    client.say("EHLO x").await;
    let challenge = client.say("AUTH CRAM-MD5").await;
    let challenge = STANDARD.decode(challenge.trim_end().split_once(' ').unwrap().1).unwrap();
    let mut mac = hmac::Hmac::<md5::Md5>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(&challenge);
    let digest: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
    client.say(&STANDARD.encode(format!("{user} {digest}"))).await.starts_with("235 ")
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_work_beside_those_of_the_file_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::with(with_users(folder.path())).await;
    let made = make(&sandbox, &json!({})).await;
    let other = make(&sandbox, &json!({})).await;
    let (name, password) = (text(&made["name"]), text(&made["password"]));
    assert!(signs_in(&sandbox, "shop", "secret").await);
    assert!(signs_in(&sandbox, name, password).await);
    assert!(signs_in_by_cram(&sandbox, name, password).await);
    assert!(!signs_in(&sandbox, name, text(&other["password"])).await);
    assert!(!signs_in_by_cram(&sandbox, name, "x").await);
    assert!(!signs_in(&sandbox, "nobody", password).await);
    let is_user = post(&sandbox, &json!({"name": "shop"})).await;
    assert_eq!(is_user.error(), (409, "inbox_exists".into(), Some("name".into())));
    sandbox.stop().await;
    let sandbox = Sandbox::with(with_users(folder.path())).await;
    assert!(signs_in(&sandbox, name, password).await);
    sandbox.request("DELETE", &format!("/v1/inboxes/{name}"), &[], "").await;
    assert!(!signs_in(&sandbox, name, password).await);
    assert!(signs_in(&sandbox, text(&other["name"]), text(&other["password"])).await);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_goes_when_its_time_is_over() {
    let sandbox = Sandbox::start().await;
    let stays = make(&sandbox, &json!({"lifetime": "1h"})).await;
    let made = make(&sandbox, &json!({"lifetime": 0.2})).await;
    let name = text(&made["name"]);
    let mut events = sandbox.events(&format!("?after={}", made["cursor"])).await;
    let mut client = sandbox.connect().await;
    client.say("EHLO x").await;
    client.say(&plain(name, "x")).await;
    client.send("Subject: x\r\n\r\n").await;
    assert_eq!(events.until("inbox.deleted").await["name"], name);
    assert_eq!(inboxes(&sandbox).await, [text(&stays["name"])]);
    sandbox.stop().await;
}

/// A server that was away when the time was over does it when it is back.
#[tokio::test(flavor = "multi_thread")]
async fn a_lifetime_goes_on_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let with = || kept(|keeping| keeping.store = Some(folder.path().join("mail.db")));
    let sandbox = Sandbox::with(with()).await;
    let made = make(&sandbox, &json!({"lifetime": 0.3})).await;
    sandbox.stop().await;
    let sandbox = Sandbox::with(with()).await;
    let mut events = sandbox.events(&format!("?after={}", made["cursor"])).await;
    assert_eq!(events.until("inbox.deleted").await["name"], made["name"]);
    sandbox.stop().await;
}

/// The same mail in two inboxes: each call shows, changes and deletes that of one.
#[tokio::test(flavor = "multi_thread")]
async fn every_call_keeps_to_its_inbox() {
    let sandbox = Sandbox::start().await;
    let mut ids = Vec::new();
    for n in ["one", "two"] {
        let raw = format!("X-Restante-Inbox: {n}\r\nSubject: for {n}\r\n\r\nhello");
        ids.push(sandbox.send(&raw).await);
    }
    let list = sandbox.json("/v1/messages?inbox=one").await;
    assert_eq!((&list["total"], &list["messages"][0]["id"]), (&json!(1), &json!(ids[0])));
    let found = sandbox.json("/v1/messages?inbox=one&q=hello").await;
    assert_eq!((&found["total"], &found["messages"][0]["id"]), (&json!(1), &json!(ids[0])));
    for call in ["", "/raw", "/text", "/transcript"] {
        let path = format!("/v1/messages/latest{call}?inbox=one");
        let answer = sandbox.get(&path).await;
        let shows = answer.text();
        assert!(answer.status == 200 && !shows.contains("for two"), "{path}: {shows}");
    }
    assert_eq!(sandbox.json("/v1/messages/latest?inbox=one").await["id"], ids[0].as_str());
    let sessions = sandbox.json("/v1/sessions?inbox=one").await;
    assert_eq!(
        (&sessions["total"], sessions["sessions"].as_array().unwrap().len()),
        (&json!(1), 1)
    );
    let session = text(&sessions["sessions"][0]["id"]).to_owned();
    let session = sandbox.json(&format!("/v1/sessions/{session}")).await;
    assert_eq!(session["message_ids"], json!([ids[0]]));
    assert_eq!(sandbox.json("/v1/sessions?inbox=none").await["total"], 0);
    let values = sandbox.json("/v1/search/values?field=subject&inbox=one").await;
    assert_eq!(values["values"], json!(["for one"]));
    let sent = sandbox.request("POST", "/v1/send?to=a@x.test&inbox=one", &[], "Subject: s\r\n\r\n");
    let sent = text(&sent.await.json()["id"]).to_owned();
    assert_eq!(sandbox.json(&format!("/v1/messages/{sent}")).await["inbox"], "one");
    let wrong = sandbox.request("POST", "/v1/send?to=a@x.test&inbox=a%0d%0ab", &[], "x").await;
    assert_eq!(wrong.error(), (400, "invalid".into(), Some("inbox".into())));
    let mut events = sandbox.events("?after=0&inbox=two").await;
    assert_eq!(events.next().await["message"]["id"], ids[1].as_str());
    let path = "/v1/messages?inbox=one&q=hello";
    assert_eq!(sandbox.request("DELETE", path, &[], "").await.json()["deleted"], 1);
    let path = "/v1/messages?inbox=one";
    assert_eq!(sandbox.request("DELETE", path, &[], "").await.json()["deleted"], 1);
    assert_eq!(sandbox.json("/v1/messages").await["total"], 1);
    sandbox.stop().await;
}

/// Two hundred tests at the same time on one server: each makes an inbox, sends into it by its
/// address, its credentials and a header, while a reader follows its events; nobody sees anything
/// of another.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_tests_never_see_each_others_mail() {
    const TESTS: usize = 200;
    const MAILS: usize = 6;
    let sandbox = std::sync::Arc::new(Sandbox::start().await);
    let mut tests = tokio::task::JoinSet::new();
    for n in 0..TESTS {
        let sandbox = sandbox.clone();
        tests.spawn(async move {
            let made = make(&sandbox, &json!({"lifetime": "10m"})).await;
            let name = text(&made["name"]).to_owned();
            let query = format!("?inbox={name}&after={}", made["cursor"]);
            let mut events = sandbox.events(&query).await;
            let reader = async {
                for mail in 0..MAILS {
                    let message = events.next().await["message"].clone();
                    assert_eq!(message["subject"], format!("{n}/{mail}"));
                    assert_eq!(message["inbox"], name.as_str());
                }
            };
            let sender = async {
                for mail in 0..MAILS {
                    let mut client = sandbox.connect().await;
                    client.say("EHLO app").await;
                    let (mut to, mut head) = ("user@shop.test", String::new());
                    match mail % 3 {
                        0 => to = text(&made["address"]),
                        1 => drop(client.say(&plain(&name, text(&made["password"]))).await),
                        _ => head = format!("X-Restante-Inbox: {name}\r\n"),
                    }
                    client.say("MAIL FROM:<app@x.test>").await;
                    client.say(&format!("RCPT TO:<{to}>")).await;
                    client.say("DATA").await;
                    let raw = format!("{head}Subject: {n}/{mail}\r\n\r\ncode {n}\r\n.");
                    assert!(client.say(&raw).await.starts_with("250 "));
                }
            };
            tokio::join!(reader, sender);
            let list = sandbox.json(&format!("/v1/messages?inbox={name}")).await;
            assert_eq!(list["total"], MAILS);
            let found = sandbox.json(&format!("/v1/messages?inbox={name}&q=code")).await;
            assert_eq!(found["total"], MAILS);
            let subjects = list["messages"].as_array().unwrap().iter();
            assert!(subjects.clone().all(|m| text(&m["subject"]).starts_with(&format!("{n}/"))));
            let gone = sandbox.request("DELETE", &format!("/v1/inboxes/{name}"), &[], "").await;
            assert_eq!(gone.json()["deleted"], MAILS);
        });
    }
    while let Some(done) = tests.join_next().await {
        done.unwrap();
    }
    assert_eq!(sandbox.json("/v1/messages").await["total"], 0);
    std::sync::Arc::into_inner(sandbox).unwrap().stop().await;
}
