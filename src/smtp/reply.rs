//! Every reply the server gives: code, enhanced status code (RFC 3463) and text.
//!
//! The whole wire vocabulary of the server stands here and nowhere else. Texts say what was
//! wrong and what would be right, in ASCII, and never repeat more of the client's words than a
//! reply line can hold (512 octets, RFC 5321, section 4.5.3.1.5).

use std::borrow::Cow;

use super::auth;
use super::lmtp::Protocol;
use super::params::{ParamError, Verb};
use super::path::PathError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    /// Empty where RFC 2034 wants none: the banner, the answer to HELO and EHLO, 3xx.
    status: &'static str,
    /// Lines are set apart by LF.
    text: Cow<'static, str>,
    /// The transcript shows [`MASKED_CHALLENGE`] instead.
    pub is_secret: bool,
}

const fn reply(code: u16, status: &'static str, text: &'static str) -> Reply {
    Reply { code, status, text: Cow::Borrowed(text), is_secret: false }
}

fn made(code: u16, status: &'static str, text: String) -> Reply {
    Reply { code, status, text: Cow::Owned(text), is_secret: false }
}

pub const OK: Reply = reply(250, "2.0.0", "Ok");
pub const SENDER_OK: Reply = reply(250, "2.1.0", "Sender ok");
pub const RECIPIENT_OK: Reply = reply(250, "2.1.5", "Recipient ok");
pub const BYE: Reply = reply(221, "2.0.0", "Bye");
pub const START_CONTENT: Reply =
    reply(354, "", "Send the message; end it with a dot on a line of its own");
pub const AUTHENTICATED: Reply = reply(235, "2.7.0", "Authentication succeeded");
pub const CANNOT_VERIFY: Reply =
    reply(252, "2.5.0", "Every address is taken here; send mail to it and see");
pub const START_TLS: Reply = reply(220, "2.0.0", "Begin TLS now");

pub const SHUTTING_DOWN: Reply = reply(421, "4.3.2", "The server is stopping; try again later");
pub const IDLE_TOO_LONG: Reply =
    reply(421, "4.4.2", "Nothing came for too long; closing the connection");
pub const SESSION_TOO_LONG: Reply =
    reply(421, "4.4.2", "The session has lasted too long; connect again");
pub const MESSAGE_TOO_SLOW: Reply =
    reply(421, "4.4.2", "The message came in too slowly; closing the connection");
pub const SPEAK_TLS: Reply =
    reply(421, "4.7.0", "TLS begins here, and this is none; closing the connection");
pub const TOO_MANY_ERRORS: Reply =
    reply(421, "4.7.0", "Too many errors; HELP lists the commands; closing the connection");
pub const TOO_MANY: Reply =
    reply(421, "4.3.2", "Too many connections at the same time, try again later");
pub const TOO_MANY_OF_YOU: Reply =
    reply(421, "4.7.0", "Too many connections from your address at the same time, try again later");
pub const NO_PROXY_HEADER: Reply = reply(
    421,
    "4.7.0",
    "A header of the PROXY protocol must come first from your address (--proxy-from)",
);
pub const NOT_PROXIED: Reply =
    reply(500, "5.5.1", "The PROXY protocol is taken from the addresses of --proxy-from only");
pub const NO_MEMORY: Reply =
    reply(452, "4.3.1", "Too much mail is coming in at once; try again later");
pub const STORE_FAILED: Reply =
    reply(451, "4.3.0", "The message could not be stored; try again later");
pub const STORE_FULL: Reply = reply(452, "4.3.1", "The store is full; the message was not kept");

pub const EMPTY_LINE: Reply =
    reply(500, "5.5.2", "An empty line is no command; HELP lists the commands");
pub const UNKNOWN_UNNAMED: Reply = reply(500, "5.5.2", "Unknown command; HELP lists the commands");
pub const NOT_HTTP: Reply =
    reply(500, "5.5.2", "This is the SMTP port and not a web page; closing the connection");
pub const AUTH_CANCELLED: Reply = reply(501, "5.7.0", "Authentication cancelled");
pub const BAD_BASE64: Reply =
    reply(501, "5.5.2", "The answer to AUTH must be base64 with its padding");
pub const BAD_PLAIN: Reply =
    reply(501, "5.5.2", "AUTH PLAIN needs base64 of: NUL, user name, NUL, password");
pub const NO_SUCH_TOPIC: Reply =
    reply(504, "5.5.4", "There is no such command here; HELP lists the commands");
pub const VRFY_NEEDS_NAME: Reply = reply(501, "5.5.4", "VRFY needs a name: VRFY user@example.com");
pub const BDAT_NEEDS_SIZE: Reply =
    reply(501, "5.5.4", "BDAT needs the number of octets that follow: BDAT 1000 or BDAT 1000 LAST");
