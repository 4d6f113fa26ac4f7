//! Which inbox a message goes to: the one that its header names, that one of its recipients is the
//! address of, its sender signed in as, or a rule of the configuration gives; else `default`. No
//! store and no clock: an inbox is a name.

mod rule;

use std::borrow::Cow;

pub use rule::{Rule, RuleError, parse_rule, parse_rules};

/// The inbox of mail that nothing else is known of.
pub const DEFAULT: &str = "default";
/// `NAME@inbox.test` is the address of the inbox NAME. No real mail has such an address: RFC 6761
/// keeps `test` for tests.
pub const DOMAIN: &str = "inbox.test";
/// Characters of an inbox that has an address (RFC 5321, section 4.5.3.1.1).
const MAX_LOCAL: usize = 64;

/// What is known of a message that came.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// Of the field `X-Restante-Inbox`.
    pub header: Option<&'a str>,
    /// The name that its sender gave to AUTH.
    pub user: Option<&'a str>,
    /// The envelope.
    pub from: &'a str,
    pub to: &'a [String],
    pub helo: Option<&'a str>,
    /// Address and port, or another word for who brought it.
    pub client: &'a str,
    /// `smtp`, `smtps`, `lmtp`, `api` or `folder`.
    pub listener: &'a str,
}

/// The rules of one server.
#[derive(Debug, Clone, Default)]
pub struct Sorting {
    rules: Vec<Rule>,
}

impl Sorting {
    /// The first rule that fits wins.
    pub fn new(rules: Vec<Rule>) -> Sorting {
        Sorting { rules }
    }

    /// Without rules nobody has to remember who the client is.
    pub fn has_rules(&self) -> bool {
        !self.rules.is_empty()
    }

    pub fn inbox<'a>(&'a self, letter: &Letter<'a>) -> Cow<'a, str> {
        if let Some(name) = letter.header {
            return Cow::Borrowed(name);
        }
        if let Some(name) = letter.to.iter().find_map(|address| name_of(address)) {
            return Cow::Owned(name);
        }
        let ruled = || self.rules.iter().find(|rule| rule.fits(letter)).map(Rule::inbox);
        Cow::Borrowed(letter.user.or_else(ruled).unwrap_or(DEFAULT))
    }
}

/// The address of an inbox; `None` for a name that cannot stand in one.
pub fn address_of(name: &str) -> Option<String> {
    is_local(name).then(|| format!("{name}@{DOMAIN}"))
}

/// The inbox of an address. Many apps write addresses in small letters, and a tag may be behind `+`.
fn name_of(address: &str) -> Option<String> {
    let at = address.len().checked_sub(DOMAIN.len() + 1)?;
    let domain = address.as_bytes().get(at..)?;
    if domain[0] != b'@' || !domain[1..].eq_ignore_ascii_case(DOMAIN.as_bytes()) {
        return None;
    }
    let local = address[..at].split('+').next().unwrap_or_default().to_ascii_lowercase();
    is_local(&local).then_some(local)
}

/// Letters that no mail program has to quote or changes, in a form that case does not change.
pub fn is_local(name: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let fits = |b: u8| is_letter(b) || b"._-".contains(&b);
    let ends = |b: Option<&u8>| b.is_some_and(|b| is_letter(*b));
    let bytes = name.as_bytes();
    let is_ended = ends(bytes.first()) && ends(bytes.last());
    is_ended && bytes.len() <= MAX_LOCAL && bytes.iter().all(|b| fits(*b)) && !name.contains("..")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_name() {
        for (address, expected) in [
            ("a1@inbox.test", Some("a1")),
            ("A1+tag@Inbox.TEST", Some("a1")),
            ("a.b-c_d@inbox.test", Some("a.b-c_d")),
            ("+tag@inbox.test", None),
            ("@inbox.test", None),
            ("inbox.test", None),
            ("a@xinbox.test", None),
            ("a@x.inbox.test", None),
            ("a@inbox.test.example", None),
            ("é@inbox.test", None),
            ("", None),
        ] {
            assert_eq!(name_of(address).as_deref(), expected, "{address}");
        }
        assert_eq!(address_of("a1").unwrap(), "a1@inbox.test");
        let long = "x".repeat(MAX_LOCAL + 1);
        for name in ["", "A", "a b", "a@b", ".a", "a.", "a..b", long.as_str()] {
            assert_eq!(address_of(name), None, "{name}");
        }
        assert!(address_of(&long[1..]).is_some());
    }

    #[test]
    fn the_order_of_what_is_known() {
        let sorting = Sorting::new(parse_rules("to:*@shop.test = shop\n").unwrap());
        let to = ["x@shop.test".to_owned(), "n@inbox.test".to_owned()];
        let all = Letter {
            header: Some("header"),
            user: Some("user"),
            from: "",
            to: &to,
            helo: None,
            client: "127.0.0.1:1",
            listener: "smtp",
        };
        assert_eq!(sorting.inbox(&all), "header");
        let without = Letter { header: None, ..all };
        assert_eq!(sorting.inbox(&without), "n");
        let without = Letter { to: &to[..1], ..without };
        assert_eq!(sorting.inbox(&without), "user");
        let without = Letter { user: None, ..without };
        assert_eq!(sorting.inbox(&without), "shop");
        assert_eq!(sorting.inbox(&Letter { to: &[], ..without }), "default");
    }
}
