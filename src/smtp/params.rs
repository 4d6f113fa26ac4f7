//! The parameters of MAIL and RCPT, `NAME=value` or `NAME`, in their order (`esmtp-param` of RFC
//! 5321, section 4.1.2): all are kept, known or not.
//!
//! What a known one means to the transaction is read off here; acting on it is `execute.rs`. The
//! grammar of each value is in `param_value.rs`.

use super::envelope::Param;
use super::extension::Extension;
use super::notice::{self, Notice};
use super::param_value::{self as value, Rule};
use super::path::is_space;

/// Parameters of one command. No RFC bounds them; a command line of the largest size has room for
/// a thousand, which would cost far more memory than their text.
const MAX_PARAMS: usize = 64;

/// Which command has the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Mail,
    Rcpt,
}

/// Why the parameters cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamError {
    ControlCharacter,
    TooMany,
}

/// Splits what follows the address.
pub fn parse(rest: &[u8]) -> Result<Vec<Param>, ParamError> {
    let mut params = Vec::new();
    for word in rest.split(|&byte| is_space(byte)).filter(|word| !word.is_empty()) {
        if params.len() == MAX_PARAMS {
            return Err(ParamError::TooMany);
        }
        params.push(parse_one(word).ok_or(ParamError::ControlCharacter)?);
    }
    Ok(params)
}

fn parse_one(word: &[u8]) -> Option<Param> {
    let text = String::from_utf8_lossy(word);
    if text.chars().any(char::is_control) {
        return None;
    }
    Some(match text.split_once('=') {
        Some((name, value)) => Param { name: name.to_owned(), value: Some(value.to_owned()) },
        None => Param { name: text.into_owned(), value: None },
    })
}

/// What is odd about parameters, in their order. An extension that is not offered has none.
pub fn check(verb: Verb, params: &[Param], offers: impl Fn(Extension) -> bool) -> Vec<Notice> {
    let mut notices = Vec::new();
    for (place, param) in params.iter().enumerate() {
        let earlier = &params[..place];
        notices.extend(check_one(verb, param, earlier, &offers));
    }
    notices
}

fn check_one(
    verb: Verb,
    param: &Param,
    earlier: &[Param],
    offers: impl Fn(Extension) -> bool,
) -> Option<Notice> {
    if !is_well_formed(param) {
        return Some(notice::malformed_parameter(&param.name));
    }
    let Some(rule) = rule(verb, param, &offers) else {
        return Some(notice::unknown_parameter(&param.name));
    };
    if find(earlier, rule.name).is_some() {
        return Some(notice::repeated_parameter(rule.name));
    }
    let is_good = (rule.is_good)(param.value.as_deref())
        // RFC 4865, section 5: one of both.
        && !(rule.extension == Extension::FutureRelease && earlier.iter().any(is_hold));
    (!is_good).then(|| notice::bad_parameter(rule.name, rule.example))
}

fn is_hold(param: &Param) -> bool {
    ["HOLDFOR", "HOLDUNTIL"].iter().any(|name| param.name.eq_ignore_ascii_case(name))
}

fn rule(verb: Verb, param: &Param, offers: impl Fn(Extension) -> bool) -> Option<&'static Rule> {
    let rules = match verb {
        Verb::Mail => value::OF_MAIL,
        Verb::Rcpt => value::OF_RCPT,
    };
    let mut named = rules.iter().filter(|rule| param.name.eq_ignore_ascii_case(rule.name));
    named.find(|rule| offers(rule.extension))
}

/// `esmtp-keyword ["=" esmtp-value]`; characters outside ASCII may stand in a value (RFC 6531,
/// section 3.3).
fn is_well_formed(param: &Param) -> bool {
    let is_keyword = param.name.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        && param.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_keyword && param.value.as_ref().is_none_or(|value| !value.is_empty() && !value.contains('='))
}

/// The size that MAIL announces. More digits than a number holds are as large as can be.
pub fn declared_size(params: &[Param]) -> Option<u64> {
    find(params, "SIZE")?.value.as_deref().and_then(value::size_of)
}

/// Digits as a number; more than one holds are the largest.
pub fn number_of(digits: &str) -> Option<u64> {
    value::size_of(digits)
}

/// Whether MAIL announced addresses and headers in UTF-8 (RFC 6531).
pub fn is_utf8(params: &[Param]) -> bool {
    find(params, "SMTPUTF8").is_some()
}

/// Whether MAIL announced bytes outside ASCII in the content.
pub fn is_eight_bit(params: &[Param], offers: impl Fn(Extension) -> bool) -> bool {
    (is_utf8(params) && offers(Extension::SmtpUtf8))
        || (has_body(params, "8BITMIME") && offers(Extension::EightBitMime))
}

/// Whether MAIL announced content without lines.
pub fn is_binary(params: &[Param], offers: impl Fn(Extension) -> bool) -> bool {
    has_body(params, "BINARYMIME") && offers(Extension::BinaryMime)
}

fn has_body(params: &[Param], expected: &str) -> bool {
    let body = find(params, "BODY").and_then(|param| param.value.as_deref());
    body.is_some_and(|value| value.eq_ignore_ascii_case(expected))
}

fn find<'a>(params: &'a [Param], name: &str) -> Option<&'a Param> {
    params.iter().find(|param| param.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(verb: Verb, rest: &str, offers: impl Fn(Extension) -> bool) -> Vec<String> {
        let params = parse(rest.as_bytes()).unwrap_or_default();
        let notices = check(verb, &params, offers);
        notices.into_iter().map(|notice| notice.code.into_owned()).collect()
    }

    fn codes(rest: &str) -> Vec<String> {
        checked(Verb::Mail, rest, |_| true)
    }

    #[test]
    fn known_and_unknown_parameters() {
        assert!(codes(" SIZE=10  BODY=8bitmime smtputf8 AUTH=<>").is_empty());
        assert_eq!(codes(" NOTIFY=NEVER X-A=b"), ["unknown-parameter"; 2]);
        assert_eq!(codes(" SIZE BODY=x SMTPUTF8=1 SIZE=-1 AUTH")[..3], ["bad-parameter-value"; 3]);
        assert_eq!(codes(" =x X= X=a=b é=1 -a"), ["malformed-parameter"; 5]);
        assert_eq!(codes(" SIZE=1 size=2"), ["repeated-parameter"]);
        assert_eq!(codes(" HOLDFOR=1 HOLDUNTIL=2026-01-01T00:00:00Z"), ["bad-parameter-value"]);
        assert!(checked(Verb::Rcpt, " NOTIFY=NEVER ORCPT=rfc822;a", |_| true).is_empty());
    }

    #[test]
    fn what_is_hidden_is_unknown() {
        let without_dsn = |extension| extension != Extension::Dsn;
        assert_eq!(checked(Verb::Mail, " RET=FULL SIZE=1", without_dsn), ["unknown-parameter"]);
    }

    #[test]
    fn sizes() {
        let size = |rest: &str| declared_size(&parse(rest.as_bytes()).unwrap_or_default());
        assert_eq!(size("size=007"), Some(7));
        assert_eq!(size("SIZE=99999999999999999999"), Some(u64::MAX));
        assert_eq!(size("SIZE=1x"), None);
        assert_eq!(size(""), None);
    }

    #[test]
    fn what_is_not_taken() {
        assert_eq!(parse(b" X=a\0b"), Err(ParamError::ControlCharacter));
        for (count, taken) in [(63, true), (64, true), (65, false)] {
            assert_eq!(parse(" X".repeat(count).as_bytes()).is_ok(), taken, "{count}");
        }
    }
}
