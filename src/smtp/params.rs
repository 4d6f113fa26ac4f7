//! The ESMTP parameters of MAIL and RCPT (RFC 5321, section 4.1.2): all are kept, known or not.
//!
//! What a known one means to the transaction is read off here; acting on it is `execute.rs`.

use super::envelope::Param;
use super::notice::{self, Notice};
use super::path::is_space;

/// The parameters that go with the extensions in the answer to EHLO. An extension that is not
/// offered must not stand here: its parameters are noted.
const OF_MAIL: &[&str] = &["SIZE", "BODY", "SMTPUTF8", "AUTH"];
const OF_RCPT: &[&str] = &[];

/// Splits what follows the address; nothing if a control character is in it.
pub fn parse(rest: &[u8]) -> Option<Vec<Param>> {
    rest.split(|&byte| is_space(byte)).filter(|word| !word.is_empty()).map(parse_one).collect()
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

pub fn check_mail(params: &[Param]) -> impl Iterator<Item = Notice> {
    params.iter().filter_map(|param| check(param, OF_MAIL))
}

pub fn check_rcpt(params: &[Param]) -> impl Iterator<Item = Notice> {
    params.iter().filter_map(|param| check(param, OF_RCPT))
}

fn check(param: &Param, known: &[&str]) -> Option<Notice> {
    let Some(name) = known.iter().find(|name| param.name.eq_ignore_ascii_case(name)) else {
        return Some(notice::unknown_parameter(&param.name));
    };
    let value = param.value.as_deref();
    let good = match *name {
        "SIZE" => value.is_some_and(|digits| size_of(digits).is_some()),
        "BODY" => value.is_some_and(|body| {
            body.eq_ignore_ascii_case("7BIT") || body.eq_ignore_ascii_case("8BITMIME")
        }),
        "SMTPUTF8" => value.is_none(),
        _ => value.is_some(),
    };
    (!good).then(|| notice::bad_parameter(name))
}

/// The size that MAIL announces. More digits than a number holds are as large as can be.
pub fn declared_size(params: &[Param]) -> Option<u64> {
    find(params, "SIZE")?.value.as_deref().and_then(size_of)
}

fn size_of(digits: &str) -> Option<u64> {
    let only_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    only_digits.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// Whether MAIL announced addresses and headers in UTF-8 (RFC 6531).
pub fn is_utf8(params: &[Param]) -> bool {
    find(params, "SMTPUTF8").is_some()
}

/// Whether MAIL announced bytes outside ASCII in the content.
pub fn is_eight_bit(params: &[Param]) -> bool {
    let body = find(params, "BODY").and_then(|param| param.value.as_deref());
    is_utf8(params) || body.is_some_and(|value| value.eq_ignore_ascii_case("8BITMIME"))
}

fn find<'a>(params: &'a [Param], name: &str) -> Option<&'a Param> {
    params.iter().find(|param| param.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(rest: &str) -> Vec<String> {
        let params = parse(rest.as_bytes()).unwrap_or_default();
        check_mail(&params).map(|notice| notice.code.into_owned()).collect()
    }

    #[test]
    fn known_and_unknown_parameters() {
        assert!(codes(" SIZE=10  BODY=8bitmime smtputf8 AUTH=<>").is_empty());
        assert_eq!(codes(" RET=HDRS =x"), ["unknown-parameter", "unknown-parameter"]);
        assert_eq!(codes(" SIZE BODY=x SMTPUTF8=1 SIZE=-1 AUTH"), ["bad-parameter-value"; 5]);
    }

    #[test]
    fn sizes() {
        let size = |rest: &str| declared_size(&parse(rest.as_bytes()).unwrap_or_default());
        assert_eq!(size("size=007"), Some(7));
        assert_eq!(size("SIZE=99999999999999999999999"), Some(u64::MAX));
        assert_eq!(size("SIZE=1x"), None);
        assert_eq!(size(""), None);
    }

    #[test]
    fn control_characters_are_not_taken() {
        assert_eq!(parse(b" X=a\0b"), None);
    }
}
