//! Days and times, as mails write them.
//!
//! Owns the patterns. The same day in the same form is one date, with one number; the time beside
//! it has none, since two times of a mail are the same second or not as it happens. In what form a
//! day is equal to another does not depend on the day, or `11/5` and `11/23` would be read apart.

use super::names::{Kind, Names};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// In English, German, French, Spanish, Portuguese, Italian, Dutch; long names before their
/// beginnings.
const MONTHS: &str = "january|february|march|april|june|july|august|september|october|november|december|\
    januar|februar|märz|juni|juli|oktober|dezember|\
    janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre|\
    enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|\
    janeiro|fevereiro|março|maio|junho|julho|setembro|outubro|novembro|dezembro|\
    gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre|\
    januari|februari|maart|augustus|mai|may|mei|\
    jan|feb|mar|mrz|apr|jun|jul|aug|sept|sep|oct|okt|nov|dec|dez";
const ENGLISH: &str = "January|February|March|April|May|June|July|August|September|October|November|December|\
    Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec";
const WEEKDAYS: &str = "monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues|tue|wed|thurs|thu|fri|sat|sun|\
    montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|\
    lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|\
    lunes|martes|miércoles|jueves|viernes|sábado|domingo|\
    segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira|\
    lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica|\
    maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag";
const TIME: &str = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?(?:\s?[ap]\.?m\b\.?)?(?:\s?(?:(?-i:Z|UTC|GMT|[A-Z]{2,4}T)\b|[+-]\d{2}:?\d{2}\b))?";

struct Patterns {
    /// Each has the day as its first group; a second one is a time that has grown to it.
    days: Vec<Regex>,
    time: Regex,
    ago: Regex,
    year: Regex,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let new = |pattern: &str| Regex::new(pattern).expect("a fixed pattern, which a test uses");
    let weekday = format!(r"(?:\b(?:{WEEKDAYS})\.?,?\s+(?:(?:den|the|el|le|de)\s+)?)");
    let number = r"\d{1,2}(?:st|nd|rd|th|er|\.|º)?";
    let days = [
        // Packed, with a time or alone.
        r"\b((?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(T\d{6}Z?)?\b".to_owned(),
        format!(r"\b(\d{{4}}-\d{{2}}-\d{{2}})([Tt]{TIME})"),
        r"\b(\d{4}([-/.])\d{1,2}[-/.]\d{1,2})\b".to_owned(),
        r"\b(\d{1,2}[-/.]\d{1,2}[-/.]\d{4})\b".to_owned(),
        format!(
            r"{weekday}?\b({number}\s+(?:de\s+|of\s+)?(?:{MONTHS})\b\.?,?\s+(?:de\s+|del\s+)?\d{{4}})\b"
        ),
        format!(r"{weekday}?\b((?:{MONTHS})\.?\s+{number},?\s+\d{{4}})\b"),
        format!(r"{weekday}({number}\s+(?:de\s+|of\s+)?(?:{MONTHS}))\b"),
        format!(r"{weekday}?\b((?-i:{ENGLISH})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?)\b"),
        format!(r"{weekday}?\b(\d{{1,2}}(?:st|nd|rd|th)?\s+(?-i:{ENGLISH}))\b"),
        r"(\d{4}\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?日|\d{4}년\s?\d{1,2}월\s?\d{1,2}일)".to_owned(),
    ];
    Patterns {
        days: days.iter().map(|day| new(&format!("(?i){day}"))).collect(),
        time: new(&format!(r"(?i)\b{TIME}")),
        ago: new(r"(?i)\b(?:\d+|an?|a few)\s+(?:second|minute|hour|day|week|month)s?\s+ago\b"),
        year: new(
            r"(?i)((?:©|\(c\)|copyright)[^\d\n]{0,10}(?:\d{4}\s*[-–]\s*)?)((?:19|20)\d{2})\b",
        ),
    }
});

/// Only the things that are left when ids and tokens have their marks: a date inside one is none.
pub(super) fn mark(text: String, names: &mut Names) -> String {
    let mut text = text;
    for day in &PATTERNS.days {
        text = replaced(day, text, |found| {
            let written = found[1].split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            let date = names.mark(Kind::Date, &written)?;
            let time = found.get(2).filter(|time| time.as_str().len() > 1);
            Some(match time.and_then(|_| names.mark(Kind::Time, "")) {
                Some(time) => format!("{date}T{time}"),
                None => date.to_string(),
            })
        });
    }
    for time in [&PATTERNS.time, &PATTERNS.ago] {
        text = replaced(time, text, |_| names.mark(Kind::Time, "").map(String::from));
    }
    replaced(&PATTERNS.year, text, |found| {
        Some(format!("{}{}", &found[1], names.mark(Kind::Year, "")?))
    })
}

/// `None` leaves what was found.
pub(super) fn replaced(
    pattern: &Regex,
    text: String,
    mut with: impl FnMut(&Captures) -> Option<String>,
) -> String {
    match pattern.is_match(&text) {
        true => {
            let found = |found: &Captures| with(found).unwrap_or_else(|| found[0].to_owned());
            pattern.replace_all(&text, found).into_owned()
        }
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times() {
        for (text, expected) in [
            ("Mon, 23 Nov 2026 06:44:31 +0000", "{date-1} {time}"),
            ("2026-11-23T06:44:31.123Z and 2026-11-23", "{date-1}T{time} and {date-1}"),
            ("20261123T064431Z, 20261123", "{date-1}T{time}, {date-1}"),
            ("23.11.2026 23/11/2026 2026/11/23", "{date-1} {date-2} {date-3}"),
            ("on Monday, November 23rd, 2026 at 6:44 PM", "on {date-1} at {time}"),
            ("Montag, den 23. November 2026 um 06:44 Uhr", "{date-1} um {time} Uhr"),
            ("segunda-feira, 23 de novembro de 2026", "{date-1}"),
            ("lundi 23 novembre 2026, lunes 23 de noviembre de 2026", "{date-1}, {date-2}"),
            ("Monday 23 November, Nov 24", "{date-1}, {date-2}"),
            ("2026年11月23日, 2026년 11월 23일", "{date-1}, {date-2}"),
            ("3 minutes ago; in 10 minutes", "{time}; in 10 minutes"),
            (
                "© 2026 Shop; (c) 2019-2026; Copyright 2026",
                "© {year} Shop; (c) 2019-{year}; Copyright {year}",
            ),
            (
                "you may 20 people; 16:9; 1.2.3; 2026; 12345678",
                "you may 20 people; 16:9; 1.2.3; 2026; 12345678",
            ),
            ("23 Nov 2026, 24 Nov 2026, 23  nov 2026", "{date-1}, {date-2}, {date-1}"),
        ] {
            let mut names = Names::default();
            let marked = mark(text.to_owned(), &mut names);
            assert_eq!(names.finish(&marked), expected, "{text}");
        }
    }
}
