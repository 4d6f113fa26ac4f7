//! One command line to one command, before any state is looked at.
//!
//! A line that cannot be a command gives the reply that says so. What is merely odd is taken,
//! with notices. Whether the command may come now is decided in `execute.rs`.

use super::auth::Request;
use super::envelope::Param;
use super::extension::Extension;
use super::notice::{self, Notice};
use super::params::Verb;
use super::path::is_space;
use super::reply::{self, Reply};
use super::{address, params, path};

#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    Hello {
        greeting: Greeting,
        name: String,
    },
    Mail {
        from: String,
        params: Vec<Param>,
    },
    Rcpt {
        to: String,
        params: Vec<Param>,
    },
    Data,
    Bdat(Bdat),
    Rset,
    Noop,
    Vrfy,
    /// With the command that it asks about, or nothing.
    Help(Vec<u8>),
    Quit,
    Auth(Request),
    StartTls {
        has_argument: bool,
    },
    /// A command of some RFC that is not offered.
    NotOffered(&'static str),
    /// The request line of a browser at the wrong port.
    Http,
    /// The header of a proxy that is not trusted.
    Proxy,
    /// No command at all: its first word.
    Unknown(Vec<u8>),
}

/// With which word the client introduces itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Greeting {
    Helo,
    Ehlo,
    /// Of LMTP (RFC 2033, section 4.1).
    Lhlo,
}

/// `BDAT size [LAST]` (RFC 3030, section 2).
#[derive(Debug, PartialEq, Eq)]
pub struct Bdat {
    /// More digits than a number holds are as many octets as can be.
    pub size: u64,
    pub last: bool,
    /// Something else stands behind the size. The chunk comes all the same.
    pub malformed: bool,
}

impl Command {
    /// The extension without which it is not there.
    pub fn extension(&self) -> Option<(Extension, &'static str)> {
        match self {
            Command::Help(_) => Some((Extension::Help, "HELP")),
            Command::Bdat(_) => Some((Extension::Chunking, "BDAT")),
            Command::Auth(_) => Some((Extension::Auth, "AUTH")),
            _ => None,
        }
    }
}

/// Commands that servers may know and this one does not.
const NOT_OFFERED: &[&str] = &["EXPN", "ETRN", "TURN", "ATRN", "SEND", "SOML", "SAML"];

/// Reads a line without its end.
pub fn parse(line: &[u8], notices: &mut Vec<Notice>) -> Result<Command, Reply> {
    // RFC 5321, section 4.1.1: white space before the line end should be tolerated.
    let trimmed = trim_start(trim_end(line), notices, &notice::STRAY_SPACE);
    let end = trimmed.iter().position(|&byte| is_space(byte)).unwrap_or(trimmed.len());
    let (verb, rest) = trimmed.split_at(end);
    let known = verb.to_ascii_uppercase();
    match known.as_slice() {
        b"" => Err(reply::EMPTY_LINE),
        b"HELO" => Ok(hello(Greeting::Helo, rest, notices)),
        b"EHLO" => Ok(hello(Greeting::Ehlo, rest, notices)),
        b"LHLO" => Ok(hello(Greeting::Lhlo, rest, notices)),
        b"MAIL" => mail(rest, notices),
        b"RCPT" => rcpt(rest, notices),
        b"DATA" => Ok(without_argument(Command::Data, rest, notices)),
        b"BDAT" => bdat(rest),
        b"RSET" => Ok(without_argument(Command::Rset, rest, notices)),
        b"QUIT" => Ok(without_argument(Command::Quit, rest, notices)),
        b"NOOP" => Ok(Command::Noop),
        b"HELP" => Ok(Command::Help(rest.trim_ascii().to_vec())),
        b"VRFY" if rest.is_empty() => Err(reply::VRFY_NEEDS_NAME),
        b"VRFY" => Ok(Command::Vrfy),
        b"AUTH" => Ok(auth(rest)),
        b"STARTTLS" => Ok(Command::StartTls { has_argument: !rest.is_empty() }),
        _ => Ok(unknown(verb, trimmed)),
    }
}

fn hello(greeting: Greeting, rest: &[u8], notices: &mut Vec<Notice>) -> Command {
    let text = String::from_utf8_lossy(rest);
    let name = text.trim().to_owned();
    notices.extend(address::check_helo(&name));
    Command::Hello { greeting, name }
}

