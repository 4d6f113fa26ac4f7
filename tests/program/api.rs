//! Lists, pages, changes, deletions, and what a wrong question is answered.

use serde_json::{Value, json};

use crate::sandbox::{Sandbox, config};

fn subjects(page: &Value) -> Vec<String> {
    let messages = page["messages"].as_array().unwrap();
    messages.iter().map(|m| m["subject"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_server_lists_nothing() {
    let sandbox = Sandbox::start().await;
    let page = sandbox.json("/v1/messages").await;
    assert_eq!(
        page,
        json!({"messages": [], "next": null, "total": 0, "unread": 0, "total_is_lower_bound": false, "cursor": 0})
    );
    assert_eq!(sandbox.json("/v1/sessions").await["sessions"], json!([]));
    assert_eq!(sandbox.json("/v1/inboxes").await, json!({"inboxes": []}));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_in_both_orders() {
    let sandbox = Sandbox::start().await;
    for n in 0..5 {
        sandbox.send(format!("Subject: {n}\r\n\r\nx")).await;
    }
    for (order, expected) in
        [("newest", ["4", "3", "2", "1", "0"]), ("oldest", ["0", "1", "2", "3", "4"])]
    {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = sandbox.json(&format!("/v1/messages?limit=2&order={order}{cursor}")).await;
            assert_eq!((&page["total"], &page["unread"]), (&json!(5), &json!(5)));
            all.extend(subjects(&page));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(all, expected);
    }
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_changes_nothing_and_a_patch_does() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.send("Subject: hi\r\n\r\nx").await;
    let path = format!("/v1/messages/{id}");
    for rest in ["", "/raw", "/text", "/parts/1", "/transcript"] {
        assert_eq!(sandbox.get(&format!("{path}{rest}")).await.status, 200);
    }
    assert_eq!(sandbox.json(&path).await["read"], false);
    let change = r#"{"read":true,"starred":true,"tags":["a","b"]}"#;
    let changed = sandbox.request("PATCH", &path, &[], change).await;
    assert_eq!(changed.status, 200);
    for message in [changed.json(), sandbox.json(&path).await] {
        assert_eq!(message["read"], true);
        assert_eq!(message["starred"], true);
        assert_eq!(message["tags"], json!(["a", "b"]));
    }
    assert_eq!(sandbox.json("/v1/messages").await["unread"], 0);
    let back = sandbox.request("PATCH", &path, &[], r#"{"read":false}"#).await.json();
    assert_eq!((&back["read"], &back["starred"]), (&json!(false), &json!(true)));
    assert_eq!(sandbox.json("/v1/messages").await["unread"], 1);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_takes_one_or_an_inbox_or_all() {
    let sandbox = Sandbox::start().await;
    let ids = [sandbox.send("a: b\r\n\r\n").await, sandbox.send("a: b\r\n\r\n").await];
    let mut other = sandbox.connect().await;
    other.say("EHLO x").await;
    other.say("AUTH PLAIN AHRlYW0Ac2VjcmV0").await; // \0team\0secret
    other.send("Subject: ours\r\n\r\nx").await;
    let inboxes = sandbox.json("/v1/inboxes").await;
    let all = inboxes["inboxes"].as_array().unwrap().iter();
    let counts: Vec<_> = all.map(|i| json!([i["name"], i["messages"], i["unread"]])).collect();
    assert_eq!(counts, [json!(["default", 2, 2]), json!(["team", 1, 1])]);
    let one = sandbox.request("DELETE", &format!("/v1/messages/{}", ids[0]), &[], "").await;
    assert_eq!((one.status, one.json()), (200, json!({"deleted": 1})));
    let again = sandbox.request("DELETE", &format!("/v1/messages/{}", ids[0]), &[], "").await;
    assert_eq!(again.error(), (404, "no_message".into(), None));
    let inbox = sandbox.request("DELETE", "/v1/messages?inbox=default", &[], "").await;
    assert_eq!(inbox.json(), json!({"deleted": 1}));
    assert_eq!(subjects(&sandbox.json("/v1/messages").await), ["ours"]);
    let all = sandbox.request("DELETE", "/v1/messages", &[], "").await;
    assert_eq!(all.json(), json!({"deleted": 1}));
    assert_eq!(sandbox.json("/v1/messages").await["total"], 0);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_is_the_name_that_logged_in() {
    let sandbox = Sandbox::start().await;
    sandbox.send("Subject: a\r\n\r\n").await;
    let mut client = sandbox.connect().await;
    client.say("EHLO x").await;
    client.say("AUTH PLAIN AHRlYW0Ac2VjcmV0").await;
    let id = client.send("Subject: b\r\n\r\n").await;
    assert_eq!(sandbox.json(&format!("/v1/messages/{id}")).await["inbox"], "team");
    let page = sandbox.json("/v1/messages?inbox=team").await;
    assert_eq!((subjects(&page), &page["total"]), (vec!["b".to_owned()], &json!(1)));
    assert_eq!(sandbox.json("/v1/messages/latest?inbox=default").await["subject"], "a");
    assert_eq!(sandbox.json("/v1/messages/latest").await["subject"], "b");
    assert_eq!(subjects(&sandbox.json("/v1/messages?inbox=nobody").await), Vec::<String>::new());
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_questions_are_told_what_is_wrong() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.send("Subject: a\r\n\r\n").await;
    let unknown = "0000000000000000000000";
    let message = format!("/v1/messages/{id}");
    let gone = format!("/v1/messages/{unknown}");
    let session = format!("/v1/sessions/{unknown}");
    let long = format!(r#"{{"tags":["{}"]}}"#, "x".repeat(70_000));
    let cases = [
        ("GET", "/v1/messages?limti=5", "", 400, "unknown_parameter", Some("limti")),
        ("GET", "/v1/messages?limit=0", "", 400, "invalid", Some("limit")),
        ("GET", "/v1/messages?limit=501", "", 400, "invalid", Some("limit")),
        ("GET", "/v1/messages?limit=x", "", 400, "invalid", Some("limit")),
        ("GET", "/v1/messages?limit=5&limit=6", "", 400, "repeated", Some("limit")),
        ("GET", "/v1/messages?cursor=-1", "", 400, "invalid", Some("cursor")),
        ("GET", "/v1/messages?order=up", "", 400, "invalid", Some("order")),
        ("GET", "/v1/messages?inbox=", "", 400, "invalid", Some("inbox")),
        ("GET", "/v1/messages?q=frm:a", "", 400, "invalid_query", Some("q")),
        ("GET", "/v1/messages?q=a&tz=Nowhere", "", 400, "invalid", Some("tz")),
        ("GET", "/v1/messages/latest?q=(", "", 400, "invalid_query", Some("q")),
        ("DELETE", "/v1/messages?q=-", "", 400, "invalid_query", Some("q")),
        ("GET", "/v1/search/values?field=frm", "", 400, "invalid", Some("field")),
        ("DELETE", "/v1/messages", r#"{"ids":["x"]}"#, 400, "unexpected_body", None),
        ("GET", &gone, "", 404, "no_message", None),
        ("GET", "/v1/messages/latest?inbox=none", "", 404, "no_message", None),
        ("GET", "/v1/messages/no%2Fid", "", 404, "no_message", None),
        ("GET", &session, "", 404, "no_session", None),
        ("PATCH", &gone, r#"{"read":true}"#, 404, "no_message", None),
        ("PATCH", &message, r#"{"raed":true}"#, 400, "unknown_field", Some("raed")),
        ("PATCH", &message, r#"{"read":"yes"}"#, 400, "invalid_body", None),
        ("PATCH", &message, "{", 400, "invalid_body", None),
        ("PATCH", &message, r#"{"tags":[""]}"#, 400, "invalid", Some("tags")),
        ("PATCH", &message, &long, 413, "body_too_large", None),
        ("PUT", "/v1/messages", "", 405, "method_not_allowed", None),
        ("GET", "/v1/nothing", "", 404, "not_found", None),
        ("GET", "/nothing", "", 404, "not_found", None),
        ("GET", "/v1/events", "", 426, "websocket_needed", None),
    ];
    for (method, path, body, status, code, field) in cases {
        let got = sandbox.request(method, path, &[], body).await.error();
        assert_eq!(
            got,
            (status, code.to_owned(), field.map(str::to_owned)),
            "{method} {path} {body}"
        );
    }
    for rest in ["html", "parts/9", "parts/TEXT", "parts/1.1"] {
        assert_eq!(sandbox.get(&format!("{message}/{rest}")).await.status, 404, "{rest}");
    }
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_body_may_have_64_kib_and_no_more() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.send("Subject: a\r\n\r\n").await;
    let path = format!("/v1/messages/{id}");
    for (size, status) in [(64 * 1024 - 1, 200), (64 * 1024, 200), (64 * 1024 + 1, 413)] {
        let body = format!("{}{}", r#"{"read":true}"#, " ".repeat(size - 13));
        assert_eq!(sandbox.request("PATCH", &path, &[], &body).await.status, status, "{size}");
    }
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_says_what_it_is_and_that_it_is_well() {
    let sandbox = Sandbox::with(restante::config::Config {
        max_message_size: bytesize::ByteSize::mib(2),
        ..config()
    })
    .await;
    sandbox.send("Subject: a\r\n\r\n").await;
    let mut info = sandbox.json("/v1/info").await;
    let bounds = info["smtp"]["bounds"].take();
    assert_eq!(
        (&bounds["max_recipients"], &bounds["command_timeout"]),
        (&json!(1000), &json!(300.0))
    );
    assert_eq!(bounds.as_object().unwrap().len(), 13);
    let connections = info["smtp"]["connections"].take();
    assert!(connections.as_u64().unwrap() <= 1, "{connections}");
    assert_eq!(info["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        info["smtp"],
        json!({
            "address": sandbox.smtp.to_string(), "max_message_size": 2 << 20,
            "starttls": false, "implicit_tls_address": null, "lmtp_address": null, "require_tls": false,
            "auth": {"checked": false, "required": false, "needs_tls": false},
            "connections": null, "turned_away": 0, "bounds": null,
        })
    );
    assert_eq!(info["http"]["address"], sandbox.http.to_string());
    let store = &info["store"];
    assert_eq!((&store["path"], &store["temporary"]), (&json!(null), &json!(true)));
    assert_eq!(
        (&store["messages"], &store["unread"], &store["max_bytes"]),
        (&json!(1), &json!(1), &json!(1 << 30))
    );
    assert!(store["bytes"].as_u64().unwrap() > 0);
    assert_eq!(sandbox.get("/livez").await.text(), "ok\n");
    assert_eq!(sandbox.get("/readyz").await.text(), "ok\n");
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inspector_is_served_with_a_strict_policy() {
    let sandbox = Sandbox::start().await;
    for path in ["/", "/m/0000000000000000000000", "/s", "/s/0000000000000000000000", "/c/a/b"] {
        let page = sandbox.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text().contains("<title>"), "{path}");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("; worker-src 'self';"), "{policy}");
    }
    let text = sandbox.get("/").await.text();
    let script = text.split('"').find(|s| s.starts_with("/assets/") && s.ends_with(".js")).unwrap();
    let asset = sandbox.get(script).await;
    assert_eq!(asset.header("content-type"), "text/javascript; charset=utf-8");
    assert!(asset.header("cache-control").contains("immutable"));
    assert_eq!(asset.header("content-security-policy"), "default-src 'none'");
    assert_eq!(sandbox.get("/assets/..%2findex.html").await.status, 404);
    // A browser that was sent astray gets the page, a program and all of /v1 an error.
    let browser = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    for (path, kind) in [
        ("/no/such/page", "text/html"),
        ("/v1/nothing", "application/json"),
        ("/v1", "application/json"),
    ] {
        let answer = sandbox.request("GET", path, &browser, "").await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.header("content-type").starts_with(kind), "{path}");
    }
    let posted = sandbox.request("POST", "/no/such/page", &browser, "").await;
    assert_eq!(posted.error().1, "not_found");
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_written_in_the_inspector_comes_in_by_smtp() {
    let sandbox = Sandbox::start().await;
    let raw = "Subject: typed\r\n\r\n.dot\r\n";
    let path = "/v1/send?from=a@x.test&to=b@x.test,c@x.test";
    let sent = sandbox.request("POST", path, &[], raw).await;
    assert_eq!(sent.status, 200);
    let id = sent.json()["id"].as_str().unwrap().to_owned();
    let message = sandbox.json(&format!("/v1/messages/{id}")).await;
    assert_eq!(message["envelope"]["to"], json!(["b@x.test", "c@x.test"]));
    assert_eq!(message["session"]["helo"], "inspector.localhost");
    assert_eq!(message["text"], ".dot");
    for (query, field) in [("from=a&to=", "to"), ("from=a%0d%0aX&to=b", "from"), ("to=b&x=1", "x")]
    {
        let wrong = sandbox.request("POST", &format!("/v1/send?{query}"), &[], raw).await;
        assert_eq!((wrong.status, wrong.error().2.as_deref()), (400, Some(field)), "{query}");
    }
    let foreign = [("Origin", "http://evil.test")];
    assert_eq!(sandbox.request("POST", path, &foreign, raw).await.status, 403);
    sandbox.stop().await;
}
