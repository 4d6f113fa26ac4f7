//! What the session is told of TLS, and what it does about it: STARTTLS (RFC 3207), what may come
//! before it, and a handshake that failed. The bytes of TLS are never seen here.

use serde::{Deserialize, Serialize};

use super::command::Command;
use super::extension::Extension;
use super::info::{Info, Outcome};
use super::notice;
use super::reply::{self, Reply};
use super::session::{Micros, Session, State};

/// How a connection is, or was to be, encrypted. Wire names of `docs/api.md`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tls {
    pub mode: TlsMode,
    /// `TLSv1.3`; nothing if the handshake failed.
    pub version: Option<String>,
    pub cipher: Option<String>,
    /// The server name that the client asked for.
    pub sni: Option<String>,
    pub client_certificate: Option<ClientCertificate>,
    /// Why the handshake failed.
    pub error: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    #[default]
    StartTls,
    Implicit,
}

/// A certificate that the client has shown, and proved to have the key of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientCertificate {
    pub subject: String,
    pub issuer: String,
    pub not_before: String,
    pub not_after: String,
    /// Of its DER form, in hexadecimal.
    pub sha256: String,
    /// Whether it leads to the CA that was given; nothing without one.
    pub trusted: Option<bool>,
}

/// What ties an AUTH to this TLS connection (RFC 5929, RFC 9266).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bindings {
    /// `tls-exporter`: of TLS 1.3 only.
    pub exporter: Option<[u8; 32]>,
    /// `tls-server-end-point`: the hash of the server's certificate.
    pub end_point: Vec<u8>,
}

impl Session {
    /// Whether the command may not come as long as there is no TLS (RFC 3207, section 4).
    pub(super) fn comes_before_tls(&self, command: &Command) -> bool {
        let may_come = matches!(
            command,
            Command::Hello { .. }
                | Command::Noop
                | Command::StartTls { .. }
                | Command::Quit
                | Command::Help(_)
                | Command::Http
                | Command::Unknown(_)
                | Command::NotOffered(_)
        );
        self.config.security.require_tls && self.info.tls.is_none() && !may_come
    }

    pub(super) fn start_tls(&mut self, has_argument: bool) -> Reply {
        if self.info.tls.is_some() {
            return reply::TLS_ALREADY;
        }
        if !self.offers(Extension::StartTls) {
            return reply::not_offered("STARTTLS");
        }
        // RFC 3207, section 4: the command has no parameters.
        if has_argument {
            return reply::STARTTLS_ARGUMENT;
        }
        self.state = State::Securing { thrown_away: 0 };
        reply::START_TLS
    }

    /// The connection is encrypted from here on. RFC 3207, section 4.2: the server forgets what the
    /// client said before.
    pub fn secured(&mut self, at: Micros, tls: Tls, bindings: Bindings) {
        self.settle_plaintext(at);
        self.transcript.event(at, begins(&tls));
        self.info = Info {
            tls: Some(tls),
            helo: None,
            esmtp: false,
            user: None,
            auth: None,
            ..std::mem::take(&mut self.info)
        };
        self.bindings = Some(bindings);
        self.since_tls = self.info.commands;
    }

    /// The handshake failed; the connection cannot go on. A client that speaks no TLS is told so in
    /// words it understands.
    pub fn tls_failed(&mut self, at: Micros, tls: Tls, hears_plain_text: bool) {
        self.settle_plaintext(at);
        let reason = tls.error.as_deref().unwrap_or("the TLS handshake failed");
        self.transcript.event(at, format!("TLS failed: {reason}"));
        self.info.tls = Some(tls);
        self.info.outcome = Outcome::TlsFailed;
        if hears_plain_text {
            self.reply(at, &reply::SPEAK_TLS);
        }
        self.state = State::Closed;
    }

    /// What came with STARTTLS, before TLS: somebody in the middle may have put it there to be
    /// executed as if it were encrypted (CVE-2011-0411). It may hold secrets, so only its size is told.
    fn settle_plaintext(&mut self, at: Micros) {
        let State::Securing { thrown_away } = self.state else { return };
        self.state = State::Idle;
        if thrown_away > 0 {
            let notices = vec![notice::PLAINTEXT_AFTER_STARTTLS];
            self.note(&notices);
            let text = format!("({thrown_away} octets after STARTTLS, thrown away)");
            self.transcript.client(at, text, notices);
        }
    }

    /// A client that hangs up without a word after the handshake has most likely looked at our
    /// certificate only then.
    pub(super) fn hung_up_after_handshake(&self) -> bool {
        self.info.tls.is_some() && self.info.commands == self.since_tls
    }
}

fn begins(tls: &Tls) -> String {
    let mut text = "TLS begins".to_owned();
    let parts = [tls.version.as_deref(), tls.cipher.as_deref(), tls.sni.as_deref()];
    for (part, mark) in parts.into_iter().zip([": ", ", ", ", for "]) {
        if let Some(part) = part {
            text.push_str(mark);
            text.push_str(part);
        }
    }
    if let Some(certificate) = &tls.client_certificate {
        text.push_str(", client certificate ");
        text.push_str(&certificate.subject);
    }
    text
}
