//! What is looked for in a message when the index has told the rest.

use restante::message::Content;
use restante::search::{Context, Facts, Query, SessionFacts, Source};

use crate::mail::NOW;

/// A message that nobody may read.
struct Shut(Facts);

impl Source for Shut {
    fn facts(&self) -> &Facts {
        &self.0
    }
    fn session(&self) -> &SessionFacts {
        panic!("the session was read")
    }
    fn content(&self) -> &Content {
        panic!("the message was read")
    }
}

fn rest(query: &str) -> Option<Query> {
    Query::parse(query, &Context::at(NOW)).unwrap().plan().rest
}

#[test]
fn what_the_index_tells_is_not_looked_for_again() {
    let mail = Shut(Facts { subject: "ticket 77".into(), ..Facts::default() });
    for (query, is_meant) in [
        ("order -invoice subject:~ticket.*77", true),
        ("order has:code is:unread larger:1kb subject:~ticket.*78", false),
        // Only the row tells, and it is asked first.
        ("order ~id=[0-9] header.x:~y subject:~ticket.*78", false),
        ("(body:~x OR order) helo:=a -subject:~ticket", false),
    ] {
        assert_eq!(rest(query).unwrap().matches(&mail), is_meant, "{query}");
    }
    for query in ["order", "order -invoice has:link", "tag:a OR is:read", "to:a@x from:*@y"] {
        assert!(rest(query).is_none(), "{query}");
    }
}
