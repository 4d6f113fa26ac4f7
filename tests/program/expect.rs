//! `/v1/expect` on a whole server: mail before, during and after the call, what a failure knows of
//! sessions and requests, and that nothing of a call is left behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use restante::expect::{Context, Expectation};
use restante::lookout::Ending;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::sandbox::{Answer, DEADLINE, Sandbox};

fn mail(to: &str, subject: &str) -> String {
    format!("From: app@x.test\r\nTo: {to}\r\nSubject: {subject}\r\nX-Run: 7\r\n\r\nhello {subject}")
}

async fn ask(sandbox: &Sandbox, question: &str) -> Answer {
    sandbox.get(&format!("/v1/expect?{question}")).await
}

async fn cursor(sandbox: &Sandbox) -> u64 {
    sandbox.json("/v1/cursor").await["cursor"].as_u64().unwrap()
}

/// Until so many calls wait.
async fn waiting(sandbox: &Sandbox, calls: usize) {
    let until = Instant::now() + DEADLINE;
    while sandbox.server.lookout.waiting() != calls {
        assert!(Instant::now() < until, "{} calls wait", sandbox.server.lookout.waiting());
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_that_is_there_is_answered_at_once() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.send(mail("bob@x.test", "Reset your password")).await;
    let answer = ask(&sandbox, "to=ann@x.test&subject=reset&timeout=30ms").await;
    assert_eq!(answer.status, 417, "{}", answer.text());
    let answer = ask(&sandbox, "subject=reset&text=hello&header.x-run=7").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let found = answer.json();
    assert_eq!((&found["met"], &found["matched"]), (&json!(true), &json!(1)));
    assert_eq!(found["message"]["id"], id);
    assert_eq!(found["message"]["text"], "hello Reset your password");
    assert_eq!(found["url"], format!("http://{}/m/{id}", sandbox.http));
    assert_eq!(found["duplicates"], json!([]));
    assert_eq!(found["cursor"], found["message"]["seq"]);
    assert_eq!(answer.header("restante-cursor"), found["cursor"].to_string());
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_that_comes_is_answered_when_it_comes() {
    let sandbox = Sandbox::start().await;
    let since = cursor(&sandbox).await;
    let question =
        json!({ "to": "bob@x.test", "subject": "reset", "since": since, "timeout": "20s" });
    let post = async {
        sandbox
            .request("POST", "/v1/expect", &[("Content-Type", "text/plain")], &question.to_string())
            .await
    };
    let send = async {
        waiting(&sandbox, 1).await;
        sandbox.send(mail("bob@x.test", "welcome")).await;
        sandbox.send(mail("bob@x.test", "reset")).await
    };
    let (answer, id) = tokio::join!(post, send);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["message"]["id"], id);
    // From its cursor on there is none.
    let next = format!("to=bob@x.test&timeout=50ms&since={}", answer.json()["cursor"]);
    assert_eq!(ask(&sandbox, &next).await.status, 417);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_says_what_came_instead() {
    let sandbox = Sandbox::start().await;
    sandbox.send(mail("bob@x.test", "Reset your password")).await;
    let since = cursor(&sandbox).await;
    sandbox.send(mail("bob@xx.test", "Reset your password")).await;
    let question = format!("to=bob@x.test&subject=reset&since={since}&timeout=50ms");
    let answer = ask(&sandbox, &question).await;
    assert_eq!(answer.status, 417);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let report = answer.json();
    assert_eq!(report["reason"], "none_matched");
    // The mail in the header is the one that RCPT TO of this client is not.
    let near = report["near_misses"].as_array().unwrap();
    let criteria = |n: usize, field: &str| -> Value {
        let all = near[n]["criteria"].as_array().unwrap();
        all.iter().find(|check| check["field"] == field).unwrap().clone()
    };
    let all: Vec<_> = (0..near.len()).map(|n| (criteria(n, "to"), criteria(n, "since"))).collect();
    assert!(all.iter().any(|(to, since)| to["edits"] == 1 && since["ok"] == true), "{report}");
    assert!(all.iter().any(|(to, since)| to["ok"] == true && since["ok"] == false), "{report}");
    let text = sandbox
        .request("GET", &format!("/v1/expect?{question}"), &[("Accept", "text/plain")], "")
        .await;
    assert_eq!(text.status, 417);
    assert!(text.text().starts_with("no mail matched in 0."), "{}", text.text());
    assert!(text.text().contains("(1 letter off)"), "{}", text.text());
    assert!(text.text().contains("was the cursor taken after the trigger?"), "{}", text.text());
    assert!(text.text().contains(&format!("http://{}/m/", sandbox.http)), "{}", text.text());
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_tells_of_refused_sessions_and_requests() {
    let sandbox = Sandbox::start().await;
    let mut client = sandbox.connect().await;
    client.say("EHLO app.test").await;
    assert!(client.say("RCPT TO:<bob@x.test>").await.starts_with("503 "));
    client.say("QUIT").await;
    assert_eq!(sandbox.request("POST", "/v1/messages", &[], "").await.status, 400);
    let report = ask(&sandbox, "to=bob@x.test&timeout=100ms").await.json();
    let rejected = report["rejected"].as_array().unwrap();
    let why = |kind: &str| {
        let one = rejected.iter().find(|one| one["kind"] == kind);
        one.unwrap_or_else(|| panic!("{report}"))["why"].as_str().unwrap().to_owned()
    };
    assert!(why("session").starts_with("RCPT TO:<bob@x.test> -> 503 "), "{report}");
    assert!(why("request").starts_with("POST /v1/messages -> 400 invalid_body: "), "{report}");
    assert!(report["detail"].as_str().unwrap().contains("refused or cut meanwhile"), "{report}");
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_picks_and_duplicates() {
    let sandbox = Sandbox::start().await;
    let first = sandbox.send(mail("bob@x.test", "twice")).await;
    let second = sandbox.send(mail("bob@x.test", "twice")).await;
    let found = ask(&sandbox, "subject=twice").await.json();
    assert_eq!((&found["matched"], &found["duplicates"]), (&json!(2), &json!([first])));
    assert_eq!(found["message"]["id"], second);
    let found = ask(&sandbox, "subject=twice&pick=first&exactly=2").await.json();
    assert_eq!(found["message"]["id"], first);
    for (question, status, reason) in [
        ("subject=twice&exactly=1", 417, "too_many"),
        ("subject=twice&none=1&for=10ms", 417, "too_many"),
        ("subject=twice&pick=only", 417, "not_only"),
        ("subject=twice&count=3&timeout=20ms", 417, "too_few"),
        ("subject=never&none=1&for=20ms", 200, ""),
        ("subject=twice&at_most=2&for=10ms", 200, ""),
    ] {
        let answer = ask(&sandbox, question).await;
        assert_eq!(answer.status, status, "{question}: {}", answer.text());
        assert_eq!(answer.json()["reason"].as_str().unwrap_or_default(), reason, "{question}");
    }
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn get_answers_one_value() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.send(mail("bob@x.test", "one value")).await;
    for (get, value) in [
        ("id", id.clone()),
        ("subject", "one value".into()),
        ("text", "hello one value".into()),
        ("header.x-run", "7".into()),
        ("from", "app@x.test".into()),
        ("url", format!("http://{}/m/{id}", sandbox.http)),
    ] {
        let answer = ask(&sandbox, &format!("subject=value&get={get}")).await;
        assert_eq!((answer.status, answer.text()), (200, format!("{value}\n")), "{get}");
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    }
    let answer = ask(&sandbox, "subject=value&get=html").await;
    assert_eq!((answer.status, answer.json()["reason"].clone()), (417, json!("no_value")));
    assert!(answer.text().contains("it has no HTML part: get=text"), "{}", answer.text());
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_and_links_are_taken_out_or_it_fails() {
    let sandbox = Sandbox::start().await;
    let mail = "From: app@x.test\r\nTo: ann@x.test\r\nSubject: Reset\r\nContent-Type: text/html\r\n\r\n\
        <p>Your code is <b>482 913</b>.</p><a href=\"https://x.test/%72eset?a=1&amp;b=2\">Reset it</a>";
    sandbox.send(mail.to_owned()).await;
    for (question, expected) in [
        ("get=code", "482913"),
        ("code=6&get=code", "482913"),
        ("code=is%20([0-9]%2B)&get=code", "482"),
        ("get=link", "https://x.test/%72eset?a=1&b=2"),
        ("link=~/reset&get=link", "https://x.test/%72eset?a=1&b=2"),
        ("link=reset&get=link.text", "Reset it"),
    ] {
        let answer = ask(&sandbox, question).await;
        assert_eq!((answer.status, answer.text()), (200, format!("{expected}\n")), "{question}");
    }
    let found = ask(&sandbox, "code=6&link=true").await.json();
    assert_eq!((&found["code"], &found["codes"][0]["value"]), (&json!("482913"), &found["code"]));
    assert_eq!(found["link"]["text"], "Reset it");
    let plain = ask(&sandbox, "subject=reset").await.json();
    assert!(plain.get("code").is_none() && plain.get("link").is_none(), "{plain}");
    sandbox.send(mail.to_owned()).await;
    let answer = ask(&sandbox, "code=4&link=unsubscribe&timeout=1s").await;
    let (status, missing) = (answer.status, answer.json());
    assert_eq!((status, &missing["reason"]), (417, &json!("no_code")));
    assert_eq!(missing["codes"][0]["value"], "482913");
    assert_eq!(missing["links"][0]["text"], "Reset it");
    let hint = missing["hints"][0].as_str().unwrap();
    assert!(hint.ends_with("which was picked"), "{hint}");
    let answer = ask(&sandbox, "link=unsubscribe&code=6").await.json();
    assert_eq!((&answer["reason"], &answer["code"]), (&json!("no_link"), &json!("482913")));
    sandbox.stop().await;
}

/// It matched while the call still had to see that no second one comes.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_deleted_before_it_is_read_is_a_failure() {
    let sandbox = Sandbox::start().await;
    let call = ask(&sandbox, "subject=short&exactly=1&for=1s&timeout=20s");
    let deleted = async {
        waiting(&sandbox, 1).await;
        let id = sandbox.send(mail("ann@x.test", "short lived")).await;
        sandbox.request("DELETE", &format!("/v1/messages/{id}"), &[], "").await
    };
    let (answer, deleted) = tokio::join!(call, deleted);
    assert_eq!((deleted.status, answer.status), (200, 417));
    let failed = answer.json();
    assert_eq!(failed["reason"], "gone");
    let detail = failed["detail"].as_str().unwrap();
    assert!(detail.contains("deleted before it could be read"), "{detail}");
    sandbox.stop().await;
}

/// A tree of elements that never end costs time by the square of its depth.
#[tokio::test(flavor = "multi_thread")]
async fn html_that_is_nested_without_end_is_not_looked_into() {
    let sandbox = Sandbox::start().await;
    let head = "From: a@x.test\r\nTo: b@x.test\r\nSubject: deep\r\nContent-Type: text/html\r\n\r\n";
    sandbox.send(format!("{head}{}", "<div>\r\n".repeat(100_000))).await;
    let question = r#"{"subject":"deep","checks":[{"html":"div"}]}"#;
    let answer = sandbox.request("POST", "/v1/expect", &[], question).await;
    let got = answer.json()["checks"][0]["got"].clone();
    assert_eq!(answer.status, 417);
    assert!(got.as_str().unwrap().contains("nested too deep"), "{got}");
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_are_told_each_by_itself() {
    let sandbox = Sandbox::start().await;
    sandbox.send(mail("ann@x.test", "checked")).await;
    let question = json!({ "subject": "checked", "checks": [
        { "field": "envelope.to[0]", "equals": "bob@example.test" },
        { "field": "via", "equals": "smtp" },
        { "field": "session.client", "exists": true },
        { "header": "x-run", "equals": "7" },
    ] });
    let answer = sandbox.request("POST", "/v1/expect", &[], &question.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let checks = answer.json()["checks"].clone();
    assert_eq!(checks[3], json!({ "check": question["checks"][3], "ok": true, "got": "7" }));
    let question = r#"{"subject":"checked","get":"id","checks":[{"header":"Cc"},{"header":"To"}]}"#;
    let answer = sandbox.request("POST", "/v1/expect", &[], question).await;
    let failed = answer.json();
    assert_eq!((answer.status, &failed["reason"]), (417, &json!("check_failed")));
    assert_eq!(
        (&failed["checks"][0]["ok"], &failed["checks"][1]["ok"]),
        (&json!(false), &json!(true))
    );
    // What a check may name is what a Message has.
    let message = ask(&sandbox, "subject=checked").await.json()["message"].clone();
    let mut names: Vec<&String> = message.as_object().unwrap().keys().collect();
    let mut known = restante::expect::MESSAGE_FIELDS.to_vec();
    names.sort();
    known.sort();
    assert_eq!(names, known);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_question_names_its_field() {
    let sandbox = Sandbox::start().await;
    for (question, code, field) in [
        ("sujbect=x", "unknown_field", "sujbect"),
        ("timeout=10m", "invalid", "timeout"),
        ("q=a%20OR", "invalid_query", "q"),
        ("since=999999", "invalid", "since"),
    ] {
        let answer = ask(&sandbox, question).await;
        assert_eq!(answer.status, 400, "{question}");
        let error = &answer.json()["error"];
        assert_eq!((error["code"].as_str(), error["field"].as_str()), (Some(code), Some(field)));
    }
    let answer = sandbox.request("POST", "/v1/expect", &[], "{").await;
    assert_eq!(
        (answer.status, answer.json()["error"]["code"].clone()),
        (400, json!("invalid_body"))
    );
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_a_cursor() {
    let sandbox = Sandbox::start().await;
    let before: u64 = sandbox.get("/v1/info").await.header("restante-cursor").parse().unwrap();
    sandbox.send(mail("bob@x.test", "new")).await;
    let after: u64 = sandbox.get("/nothing-here").await.header("restante-cursor").parse().unwrap();
    assert!(after > before);
    assert_eq!(ask(&sandbox, &format!("since={before}")).await.status, 200);
    assert_eq!(ask(&sandbox, &format!("since={after}&timeout=20ms")).await.status, 417);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_taken_after_a_250_lies_behind_its_mail() {
    let sandbox = Sandbox::start().await;
    let mut client = sandbox.connect().await;
    client.say("EHLO app.test").await;
    for round in 0..200 {
        client.send(mail("bob@x.test", "here")).await;
        let cursor = sandbox.server.lookout.cursor();
        let newest = sandbox.json("/v1/messages?limit=1").await["messages"][0]["seq"].clone();
        assert!(newest.as_u64().unwrap() <= cursor, "round {round}: {newest} is behind {cursor}");
    }
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_frees_its_place() {
    let sandbox = Sandbox::start().await;
    for keepalive in ["", "&keepalive=1"] {
        let mut stream = TcpStream::connect(sandbox.http).await.unwrap();
        let host = sandbox.http;
        let request = format!(
            "GET /v1/expect?to=x@x.test&timeout=5m{keepalive} HTTP/1.1\r\nHost: {host}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        waiting(&sandbox, 1).await;
        drop(stream);
        waiting(&sandbox, 0).await;
    }
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keepalive_holds_the_line_and_says_met_in_the_body() {
    let sandbox = Sandbox::start().await;
    let answer = ask(&sandbox, "to=x@x.test&timeout=50ms&keepalive=1").await;
    assert_eq!(answer.status, 200);
    let text = answer.text();
    let begin = text.find('{').unwrap();
    let end = text.rfind('}').unwrap();
    let report: Value = serde_json::from_str(&text[begin..=end]).unwrap();
    assert_eq!((&report["met"], &report["status"]), (&json!(false), &json!(417)));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_waits_ends_with_the_server() {
    let sandbox = Sandbox::start().await;
    let mut stream = TcpStream::connect(sandbox.http).await.unwrap();
    let request =
        format!("GET /v1/expect?to=x@x.test&timeout=5m HTTP/1.1\r\nHost: {}\r\n\r\n", sandbox.http);
    stream.write_all(request.as_bytes()).await.unwrap();
    waiting(&sandbox, 1).await;
    sandbox.stop().await;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    assert!(String::from_utf8_lossy(&bytes).contains("shutting_down"));
}

/// Of three calls one asks before its mail comes, one while it comes, one after.
#[tokio::test(flavor = "multi_thread")]
async fn no_mail_is_missed_over_http() {
    let sandbox = Sandbox::start().await;
    for round in 0..60 {
        let (to, since) = (format!("r{round}@x.test"), cursor(&sandbox).await);
        let question = format!("subject={to}&since={since}&timeout=20s&get=subject");
        let send = async {
            if round % 3 == 0 {
                waiting(&sandbox, 1).await;
            }
            sandbox.send(mail(&to, &to)).await
        };
        let answer = if round % 3 == 2 {
            send.await;
            ask(&sandbox, &question).await
        } else {
            tokio::join!(ask(&sandbox, &question), send).0
        };
        assert_eq!((answer.status, answer.text()), (200, format!("{to}\n")), "round {round}");
    }
    sandbox.stop().await;
}

/// The mail comes before, while and after its call is made, in every order that ten thousand rounds
/// bring about.
#[tokio::test(flavor = "multi_thread")]
async fn no_mail_is_missed_in_ten_thousand_rounds() {
    const ROUNDS: usize = 10_000;
    let sandbox = Sandbox::start().await;
    let lookout = sandbox.server.lookout.clone();
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (lookout, next) = (lookout.clone(), next.clone());
        let mut client = sandbox.connect().await;
        client.say("EHLO app.test").await;
        tasks.spawn(async move {
            loop {
                let round = next.fetch_add(1, Ordering::Relaxed);
                if round >= ROUNDS {
                    return;
                }
                let to = format!("r{round}@x.test");
                let question = json!({ "to": to, "since": lookout.cursor(), "timeout": 30 });
                let context = Context { now: 0, timeout: DEADLINE };
                let question = Arc::new(Expectation::from_json(&question, &context).unwrap());
                let wait = async {
                    // So many turns of the runtime later.
                    for _ in 0..round % 97 {
                        tokio::task::yield_now().await;
                    }
                    lookout.expect(question.clone()).await.unwrap_or_else(|e| panic!("{e}"))
                };
                let ending = match round % 3 {
                    0 => tokio::join!(wait, client.send(mail(&to, "race"))).0,
                    1 => tokio::join!(client.send(mail(&to, "race")), wait).1,
                    _ => {
                        client.send(mail(&to, "race")).await;
                        wait.await
                    }
                };
                let Ending::Met(met) = ending else { panic!("round {round}: missed") };
                assert_eq!(met.message.unwrap().summary.digest.to[0].address, to);
                assert!(met.waited < Duration::from_secs(5), "round {round}: {:?}", met.waited);
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(lookout.waiting(), 0);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_over_the_bound_are_told_so() {
    let sandbox = Sandbox::start().await;
    let lookout = sandbox.server.lookout.clone();
    let context = restante::expect::Context { now: 0, timeout: Duration::from_secs(60) };
    let question = restante::expect::Expectation::from_pairs(Vec::new(), &context).unwrap();
    let question = std::sync::Arc::new(question);
    let held: Vec<_> = (0..restante::lookout::MAX_WAITING)
        .map(|_| lookout.begin(question.clone()).unwrap_or_else(|e| panic!("{e}")))
        .collect();
    let answer = ask(&sandbox, "to=x@x.test").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json()["error"]["code"], "too_many_waiting");
    drop(held);
    assert_eq!(ask(&sandbox, "to=x@x.test&timeout=10ms").await.status, 417);
    sandbox.stop().await;
}
