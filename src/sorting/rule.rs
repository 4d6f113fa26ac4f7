//! Rules of the configuration, one a line: `KEY:PATTERN = INBOX`. Lines that are empty or begin
//! with `#` are none.

use super::{DOMAIN, Letter};
use crate::search::Glob;

/// Characters of an inbox.
const MAX_NAME: usize = 200;

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    To,
    From,
    Helo,
    Client,
    Listener,
}

const KEYS: [(&str, Key); 5] = [
    ("to", Key::To),
    ("from", Key::From),
    ("helo", Key::Helo),
    ("client", Key::Client),
    ("listener", Key::Listener),
];

const LISTENERS: [&str; 5] = ["smtp", "smtps", "lmtp", "api", "folder"];

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    key: Key,
    pattern: Pattern,
    inbox: String,
}

/// In small letters; `*` stands for any characters.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    Whole(String),
    Glob(Glob),
}

/// A rule that cannot be read; place in characters from 1.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, character {at}: {reason}")]
pub struct RuleError {
    pub line: usize,
    pub at: usize,
    pub reason: String,
}

impl Rule {
    pub fn inbox(&self) -> &str {
        &self.inbox
    }

    pub fn fits(&self, letter: &Letter<'_>) -> bool {
        let fits = |text: &str| self.pattern.fits(text);
        match self.key {
            Key::To => letter.to.iter().any(|to| fits(to)),
            Key::From => fits(letter.from),
            Key::Helo => letter.helo.is_some_and(fits),
            Key::Client => fits(host(letter.client)),
            Key::Listener => fits(letter.listener),
        }
    }
}

impl Pattern {
    fn new(text: &str) -> Pattern {
        let text = text.to_lowercase();
        Glob::new(&text).map_or(Pattern::Whole(text), Pattern::Glob)
    }

    fn fits(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        match self {
            Pattern::Whole(whole) => *whole == text,
            Pattern::Glob(glob) => glob.matches(&text),
        }
    }
}

/// `127.0.0.1:53412` and `[::1]:53412` without the port.
fn host(client: &str) -> &str {
    let is_port = |port: &str| port.bytes().all(|b| b.is_ascii_digit());
    let host = client.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(client, |h| h.0);
    host.trim_start_matches('[').trim_end_matches(']')
}

/// All rules of a text.
pub fn parse_rules(text: &str) -> Result<Vec<Rule>, RuleError> {
    let is_rule = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let lines = text.lines().enumerate().filter(|(_, line)| is_rule(line));
    lines.map(|(index, line)| parse_line(line, index + 1)).collect()
}

/// One rule.
pub fn parse_rule(text: &str) -> Result<Rule, RuleError> {
    parse_line(text, 1)
}

fn parse_line(text: &str, line: usize) -> Result<Rule, RuleError> {
    // `rest` is always an end of `text`.
    let wrong = |rest: &str, reason: String| {
        let before = &text[..text.len() - rest.len()];
        Err(RuleError { line, at: before.chars().count() + 1, reason })
    };
    let start = text.trim_start();
    let Some((key, rest)) = start.split_once(':') else {
        return wrong(start, "a rule is KEY:PATTERN = INBOX, and here is no colon".into());
    };
    let known = KEYS.iter().find(|(name, _)| name.eq_ignore_ascii_case(key.trim()));
    let Some(&(_, key)) = known else {
        let names = KEYS.map(|(name, _)| name).join(", ");
        return wrong(start, format!("a rule begins with one of {names}, not {key:?}"));
    };
    let rest = rest.trim_start();
    // The last one: addresses may have some, names of inboxes have none.
    let Some((pattern, inbox)) = rest.rsplit_once('=') else {
        return wrong(rest, "behind the pattern stands = and the inbox".into());
    };
    let pattern = pattern.trim_end();
    if pattern.is_empty() {
        return wrong(rest, "there is no pattern; * is any".into());
    }
    let name = inbox.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        let reason = format!("an inbox has a name of 1 to {MAX_NAME} characters in one line");
        return wrong(inbox.trim_start(), reason);
    }
    if key == Key::To && pattern.to_lowercase().ends_with(&format!("@{DOMAIN}")) {
        let reason = format!("mail to an address at {DOMAIN} goes to the inbox of that name");
        return wrong(rest, reason);
    }
    let pattern = Pattern::new(pattern);
    if key == Key::Listener && !LISTENERS.iter().any(|name| pattern.fits(name)) {
        let reason = format!("there is no such listener; there are {}", LISTENERS.join(", "));
        return wrong(rest, reason);
    }
    Ok(Rule { key, pattern, inbox: name.to_owned() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::Sorting;
    use super::*;

    fn letter<'a>(from: &'a str, to: &'a [String], client: &'a str) -> Letter<'a> {
        let helo = Some("worker-7.Build.test");
        Letter { header: None, user: None, from, to, helo, client, listener: "smtps" }
    }

    #[test]
    fn the_first_that_fits_wins() {
        let text = "
            # apps
            to:orders+*@Shop.test = orders
            TO: *@shop.test=shop
            from:bounce+a=b@x.test = bounces
            client:10.1.* = ci
            client:::1 = local
            helo:worker-*.build.test = a name with spaces
            listener:smtps = secure
        ";
        let sorting = Sorting::new(parse_rules(text).unwrap());
        for (from, to, client, expected) in [
            ("", "Orders+7@shop.TEST", "1.2.3.4:5", "orders"),
            ("", "ann@shop.test", "1.2.3.4:5", "shop"),
            ("bounce+A=b@x.test", "ann@x.test", "1.2.3.4:5", "bounces"),
            ("a@x.test", "ann@x.test", "10.1.2.3:45", "ci"),
            ("a@x.test", "ann@x.test", "[::1]:45", "local"),
            ("a@x.test", "ann@x.test", "10.2.2.3:45", "a name with spaces"),
        ] {
            let to = [to.to_owned()];
            assert_eq!(sorting.inbox(&letter(from, &to, client)), expected, "{from} {to:?}");
        }
        let secure = Sorting::new(parse_rules("listener:smtps=secure").unwrap());
        assert_eq!(secure.inbox(&letter("", &[], "")), "secure");
    }

    #[test]
    fn errors_name_line_and_place() {
        for (text, expected) in [
            ("shop", "line 1, character 1: a rule is KEY:PATTERN = INBOX, and here is no colon"),
            (
                "\n# x\n  tp:x = y",
                "line 3, character 3: a rule begins with one of to, from, helo, client, listener, not \"tp\"",
            ),
            ("to:ä b", "line 1, character 4: behind the pattern stands = and the inbox"),
            ("to: = y", "line 1, character 5: there is no pattern; * is any"),
            (
                "to:ä =  ",
                "line 1, character 9: an inbox has a name of 1 to 200 characters in one line",
            ),
            (
                "to:*@inbox.test=y",
                "line 1, character 4: mail to an address at inbox.test goes to the inbox of that name",
            ),
            (
                "listener:imap = y",
                "line 1, character 10: there is no such listener; there are smtp, smtps, lmtp, api, folder",
            ),
        ] {
            assert_eq!(parse_rules(text).unwrap_err().to_string(), expected, "{text}");
        }
    }
}
