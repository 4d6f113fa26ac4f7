//! AUTH as the session sees it (RFC 4954): when it may come, what it is answered, and the pause while
//! somebody checks a secret.

use std::borrow::Cow;

use super::Info;
use super::auth::{self, Exchange, Ground, Request, Step};
use super::execute::Answer;
use super::extension::Extension;
use super::line::Line;
use super::mechanism::Mechanism;
use super::notice::{self, Notice};
use super::reply::{self, Reply};
use super::scram::Wrong;
use super::session::{Micros, Output, Session, State};
use super::users::Verdict;

impl Session {
    /// What can be used now.
    pub(super) fn mechanisms(&self) -> Cow<'static, str> {
        self.ground().offered()
    }

    /// One of them, for an example: PLAIN where it can be, for every client knows that.
    pub(super) fn a_mechanism(&self) -> String {
        let offered = self.mechanisms();
        let mut names = offered.split(' ');
        let plain = names.clone().find(|name| *name == Mechanism::Plain.name());
        plain.or_else(|| names.next()).unwrap_or_default().to_owned()
    }

    pub(super) fn ground(&self) -> Ground<'_> {
        let hidden = self.config.hidden.mechanisms();
        // Else a client that says it sees no -PLUS is told of somebody in between.
        let binds = !hidden.has(Mechanism::ScramSha256Plus);
        Ground {
            users: self.config.security.users.as_ref(),
            hidden,
            nonces: &self.config.security.nonces,
            bindings: self.bindings.as_ref().filter(|_| binds),
            hostname: &self.config.hostname,
        }
    }

    /// Nothing to answer yet while a secret is checked.
    pub(super) fn sign_in(&mut self, request: Request, notices: &mut Vec<Notice>) -> Option<Reply> {
        let refusal = match self.state {
            _ if self.info.auth.is_some() => Some(reply::AUTH_ALREADY),
            State::Mail(_) | State::BetweenChunks(_) => Some(reply::AUTH_IN_MAIL),
            _ => None,
        };
        if let Some(refusal) = refusal {
            notices.push(notice::OUT_OF_ORDER);
            self.secret_may_follow = true;
            return Some(refusal);
        }
        let Some(name) = &request.mechanism else {
            // What it lacks may come in a line of its own.
            self.secret_may_follow = true;
            return Some(reply::auth_needs_mechanism(&self.a_mechanism()));
        };
        let mechanism = Mechanism::named(name);
        let Some(mechanism) = mechanism.filter(|one| self.ground().offers(*one)) else {
            self.secret_may_follow = true;
            return Some(reply::unknown_mechanism(&self.mechanisms()));
        };
        let step = Exchange::begin(mechanism, request.initial.as_deref(), self.ground());
        self.auth_step(step)
    }

    /// No line of the exchange is shown, the user's name neither: [`Info`] has that.
    pub(super) fn auth_response(&mut self, exchange: Exchange, line: &Line) -> Answer {
        let cancels = line.text == b"*";
        let reply = if line.too_long {
            self.secret_may_follow = true;
            let limit = self.config.max_command_line.max(auth::MAX_RESPONSE_LINE);
            Some(reply::auth_line_too_long(limit))
        } else {
            let step = exchange.respond(&line.text, self.ground());
            self.auth_step(step)
        };
        let shown = if cancels { "*" } else { auth::MASK }.to_owned();
        Answer { reply, shown, notices: Vec::new(), close: None }
    }

    /// The driver's word on what it was given to check.
    pub fn checked(&mut self, at: Micros, verdict: Verdict) {
        let State::Checking { .. } = self.state else { return };
        let State::Checking { mechanism, user } = std::mem::replace(&mut self.state, State::Idle)
        else {
            return;
        };
        if let Some(reply) = self.auth_step(Exchange::checked(mechanism, user, verdict)) {
            self.answer(at, &reply, None);
        }
        self.stop_if_asked(at);
        self.read_waiting(at);
    }

    fn auth_step(&mut self, step: Step) -> Option<Reply> {
        let failure = match step {
            Step::Challenge(text, exchange) => {
                // What SCRAM says could be tried against passwords.
                let is_secret =
                    matches!(exchange, Exchange::ScramFinal { .. } | Exchange::Proved { .. });
                self.state = State::Auth(exchange);
                return Some(reply::challenge(&text, is_secret));
            }
            Step::Check { mechanism, check } => {
                self.state = State::Checking { mechanism, user: check.user.clone() };
                self.outputs.push_back(Output::Check(*check));
                return None;
            }
            Step::Done { mechanism, user } => {
                self.info.auth = Some(mechanism.name().to_owned());
                self.info.user = Some(user).filter(|user| !user.is_empty());
                return Some(reply::AUTHENTICATED);
            }
            Step::Cancelled => reply::AUTH_CANCELLED,
            Step::BadBase64 => reply::BAD_BASE64,
            Step::Malformed(Mechanism::Plain) => reply::BAD_PLAIN,
            Step::Malformed(mechanism) => reply::malformed_response(mechanism.name()),
            Step::Channel(Wrong::Downgraded) => reply::CHANNEL_DOWNGRADED,
            Step::Channel(_) => reply::CHANNEL_WRONG,
            Step::Refused => reply::BAD_CREDENTIALS,
        };
        self.secret_may_follow = true;
        Some(failure)
    }

    /// AUTH in plain text, where the settings forbid it.
    pub(super) fn auth_waits_for_tls(&self) -> bool {
        self.config.security.auth_needs_tls && self.info.tls.is_none()
    }

    /// Mail before AUTH, where the settings forbid it.
    pub(super) fn must_sign_in(&self) -> bool {
        let Info { auth, .. } = &self.info;
        self.config.security.require_auth && auth.is_none() && self.config.offers(Extension::Auth)
    }
}
