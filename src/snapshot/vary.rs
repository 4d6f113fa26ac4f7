//! Finds in a text what differs from one sending to the next.
//!
//! Owns the order in which it is looked for: what is known to the letter (ids, codes) before what
//! only has a shape, addresses before what stands in them.

use super::names::{Kind, Names, without_marks};
use super::options::{Kept, Options};
use super::{dates, ids, opaque, sha256};
use crate::message::{PartView, View};
use base64::Engine;
use dates::replaced;
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// Ids of messages and of parts that are known by name.
const MAX_KNOWN: usize = 200;

struct Patterns {
    data: Regex,
    cid: Regex,
    parameter: Regex,
    moment: Regex,
    url: Regex,
    inbox: Regex,
    certain: Regex,
    host: Regex,
    run: Regex,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let new = |pattern: &str| Regex::new(pattern).expect("a fixed pattern, which a test uses");
    Patterns {
        data: new(r"(?i)\b(data:[\w.+-]+/[\w.+-]+(?:;[\w=.-]+)*;base64),([A-Za-z0-9+/=%\s]{64,})"),
        cid: new(r#"(?i)\b(cid:)([^\s"'<>)]+)"#),
        parameter: new(
            r#"(?i)([?&;][\w.%\[\]-]*(?:token|signature|sig|nonce|secret|ticket|jwt|hmac|digest|otp|guid|uuid|sid|hash|_key|-key|apikey)=)([^\s&#"'<>)\]]{4,})"#,
        ),
        moment: new(
            r"(?i)([?&;][\w.-]*(?:exp|expires|expiry|ts|time|timestamp)=)(1\d{9}|1\d{12})\b",
        ),
        url: new(r#"(?i)\b((?:https?|wss?|ftp)://)([^\s/?#"'<>\\)]+)"#),
        inbox: new(r"(?i)\b([a-z0-9][a-z0-9._-]*)((?:\+[^@\s<>]*)?@inbox\.test)\b"),
        certain: new(
            r"(?i)\b(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?-i:eyJ)[\w-]{5,}\.[\w-]+\.[\w-]*)",
        ),
        host: new(
            r"(?i)\b(?:(?:[\w-]+\.)*localhost:\d{1,5}|host\.docker\.internal(?::\d{1,5})?|(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?::\d{1,5})?)\b",
        ),
        run: new(r"[A-Za-z0-9_~%+.-]{16,}={0,2}"),
    }
});

pub(super) struct Vary<'o> {
    options: &'o Options,
    pub names: Names,
    ids: Vec<String>,
    cids: Vec<String>,
    /// As they are typed.
    pub codes: Vec<Vec<char>>,
}

impl<'o> Vary<'o> {
    pub fn new(options: &'o Options, view: &View) -> Self {
        let mut vary = Vary::empty(options);
        vary.ids = ids(view).take(MAX_KNOWN).map(str::to_owned).collect();
        if !options.keeps(Kept::Code) {
            vary.codes = view.codes.iter().map(|code| code.value.chars().collect()).collect();
        }
        let mut open: Vec<&PartView> = view.parts.iter().collect();
        while let Some(part) = open.pop() {
            vary.cids.extend(part.cid.clone());
            open.extend(&part.children);
        }
        vary.cids.truncate(MAX_KNOWN);
        vary
    }

    /// For a text that is not of the message itself.
    pub fn empty(options: &'o Options) -> Self {
        let (ids, cids, codes) = (Vec::new(), Vec::new(), Vec::new());
        Vary { options, names: Names::default(), ids, cids, codes }
    }

