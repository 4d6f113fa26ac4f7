//! The exchanges of AUTH (RFC 4954), and the mask over their secrets.
//!
//! Without users any credentials pass; the user name is kept, the password never. No line of an
//! exchange may be shown, here or in the transcript.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

use super::credentials::{keyed_md5, oauthbearer, plain, xoauth2};
use super::mechanism::{MECHANISMS, Mechanism, Mechanisms};
use super::random::Nonces;
use super::scram::{Awaited, First, Wrong, same};
use super::tls::Bindings;
use super::users::{Check, Claim, Users, Verdict};

/// Padded, without line breaks (RFC 4648, section 4); bits that pad the last byte may be any, as
/// some clients send them.
const LENIENT_BITS: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

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
    "SCRAM-SHA-256-PLUS",
];

/// The AUTH command. `initial` is the undecoded initial response.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// Nothing is a fault, which is told when AUTH may come at all.
    pub mechanism: Option<String>,
    pub initial: Option<Vec<u8>>,
}

/// What is offered where any credentials pass; put together once, for nearly every session asks.
const WITHOUT_USERS: &str = "PLAIN LOGIN CRAM-MD5 XOAUTH2 OAUTHBEARER";

/// What an exchange needs to know.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// Without them any credentials pass.
    pub users: Option<&'a Arc<Users>>,
    /// What a setting hides.
    pub hidden: Mechanisms,
    pub nonces: &'a Nonces,
    pub bindings: Option<&'a Bindings>,
    pub hostname: &'a str,
}

impl Ground<'_> {
    /// A mechanism is offered when each user can use it: one that fails for some is worse than
    /// none. A server that takes any credentials cannot prove in SCRAM that it knows them.
    pub fn offers(&self, mechanism: Mechanism) -> bool {
        match (mechanism, self.users) {
            _ if self.hidden.has(mechanism) => false,
            (Mechanism::ScramSha256, Some(users)) => users.all_speak_scram(),
            (Mechanism::ScramSha256Plus, Some(users)) => {
                users.all_speak_scram() && self.bindings.is_some()
            }
            (Mechanism::ScramSha256 | Mechanism::ScramSha256Plus, None) => false,
            (Mechanism::CramMd5, Some(users)) => users.all_plain(),
            _ => true,
        }
    }

    pub fn offers_any(&self) -> bool {
        MECHANISMS.iter().any(|(mechanism, _)| self.offers(*mechanism))
    }

    pub fn offered(&self) -> Cow<'static, str> {
        if self.users.is_none() && self.hidden.is_empty() {
            return Cow::Borrowed(WITHOUT_USERS);
        }
        let offered = MECHANISMS.iter().filter(|(mechanism, _)| self.offers(*mechanism));
        Cow::Owned(offered.map(|(_, name)| *name).collect::<Vec<_>>().join(" "))
    }
}

/// An exchange under way: what the next line of the client means.
#[derive(Debug, PartialEq, Eq)]
pub enum Exchange {
    First(Mechanism),
    LoginPassword {
        user: String,
    },
    CramMd5 {
        challenge: String,
    },
    ScramFinal {
        mechanism: Mechanism,
        awaited: Box<Awaited>,
    },
    /// The client has the server's proof, and has still to take note of it.
    Proved {
        mechanism: Mechanism,
        user: String,
    },
    /// The client has been told why its token is not taken, and has still to take note of it
    /// (RFC 7628, section 3.2.3).
    TokenRefused,
}

/// What comes after a line of the exchange.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// In clear; the wire has it in base64.
    Challenge(String, Exchange),
    /// Somebody has to look whether that is so.
    Check {
        mechanism: Mechanism,
        check: Box<Check>,
    },
    Done {
        mechanism: Mechanism,
        user: String,
    },
    Cancelled,
    BadBase64,
    Malformed(Mechanism),
    /// What the client says of the channel is not so.
    Channel(Wrong),
    Refused,
}

