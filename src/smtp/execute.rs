//! What each command does to the session, and which reply it gets.
//!
//! Order is strict where the dialogue would lose its meaning (RCPT needs MAIL, DATA needs both)
//! and lenient elsewhere: then the line is taken, and noted.

use std::mem;

use super::auth;
use super::command::{self, Bdat, Command, Greeting};
use super::data::LineEnd;
use super::envelope::{Envelope, EnvelopeParams, Param};
use super::extension::{self, Extension};
use super::help;
use super::info::Outcome;
use super::line::Line;
use super::lmtp;
use super::notice::{self, Notice};
use super::params::{self, Verb};
use super::reply::{self, Reply};
use super::session::{Mail, Session, State};
use super::strict;
use super::transcript::shown;

/// What came of one line.
pub(super) struct Answer {
    /// None if it comes later, after the octets of a chunk.
    pub reply: Option<Reply>,
    /// The line as the transcript shows it.
    pub shown: String,
    pub notices: Vec<Notice>,
    /// The session ends with the reply.
    pub close: Option<Outcome>,
}

/// How much of a line that was too long is shown.
const SHOWN_OF_TOO_LONG: usize = 256;

impl Session {
    pub(super) fn execute(&mut self, line: &Line) -> Answer {
        let mut answer = match mem::replace(&mut self.state, State::Idle) {
            State::Auth(exchange) => self.auth_response(exchange, line),
            state => {
                self.state = state;
                self.info.commands = self.info.commands.saturating_add(1);
                self.command(line)
            }
        };
        if self.is_lmtp() {
            lmtp::reword(&mut answer.notices);
        }
        if line.bare_lf && !self.bare_lf_noted && !answer.notices.contains(&notice::BARE_LF) {
            self.bare_lf_noted = true;
            answer.notices.push(notice::BARE_LF);
        }
        answer
    }

    fn command(&mut self, line: &Line) -> Answer {
        if line.too_long {
            return self.too_long_command(line);
        }
        let mut notices = Vec::new();
        let mut close = None;
        let masked = auth::masked(&line.text);
        let hidden = masked.is_some() || self.secret_may_follow;
        let parsed = command::parse(&line.text, &mut notices);
        let is_command = match &parsed {
            Ok(command) => !matches!(command, Command::Unknown(_)),
            Err(reply) => *reply != reply::EMPTY_LINE,
        };
        let text = match masked {
            Some(masked) => masked,
            None if self.secret_may_follow && !is_command => auth::MASK.to_owned(),
            None => shown(&line.text),
        };
        if is_command {
            self.secret_may_follow = false;
        }
        let reply = match parsed {
            Ok(Command::Unknown(_)) if hidden => Some(reply::UNKNOWN_UNNAMED),
            Ok(command) => {
                self.look_at(&command, line, &mut notices);
                let refusal = self.refusal(&command, &notices).map(|reply| self.worded(reply));
                match (command, refusal) {
                    (Command::Bdat(chunk), refusal) => {
                        self.bdat(&chunk, refusal, &mut notices);
                        None
                    }
                    (Command::Auth(request), None) => self.sign_in(request, &mut notices),
                    (command, Some(refusal)) => {
                        // What follows may be its answers.
                        self.secret_may_follow |= matches!(command, Command::Auth(_));
                        Some(refusal)
                    }
                    (command, None) => {
                        close = closes(&command);
                        Some(self.run(command, line.bare_lf, &mut notices))
                    }
                }
            }
            Err(reply) => Some(reply),
        };
        let is_last = reply.as_ref().is_some_and(|reply| reply.code == 421);
        let close = close.or(is_last.then_some(Outcome::Refused));
        Answer { reply, shown: text, notices, close }
    }

    fn run(&mut self, command: Command, bare_lf: bool, notices: &mut Vec<Notice>) -> Reply {
        match command {
            Command::Hello { greeting, name } => self.hello(greeting, name),
            Command::Mail { from, params } => self.mail(from, params, notices),
            Command::Rcpt { to, params } => self.rcpt(to, params, notices),
            Command::Data => self.data(bare_lf, notices),
            // Answered after its octets, see `bdat`.
            Command::Bdat(_) => reply::OK,
            Command::Rset => {
                self.state = State::Idle;
                reply::OK
            }
            Command::Noop => reply::OK,
            Command::Vrfy => reply::CANNOT_VERIFY,
            Command::Help(topic) => {
                help::answer(&topic, |name| self.has_command(name), |name| self.argument(name))
            }
            Command::Quit => reply::BYE,
            Command::Auth(_) => reply::OK, // see above
            Command::StartTls { has_argument } => self.start_tls(has_argument),
            Command::NotOffered(verb) => self.worded(reply::not_offered(verb)),
            Command::Http => reply::NOT_HTTP,
            Command::Proxy => reply::NOT_PROXIED,
            Command::Unknown(word) => reply::unknown(&word),
        }
    }

