//! The session: bytes in, outputs out, one client from banner to end.
//!
//! This file owns the flow: lines and content out of the stream, the order of outputs, and the
//! pause while a message is being stored. What each command does is in `execute.rs`, where
//! content ends in `data.rs`, how a session ends without QUIT in `ending.rs`.

use std::collections::VecDeque;
use std::sync::Arc;

use super::body::Body;
use super::chunk::{Chunk, Message};
use super::data::{ContentReader, LineEnd};
use super::envelope::{Delivery, DeliveryError, Envelope};
use super::extension::Extension;
use super::info::{Info, Outcome};
use super::line::{Line, Lines};
use super::mechanism::Mechanism;
use super::memory::Share;
use super::notice::Notice;
use super::reply::{self, Reply};
use super::tls::Bindings;
use super::transcript::{Entry, Transcript};
use super::users::Check;
use super::{Config, auth, params, strict};

pub use super::transcript::Micros;

/// What the driver has to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Bytes for the client. Replies to a pipelined batch come as one.
    Reply(Vec<u8>),
    /// A message to store. Nothing more comes until [`Session::delivered`] is called.
    Deliver(Delivery),
    /// Begin TLS on this connection, after what was replied is written. Nothing more comes until
    /// [`Session::secured`] or [`Session::tls_failed`] is called.
    StartTls,
    /// A claim to check. Nothing more comes until [`Session::checked`] is called.
    Check(Check),
    /// Close the connection, after what was replied is written.
    Close,
}

/// Where the dialogue is. Whether the client has introduced itself is told by [`Info::helo`].
#[derive(Debug)]
pub(super) enum State {
    /// No mail is under way.
    Idle,
    /// MAIL was taken; there may be recipients.
    Mail(Mail),
    /// Between 354 and the end of the message.
    Data(Box<Receiving>),
    /// Between BDAT and the end of its octets.
    Chunk(Box<Chunk>),
    /// After a chunk that was not the last.
    BetweenChunks(Box<Message>),
    /// A message is with the driver; its share of the memory is held as long. `each` are those who
    /// are answered each for himself.
    Delivering { each: Vec<String>, _share: Share },
    /// STARTTLS was taken; what comes now in plain text is thrown away and counted.
    Securing { thrown_away: usize },
    /// What the client claims is being checked.
    Checking { mechanism: Mechanism, user: String },
    /// A line of AUTH is due.
    Auth(auth::Exchange),
    /// Nothing more is read.
    Closed,
}

/// A mail before its content.
#[derive(Debug)]
pub(super) struct Mail {
    pub envelope: Envelope,
    /// Memory that the envelope needs.
    pub weight: u64,
    pub share: Share,
}

impl Mail {
    /// The envelope, and room for the content that shares its memory.
    pub fn into_content(self, max_size: u64) -> (Envelope, Body) {
        (self.envelope, Body::new(max_size, self.weight, self.share))
    }
}

#[derive(Debug)]
pub(super) struct Receiving {
    envelope: Envelope,
    content: ContentReader,
}

/// What was read while a message is with the driver, looked at up to `from`. The offset keeps many
/// small messages in one read from being moved once for each of them.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    bytes: Vec<u8>,
    from: usize,
}

/// One client's dialogue.
#[derive(Debug)]
pub struct Session {
    pub(super) config: Arc<Config>,
    pub(super) state: State,
    pub(super) info: Info,
    pub(super) transcript: Transcript,
    pub(super) lines: Lines,
    pub(super) waiting: Waiting,
    pub(super) outputs: VecDeque<Output>,
    /// Protocol errors since the last message kept.
    errors: usize,
    /// Mails that were begun.
    pub(super) mails: usize,
    /// The server stops as soon as the message under way is done.
    pub(super) stopping: bool,
    pub(super) bare_lf_noted: bool,
    /// An AUTH failed, so that a line that is no command may be a secret sent in advance.
    pub(super) secret_may_follow: bool,
    /// Of the TLS that the connection is in.
    pub(super) bindings: Option<Bindings>,
    /// Commands that had come when TLS began.
    pub(super) since_tls: u32,
}

