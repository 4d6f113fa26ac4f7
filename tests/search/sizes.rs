//! Few messages of a size are found by it, many by the order of all: the same are found.

use restante::search::{Facts, SessionFacts};
use restante::store::Store;

use crate::mail::{Mail, NOW, bounds, find, parse};

/// Every twentieth of 60 is large.
fn mail(n: usize) -> Mail {
    let text = "x\r\n".repeat(if n.is_multiple_of(20) { 1000 } else { 1 });
    let facts = Facts {
        id: restante::store::id::new(),
        inbox: "default".into(),
        received_at: NOW,
        read: n < 30,
        rcpt: vec!["ann@x.test".into()],
        ..Facts::default()
    };
    Mail::new(facts, SessionFacts::default(), format!("Subject: {n}\r\n\r\n{text}").into_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_found_by_size_whether_few_or_many_have_it() {
    let store = Store::open_temporary(bounds()).unwrap();
    let mails: Vec<_> = (0..60).map(mail).collect();
    for mail in &mails {
        mail.keep(&store).await;
    }
    for text in [
        "larger:1kb",
        "smaller:1kb",
        "larger:1kb smaller:1mb",
        "larger:10 smaller:1kb",
        "larger:1kb is:unread",
        "larger:1kb OR is:read",
        "-larger:1kb",
        "larger:1kb subject:~[24]0",
        "larger:1mb",
        "larger:1mb smaller:1",
    ] {
        let query = parse(text, None).unwrap();
        let meant = mails.iter().rev().filter(|mail| query.matches(*mail));
        let meant: Vec<_> = meant.map(|mail| mail.facts.id.clone()).collect();
        assert_eq!(find(&store, &query).await, meant, "{text}");
    }
    store.close().await;
}
