//! What strict mode answers where the default mode only notes. The codes are those of
//! `notice.rs`; docs/notices.md shows the same table.

use super::notice::Notice;
use super::reply::{self, Reply};

/// Code of the notice, code of the reply, enhanced status code. A notice that is not here is of
/// something that RFC 5321 itself wants taken.
const ANSWERS: &[(&str, u16, &str)] = &[
    ("bare-lf", 500, "5.5.2"),
    ("no-helo", 503, "5.5.1"),
    ("helo-without-name", 501, "5.5.4"),
    ("helo-bare-ip", 501, "5.5.4"),
    ("helo-not-a-domain", 501, "5.5.4"),
    ("stray-space", 501, "5.5.2"),
    ("space-after-colon", 501, "5.5.2"),
    ("missing-angle-brackets", 501, "5.5.2"),
    ("malformed-address", 501, "5.1.3"),
    ("address-without-domain", 501, "5.1.3"),
    ("address-too-long", 501, "5.1.3"),
    ("invalid-utf8", 501, "5.5.2"),
    ("eight-bit-command", 553, "5.6.7"),
    ("unexpected-argument", 501, "5.5.4"),
    ("unknown-parameter", 555, "5.5.4"),
    ("bad-parameter-value", 501, "5.5.4"),
    ("repeated-parameter", 501, "5.5.4"),
    ("malformed-parameter", 501, "5.5.4"),
    ("eight-bit-content", 554, "5.6.1"),
    ("long-content-line", 554, "5.6.0"),
    ("bare-lf-in-content", 554, "5.6.0"),
    ("bare-cr-in-content", 554, "5.6.0"),
    ("false-end-of-message", 554, "5.6.0"),
];

/// The answer to the first of the notices that has one.
pub fn refusal(notices: &[Notice], is_mail: bool) -> Option<Reply> {
    notices.iter().find_map(|notice| {
        let (_, code, status) = ANSWERS.iter().find(|(name, ..)| *name == notice.code)?;
        // RFC 3463, section 3.2: x.1.7 is about the sender's address, x.1.3 about a recipient's.
        let status = if is_mail && *status == "5.1.3" { "5.1.7" } else { status };
        Some(reply::strict(*code, status, &notice.message, &notice.rfc))
    })
}
