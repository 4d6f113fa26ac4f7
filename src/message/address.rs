//! Address lists (RFC 5322, section 3.4), read as a mail program shows them.
//!
//! Owns the grammar of From, To, Cc, Bcc, Sender and Reply-To. mail-parser's version starts its
//! search for an encoded word's end anew at each `=?`, which is quadratic on hostile input, and it
//! tears characters that stand across two words. This one reads each character once.

use super::words;
use serde::{Deserialize, Serialize};

/// More is not listed: a list row is not the place for a million addresses.
pub const MAX_ADDRESSES: usize = 1_000;

/// One mailbox of a header field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The display name, `""` when there is none.
    pub name: String,
    pub address: String,
    /// The name of the group it stands in, `Staff: ann@example.com;`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// What a field holds. Faults are told apart by what a server would complain about.
#[derive(Debug, Default)]
pub(super) struct AddressList {
    pub addresses: Vec<Address>,
    pub has_bad: bool,
    pub is_cut: bool,
}

pub(super) fn parse(text: &str) -> AddressList {
    let mut parser = Parser::default();
    let mut chars = text.chars();
    loop {
        // A comma or a bracket in an encoded word is one that was not encoded as it should be.
        if let Some(word) = words::prefix(chars.as_str()) {
            parser.phrase.push_str(word);
            chars = chars.as_str()[word.len()..].chars();
        }
        let Some(c) = chars.next() else { break };
        if parser.list.addresses.len() == MAX_ADDRESSES {
            parser.list.is_cut = true;
            return parser.list;
        }
        parser.take(c, &mut chars);
    }
    parser.end_mailbox();
    parser.list
}

#[derive(Default)]
struct Parser {
    list: AddressList,
    group: Option<String>,
    phrase: String,
    comment: String,
    angle: Option<String>,
    has_quoted: bool,
}

impl Parser {
    fn take(&mut self, c: char, rest: &mut std::str::Chars) {
        match c {
            '"' => self.quoted(rest),
            '(' => self.comment(rest),
            '<' => self.angle(rest),
            ',' => self.end_mailbox(),
            ';' => {
                self.end_mailbox();
                self.group = None;
            }
            // Of `http://x` or `[IPv6:::1]` nothing is a group; a group's name has no `@`.
            ':' if self.group.is_none() && self.angle.is_none() && !self.phrase.contains('@') => {
                self.group = Some(clean(&std::mem::take(&mut self.phrase)));
            }
            c => self.phrase.push(c),
        }
    }

    /// Keeps the quotes of `"a b"@example.com`, which are part of the address.
    fn quoted(&mut self, rest: &mut std::str::Chars) {
        let start = self.phrase.len();
        quoted_string(rest, &mut self.phrase);
        if rest.as_str().starts_with('@') {
            let local = self.phrase.split_off(start);
            self.phrase.push_str(&format!("\"{}\"", local.replace('"', "\\\"")));
        } else {
            self.has_quoted = true;
        }
    }

    fn comment(&mut self, rest: &mut std::str::Chars) {
        let mut depth = 1;
        while let Some(c) = rest.next() {
            match c {
                '\\' => {
                    self.comment.extend(rest.next());
                    continue;
                }
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return;
            }
            self.comment.push(c);
        }
    }

    fn angle(&mut self, rest: &mut std::str::Chars) {
        let mut inside = String::new();
        while let Some(c) = rest.next() {
            match c {
                '>' => break,
                '"' => {
                    inside.push('"');
                    quoted_string(rest, &mut inside);
                    inside.push('"');
                }
                '(' => self.comment(rest),
                c => inside.push(c),
            }
        }
        // A source route, `<@relay:ann@example.com>` (section 4.4), says nothing today.
        let inside = match inside.split_once(':') {
            Some((route, address)) if route.starts_with('@') => address,
            _ => &inside,
        };
        self.angle = Some(inside.trim().to_owned());
    }

    fn end_mailbox(&mut self) {
        let phrase = std::mem::take(&mut self.phrase);
        let comment = std::mem::take(&mut self.comment);
        let angle = self.angle.take();
        let quoted = std::mem::take(&mut self.has_quoted);
        let (phrase, comment) = (phrase.trim(), comment.trim());
        let (name, address) = match &angle {
            Some(address) if phrase.is_empty() => (comment, address.as_str()),
            Some(address) => (phrase, address.as_str()),
            None if phrase.is_empty() => return,
            // `"a b"@example.com`: the space stands in the address.
            None if is_address(phrase) => (comment, phrase),
            None if quoted || phrase.contains(char::is_whitespace) => {
                self.list.has_bad = true;
                name_and_address(phrase)
            }
            None => (comment, phrase),
        };
        self.list.has_bad |= !is_address(address);
        let (name, address) = (clean(name), clean(address));
        let group = self.group.clone();
        self.list.addresses.push(Address { name, address, group });
    }
}

