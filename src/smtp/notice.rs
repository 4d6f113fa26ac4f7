//! Notices: what a session was let through with although a real server might have refused it, or
//! although it breaks an RFC.
//!
//! This file owns every code and sentence. Who finds the fault attaches the notice to the
//! transcript entry that it is about.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// One remark about one entry of a transcript.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// A stable name in kebab-case, for tests and filters.
    pub code: Cow<'static, str>,
    /// A sentence for people.
    pub message: Cow<'static, str>,
    /// Where the rule stands.
    pub rfc: Cow<'static, str>,
}

const fn notice(code: &'static str, message: &'static str, rfc: &'static str) -> Notice {
    Notice { code: Cow::Borrowed(code), message: Cow::Borrowed(message), rfc: Cow::Borrowed(rfc) }
}

pub const BARE_LF: Notice = notice(
    "bare-lf",
    "The line ended in LF alone; lines end in CR LF. (Noted once a session.)",
    "RFC 5321, section 2.3.8",
);
pub const OUT_OF_ORDER: Notice = notice(
    "command-out-of-order",
    "The command came at a point of the dialogue where it is not allowed.",
    "RFC 5321, section 4.1.4",
);
pub const NO_HELO: Notice = notice(
    "no-helo",
    "The client did not introduce itself with EHLO or HELO first.",
    "RFC 5321, section 4.1.4",
);
pub const HELO_WITHOUT_NAME: Notice = notice(
    "helo-without-name",
    "EHLO and HELO need the client's name, as in EHLO client.example.com.",
    "RFC 5321, section 4.1.1.1",
);
pub const HELO_BARE_IP: Notice = notice(
    "helo-bare-ip",
    "An IP address in EHLO or HELO stands in brackets, as in [192.0.2.1].",
    "RFC 5321, section 4.1.3",
);
pub const HELO_NOT_A_DOMAIN: Notice = notice(
    "helo-not-a-domain",
    "What EHLO or HELO gave is neither a domain name nor an address literal.",
    "RFC 5321, section 4.1.1.1",
);
pub const STRAY_SPACE: Notice = notice(
    "stray-space",
    "There is a space where the command has none.",
    "RFC 5321, section 4.1.1",
);
pub const SPACE_AFTER_COLON: Notice = notice(
    "space-after-colon",
    "No space may stand between FROM: or TO: and the address.",
    "RFC 5321, section 3.3",
);
pub const MISSING_ANGLE_BRACKETS: Notice = notice(
    "missing-angle-brackets",
    "The address must stand between < and >.",
    "RFC 5321, section 4.1.2",
);
pub const SOURCE_ROUTE: Notice = notice(
    "source-route",
    "The address has a source route, which was dropped.",
    "RFC 5321, appendix C",
);
pub const MALFORMED_ADDRESS: Notice = notice(
    "malformed-address",
    "The address breaks the grammar of addresses and was kept as it came.",
    "RFC 5321, section 4.1.2",
);
pub const ADDRESS_WITHOUT_DOMAIN: Notice = notice(
    "address-without-domain",
    "The address has no domain; only postmaster may go without one.",
    "RFC 5321, section 2.3.5",
);
pub const ADDRESS_TOO_LONG: Notice = notice(
    "address-too-long",
    "Servers need not take more than 64 octets before the @, 255 after it.",
    "RFC 5321, section 4.5.3.1",
);
pub const INVALID_UTF8: Notice = notice(
    "invalid-utf8",
    "The command has bytes that are not UTF-8; they were replaced by U+FFFD.",
    "RFC 6531, section 3.3",
);
pub const EIGHT_BIT_COMMAND: Notice = notice(
    "eight-bit-command",
    "The command has characters outside ASCII, and the mail was not announced with SMTPUTF8.",
    "RFC 6531, section 3.4",
);
pub const UNEXPECTED_ARGUMENT: Notice = notice(
    "unexpected-argument",
    "The command takes no argument; it was left aside.",
    "RFC 5321, section 4.1.1",
);
pub const EIGHT_BIT_CONTENT: Notice = notice(
    "eight-bit-content",
    "The content has bytes outside ASCII without BODY=8BITMIME or SMTPUTF8 in MAIL.",
    "RFC 6152, section 3",
);
pub const LONG_CONTENT_LINE: Notice = notice(
    "long-content-line",
    "A line of the content has more than 998 octets.",
    "RFC 5321, section 4.5.3.1.6",
);
pub const BARE_LF_IN_CONTENT: Notice = notice(
    "bare-lf-in-content",
    "The content has an LF without CR before it.",
    "RFC 5321, section 2.3.8",
);
pub const BARE_CR_IN_CONTENT: Notice = notice(
    "bare-cr-in-content",
    "The content has a CR without LF after it.",
    "RFC 5321, section 2.3.8",
);
pub const FALSE_END: Notice = notice(
    "false-end-of-message",
    "A lone dot between other line ends than those of the dialogue looks like the end of the \
     message, and some servers take it for that (SMTP smuggling). It was kept as content.",
    "RFC 5321, section 4.1.1.4",
);
pub const DOT_NOT_STUFFED: Notice = notice(
    "dot-not-stuffed",
    "A line began with a single dot, which was removed; a client must double it.",
    "RFC 5321, section 4.5.2",
);

pub const PLAINTEXT_AFTER_STARTTLS: Notice = notice(
    "plaintext-after-starttls",
    "The client sent more in plain text after STARTTLS, before TLS began; it was thrown away. A \
     server that executes it can be given commands by somebody in the middle (CVE-2011-0411).",
    "RFC 3207, section 4.2",
);

/// A parameter of MAIL or RCPT that goes with no extension that EHLO offered.
pub fn unknown_parameter(name: &str) -> Notice {
    Notice {
        message: format!("The parameter {name} belongs to no extension that was offered.").into(),
        ..notice("unknown-parameter", "", "RFC 5321, section 4.1.1.11")
    }
}

/// A known parameter whose value means nothing.
pub fn bad_parameter(name: &str, right: &str) -> Notice {
    Notice {
        message: format!(
            "The value of the parameter {name} is missing or wrong; one that is right: {right}"
        )
        .into(),
        ..notice("bad-parameter-value", "", "RFC 5321, section 4.1.1.11")
    }
}

/// A known parameter that stands there already.
pub fn repeated_parameter(name: &str) -> Notice {
    Notice {
        message: format!("The parameter {name} is there more than once.").into(),
        ..notice("repeated-parameter", "", "RFC 5321, section 4.1.1.11")
    }
}

/// No `NAME` and no `NAME=value`.
pub fn malformed_parameter(name: &str) -> Notice {
    Notice {
        message: format!("The parameter {name} is neither NAME nor NAME=value.").into(),
        ..notice("malformed-parameter", "", "RFC 5321, section 4.1.2")
    }
}
