//! Every session leaves a transcript, whatever became of it.

use serde_json::{Value, json};

use crate::sandbox::{Events, Sandbox};

async fn closed(events: &mut Events) -> Value {
    events.until("session.closed").await["session"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_without_a_message_are_kept_too() {
    let sandbox = Sandbox::start().await;
    let mut events = sandbox.events("").await;
    let mut quit = sandbox.connect().await;
    quit.say("QUIT").await;
    let session = closed(&mut events).await;
    assert_eq!((&session["outcome"], &session["messages"]), (&json!("quit"), &json!(0)));
    drop(sandbox.connect().await);
    assert_eq!(closed(&mut events).await["outcome"], "closed");
    let mut cut = sandbox.connect().await;
    cut.say("EHLO cut.test").await;
    for command in ["MAIL FROM:<a@x.test>", "RCPT TO:<b@x.test>", "DATA"] {
        cut.say(command).await;
    }
    cut.write(b"Subject: half").await;
    drop(cut);
    let session = closed(&mut events).await;
    assert_eq!((&session["outcome"], &session["helo"]), (&json!("cut-off"), &json!("cut.test")));
    let id = session["id"].as_str().unwrap();
    let text = sandbox.get(&format!("/v1/sessions/{id}/transcript")).await.text();
    assert!(text.contains("C: (13 bytes of message: not kept)"), "{text}");
    assert_eq!(sandbox.json("/v1/messages").await["total"], 0);
    assert_eq!(sandbox.json("/v1/sessions").await["total"], 3);
    sandbox.stop().await;
}

/// Each chunk with its size; the last one stands for the message.
#[tokio::test(flavor = "multi_thread")]
async fn chunks_are_in_the_transcript() {
    let sandbox = Sandbox::start().await;
    let mut client = sandbox.connect().await;
    client.say("EHLO chunks.test").await;
    for command in ["MAIL FROM:<a@x.test> RET=HDRS", "RCPT TO:<b@x.test> NOTIFY=NEVER"] {
        assert!(client.say(command).await.starts_with("250 "));
    }
    assert_eq!(client.say("BDAT 13\r\nSubject: Hi").await, "250 2.0.0 Ok: 13 octets taken\r\n");
    let reply = client.say("BDAT 2 LAST\r\n").await;
    let id = reply.trim_end().strip_prefix("250 2.0.0 Ok: queued as ").unwrap();
    let text = sandbox.get(&format!("/v1/messages/{id}/transcript")).await.text();
    assert!(text.contains("C: BDAT 13\nC: (13 bytes of message: a chunk)\nS: 250 "), "{text}");
    assert!(text.contains(&format!("C: BDAT 2 LAST\nC: (2 bytes of message: {id})\n")), "{text}");
    let message = sandbox.json(&format!("/v1/messages/{id}")).await;
    assert_eq!((&message["subject"], &message["size"]), (&json!("Hi"), &json!(15)));
    let params = json!({
        "from": [{"name": "RET", "value": "HDRS"}], "to": [[{"name": "NOTIFY", "value": "NEVER"}]],
    });
    assert_eq!(message["envelope"]["params"], params);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_comes_as_text_or_json() {
    let sandbox = Sandbox::start().await;
    let id = sandbox.send("Subject: a\r\n\r\nx").await;
    let message = sandbox.json(&format!("/v1/messages/{id}")).await;
    let session = message["session_id"].as_str().unwrap();
    let path = format!("/v1/sessions/{session}");
    let shown = sandbox.json(&path).await;
    assert_eq!(shown["message_ids"], json!([id]));
    let text = sandbox.get(&format!("{path}/transcript")).await;
    assert_eq!(text.header("content-type"), "text/plain; charset=utf-8");
    assert!(text.text().starts_with("S: 220 ") && text.text().contains("C: EHLO app.test\n"));
    let accept = [("Accept", "application/json")];
    let transcript =
        sandbox.request("GET", &format!("{path}/transcript"), &accept, "").await.json();
    assert_eq!((&transcript["session_id"], &transcript["elided"]), (&json!(session), &json!(0)));
    let entries = transcript["entries"].as_array().unwrap();
    let content = entries.iter().find(|e| e.get("content").is_some()).unwrap();
    assert_eq!(content["content"], json!({"size": 17, "message_id": id}));
    let times: Vec<u64> = entries.iter().map(|e| e["at"].as_u64().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    sandbox.stop().await;
}

/// The transcript of a session under way is there, up to its last reply.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_session_can_be_read() {
    let sandbox = Sandbox::start().await;
    let mut events = sandbox.events("").await;
    let mut client = sandbox.connect().await;
    let id = events.until("session.opened").await["session"]["id"].as_str().unwrap().to_owned();
    client.say("EHLO open.test").await;
    client.send("Subject: one\r\n\r\nx").await;
    let reply = client.say("NOOP").await;
    let session = sandbox.json(&format!("/v1/sessions/{id}")).await;
    assert_eq!((&session["outcome"], &session["closed_at"]), (&json!("open"), &json!(null)));
    assert_eq!((&session["helo"], &session["messages"]), (&json!("open.test"), &json!(1)));
    let text = sandbox.get(&format!("/v1/sessions/{id}/transcript")).await.text();
    assert!(text.ends_with(&format!("C: NOOP\nS: {}", reply.replace("\r\n", "\n"))), "{text}");
    assert_eq!(text.matches("C: EHLO open.test").count(), 1, "{text}");
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_nowhere() {
    let sandbox = Sandbox::start().await;
    let mut client = sandbox.connect().await;
    client.say("EHLO x").await;
    client.say("AUTH PLAIN AHRlYW0Ac2VjcmV0").await;
    let id = client.send("Subject: a\r\n\r\n").await;
    let message = sandbox.get(&format!("/v1/messages/{id}")).await.text();
    let transcript = sandbox.get(&format!("/v1/messages/{id}/transcript")).await.text();
    for text in [&message, &transcript] {
        assert!(!text.contains("AHRlYW0Ac2VjcmV0") && !text.contains("secret"), "{text}");
    }
    assert!(transcript.contains("C: AUTH PLAIN ********\n"), "{transcript}");
    assert!(message.contains(r#""user":"team","auth":"PLAIN""#), "{message}");
    sandbox.stop().await;
}

/// The dialogue of one of very many messages is that message's, and says what is left out.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_sessions_transcript_is_shown_around_the_message() {
    let sandbox = Sandbox::start().await;
    let mut client = sandbox.connect().await;
    client.say("EHLO long.test").await;
    let mut ids = Vec::new();
    for n in 0..200 {
        ids.push(client.send(format!("Subject: {n}\r\n\r\n")).await);
    }
    let text = sandbox.get(&format!("/v1/messages/{}/transcript", ids[100])).await.text();
    assert!(text.contains("C: EHLO long.test") && text.contains(&ids[100]), "{text}");
    assert!(text.contains("parts of this long session are not shown"), "{text}");
    assert!(text.matches("C: DATA").count() < 100);
    sandbox.stop().await;
}

/// What somebody types into `nc` is seen line by line, without asking again and again.
#[tokio::test(flavor = "multi_thread")]
async fn a_dialogue_under_way_is_watched_line_by_line() {
    let sandbox = Sandbox::start().await;
    let mut events = sandbox.events("").await;
    let mut client = sandbox.connect().await;
    let opened = events.until("session.opened").await;
    let id = opened["session"]["id"].as_str().unwrap().to_owned();
    let mut seq = opened["seq"].as_u64().unwrap();
    let commands = ["EHLO watched.test", "MAIL FROM:<a@x.test>", "RCPT TO:<b@x.test>", "NOOP"];
    for (n, command) in commands.iter().enumerate() {
        let reply = client.say(command).await;
        let session = loop {
            let event = events.until("session.updated").await;
            assert!(event["seq"].as_u64() > Some(seq));
            seq = event["seq"].as_u64().unwrap();
            // One event may have told of what was said before this command.
            if event["session"]["commands"] == n + 1 {
                break event["session"].clone();
            }
        };
        assert_eq!((&session["id"], &session["outcome"]), (&json!(id), &json!("open")));
        assert_eq!(session["helo"], "watched.test");
        let text = sandbox.get(&format!("/v1/sessions/{id}/transcript")).await.text();
        let said = format!(
            "C: {command}\nS: {}",
            reply.replace("\r\n", "\n").replace("\n250", "\nS: 250")
        );
        assert!(text.ends_with(&said), "{text}");
    }
    client.say("QUIT").await;
    let session = closed(&mut events).await;
    assert_eq!((&session["id"], &session["outcome"]), (&json!(id), &json!("quit")));
    let said: usize = commands.iter().chain(&["QUIT"]).map(|line| line.len() + 2).sum();
    assert_eq!(session["bytes"], said);
    sandbox.stop().await;
}

/// One that has said nothing new is not told, and of a busy one only now and then.
#[tokio::test(flavor = "multi_thread")]
async fn news_of_a_session_are_gathered() {
    let sandbox = Sandbox::start().await;
    let mut events = sandbox.events("").await;
    let mut silent = sandbox.connect().await;
    silent.say("EHLO silent.test").await;
    let told = events.until("session.updated").await;
    let mut busy = sandbox.connect().await;
    let start = std::time::Instant::now();
    let mut said = 0;
    while start.elapsed() < std::time::Duration::from_millis(1500) {
        busy.say("NOOP").await;
        said += 1;
    }
    busy.say("QUIT").await;
    sandbox.send("Subject: short\r\n\r\nx").await;
    let mut updates = Vec::new();
    let mut ended = 0;
    while ended < 2 {
        let event = events.next().await;
        match event["type"].as_str().unwrap() {
            "session.updated" => updates.push(event["session"]["id"].clone()),
            "session.closed" => ended += 1,
            _ => {}
        }
    }
    assert!(!updates.is_empty() && updates.len() <= 8, "{} for {said} commands", updates.len());
    assert!(updates.iter().all(|id| *id == updates[0] && *id != told["session"]["id"]));
    sandbox.stop().await;
}

/// However often it is looked at while messages go to the store, each line is there once.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_transcript_has_no_line_twice_and_none_missing() {
    let sandbox = Sandbox::start().await;
    let mut events = sandbox.events("").await;
    let mut client = sandbox.connect().await;
    let id = events.until("session.opened").await["session"]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/sessions/{id}/transcript");
    let talk = async {
        for n in 0..150 {
            // Long ones go to the store without a message, too.
            assert!(
                client.say(&format!("NOOP {n} {}", "x".repeat(1500))).await.starts_with("250 ")
            );
            if n % 3 == 0 {
                client.send(format!("Subject: {n}\r\n\r\n")).await;
            }
        }
    };
    let mut talk = std::pin::pin!(talk);
    let mut talking = true;
    while talking {
        let look = async {
            let text = sandbox.get(&path).await.text();
            let numbers: Vec<u32> = text
                .lines()
                .filter_map(|line| line.strip_prefix("C: NOOP ")?.split(' ').next()?.parse().ok())
                .collect();
            let gap = numbers.windows(2).find(|w| w[1] != w[0] + 1);
            assert_eq!(gap, None, "{numbers:?}");
        };
        tokio::select! {
            () = &mut talk => talking = false,
            () = look => {}
        }
    }
    sandbox.stop().await;
}
