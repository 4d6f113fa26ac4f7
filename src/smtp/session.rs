//! The session: bytes in, outputs out, one client from banner to end.
//!
//! This file owns the flow: lines and content out of the stream, the order of outputs, the pause
//! while a message is being stored, and the ends of a session. What each command does is in
//! `execute.rs`, where content ends is in `data.rs`.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::data::{Content, LineEnd};
use super::envelope::{Delivery, DeliveryError, Envelope};
use super::line::{Line, Lines};
use super::reply::{self, Reply};
use super::transcript::{Entry, Transcript, shown};
use super::{Config, auth, params};

pub use super::transcript::Micros;

/// What the driver has to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Bytes for the client. Replies to a pipelined batch come as one.
    Reply(Vec<u8>),
    /// A message to store. Nothing more comes until [`Session::delivered`] is called.
    Deliver(Delivery),
    /// Close the connection, after what was replied is written.
    Close,
}

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
    Error,
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
    /// Messages that were stored.
    pub messages: u32,
    /// Notices in all, also those of entries that the transcript left out.
    pub notices: u32,
    /// Command lines, known or not.
    pub commands: u32,
    pub outcome: Outcome,
}

/// Where the dialogue is. Whether the client has introduced itself is told by [`Info::helo`].
#[derive(Debug)]
pub(super) enum State {
    /// No mail is under way.
    Idle,
    /// MAIL was taken; there may be recipients.
    Mail(Envelope),
    /// Between 354 and the end of the message.
    Data(Box<Receiving>),
    /// A message is with the driver.
    Delivering,
    /// A line of AUTH is due.
    Auth(auth::Exchange),
    /// Nothing more is read.
    Closed,
}

#[derive(Debug)]
pub(super) struct Receiving {
    envelope: Envelope,
    content: Content,
}

/// One client's dialogue.
#[derive(Debug)]
pub struct Session {
    pub(super) config: Arc<Config>,
    pub(super) state: State,
    pub(super) info: Info,
    pub(super) transcript: Transcript,
    lines: Lines,
    /// Read while a message is with the driver, and looked at up to `waiting_from`. The offset
    /// keeps many small messages in one read from being moved once for each of them.
    waiting: Vec<u8>,
    waiting_from: usize,
    outputs: VecDeque<Output>,
    /// Protocol errors since the last message kept.
    errors: usize,
    /// The server stops as soon as the message under way is done.
    stopping: bool,
    pub(super) bare_lf_noted: bool,
    /// An AUTH failed, so that a line that is no command may be a secret sent in advance.
    pub(super) secret_may_follow: bool,
}

impl Session {
    pub fn new(config: Arc<Config>) -> Session {
        Session {
            state: State::Idle,
            info: Info::default(),
            transcript: Transcript::new(config.max_transcript_bytes),
            lines: Lines::default(),
            waiting: Vec::new(),
            waiting_from: 0,
            outputs: VecDeque::new(),
            errors: 0,
            stopping: false,
            bare_lf_noted: false,
            secret_may_follow: false,
            config,
        }
    }

    /// Queues the banner.
    pub fn greet(&mut self, at: Micros) {
        self.reply(at, &reply::banner(&self.config.hostname));
    }

    /// Takes what was read. Any split of the same bytes gives the same outputs. What comes while
    /// a message is with the driver is only held: the driver bounds it by not reading then.
    pub fn feed(&mut self, at: Micros, bytes: &[u8]) {
        let taken = self.read(at, bytes);
        if !matches!(self.state, State::Closed) {
            self.waiting.extend_from_slice(&bytes[taken..]);
        }
    }

