//! What a test takes out of the mail it waited for: its code, its link.
//!
//! Owns how a wish for one is read and which of several is meant. When there is none, all that
//! there is comes back instead, so that a failure can tell.

use std::ops::RangeInclusive;

use regex::{Regex, RegexBuilder};

use super::action::likeliest;
use crate::message::{self, Found, LIKELY, Link, Message};
use crate::search::fold_case;

/// The longest run of digits that can be asked for.
const MAX_DIGITS: usize = 12;
/// Bytes that one compiled pattern may take.
const REGEX_SIZE: usize = 1024 * 1024;

/// Which code is meant.
#[derive(Clone, Debug)]
pub enum CodeWish {
    /// The likeliest.
    Any,
    /// The likeliest of so many digits.
    Digits(RangeInclusive<usize>),
    /// The group of a pattern, at its first match in subject, text, or the HTML's text.
    Pattern(Regex),
}

/// Which link is meant.
#[derive(Clone, Debug)]
pub enum LinkWish {
    /// The one to a page that the mail was sent for.
    Any,
    /// In the link's text or address, without case.
    Text(String),
    /// In the address as written or with its percent signs decoded.
    Pattern(Regex),
}

impl CodeWish {
    /// `true`, `6`, `4-8`, or a pattern with one group; the error says what is wrong.
    pub fn parse(text: &str) -> Result<CodeWish, String> {
        let text = text.trim();
        if matches!(text, "true" | "1" | "") {
            return Ok(CodeWish::Any);
        }
        let (least, most) = text.split_once('-').unwrap_or((text, text));
        if let (Ok(least), Ok(most)) = (least.parse::<usize>(), most.parse::<usize>()) {
            if least < 2 || most < least || most > MAX_DIGITS {
                return Err(format!(
                    "a code has 2 to {MAX_DIGITS} digits, as 6 or 4-8, not {text}"
                ));
            }
            return Ok(CodeWish::Digits(least..=most));
        }
        let regex = pattern(text.strip_prefix('~').unwrap_or(text))?;
        match regex.captures_len() {
            2 => Ok(CodeWish::Pattern(regex)),
            _ => Err("a pattern for a code has one group, as in \"PIN: ([0-9]+)\"".to_owned()),
        }
    }

    /// As a person says it.
    pub fn wanted(&self) -> String {
        match self {
            CodeWish::Any => "a code".to_owned(),
            CodeWish::Digits(range) if range.start() == range.end() => {
                format!("a code of {} digits", range.start())
            }
            CodeWish::Digits(range) => {
                format!("a code of {} to {} digits", range.start(), range.end())
            }
            CodeWish::Pattern(regex) => format!("a code like {regex}"),
        }
    }
}

impl LinkWish {
    /// `true`, a text, or `~` and a pattern.
    pub fn parse(text: &str) -> Result<LinkWish, String> {
        match (text.trim(), text.strip_prefix('~')) {
            ("true" | "1" | "", _) => Ok(LinkWish::Any),
            (_, Some(text)) => Ok(LinkWish::Pattern(pattern(text)?)),
            (text, None) => Ok(LinkWish::Text(fold_case(text))),
        }
    }

    /// As a person says it.
    pub fn wanted(&self) -> String {
        match self {
            LinkWish::Any => "a link".to_owned(),
            LinkWish::Text(text) => format!("a link with {text:?}"),
            LinkWish::Pattern(regex) => format!("a link like {regex}"),
        }
    }
}

pub(super) fn pattern(text: &str) -> Result<Regex, String> {
    let builder = RegexBuilder::new(text).size_limit(REGEX_SIZE).nest_limit(50).build();
    builder.map_err(|e| {
        let text = e.to_string();
        let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
        format!("this is no regular expression ({reason})")
    })
}

/// The code that is meant, or all numbers that could be one.
pub fn code(message: &Message, wish: &CodeWish) -> Result<Found, Vec<Found>> {
    let codes = message.codes();
    let found = match wish {
        CodeWish::Pattern(regex) => by_pattern(message, regex),
        wish => of_shape(&codes, wish),
    };
    found.ok_or(codes)
}

/// The first is the likeliest; who says how many digits takes one that is not likely, too.
fn of_shape(codes: &[Found], wish: &CodeWish) -> Option<Found> {
    let is_meant = |code: &&Found| match wish {
        CodeWish::Digits(range) => has_digits(&code.value, range),
        _ => code.score >= LIKELY,
    };
    codes.iter().find(is_meant).cloned()
}

fn has_digits(code: &str, range: &RangeInclusive<usize>) -> bool {
    range.contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit())
}

