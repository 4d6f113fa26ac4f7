//! A mail as lines of characters in one form, so that the rules know one space, one dash and one
//! kind of digit.
//!
//! Owns what a reader takes for a line: of plain text, or of HTML with its rows and cells.

use super::super::html::{after_tag, attribute, decode_entities, tag_name};

/// Characters of one text that are looked at.
const MAX_CHARS: usize = 256 * 1024;
/// A font from this size on catches the eye, in pixels.
const LARGE: f32 = 20.0;

/// A line; the cells of a table's row are parted by tabs.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub chars: Vec<char>,
    /// Set large, bold, or apart.
    pub is_marked: bool,
}

impl Line {
    pub fn is_blank(&self) -> bool {
        !self.chars.iter().any(|c| c.is_alphanumeric())
    }
}

pub(super) fn of_text(text: &str) -> Vec<Line> {
    let mut lines = Lines::default();
    for c in text.chars().take(MAX_CHARS) {
        match c {
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => lines.end(),
            c => lines.push(c),
        }
    }
    lines.finish()
}

/// Elements that stand in a line.
const IN_LINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "em", "font", "i", "ins", "kbd",
    "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "u", "wbr", "img", "label",
    "o:p", "tt", "!",
];
const SILENT: &[&str] = &["style", "script", "head", "template", "title"];
const MARKING: &[&str] = &["h1", "h2", "h3", "code", "kbd", "strong", "b", "pre", "samp", "tt"];
const VOID: &[&str] = &["img", "br", "hr", "input", "meta", "link", "area", "col", "wbr"];

pub(super) fn of_html(html: &str) -> Vec<Line> {
    let mut lines = Lines::default();
    let mut rest = html;
    let mut room = MAX_CHARS * 4;
    while let Some(at) = rest.find('<').filter(|_| room > 0) {
        lines.text(&rest[..at]);
        rest = &rest[at..];
        let tag = tag_name(rest);
        if !rest.starts_with("<!--") && tag.is_empty() {
            lines.push('<');
            rest = &rest[1..];
            continue;
        }
        let after = after_tag(rest);
        let start = &rest[..rest.len() - after.len()];
        room = room.saturating_sub(start.len() + at);
        rest = lines.tag(start, &tag.to_ascii_lowercase(), after);
    }
    if room > 0 {
        lines.text(rest);
    }
    lines.finish()
}

#[derive(Default)]
struct Lines {
    list: Vec<Line>,
    line: Line,
    count: usize,
}

impl Lines {
    fn push(&mut self, c: char) {
        if self.count < MAX_CHARS
            && let Some(c) = normal(c)
        {
            self.line.chars.push(c);
            self.count += 1;
        }
    }

    fn end(&mut self) {
        if self.line.is_blank() {
            // What was marked begins on the next line.
            self.line.chars.clear();
        } else {
            self.list.push(std::mem::take(&mut self.line));
        }
    }

    fn finish(mut self) -> Vec<Line> {
        self.end();
        join_stacked(self.list)
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let mut plain = String::with_capacity(text.len());
        decode_entities(text, &mut plain);
        for c in plain.chars() {
            // Line ends mean nothing in HTML.
            self.push(if c.is_whitespace() { ' ' } else { c });
        }
    }

    /// Takes a tag, and gives what follows it or the element that is not shown.
    fn tag<'h>(&mut self, start: &str, name: &str, after: &'h str) -> &'h str {
        let is_start = !start.starts_with("</");
        match name {
            "td" | "th" => self.line.chars.push('\t'),
            name if !IN_LINE.contains(&name) => self.end(),
            _ => {}
        }
        if !is_start {
            return after;
        }
        let shown = match name {
            "img" => attribute(start, "alt"),
            "input" => attribute(start, "value"),
            _ => None,
        };
        if let Some(shown) = shown {
            self.push(' ');
            self.text(&shown);
            self.push(' ');
        }
        let style = attribute(start, "style").unwrap_or_default().to_ascii_lowercase();
        let is_hidden = style.replace(' ', "").contains("display:none");
        if SILENT.contains(&name) || is_hidden && !VOID.contains(&name) {
            return after_element(after, name);
        }
        self.line.is_marked |= MARKING.contains(&name) || is_large(&style);
        after
    }
}

fn is_large(style: &str) -> bool {
    if style.contains("letter-spacing") {
        return true;
    }
    let Some((_, size)) = style.split_once("font-size:") else { return false };
    let size = size.trim_start();
    let end = size.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(size.len());
    let number: f32 = size[..end].parse().unwrap_or_default();
    match &size[end..] {
        unit if unit.starts_with("em") || unit.starts_with("rem") => number * 16.0 >= LARGE,
        _ => number >= LARGE,
    }
}

/// Behind the end of an element, those of its name within it counted.
fn after_element<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    let mut depth = 1;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        if tag_name(rest).eq_ignore_ascii_case(name) {
            let is_end = rest.starts_with("</");
            depth = if is_end { depth - 1 } else { depth + 1 };
            rest = after_tag(rest);
            if depth == 0 {
                return rest;
            }
        } else {
            rest = &rest[1..];
        }
    }
    ""
}

/// Lines of one character each, in a row, are one line: digits in boxes.
fn join_stacked(list: Vec<Line>) -> Vec<Line> {
    let single = |line: &Line| {
        let mut shown = line.chars.iter().filter(|c| !c.is_whitespace());
        matches!((shown.next(), shown.next()), (Some(c), None) if c.is_ascii_alphanumeric())
    };
    let mut joined: Vec<Line> = Vec::with_capacity(list.len());
    let mut is_open = false;
    for line in list {
        let is_single = single(&line);
        match joined.last_mut() {
            Some(last) if is_open && is_single => {
                last.chars.push(' ');
                last.chars.extend(line.chars.iter().filter(|c| !c.is_whitespace()));
            }
            _ => joined.push(line),
        }
        is_open = is_single;
    }
    joined
}

/// One form for what looks alike; `None` for what is not seen.
fn normal(c: char) -> Option<char> {
    let digit = |zero: char| char::from_digit(c as u32 - zero as u32, 10);
    match c {
        ' '..='~' => Some(c),
        '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}'
        | '\u{34f}' => None,
        '\t' => Some('\t'),
        '０'..='９' => digit('０'),
        '٠'..='٩' => digit('٠'),
        '۰'..='۹' => digit('۰'),
        '०'..='९' => digit('०'),
        '๐'..='๙' => digit('๐'),
        'Ａ'..='Ｚ' => char::from_u32(c as u32 - 'Ａ' as u32 + 'A' as u32),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '－' => Some('-'),
        '：' => Some(':'),
        c if c.is_whitespace() || c.is_control() => Some(' '),
        c => Some(c),
    }
}
