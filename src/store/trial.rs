//! What tests of the store share: sessions that bring mail.

use super::rows::{Envelope, Millis, NewMessage, SessionInfo};
use super::{Bounds, OpenSession, Store, StoreError, id};
use crate::message;

/// Nothing of a small test is over them.
pub const BOUNDS: Bounds = Bounds {
    max_bytes: 1 << 30,
    max_messages: None,
    max_age: None,
    max_sessions: 100,
    max_session_bytes: 1 << 20,
};

pub async fn open(store: &Store) -> OpenSession {
    store.open_session(SessionInfo::open("127.0.0.1:40000".into(), "smtp")).await
}

/// Puts something on record.
pub fn say(session: &OpenSession, what: &str) {
    session.record(&[what], |what, out| serde_json::to_writer(out, what), |_| {});
}

/// Says something and brings a message; returns its id.
pub async fn bring(session: &mut OpenSession, what: &str) -> Result<String, StoreError> {
    say(session, what);
    let raw = format!("Subject: {what}\r\n\r\nHello\r\n").into_bytes();
    let id = id::new();
    let message = NewMessage {
        id: id.clone(),
        inbox: "default".to_owned(),
        session_id: session.id().to_owned(),
        received_at: Millis::now(),
        via: "smtp",
        envelope: Envelope {
            from: String::new(),
            to: Vec::new(),
            params: serde_json::value::to_raw_value(&())?,
        },
        digest: message::parse(&raw).digest(),
        size: raw.len() as u64,
        packed: Vec::new(),
        pieces: Vec::new(),
    };
    session.deliver(Box::new(message), &raw).await.map(|()| id)
}
