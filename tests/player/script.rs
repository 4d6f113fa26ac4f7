//! One dialogue file as a value. The format is described in `tests/dialogues/README.md`.

use std::sync::Arc;

use restante::smtp::{
    Config, DeliveryError, Extensions, Late, Memory, Nonces, Param, Protocol, Users,
};

use super::escape::unescape;

/// A line of the file with its number, for messages.
pub type Numbered = (usize, String);

#[derive(Default)]
pub struct Script {
    pub config: Config,
    pub acts: Vec<Act>,
    pub mails: Vec<ExpectedMail>,
    pub outcome: Option<Numbered>,
    /// The whole transcript, if any line of it is given.
    pub transcript: Vec<Numbered>,
    /// It would be another dialogue inside TLS.
    pub is_about_tls: bool,
    line_feed: bool,
}

/// Something done to the server, and what it answers.
pub struct Act {
    pub line: usize,
    pub what: What,
    pub replies: Vec<Numbered>,
    /// The server closes the connection.
    pub closed: bool,
}

pub enum What {
    Connect,
    Send(Vec<Piece>),
    Close,
    Timeout(Late),
    Shutdown,
    /// TLS begins; the notices are about what came in plain text before.
    Tls(Piece),
    /// The store will not take the next message.
    StoreFails(DeliveryError),
}

pub struct Piece {
    pub line: usize,
    pub bytes: Vec<u8>,
    /// Codes of the notices that this line of the client gets.
    pub notices: Vec<String>,
}

#[derive(Default)]
pub struct ExpectedMail {
    pub line: usize,
    pub from: (String, Vec<Param>),
    pub to: Vec<(String, Vec<Param>)>,
    pub user: Option<String>,
    pub raw: Option<Vec<u8>>,
}

/// Reads a file; the error has the number of the line.
pub fn parse(text: &str) -> Result<Script, Numbered> {
    let mut script = Script::default();
    script.config.hostname = "test.example".to_owned();
    script.config.security.nonces = Nonces::Fixed("NONCE".to_owned());
    script.act(0, What::Connect);
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if !line.is_empty() && !line.starts_with('#') {
            let about = ["TLS", "tls"];
            script.is_about_tls |= about.iter().any(|word| line.contains(word));
            script.take(index + 1, line).map_err(|error| (index + 1, error))?;
        }
    }
    Ok(script)
}

