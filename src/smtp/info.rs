//! What is known of a session from outside: who the client is, what was counted, how it ended.
//!
//! Plain data with the wire names of `docs/api.md`; `session.rs` and `execute.rs` fill it.

use serde::{Deserialize, Serialize};

use super::tls::Tls;

/// Why there is nothing more to come from the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    ClientClosed,
    Timeout,
    Shutdown,
    Error(String),
}

/// How a session went, seen from its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It still runs.
    #[default]
    Open,
    /// The client said QUIT.
    Quit,
    /// The client hung up between messages.
    Closed,
    /// The client hung up inside a message or a command.
    CutOff,
    Timeout,
    /// The server turned the client away.
    Refused,
    Shutdown,
    /// The TLS handshake did not come to its end.
    TlsFailed,
    Error,
}

impl Outcome {
    /// Its name on the wire, as docs/api.md lists them.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Open => "open",
            Outcome::Quit => "quit",
            Outcome::Closed => "closed",
            Outcome::CutOff => "cut-off",
            Outcome::Timeout => "timeout",
            Outcome::Refused => "refused",
            Outcome::Shutdown => "shutdown",
            Outcome::TlsFailed => "tls-failed",
            Outcome::Error => "error",
        }
    }
}

/// What is known of the session so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// The name the client gave; `""` if it gave EHLO or HELO without one.
    pub helo: Option<String>,
    pub esmtp: bool,
    pub user: Option<String>,
    /// The mechanism of AUTH, once it has succeeded.
    pub auth: Option<String>,
    pub tls: Option<Tls>,
    /// Messages that were stored.
    pub messages: u32,
    /// Notices in all, also those of entries that the transcript left out.
    pub notices: u32,
    /// Command lines, known or not.
    pub commands: u32,
    /// What the client said, commands and messages, without TLS.
    pub bytes: u64,
    pub outcome: Outcome,
}
