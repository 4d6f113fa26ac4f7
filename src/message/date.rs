//! The Date field (RFC 5322, section 3.3).
//!
//! Owns what is shown for a date and whether it is well written. jiff reads what the RFC allows;
//! mail-parser reads much of what programs write instead.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822::DateTimeParser;
use mail_parser::parsers::MessageStream;

/// A date is some thirty bytes; what is longer is none.
const MAX_DATE: usize = 200;

pub(super) struct Date {
    pub at: Timestamp,
    pub is_well_written: bool,
}

pub(super) fn parse(text: &str) -> Option<Date> {
    if text.len() > MAX_DATE {
        return None;
    }
    if let Ok(at) = DateTimeParser::new().parse_timestamp(text) {
        return Some(Date { at, is_well_written: true });
    }
    let at = lenient(text)?;
    Some(Date { at, is_well_written: false })
}

/// RFC 3339 in UTC with milliseconds, as all times of the API.
pub(super) fn encode(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

fn lenient(text: &str) -> Option<Timestamp> {
    let line = format!("{text}\n");
    let value = MessageStream::new(line.as_bytes()).parse_date();
    let date = value.as_datetime().filter(|date| date.is_valid())?;
    // mail-parser takes the 31st of February; the calendar does not.
    let number = |n: u8| i8::try_from(n).ok();
    let year = i16::try_from(date.year).ok()?;
    let (month, day) = (number(date.month)?, number(date.day)?);
    let (hour, minute, second) = (number(date.hour)?, number(date.minute)?, number(date.second)?);
    DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    Timestamp::from_second(date.to_timestamp()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (text, expected) in [
            ("Thu, 18 Oct 2012 22:48:39 -0700", Some(("2012-10-19T05:48:39.000Z", true))),
            ("18 Oct 2012 22:48:39 GMT", Some(("2012-10-18T22:48:39.000Z", true))),
            ("Thu, 18 Oct 2012 22:48 +0000 (UTC)", Some(("2012-10-18T22:48:00.000Z", true))),
            ("Mon, 18 Oct 2012 22:48:39 +0000", Some(("2012-10-18T22:48:39.000Z", false))),
            ("Thu, 31 Feb 2012 22:48:39 +0000", None),
            ("yesterday", None),
            ("", None),
        ] {
            let found = parse(text).map(|d| (encode(d.at), d.is_well_written));
            assert_eq!(found, expected.map(|(d, w)| (d.to_owned(), w)), "{text}");
        }
    }
}
