//! What a caller wants other than usual: `ignore`, `keep` and `order`.

use regex::{Regex, RegexBuilder};

/// Values of `ignore` and `keep` together.
const MAX_VALUES: usize = 100;
/// Bytes of a compiled pattern.
const MAX_PATTERN: usize = 1024 * 1024;

/// A wrong value, and which field it stands in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    pub field: &'static str,
    pub message: String,
}

#[derive(Clone, Debug, Default)]
pub struct Options {
    hidden: Vec<Section>,
    details: Vec<Detail>,
    hidden_headers: Vec<Pattern>,
    kept_headers: Vec<Pattern>,
    kept: Vec<Kept>,
    pub(super) patterns: Vec<Regex>,
    pub(super) as_sent: bool,
    is_nested: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Envelope,
    Headers,
    Parts,
    Text,
    Html,
    Attachments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    Size,
    Hash,
}

/// What is told as it is, and not by a placeholder; a pixel is told at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    Date,
    Id,
    Boundary,
    Cid,
    Token,
    Code,
    Host,
    Inbox,
    Version,
    Pixel,
}

const SECTIONS: &[(&str, Section)] = &[
    ("envelope", Section::Envelope),
    ("headers", Section::Headers),
    ("parts", Section::Parts),
    ("text", Section::Text),
    ("html", Section::Html),
    ("attachments", Section::Attachments),
];

const DETAILS: &[(&str, Detail)] = &[("size", Detail::Size), ("hash", Detail::Hash)];

const KEPT: &[(&str, Kept)] = &[
    ("date", Kept::Date),
    ("id", Kept::Id),
    ("boundary", Kept::Boundary),
    ("cid", Kept::Cid),
    ("token", Kept::Token),
    ("code", Kept::Code),
    ("host", Kept::Host),
    ("inbox", Kept::Inbox),
    ("version", Kept::Version),
    ("pixel", Kept::Pixel),
];

impl Section {
    pub fn name(self) -> &'static str {
        SECTIONS.iter().find(|(_, section)| *section == self).map_or("", |(name, _)| name)
    }
}

impl Options {
    /// Each value may be several between commas, but for a pattern, which is all of it.
    pub fn parse(
        ignore: &[String],
        keep: &[String],
        order: Option<&str>,
    ) -> Result<Options, Fault> {
        let mut options = Options::default();
        let mut count = 0;
        for (field, values) in [("ignore", ignore), ("keep", keep)] {
            for word in values.iter().flat_map(|value| words(value)) {
                count += 1;
                if count > MAX_VALUES {
                    let message = format!("ignore and keep have at most {MAX_VALUES} values");
                    return Err(Fault { field, message });
                }
                let read =
                    if field == "ignore" { options.ignore(word) } else { options.keep(word) };
                read.map_err(|message| Fault { field, message })?;
            }
        }
        options.as_sent = match order {
            None | Some("sorted") => false,
            Some("sent") => true,
            Some(other) => {
                let message = format!("order is sorted or sent, not {other:?}");
                return Err(Fault { field: "order", message });
            }
        };
        Ok(options)
    }

    fn ignore(&mut self, word: &str) -> Result<(), String> {
        if let Some(pattern) = word.strip_prefix('~') {
            self.patterns.push(compiled(pattern)?);
        } else if let Some(name) = header(word) {
            self.hidden_headers.push(name);
        } else if let Some(section) = named(SECTIONS, word) {
            self.hidden.push(section);
        } else if let Some(detail) = named(DETAILS, word) {
            self.details.push(detail);
        } else {
            let known = names(SECTIONS) + ", " + &names(DETAILS);
            return Err(format!(
                "ignore knows {known}, header.NAME and ~PATTERN, not {}",
                shown(word)
            ));
        }
        Ok(())
    }

    fn keep(&mut self, word: &str) -> Result<(), String> {
        if let Some(name) = header(word) {
            self.kept_headers.push(name);
        } else if let Some(kept) = named(KEPT, word) {
            self.kept.push(kept);
        } else {
            return Err(format!("keep knows {} and header.NAME, not {}", names(KEPT), shown(word)));
        }
        Ok(())
    }

    /// The same for a mail that is attached to another; all of it counts.
    pub(super) fn nested(&self) -> Options {
        Options { is_nested: true, hidden: Vec::new(), details: Vec::new(), ..self.clone() }
    }

    pub(super) fn is_nested(&self) -> bool {
        self.is_nested
    }

