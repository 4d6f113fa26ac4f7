//! The fields of the language, in one table, and how the value behind each is read.

use regex::{Regex, RegexBuilder};

use super::fold::{Phrase, fold_case};
use super::glob::Glob;
use super::moment;
pub use super::moment::Context;

/// What a term looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// Without a name: subject, addresses, text, HTML as text, names of attachments.
    Any,
    Subject,
    Body,
    Html,
    Filename,
    Address(Who),
    Header(String),
    Type,
    Tag,
    Inbox,
    Session,
    Id,
    Via,
    Helo,
    User,
    Defect,
    Has,
    Is,
    Larger,
    Smaller,
    After,
    Before,
}

/// Whose address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    From,
    To,
    Cc,
    Bcc,
    Rcpt,
    MailFrom,
}

/// One condition.
#[derive(Debug, Clone)]
pub(super) struct Term {
    pub field: Field,
    pub test: Test,
}

#[derive(Debug, Clone)]
pub(super) enum Test {
    Words(Phrase),
    /// The whole address, or words of the name beside it.
    Address {
        whole: String,
        name: Option<Phrase>,
    },
    /// The whole value, without case.
    Whole(String),
    /// The whole value as it is.
    Exact(String),
    /// The whole value, without case.
    Glob(Glob),
    Regex(Box<Regex>),
    Flag(&'static str),
    /// Bytes, or milliseconds since 1970.
    Number(i64),
}

/// A field as it is offered to somebody who types.
#[derive(Debug, Clone, serde::Serialize)]
pub struct FieldInfo {
    pub name: &'static str,
    pub about: &'static str,
    /// All values, where there are only some.
    pub values: &'static [&'static str],
}

const HAS: &[&str] = &["attachment", "html", "text", "inline", "link", "code"];
const IS: &[&str] = &["read", "unread", "starred"];
const AGES: &[&str] = &["10m", "2h", "3d", "today", "yesterday"];
const NONE: &[&str] = &[];

#[rustfmt::skip] // one line a field
const TABLE: &[(&str, Field, &str, &[&str])] = &[
    ("from", Field::Address(Who::From), "the sender of the header: address or words of the name", NONE),
    ("to", Field::Address(Who::To), "a recipient in To", NONE),
    ("cc", Field::Address(Who::Cc), "a recipient in Cc", NONE),
    ("bcc", Field::Address(Who::Bcc), "a recipient in Bcc", NONE),
    ("rcpt", Field::Address(Who::Rcpt), "a recipient of the envelope (RCPT TO)", NONE),
    ("mailfrom", Field::Address(Who::MailFrom), "the sender of the envelope (MAIL FROM)", NONE),
    ("subject", Field::Subject, "words of the subject", NONE),
    ("body", Field::Body, "words of the text or of the HTML's text", NONE),
    ("html", Field::Html, "words of the HTML's text; ~ sees its source", NONE),
    ("filename", Field::Filename, "words of a file name, or all of it with *", NONE),
    ("type", Field::Type, "media type of a part", &["text/html", "image/*", "application/pdf"]),
    ("tag", Field::Tag, "a tag", NONE),
    ("inbox", Field::Inbox, "the inbox", NONE),
    ("session", Field::Session, "id of the session", NONE),
    ("id", Field::Id, "id of the message", NONE),
    ("via", Field::Via, "how it came", &["smtp", "lmtp"]),
    ("helo", Field::Helo, "what the client called itself", NONE),
    ("user", Field::User, "who logged in", NONE),
    ("defect", Field::Defect, "code of a defect", NONE),
    ("has", Field::Has, "what the message has", HAS),
    ("is", Field::Is, "its state", IS),
    ("larger", Field::Larger, "more bytes than, 10kb or 2MiB", NONE),
    ("smaller", Field::Smaller, "fewer bytes than", NONE),
    ("after", Field::After, "received at a time or since, 2026-11-22 or 2h", AGES),
    ("before", Field::Before, "received before a time", AGES),
];

