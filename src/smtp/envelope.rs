//! The envelope of a message and how it is handed over: who it is from, who it is for, and every
//! ESMTP parameter in the order in which it came.
//!
//! Plain data with the wire names of `docs/api.md`; nothing here decides anything.

use serde::{Deserialize, Serialize};

/// Who a message is from and for, as the dialogue said (the headers may say otherwise).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// `""` is the null sender `<>`.
    pub from: String,
    pub to: Vec<String>,
    pub params: EnvelopeParams,
}

/// The parameters of MAIL, and those of each RCPT at the place of its recipient in `to`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvelopeParams {
    pub from: Vec<Param>,
    pub to: Vec<Vec<Param>>,
}

/// `NAME=value`, or `NAME` alone; both as sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Param {
    pub name: String,
    pub value: Option<String>,
}

/// A whole message that waits for the store's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub envelope: Envelope,
    /// As sent, less the dots of transparency; the line end before the last dot belongs to it.
    pub raw: Vec<u8>,
    /// Who the client said it is in AUTH.
    pub user: Option<String>,
}

/// Why a message could not be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryError {
    /// No room for it.
    Full,
    /// The store does not work.
    Failed,
}