pub const BDAT_MALFORMED: Reply =
    reply(501, "5.5.4", "Only LAST may stand behind the size: BDAT 1000 or BDAT 1000 LAST");
pub const SPEAK_LMTP: Reply =
    reply(500, "5.5.1", "This is LMTP and not SMTP: LHLO client.example.com (RFC 2033)");
pub const SPEAK_SMTP: Reply =
    reply(500, "5.5.1", "This is SMTP and not LMTP (see --lmtp): EHLO client.example.com");
pub const STARTTLS_ARGUMENT: Reply = reply(501, "5.5.4", "STARTTLS takes no argument");
pub const NO_NULL_RECIPIENT: Reply =
    reply(501, "5.1.3", "Only MAIL may have the empty address: RCPT TO:<user@example.com>");

pub const MAIL_ALREADY: Reply = reply(503, "5.5.1", "MAIL was given already; RSET starts over");
pub const NEED_MAIL: Reply = reply(503, "5.5.1", "MAIL comes first: MAIL FROM:<user@example.com>");
pub const AUTH_ALREADY: Reply = reply(503, "5.5.1", "AUTH has succeeded already");
pub const AUTH_IN_MAIL: Reply =
    reply(503, "5.5.1", "AUTH cannot come inside a mail transaction; RSET ends it");
pub const CHUNKS_BEGUN: Reply =
    reply(503, "5.5.1", "The message comes in chunks: BDAT 0 LAST ends it, RSET starts over");
pub const NEEDS_CHUNKS: Reply =
    reply(503, "5.5.1", "BODY=BINARYMIME cannot come with DATA: BDAT 1000 LAST");
pub const NO_RECIPIENTS_FOR_CHUNK: Reply =
    reply(503, "5.5.1", "No valid recipients: RCPT TO:<user@example.com> comes first");
pub const TLS_ALREADY: Reply = reply(503, "5.5.1", "TLS is on already");
pub const TLS_REQUIRED: Reply = reply(530, "5.7.0", "Encrypt the connection first: STARTTLS");
pub const AUTH_REQUIRED: Reply = reply(530, "5.7.0", "Sign in first: AUTH");
pub const BAD_CREDENTIALS: Reply =
    reply(535, "5.7.8", "The user name or the secret is wrong (see --smtp-users)");
pub const CHANNEL_DOWNGRADED: Reply = reply(
    535,
    "5.7.8",
    "The client sees no SCRAM-SHA-256-PLUS, and it is offered here: somebody stands in between",
);
pub const CHANNEL_WRONG: Reply = reply(
    535,
    "5.7.8",
    "The channel binding is not of this connection; known are tls-exporter (TLS 1.3) and \
     tls-server-end-point",
);
pub const AUTH_NEEDS_TLS: Reply =
    reply(538, "5.7.11", "AUTH needs an encrypted connection here: STARTTLS comes first");
pub const NO_RECIPIENTS: Reply =
    reply(554, "5.5.1", "No valid recipients: RCPT TO:<user@example.com> comes first");

pub fn help(text: String) -> Reply {
    made(214, "2.0.0", text)
}

pub fn banner(hostname: &str, protocol: Protocol) -> Reply {
    let protocol = match protocol {
        Protocol::Smtp => "ESMTP",
        Protocol::Lmtp => "LMTP",
    };
    made(220, "", format!("{hostname} {protocol} Restante"))
}

pub fn helo(hostname: &str) -> Reply {
    made(250, "", hostname.to_owned())
}

/// `offer` has the extensions, each after an LF.
pub fn ehlo(hostname: &str, offer: &str) -> Reply {
    made(250, "", format!("{hostname}{offer}"))
}

/// A MAIL or RCPT whose parameters cannot be kept.
pub fn bad_params(verb: Verb, error: ParamError) -> Reply {
    let wrong = match error {
        ParamError::ControlCharacter => "A parameter has a control character",
        ParamError::TooMany => "There are more than 64 parameters",
    };
    let right = match verb {
        Verb::Mail => "MAIL FROM:<user@example.com> SIZE=1000",
        Verb::Rcpt => "RCPT TO:<user@example.com> NOTIFY=NEVER",
    };
    made(501, "5.5.4", format!("{wrong}: {right}"))
}

pub fn too_many_mails(max: usize) -> Reply {
    made(421, "4.7.0", format!("A session may have {max} messages; connect again for more"))
}

pub fn queued(id: &str) -> Reply {
    made(250, "2.0.0", format!("Ok: queued as {id}"))
}

/// For one recipient of several (LMTP). An address that would not fit into the reply is left out.
pub fn queued_for(recipient: &str, id: &str) -> Reply {
    let fits = recipient.len() <= 254 && recipient.bytes().all(|b| b.is_ascii_graphic());
    if !fits {
        return queued(id);
    }
    made(250, "2.1.5", format!("<{recipient}> Ok: queued as {id}"))
}

