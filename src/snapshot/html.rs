//! HTML set out so that a changed word changes one line: a line for each block, with what stands
//! inside it, attributes by name, whitespace as a browser would see it.
//!
//! Owns the layout. The tree is the one that a browser would make, read without recursion: mails
//! may nest deeper than a stack is high. Line breaks do not depend on how long a line is, or one
//! word would move the others.

use super::options::Kept;
use super::too_large;
use super::vary::Vary;
use crate::message::is_too_deep;
use scraper::node::Element;
use scraper::{Html, Node};
use std::collections::HashMap;
use std::fmt::Write as _;

/// HTML and text that is looked into.
pub(super) const MAX_HTML: usize = 4 * 1024 * 1024;
/// What is nested deeper is not moved further to the right.
const MAX_INDENT: usize = 30;

/// Elements that stand on lines of their own.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "base",
    "blockquote",
    "body",
    "caption",
    "center",
    "col",
    "colgroup",
    "dd",
    "details",
    "dialog",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "legend",
    "li",
    "link",
    "main",
    "meta",
    "nav",
    "noscript",
    "object",
    "ol",
    "option",
    "p",
    "pre",
    "script",
    "section",
    "select",
    "source",
    "style",
    "summary",
    "table",
    "tbody",
    "td",
    "template",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "ul",
    "video",
];
/// Elements without an end.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];

pub(super) fn lines(source: &str, vary: &mut Vary) -> String {
    if source.len() > MAX_HTML || is_too_deep(source) {
        return too_large(source);
    }
    let page = Html::parse_document(source);
    let texts = || page.tree.nodes().filter_map(|node| Some((node.id(), node.value().as_text()?)));
    let boxed = boxed_codes(texts().map(|(_, text)| &**text), vary);
    let boxed: HashMap<_, _> =
        texts().zip(boxed).filter_map(|((id, _), shown)| Some((id, shown?))).collect();
    let mut printer = Printer {
        vary,
        out: String::new(),
        line: String::new(),
        opened: None,
        depth: 0,
        raw: 0,
        kept: 0,
    };
    let mut at = page.tree.root();
    loop {
        match at.value() {
            Node::Text(text) => match boxed.get(&at.id()) {
                Some(shown) => printer.line.push_str(shown),
                None => printer.text(text),
            },
            other => printer.open(other),
        }
        if let Some(child) = at.first_child() {
            at = child;
            continue;
        }
        loop {
            printer.close(at.value());
            if let Some(next) = at.next_sibling() {
                at = next;
                break;
            }
            match at.parent() {
                Some(parent) => at = parent,
                None => {
                    printer.flush();
                    return printer.out;
                }
            }
        }
    }
}

/// A code whose characters stand in elements of their own, as in a row of boxes: the first has all
/// of it, the others nothing.
fn boxed_codes<'t>(texts: impl Iterator<Item = &'t str>, vary: &mut Vary) -> Vec<Option<String>> {
    let texts: Vec<&str> = texts.map(str::trim).collect();
    let mut shown = vec![None; texts.len()];
    let filled: Vec<usize> = (0..texts.len()).filter(|n| !texts[*n].is_empty()).collect();
    for code in vary.codes.clone() {
        let code: String = code.iter().collect();
        for (n, first) in filled.iter().enumerate() {
            let mut rest = code.as_str();
            let mut boxes = 0;
            for place in &filled[n..] {
                let Some(after) = rest.strip_prefix(texts[*place]) else { break };
                (rest, boxes) = (after, boxes + 1);
                if rest.is_empty() {
                    break;
                }
            }
            if rest.is_empty() && boxes > 1 {
                filled[n..n + boxes].iter().for_each(|place| shown[*place] = Some(String::new()));
                shown[*first] = Some(vary.text(&code));
            }
        }
    }
    shown
}

struct Printer<'v, 'o> {
    vary: &'v mut Vary<'o>,
    out: String,
    /// What stands in the line that is not at its end yet.
    line: String,
    /// The start of a block in which there is nothing but that line so far.
    opened: Option<String>,
    depth: usize,
    /// Elements around whose text is no HTML.
    raw: usize,
    /// Elements around whose lines are lines.
    kept: usize,
}

impl Printer<'_, '_> {
    fn open(&mut self, node: &Node) {
        match node {
            Node::Doctype(doctype) => {
                self.whole_line(format!("<!doctype {}>", doctype.name()));
            }
            Node::Comment(comment) => {
                let text = self.vary.text(comment);
                self.flush();
                self.raw_lines(&format!("<!--{text}-->"));
            }
            Node::Element(element) => self.element(element),
            _ => {}
        }
    }