impl Script {
    fn take(&mut self, number: usize, line: &str) -> Result<(), String> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "C:" => self.send(number, with_end(rest, self.line_feed)?),
            "c:" => self.send(number, unescape(rest)?),
            "S:" => self.last_act().replies.push((number, rest.to_owned())),
            "!" => self.notice(rest)?,
            "closed" => self.last_act().closed = true,
            "config" => self.configure(rest)?,
            "users" => {
                // `name:secret`, with spaces between two of them.
                let users = Users::parse(&rest.replace(' ', "\n")).map_err(|e| e.to_string())?;
                self.config.security.users = Some(Arc::new(users));
            }
            "eol" => self.line_feed = rest == "lf",
            "close" => self.act(number, What::Close),
            "tls" => {
                let piece = Piece { line: number, bytes: Vec::new(), notices: Vec::new() };
                self.act(number, What::Tls(piece));
            }
            "timeout" => self.act(number, What::Timeout(late(rest)?)),
            "shutdown" => self.act(number, What::Shutdown),
            "store" if rest == "full" => self.act(number, What::StoreFails(DeliveryError::Full)),
            "store" if rest == "failed" => {
                self.act(number, What::StoreFails(DeliveryError::Failed))
            }
            "outcome" => self.outcome = Some((number, rest.to_owned())),
            ">" | "<" | "*" => self.transcript.push((number, line.to_owned())),
            "mail" => {
                let from = path(rest)?;
                self.mails.push(ExpectedMail { line: number, from, ..ExpectedMail::default() });
            }
            _ => self.take_mail_line(word, rest)?,
        }
        Ok(())
    }

    fn take_mail_line(&mut self, word: &str, rest: &str) -> Result<(), String> {
        let line_feed = self.line_feed;
        let mail = self.mails.last_mut().ok_or(format!("{word} is not known here"))?;
        match word {
            "rcpt" => mail.to.push(path(rest)?),
            "user" => mail.user = Some(rest.to_owned()),
            "R:" => mail.raw.get_or_insert_default().extend(with_end(rest, line_feed)?),
            "r:" => mail.raw.get_or_insert_default().extend(unescape(rest)?),
            _ => return Err(format!("{word} is not known")),
        }
        Ok(())
    }

    fn act(&mut self, line: usize, what: What) {
        self.acts.push(Act { line, what, replies: Vec::new(), closed: false });
    }

    fn last_act(&mut self) -> &mut Act {
        self.acts.last_mut().expect("connecting is the first act")
    }

    /// Lines of the client with nothing between them go out as one.
    fn send(&mut self, line: usize, bytes: Vec<u8>) {
        let piece = Piece { line, bytes, notices: Vec::new() };
        match self.last_act() {
            Act { what: What::Send(pieces), replies, closed: false, .. } if replies.is_empty() => {
                pieces.push(piece);
            }
            _ => self.act(line, What::Send(vec![piece])),
        }
    }

    fn notice(&mut self, code: &str) -> Result<(), String> {
        let piece = match &mut self.last_act().what {
            What::Send(pieces) => pieces.last_mut().ok_or("no line of the client")?,
            What::Tls(piece) => piece,
            _ => return Err("a notice must follow a line of the client".to_owned()),
        };
        piece.notices.push(code.to_owned());
        Ok(())
    }

    fn configure(&mut self, setting: &str) -> Result<(), String> {
        let (name, value) = setting.split_once('=').ok_or("config NAME=VALUE")?;
        if name == "without" {
            self.config.hidden = Extensions::named(value.split(','))?;
            return Ok(());
        }
        let number = value.parse::<usize>().map_err(|error| error.to_string())?;
        let config = &mut self.config;
        match name {
            "max_message_size" => config.max_message_size = number as u64,
            "max_recipients" => config.max_recipients = number,
            "max_command_line" => config.max_command_line = number,
            "lmtp" if number > 0 => config.protocol = Protocol::Lmtp,
            "strict" => config.strict = number > 0,
            "memory" => config.memory = Memory::new(number as u64),
            "max_text_line" => config.max_text_line = number,
            "max_session_messages" => config.max_session_messages = number,
            "max_errors" => config.max_errors = number,
            "max_transcript_bytes" => config.max_transcript_bytes = number,
            "starttls" => config.security.starttls = number != 0,
            "require_auth" => config.security.require_auth = number != 0,
            "auth_needs_tls" => config.security.auth_needs_tls = number != 0,
            "require_tls" => config.security.require_tls = number != 0,
            _ => return Err(format!("no setting {name}")),
        }
        Ok(())
    }
}

fn late(kind: &str) -> Result<Late, String> {
    match kind {
        "" => Ok(Late::Idle),
        "session" => Ok(Late::Session),
        "slow" => Ok(Late::Slow),
        _ => Err(format!("no time-out of kind {kind}")),
    }
}

fn with_end(text: &str, line_feed: bool) -> Result<Vec<u8>, String> {
    let mut bytes = unescape(text)?;
    bytes.extend_from_slice(if line_feed { b"\n" } else { b"\r\n" });
    Ok(bytes)
}

/// `<address> NAME=value NAME`
fn path(text: &str) -> Result<(String, Vec<Param>), String> {
    let (address, params) = text.split_once("> ").unwrap_or((text.trim_end_matches('>'), ""));
    let address = address.strip_prefix('<').ok_or("an address stands in < >")?;
    let params = params.split_whitespace().map(|word| match word.split_once('=') {
        Some((name, value)) => Param { name: name.to_owned(), value: Some(value.to_owned()) },
        None => Param { name: word.to_owned(), value: None },
    });
    Ok((address.to_owned(), params.collect()))
}
