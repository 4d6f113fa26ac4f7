//! Regular expressions that other engines never come to an end with. A test cannot measure time
//! without failing on a busy machine; the text is so long that anything worse than linear time would
//! not end either.

use restante::message::MAX_SEARCHED;
use restante::search::{Facts, SessionFacts};
use restante::store::Store;

use crate::mail::{Mail, bounds, find, parse};

/// A pattern, and whether it is in a text of nothing but `a`.
const HOSTILE: [(&str, bool); 9] = [
    ("(a+)+$", true),
    ("(a+)+b", false),
    ("(a|a)*b", false),
    ("(a|aa)+$", true),
    ("^(a?){50}a{50}b", false),
    ("(.*)(.*)(.*)(.*)(.*)b", false),
    ("^(([a-z])+.)+[A-Z]([a-z])+$", false),
    ("(x+x+)+y", false),
    ("(.*a){20}b", false),
];

#[tokio::test(flavor = "multi_thread")]
async fn hostile_patterns_come_to_an_end() {
    let raw = format!("Subject: s\r\n\r\n{}", "a".repeat(MAX_SEARCHED));
    let facts = Facts { id: "id-1".into(), ..Facts::default() };
    let mail = Mail::new(facts, SessionFacts::default(), raw.into_bytes());
    let store = Store::open_temporary(bounds()).unwrap();
    mail.keep(&store).await;
    for (pattern, is_in) in HOSTILE {
        let query = parse(&format!("body:~\"{pattern}\""), None).unwrap();
        assert_eq!(query.matches(&mail), is_in, "{pattern}");
        assert_eq!(!find(&store, &query).await.is_empty(), is_in, "{pattern}");
    }
    store.close().await;
}

/// What would be compiled into more than a query may hold is refused when it is read.
#[test]
fn patterns_that_grow_are_refused() {
    for pattern in ["(a{1000}){1000}", "((a{100}){100}){100}", "[a-z]{999999}"] {
        let error = parse(&format!("body:~\"{pattern}\""), None).unwrap_err();
        assert!(error.to_string().contains("this regular expression is too large"), "{error}");
    }
    let deep = format!("{}a{}", "(".repeat(200), ")".repeat(200));
    assert!(parse(&format!("body:~\"{deep}\""), None).is_err());
}