fn mail(rest: &[u8], notices: &mut Vec<Notice>) -> Result<Command, Reply> {
    const USAGE: &str = "MAIL FROM:";
    let (from, rest) =
        path_after("FROM", rest, notices).map_err(|error| reply::bad_path(USAGE, error))?;
    let params = params::parse(rest).map_err(|error| reply::bad_params(Verb::Mail, error))?;
    Ok(Command::Mail { from, params })
}

fn rcpt(rest: &[u8], notices: &mut Vec<Notice>) -> Result<Command, Reply> {
    const USAGE: &str = "RCPT TO:";
    let (to, rest) =
        path_after("TO", rest, notices).map_err(|error| reply::bad_path(USAGE, error))?;
    if to.is_empty() {
        return Err(reply::NO_NULL_RECIPIENT);
    }
    let params = params::parse(rest).map_err(|error| reply::bad_params(Verb::Rcpt, error))?;
    Ok(Command::Rcpt { to, params })
}

/// The path behind `FROM:` or `TO:`, with spaces forgiven on both sides of the colon.
fn path_after<'a>(
    keyword: &str,
    rest: &'a [u8],
    notices: &mut Vec<Notice>,
) -> Result<(String, &'a [u8]), path::PathError> {
    let rest = rest.get(1..).unwrap_or_default();
    let rest = trim_start(rest, notices, &notice::STRAY_SPACE);
    let (word, rest) = rest.split_at_checked(keyword.len()).ok_or(path::PathError::Missing)?;
    let colon = &rest[spaces(rest)..];
    if !word.eq_ignore_ascii_case(keyword.as_bytes()) || !colon.starts_with(b":") {
        return Err(path::PathError::Missing);
    }
    let rest = &trim_start(rest, notices, &notice::STRAY_SPACE)[1..];
    path::parse(trim_start(rest, notices, &notice::SPACE_AFTER_COLON), notices)
}

/// Without a size there is no telling where the chunk ends: what follows can only be commands.
fn bdat(rest: &[u8]) -> Result<Command, Reply> {
    let mut words = rest.split(|&byte| is_space(byte)).filter(|word| !word.is_empty());
    let size = words.next().and_then(|digits| std::str::from_utf8(digits).ok());
    let size = size.and_then(params::number_of).ok_or(reply::BDAT_NEEDS_SIZE)?;
    let rest: Vec<&[u8]> = words.collect();
    let last = rest.first().is_some_and(|word| word.eq_ignore_ascii_case(b"LAST"));
    let malformed = rest.len() > usize::from(last);
    Ok(Command::Bdat(Bdat { size, last, malformed }))
}

fn auth(rest: &[u8]) -> Command {
    let mut words = rest.split(|&byte| is_space(byte)).filter(|word| !word.is_empty());
    Command::Auth(Request {
        mechanism: words.next().map(|name| String::from_utf8_lossy(name).into_owned()),
        initial: words.next().map(<[u8]>::to_vec),
    })
}

fn without_argument(command: Command, rest: &[u8], notices: &mut Vec<Notice>) -> Command {
    if !rest.is_empty() {
        notices.push(notice::UNEXPECTED_ARGUMENT);
    }
    command
}

fn unknown(verb: &[u8], line: &[u8]) -> Command {
    if is_http(verb, line) {
        return Command::Http;
    }
    if verb == b"PROXY" {
        return Command::Proxy;
    }
    match NOT_OFFERED.iter().find(|name| verb.eq_ignore_ascii_case(name.as_bytes())) {
        Some(name) => Command::NotOffered(name),
        None => Command::Unknown(verb.to_vec()),
    }
}

/// `GET / HTTP/1.1`: a method in capitals and the version at the end.
fn is_http(verb: &[u8], line: &[u8]) -> bool {
    let last = line.rsplit(|&byte| byte == b' ').next().unwrap_or_default();
    verb.iter().all(u8::is_ascii_uppercase) && last.starts_with(b"HTTP/")
}

fn trim_end(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., last] = bytes
        && is_space(*last)
    {
        bytes = rest;
    }
    bytes
}

fn trim_start<'a>(bytes: &'a [u8], notices: &mut Vec<Notice>, stray: &Notice) -> &'a [u8] {
    let spaces = spaces(bytes);
    if spaces > 0 && !notices.contains(stray) {
        notices.push(stray.clone());
    }
    &bytes[spaces..]
}

/// How many spaces stand at the start.
fn spaces(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|&&byte| is_space(byte)).count()
}