/// Up to the closing quote, unescaped.
fn quoted_string(rest: &mut std::str::Chars, out: &mut String) {
    while let Some(c) = rest.next() {
        match c {
            '"' => return,
            '\\' => out.extend(rest.next()),
            c => out.push(c),
        }
    }
}

/// `Ann Lee ann@example.com`, without the brackets it should have: the word with the `@` is the
/// address. Where there is none it is all a name.
fn name_and_address(phrase: &str) -> (&str, &str) {
    match phrase.rsplit_once(char::is_whitespace) {
        Some((name, last)) if last.contains('@') => (name, last.trim_matches(['<', '>'])),
        _ => (phrase, ""),
    }
}

fn is_address(text: &str) -> bool {
    match text.rsplit_once('@') {
        Some((local, domain)) => {
            let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '@' | '<' | ',');
            let quoted = local.starts_with('"') && local.ends_with('"') && local.len() > 2;
            let local = quoted || !(local.is_empty() || local.contains(odd));
            local && !domain.is_empty() && !domain.contains(odd)
        }
        None => false,
    }
}

/// Encoded words decoded, no line breaks or other control characters.
fn clean(text: &str) -> String {
    let decoded = words::decode(text.trim(), &mut |_, _| {});
    super::field::one_line(&decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let show = |a: Address| match a.group {
            Some(group) => format!("{group}: {}|{}", a.name, a.address),
            None => format!("{}|{}", a.name, a.address),
        };
        parse(text).addresses.into_iter().map(show).collect()
    }

    #[test]
    fn good() {
        for (text, expected) in [
            ("ann@example.com", &["|ann@example.com"][..]),
            ("<ann@example.com>", &["|ann@example.com"]),
            ("Ann Lee <ann@example.com>", &["Ann Lee|ann@example.com"]),
            ("\"Lee, Ann\" <a@b.c>, d@e.f", &["Lee, Ann|a@b.c", "|d@e.f"]),
            ("\"a \\\"b\\\"\" <a@b.c>", &["a \"b\"|a@b.c"]),
            ("ann@example.com (Ann Lee)", &["Ann Lee|ann@example.com"]),
            ("=?utf-8?Q?Jo=C3=A3o,_S?= <a@b.c>", &["João, S|a@b.c"]),
            ("=?utf-8?Q?=C3?= =?utf-8?Q?=A9?= <a@b.c>", &["é|a@b.c"]),
            ("\"=?utf-8?Q?=C3=A9?=\" <a@b.c>", &["é|a@b.c"]),
            ("\"a b\"@c.d", &["|\"a b\"@c.d"]),
            ("Staff: a@b.c, D <d@e.f>;, g@h.i", &["Staff: |a@b.c", "Staff: D|d@e.f", "|g@h.i"]),
            ("undisclosed-recipients:;", &[]),
            ("<@r1,@r2:a@b.c>", &["|a@b.c"]),
            ("a@[IPv6:::1]", &["|a@[IPv6:::1]"]),
            ("Pete(A \\) chap) <pete(his account)@silly.test>", &["Pete|pete@silly.test"]),
            ("", &[]),
        ] {
            assert_eq!(shown(text), expected, "{text}");
            assert!(!parse(text).has_bad, "{text}");
        }
    }

    #[test]
    fn bad() {
        for (text, expected) in [
            ("root", &["|root"][..]),
            ("Ann Lee", &["Ann Lee|"]),
            ("Ann ann@example.com <>", &["Ann ann@example.com|"]),
            ("a@b@c", &["|a@b@c"]),
            ("Ann <ann", &["Ann|ann"]),
            ("\"open <a@b.c>", &["open|a@b.c"]),
            ("Ann Lee ann@example.com", &["Ann Lee|ann@example.com"]),
        ] {
            assert_eq!(shown(text), expected, "{text}");
            assert!(parse(text).has_bad, "{text}");
        }
    }

    #[test]
    fn bounded() {
        let many = |n: usize| parse(&"a@b.c,".repeat(n));
        assert!(!many(MAX_ADDRESSES - 1).is_cut);
        assert_eq!(many(MAX_ADDRESSES).addresses.len(), MAX_ADDRESSES);
        assert_eq!(many(MAX_ADDRESSES + 1).addresses.len(), MAX_ADDRESSES);
        assert!(many(MAX_ADDRESSES + 1).is_cut);
    }
}