/// RFC 7628, section 3.2.2: what a client is told whose token is not taken.
const TOKEN_REFUSED: &str = r#"{"status":"401","schemes":"bearer"}"#;

impl Exchange {
    /// Begins with the AUTH command.
    pub fn begin(mechanism: Mechanism, initial: Option<&[u8]>, ground: Ground<'_>) -> Step {
        let first = Exchange::First(mechanism);
        match (mechanism, initial) {
            (Mechanism::CramMd5, None) => {
                let challenge = format!("<{}@{}>", ground.nonces.next(), ground.hostname);
                Step::Challenge(challenge.clone(), Exchange::CramMd5 { challenge })
            }
            // RFC 2195, section 2: the server speaks first.
            (Mechanism::CramMd5, Some(_)) => Step::Malformed(mechanism),
            (Mechanism::Login, None) => Step::Challenge("Username:".to_owned(), first),
            (_, None) => Step::Challenge(String::new(), first),
            // RFC 4954, section 4: `=` stands for an initial response of no bytes.
            (_, Some(b"=")) => first.respond(b"", ground),
            (_, Some(response)) => first.respond(response, ground),
        }
    }

    /// Goes on with the client's answer to the challenge.
    pub fn respond(self, line: &[u8], ground: Ground<'_>) -> Step {
        if line == b"*" {
            return Step::Cancelled;
        }
        let Ok(bytes) = LENIENT_BITS.decode(line) else {
            return Step::BadBase64;
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        match self {
            Exchange::First(mechanism) => first(mechanism, text, ground),
            Exchange::LoginPassword { user } => claim(Mechanism::Login, user, text, ground),
            Exchange::CramMd5 { challenge } => cram_md5(&challenge, &text, ground),
            Exchange::ScramFinal { mechanism, awaited } => match awaited.parse_final(&text) {
                Ok(proof) => {
                    checked(mechanism, awaited.user, Claim::Scram(Box::new(proof)), ground)
                }
                Err(Wrong::Malformed) => Step::Malformed(mechanism),
                Err(wrong) => Step::Channel(wrong),
            },
            Exchange::Proved { mechanism, user } => Step::Done { mechanism, user },
            Exchange::TokenRefused => Step::Refused,
        }
    }

    /// Goes on after the check.
    pub fn checked(mechanism: Mechanism, user: String, verdict: Verdict) -> Step {
        let is_token = matches!(mechanism, Mechanism::XOAuth2 | Mechanism::OAuthBearer);
        match verdict {
            Verdict::Right => Step::Done { mechanism, user },
            Verdict::RightWith(proof) => {
                Step::Challenge(proof, Exchange::Proved { mechanism, user })
            }
            Verdict::Wrong if is_token => {
                Step::Challenge(TOKEN_REFUSED.to_owned(), Exchange::TokenRefused)
            }
            Verdict::Wrong => Step::Refused,
        }
    }
}

fn first(mechanism: Mechanism, text: String, ground: Ground<'_>) -> Step {
    let credentials = match mechanism {
        Mechanism::Login => {
            let next = Exchange::LoginPassword { user: text };
            return Step::Challenge("Password:".to_owned(), next);
        }
        Mechanism::ScramSha256 | Mechanism::ScramSha256Plus => {
            return scram(mechanism, &text, ground);
        }
        Mechanism::Plain => plain(&text),
        Mechanism::XOAuth2 => xoauth2(&text),
        Mechanism::OAuthBearer => oauthbearer(&text),
        Mechanism::CramMd5 => None,
    };
    match credentials {
        Some((user, secret)) => claim(mechanism, user, secret, ground),
        None => Step::Malformed(mechanism),
    }
}

fn claim(mechanism: Mechanism, user: String, secret: String, ground: Ground<'_>) -> Step {
    checked(mechanism, user, Claim::Password(secret), ground)
}

fn checked(mechanism: Mechanism, user: String, claim: Claim, ground: Ground<'_>) -> Step {
    match ground.users {
        Some(users) => {
            Step::Check { mechanism, check: Box::new(Check { users: users.clone(), user, claim }) }
        }
        None => Step::Done { mechanism, user },
    }
}

fn scram(mechanism: Mechanism, text: &str, ground: Ground<'_>) -> Step {
    let Some(users) = ground.users else { return Step::Refused };
    match First::parse(text, mechanism == Mechanism::ScramSha256Plus, ground.bindings) {
        Ok(first) => {
            let (salt, rounds) = users.salt(&first.user);
            let (message, awaited) = first.answer(&ground.nonces.next(), &salt, rounds);
            let awaited = Box::new(awaited);
            Step::Challenge(message, Exchange::ScramFinal { mechanism, awaited })
        }
        Err(Wrong::Malformed) => Step::Malformed(mechanism),
        Err(wrong) => Step::Channel(wrong),
    }
}

/// RFC 2195, section 2: the name, a space, and the keyed MD5 of the challenge in hexadecimal.
fn cram_md5(challenge: &str, text: &str, ground: Ground<'_>) -> Step {
    let mechanism = Mechanism::CramMd5;
    let Some((user, digest)) = text.rsplit_once(' ') else { return Step::Malformed(mechanism) };
    if digest.len() != 32 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Step::Malformed(mechanism);
    }
    let is_right = |secret: &str| {
        same(keyed_md5(secret, challenge).as_bytes(), digest.to_ascii_lowercase().as_bytes())
    };
    match ground.users {
        Some(users) if !users.plain(user).is_some_and(|secret| is_right(&secret)) => Step::Refused,
        _ => Step::Done { mechanism, user: user.to_owned() },
    }
}

