//! Every parameter of MAIL and RCPT that goes with an extension, and the grammar of its value.

use super::address;
use super::extension::Extension;
use super::xtext;

/// One parameter.
pub struct Rule {
    pub name: &'static str,
    pub extension: Extension,
    pub is_good: fn(Option<&str>) -> bool,
    /// For those who got it wrong.
    pub example: &'static str,
}

const fn rule(
    name: &'static str,
    extension: Extension,
    is_good: fn(Option<&str>) -> bool,
    example: &'static str,
) -> Rule {
    Rule { name, extension, is_good, example }
}

pub const OF_MAIL: &[Rule] = &[
    rule("SIZE", Extension::Size, |value| is(value, |size| is_digits(size, 20)), "SIZE=1000"),
    rule(
        "BODY",
        Extension::BinaryMime,
        |value| is_body(value) || is(value, is_binary),
        "BODY=8BITMIME",
    ),
    rule("BODY", Extension::EightBitMime, is_body, "BODY=8BITMIME"),
    rule("SMTPUTF8", Extension::SmtpUtf8, is_nothing, "SMTPUTF8"),
    rule("AUTH", Extension::Auth, |value| is(value, is_identity), "AUTH=<>"),
    rule(
        "RET",
        Extension::Dsn,
        |value| is(value, |ret| is_one_of(ret, &["FULL", "HDRS"])),
        "RET=HDRS",
    ),
    rule("ENVID", Extension::Dsn, |value| is(value, is_envelope_id), "ENVID=QQ314159"),
    rule("BY", Extension::DeliverBy, |value| is(value, is_deliver_by), "BY=120;R"),
    rule("HOLDFOR", Extension::FutureRelease, |value| is(value, is_hold), "HOLDFOR=3600"),
    rule(
        "HOLDUNTIL",
        Extension::FutureRelease,
        |value| is(value, is_utc),
        "HOLDUNTIL=2030-12-31T12:00:00Z",
    ),
    rule("REQUIRETLS", Extension::RequireTls, is_nothing, "REQUIRETLS"),
];

pub const OF_RCPT: &[Rule] = &[
    rule("NOTIFY", Extension::Dsn, |value| is(value, is_notify), "NOTIFY=SUCCESS,FAILURE"),
    rule("ORCPT", Extension::Dsn, |value| is(value, is_original), "ORCPT=rfc822;ann@example.com"),
];

fn is(value: Option<&str>, is_good: impl Fn(&str) -> bool) -> bool {
    value.is_some_and(is_good)
}

fn is_nothing(value: Option<&str>) -> bool {
    value.is_none()
}

