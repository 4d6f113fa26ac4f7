//! The SMTP engine: what a client says is turned into replies, envelopes and messages.
//!
//! Everything here is free of I/O: it knows no socket, clock or runtime. Bytes are pushed into a
//! [`Session`], outputs are pulled out of it, and time comes in as a value. Whoever drives a
//! session over a socket owns time-outs, connection counts and the store.

mod address;
mod auth;
mod body;
mod chunk;
mod command;
mod connection;
mod credentials;
mod data;
mod ending;
mod envelope;
mod execute;
mod extension;
mod farewell;
mod handshake;
mod help;
mod house;
mod info;
mod line;
mod listener;
mod lmtp;
mod mechanism;
mod memory;
mod notice;
mod param_value;
mod params;
mod path;
mod patience;
pub mod proxy;
mod random;
mod reply;
mod scram;
mod security;
mod session;
mod sign_in;
mod strict;
mod tls;
mod transcript;
mod turns;
mod users;
mod wire;
mod xtext;

pub use connection::{Counter, Door, Passage, PostOffice, Times, Visit, drive};
pub use data::{ContentReader, LineEnd};
pub use envelope::{Delivery, DeliveryError, Envelope, EnvelopeParams, Param};
pub use extension::Extensions;
pub use handshake::TlsOffer;
pub use info::{End, Info, Outcome};
pub use listener::{Limits, serve};
pub use lmtp::Protocol;
pub use memory::Memory;
pub use notice::Notice;
pub use patience::Late;
pub use proxy::{Header, Proxies};
pub use random::Nonces;
pub use security::Security;
pub use session::{Micros, Output, Session};
pub use tls::{Bindings, ClientCertificate, Tls, TlsMode};
pub use transcript::{Content, Direction, Entry};
pub use turns::Turns;
pub use users::{Check, Guests, Users, UsersError, Verdict, line as hash_user};

use extension::Extension;

/// The bounds of a session, and the name the server gives itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub protocol: Protocol,
    /// The name in the banner and in the answer to EHLO.
    pub hostname: String,
    /// Octets of one message, as it is kept (without the dots of transparency).
    pub max_message_size: u64,
    /// Recipients of one message. RFC 5321, section 4.5.3.1.8 asks for at least 100.
    pub max_recipients: usize,
    /// Octets of one command line with its line end. RFC 5321, section 4.5.3.1.4 asks for 512 and
    /// extensions add to it. Answers to an AUTH challenge may have 12288 instead, if that is more.
    pub max_command_line: usize,
    /// Octets of one line of content with its line end. RFC 5321, section 4.5.3.1.6 has 1000. A
    /// longer one is noted, and refused in strict mode.
    pub max_text_line: usize,
    /// Mail transactions in one session; one more ends it.
    pub max_session_messages: usize,
    /// Protocol errors that are answered as such since the last message kept; the next one ends
    /// the session.
    pub max_errors: usize,
    /// Octets of text that the transcript of one session may have in all.
    pub max_transcript_bytes: usize,
    /// Extensions and mechanisms of AUTH that are not offered, and not there.
    pub hidden: Extensions,
    /// What RFC 5321 refuses is refused, not only noted.
    pub strict: bool,
    /// The memory for half-received messages that all sessions have together.
    pub memory: Memory,
    pub security: Security,
}

impl Config {
    fn offers(&self, extension: Extension) -> bool {
        let is_there = |extension| !self.hidden.has(extension);
        // RFC 3030, section 3: BINARYMIME is sent with BDAT, and says so in the BODY of 8BITMIME.
        let needed = match extension {
            Extension::BinaryMime => [Extension::Chunking, Extension::EightBitMime].as_slice(),
            _ => &[],
        };
        is_there(extension) && needed.iter().copied().all(is_there)
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            protocol: Protocol::Smtp,
            hostname: "localhost".to_owned(),
            max_message_size: 50 * 1024 * 1024,
            max_recipients: 1000,
            max_command_line: 2048,
            max_text_line: 1000,
            max_session_messages: 100_000,
            max_errors: 100,
            max_transcript_bytes: 1024 * 1024,
            hidden: Extensions::default(),
            strict: false,
            memory: Memory::new(256 * 1024 * 1024),
            security: Security::default(),
        }
    }
}
