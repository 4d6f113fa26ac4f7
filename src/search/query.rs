//! The query language: its grammar, and what a query means once it is read. docs/search.md is the
//! same for its users.
//!
//! ```text
//! query   = or
//! or      = and { "OR" and }
//! and     = not { [ "AND" ] not }
//! not     = ( "-" | "NOT" ) not | "(" or ")" | term
//! term    = [ FIELD ":" ] [ "=" | "~" ] ( WORD | QUOTED )
//! ```
//!
//! A WORD ends at whitespace, `(`, `)` or `"`; behind `~` brackets belong to it as far as they are
//! balanced. In QUOTED, `\"` is a quote and `\\` a backslash. Reading is total: any text is a query
//! or an error that says where, and what was expected there.

use std::fmt;

use super::field::{self, Context, Field, Term, Test};

/// Bounds of one query.
pub const MAX_CHARS: usize = 4096;
pub const MAX_TERMS: usize = 200;
pub const MAX_NESTING: usize = 20;
pub const MAX_REGEXES: usize = 10;

/// A query that was understood.
#[derive(Debug, Clone)]
pub struct Query {
    pub(super) root: Node,
}

/// One node of a query.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// All of them; without any, every message.
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Term(Term),
}

/// Why a text is no query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// Where, in characters from the start.
    pub at: usize,
    /// What is wrong there.
    pub found: String,
    /// What could stand there.
    pub expected: String,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at character {}: {}; expected {}", self.at + 1, self.found, self.expected)
    }
}

impl std::error::Error for QueryError {}

impl Query {
    /// Reads a query. Ages (`2h`) and dates count from the time and in the zone of `context`.
    pub fn parse(text: &str, context: &Context) -> Result<Query, QueryError> {
        let chars: Vec<char> = text.chars().collect();
        if chars.len() > MAX_CHARS {
            return Err(error(MAX_CHARS, "the query is too long", "at most 4096 characters"));
        }
        let mut parser = Parser { chars, at: 0, context, terms: 0, regexes: 0 };
        parser.skip_space();
        if parser.peek().is_none() {
            return Ok(Query::all());
        }
        let root = parser.or(0)?;
        match parser.peek() {
            None => Ok(Query { root }),
            Some(_) => Err(error(parser.at, "this `)` closes nothing", "a term or the end")),
        }
    }

    /// Every message.
    pub fn all() -> Query {
        Query { root: Node::And(Vec::new()) }
    }

    /// Whether it asks what is known of the sessions that brought mail.
    pub fn asks_for_sessions(&self) -> bool {
        self.root.any(&|term| matches!(term.field, Field::Helo | Field::User))
    }

    /// Those of them that are in an inbox.
    pub fn in_inbox(self, name: &str) -> Query {
        let inbox = Node::Term(Term { field: Field::Inbox, test: Test::Exact(name.to_owned()) });
        Query { root: Node::And(vec![inbox, self.root]) }
    }
}

impl Node {
    fn any(&self, is: &impl Fn(&Term) -> bool) -> bool {
        match self {
            Node::And(nodes) | Node::Or(nodes) => nodes.iter().any(|node| node.any(is)),
            Node::Not(node) => node.any(is),
            Node::Term(term) => is(term),
        }
    }
}

struct Parser<'a> {
    chars: Vec<char>,
    at: usize,
    context: &'a Context,
    terms: usize,
    regexes: usize,
}

const A_TERM: &str = "a word, a \"phrase\", a field such as from:, - or (";

