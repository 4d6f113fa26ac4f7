//! The address of MAIL and RCPT: between angle brackets, or, for the many programs that forget
//! them, up to the next space (RFC 5321, section 4.1.2).
//!
//! Taken leniently with notices; what is left is text with no control character in it.

use super::address;
use super::notice::{self, Notice};

/// Why there is no address to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathError {
    /// There is nothing.
    Missing,
    /// A name before the address, as in a header: `Ann <ann@example.com>`.
    DisplayName,
    /// Something follows the closing bracket at once.
    Trailing,
    ControlCharacter,
}

/// The address (`""` for `<>`) and what comes after it.
pub fn parse<'a>(
    input: &'a [u8],
    notices: &mut Vec<Notice>,
) -> Result<(String, &'a [u8]), PathError> {
    let (inside, rest) = match input.strip_prefix(b"<") {
        Some(open) => match find_unquoted(open, |byte| byte == b'>') {
            Some(end) => (&open[..end], &open[end + 1..]),
            None => without_brackets(open, notices),
        },
        None if input.is_empty() => return Err(PathError::Missing),
        None => without_brackets(input, notices),
    };
    // Not any `<` after it: a parameter may be `AUTH=<>`.
    let mut words = rest.split(|&byte| is_space(byte));
    if find_unquoted(inside, |byte| byte == b'<').is_some()
        || words.any(|word| word.starts_with(b"<"))
    {
        return Err(PathError::DisplayName);
    }
    if rest.first().is_some_and(|byte| !is_space(*byte)) {
        return Err(PathError::Trailing);
    }
    Ok((decode(inside, notices)?, rest))
}

fn without_brackets<'a>(input: &'a [u8], notices: &mut Vec<Notice>) -> (&'a [u8], &'a [u8]) {
    notices.push(notice::MISSING_ANGLE_BRACKETS);
    let end = find_unquoted(input, is_space).unwrap_or(input.len());
    let (token, rest) = input.split_at(end);
    (token.strip_suffix(b">").unwrap_or(token), rest)
}

fn decode(inside: &[u8], notices: &mut Vec<Notice>) -> Result<String, PathError> {
    let text = String::from_utf8_lossy(inside);
    if text.chars().any(char::is_control) {
        return Err(PathError::ControlCharacter);
    }
    let address = without_route(text.trim_matches(' '), notices);
    if address.is_empty() {
        return Ok(String::new());
    }
    if notices.contains(&notice::MALFORMED_ADDRESS) {
        return Ok(address.to_owned());
    }
    let oddity = match text.len() - text.trim_matches(' ').len() {
        0 => address::check(address),
        _ => Some(notice::MALFORMED_ADDRESS),
    };
    notices.extend(oddity);
    Ok(address.to_owned())
}

/// `@a,@b:c@d` is `c@d` with a route that nobody follows any more (RFC 5321, appendix C: servers
/// must take it, and should ignore it).
fn without_route<'a>(path: &'a str, notices: &mut Vec<Notice>) -> &'a str {
    match path.split_once(':') {
        Some((route, address)) if route.starts_with('@') => {
            // With nothing behind it, it is no way to say `<>`.
            if !address::is_route(route) || address.is_empty() {
                notices.push(notice::MALFORMED_ADDRESS);
                return path;
            }
            notices.push(notice::SOURCE_ROUTE);
            address
        }
        _ => path,
    }
}

/// The place of the first byte that fits and does not stand in a quoted string.
fn find_unquoted(bytes: &[u8], fits: impl Fn(u8) -> bool) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    bytes.iter().position(|&byte| {
        let found = !quoted && fits(byte);
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
        found
    })
}

pub fn is_space(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The address, the rest, and the codes of the notices.
    fn outcome(input: &str) -> Result<String, PathError> {
        let mut notices = Vec::new();
        let (address, rest) = parse(input.as_bytes(), &mut notices)?;
        let codes: Vec<_> = notices.iter().map(|notice| notice.code.as_ref()).collect();
        Ok(format!("{address}|{}|{}", String::from_utf8_lossy(rest), codes.join(",")))
    }

    #[test]
    fn paths() {
        for (input, expected) in [
            ("<a@b>", "a@b||"),
            ("<>", "||"),
            ("<a@b> SIZE=1", "a@b| SIZE=1|"),
            ("<\"a>b\"@c> X", "\"a>b\"@c| X|"),
            ("<\"a\\\">b\"@c>", "\"a\\\">b\"@c||"),
            ("<@a,@b:c@d>", "c@d||source-route"),
            ("<@a:>", "@a:||malformed-address"),
            ("<@a,b:c@d>", "@a,b:c@d||malformed-address"),
            ("a@b SIZE=1", "a@b| SIZE=1|missing-angle-brackets"),
            ("<a@b SIZE=1", "a@b| SIZE=1|missing-angle-brackets"),
            ("a@b>", "a@b||missing-angle-brackets"),
            ("\"a b\"@c X", "\"a b\"@c| X|missing-angle-brackets"),
            ("< a@b >", "a@b||malformed-address"),
            ("<\"a@b>", "\"a@b||missing-angle-brackets,malformed-address"),
        ] {
            assert_eq!(outcome(input).as_deref(), Ok(expected), "{input}");
        }
    }

    #[test]
    fn what_has_no_address() {
        for (input, expected) in [
            ("", PathError::Missing),
            ("Ann <a@b>", PathError::DisplayName),
            ("Ann Lee <a@b>", PathError::DisplayName),
            ("\"Ann B\" <a@b>", PathError::DisplayName),
            ("<Ann <a@b>>", PathError::DisplayName),
            ("<a@b>SIZE=1", PathError::Trailing),
            ("<a\0@b>", PathError::ControlCharacter),
            ("<a\r@b>", PathError::ControlCharacter),
            ("<a\u{85}@b>", PathError::ControlCharacter),
        ] {
            assert_eq!(outcome(input), Err(expected), "{input:?}");
        }
    }
}
