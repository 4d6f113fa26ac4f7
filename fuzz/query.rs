//! What holds for the query language whatever somebody types: it is a query or an error that says
//! where, and what is not meant is meant by the opposite.

#![allow(dead_code, clippy::unwrap_used)]

use restante::message::{self, Content};
use restante::search::{Context, Facts, MAX_CHARS, Query, QueryError, SessionFacts, Source};

struct Mail {
    facts: Facts,
    session: SessionFacts,
    content: Content,
}

impl Source for Mail {
    fn facts(&self) -> &Facts {
        &self.facts
    }
    fn session(&self) -> &SessionFacts {
        &self.session
    }
    fn content(&self) -> &Content {
        &self.content
    }
}

const RAW: &str = "From: Ann <ann@x.test>\r\nTo: b@y\r\nSubject: order 1001, s\u{e3}o\r\nX-Id: 7\r\n\
    \r\nhello \u{6771}\u{4eac}\u{90fd} https://x.test/1\r\n";

fn mail() -> Mail {
    let message = message::parse(RAW.as_bytes());
    let digest = message.digest();
    let facts = Facts {
        inbox: "default".into(),
        received_at: 1_795_381_000_000,
        size: RAW.len() as u64,
        tags: vec!["urgent".into()],
        mail_from: "ann@x.test".into(),
        rcpt: vec!["b@y".into()],
        subject: digest.subject,
        from: digest.from,
        to: digest.to,
        ..Facts::default()
    };
    Mail { facts, session: SessionFacts::default(), content: message.searched() }
}

fn parse(text: &str) -> Result<Query, QueryError> {
    Query::parse(text, &Context::at(1_795_381_200_000))
}

pub fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let length = text.chars().count();
    let query = match parse(&text) {
        Ok(query) => query,
        Err(error) => {
            assert!(error.at <= length.min(MAX_CHARS), "at {} of {length}", error.at);
            assert!(!error.found.is_empty() && !error.expected.is_empty());
            return;
        }
    };
    let mail = mail();
    let is_meant = query.matches(&mail);
    // Every `?` has its value, and every quote of an expression its other one.
    let plan = query.plan();
    let marks: usize = plan.conditions.iter().map(|sql| sql.matches('?').count()).sum();
    assert_eq!(marks, plan.params.len());
    assert!(plan.matches.iter().all(|expression| expression.matches('"').count() % 2 == 0));
    // It may be too long or too deep for one more.
    if !text.trim().is_empty()
        && let Ok(opposite) = parse(&format!("-({text})"))
    {
        assert_ne!(opposite.matches(&mail), is_meant);
    }
}