/// All fields, in the order of the documentation. `header.NAME` is one more for each name.
pub fn fields() -> Vec<FieldInfo> {
    let mut all: Vec<_> =
        TABLE.iter().map(|(name, _, about, values)| FieldInfo { name, about, values }).collect();
    let about = "words of the header field NAME; * if it is there";
    all.insert(10, FieldInfo { name: "header.", about, values: NONE });
    all
}

/// What a value has wrong; `query.rs` knows where that is.
pub(super) struct Fault {
    pub about: About,
    pub found: String,
    pub expected: String,
}

pub(super) enum About {
    Name,
    Operator,
    /// So many characters into it.
    Value(usize),
}

fn fault<T>(about: About, found: impl Into<String>, expected: &str) -> Result<T, Fault> {
    Err(Fault { about, found: found.into(), expected: expected.to_owned() })
}

/// A value as it was written, with what stands before it.
pub(super) struct Value<'a> {
    pub text: &'a str,
    pub quoted: bool,
    /// `=` or `~`.
    pub op: Option<char>,
    pub name: Option<&'a str>,
}

impl Value<'_> {
    pub fn read(&self, context: &Context) -> Result<Term, Fault> {
        let field = self.field()?;
        if self.text.is_empty() && !(self.quoted && self.op == Some('=')) {
            return fault(About::Value(0), "a value is missing", self.expected(&field));
        }
        let test = match (&field, self.op) {
            (Field::Has | Field::Is | Field::Larger | Field::Smaller, Some(_))
            | (Field::After | Field::Before, Some(_)) => {
                let found = "this field takes no = and no ~";
                fault(About::Operator, found, self.expected(&field))
            }
            (Field::Any, Some('=')) => {
                fault(About::Operator, "= needs a field", "a field before it, as in subject:=Hello")
            }
            (_, Some('=')) => Ok(Test::Exact(self.text.trim().to_owned())),
            (_, Some(_)) => regex(self.text),
            (Field::Has, None) => self.one_of(HAS),
            (Field::Is, None) => self.one_of(IS),
            (Field::Larger | Field::Smaller, None) => self.size(),
            (Field::After | Field::Before, None) => self.moment(context),
            (Field::Address(_), None) => Ok(self.address()),
            (Field::Any | Field::Subject | Field::Body | Field::Html, None) => self.words(),
            (Field::Filename | Field::Header(_), None) => match self.glob() {
                Some(glob) => Ok(Test::Glob(glob)),
                None => self.words(),
            },
            // Ids differ by case.
            (Field::Id | Field::Session, None) => Ok(Test::Exact(self.text.to_owned())),
            (_, None) => Ok(match self.glob() {
                Some(glob) => Test::Glob(glob),
                None => Test::Whole(fold_case(self.text.trim())),
            }),
        }?;
        Ok(Term { field, test })
    }

    fn field(&self) -> Result<Field, Fault> {
        let Some(name) = self.name else { return Ok(Field::Any) };
        let name = name.to_ascii_lowercase();
        if let Some(header) = name.strip_prefix("header.") {
            return match header {
                "" => fault(About::Name, "header. has no name", "a name, as in header.x-id:"),
                name => Ok(Field::Header(name.to_owned())),
            };
        }
        if let Some((_, field, ..)) = TABLE.iter().find(|(known, ..)| *known == name) {
            return Ok(field.clone());
        }
        let known: Vec<_> = fields()
            .iter()
            .map(|field| match field.name {
                "header." => "header.NAME",
                name => name,
            })
            .collect();
        let expected = format!("one of {} (or quotes, for a word with a colon)", known.join(", "));
        fault(About::Name, format!("there is no field {name}"), &expected)
    }

    fn expected(&self, field: &Field) -> &'static str {
        match field {
            Field::Has => "attachment, html, text, inline, link or code",
            Field::Is => "read, unread or starred",
            Field::Larger | Field::Smaller => "a size such as 500, 10kb or 2MiB",
            Field::After | Field::Before => moment::EXPECTED,
            Field::Address(_) => "an address, part of a name, or a pattern such as *@example.com",
            _ => "a word or a \"phrase\"",
        }
    }

    fn one_of(&self, names: &'static [&'static str]) -> Result<Test, Fault> {
        let expected = if names == HAS { Field::Has } else { Field::Is };
        match names.iter().find(|name| name.eq_ignore_ascii_case(self.text)) {
            Some(name) => Ok(Test::Flag(name)),
            None => {
                let found = format!("{:?} is none of its values", self.text);
                fault(About::Value(0), found, self.expected(&expected))
            }
        }
    }

    fn size(&self) -> Result<Test, Fault> {
        let size = self.text.parse::<bytesize::ByteSize>();
        match size.ok().and_then(|size| i64::try_from(size.as_u64()).ok()) {
            Some(size) => Ok(Test::Number(size)),
            None => {
                let found = format!("{:?} is no size", self.text);
                fault(About::Value(0), found, self.expected(&Field::Larger))
            }
        }
    }

    fn moment(&self, context: &Context) -> Result<Test, Fault> {
        match context.read(self.text) {
            Some(at) => Ok(Test::Number(at)),
            None => fault(
                About::Value(0),
                format!("{:?} is no time", self.text),
                self.expected(&Field::After),
            ),
        }
    }

    /// In quotes a `*` is a `*`.
    fn glob(&self) -> Option<Glob> {
        if self.quoted { None } else { Glob::new(&fold_case(self.text)) }
    }

    fn address(&self) -> Test {
        if let Some(glob) = self.glob() {
            return Test::Glob(glob);
        }
        let text = self.text.trim();
        let inner = text.strip_prefix('<').and_then(|text| text.strip_suffix('>'));
        let whole = fold_case(inner.unwrap_or(text));
        // A name may be an address too; a piece of that is not meant.
        let name = if whole.contains('@') { None } else { Phrase::new(text, false) };
        Test::Address { whole, name }
    }

    fn words(&self) -> Result<Test, Fault> {
        let begun = if self.quoted { None } else { self.text.strip_suffix('*') };
        let text = begun.unwrap_or(self.text);
        if !self.quoted
            && let Some(at) = text.chars().position(|c| c == '*')
        {
            let expected = "* at the end of a word only, or quotes";
            return fault(About::Value(at), "* cannot stand here", expected);
        }
        let Some(phrase) = Phrase::new(text, begun.is_some()) else {
            return fault(About::Value(0), "there is nothing to look for", "a letter or a digit");
        };
        let last = phrase.words().last().unwrap_or_default();
        if begun.is_some() && phrase.is_prefix() && last.is_ascii() && last.len() < MIN_PREFIX {
            let found = "this begins too many words";
            return fault(About::Value(0), found, "three characters before the *");
        }
        Ok(Test::Words(phrase))
    }
}

/// What a shorter beginning finds is nearly everything, and slow.
const MIN_PREFIX: usize = 3;
/// Bytes that one compiled pattern may take.
const REGEX_SIZE: usize = 1024 * 1024;

fn regex(pattern: &str) -> Result<Test, Fault> {
    let built = RegexBuilder::new(pattern)
        .size_limit(REGEX_SIZE)
        .dfa_size_limit(REGEX_SIZE)
        .nest_limit(50)
        .build();
    match built {
        Ok(regex) => Ok(Test::Regex(Box::new(regex))),
        Err(regex::Error::CompiledTooBig(_)) => {
            let found = "this regular expression is too large";
            fault(About::Value(0), found, "a smaller one")
        }
        Err(e) => {
            // Its last line says what; those before draw the place.
            let text = e.to_string();
            let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let found = format!("this is no regular expression ({reason})");
            fault(About::Value(0), found, "a pattern such as ~\"order [0-9]+\"")
        }
    }
}
