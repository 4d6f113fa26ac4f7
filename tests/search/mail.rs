//! Messages with all that a search looks at, in memory and in a store.

use restante::message::{self, Content};
use restante::search::{Context, Facts, Query, SessionFacts, Source};
use restante::store::{Bounds, Envelope, ListQuery, Millis, NewMessage, Patch, SessionInfo, Store};

/// 2026-11-22T21:00:00Z
pub const NOW: i64 = 1_795_381_200_000;

/// How mail comes in.
const VIAS: [&str; 3] = ["smtp", "lmtp", "http"];

pub struct Mail {
    pub facts: Facts,
    pub session: SessionFacts,
    pub content: Content,
    pub raw: Vec<u8>,
}

/// What a failure prints.
impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}\n{}", self.facts, String::from_utf8_lossy(&self.raw))
    }
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

impl Mail {
    /// Fills in what comes from the bytes.
    pub fn new(mut facts: Facts, session: SessionFacts, raw: Vec<u8>) -> Mail {
        let message = message::parse(&raw);
        let (digest, content) = (message.digest(), message.searched());
        facts.size = raw.len() as u64;
        if facts.via.is_empty() {
            facts.via = "smtp".into();
        }
        (facts.subject, facts.from) = (digest.subject, digest.from);
        (facts.to, facts.cc) = (digest.to, digest.cc);
        Mail { facts, session, content, raw }
    }

    fn new_message(&self, session_id: String) -> NewMessage {
        let params = serde_json::value::to_raw_value(&serde_json::json!({})).unwrap();
        let facts = &self.facts;
        NewMessage {
            id: facts.id.clone(),
            inbox: facts.inbox.clone(),
            session_id,
            received_at: Millis(facts.received_at),
            via: VIAS.into_iter().find(|via| *via == facts.via).expect("a way that is known"),
            envelope: Envelope { from: facts.mail_from.clone(), to: facts.rcpt.clone(), params },
            digest: message::parse(&self.raw).digest(),
            size: self.raw.len() as u64,
            packed: Vec::new(),
            pieces: Vec::new(),
        }
    }

    pub async fn keep(&self, store: &Store) {
        let info = SessionInfo {
            helo: self.session.helo.clone(),
            user: self.session.user.clone(),
            ..SessionInfo::open(String::new(), "smtp")
        };
        let mut session = store.open_session(info).await;
        // The session's id is the store's to give, unless the message names one.
        let id = match self.facts.session.as_str() {
            "" => session.id().to_owned(),
            id => id.to_owned(),
        };
        session.deliver(Box::new(self.new_message(id)), &self.raw).await.unwrap();
        session.close().await;
        let facts = &self.facts;
        let (read, starred) = (Some(facts.read), Some(facts.starred));
        let patch = Patch { read, starred, tags: Some(facts.tags.clone()), ..Patch::default() };
        store.patch(facts.id.clone(), patch).await.unwrap();
    }
}

pub fn bounds() -> Bounds {
    Bounds {
        max_bytes: 1 << 30,
        max_messages: None,
        max_age: None,
        max_sessions: 10_000,
        max_session_bytes: 1 << 28,
    }
}

/// All messages that a store finds, in pages of a few, newest first.
pub async fn find(store: &Store, query: &Query) -> Vec<String> {
    let mut list = ListQuery { query: Some(query.clone()), limit: 3, ..ListQuery::default() };
    let mut ids = Vec::new();
    loop {
        let page = store
            .messages(list.clone())
            .await
            .unwrap_or_else(|e| panic!("{e}: {:?}", query.plan()));
        ids.extend(page.messages.iter().map(|message| message.id.clone()));
        if page.next.is_none() {
            assert_eq!((page.total, page.total_is_lower_bound), (ids.len() as u64, false));
            return ids;
        }
        list.cursor = page.next;
    }
}

pub fn parse(text: &str, zone: Option<&str>) -> Result<Query, restante::search::QueryError> {
    let context = Context::at(NOW);
    let context = match zone {
        Some(zone) => context.in_zone(zone).expect("a zone"),
        None => context,
    };
    Query::parse(text, &context)
}
