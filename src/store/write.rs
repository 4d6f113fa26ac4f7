//! What the writer is asked to do, each with where to send the answer.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::StoreError;
use super::live::LiveGuard;
use super::rows::{Millis, NewMessage, Patch, SessionInfo, Summary};

/// A part of a session's transcript, packed.
#[derive(Debug)]
pub(super) struct Part {
    pub entries: Vec<u8>,
}

/// The part of a message that was committed without it (`OpenSession::deliver`).
#[derive(Debug)]
pub(super) struct Held {
    /// Of the message.
    pub seq: i64,
    pub part: Part,
}

/// How a session began.
#[derive(Debug)]
pub(super) struct Begun {
    pub at: Millis,
    pub info: SessionInfo,
}

/// Where a part was written: `parts.seq`. Nowhere, when the session is not on record.
pub(super) type Noted = Option<i64>;

pub(super) type Answer<T> = Option<oneshot::Sender<Result<T, StoreError>>>;

/// One change, with where to send the answer.
pub(super) enum Write {
    Open {
        id: String,
        begun: Arc<Begun>,
    },
    Deliver {
        message: Option<Box<NewMessage>>,
        held: Option<Box<Held>>,
        /// None: it is held.
        part: Option<Part>,
        /// With the number of the message.
        answer: Answer<(u64, Noted)>,
    },
    /// A part of a transcript that no message carries.
    Note {
        session: String,
        held: Option<Box<Held>>,
        part: Part,
        answer: Answer<Noted>,
    },
    /// A session has gone on, and somebody may want to know.
    Touch {
        session: String,
    },
    /// `live` has all that is known of it.
    Close {
        at: Millis,
        part: Option<Part>,
        live: LiveGuard,
    },
    Patch {
        id: String,
        patch: Patch,
        answer: Answer<Option<Box<Summary>>>,
    },
    /// Those of them that are still there.
    Change {
        seqs: Vec<u64>,
        patch: Patch,
        answer: Answer<u64>,
    },
    /// Those of them that are still there.
    Remove {
        seqs: Vec<u64>,
        answer: Answer<u64>,
    },
    Delete {
        id: String,
        answer: Answer<bool>,
    },
    Clear {
        inbox: Option<String>,
        answer: Answer<u64>,
    },
    /// Answered with the number of its event, or nothing when there is one already.
    MakeInbox {
        name: String,
        expires_at: Option<Millis>,
        answer: Answer<Option<u64>>,
    },
    /// With its messages.
    DeleteInbox {
        name: String,
        answer: Answer<u64>,
    },
}

impl Write {
    /// Whether somebody waits for it.
    pub fn is_urgent(&self) -> bool {
        !matches!(
            self,
            Write::Open { .. } | Write::Note { .. } | Write::Touch { .. } | Write::Close { .. }
        )
    }

    /// The messages that it changes or deletes, beside the one it may bring.
    pub fn changed(&self) -> usize {
        match self {
            Write::Change { seqs, .. } | Write::Remove { seqs, .. } => seqs.len(),
            _ => 0,
        }
    }

    /// The bytes of its message.
    pub fn bytes(&self) -> usize {
        match self {
            Write::Deliver { message: Some(message), .. } => message.kept_bytes(),
            _ => 0,
        }
    }
}
