//! What HELP says: the commands, or how one of them is written and where it is described.

use super::reply::{self, Reply};

/// Command, how it is written (with what [`answer`] is told to add), where it is described.
const COMMANDS: &[(&str, &str, &str)] = &[
    ("HELO", "HELO client.example.com", "RFC 5321, section 4.1.1.1"),
    ("EHLO", "EHLO client.example.com", "RFC 5321, section 4.1.1.1"),
    ("LHLO", "LHLO client.example.com", "RFC 2033, section 4.1"),
    ("MAIL", "MAIL FROM:<user@example.com>", "RFC 5321, section 4.1.1.2"),
    ("RCPT", "RCPT TO:<user@example.com>", "RFC 5321, section 4.1.1.3"),
    ("DATA", "DATA, and after 354 the message and a line with a dot", "RFC 5321, section 4.1.1.4"),
    ("BDAT", "BDAT 1000 LAST, and at once 1000 octets", "RFC 3030, section 2"),
    ("RSET", "RSET", "RFC 5321, section 4.1.1.5"),
    ("NOOP", "NOOP", "RFC 5321, section 4.1.1.9"),
    ("VRFY", "VRFY user@example.com", "RFC 5321, section 4.1.1.6"),
    ("HELP", "HELP MAIL", "RFC 5321, section 4.1.1.8"),
    ("QUIT", "QUIT", "RFC 5321, section 4.1.1.10"),
    ("AUTH", "AUTH", "RFC 4954, section 4"),
    ("STARTTLS", "STARTTLS", "RFC 3207, section 4"),
];

/// The answer to `HELP` with a command or without; `is_there` tells the commands that are hidden,
/// `argument` what may follow a command, and it is not hidden either.
pub fn answer(
    topic: &[u8],
    is_there: impl Fn(&str) -> bool,
    argument: impl Fn(&str) -> Option<String>,
) -> Reply {
    let mut known = COMMANDS.iter().filter(|(name, ..)| is_there(name));
    match known.clone().find(|(name, ..)| topic.eq_ignore_ascii_case(name.as_bytes())) {
        Some((name, usage, rfc)) => {
            let argument = argument(name).map(|text| format!(" {text}")).unwrap_or_default();
            reply::help(format!("{usage}{argument} ({rfc})"))
        }
        None if topic.is_empty() => {
            let mut text = "This server keeps every mail and delivers none. Commands:".to_owned();
            let names: Vec<&str> = known.by_ref().map(|(name, ..)| *name).collect();
            for some in names.chunks(7) {
                text.push('\n');
                text.push_str(&some.join(" "));
            }
            reply::help(text)
        }
        None => reply::NO_SUCH_TOPIC,
    }
}
