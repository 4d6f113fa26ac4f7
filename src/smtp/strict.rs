//! What strict mode answers where the default mode only notes. The codes are those of
//! `notice.rs`; docs/notices.md shows the same table.

use super::notice::Notice;
use super::reply::{self, Reply};

/// Code of the notice, code of the reply, enhanced status code, and what is wrong and what would be
/// right (`""` for the sentence of the notice, where that has both). A notice that is not here is
/// of something that RFC 5321 itself wants taken.
const ANSWERS: &[(&str, u16, &str, &str)] = &[
    ("bare-lf", 500, "5.5.2", "Lines end in CR LF, and this one ended in LF alone"),
    ("no-helo", 503, "5.5.1", "EHLO comes first: EHLO client.example.com"),
    (
        "helo-without-name",
        501,
        "5.5.4",
        "EHLO and HELO need the client's name: EHLO client.example.com",
    ),
    (
        "helo-bare-ip",
        501,
        "5.5.4",
        "An address stands in brackets: EHLO [192.0.2.1] or EHLO [IPv6:2001:db8::1]",
    ),
    (
        "helo-not-a-domain",
        501,
        "5.5.4",
        "This is neither a domain nor an address in brackets: EHLO client.example.com",
    ),
    (
        "stray-space",
        501,
        "5.5.2",
        "There is a space too many: MAIL FROM:<user@example.com> SIZE=1000",
    ),
    (
        "space-after-colon",
        501,
        "5.5.2",
        "No space stands after the colon: MAIL FROM:<user@example.com>",
    ),
    (
        "missing-angle-brackets",
        501,
        "5.5.2",
        "The address stands between < and >: MAIL FROM:<user@example.com>",
    ),
    (
        "malformed-address",
        501,
        "5.1.3",
        "This is no address: <user@example.com> or <\"any text\"@example.com>",
    ),
    (
        "address-without-domain",
        501,
        "5.1.3",
        "Only <postmaster> goes without a domain: <user@example.com>",
    ),
    (
        "address-too-long",
        501,
        "5.1.3",
        "An address has at most 64 octets before the @ and 255 after it",
    ),
    ("invalid-utf8", 501, "5.5.2", "The command has bytes that are not UTF-8"),
    (
        "eight-bit-command",
        553,
        "5.6.7",
        "Characters outside ASCII need SMTPUTF8: MAIL FROM:<user@example.com> SMTPUTF8",
    ),
    ("unexpected-argument", 501, "5.5.4", "This command takes no argument"),
    ("unknown-parameter", 555, "5.5.4", ""),
    ("bad-parameter-value", 501, "5.5.4", ""),
    ("repeated-parameter", 501, "5.5.4", ""),
    ("malformed-parameter", 501, "5.5.4", ""),
    (
        "eight-bit-content",
        554,
        "5.6.1",
        "Bytes outside ASCII are announced: MAIL FROM:<user@example.com> BODY=8BITMIME",
    ),
    (
        "long-content-line",
        554,
        "5.6.0",
        "A line is too long; quoted-printable and base64 have short ones",
    ),
    (
        "bare-lf-in-content",
        554,
        "5.6.0",
        "Lines end in CR LF, and the content has an LF without CR",
    ),
    ("bare-cr-in-content", 554, "5.6.0", "Lines end in CR LF, and the content has a CR without LF"),
    (
        "false-end-of-message",
        554,
        "5.6.0",
        "A lone dot stands between line ends that are not both CR LF",
    ),
];

/// The answer to the first of the notices that has one.
pub fn refusal(notices: &[Notice], is_mail: bool) -> Option<Reply> {
    notices.iter().find_map(|notice| {
        let (_, code, status, right) = ANSWERS.iter().find(|(name, ..)| *name == notice.code)?;
        // RFC 3463, section 3.2: x.1.7 is about the sender's address, x.1.3 about a recipient's.
        let status = if is_mail && *status == "5.1.3" { "5.1.7" } else { status };
        let text = if right.is_empty() { &notice.message } else { *right };
        Some(reply::strict(*code, status, text.trim_end_matches('.'), &notice.rfc))
    })
}