impl Session {
    pub fn new(config: Arc<Config>) -> Session {
        Session {
            state: State::Idle,
            info: Info::default(),
            transcript: Transcript::new(config.max_transcript_bytes),
            lines: Lines::default(),
            waiting: Waiting::default(),
            outputs: VecDeque::new(),
            errors: 0,
            mails: 0,
            stopping: false,
            bare_lf_noted: false,
            secret_may_follow: false,
            bindings: None,
            since_tls: 0,
            config,
        }
    }

    /// Queues the banner.
    pub fn greet(&mut self, at: Micros) {
        self.reply(at, &reply::banner(&self.config.hostname, self.config.protocol));
    }

    /// Takes what was read. Any split of the same bytes gives the same outputs. What comes while
    /// a message is with the driver is only held: the driver bounds it by not reading then.
    pub fn feed(&mut self, at: Micros, bytes: &[u8]) {
        let taken = self.read(at, bytes);
        if !matches!(self.state, State::Closed) {
            self.waiting.bytes.extend_from_slice(&bytes[taken..]);
        }
    }

    /// The next thing to do, if there is one.
    #[allow(clippy::should_implement_trait)] // not an iterator: more may come after `None`
    pub fn next(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The driver's word on the message it was given: the id under which it is kept, or why not.
    pub fn delivered(&mut self, at: Micros, result: Result<&str, DeliveryError>) {
        let State::Delivering { each, .. } = &mut self.state else {
            return;
        };
        let each = std::mem::take(each);
        self.state = State::Idle;
        if result.is_ok() {
            self.info.messages += 1;
            self.errors = 0;
        }
        self.reply_delivered(at, result, &each);
        self.stop_if_asked(at);
        self.read_waiting(at);
    }

    /// Nothing more is said but what is queued.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// In the content of a message.
    pub fn is_receiving(&self) -> bool {
        matches!(self.state, State::Data(_) | State::Chunk(_))
    }

    /// A message has begun to come in.
    pub(super) fn is_in_message(&self) -> bool {
        self.is_receiving() || matches!(self.state, State::BetweenChunks(_))
    }

    /// A command line has begun and not ended.
    pub fn has_partial_input(&self) -> bool {
        !self.lines.unfinished().is_empty()
    }

    /// Whether the client may use the extension now.
    pub(super) fn offers(&self, extension: Extension) -> bool {
        let fits = match extension {
            Extension::RequireTls => self.info.tls.is_some(),
            Extension::Auth => !self.auth_waits_for_tls() && self.ground().offers_any(),
            Extension::StartTls => self.config.security.starttls && self.info.tls.is_none(),
            _ => true,
        };
        fits && self.config.offers(extension)
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
                State::Delivering { .. } | State::Checking { .. } | State::Closed => break,
                State::Securing { thrown_away } => {
                    *thrown_away += rest.len();
                    rest.len()
                }
                State::Data(receiving) => match receiving.content.feed(rest) {
                    Some(end) => {
                        self.end_of_message(at);
                        end
                    }
                    None => rest.len(),
                },
                State::Chunk(_) => self.read_chunk(at, rest),
                _ => self.read_line(at, rest),
            };
        }
        self.info.bytes += taken as u64;
        taken
    }

    pub(super) fn read_waiting(&mut self, at: Micros) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.from += self.read(at, &waiting.bytes[waiting.from..]);
        if waiting.from < waiting.bytes.len() && !matches!(self.state, State::Closed) {
            self.waiting = waiting;
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
        match answer.reply {
            Some(reply) => self.answer(at, &reply, answer.close),
            None => self.end_chunk_if_whole(at),
        }
        if matches!(self.state, State::Securing { .. }) {
            self.outputs.push_back(Output::StartTls);
        }
    }

    /// A reply to what the client did, with which the session may end.
    pub(super) fn answer(&mut self, at: Micros, reply: &Reply, close: Option<Outcome>) {
        if reply.is_protocol_error() {
            self.errors += 1;
        }
        match close {
            Some(outcome) => self.turn_away(at, reply, outcome),
            None if self.errors > self.config.max_errors => {
                self.turn_away(at, &reply::TOO_MANY_ERRORS, Outcome::Refused);
            }
            None => self.reply(at, reply),
        }
    }

    /// A reply to a message that is not kept.
    pub(super) fn answer_content(&mut self, at: Micros, reply: &Reply) {
        self.answer(at, reply, None);
        self.stop_if_asked(at);
    }

    pub(super) fn receive(&mut self, mail: Mail, line_end: LineEnd) {
        let (envelope, body) = mail.into_content(self.config.max_message_size);
        let max_line = self.config.max_text_line.saturating_sub(2) as u64;
        let content = ContentReader::within(line_end, body, max_line);
        self.state = State::Data(Box::new(Receiving { envelope, content }));
    }

    fn end_of_message(&mut self, at: Micros) {
        let State::Data(receiving) = std::mem::replace(&mut self.state, State::Idle) else {
            return;
        };
        let strict = self.record_content(at, &receiving, true);
        let Receiving { envelope, content } = *receiving;
        match (content.finish(), strict) {
            (Err(refusal), _) => self.refuse_content(at, refusal, envelope.to.len()),
            (Ok(_), Some(reply)) => self.answer_message(at, &reply, envelope.to.len()),
            (Ok((raw, share)), None) => self.deliver(envelope, raw, share),
        }
    }

    pub(super) fn deliver(&mut self, envelope: Envelope, raw: Vec<u8>, share: Share) {
        let each = self.answered_each(&envelope.to);
        self.state = State::Delivering { each, _share: share };
        let user = self.info.user.clone();
        self.outputs.push_back(Output::Deliver(Delivery { envelope, raw, user }));
    }

    /// Gives what strict mode answers to it.
    pub(super) fn record_content(
        &mut self,
        at: Micros,
        receiving: &Receiving,
        ended: bool,
    ) -> Option<Reply> {
        let eight_bit = params::is_eight_bit(&receiving.envelope.params.from, |extension| {
            self.offers(extension)
        });
        let notices = receiving.content.notices(eight_bit);
        let refusal = self.strict_refusal(&notices);
        let text = if ended { "." } else { "" };
        self.record_octets(at, receiving.content.size(), text, notices);
        refusal
    }

    pub(super) fn record_octets(
        &mut self,
        at: Micros,
        size: u64,
        text: &str,
        notices: Vec<Notice>,
    ) {
        self.note(&notices);
        self.transcript.content(at, size, text, notices);
    }

    /// What strict mode answers to something with these notices, but for MAIL.
    pub(super) fn strict_refusal(&self, notices: &[Notice]) -> Option<Reply> {
        if self.config.strict { strict::refusal(notices, false) } else { None }
    }

    pub(super) fn reply(&mut self, at: Micros, reply: &Reply) {
        let with_status = self.offers(Extension::EnhancedStatusCodes);
        if !matches!(self.outputs.back(), Some(Output::Reply(_))) {
            self.outputs.push_back(Output::Reply(Vec::with_capacity(256)));
        }
        let Some(Output::Reply(wire)) = self.outputs.back_mut() else { return };
        for line in reply.lines(with_status) {
            wire.extend_from_slice(line.as_bytes());
            wire.extend_from_slice(b"\r\n");
            let shown = if reply.is_secret { reply::MASKED_CHALLENGE.to_owned() } else { line };
            self.transcript.server(at, shown);
        }
    }

    pub(super) fn note(&mut self, notices: &[Notice]) {
        let count = u32::try_from(notices.len()).unwrap_or(u32::MAX);
        self.info.notices = self.info.notices.saturating_add(count);
    }
}
