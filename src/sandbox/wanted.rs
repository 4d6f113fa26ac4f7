//! Which mail a test means.

use serde_json::{Map, Value};

/// Which mail is meant; all that is said of it must hold.
///
/// An address is the whole one, with `*` for any characters, and `to` looks at the envelope and at
/// To and Cc; a subject and a body contain the words. A value may begin with `=` (it is exactly
/// this), `~` (a regular expression) or `!` (not so, before one of the others).
#[derive(Debug, Clone, Default)]
pub struct Mail {
    fields: Map<String, Value>,
}

/// Mail to this address.
pub fn to(address: impl Into<String>) -> Mail {
    Mail::default().to(address)
}

/// Mail from this address.
pub fn from(address: impl Into<String>) -> Mail {
    Mail::default().from(address)
}

/// Mail with this in its subject.
pub fn subject(words: impl Into<String>) -> Mail {
    Mail::default().subject(words)
}

/// What a query of the search language finds (docs/search.md).
pub fn query(query: impl Into<String>) -> Mail {
    Mail::default().query(query)
}

/// Any mail at all.
pub fn any() -> Mail {
    Mail::default()
}

impl Mail {
    pub fn to(self, address: impl Into<String>) -> Mail {
        self.and("to", address.into())
    }

    pub fn from(self, address: impl Into<String>) -> Mail {
        self.and("from", address.into())
    }

    pub fn subject(self, words: impl Into<String>) -> Mail {
        self.and("subject", words.into())
    }

    /// In the text part.
    pub fn text(self, words: impl Into<String>) -> Mail {
        self.and("text", words.into())
    }

    /// In the HTML part.
    pub fn html(self, words: impl Into<String>) -> Mail {
        self.and("html", words.into())
    }

    pub fn header(self, name: &str, words: impl Into<String>) -> Mail {
        self.and(&format!("header.{name}"), words.into())
    }

    /// `attachment`, `html` and the other words that `has:` knows in the search language.
    pub fn has(self, what: impl Into<String>) -> Mail {
        self.and("has", what.into())
    }

    pub fn query(self, query: impl Into<String>) -> Mail {
        self.and("q", query.into())
    }

    /// A second value of a field must hold too.
    fn and(mut self, field: &str, value: String) -> Mail {
        let value = Value::String(value);
        match self.fields.get_mut(field) {
            None => drop(self.fields.insert(field.to_owned(), value)),
            Some(Value::Array(all)) => all.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
        }
        self
    }

    pub(super) fn into_fields(self) -> Map<String, Value> {
        self.fields
    }
}
