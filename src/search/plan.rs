//! What a query means for the index: one expression of FTS5 as far as that goes, conditions on a
//! row for what may change or is a number, and what each row must be looked into for besides.
//!
//! A query is a conjunction at its top. What FTS5 can tell becomes one MATCH, which walks its lists
//! in step and in the order of the rows, and so never holds more than a page. The rest narrows.

use super::doc::Column;
use super::field::{Field, Term, Test, Who};
use super::fold::{Phrase, fold_case};
use super::glob::Glob;
use super::query::{Node, Query};
use super::{keys, matches};

/// How to find the messages of a query. SQL names the row's number `$seq`, its time `$at` and its
/// size `$size`, and those that are read or starred are `SELECT seq FROM $read` and `$starred`.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// For MATCH.
    pub matches: Option<String>,
    /// SQL, each to be true.
    pub conditions: Vec<String>,
    /// The values of `?` in the conditions, in order.
    pub params: Vec<Param>,
    /// What a row that is found must mean besides, the cheapest first: only for this it is looked
    /// into.
    pub rest: Option<Query>,
    /// The sizes between which every message lies that is meant, where the query bounds them.
    pub sizes: Option<(i64, i64)>,
}

#[derive(Debug, Clone)]
pub enum Param {
    Text(String),
    Number(i64),
    /// A JSON array of the numbers of all messages with such a tag.
    Tagged(TagTest),
}

/// What a tag must be.
#[derive(Debug, Clone)]
pub struct TagTest(Term);

impl TagTest {
    pub fn passes(&self, tag: &str) -> bool {
        match &self.0.test {
            Test::Whole(whole) => fold_case(tag.trim()) == *whole,
            Test::Glob(glob) => glob.matches(&fold_case(tag.trim())),
            Test::Exact(exact) => tag.trim() == exact,
            Test::Regex(regex) => regex.is_match(tag),
            _ => false,
        }
    }
}

impl Query {
    pub fn plan(&self) -> Plan {
        let mut plan = Plan::default();
        let (mut with, mut without) = (Vec::new(), Vec::new());
        let (mut all, mut rest) = (Vec::new(), Vec::new());
        conjunction(&self.root, &mut all);
        for one in all {
            if let Node::Not(inner) = one
                && let Some(expression) = fts(inner)
            {
                without.push(expression);
            } else if let Some(expression) = fts(one) {
                with.push(expression);
            } else if let Some((sql, params)) = sql(one) {
                plan.conditions.push(sql);
                plan.params.extend(params);
                plan.bound_sizes(one);
            } else {
                with.extend(narrow(one));
                rest.push(one.clone());
            }
        }
        plan.matches = difference(with, without);
        rest.sort_by_key(depth);
        plan.rest = (!rest.is_empty()).then(|| Query { root: Node::And(rest) });
        plan
    }
}

impl Plan {
    fn bound_sizes(&mut self, node: &Node) {
        let Node::Term(Term { field, test: Test::Number(n), .. }) = node else { return };
        let (above, below) = self.sizes.unwrap_or((-1, i64::MAX));
        self.sizes = match field {
            Field::Larger => Some((above.max(*n), below)),
            Field::Smaller => Some((above, below.min(*n))),
            _ => return,
        };
    }
}

fn conjunction<'a>(node: &'a Node, all: &mut Vec<&'a Node>) {
    match node {
        Node::And(nodes) => nodes.iter().for_each(|node| conjunction(node, all)),
        node => all.push(node),
    }
}

/// How far into a message one must look: its row, its session, its bytes, its text.
fn depth(node: &Node) -> u8 {
    match node {
        Node::And(nodes) | Node::Or(nodes) => nodes.iter().map(depth).max().unwrap_or_default(),
        Node::Not(inner) => depth(inner),
        Node::Term(term) => match &term.field {
            Field::Helo | Field::User => 1,
            Field::Header(_) | Field::Type | Field::Filename | Field::Address(Who::Bcc) => 2,
            Field::Defect | Field::Html => 3,
            Field::Body => 4,
            Field::Any => 5,
            Field::Has => 6,
            _ => 0,
        },
    }
}

