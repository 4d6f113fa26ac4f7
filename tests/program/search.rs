//! Search through the API: lists, `latest` and deletions with a `q`, its errors, and that the index
//! is never behind: not after new mail, not after a deletion, not after a restart.

use serde_json::{Value, json};

use crate::sandbox::{Sandbox, config, kept};
use restante::store;

fn subjects(page: &Value) -> Vec<&str> {
    page["messages"].as_array().unwrap().iter().map(|m| m["subject"].as_str().unwrap()).collect()
}

async fn search(sandbox: &Sandbox, q: &str) -> Value {
    let q = percent_encoding::utf8_percent_encode(q, percent_encoding::NON_ALPHANUMERIC);
    sandbox.json(&format!("/v1/messages?q={q}")).await
}

fn mail(subject: &str, body: &str) -> String {
    format!("From: Ann <ann@x.test>\r\nTo: bob@x.test\r\nSubject: {subject}\r\n\r\n{body}")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_250_is_found() {
    let sandbox = Sandbox::start().await;
    let mut client = sandbox.connect().await;
    client.say("EHLO app.test").await;
    for n in 0..40 {
        client.send(mail(&format!("number {n}"), "hello")).await;
        let page = search(&sandbox, &format!("subject:{n} helo:app.test")).await;
        assert_eq!(subjects(&page), [format!("number {n}")]);
        assert_eq!((&page["total"], &page["unread"]), (&json!(1), &json!(1)));
    }
    assert_eq!(search(&sandbox, "hello").await["total"], 40);
    assert_eq!(search(&sandbox, "hello -subject:3").await["total"], 39);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_search_follow_each_other_in_both_orders() {
    let sandbox = Sandbox::start().await;
    let mut client = sandbox.connect().await;
    client.say("EHLO app.test").await;
    for n in 0..10 {
        client.send(mail(&n.to_string(), if n % 2 == 0 { "even" } else { "odd" })).await;
    }
    for (order, q) in
        [("newest", "even"), ("oldest", "even"), ("oldest", "~even"), ("newest", "~even")]
    {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/v1/messages?q={q}&limit=2&order={order}{cursor}");
            let page = sandbox.json(&path).await;
            assert_eq!((&page["total"], &page["unread"]), (&json!(5), &json!(5)), "{path}");
            assert_eq!(page["total_is_lower_bound"], false);
            all.extend(subjects(&page).into_iter().map(str::to_owned));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        if order == "newest" {
            all.reverse();
        }
        assert_eq!(all, ["0", "2", "4", "6", "8"], "{order} {q}");
    }
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_or_deleted_is_found_so_at_once() {
    let sandbox = Sandbox::start().await;
    let (one, two) = (sandbox.send(mail("one", "x")).await, sandbox.send(mail("two", "x")).await);
    assert_eq!(search(&sandbox, "x").await["total"], 2);
    let patch = |id: String, body: &'static str| {
        let sandbox = &sandbox;
        async move {
            let path = format!("/v1/messages/{id}");
            let answer = sandbox
                .request("PATCH", &path, &[("Content-Type", "application/json")], body)
                .await;
            assert_eq!(answer.status, 200);
        }
    };
    patch(one.clone(), r#"{"read":true,"starred":true,"tags":["Later"]}"#).await;
    for q in ["is:read", "is:starred x", "tag:later", "-is:unread"] {
        assert_eq!(subjects(&search(&sandbox, q).await), ["one"], "{q}");
    }
    assert_eq!(search(&sandbox, "x").await["unread"], 1);
    patch(one.clone(), r#"{"read":false,"tags":[]}"#).await;
    for q in ["is:read", "tag:*", "-is:unread"] {
        assert_eq!(search(&sandbox, q).await["total"], 0, "{q}");
    }
    sandbox.request("DELETE", &format!("/v1/messages/{two}"), &[], "").await;
    let page = search(&sandbox, "x").await;
    assert_eq!((subjects(&page), &page["total"]), (vec!["one"], &json!(1)));
    sandbox.request("DELETE", "/v1/messages", &[], "").await;
    assert_eq!(search(&sandbox, "x").await["total"], 0);
    sandbox.send(mail("three", "x")).await;
    assert_eq!(subjects(&search(&sandbox, "x").await), ["three"]);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_query_means_is_deleted_and_told() {
    let sandbox = Sandbox::start().await;
    let mut client = sandbox.connect().await;
    client.say("EHLO app.test").await;
    for n in 0..250 {
        client.send(mail(&n.to_string(), if n % 5 == 0 { "keep" } else { "drop" })).await;
    }
    let mut events = sandbox.events("").await;
    let answer = sandbox.request("DELETE", "/v1/messages?q=drop&inbox=other", &[], "").await;
    assert_eq!(answer.json(), json!({"deleted": 0}));
    let answer = sandbox.request("DELETE", "/v1/messages?q=drop&inbox=default", &[], "").await;
    assert_eq!(answer.json(), json!({"deleted": 200}));
    for _ in 0..200 {
        events.until("message.deleted").await;
    }
    assert_eq!(sandbox.json("/v1/messages").await["total"], 50);
    assert_eq!(search(&sandbox, "keep").await["total"], 50);
    assert_eq!(search(&sandbox, "drop").await["total"], 0);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn latest_is_the_newest_that_is_meant() {
    let sandbox = Sandbox::start().await;
    sandbox.send(mail("one", "x")).await;
    sandbox.send(mail("two", "y")).await;
    let message = sandbox.json("/v1/messages/latest?q=subject:one").await;
    assert_eq!(message["subject"], "one");
    let message = sandbox.json("/v1/messages/latest?q=from:ann%40x.test&inbox=default").await;
    assert_eq!(message["subject"], "two");
    let raw = sandbox.get("/v1/messages/latest/raw?q=body:x").await;
    assert!(raw.text().contains("Subject: one"));
    let answer = sandbox.get("/v1/messages/latest?q=nobody").await;
    assert_eq!(answer.error().1, "no_message");
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_says_where_and_what_was_expected() {
    let sandbox = Sandbox::start().await;
    let answer = sandbox.get("/v1/messages?q=s%C3%A3o%20frm:ann").await;
    let error = &answer.json()["error"];
    assert_eq!((answer.status, &error["field"], &error["at"]), (400, &json!("q"), &json!(4)));
    assert!(error["expected"].as_str().unwrap().starts_with("one of from, to, "), "{error}");
    assert!(
        error["message"].as_str().unwrap().starts_with("at character 5: there is no field frm")
    );
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_completes_a_query() {
    let sandbox = Sandbox::start().await;
    sandbox.send(mail("one", "x")).await;
    let fields = sandbox.json("/v1/search/fields").await;
    assert_eq!(fields["fields"][0]["name"], "from");
    let values = |field: &'static str, prefix: &'static str| {
        let sandbox = &sandbox;
        let path = format!("/v1/search/values?field={field}&prefix={prefix}");
        async move { sandbox.json(&path).await["values"].clone() }
    };
    assert_eq!(values("from", "AN").await, json!(["ann@x.test"]));
    assert_eq!(values("from", "b").await, json!([]));
    assert_eq!(values("inbox", "").await, json!(["default"]));
    assert_eq!(values("is", "un").await, json!(["unread"]));
    assert_eq!(values("body", "").await, json!([]));
    sandbox.stop().await;
}

/// Half a day from UTC in either direction: what is local there is not so in UTC.
#[tokio::test(flavor = "multi_thread")]
async fn a_zone_is_that_of_the_times_in_a_query() {
    let sandbox = Sandbox::start().await;
    sandbox.send(mail("one", "x")).await;
    let now = jiff::Timestamp::now();
    for (hours, zone) in [(12, "%2B12:00"), (12, "Etc/GMT-12"), (-12, "-12:00")] {
        // An hour ago on a clock there.
        let at = now.to_zoned(jiff::tz::TimeZone::UTC) + jiff::Span::new().hours(hours - 1);
        let at = at.strftime("%Y-%m-%dT%H:%M:%S");
        let total = async |path: String| sandbox.json(&path).await["total"].clone();
        let (after, before) = (format!("q=after:{at}"), format!("q=before:{at}"));
        for (query, there, in_utc) in [(after, 1, hours < 0), (before, 0, hours > 0)] {
            assert_eq!(total(format!("/v1/messages?{query}&tz={zone}")).await, there, "{zone}");
            assert_eq!(total(format!("/v1/messages?{query}")).await, u8::from(in_utc), "{zone}");
        }
        let latest = sandbox.get(&format!("/v1/messages/latest?q=after:{at}&tz={zone}")).await;
        assert_eq!(latest.json()["subject"], "one");
    }
    let at = (now - jiff::Span::new().minutes(5))
        .to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(12)));
    let path = format!("/v1/messages?q=after:{}&tz=%2B12:00", at.strftime("%Y-%m-%dT%H:%M"));
    let body = [("Content-Type", "application/json")];
    let answer = sandbox.request("PATCH", &path, &body, r#"{"read":true}"#).await;
    assert_eq!(answer.json(), json!({"changed": 1}));
    let answer = sandbox.request("DELETE", &path, &[], "").await;
    assert_eq!(answer.json(), json!({"deleted": 1}));
    sandbox.stop().await;
}

/// The index is a file of its own, which may be of any age, or gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_kept_store_is_found_in_after_a_restart_whatever_became_of_the_index() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.db");
    let index = folder.path().join("mail.db.search");
    let mut config = config();
    config.keeping.store = Some(path);
    let sandbox = Sandbox::with(config.clone()).await;
    sandbox.send(mail("one", "x")).await;
    assert_eq!(search(&sandbox, "x").await["total"], 1);
    sandbox.stop().await;
    let old = std::fs::read(&index).unwrap();
    assert!(!folder.path().join("mail.db.search-wal").exists());

    let sandbox = Sandbox::with(config.clone()).await;
    let two = sandbox.send(mail("two", "x")).await;
    sandbox.request("DELETE", &format!("/v1/messages/{two}"), &[], "").await;
    sandbox.send(mail("three", "x")).await;
    assert_eq!(subjects(&search(&sandbox, "x").await), ["three", "one"]);
    sandbox.stop().await;

    for bytes in [Some(old), Some(b"nonsense".repeat(1000).to_vec()), None] {
        match bytes {
            Some(bytes) => std::fs::write(&index, bytes).unwrap(),
            None => std::fs::remove_file(&index).unwrap(),
        }
        let sandbox = Sandbox::with(config.clone()).await;
        let page = search(&sandbox, "x").await;
        assert_eq!((subjects(&page), &page["total"]), (vec!["three", "one"], &json!(2)));
        sandbox.stop().await;
    }
}

/// A damaged page of the index is met while the server runs: the index is made anew, and who
/// searches only waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_index_is_made_anew_while_the_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.db");
    let config = kept(|keeping| keeping.store = Some(path.clone()));
    let sandbox = Sandbox::with(config.clone()).await;
    for n in 0..40 {
        let words: String = (0..200).map(|word| format!("w{n}x{word} ")).collect();
        sandbox.send(mail(&format!("number {n}"), &words)).await;
    }
    assert_eq!(search(&sandbox, "w7x7").await["total"], 1);
    sandbox.stop().await;

    let index = folder.path().join("mail.db.search");
    let mut bytes = std::fs::read(&index).unwrap();
    let page = 4096;
    assert!(bytes.len() > 20 * page, "{}", bytes.len());
    // What says which tables there are stays, and the lists of words do not.
    bytes[12 * page..].fill(0x5a);
    std::fs::write(&index, bytes).unwrap();

    let sandbox = Sandbox::with(config).await;
    let newest = sandbox.send(mail("newest", "w7x7")).await;
    for query in ["w7x7", "number", "subject:newest"] {
        let page = search(&sandbox, query).await;
        let expected = if query == "number" { 40 } else { 1 + u64::from(query == "w7x7") };
        assert_eq!(page["total"], expected, "{query}: {page}");
    }
    assert_eq!(search(&sandbox, "newest").await["messages"][0]["id"], newest.as_str());
    let store = sandbox.json("/v1/info").await["store"].clone();
    assert_eq!(store["state"], "ok", "{store}");
    sandbox.stop().await;
}

async fn sorted(sandbox: &Sandbox, path: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = sandbox.json(&format!("/v1/messages?limit=2&{path}{cursor}")).await;
        assert_eq!(page["sorted_newest"], Value::Null, "{path}");
        all.extend(subjects(&page).into_iter().map(str::to_owned));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_sorted_by_size_sender_and_subject() {
    let sandbox = Sandbox::start().await;
    let mut client = sandbox.connect().await;
    client.say("EHLO app.test").await;
    for (from, subject, size) in [
        ("Zoe", "b", 900),
        ("ann", "D", 10),
        ("Bob", "a", 3000),
        ("Ann", "C", 200),
        ("Eve", "c", 1),
    ] {
        let from = format!("From: {from} <x@y.test>\r\nTo: bob@x.test\r\nSubject: {subject}");
        client.send(format!("{from}\r\n\r\n{}", "x ".repeat(size))).await;
    }
    for (path, expected) in [
        ("sort=largest", "a b C D c"),
        ("sort=smallest", "c D C b a"),
        // Of equal ones the newest is first, and case does not matter.
        ("sort=sender", "C D a c b"),
        ("sort=subject", "a b c C D"),
        ("sort=subject&q=from:ann", "C D"),
        ("sort=largest&q=~x", "a b C D c"),
        ("sort=time&order=oldest", "b D a C c"),
        ("sort=sender&inbox=none", ""),
    ] {
        assert_eq!(sorted(&sandbox, path).await.join(" "), expected, "{path}");
    }
    let page = sandbox.json("/v1/messages?sort=subject&limit=2").await;
    assert_eq!((&page["total"], &page["unread"]), (&json!(5), &json!(5)));
    for wrong in ["sort=up", "sort=sender&cursor=7", "sort=sender&order=oldest", "cursor=7-7-61"] {
        assert_eq!(sandbox.get(&format!("/v1/messages?{wrong}")).await.status, 400, "{wrong}");
    }
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sorted_pages_neither_repeat_nor_skip_while_mail_comes_and_goes() {
    let sandbox = Sandbox::start().await;
    let mut client = sandbox.connect().await;
    client.say("EHLO app.test").await;
    for n in ["f", "b", "d", "a", "c", "e"] {
        client.send(mail(n, "hello")).await;
    }
    let first = sandbox.json("/v1/messages?sort=subject&limit=3").await;
    assert_eq!(subjects(&first), ["a", "b", "c"]);
    // New mail on both sides of the place, and the last one that was read goes.
    for n in ["aa", "cc", "z"] {
        client.send(mail(n, "hello")).await;
    }
    let id = first["messages"][2]["id"].as_str().unwrap();
    assert_eq!(sandbox.request("DELETE", &format!("/v1/messages/{id}"), &[], "").await.status, 200);
    let next = first["next"].as_str().unwrap();
    let second = sandbox.json(&format!("/v1/messages?sort=subject&limit=3&cursor={next}")).await;
    assert_eq!((subjects(&second), &second["next"]), (vec!["d", "e", "f"], &Value::Null));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_are_sorted_is_said() {
    let sandbox = Sandbox::start().await;
    let connections = 8;
    let mails = async |from: usize| {
        let mut client = sandbox.connect().await;
        client.say("EHLO app.test").await;
        for n in (from..store::MAX_SORTED).step_by(connections) {
            client.send(mail(&format!("{n:05}"), "hello")).await;
        }
    };
    futures_util::future::join_all((0..connections).map(mails)).await;
    for q in ["", "q=hello&"] {
        let page = sandbox.json(&format!("/v1/messages?{q}limit=1")).await;
        let counted = (&page["total"], &page["unread"], &page["total_is_lower_bound"]);
        assert_eq!(counted, (&json!(10_000), &json!(10_000), &json!(false)), "{q}");
    }
    let all = sandbox.json("/v1/messages?sort=subject&limit=1").await;
    assert_eq!((subjects(&all), &all["sorted_newest"]), (vec!["00000"], &Value::Null));
    let oldest = sandbox.json("/v1/messages?order=oldest&limit=1").await;
    let mut client = sandbox.connect().await;
    client.say("EHLO app.test").await;
    client.send(mail("99999", "hello")).await;
    let page = sandbox.json("/v1/messages?sort=subject&limit=1").await;
    assert_eq!(
        (&page["sorted_newest"], &page["total_is_lower_bound"]),
        (&json!(10_000), &json!(true))
    );
    for q in ["q=hello", "q=hello+-subject:nothing", "q=from:ann%40x.test"] {
        let page = sandbox.json(&format!("/v1/messages?{q}&limit=1")).await;
        let counted = (&page["total"], &page["total_is_lower_bound"]);
        assert_eq!(counted, (&json!(10_000), &json!(true)), "{q}");
        assert!(page["next"].is_string(), "{q}");
    }
    // The oldest is the one that is not listed.
    let oldest = subjects(&oldest)[0].parse::<usize>().unwrap();
    let first = if oldest == 0 { "00001" } else { "00000" };
    assert_eq!(subjects(&page), [first]);
    let answer = sandbox.request("DELETE", "/v1/messages?q=hello", &[], "").await;
    assert_eq!(answer.json(), json!({"deleted": 10_001}));
    sandbox.stop().await;
}