    /// The next thing to do, if there is one.
    pub fn next(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The driver's word on the message it was given: the id under which it is kept, or why not.
    pub fn delivered(&mut self, at: Micros, result: Result<&str, DeliveryError>) {
        if !matches!(self.state, State::Delivering) {
            return;
        }
        self.state = State::Idle;
        match result {
            Ok(id) => {
                self.info.messages += 1;
                self.errors = 0;
                self.reply(at, &reply::queued(id));
            }
            Err(DeliveryError::Full) => self.reply(at, &reply::STORE_FULL),
            Err(DeliveryError::Failed) => self.reply(at, &reply::STORE_FAILED),
        }
        self.stop_if_asked(at);
        self.read_waiting(at);
    }

    /// Idle for too long.
    pub fn timeout(&mut self, at: Micros) {
        if matches!(self.state, State::Delivering) {
            return;
        }
        self.turn_away(at, &reply::IDLE_TOO_LONG, Outcome::Timeout);
    }

    /// The server stops: now, or after the message under way.
    pub fn shutdown(&mut self, at: Micros) {
        self.stopping = true;
        if !matches!(self.state, State::Data(_) | State::Delivering) {
            self.stop_if_asked(at);
        }
    }

    /// The connection is over. The first reason counts: after QUIT it is not that of the socket.
    pub fn end(&mut self, at: Micros, end: End) {
        let inside =
            self.is_receiving() || matches!(self.state, State::Auth(_)) || self.has_partial_input();
        self.record_unfinished(at);
        let (outcome, text) = match end {
            End::ClientClosed if inside => (
                Outcome::CutOff,
                "the client hung up in the middle".to_owned(),
            ),
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
            self.transcript
                .event(at, "the connection was closed".to_owned());
        }
    }

    /// Between 354 and the end of the message.
    pub fn is_receiving(&self) -> bool {
        matches!(self.state, State::Data(_))
    }

    /// A command line has begun and not ended.
    pub fn has_partial_input(&self) -> bool {
        !self.lines.unfinished().is_empty()
    }

    pub fn info(&self) -> &Info {
        &self.info
    }

    /// Transcript entries that were left out because the transcript is full.
    pub fn elided(&self) -> u64 {
        self.transcript.elided()
    }

    /// The transcript entries made since this was last called.
    pub fn take_entries(&mut self) -> Vec<Entry> {
        self.transcript.take()
    }

    /// Reads on until the bytes are used up or the session pauses; says how many it took.
    fn read(&mut self, at: Micros, bytes: &[u8]) -> usize {
        let mut taken = 0;
        while taken < bytes.len() {
            let rest = &bytes[taken..];
            taken += match &mut self.state {
                State::Delivering | State::Closed => break,
                State::Data(receiving) => match receiving.content.feed(rest) {
                    Some(end) => {
                        self.end_of_message(at);
                        end
                    }
                    None => rest.len(),
                },
                _ => self.read_line(at, rest),
            };
        }
        taken
    }

    fn read_waiting(&mut self, at: Micros) {
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_from += self.read(at, &waiting[self.waiting_from..]);
        if matches!(self.state, State::Delivering) && self.waiting_from < waiting.len() {
            self.waiting = waiting;
        } else {
            self.waiting_from = 0;
        }
    }

    fn read_line(&mut self, at: Micros, bytes: &[u8]) -> usize {
        let (taken, line) = self.lines.feed(bytes, self.line_limit());
        if let Some(line) = line {
            self.line(at, &line);
        }
        taken
    }

    pub(super) fn line_limit(&self) -> usize {
        let limit = self.config.max_command_line;
        match self.state {
            State::Auth(_) => limit.max(auth::MAX_RESPONSE_LINE),
            _ => limit,
        }
    }

    fn line(&mut self, at: Micros, line: &Line) {
        let answer = self.execute(line);
        self.note(&answer.notices);
        self.transcript.client(at, answer.shown, answer.notices);
        if answer.reply.is_protocol_error() {
            self.errors += 1;
        }
        match answer.close {
            Some(outcome) => self.turn_away(at, &answer.reply, outcome),
            None if self.errors > self.config.max_errors => {
                self.turn_away(at, &reply::TOO_MANY_ERRORS, Outcome::Refused);
            }
            None => self.reply(at, &answer.reply),
        }
    }

    pub(super) fn receive(&mut self, envelope: Envelope, line_end: LineEnd) {
        let content = Content::new(line_end, self.config.max_message_size);
        self.state = State::Data(Box::new(Receiving { envelope, content }));
    }

    fn end_of_message(&mut self, at: Micros) {
        let State::Data(receiving) = std::mem::replace(&mut self.state, State::Idle) else {
            return;
        };
        self.record_content(at, &receiving, true);
        let Receiving { envelope, content } = *receiving;
        match content.into_raw() {
            Some(raw) => {
                self.state = State::Delivering;
                let user = self.info.user.clone();
                self.outputs.push_back(Output::Deliver(Delivery {
                    envelope,
                    raw,
                    user,
                }));
            }
            None => {
                self.reply(at, &reply::too_large(self.config.max_message_size));
                self.stop_if_asked(at);
            }
        }
    }

    fn record_content(&mut self, at: Micros, receiving: &Receiving, ended: bool) {
        let eight_bit = params::is_eight_bit(&receiving.envelope.params.from);
        let notices = receiving.content.notices(eight_bit);
        self.note(&notices);
        self.transcript
            .content(at, receiving.content.size(), ended, notices);
    }

    /// What the client was in the middle of when the session ended.
    fn record_unfinished(&mut self, at: Micros) {
        let state = std::mem::replace(&mut self.state, State::Closed);
        if let State::Data(receiving) = &state {
            self.record_content(at, receiving, false);
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

    fn stop_if_asked(&mut self, at: Micros) {
        if self.stopping {
            self.turn_away(at, &reply::SHUTTING_DOWN, Outcome::Shutdown);
        }
    }

    /// The last reply, and the end, unless that has come already.
    fn turn_away(&mut self, at: Micros, last: &Reply, outcome: Outcome) {
        if matches!(self.state, State::Closed) {
            return;
        }
        self.record_unfinished(at);
        self.reply(at, last);
        self.info.outcome = outcome;
        self.waiting = Vec::new();
        self.outputs.push_back(Output::Close);
    }

    fn reply(&mut self, at: Micros, reply: &Reply) {
        let mut wire = Vec::new();
        for line in reply.lines() {
            wire.extend_from_slice(line.as_bytes());
            wire.extend_from_slice(b"\r\n");
            self.transcript.server(at, line);
        }
        match self.outputs.back_mut() {
            Some(Output::Reply(batch)) => batch.append(&mut wire),
            _ => self.outputs.push_back(Output::Reply(wire)),
        }
    }

    fn note(&mut self, notices: &[super::notice::Notice]) {
        let count = u32::try_from(notices.len()).unwrap_or(u32::MAX);
        self.info.notices = self.info.notices.saturating_add(count);
    }
}
