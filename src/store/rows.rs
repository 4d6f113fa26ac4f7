//! What is read from and written to the store, in the shapes that docs/api.md names.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use super::share::Piece;
use crate::message::Digest;
use crate::search::Facts;

/// Milliseconds since 1970, UTC; RFC 3339 with milliseconds on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub i64);

impl Millis {
    pub fn now() -> Millis {
        Millis(jiff::Timestamp::now().as_millisecond())
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Out of range only for a clock some 9,000 years off.
        let time = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        write!(f, "{time:.3}")
    }
}

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A message as the SMTP side hands it over.
#[derive(Debug)]
pub struct NewMessage {
    pub id: String,
    pub inbox: String,
    pub session_id: String,
    pub received_at: Millis,
    pub via: &'static str,
    pub envelope: Envelope,
    pub digest: Digest,
    /// The length of the message as sent, in bytes.
    pub size: u64,
    /// The bytes, packed by `pack.rs`.
    pub packed: Vec<u8>,
    /// Long files that were cut out of them.
    pub pieces: Vec<Piece>,
}

impl NewMessage {
    /// What it takes, if none of its files is there yet.
    pub fn kept_bytes(&self) -> usize {
        self.packed.len() + self.pieces.iter().map(|piece| piece.packed.len()).sum::<usize>()
    }
}

/// Who sent a message to whom, by the dialogue. `params` is served as it was given.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Envelope {
    pub from: String,
    pub to: Vec<String>,
    pub params: Box<RawValue>,
}

/// The envelope of a [`Summary`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EnvelopeSummary {
    pub from: String,
    pub to: Vec<String>,
}

/// A message in a list.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    pub id: String,
    pub seq: u64,
    pub inbox: String,
    pub received_at: Millis,
    #[serde(flatten)]
    pub digest: Digest,
    pub size: u64,
    pub read: bool,
    pub starred: bool,
    pub tags: Vec<String>,
    pub envelope: EnvelopeSummary,
    pub session_id: String,
    pub via: String,
}

impl Summary {
    /// As a search sees it.
    pub fn into_facts(self) -> Facts {
        Facts {
            id: self.id,
            inbox: self.inbox,
            session: self.session_id,
            via: self.via,
            received_at: self.received_at.0,
            size: self.size,
            read: self.read,
            starred: self.starred,
            tags: self.tags,
            mail_from: self.envelope.from,
            rcpt: self.envelope.to,
            subject: self.digest.subject,
            from: self.digest.from,
            to: self.digest.to,
            cc: self.digest.cc,
        }
    }
}

/// A message with its whole envelope and its bytes.
#[derive(Debug, Clone)]
pub struct StoredMessage {
    pub summary: Summary,
    pub envelope: Envelope,
    pub session: Option<Session>,
    pub raw: Vec<u8>,
}

/// What may be changed on a message.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    pub read: Option<bool>,
    pub starred: Option<bool>,
    /// All of them.
    pub tags: Option<Vec<String>>,
    #[serde(default)]
    pub add_tags: Vec<String>,
    #[serde(default)]
    pub remove_tags: Vec<String>,
}

/// What is known of a session beside its times.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SessionInfo {
    pub outcome: String,
    pub client: String,
    /// Who has passed the connection on, if it was not the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    pub via: String,
    pub helo: Option<String>,
    pub esmtp: bool,
    pub user: Option<String>,
    pub auth: Option<String>,
    /// How it is encrypted; served as it was given.
    #[serde(default)]
    pub tls: Option<Box<RawValue>>,
    pub messages: u32,
    pub notices: u32,
    pub commands: u32,
    /// What the client said, commands and messages, without TLS.
    #[serde(default)]
    pub bytes: u64,
}

impl SessionInfo {
    /// What is known when somebody comes.
    pub fn open(client: String, via: &str) -> SessionInfo {
        SessionInfo {
            outcome: "open".to_owned(),
            client,
            proxy: None,
            via: via.to_owned(),
            helo: None,
            esmtp: false,
            user: None,
            auth: None,
            tls: None,
            messages: 0,
            notices: 0,
            commands: 0,
            bytes: 0,
        }
    }
}

/// A session in a list.
#[derive(Debug, Clone, Serialize)]
pub struct Session {
    pub id: String,
    pub seq: u64,
    pub opened_at: Millis,
    pub closed_at: Option<Millis>,
    #[serde(flatten)]
    pub info: SessionInfo,
}

/// An inbox with its counts.
#[derive(Debug, Clone, Serialize)]
pub struct Inbox {
    pub name: String,
    pub messages: u64,
    pub unread: u64,
    /// When somebody made it, and until when it is there; inboxes need not be made.
    pub made_at: Option<Millis>,
    pub expires_at: Option<Millis>,
}

/// How full the store is.
#[derive(Debug, Clone, Serialize)]
pub struct Usage {
    pub messages: u64,
    pub unread: u64,
    pub sessions: u64,
    /// Bytes in use, of them those of the search index, and bytes that may be used.
    pub bytes: u64,
    pub index_bytes: u64,
    pub max_bytes: u64,
    /// Messages and sessions that had to go because the store was full.
    pub dropped: Dropped,
}

#[derive(Debug, Clone, Serialize)]
pub struct Dropped {
    pub messages: u64,
    pub sessions: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_with_milliseconds() {
        assert_eq!(Millis(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Millis(1_795_381_200_007).to_string(), "2026-11-22T21:00:00.007Z");
    }
}
