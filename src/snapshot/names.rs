//! What varies, each with its placeholder.
//!
//! While a snapshot is made, a thing that varies is one character of a plane that is for private
//! use: no pattern finds anything in it, so that what was found once is not found again as
//! something else. At the end these characters become `{token-1}`, numbered as they stand in the
//! text; the same thing has the same number.

use std::collections::HashMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Date,
    Time,
    Year,
    Id,
    Boundary,
    Cid,
    Token,
    Code,
    Host,
    Inbox,
    Version,
    /// What the caller's own pattern finds.
    Value,
    /// Stays as it is, and is looked at no more.
    Plain,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Date => "date",
            Kind::Time => "time",
            Kind::Year => "year",
            Kind::Id => "id",
            Kind::Boundary => "boundary",
            Kind::Cid => "cid",
            Kind::Token => "token",
            Kind::Code => "code",
            Kind::Host => "host",
            Kind::Inbox => "inbox",
            Kind::Version => "version",
            Kind::Value => "value",
            Kind::Plain => "",
        }
    }

    /// Two times of a mail are the same second or not, as it happens: they have no numbers.
    fn is_numbered(self) -> bool {
        !matches!(self, Kind::Time | Kind::Year)
    }
}

/// Supplementary Private Use Area-A, without the two characters at its end that are none.
const FIRST: u32 = 0xf_0000;
const LAST: u32 = 0xf_fffd;

fn is_mark(c: char) -> bool {
    (FIRST..=LAST).contains(&(c as u32))
}

#[derive(Debug, Default)]
pub(super) struct Names {
    all: Vec<(Kind, String)>,
    known: HashMap<(Kind, String), char>,
}

impl Names {
    /// What stands for `value`; `None` when there are too many, and then it stays.
    pub fn mark(&mut self, kind: Kind, value: &str) -> Option<char> {
        let key = (kind, value.to_owned());
        if let Some(mark) = self.known.get(&key) {
            return Some(*mark);
        }
        let number = FIRST + u32::try_from(self.all.len()).ok()?;
        let mark = char::from_u32(number).filter(|_| number <= LAST)?;
        self.all.push(key.clone());
        self.known.insert(key, mark);
        Some(mark)
    }

    fn of(&self, mark: char) -> Option<&(Kind, String)> {
        self.all.get((mark as u32).checked_sub(FIRST)? as usize)
    }

    /// With the names of their kinds in the place of marks.
    pub fn plain(&self, text: &str) -> String {
        self.replaced(text, |kind, value| match kind {
            Kind::Plain => value.to_owned(),
            _ => kind.name().to_owned(),
        })
    }

    /// With placeholders, numbered from the start of the text.
    pub fn finish(&self, text: &str) -> String {
        let mut numbers: HashMap<(Kind, &str), usize> = HashMap::new();
        let mut counts: HashMap<Kind, usize> = HashMap::new();
        self.replaced(text, |kind, value| match kind {
            Kind::Plain => value.to_owned(),
            kind if !kind.is_numbered() => format!("{{{}}}", kind.name()),
            kind => {
                let number = numbers.entry((kind, value)).or_insert_with(|| {
                    let count = counts.entry(kind).or_default();
                    *count += 1;
                    *count
                });
                format!("{{{}-{number}}}", kind.name())
            }
        })
    }

    fn replaced<'a>(&'a self, text: &str, mut with: impl FnMut(Kind, &'a str) -> String) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match if is_mark(c) { self.of(c) } else { None } {
                Some((kind, value)) => out.push_str(&with(*kind, value)),
                None => out.push(c),
            }
        }
        out
    }
}

/// A mail's own characters of that plane stand for nothing.
pub(super) fn without_marks(text: &str) -> std::borrow::Cow<'_, str> {
    match text.contains(is_mark) {
        true => text.replace(is_mark, "\u{fffd}").into(),
        false => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_by_the_place_and_equal_things_are_equal() {
        let mut names = Names::default();
        let mut mark = |kind, value| names.mark(kind, value).map(String::from).unwrap_or_default();
        let (a, b) = (mark(Kind::Token, "a"), mark(Kind::Token, "b"));
        let (host, time, plain) =
            (mark(Kind::Host, "a"), mark(Kind::Time, "a"), mark(Kind::Plain, "as is"));
        let text = format!("{b} {a} {b} {host} {time} {plain}");
        assert_eq!(names.finish(&text), "{token-1} {token-2} {token-1} {host-1} {time} as is");
        assert_eq!(names.plain(&text), "token token token host time as is");
    }

    #[test]
    fn what_is_too_much_stays() {
        let mut names = Names::default();
        let most = (LAST - FIRST + 1) as usize;
        for n in 0..most {
            assert!(names.mark(Kind::Token, &n.to_string()).is_some());
        }
        assert_eq!(names.mark(Kind::Token, "one more"), None);
        assert!(names.mark(Kind::Token, "0").is_some());
        assert_eq!(without_marks("a\u{f0000}b\u{ffffd}c"), "a\u{fffd}b\u{fffd}c");
    }
}