fn by_pattern(message: &Message, regex: &Regex) -> Option<Found> {
    let content = message.searched();
    let subject = message.digest().subject;
    captured(regex, &subject, content.text().unwrap_or_default(), content.html_text())
}

/// What the group of a pattern takes at its first match.
fn captured(regex: &Regex, subject: &str, text: &str, html_text: &str) -> Option<Found> {
    let places = [("subject", subject), ("text", text), ("html", html_text)];
    places.into_iter().find_map(|(part, text)| {
        let found = regex.captures(text)?;
        let whole = found.get(0)?;
        let value = found.get(1).unwrap_or(whole).as_str().to_owned();
        let context = whole.as_str().trim().to_owned();
        Some(Found { value, context, score: 100, certain: true, part: part.to_owned() })
    })
}

/// As [`code`], of a mail that was read already.
pub(crate) fn code_of(
    subject: &str,
    text: &str,
    html: &str,
    wish: &CodeWish,
) -> Result<Found, Vec<Found>> {
    let codes = message::codes_of(subject, text, html);
    let found = match wish {
        CodeWish::Pattern(regex) => captured(regex, subject, text, &message::html_text(html)),
        wish => of_shape(&codes, wish),
    };
    found.ok_or(codes)
}

/// The likeliest link, or the first that is meant, those of the HTML before those of the text; or all there are.
pub fn link(message: &Message, wish: &LinkWish) -> Result<Link, Vec<Link>> {
    let links = message.links();
    let mut fit = links.iter().filter(|link| fits(wish, link));
    let found = match wish {
        LinkWish::Any => likeliest(fit),
        _ => fit.next(),
    };
    found.cloned().ok_or(links)
}

pub(super) fn fits(wish: &LinkWish, link: &Link) -> bool {
    match wish {
        LinkWish::Any => ["http://", "https://"].iter().any(|s| begins(&link.href, s)),
        LinkWish::Text(text) => {
            fold_case(&link.text).contains(text) || fold_case(&link.href).contains(text)
        }
        LinkWish::Pattern(regex) => leads_to(&link.href, regex),
    }
}

/// Whether the address is like it, as written or with its percent signs decoded.
pub(crate) fn leads_to(href: &str, regex: &Regex) -> bool {
    let decoded = percent_encoding::percent_decode_str(href).decode_utf8_lossy();
    regex.is_match(href) || regex.is_match(&decoded)
}

fn begins(href: &str, scheme: &str) -> bool {
    href.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::message::parse;

    const MAIL: &[u8] = b"Subject: Your code\r\nContent-Type: text/html\r\n\r\n\
        <p>Hello, booking 77120.</p><a href='mailto:a@b.test'>Write</a>\
        <p>Your code is 482 913, booking number A7K9-Q2M4.</p>\
        <a href='https://app.test/%72eset/1?a=1&amp;b=2'>Reset it</a><a href='https://app.test/x'>X</a>";

    #[test]
    fn codes() {
        let message = parse(MAIL);
        let code = |wish: &str| code(&message, &CodeWish::parse(wish).unwrap()).map(|c| c.value);
        for (wish, expected) in [
            ("true", "482913"),
            ("6", "482913"),
            ("4-8", "482913"),
            ("booking ([0-9]+)", "77120"),
            ("~number (A[^.]+)", "A7K9-Q2M4"),
        ] {
            assert_eq!(code(wish).unwrap(), expected, "{wish}");
        }
        for wish in ["5", "7-8", "nothing (x)"] {
            let others = code(wish).unwrap_err();
            assert!(others.iter().any(|found| found.value == "482913"), "{wish}: {others:?}");
        }
    }

    #[test]
    fn links() {
        let message = parse(MAIL);
        let link = |wish: &str| link(&message, &LinkWish::parse(wish).unwrap()).map(|l| l.href);
        for (wish, expected) in [
            ("true", "https://app.test/%72eset/1?a=1&b=2"),
            ("reset IT", "https://app.test/%72eset/1?a=1&b=2"),
            ("~/reset/", "https://app.test/%72eset/1?a=1&b=2"),
            ("~^https://app\\.test/x$", "https://app.test/x"),
            ("~^mailto:", "mailto:a@b.test"),
        ] {
            assert_eq!(link(wish).unwrap(), expected, "{wish}");
        }
        assert_eq!(link("nowhere").unwrap_err().len(), 3);
    }

    #[test]
    fn wishes_that_mean_nothing() {
        for wish in ["4-", "([0-9]", "0", "8-4", "no group", "(a)(b)", "99"] {
            assert!(CodeWish::parse(wish).is_err(), "{wish}");
        }
        assert!(LinkWish::parse("~(").is_err());
    }
}