    fn element(&mut self, element: &Element) {
        let name = element.name();
        if name == "img" && !self.vary.options().keeps(Kept::Pixel) && is_pixel(element) {
            return;
        }
        let tag = self.tag(element);
        if !is(BLOCKS, name) {
            self.line.push_str(&tag);
            if name == "br" {
                self.flush();
            }
        } else if is(VOID, name) {
            self.whole_line(tag);
        } else {
            self.flush();
            self.opened = Some(tag);
            self.depth += 1;
            self.raw += usize::from(is_raw(name));
            self.kept += usize::from(name == "pre");
        }
    }

    fn close(&mut self, node: &Node) {
        let Node::Element(element) = node else { return };
        let name = element.name();
        if is(VOID, name) {
            return;
        }
        if !is(BLOCKS, name) {
            return self.line.push_str(&format!("</{name}>"));
        }
        self.raw -= usize::from(is_raw(name));
        self.kept -= usize::from(name == "pre");
        match self.opened.take() {
            Some(tag) => {
                let line = format!("{tag}{}</{name}>", self.line.trim());
                self.line.clear();
                self.depth -= 1;
                self.write(&line);
            }
            None => {
                self.flush();
                self.depth -= 1;
                self.write(&format!("</{name}>"));
            }
        }
    }

    fn text(&mut self, text: &str) {
        let text = self.vary.text(text);
        if self.raw > 0 {
            if !text.trim().is_empty() {
                self.flush();
                // What fits into one line of source is hard to read, and all of it one change.
                self.rules(&text.replace('}', "}\n"));
            }
            return;
        }
        let text = escaped(&text);
        if self.kept > 0 {
            for (n, line) in text.split('\n').enumerate() {
                if n > 0 {
                    self.flush();
                }
                self.line.push_str(line);
            }
            return;
        }
        let blank = |c: char| c.is_ascii_whitespace();
        for (n, word) in text.split(blank).enumerate() {
            if n > 0 && !self.line.is_empty() && !self.line.ends_with(' ') {
                self.line.push(' ');
            }
            self.line.push_str(word);
        }
    }

    fn tag(&mut self, element: &Element) -> String {
        let mut attributes: Vec<_> = element.attrs().collect();
        attributes.sort_unstable();
        let mut tag = format!("<{}", element.name());
        for (name, value) in attributes {
            let value = self.vary.text(value);
            let value = value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
            let _ = match value.is_empty() {
                true => write!(tag, " {name}"),
                false => write!(tag, " {name}=\"{}\"", escaped(&value).replace('"', "&quot;")),
            };
        }
        tag.push('>');
        tag
    }

    fn whole_line(&mut self, line: String) {
        self.flush();
        self.write(&line);
    }

    fn raw_lines(&mut self, text: &str) {
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            self.write(line);
        }
    }

    /// Lines of a style sheet or a script, further in by their braces.
    fn rules(&mut self, text: &str) {
        let depth = self.depth;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (opened, closed) = (line.matches('{').count(), line.matches('}').count());
            if closed > opened {
                self.depth = self.depth.saturating_sub(closed - opened).max(depth);
            }
            self.write(line);
            self.depth += opened.saturating_sub(closed);
        }
        self.depth = depth;
    }

    /// Ends the line. A block that has more than one line has its start on one of its own.
    fn flush(&mut self) {
        if let Some(tag) = self.opened.take() {
            self.depth -= 1;
            self.write(&tag);
            self.depth += 1;
        }
        let line = std::mem::take(&mut self.line);
        if !line.trim().is_empty() {
            self.write(if self.kept > 0 { line.trim_end() } else { line.trim() });
        }
    }

    fn write(&mut self, line: &str) {
        let width = 2 * self.depth.min(MAX_INDENT);
        let _ = writeln!(self.out, "{:width$}{line}", "");
    }
}

fn is(names: &[&str], name: &str) -> bool {
    names.contains(&name)
}

fn is_raw(name: &str) -> bool {
    matches!(name, "style" | "script")
}

/// A picture that only tells its sender that the mail was opened.
fn is_pixel(image: &Element) -> bool {
    let is_tiny = |name| {
        let size = image.attr(name).map(|size| size.trim().trim_end_matches("px"));
        matches!(size, Some("0" | "1"))
    };
    let source = image.attr("src").unwrap_or_default();
    let path = source.split(['?', '#']).next().unwrap_or_default();
    let is_told = |segment: &str| matches!(segment, "open" | "track" | "pixel" | "wf");
    let has_text = image.attr("alt").is_some_and(|alt| !alt.trim().is_empty());
    let is_http = source.starts_with("http:") || source.starts_with("https:");
    is_tiny("width") && is_tiny("height") || is_http && !has_text && path.split('/').any(is_told)
}

/// As source, with what is not seen shown.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\u{a0}' => out.push_str("&nbsp;"),
            '\u{ad}'
            | '\u{34f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2007}'
            | '\u{2060}'
            | '\u{feff}' => {
                let _ = write!(out, "&#x{:x};", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}