pub fn chunk_taken(size: u64) -> Reply {
    made(250, "2.0.0", format!("Ok: {size} octets taken"))
}

/// What strict mode says to what is only noted otherwise.
pub fn strict(code: u16, status: &'static str, text: &str, rfc: &str) -> Reply {
    const MOST: usize = 360;
    let mut ascii = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            ' '..='~' => ascii.push(letter),
            _ => ascii.extend(letter.escape_unicode()),
        }
    }
    ascii.truncate(MOST);
    made(code, status, format!("{ascii} ({rfc})"))
}

/// `is_secret`: it is not to be shown in the transcript.
pub fn challenge(text: &str, is_secret: bool) -> Reply {
    Reply { is_secret, ..made(334, "", auth::encode(text)) }
}

/// A challenge in a transcript, when it could be tried against passwords.
pub const MASKED_CHALLENGE: &str = "334 ********";

pub fn malformed_response(mechanism: &str) -> Reply {
    made(501, "5.5.2", format!("The answer is not what {mechanism} has at this point"))
}

pub fn unknown(word: &[u8]) -> Reply {
    let word = shown(word);
    made(500, "5.5.2", format!("Unknown command {word}; HELP lists the commands"))
}

pub fn line_too_long(limit: usize) -> Reply {
    made(
        500,
        "5.5.2",
        format!(
            "The command line is longer than {limit} octets; --max-command-line sets the bound"
        ),
    )
}

pub fn auth_line_too_long(limit: usize) -> Reply {
    made(
        500,
        "5.5.6",
        format!(
            "The answer to AUTH is longer than {limit} octets; --max-command-line sets a larger bound"
        ),
    )
}

pub fn not_offered(verb: &str) -> Reply {
    made(502, "5.5.1", format!("{verb} is not offered here; EHLO lists what is"))
}

pub fn auth_needs_mechanism(one: &str) -> Reply {
    made(501, "5.5.4", format!("AUTH needs a mechanism: AUTH {one}"))
}

pub fn unknown_mechanism(offered: &str) -> Reply {
    made(504, "5.5.4", format!("Unknown mechanism; offered are: {offered}"))
}

pub fn too_large(max_size: u64) -> Reply {
    made(
        552,
        "5.3.4",
        format!("The message is larger than {max_size} octets; --max-message-size sets the bound"),
    )
}

pub fn too_many_recipients(max: usize) -> Reply {
    made(
        452,
        "4.5.3",
        format!("A message may have {max} recipients; send the others one of their own"),
    )
}

/// A MAIL or RCPT without a usable address; `verb` is the command with its keyword.
pub fn bad_path(verb: &str, error: PathError) -> Reply {
    let (status, wrong) = match error {
        PathError::Missing => ("5.5.4", "needs an address"),
        PathError::DisplayName => ("5.5.4", "takes an address without a name"),
        PathError::Trailing => ("5.5.4", "needs a space after the address"),
        PathError::ControlCharacter => ("5.1.7", "has a control character in the address"),
    };
    // RFC 3463, section 3.2: x.1.7 is about the sender's address, x.1.3 about a recipient's.
    let status = if status == "5.1.7" && verb.starts_with("RCPT") { "5.1.3" } else { status };
    let (command, _) = verb.split_once(' ').unwrap_or((verb, ""));
    made(501, status, format!("{command} {wrong}: {verb}<user@example.com>"))
}

/// A word of the client as it may stand in a reply.
fn shown(word: &[u8]) -> String {
    const MOST: usize = 40;
    let cut = if word.len() > MOST { "..." } else { "" };
    format!("\"{}{cut}\"", word[..word.len().min(MOST)].escape_ascii())
}

impl Reply {
    pub fn reword(&mut self, change: impl Fn(&str) -> String) {
        self.text = change(&self.text).into();
    }

    /// A fault of the client in the protocol, which counts towards the bound.
    pub fn is_protocol_error(&self) -> bool {
        matches!(self.code, 500..=504 | 530 | 535 | 538 | 554)
    }

    /// The lines without their ends. RFC 2034, section 3: each has the status code.
    pub fn lines(&self, with_status: bool) -> impl Iterator<Item = String> {
        let last = self.text.split('\n').count() - 1;
        let status = if with_status { self.status } else { "" };
        self.text.split('\n').enumerate().map(move |(place, text)| {
            let mut line = String::with_capacity(5 + status.len() + text.len());
            // Digit by digit: formatting numbers would be half the cost of a reply.
            for unit in [100, 10, 1] {
                line.push(char::from(b'0' + (self.code / unit % 10) as u8));
            }
            line.push(if place == last { ' ' } else { '-' });
            line.push_str(status);
            if !status.is_empty() {
                line.push(' ');
            }
            line.push_str(text);
            line
        })
    }
}