fn difference(with: Vec<String>, without: Vec<String>) -> Option<String> {
    let with = match (with.is_empty(), without.is_empty()) {
        (true, true) => return None,
        (true, false) => vec![phrase(&Phrase::key(keys::ALL, false))],
        _ => with,
    };
    let with = join(with, " AND ");
    Some(match without.is_empty() {
        true => with,
        false => format!("({with} NOT {})", join(without, " OR ")),
    })
}

fn join(mut parts: Vec<String>, with: &str) -> String {
    if parts.len() == 1 { parts.remove(0) } else { format!("({})", parts.join(with)) }
}

/// The expression of exactly this; `None` if FTS5 cannot tell.
fn fts(node: &Node) -> Option<String> {
    match node {
        Node::And(nodes) => {
            let (mut with, mut without) = (Vec::new(), Vec::new());
            for node in nodes {
                match node {
                    Node::Not(inner) => without.push(fts(inner)?),
                    node => with.push(fts(node)?),
                }
            }
            difference(with, without).or_else(|| Some(phrase(&Phrase::key(keys::ALL, false))))
        }
        Node::Or(nodes) => Some(join(nodes.iter().map(fts).collect::<Option<Vec<_>>>()?, " OR ")),
        Node::Not(inner) => difference(Vec::new(), vec![fts(inner)?]),
        Node::Term(term) => fts_term(term),
    }
}

fn fts_term(term: &Term) -> Option<String> {
    match (&term.field, &term.test) {
        (Field::Header(name), Test::Words(words)) => Some(phrase(&keys::header_words(name, words))),
        (Field::Header(name), Test::Glob(glob)) => {
            (glob.prefix() == Some("")).then(|| phrase(&keys::header_there(name)))
        }
        (field, Test::Words(words)) => Some(in_columns(field, words)),
        (Field::Address(who), Test::Address { whole, name }) => {
            let any = keys::address(*who, whole, name.as_ref());
            Some(join(any.iter().map(phrase).collect(), " OR "))
        }
        (Field::Address(who), Test::Glob(glob)) => {
            keys::address_glob(*who, glob).as_ref().map(phrase)
        }
        (Field::Filename, Test::Glob(glob)) => keys::file_glob(glob).as_ref().map(phrase),
        (Field::Has, Test::Flag(flag)) => Some(phrase(&keys::flag(flag))),
        (Field::Header(_) | Field::Address(_), _) => None,
        (field, Test::Whole(whole)) => keys::value(field, whole).as_ref().map(phrase),
        (field, Test::Glob(glob)) => keys::value_glob(field, glob).as_ref().map(phrase),
        (field, Test::Exact(exact)) => keys::exact_value(field, exact).as_ref().map(phrase),
        _ => None,
    }
}

/// A phrase as FTS5 writes it; its words have no quote in them.
fn phrase(phrase: &Phrase) -> String {
    let words = phrase.words().collect::<Vec<_>>().join(" ");
    format!("\"{words}\"{}", if phrase.is_prefix() { "*" } else { "" })
}

/// Words of all columns need no list of them: no word is met among the keys.
fn in_columns(field: &Field, words: &Phrase) -> String {
    let columns = matches::columns(field);
    if columns.len() == Column::WORDS.len() {
        return phrase(words);
    }
    let names: Vec<_> = columns.iter().map(|column| column.name()).collect();
    format!("{{{}}} : {}", names.join(" "), phrase(words))
}

/// The condition of exactly this; `None` if a row must be looked into.
fn sql(node: &Node) -> Option<(String, Vec<Param>)> {
    if let Some(expression) = fts(node) {
        let sql = "$seq IN (SELECT rowid FROM search.words WHERE words MATCH ?)".to_owned();
        return Some((sql, vec![Param::Text(expression)]));
    }
    match node {
        Node::And(nodes) => sql_of_all(nodes, " AND ", "1"),
        Node::Or(nodes) => sql_of_all(nodes, " OR ", "0"),
        Node::Not(inner) => sql(inner).map(|(sql, params)| (format!("NOT {sql}"), params)),
        Node::Term(term) => sql_term(term),
    }
}

