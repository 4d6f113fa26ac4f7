//! The extensions of ESMTP: their names, what the answer to EHLO says of each, and which are
//! hidden by a setting, single mechanisms of AUTH too.
//!
//! Only what is built stands here: clients use what they see.

use std::borrow::Cow;

use super::Config;
use super::mechanism::{MECHANISMS, Mechanism, Mechanisms};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extension {
    Pipelining,
    Size,
    EightBitMime,
    SmtpUtf8,
    Chunking,
    BinaryMime,
    Dsn,
    EnhancedStatusCodes,
    Help,
    Limits,
    DeliverBy,
    FutureRelease,
    RequireTls,
    StartTls,
    Auth,
}

/// All of them with their names, in the order of the answer to EHLO.
const ALL: &[(Extension, &str)] = &[
    (Extension::Pipelining, "PIPELINING"),
    (Extension::Size, "SIZE"),
    (Extension::EightBitMime, "8BITMIME"),
    (Extension::SmtpUtf8, "SMTPUTF8"),
    (Extension::Chunking, "CHUNKING"),
    (Extension::BinaryMime, "BINARYMIME"),
    (Extension::Dsn, "DSN"),
    (Extension::EnhancedStatusCodes, "ENHANCEDSTATUSCODES"),
    (Extension::Help, "HELP"),
    (Extension::Limits, "LIMITS"),
    (Extension::DeliverBy, "DELIVERBY"),
    (Extension::FutureRelease, "FUTURERELEASE"),
    (Extension::RequireTls, "REQUIRETLS"),
    (Extension::StartTls, "STARTTLS"),
    (Extension::Auth, "AUTH"),
];

/// RFC 4865, section 5: the longest hold in seconds, and its end. Nothing is ever sent from here,
/// so any hold can be promised.
const HOLDS: &str = "999999999 9999-12-31T23:59:59Z";

/// RFC 9422, section 4: a limit has one to six digits.
const LARGEST_LIMIT: usize = 999_999;

/// A set of extensions, and of single mechanisms of AUTH.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extensions {
    whole: u32,
    mechanisms: Mechanisms,
}

/// A single mechanism is named with this in front: `auth=xoauth2`.
const OF_AUTH: &str = "AUTH=";

impl Extensions {
    /// By their names in any case; the error is the name that is none.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Extensions, &'a str> {
        let mut set = Extensions::default();
        for name in names {
            let extension = ALL.iter().find(|(_, known)| known.eq_ignore_ascii_case(name));
            match extension {
                Some((extension, _)) => set.whole |= 1 << *extension as u32,
                None => set.mechanisms.add(mechanism(name).ok_or(name)?),
            }
        }
        Ok(set)
    }

    pub fn has(self, extension: Extension) -> bool {
        self.whole & (1 << extension as u32) != 0
    }

    pub fn mechanisms(self) -> Mechanisms {
        self.mechanisms
    }

    /// The names of all there are.
    pub fn names() -> impl Iterator<Item = String> {
        let mechanisms = MECHANISMS.iter().map(|(_, name)| format!("{OF_AUTH}{name}"));
        ALL.iter().map(|(_, name)| (*name).to_owned()).chain(mechanisms)
    }
}

fn mechanism(name: &str) -> Option<Mechanism> {
    let (head, name) = name.split_at_checked(OF_AUTH.len())?;
    head.eq_ignore_ascii_case(OF_AUTH).then(|| Mechanism::named(name))?
}

/// What EHLO answers below the host name: a line for each extension that is offered.
pub fn offer(
    config: &Config,
    mechanisms: impl Fn() -> Cow<'static, str>,
    is_offered: impl Fn(Extension) -> bool,
) -> String {
    let mut lines = String::with_capacity(320);
    for (extension, name) in ALL.iter().filter(|(extension, _)| is_offered(*extension)) {
        lines.push('\n');
        lines.push_str(name);
        let value = match extension {
            Extension::Auth => Some(mechanisms()),
            _ => value(*extension, config),
        };
        if let Some(value) = value {
            lines.push(' ');
            lines.push_str(&value);
        }
    }
    lines
}

fn value(extension: Extension, config: &Config) -> Option<Cow<'static, str>> {
    match extension {
        Extension::Size => Some(config.max_message_size.to_string().into()),
        Extension::Limits => {
            let mails = config.max_session_messages.min(LARGEST_LIMIT);
            let recipients = config.max_recipients.min(LARGEST_LIMIT);
            Some(format!("MAILMAX={mails} RCPTMAX={recipients}").into())
        }
        Extension::FutureRelease => Some(HOLDS.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_by_name() {
        let set = Extensions::named(["dsn", "8BitMime"]).unwrap_or_default();
        assert!(set.has(Extension::Dsn) && set.has(Extension::EightBitMime));
        assert!(!set.has(Extension::Size));
        assert_eq!(Extensions::named(["size", "dns"]), Err("dns"));
    }

    #[test]
    fn mechanisms_by_name() {
        let set = Extensions::named(["Auth=xOAuth2", "dsn"]).unwrap_or_default();
        assert!(set.mechanisms().has(Mechanism::XOAuth2) && set.has(Extension::Dsn));
        assert!(!set.mechanisms().has(Mechanism::OAuthBearer) && !set.has(Extension::Auth));
        for wrong in ["auth=", "auth=ntlm", "auth", "xoauth2", "size=plain", "é"] {
            let expected = if wrong == "auth" { None } else { Some(wrong) };
            assert_eq!(Extensions::named([wrong]).err(), expected);
        }
        let names: Vec<String> = Extensions::names().collect();
        assert!(Extensions::named(names.iter().map(String::as_str)).is_ok());
        assert_eq!(names.last().map(String::as_str), Some("AUTH=OAUTHBEARER"));
    }

    #[test]
    fn a_limit_has_six_digits_at_most() {
        let limits = |max_session_messages| {
            let config = Config { max_session_messages, max_recipients: 7, ..Config::default() };
            value(Extension::Limits, &config).unwrap_or_default()
        };
        assert_eq!(limits(999_999), "MAILMAX=999999 RCPTMAX=7");
        assert_eq!(limits(1_000_000), "MAILMAX=999999 RCPTMAX=7");
    }
}