    pub fn options(&self) -> &'o Options {
        self.options
    }

    /// The text with a mark for each thing that varies.
    pub fn text(&mut self, text: &str) -> String {
        self.marked(without_marks(text).into_owned())
    }

    /// The same for a text that has marks already.
    pub fn marked(&mut self, mut text: String) -> String {
        for pattern in &self.options.patterns {
            text = replaced(pattern, text, |found| self.value(found));
        }
        text = self.known_things(text);
        // Pieces of HTML are many, and mostly a word or a blank.
        let has_shape = |c: char| c.is_ascii_digit() || matches!(c, ':' | '@');
        if text.len() < opaque::MIN && !text.contains(has_shape) && !text.contains("ago") {
            return text;
        }
        text = self.addresses(text);
        if !self.options.keeps(Kept::Token) {
            text = self.shape(&PATTERNS.certain, Kind::Token, text);
        }
        if !self.options.keeps(Kept::Host) {
            text = self.shape(&PATTERNS.host, Kind::Host, text);
        }
        if !self.options.keeps(Kept::Date) {
            text = dates::mark(text, &mut self.names);
        }
        if !self.options.keeps(Kept::Token) {
            text = replaced(&PATTERNS.run, text, |found| self.run(&found[0]));
        }
        text
    }

    /// For a line of its own: what a mail says must not break out of it.
    pub fn one_line(&mut self, text: &str) -> String {
        let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        self.text(line.trim())
    }

    /// A thing whose kind is known from where it stands.
    pub fn known(&mut self, kind: Kind, value: &str) -> String {
        let is_kept = match kind {
            Kind::Id => self.options.keeps(Kept::Id),
            Kind::Boundary => self.options.keeps(Kept::Boundary),
            Kind::Cid => self.options.keeps(Kept::Cid),
            Kind::Version => self.options.keeps(Kept::Version),
            _ => false,
        };
        let kind = if is_kept { Kind::Plain } else { kind };
        self.names.mark(kind, value).map_or_else(|| value.to_owned(), String::from)
    }

    /// What the caller's pattern finds, or its group.
    fn value(&mut self, found: &Captures) -> Option<String> {
        let whole = found.get(0)?;
        let meant = found.get(1).unwrap_or(whole);
        if meant.is_empty() {
            return None;
        }
        let mark = self.names.mark(Kind::Value, meant.as_str())?;
        let (from, to) = (meant.start() - whole.start(), meant.end() - whole.start());
        Some(format!("{}{mark}{}", &whole.as_str()[..from], &whole.as_str()[to..]))
    }

    fn known_things(&mut self, text: String) -> String {
        let mut text = replaced(&PATTERNS.data, text, |found| {
            let packed: String = found[2].chars().filter(|c| !c.is_whitespace()).collect();
            let bytes = base64::engine::general_purpose::STANDARD.decode(&packed);
            let bytes = bytes.unwrap_or_else(|_| packed.into_bytes());
            let told = format!("{},({} bytes, sha256 {})", &found[1], bytes.len(), sha256(&bytes));
            self.names.mark(Kind::Plain, &told).map(String::from)
        });
        for id in self.ids.clone() {
            if id.len() > 3 && text.contains(&id) {
                let mark = self.known(Kind::Id, &id);
                text = text.replace(&id, &mark);
            }
        }
        if !self.cids.is_empty() {
            text = replaced(&PATTERNS.cid, text, |found| {
                let decoded = percent_encoding::percent_decode_str(&found[2]).decode_utf8_lossy();
                let cid = self.cids.iter().find(|cid| **cid == *decoded)?.clone();
                Some(format!("{}{}", &found[1], self.known(Kind::Cid, &cid)))
            });
        }
        for code in self.codes.clone() {
            text = self.code(&code, text);
        }
        text
    }

    /// Wherever a code stands, also with blanks or dashes between its characters.
    fn code(&mut self, code: &[char], text: String) -> String {
        let Some(first) = code.first().filter(|first| text.contains(**first)) else { return text };
        let value: String = code.iter().collect();
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        let mut before = ' ';
        while let Some(at) = rest.find(*first) {
            let start = rest[..at].chars().next_back().unwrap_or(before);
            let mark = match spelled(code, &rest[at..]) {
                Some(length) if !start.is_ascii_alphanumeric() => {
                    self.names.mark(Kind::Code, &value).map(|mark| (mark, length))
                }
                _ => None,
            };
            let (mark, length) = mark.unwrap_or((*first, first.len_utf8()));
            out.push_str(&rest[..at]);
            out.push(mark);
            before = rest[at..at + length].chars().next_back().unwrap_or(' ');
            rest = &rest[at + length..];
        }
        out.push_str(rest);
        out
    }

    /// Hosts of addresses, and parameters that are tokens by their names.
    fn addresses(&mut self, text: String) -> String {
        let keeps = |kept| self.options.keeps(kept);
        let (keeps_host, keeps_token) = (keeps(Kept::Host), keeps(Kept::Token));
        let (keeps_date, keeps_inbox) = (keeps(Kept::Date), keeps(Kept::Inbox));
        let names = &mut self.names;
        let mut text = replaced(&PATTERNS.url, text, |found| {
            let host = found[2].to_ascii_lowercase();
            let kind = if !keeps_host && is_of_test(&host) { Kind::Host } else { Kind::Plain };
            let told = if kind == Kind::Host { &host } else { &found[2] };
            Some(format!("{}{}", &found[1], names.mark(kind, told)?))
        });
        if !keeps_date {
            text = replaced(&PATTERNS.moment, text, |found| {
                Some(format!("{}{}", &found[1], names.mark(Kind::Time, "")?))
            });
        }
        if !keeps_token {
            text = replaced(&PATTERNS.parameter, text, |found| {
                Some(format!("{}{}", &found[1], names.mark(Kind::Token, &found[2])?))
            });
        }
        match keeps_inbox {
            true => text,
            false => replaced(&PATTERNS.inbox, text, |found| {
                Some(format!("{}{}", names.mark(Kind::Inbox, &found[1])?, &found[2]))
            }),
        }
    }

    fn shape(&mut self, pattern: &Regex, kind: Kind, text: String) -> String {
        replaced(pattern, text, |found| self.names.mark(kind, &found[0]).map(String::from))
    }

    /// Dots around it belong to the sentence; a dash may be its own.
    fn run(&mut self, run: &str) -> Option<String> {
        let bare = run.trim_end_matches('=').trim_matches('.');
        if !opaque::is_opaque(bare) {
            return None;
        }
        let mark = self.names.mark(Kind::Token, bare)?;
        let start = run.find(bare)?;
        Some(format!("{}{mark}{}", &run[..start], run[start + bare.len()..].trim_matches('=')))
    }
}

/// How much of `text` is `code`, written with nothing or a little between its characters.
fn spelled(code: &[char], text: &str) -> Option<usize> {
    let mut rest = text;
    for (n, c) in code.iter().enumerate() {
        if n > 0 {
            let after = rest.trim_start_matches([' ', '\t', '-', '·', '|', '\u{a0}']);
            let between = rest.len() - after.len();
            rest = if between <= 4 { after } else { return None };
        }
        rest = rest.strip_prefix(*c)?;
    }
    let ends = !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
    ends.then_some(text.len() - rest.len())
}

/// A host that a test has for itself: this machine, an address without a name, a port.
fn is_of_test(authority: &str) -> bool {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => {
            (name, true)
        }
        _ => (host, false),
    };
    let name = name.trim_end_matches('.');
    let is_local = |end: &str| name == &end[1..] || name.ends_with(end);
    port || name.starts_with('[')
        || name.parse::<std::net::Ipv4Addr>().is_ok()
        || [".localhost", ".local", ".internal"].into_iter().any(is_local)
}