    pub(super) fn shows(&self, section: Section) -> bool {
        !self.hidden.contains(&section)
    }

    pub(super) fn tells(&self, detail: Detail) -> bool {
        !self.details.contains(&detail)
    }

    pub(super) fn keeps(&self, kept: Kept) -> bool {
        self.kept.contains(&kept)
    }

    pub(super) fn hides_header(&self, name: &str) -> bool {
        self.hidden_headers.iter().any(|pattern| pattern.matches(name))
    }

    pub(super) fn keeps_header(&self, name: &str) -> bool {
        self.kept_headers.iter().any(|pattern| pattern.matches(name))
    }
}

fn words(value: &str) -> Vec<&str> {
    match value.trim_start().starts_with('~') {
        true => vec![value.trim()],
        false => value.split(',').map(str::trim).collect(),
    }
}

fn compiled(pattern: &str) -> Result<Regex, String> {
    let regex = RegexBuilder::new(pattern).size_limit(MAX_PATTERN).build();
    let regex = regex.map_err(|e| {
        let reason = e.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
        format!("ignore is no regular expression: {}: {reason}", shown(pattern))
    })?;
    match regex.is_match("") {
        true => Err(format!("the pattern {} finds something in an empty text", shown(pattern))),
        false => Ok(regex),
    }
}

fn header(word: &str) -> Option<Pattern> {
    let name =
        word.get(..7).filter(|start| start.eq_ignore_ascii_case("header.")).map(|_| &word[7..]);
    name.filter(|name| !name.is_empty()).map(|name| Pattern(name.to_ascii_lowercase()))
}

/// A header's name; a `*` at its end stands for anything.
#[derive(Clone, Debug)]
struct Pattern(String);

impl Pattern {
    fn matches(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        match self.0.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == self.0,
        }
    }
}

fn named<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    table.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
}

fn names<T>(table: &[(&str, T)]) -> String {
    table.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// So much of a wrong value is told.
fn shown(word: &str) -> String {
    let short: String = word.chars().take(100).collect();
    format!("{short:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(ignore: &[&str], keep: &[&str], order: Option<&str>) -> Result<Options, String> {
        let owned = |all: &[&str]| all.iter().map(|one| one.to_string()).collect::<Vec<_>>();
        let told = |fault: Fault| format!("{}: {}", fault.field, fault.message);
        Options::parse(&owned(ignore), &owned(keep), order).map_err(told)
    }

    #[test]
    fn wrong_values_are_named() {
        for (ignore, keep, order, told) in [
            (
                &["text,nope"][..],
                &[][..],
                None,
                "ignore: ignore knows envelope, headers, parts, text, html, attachments, size, hash, header.NAME and ~PATTERN, not \"nope\"",
            ),
            (
                &[],
                &["dates"],
                None,
                "keep: keep knows date, id, boundary, cid, token, code, host, inbox, version, pixel and header.NAME, not \"dates\"",
            ),
            (
                &["header."],
                &[],
                None,
                "ignore: ignore knows envelope, headers, parts, text, html, attachments, size, hash, header.NAME and ~PATTERN, not \"header.\"",
            ),
            (
                &[""],
                &[],
                None,
                "ignore: ignore knows envelope, headers, parts, text, html, attachments, size, hash, header.NAME and ~PATTERN, not \"\"",
            ),
            (&["~("], &[], None, "ignore: ignore is no regular expression: \"(\": unclosed group"),
            (&["~x*"], &[], None, "ignore: the pattern \"x*\" finds something in an empty text"),
            (&[], &[], Some("up"), "order: order is sorted or sent, not \"up\""),
        ] {
            assert_eq!(parse(ignore, keep, order).map(|_| ()), Err(told.to_owned()));
        }
        let many = vec!["text"; MAX_VALUES + 1];
        assert!(parse(&many[..MAX_VALUES], &[], None).is_ok());
        assert!(parse(&many, &[], None).is_err_and(|e| e.contains("at most 100")));
    }

    #[test]
    fn a_pattern_may_have_commas() -> Result<(), String> {
        let options = parse(&[r"~\d{1,3} items", "html, hash", "Header.X-Shop-*"], &[], None)?;
        assert_eq!(options.patterns.len(), 1);
        assert!(!options.shows(Section::Html) && options.shows(Section::Text));
        assert!(!options.tells(Detail::Hash) && options.tells(Detail::Size));
        assert!(options.hides_header("x-shop-id") && !options.hides_header("X-Shop"));
        Ok(())
    }
}