impl Parser<'_> {
    fn or(&mut self, depth: usize) -> Result<Node, QueryError> {
        let mut any = vec![self.and(depth)?];
        while self.keyword("OR") {
            any.push(self.and(depth)?);
        }
        Ok(if any.len() == 1 { any.remove(0) } else { Node::Or(any) })
    }

    fn and(&mut self, depth: usize) -> Result<Node, QueryError> {
        let mut all = vec![self.not(depth)?];
        loop {
            let joined = self.keyword("AND");
            if !joined && (matches!(self.peek(), None | Some(')')) || self.is_at("OR")) {
                break;
            }
            all.push(self.not(depth)?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Node::And(all) })
    }

    fn not(&mut self, depth: usize) -> Result<Node, QueryError> {
        self.skip_space();
        let start = self.at;
        let is_minus = self.peek() == Some('-');
        let negated = is_minus || self.is_at("NOT");
        if (negated || self.peek() == Some('(')) && depth >= MAX_NESTING {
            let expected = format!("at most {MAX_NESTING} levels of ( ), - and NOT");
            return Err(error(start, "this is nested too deep", &expected));
        }
        if is_minus {
            self.at += 1;
            if self.peek().is_none_or(|c| c.is_whitespace() || c == ')') {
                return Err(error(self.at, "nothing follows the -", "a term directly behind it"));
            }
            return Ok(Node::Not(Box::new(self.not(depth + 1)?)));
        }
        if self.keyword("NOT") {
            return Ok(Node::Not(Box::new(self.not(depth + 1)?)));
        }
        match self.peek() {
            None => Err(error(start, "the query ends here", A_TERM)),
            Some(')') => Err(error(start, "nothing stands before this `)`", A_TERM)),
            Some('(') => self.group(start, depth),
            Some(_) if self.is_at("OR") || self.is_at("AND") => {
                let found = "nothing stands before this operator";
                Err(error(start, found, "a term (in quotes it is a word)"))
            }
            Some(_) => self.term(),
        }
    }

    fn group(&mut self, start: usize, depth: usize) -> Result<Node, QueryError> {
        self.at += 1;
        let inner = self.or(depth + 1)?;
        self.skip_space();
        if self.peek() != Some(')') {
            let found = format!("the ( at character {} is not closed", start + 1);
            return Err(error(self.at, &found, "a )"));
        }
        self.at += 1;
        self.skip_space();
        Ok(inner)
    }

    fn term(&mut self) -> Result<Node, QueryError> {
        let start = self.at;
        self.terms += 1;
        if self.terms > MAX_TERMS {
            let found = "the query has too many terms";
            return Err(error(start, found, &format!("at most {MAX_TERMS}")));
        }
        let name = self.field_name();
        let place = self.at;
        let op = match self.peek() {
            Some(c @ ('=' | '~')) => {
                self.at += 1;
                Some(c)
            }
            _ => None,
        };
        if op == Some('~') {
            self.regexes += 1;
            if self.regexes > MAX_REGEXES {
                let found = "the query has too many regular expressions";
                return Err(error(place, found, &format!("at most {MAX_REGEXES}")));
            }
        }
        let at = self.at;
        let (text, quoted) = self.value(op == Some('~'))?;
        let value = field::Value { text: &text, quoted, op, name: name.as_deref() };
        let term = value.read(self.context).map_err(|fault| {
            let at = match fault.about {
                field::About::Name => start,
                field::About::Operator => place,
                field::About::Value(offset) => at + usize::from(quoted) + offset,
            };
            error(at.min(self.chars.len()), &fault.found, &fault.expected)
        })?;
        self.skip_space();
        Ok(Node::Term(term))
    }

    /// The name before a colon. Names begin with a letter, so that `12:30` is a word.
    fn field_name(&mut self) -> Option<String> {
        let rest = &self.chars[self.at..];
        let is_name = |c: &char| c.is_ascii_alphanumeric() || "-._!#$%&'*+^`|".contains(*c);
        let length = rest.iter().take_while(|c| is_name(c)).count();
        if rest.get(length) != Some(&':') || !rest[0].is_ascii_alphabetic() {
            return None;
        }
        self.at += length + 1;
        Some(rest[..length].iter().collect())
    }

    /// What stands behind the field and the operator, and whether it was quoted.
    fn value(&mut self, is_regex: bool) -> Result<(String, bool), QueryError> {
        if self.peek() == Some('"') {
            return Ok((self.quoted(is_regex)?, true));
        }
        let (start, mut open) = (self.at, 0);
        while let Some(c) = self.peek() {
            match c {
                '(' if is_regex => open += 1,
                ')' if is_regex && open > 0 => open -= 1,
                '"' if is_regex => {}
                '(' | ')' | '"' => break,
                c if c.is_whitespace() => break,
                // An escaped bracket of a regular expression opens and closes nothing.
                '\\' if is_regex && matches!(self.chars.get(self.at + 1), Some('(' | ')')) => {
                    self.at += 1;
                }
                _ => {}
            }
            self.at += 1;
        }
        Ok((self.chars[start..self.at].iter().collect(), false))
    }

    fn quoted(&mut self, is_regex: bool) -> Result<String, QueryError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match (c, self.peek()) {
                ('"', _) => return Ok(text),
                // A regular expression needs its backslashes, before a quote too.
                ('\\', Some(next)) if is_regex => text.extend([c, next]),
                ('\\', Some(next @ ('"' | '\\'))) => text.push(next),
                _ => {
                    text.push(c);
                    continue;
                }
            }
            self.at += 1;
        }
        let found = format!("the \" at character {} is not closed", start + 1);
        Err(error(self.at, &found, "a \""))
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// Whether this word stands here, in capitals and by itself.
    fn is_at(&self, word: &str) -> bool {
        let rest = &self.chars[self.at..];
        let ends = |c: &char| c.is_whitespace() || "()\"".contains(*c);
        rest.len() >= word.len()
            && rest.iter().zip(word.chars()).all(|(a, b)| *a == b)
            && rest.get(word.len()).is_none_or(ends)
    }

    fn keyword(&mut self, word: &str) -> bool {
        self.skip_space();
        let found = self.is_at(word);
        if found {
            self.at += word.len();
            self.skip_space();
        }
        found
    }
}

fn error(at: usize, found: &str, expected: &str) -> QueryError {
    QueryError { at, found: found.to_owned(), expected: expected.to_owned() }
}