/// As the wire has it.
pub fn encode(challenge: &str) -> String {
    LENIENT_BITS.encode(challenge)
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

    fn ground<'a>(nonces: &'a Nonces, users: Option<&'a Arc<Users>>) -> Ground<'a> {
        Ground {
            users,
            hidden: Mechanisms::default(),
            nonces,
            bindings: None,
            hostname: "postoffice.reston.mci.net",
        }
    }

    /// RFC 2195, section 3.
    #[test]
    fn cram_md5_as_in_its_rfc() {
        let users = Users::parse("tim:tanstaaftanstaaf").map(Arc::new).ok();
        let nonces = Nonces::Fixed("1896.697170952".to_owned());
        let ground = ground(&nonces, users.as_ref());
        let Step::Challenge(challenge, exchange) =
            Exchange::begin(Mechanism::CramMd5, None, ground)
        else {
            panic!("no challenge")
        };
        assert_eq!(encode(&challenge), "PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+");
        let line = b"dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw";
        let done = Step::Done { mechanism: Mechanism::CramMd5, user: "tim".to_owned() };
        assert_eq!(exchange.respond(line, ground), done);
        let other = Exchange::CramMd5 { challenge: "<other>".to_owned() };
        assert_eq!(other.respond(line, ground), Step::Refused);
    }

    #[test]
    fn what_is_offered() {
        let nonces = Nonces::Random;
        let any = "PLAIN LOGIN CRAM-MD5 XOAUTH2 OAUTHBEARER";
        assert_eq!(ground(&nonces, None).offered(), any);
        let plain = Users::parse("a:b").map(Arc::new).ok();
        let bindings = Bindings::default();
        let tls = Ground { bindings: Some(&bindings), ..ground(&nonces, plain.as_ref()) };
        assert_eq!(tls.offered(), format!("SCRAM-SHA-256-PLUS SCRAM-SHA-256 {any}"));
        let hashed = crate::smtp::hash_user("a", "b", false).unwrap_or_default();
        let hashed = Users::parse(&hashed).map(Arc::new).ok();
        assert_eq!(ground(&nonces, hashed.as_ref()).offered(), "PLAIN LOGIN XOAUTH2 OAUTHBEARER");
    }
}
