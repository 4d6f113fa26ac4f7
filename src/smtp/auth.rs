//! AUTH PLAIN and AUTH LOGIN (RFC 4954, RFC 4616): the exchange, and the mask over its secrets.
//!
//! Any credentials pass; the user name is kept, the password never. No line of an exchange may
//! be shown, here or in the transcript.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

/// Padded, without line breaks (RFC 4648, section 4); bits that pad the last byte may be any, as
/// some clients send them.
const LENIENT_BITS: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// What EHLO offers, in this order.
pub const OFFERED: &str = "PLAIN LOGIN";

/// RFC 4954, section 4: answers to a challenge may be longer than commands.
pub const MAX_RESPONSE_LINE: usize = 12_288;

/// What stands in the transcript instead of a secret.
pub const MASK: &str = "********";

/// Names that are shown as sent. Any other word after AUTH may be a password whose mechanism was
/// forgotten, and is masked.
const NAMES: &[&str] = &[
    "PLAIN",
    "LOGIN",
    "CRAM-MD5",
    "DIGEST-MD5",
    "XOAUTH2",
    "OAUTHBEARER",
    "NTLM",
    "GSSAPI",
    "EXTERNAL",
    "ANONYMOUS",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
];

/// The AUTH command. `initial` is the undecoded initial response.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    pub mechanism: String,
    pub initial: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    Plain,
    Login,
}

impl Mechanism {
    pub fn named(name: &str) -> Option<Mechanism> {
        match name.to_ascii_uppercase().as_str() {
            "PLAIN" => Some(Mechanism::Plain),
            "LOGIN" => Some(Mechanism::Login),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Mechanism::Plain => "PLAIN",
            Mechanism::Login => "LOGIN",
        }
    }
}

/// An exchange under way: what the next line of the client means.
#[derive(Debug, PartialEq, Eq)]
pub enum Exchange {
    Plain,
    LoginUser,
    LoginPassword { user: String },
}

/// What comes after a line of the exchange.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    Challenge(&'static str, Exchange),
    Done { mechanism: Mechanism, user: String },
    Cancelled,
    BadBase64,
    BadPlain,
}

impl Exchange {
    /// Begins with the AUTH command.
    pub fn begin(mechanism: Mechanism, initial: Option<&[u8]>) -> Step {
        let first = match mechanism {
            Mechanism::Plain => Exchange::Plain,
            Mechanism::Login => Exchange::LoginUser,
        };
        match initial {
            None => first.challenge(),
            // RFC 4954, section 4: `=` stands for an initial response of no bytes.
            Some(b"=") => first.respond(b""),
            Some(response) => first.respond(response),
        }
    }

    fn challenge(self) -> Step {
        let prompt = match self {
            Exchange::Plain => "",
            Exchange::LoginUser => "VXNlcm5hbWU6", // Username:
            Exchange::LoginPassword { .. } => "UGFzc3dvcmQ6", // Password:
        };
        Step::Challenge(prompt, self)
    }

    /// Goes on with the client's answer to the challenge.
    pub fn respond(self, line: &[u8]) -> Step {
        if line == b"*" {
            return Step::Cancelled;
        }
        let Ok(bytes) = LENIENT_BITS.decode(line) else {
            return Step::BadBase64;
        };
        match self {
            Exchange::Plain => plain(&bytes),
            Exchange::LoginUser => {
                let user = String::from_utf8_lossy(&bytes).into_owned();
                Exchange::LoginPassword { user }.challenge()
            }
            Exchange::LoginPassword { user } => Step::Done { mechanism: Mechanism::Login, user },
        }
    }
}

/// RFC 4616, section 2: `[authzid] NUL authcid NUL passwd`. The second is who signs in.
fn plain(bytes: &[u8]) -> Step {
    let fields: Vec<&[u8]> = bytes.split(|&byte| byte == 0).collect();
    match fields[..] {
        [_, user, _] => Step::Done {
            mechanism: Mechanism::Plain,
            user: String::from_utf8_lossy(user).into_owned(),
        },
        _ => Step::BadPlain,
    }
}

/// An AUTH command line as it may be shown; nothing if the line is another command.
pub fn masked(line: &[u8]) -> Option<String> {
    let mut words = line
        .split(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control())
        .filter(|word| !word.is_empty());
    let verb = words.next()?;
    if !verb.eq_ignore_ascii_case(b"AUTH") {
        return None;
    }
    let mut shown = String::from_utf8_lossy(verb).into_owned();
    for (place, word) in words.enumerate() {
        let word = String::from_utf8_lossy(word);
        let is_name = NAMES.iter().any(|name| word.eq_ignore_ascii_case(name));
        shown.push(' ');
        shown.push_str(if place == 0 && is_name { &word } else { MASK });
    }
    Some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_everything_but_the_mechanism() {
        for (line, expected) in [
            ("AUTH PLAIN AGFubgBz", Some("AUTH PLAIN ********")),
            ("auth  login  dXNlcg== x", Some("auth login ******** ********")),
            ("\tAUTH\tPLAIN\0AGFubgBz", Some("AUTH PLAIN ********")),
            ("AUTH AGFubgBz", Some("AUTH ********")),
            ("AUTH", Some("AUTH")),
            ("MAIL FROM:<a@b>", None),
            ("", None),
        ] {
            assert_eq!(masked(line.as_bytes()).as_deref(), expected, "{line:?}");
        }
    }
}
