//! `/v1/expect` over mail that is held already: with and without the index it finds the same.

use serde_json::json;

use crate::sandbox::{Answer, Sandbox};

async fn ask(sandbox: &Sandbox, question: &str) -> Answer {
    sandbox.get(&format!("/v1/expect?{question}")).await
}

/// The index finds what a query means, and mail that came before the call counts as ever.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_counts_with_and_without_the_index() {
    let sandbox = Sandbox::start().await;
    for n in 0..40 {
        let kind = if n % 10 == 3 { "Report" } else { "Other" };
        sandbox.send(format!("To: ann@x.test\r\nSubject: {kind} {n}\r\n\r\nhello\r\n")).await;
    }
    for question in ["q=subject:report", "q=subject:report&subject=report", "subject=report"] {
        for (more, subject) in [("", "Report 33"), ("&pick=first", "Report 3")] {
            let found = ask(&sandbox, &format!("{question}{more}&exactly=4")).await.json();
            let told = (&found["message"]["subject"], &found["matched"]);
            assert_eq!(told, (&json!(subject), &json!(4)), "{question}{more}");
            assert_eq!(found["duplicates"].as_array().map(Vec::len), Some(3), "{question}");
        }
    }
    assert_eq!(ask(&sandbox, "q=subject:report&none=1&timeout=3s").await.status, 417);
    // Another condition narrows further, and what a query leaves out is not found.
    let one = ask(&sandbox, "q=subject:report&subject=!~[123]3&exactly=1").await.json();
    assert_eq!(one["message"]["subject"], "Report 3");
    let none = ask(&sandbox, "q=subject:report+subject:other&timeout=1ms").await;
    assert_eq!(none.status, 417);
}

#[tokio::test(flavor = "multi_thread")]
async fn has_code_is_a_field_and_a_query() {
    let sandbox = Sandbox::start().await;
    sandbox.send("Subject: Code\r\n\r\nYour code is 482913.\r\n".to_owned()).await;
    sandbox.send("Subject: Order\r\n\r\nYour order is 482913.\r\n".to_owned()).await;
    for (question, subject) in [
        ("has=code", json!("Code")),
        ("q=has:code", json!("Code")),
        ("q=-has:code", json!("Order")),
        ("has=!code", json!("Order")),
        ("has=!code&subject=code", json!(null)),
    ] {
        let answer = ask(&sandbox, &format!("{question}&timeout=1ms")).await;
        assert_eq!(answer.json()["message"]["subject"], subject, "{question}");
    }
    let body = json!({"has": "code", "exactly": 1, "code": true}).to_string();
    let answer = sandbox.request("POST", "/v1/expect", &[], &body).await.json();
    assert_eq!(answer["code"], "482913");
}
