//! Values in the index that are no words of the text: whole addresses, names beside them, media
//! types, inboxes, header fields. Each is one word that begins with a mark for its field, so that
//! no search for words ever meets it.
//!
//! Marks and what stands for punctuation are of Unicode's private use area: SQLite's `ascii`
//! tokenizer takes them for letters, and [`super::fold`] takes them for none.

use super::field::{Field, Who};
use super::fold::{Phrase, add_words, fold_case};
use super::glob::Glob;

/// Stands between two values whose words must not make a phrase together.
pub const GAP: &str = "\u{e101} ";
/// A word that every message has.
pub const ALL: &str = "\u{e100}";

const NAME: u32 = 0xe110;
const ADDRESS: u32 = 0xe120;
const DOMAIN: u32 = 0xe130;
const HEADER: char = '\u{e150}';
const HEADER_END: char = '\u{e151}';
const HAS: char = '\u{e152}';
const FILE: char = '\u{e153}';
const FILE_END: char = '\u{e154}';

/// Characters of a value that stand in the index as they are.
const MAX_KEY: usize = 120;
/// Characters of a header field whose words are found.
const MAX_HEADER: usize = 1000;

fn mark(base: u32, who: Who) -> char {
    char::from_u32(base + who as u32).unwrap_or_default()
}

/// The mark of a field whose whole value is one word. Values that differ by case differ there.
fn value_mark(field: &Field) -> Option<char> {
    Some(match field {
        Field::Type => '\u{e140}',
        Field::Inbox => '\u{e141}',
        Field::Session => '\u{e142}',
        Field::Via => '\u{e143}',
        Field::Helo => '\u{e144}',
        Field::User => '\u{e145}',
        Field::Defect => '\u{e146}',
        _ => return None,
    })
}

/// The same for values as they are written, where they are looked for often.
const EXACT_INBOX: char = '\u{e147}';

/// A value as a word: punctuation and capitals moved out of ASCII, the rest of a long one hashed.
fn encode(value: &str, out: &mut String) {
    let mut chars = value.chars();
    for c in chars.by_ref().take(MAX_KEY) {
        match c {
            'a'..='z' | '0'..='9' => out.push(c),
            '\0'..='\u{7f}' => out.extend(char::from_u32(0xe000 + c as u32)),
            _ => out.push(c),
        }
    }
    let rest = chars.as_str();
    if !rest.is_empty() {
        // FNV-1a: it stands in files, so it must be the same for ever.
        let step = |hash: u64, b: u8| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3);
        let hash = rest.bytes().fold(0xcbf2_9ce4_8422_2325, step);
        out.push_str(&format!("{hash:016x}"));
    }
}

fn key(mark: char, value: &str) -> String {
    let mut out = String::from(mark);
    encode(value, &mut out);
    out
}

fn add(out: &mut String, mark: char, value: &str) {
    out.push(mark);
    encode(value, out);
    out.push(' ');
}

/// Writes addresses: the words of each name, the address, its domain.
pub fn add_address(out: &mut String, who: Who, name: &str, address: &str) {
    let name_mark = mark(NAME, who).to_string();
    add_words(out, &name_mark, name);
    let whole = fold_case(address.trim());
    add(out, mark(ADDRESS, who), &whole);
    if let Some((_, domain)) = whole.rsplit_once('@') {
        add(out, mark(DOMAIN, who), domain);
    }
}

pub fn add_value(out: &mut String, field: &Field, value: &str) {
    let Some(mark) = value_mark(field) else { return };
    match field {
        Field::Session => add(out, mark, value),
        Field::Inbox => {
            add(out, EXACT_INBOX, value.trim());
            add(out, mark, &fold_case(value.trim()));
        }
        Field::Type => {
            let value = fold_case(value.trim());
            // `type:image` means all of them.
            if let Some((kind, _)) = value.split_once('/') {
                add(out, mark, kind);
            }
            add(out, mark, &value);
        }
        _ => add(out, mark, &fold_case(value.trim())),
    }
}

/// Writes the name of a file, and what stands behind its last dot.
pub fn add_file(out: &mut String, name: &str) {
    let whole = fold_case(name);
    add(out, FILE, &whole);
    if let Some((_, end)) = whole.rsplit_once('.') {
        add(out, FILE_END, end);
    }
}

pub fn add_flag(out: &mut String, flag: &str) {
    add(out, HAS, flag);
}

/// Writes a header field: that it is there, and its words.
pub fn add_header(out: &mut String, name: &str, value: &str) {
    let before = header(name);
    out.push_str(&before);
    out.push(' ');
    add_words(out, &before, cut(value));
}

fn header(name: &str) -> String {
    let mut before = key(HEADER, &name.to_ascii_lowercase());
    before.push(HEADER_END);
    before
}

fn cut(value: &str) -> &str {
    value.char_indices().nth(MAX_HEADER).map_or(value, |(end, _)| &value[..end])
}

// What to look for.

/// Either of them means the address, or a name beside it.
pub fn address(who: Who, whole: &str, name: Option<&Phrase>) -> Vec<Phrase> {
    let mut any = vec![Phrase::key(&key(mark(ADDRESS, who), whole), false)];
    any.extend(name.map(|name| name.marked(&mark(NAME, who).to_string())));
    any
}

/// `None` if the index cannot tell.
pub fn address_glob(who: Who, glob: &Glob) -> Option<Phrase> {
    if let Some(prefix) = glob.prefix() {
        return begun(mark(ADDRESS, who), prefix);
    }
    let domain = glob.suffix()?.strip_prefix('@')?;
    let is_whole = !domain.contains('@');
    is_whole.then(|| Phrase::key(&key(mark(DOMAIN, who), domain), false))
}

pub fn value(field: &Field, whole: &str) -> Option<Phrase> {
    Some(Phrase::key(&key(value_mark(field)?, whole), false))
}

/// The whole value as it is; `None` if the index cannot tell.
pub fn exact_value(field: &Field, exact: &str) -> Option<Phrase> {
    match field {
        Field::Inbox => Some(Phrase::key(&key(EXACT_INBOX, exact), false)),
        Field::Session => value(field, exact),
        _ => None,
    }
}

/// `None` if the index cannot tell.
pub fn value_glob(field: &Field, glob: &Glob) -> Option<Phrase> {
    match field {
        // Its values are not folded.
        Field::Session => None,
        _ => begun(value_mark(field)?, glob.prefix()?),
    }
}

/// `None` if the index cannot tell.
pub fn file_glob(glob: &Glob) -> Option<Phrase> {
    if let Some(prefix) = glob.prefix() {
        return begun(FILE, prefix);
    }
    let end = glob.suffix()?.strip_prefix('.')?;
    (!end.contains('.')).then(|| Phrase::key(&key(FILE_END, end), false))
}

fn begun(mark: char, prefix: &str) -> Option<Phrase> {
    // Beyond this there is a hash.
    let is_short = prefix.chars().count() <= MAX_KEY;
    is_short.then(|| Phrase::key(&key(mark, prefix), true))
}

pub fn flag(flag: &str) -> Phrase {
    Phrase::key(&key(HAS, flag), false)
}

pub fn header_words(name: &str, phrase: &Phrase) -> Phrase {
    phrase.marked(&header(name))
}

/// That the field is there.
pub fn header_there(name: &str) -> Phrase {
    Phrase::key(&header(name), false)
}

/// Words that a header field has if it is exactly this.
pub fn header_exact(name: &str, exact: &str) -> Phrase {
    match Phrase::new(cut(exact), false) {
        Some(words) => header_words(name, &words),
        None => header_there(name),
    }
}
