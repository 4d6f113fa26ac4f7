//! What a query means for one message in memory.

use regex::Regex;

use super::doc::{self, Column, Source};
use super::field::{Field, Term, Test, Who};
use super::fold::{Phrase, fold_case};
use super::keys;
use super::query::{Node, Query};

impl Query {
    /// Whether it means this message.
    pub fn matches(&self, source: &dyn Source) -> bool {
        node(&self.root, source)
    }
}

fn node(query: &Node, source: &dyn Source) -> bool {
    match query {
        Node::And(all) => all.iter().all(|one| node(one, source)),
        Node::Or(any) => any.iter().any(|one| node(one, source)),
        Node::Not(inner) => !node(inner, source),
        Node::Term(term) => meets(term, source),
    }
}

fn meets(term: &Term, source: &dyn Source) -> bool {
    match (&term.field, &term.test) {
        (Field::Header(name), test) => header(name, test, source),
        (Field::Address(who), test) => address(*who, test, source),
        (Field::Filename, Test::Glob(glob)) => {
            source.content().filenames().iter().any(|name| glob.matches(&fold_case(name)))
        }
        (field, Test::Words(phrase)) => {
            columns(field).iter().any(|column| phrase.is_in(&column.words(source)))
        }
        (Field::Has, Test::Flag(flag)) => source.content().has(flag),
        (Field::Is, Test::Flag(flag)) => match *flag {
            "read" => source.facts().read,
            "unread" => !source.facts().read,
            _ => source.facts().starred,
        },
        (Field::Larger, Test::Number(n)) => source.facts().size as i64 > *n,
        (Field::Smaller, Test::Number(n)) => (source.facts().size as i64) < *n,
        (Field::After, Test::Number(at)) => source.facts().received_at >= *at,
        (Field::Before, Test::Number(at)) => source.facts().received_at < *at,
        (field, Test::Regex(regex)) => any_text(field, source, &|text| finds(regex, text)),
        (field, Test::Exact(exact)) => any_text(field, source, &|text| text.trim() == exact),
        (field, test) => value(field, test, source),
    }
}

/// The columns that a field's words stand in.
pub(super) fn columns(field: &Field) -> &'static [Column] {
    match field {
        Field::Subject => &[Column::Subject],
        Field::Body => &[Column::Text, Column::Html],
        Field::Html => &[Column::Html],
        Field::Filename => &[Column::Filename],
        _ => &Column::WORDS,
    }
}

fn finds(regex: &Regex, text: &str) -> bool {
    regex.is_match(text)
}

/// Whether what `write` puts down has one of these.
fn is_keyed(any: &[Phrase], write: impl FnOnce(&mut String)) -> bool {
    let mut words = String::from(" ");
    write(&mut words);
    any.iter().any(|phrase| phrase.is_in(&words))
}

fn header(name: &str, test: &Test, source: &dyn Source) -> bool {
    let all = || source.content().headers().iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
    match test {
        Test::Words(phrase) => is_keyed(&[keys::header_words(name, phrase)], |out| {
            all().for_each(|(name, value)| keys::add_header(out, name, value));
        }),
        Test::Glob(glob) => all().any(|(_, value)| glob.matches(&fold_case(value.trim()))),
        Test::Regex(regex) => all().any(|(_, value)| finds(regex, value)),
        Test::Exact(exact) => all().any(|(_, value)| value.trim() == exact),
        _ => false,
    }
}

fn address(who: Who, test: &Test, source: &dyn Source) -> bool {
    let mut found = false;
    let mut each = |test: &dyn Fn(&str, &str) -> bool| {
        doc::addresses(source, who, &mut |name, address| found |= test(name, address));
    };
    match test {
        Test::Address { whole, name } => {
            let any = keys::address(who, whole, name.as_ref());
            return is_keyed(&any, |out| doc::add_who(out, who, source));
        }
        Test::Glob(glob) => each(&|_, address| glob.matches(&fold_case(address.trim()))),
        Test::Regex(regex) => each(&|name, address| finds(regex, name) || finds(regex, address)),
        Test::Exact(exact) => each(&|_, address| address.trim() == exact),
        _ => {}
    }
    found
}

/// Whole values, without case.
fn value(field: &Field, test: &Test, source: &dyn Source) -> bool {
    let mut found = false;
    let mut each = |test: &dyn Fn(&str) -> bool| {
        doc::values(source, field, &mut |value| found |= test(&fold_case(value.trim())));
    };
    match (field, test) {
        (Field::Type, Test::Whole(whole)) => each(&|value| {
            value == whole || value.split_once('/').is_some_and(|(kind, _)| kind == whole)
        }),
        (_, Test::Whole(whole)) => each(&|value| value == whole),
        (_, Test::Glob(glob)) => each(&|value| glob.matches(value)),
        _ => {}
    }
    found
}

/// Whether one of the texts or values of a field passes.
fn any_text(field: &Field, source: &dyn Source, test: &dyn Fn(&str) -> bool) -> bool {
    let text = || source.content().text().is_some_and(test);
    let html_text = || source.content().html().is_some() && test(source.content().html_text());
    let filename = || source.content().filenames().iter().any(|name| test(name));
    match field {
        Field::Subject => test(&source.facts().subject),
        Field::Body => text() || html_text(),
        Field::Html => source.content().html().is_some_and(test),
        Field::Filename => filename(),
        Field::Any => {
            test(&source.facts().subject)
                || any_address(source, test)
                || text()
                || html_text()
                || filename()
        }
        _ => {
            let mut found = false;
            doc::values(source, field, &mut |value| found |= test(value));
            found
        }
    }
}

fn any_address(source: &dyn Source, test: &dyn Fn(&str) -> bool) -> bool {
    let mut found = false;
    for who in [Who::From, Who::To, Who::Cc, Who::Rcpt, Who::MailFrom, Who::Bcc] {
        doc::addresses(source, who, &mut |name, address| found |= test(name) || test(address));
    }
    found
}