    /// RFC 5321, section 4.1.4: a second EHLO is as good as RSET. Who signed in stays so.
    fn hello(&mut self, greeting: Greeting, name: String) -> Reply {
        let extended = greeting != Greeting::Helo;
        self.state = State::Idle;
        self.info.helo = Some(name);
        self.info.esmtp = extended;
        if extended {
            let offer = extension::offer(
                &self.config,
                || self.mechanisms(),
                |extension| self.offers(extension),
            );
            reply::ehlo(&self.config.hostname, &offer)
        } else {
            reply::helo(&self.config.hostname)
        }
    }

    fn mail(&mut self, from: String, params: Vec<Param>, notices: &mut Vec<Notice>) -> Reply {
        if matches!(self.state, State::Mail(_) | State::BetweenChunks(_)) {
            notices.push(notice::OUT_OF_ORDER);
            return reply::MAIL_ALREADY;
        }
        // RFC 1870, section 6.1: the size is known to be too much before a byte of it was sent.
        let max_size = self.config.max_message_size;
        if self.offers(Extension::Size)
            && params::declared_size(&params).is_some_and(|size| size > max_size)
        {
            return reply::too_large(max_size);
        }
        if self.mails >= self.config.max_session_messages {
            return reply::too_many_mails(self.config.max_session_messages);
        }
        self.mails += 1;
        let weight = weight(&from, &params);
        let params = EnvelopeParams { from: params, to: Vec::new() };
        let envelope = Envelope { from, to: Vec::new(), params };
        let share = self.config.memory.share();
        self.state = State::Mail(Mail { envelope, weight, share });
        reply::SENDER_OK
    }

    fn rcpt(&mut self, to: String, params: Vec<Param>, notices: &mut Vec<Notice>) -> Reply {
        let State::Mail(Mail { envelope, weight, share }) = &mut self.state else {
            notices.push(notice::OUT_OF_ORDER);
            let begun = matches!(self.state, State::BetweenChunks(_));
            return if begun { reply::CHUNKS_BEGUN } else { reply::NEED_MAIL };
        };
        // RFC 5321, section 4.5.3.1.10: those over the bound are answered 452, the others kept.
        if envelope.to.len() >= self.config.max_recipients {
            return reply::too_many_recipients(self.config.max_recipients);
        }
        let grown = *weight + self::weight(&to, &params);
        if !share.grow_to(grown) {
            return reply::NO_MEMORY;
        }
        *weight = grown;
        envelope.to.push(to);
        envelope.params.to.push(params);
        reply::RECIPIENT_OK
    }

    fn data(&mut self, bare_lf: bool, notices: &mut Vec<Notice>) -> Reply {
        match mem::replace(&mut self.state, State::Idle) {
            State::Mail(mail)
                if !mail.envelope.to.is_empty() && !self.needs_chunks(&mail.envelope) =>
            {
                let line_end = if bare_lf { LineEnd::Lf } else { LineEnd::CrLf };
                self.receive(mail, line_end);
                reply::START_CONTENT
            }
            state => {
                notices.push(notice::OUT_OF_ORDER);
                let reply = match &state {
                    State::Mail(mail) if mail.envelope.to.is_empty() => self.no_recipients(),
                    State::Mail(_) => reply::NEEDS_CHUNKS,
                    State::BetweenChunks(_) => reply::CHUNKS_BEGUN,
                    _ => reply::NEED_MAIL,
                };
                self.state = state;
                reply
            }
        }
    }

    fn bdat(&mut self, chunk: &Bdat, refusal: Option<Reply>, notices: &mut Vec<Notice>) {
        let malformed = chunk.malformed.then_some(reply::BDAT_MALFORMED);
        if !self.takes_chunks() {
            notices.push(notice::OUT_OF_ORDER);
        }
        self.begin_chunk(chunk.size, chunk.last, refusal.or(malformed));
    }