fn sql_of_all(nodes: &[Node], with: &str, none: &str) -> Option<(String, Vec<Param>)> {
    let (mut parts, mut params) = (vec![], vec![]);
    for node in nodes {
        let (part, more) = sql(node)?;
        parts.push(part);
        params.extend(more);
    }
    let sql = if parts.is_empty() { none.to_owned() } else { parts.join(with) };
    Some((format!("({sql})"), params))
}

fn sql_term(term: &Term) -> Option<(String, Vec<Param>)> {
    let (sql, param) = match (&term.field, &term.test) {
        (Field::Is, Test::Flag(flag)) => {
            let set = match *flag {
                "read" => "$seq IN (SELECT seq FROM $read)",
                "unread" => "$seq NOT IN (SELECT seq FROM $read)",
                _ => "$seq IN (SELECT seq FROM $starred)",
            };
            (set, None)
        }
        (Field::Larger, Test::Number(n)) => ("$size > ?", Some(Param::Number(*n))),
        (Field::Smaller, Test::Number(n)) => ("$size < ?", Some(Param::Number(*n))),
        (Field::After, Test::Number(at)) => ("$at >= ?", Some(Param::Number(*at))),
        (Field::Before, Test::Number(at)) => ("$at < ?", Some(Param::Number(*at))),
        (Field::Id, Test::Exact(id)) => {
            let sql = "$seq IN (SELECT seq FROM main.messages WHERE id = ?)";
            (sql, Some(Param::Text(id.clone())))
        }
        (Field::Tag, _) => {
            let sql = "$seq IN (SELECT value FROM json_each(?))";
            (sql, Some(Param::Tagged(TagTest(term.clone()))))
        }
        _ => return None,
    };
    Some((format!("({sql})"), param.into_iter().collect()))
}

/// An expression of more than this, so that fewer rows must be looked into.
fn narrow(node: &Node) -> Option<String> {
    if let Some(expression) = fts(node) {
        return Some(expression);
    }
    match node {
        Node::And(nodes) => {
            let all: Vec<_> = nodes.iter().filter_map(narrow).collect();
            (!all.is_empty()).then(|| join(all, " AND "))
        }
        Node::Or(nodes) => {
            Some(join(nodes.iter().map(narrow).collect::<Option<Vec<_>>>()?, " OR "))
        }
        Node::Not(_) => None,
        Node::Term(term) => narrow_term(term),
    }
}

fn narrow_term(term: &Term) -> Option<String> {
    match (&term.field, &term.test) {
        (Field::Header(name), Test::Exact(exact)) => Some(phrase(&keys::header_exact(name, exact))),
        (Field::Header(name), _) => Some(phrase(&keys::header_there(name))),
        (Field::Address(who), Test::Exact(exact)) => {
            let whole = keys::address(*who, &fold_case(exact), None);
            whole.first().map(phrase)
        }
        (Field::Address(_), Test::Glob(glob)) => inner_words(&Field::Any, glob),
        (Field::Filename, Test::Glob(glob)) => inner_words(&Field::Filename, glob),
        (Field::Html, _) | (Field::Address(_), _) => None,
        (Field::Subject | Field::Body | Field::Filename, Test::Exact(exact)) => {
            Phrase::new(exact, false).map(|words| in_columns(&term.field, &words))
        }
        (field, Test::Exact(exact)) => keys::value(field, &fold_case(exact)).as_ref().map(phrase),
        _ => None,
    }
}

/// The words that stand whole between two `*`: `*.pdf` has `pdf`.
fn inner_words(field: &Field, glob: &Glob) -> Option<String> {
    let is_part = |c: char| c.is_alphanumeric() || !c.is_ascii();
    let last = glob.pieces().len() - 1;
    let mut all = Vec::new();
    for (place, piece) in glob.pieces().iter().enumerate() {
        let piece = if place > 0 { piece.trim_start_matches(is_part) } else { piece };
        let piece = if place < last { piece.trim_end_matches(is_part) } else { piece };
        all.extend(Phrase::new(piece, false).map(|words| in_columns(field, &words)));
    }
    (!all.is_empty()).then(|| join(all, " AND "))
}
