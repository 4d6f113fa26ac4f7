//! A message as a search sees it, and its row of the index.

use super::field::{Field, Who};
use super::fold::add_words;
use super::keys;
use crate::message::{Address, Content};

/// What is known of a message without its bytes.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub id: String,
    pub inbox: String,
    pub session: String,
    pub via: String,
    /// Milliseconds since 1970.
    pub received_at: i64,
    pub size: u64,
    pub read: bool,
    pub starred: bool,
    pub tags: Vec<String>,
    pub mail_from: String,
    pub rcpt: Vec<String>,
    pub subject: String,
    pub from: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
}

/// What is known of the session that brought it.
#[derive(Debug, Clone, Default)]
pub struct SessionFacts {
    pub helo: Option<String>,
    pub user: Option<String>,
}

/// A message that is looked into, no deeper than a query needs.
pub trait Source {
    fn facts(&self) -> &Facts;
    fn session(&self) -> &SessionFacts;
    fn content(&self) -> &Content;
}

/// The columns of the index.
pub const COLUMNS: [&str; 6] = ["subject", "people", "text", "html", "filename", "keys"];

/// The words of a message, a string for each column.
#[derive(Debug, Clone, Default)]
pub struct Row {
    pub columns: [String; 6],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Subject,
    People,
    Text,
    Html,
    Filename,
}

impl Column {
    pub const WORDS: [Column; 5] =
        [Column::Subject, Column::People, Column::Text, Column::Html, Column::Filename];

    pub fn name(self) -> &'static str {
        COLUMNS[self as usize]
    }

    /// Its words, in the form of [`super::fold`].
    pub fn words(self, source: &dyn Source) -> String {
        let mut out = String::from(" ");
        match self {
            Column::Subject => add_words(&mut out, "", &source.facts().subject),
            Column::People => people(&mut out, source),
            Column::Text => {
                add_words(&mut out, "", source.content().text().unwrap_or_default());
            }
            Column::Html => add_words(&mut out, "", source.content().html_text()),
            Column::Filename => {
                for name in source.content().filenames() {
                    add_words(&mut out, "", name);
                    out.push_str(keys::GAP);
                }
            }
        }
        out
    }
}

impl Row {
    pub fn of(source: &dyn Source) -> Row {
        let mut row = Row::default();
        for column in Column::WORDS {
            row.columns[column as usize] = column.words(source);
        }
        let out = &mut row.columns[5];
        out.push_str(keys::ALL);
        out.push(' ');
        for who in WHO {
            add_who(out, who, source);
        }
        for field in VALUES {
            add_values(out, field, source);
        }
        add_flags(out, source);
        source.content().filenames().iter().for_each(|name| keys::add_file(out, name));
        source.content().headers().iter().for_each(|(name, value)| {
            keys::add_header(out, name, value);
        });
        row
    }
}

const WHO: [Who; 6] = [Who::From, Who::To, Who::Cc, Who::Bcc, Who::Rcpt, Who::MailFrom];
const VALUES: &[Field] = &[
    Field::Type,
    Field::Inbox,
    Field::Session,
    Field::Via,
    Field::Helo,
    Field::User,
    Field::Defect,
];

/// The addresses of the header, with the names beside them; of the envelope without.
pub(super) fn addresses<'a>(
    source: &'a dyn Source,
    who: Who,
    each: &mut dyn FnMut(&'a str, &'a str),
) {
    let facts = source.facts();
    let mut all = |list: &'a [Address]| list.iter().for_each(|a| each(&a.name, &a.address));
    match who {
        Who::From => all(&facts.from),
        Who::To => all(&facts.to),
        Who::Cc => all(&facts.cc),
        Who::Bcc => all(source.content().bcc()),
        Who::Rcpt => facts.rcpt.iter().for_each(|address| each("", address)),
        Who::MailFrom => each("", &facts.mail_from),
    }
}

fn people(out: &mut String, source: &dyn Source) {
    for who in WHO {
        addresses(source, who, &mut |name, address| {
            add_words(out, "", name);
            add_words(out, "", address);
            out.push_str(keys::GAP);
        });
    }
}

pub(super) fn add_who(out: &mut String, who: Who, source: &dyn Source) {
    addresses(source, who, &mut |name, address| keys::add_address(out, who, name, address));
}

/// The values of a field that has whole ones.
pub(super) fn values<'a>(source: &'a dyn Source, field: &Field, each: &mut dyn FnMut(&'a str)) {
    let facts = source.facts();
    match field {
        Field::Type => source.content().types().iter().for_each(|t| each(t)),
        Field::Inbox => each(&facts.inbox),
        Field::Session => each(&facts.session),
        Field::Via => each(&facts.via),
        Field::Helo => source.session().helo.iter().for_each(|helo| each(helo)),
        Field::User => source.session().user.iter().for_each(|user| each(user)),
        Field::Defect => source.content().defects().iter().for_each(|code| each(code)),
        Field::Tag => facts.tags.iter().for_each(|tag| each(tag)),
        Field::Id => each(&facts.id),
        _ => {}
    }
}

pub(super) fn add_values(out: &mut String, field: &Field, source: &dyn Source) {
    values(source, field, &mut |value| keys::add_value(out, field, value));
}

/// What `has:` asks for.
fn add_flags(out: &mut String, source: &dyn Source) {
    let flags = ["attachment", "html", "text", "inline", "link", "code"];
    for name in flags.into_iter().filter(|name| source.content().has(name)) {
        keys::add_flag(out, name);
    }
}