    /// The line was never read as a command, and only its beginning is there to show.
    fn too_long_command(&self, line: &Line) -> Answer {
        let beginning = &line.text[..line.text.len().min(SHOWN_OF_TOO_LONG)];
        let text = match auth::masked(beginning) {
            Some(masked) => masked,
            None if self.secret_may_follow => auth::MASK.to_owned(),
            None => format!("{} (cut)", shown(beginning)),
        };
        let reply = reply::line_too_long(self.line_limit());
        Answer { reply: Some(reply), shown: text, notices: Vec::new(), close: None }
    }

    /// What is odd about a command apart from where it comes.
    fn look_at(&self, command: &Command, line: &Line, notices: &mut Vec<Notice>) {
        let offers = |extension| self.offers(extension);
        let is_first = self.info.helo.is_none() && matches!(self.state, State::Idle);
        let needs_helo = match command {
            Command::Mail { .. } => true,
            Command::Auth(_) => self.info.auth.is_none(),
            _ => false,
        };
        match command {
            Command::Mail { params, .. } => {
                notices.extend(params::check(Verb::Mail, params, offers));
            }
            Command::Rcpt { params, .. } => {
                notices.extend(params::check(Verb::Rcpt, params, offers));
            }
            _ => {}
        }
        notices.extend(self.odd_bytes(command, &line.text));
        if is_first && needs_helo {
            notices.push(notice::NO_HELO);
        }
        if self.config.strict && line.bare_lf {
            notices.push(notice::BARE_LF);
        }
    }

    /// Whether HELP tells of the command.
    fn has_command(&self, name: &str) -> bool {
        match name {
            "AUTH" => self.offers(Extension::Auth),
            "BDAT" => self.offers(Extension::Chunking),
            "STARTTLS" => self.offers(Extension::StartTls),
            "LHLO" => self.is_lmtp(),
            "HELO" | "EHLO" => !self.is_lmtp(),
            _ => true,
        }
    }

    /// What HELP writes behind the command.
    fn argument(&self, name: &str) -> Option<String> {
        let parameter = |extension, text: &str| self.offers(extension).then(|| text.to_owned());
        match name {
            "MAIL" => parameter(Extension::Size, "SIZE=1000"),
            "RCPT" => parameter(Extension::Dsn, "NOTIFY=FAILURE"),
            "AUTH" => Some(self.a_mechanism()),
            _ => None,
        }
    }

    /// Why a command is not carried out wherever it comes.
    fn refusal(&self, command: &Command, notices: &[Notice]) -> Option<Reply> {
        if let Some(reply) = self.wrong_greeting(command) {
            return Some(reply);
        }
        match command.extension() {
            Some((Extension::Auth, _))
                if self.config.offers(Extension::Auth) && self.auth_waits_for_tls() =>
            {
                Some(reply::AUTH_NEEDS_TLS)
            }
            Some((extension, verb)) if !self.offers(extension) => Some(reply::not_offered(verb)),
            _ if self.comes_before_tls(command) => Some(reply::TLS_REQUIRED),
            _ if self.must_sign_in() && matches!(command, Command::Mail { .. }) => {
                Some(reply::AUTH_REQUIRED)
            }
            _ if !self.config.strict => None,
            _ => strict::refusal(notices, matches!(command, Command::Mail { .. })),
        }
    }

    /// Bytes outside ASCII need SMTPUTF8, given in this MAIL or in that of the recipient.
    fn odd_bytes(&self, command: &Command, line: &[u8]) -> Option<Notice> {
        if line.is_ascii() || matches!(command, Command::Unknown(_)) {
            return None;
        }
        if std::str::from_utf8(line).is_err() {
            return Some(notice::INVALID_UTF8);
        }
        let announced = match (command, &self.state) {
            (Command::Mail { params, .. }, _) => params::is_utf8(params),
            (Command::Rcpt { .. }, State::Mail(mail)) => {
                params::is_utf8(&mail.envelope.params.from)
            }
            _ => false,
        };
        let announced = announced && self.offers(Extension::SmtpUtf8);
        (!announced).then_some(notice::EIGHT_BIT_COMMAND)
    }
}

/// Memory that an address needs with its parameters, with what their parts cost beside the text.
fn weight(address: &str, params: &[Param]) -> u64 {
    const PART: usize = 64;
    let of_param = |param: &Param| {
        PART + param.name.len() + param.value.as_ref().map_or(0, |value| PART + value.len())
    };
    (PART + address.len() + params.iter().map(of_param).sum::<usize>()) as u64
}

fn closes(command: &Command) -> Option<Outcome> {
    match command {
        Command::Quit => Some(Outcome::Quit),
        Command::Http => Some(Outcome::Refused),
        _ => None,
    }
}