fn is_one_of(value: &str, words: &[&str]) -> bool {
    words.iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// RFC 1870, section 3 has one to twenty digits; more are as large as can be.
pub fn size_of(digits: &str) -> Option<u64> {
    is_digits(digits, usize::MAX).then(|| digits.parse().unwrap_or(u64::MAX))
}

fn is_digits(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// RFC 6152, section 3.
fn is_body(value: Option<&str>) -> bool {
    is(value, |body| is_one_of(body, &["7BIT", "8BITMIME"]))
}

/// RFC 3030, section 3.
fn is_binary(value: &str) -> bool {
    is_one_of(value, &["BINARYMIME"])
}

/// RFC 4954, section 5: who wrote it, as xtext, or `<>`.
fn is_identity(value: &str) -> bool {
    value == "<>" || (!value.is_empty() && xtext::decoded_length(value).is_some())
}

/// RFC 3461, section 4.4: at most 100 characters, encoded or not.
fn is_envelope_id(value: &str) -> bool {
    value.len() <= 100 && xtext::decoded_length(value).is_some()
}

/// RFC 3461, section 4.1.
fn is_notify(value: &str) -> bool {
    let mut words = value.split(',');
    is_one_of(value, &["NEVER"])
        || words.all(|word| is_one_of(word, &["SUCCESS", "FAILURE", "DELAY"]))
}

/// RFC 3461, section 4.2, and RFC 6533, section 3 for addresses of type `utf-8`.
fn is_original(value: &str) -> bool {
    let Some((kind, address)) = value.split_once(';') else {
        return false;
    };
    let is_type = !kind.is_empty() && kind.chars().all(address::is_atext);
    let is_address = if kind.eq_ignore_ascii_case("utf-8") {
        xtext::is_utf8_address(address)
    } else {
        xtext::decoded_length(address).is_some_and(|length| length > 0)
    };
    value.len() <= 500 && kind.is_ascii() && is_type && is_address
}

/// RFC 2852, section 4: `BY=120;R`. In mode R the time must be ahead.
fn is_deliver_by(value: &str) -> bool {
    let Some((time, mode)) = value.split_once(';') else {
        return false;
    };
    let is_negative = time.starts_with('-');
    let digits = time.strip_prefix(['-', '+']).unwrap_or(time);
    let is_ahead = !is_negative && digits.bytes().any(|byte| byte != b'0');
    is_digits(digits, 9)
        && match mode.to_ascii_uppercase().as_str() {
            "N" | "NT" => true,
            "R" | "RT" => is_ahead,
            _ => false,
        }
}

/// RFC 4865, section 5: one to nine digits, the first of them none of 0.
fn is_hold(value: &str) -> bool {
    is_digits(value, 9) && !value.starts_with('0')
}

/// RFC 3339 in UTC: `2030-12-31T12:00:00Z`.
fn is_utc(value: &str) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let (date, rest) = value.split_at_checked(SHAPE.len()).unwrap_or_default();
    let fits = date.bytes().zip(SHAPE).all(|(byte, shape)| match shape {
        b'0' => byte.is_ascii_digit(),
        shape => byte == *shape,
    });
    let part = |from: usize| date.get(from..from + 2).and_then(|digits| digits.parse::<u8>().ok());
    let in_range = |from, range: std::ops::RangeInclusive<u8>| {
        part(from).is_some_and(|number| range.contains(&number))
    };
    let fraction = rest.strip_suffix('Z').map(|rest| rest.strip_prefix('.'));
    date.len() == SHAPE.len()
        && fits
        && in_range(5, 1..=12)
        && in_range(8, 1..=31)
        && in_range(11, 0..=23)
        && in_range(14, 0..=59)
        && in_range(17, 0..=60)
        && match fraction {
            Some(Some(digits)) => is_digits(digits, 9),
            Some(None) => rest == "Z",
            None => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each value and whether the rule takes it.
    fn table(rules: &[Rule], name: &str, values: &[(&str, bool)]) {
        let rule = rules.iter().find(|rule| rule.name == name);
        for (value, good) in values {
            let value = Some(*value).filter(|value| !value.is_empty());
            assert_eq!(rule.map(|rule| (rule.is_good)(value)), Some(*good), "{name}={value:?}");
        }
    }

    #[test]
    fn every_example_is_good() {
        for rule in OF_MAIL.iter().chain(OF_RCPT) {
            let value = rule.example.split_once('=').map(|(_, value)| value);
            assert!((rule.is_good)(value), "{}", rule.example);
            assert!(rule.example.starts_with(rule.name));
        }
    }

    #[test]
    fn values_of_mail() {
        let twenty = "9".repeat(20);
        table(OF_MAIL, "SIZE", &[("0", true), (&twenty, true), (&(twenty.clone() + "9"), false)]);
        table(OF_MAIL, "SIZE", &[("", false), ("-1", false), ("1k", false)]);
        table(OF_MAIL, "BODY", &[("7bit", true), ("8BITMIME", true), ("x", false), ("", false)]);
        table(OF_MAIL, "BODY", &[("binarymime", true)]);
        table(OF_MAIL, "SMTPUTF8", &[("", true), ("1", false)]);
        table(OF_MAIL, "AUTH", &[("<>", true), ("a+3Db@c", true), ("a+b", false), ("", false)]);
        table(OF_MAIL, "RET", &[("full", true), ("HDRS", true), ("NONE", false), ("", false)]);
        table(OF_MAIL, "ENVID", &[("a", true), (&"x".repeat(100), true), ("a+2", false)]);
        table(OF_MAIL, "ENVID", &[(&"x".repeat(101), false), ("", false)]);
        table(OF_MAIL, "BY", &[("1;R", true), ("+1;rt", true), ("-1;N", true), ("0;NT", true)]);
        table(OF_MAIL, "BY", &[("0;R", false), ("-1;R", false), ("1", false), ("1;X", false)]);
        table(OF_MAIL, "BY", &[("999999999;N", true), ("1000000000;N", false), (";N", false)]);
        table(OF_MAIL, "HOLDFOR", &[("1", true), ("999999999", true), ("01", false), ("x", false)]);
        table(OF_MAIL, "HOLDUNTIL", &[("2026-02-28T23:59:60Z", true), ("x", false)]);
        table(OF_MAIL, "HOLDUNTIL", &[("2026-13-01T00:00:00Z", false), ("2026-01-01", false)]);
        table(OF_MAIL, "HOLDUNTIL", &[("2026-01-01T00:00:00+01:00", false), ("", false)]);
        table(
            OF_MAIL,
            "HOLDUNTIL",
            &[("2026-01-01T00:00:00.5Z", true), ("2026-01-01T00:00:00.Z", false)],
        );
    }

    #[test]
    fn values_of_rcpt() {
        table(OF_RCPT, "NOTIFY", &[("never", true), ("SUCCESS,DELAY", true), ("", false)]);
        table(OF_RCPT, "NOTIFY", &[("NEVER,DELAY", false), ("SUCCESS,", false), ("x", false)]);
        table(OF_RCPT, "ORCPT", &[("rfc822;a+2Bb@c", true), ("rfc822;a+b@c", false)]);
        table(OF_RCPT, "ORCPT", &[("utf-8;josé@c", true), ("utf-8;jos\\x{E9}@c", true)]);
        table(OF_RCPT, "ORCPT", &[("rfc822;josé@c", false), ("utf-8;a\\x{41}", false)]);
        table(OF_RCPT, "ORCPT", &[("rfc822;", false), (";a@b", false), ("a@b", false)]);
        let long = |length: usize| format!("rfc822;{}", "x".repeat(length - 7));
        table(OF_RCPT, "ORCPT", &[(&long(499), true), (&long(500), true), (&long(501), false)]);
    }
}
