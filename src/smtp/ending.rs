//! The ends of a session that are not the client's word: it idles, the server stops or turns it
//! away, the connection is gone. What was under way is put on record, and the first reason counts.

use super::auth;
use super::info::{End, Outcome};
use super::patience::Late;
use super::reply::{self, Reply};
use super::session::{Micros, Output, Session, State, Waiting};
use super::transcript::shown;

const HUNG_UP_AFTER_TLS: &str = "the client hung up right after the TLS handshake; \
    perhaps it does not trust the certificate (`restante tls ca` tells how to)";

impl Session {
    /// The client took too long.
    pub fn give_up(&mut self, at: Micros, late: Late) {
        if self.is_paused() {
            return;
        }
        let reply = match late {
            Late::Idle => &reply::IDLE_TOO_LONG,
            Late::Session => &reply::SESSION_TOO_LONG,
            Late::Slow => &reply::MESSAGE_TOO_SLOW,
        };
        self.turn_away(at, reply, Outcome::Timeout);
    }

    /// The driver's word is awaited, on a message or on a secret.
    fn is_paused(&self) -> bool {
        matches!(self.state, State::Delivering { .. } | State::Checking { .. })
    }

    /// The server stops: now, or after the message under way.
    pub fn shutdown(&mut self, at: Micros) {
        self.stopping = true;
        if !self.is_in_message() && !self.is_paused() {
            self.stop_if_asked(at);
        }
    }

    /// Something about the connection that is not of the dialogue.
    pub fn tell(&mut self, at: Micros, text: String) {
        self.transcript.event(at, text);
    }

    /// The client is turned away before the banner, with a reply if it can understand one.
    pub(super) fn refused(&mut self, why: String, reply: Option<&Reply>) {
        self.transcript.event(0, why);
        if let Some(reply) = reply {
            self.reply(0, reply);
        }
        self.info.outcome = Outcome::Refused;
        self.end(0, End::ClientClosed);
    }

    /// The connection is over. The first reason counts: after QUIT it is not that of the socket.
    pub fn end(&mut self, at: Micros, end: End) {
        let inside = self.is_in_message()
            || matches!(self.state, State::Auth(_))
            || self.has_partial_input();
        self.record_unfinished(at);
        let (outcome, text) = match end {
            End::ClientClosed if inside => {
                (Outcome::CutOff, "the client hung up in the middle".to_owned())
            }
            End::ClientClosed if self.hung_up_after_handshake() => {
                (Outcome::Closed, HUNG_UP_AFTER_TLS.to_owned())
            }
            End::ClientClosed => (Outcome::Closed, "the client hung up".to_owned()),
            End::Timeout => (Outcome::Timeout, "nothing came for too long".to_owned()),
            End::Shutdown => (Outcome::Shutdown, "the server stopped".to_owned()),
            End::Error(error) => (Outcome::Error, format!("the connection failed: {error}")),
        };
        self.state = State::Closed;
        if self.info.outcome == Outcome::Open {
            self.info.outcome = outcome;
            self.transcript.event(at, text);
        } else {
            self.transcript.event(at, "the connection was closed".to_owned());
        }
    }

    /// What the client was in the middle of when the session ended.
    fn record_unfinished(&mut self, at: Micros) {
        let state = std::mem::replace(&mut self.state, State::Closed);
        match &state {
            State::Data(receiving) => {
                self.record_content(at, receiving, false);
            }
            State::Chunk(chunk) => self.record_octets(at, chunk.received(), "", Vec::new()),
            _ => {}
        }
        let unfinished = self.lines.unfinished();
        if !unfinished.is_empty() {
            let secret = self.secret_may_follow || matches!(state, State::Auth(_));
            let text = match auth::masked(unfinished) {
                Some(masked) => masked,
                None if secret => auth::MASK.to_owned(),
                None => shown(unfinished),
            };
            self.transcript.client(at, text, Vec::new());
        }
        self.lines.clear();
    }

    pub(super) fn stop_if_asked(&mut self, at: Micros) {
        if self.stopping {
            self.turn_away(at, &reply::SHUTTING_DOWN, Outcome::Shutdown);
        }
    }

    /// The last reply, and the end, unless that has come already.
    pub(super) fn turn_away(&mut self, at: Micros, last: &Reply, outcome: Outcome) {
        if matches!(self.state, State::Closed) {
            return;
        }
        self.record_unfinished(at);
        self.reply(at, last);
        self.info.outcome = outcome;
        self.waiting = Waiting::default();
        self.outputs.push_back(Output::Close);
    }
}
