//! `/v1/messages/{id}/snapshot`: the same for the same mail, as text, and 400 that names what is wrong.

use crate::sandbox::Sandbox;

fn mail(id: u32, word: &str) -> String {
    format!(
        "Date: Mon, {} Nov 2026 06:44:31 +0000\r\nMessage-ID: <{id}.x@app.test>\r\nFrom: shop@app.test\r\n\
         Subject: Your order\r\nContent-Type: text/html\r\n\r\n\
         <p>Your {word}: <a href=\"http://localhost:{id}/o/{id}f9a8b7c6d5e4f3a2b1c0d9\">look</a></p>\r\n",
        id % 20 + 1
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_mail_has_the_same_snapshot() {
    let sandbox = Sandbox::start().await;
    let mut texts = Vec::new();
    for (id, word) in [(4100, "order"), (5200, "order"), (6300, "parcel")] {
        let id = sandbox.send(mail(id, word)).await;
        let answer = sandbox.get(&format!("/v1/messages/{id}/snapshot")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(
            answer.header("content-disposition"),
            "inline; filename=\"your-order_bob-example-test.mail.txt\""
        );
        texts.push(answer.text());
    }
    assert_eq!(texts[0], texts[1]);
    assert_eq!(
        texts[0],
        "== envelope\nfrom: <ann@example.test>\nto: <bob@example.test>\n\n\
         == headers\nContent-Type: text/html\nDate: {date-1} {time}\nFrom: shop@app.test\n\
         Message-ID: <{id-1}>\nSubject: Your order\n\n== parts\ntext/html\n\n\
         == html\n<html>\n  <head></head>\n  <body>\n    \
         <p>Your order: <a href=\"http://{host-1}/o/{token-1}\">look</a></p>\n  </body>\n</html>\n"
    );
    let changed = texts[0].lines().zip(texts[2].lines()).filter(|(a, b)| a != b);
    assert_eq!((changed.count(), texts[0].lines().count()), (1, texts[2].lines().count()));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn options_are_taken_and_wrong_ones_named() {
    let sandbox = Sandbox::start().await;
    sandbox.send(mail(4100, "order")).await;
    let path = "/v1/messages/latest/snapshot";
    let text = sandbox
        .get(&format!(
            "{path}?ignore=envelope,parts&ignore=html&keep=date&keep=id&order=sent&q=order"
        ))
        .await
        .text();
    assert_eq!(
        text,
        "== headers\nDate: Mon, 1 Nov 2026 06:44:31 +0000\nMessage-ID: <4100.x@app.test>\n\
         From: shop@app.test\nSubject: Your order\nContent-Type: text/html\n"
    );
    for (query, field, told) in [
        ("ignore=headers,nope", "ignore", "not \\\"nope\\\""),
        ("keep=dates", "keep", "not \\\"dates\\\""),
        ("ignore=~%28", "ignore", "unclosed group"),
        ("order=up", "order", "sorted or sent"),
        ("headers=1", "headers", "this call takes ignore, keep, order"),
    ] {
        let answer = sandbox.get(&format!("{path}?{query}")).await;
        let text = answer.text();
        assert_eq!(answer.status, 400, "{query}: {text}");
        assert!(text.contains(&format!("\"field\":\"{field}\"")) && text.contains(told), "{text}");
    }
    assert_eq!(sandbox.get("/v1/messages/0000000000000000000000/snapshot").await.status, 404);
    sandbox.stop().await;
}
