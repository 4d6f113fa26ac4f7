//! Carries checks out on a mail: each by itself, with what was found there.

use std::cell::OnceCell;

use scraper::{ElementRef, Html, Selector};
use serde::Serialize;
use serde_json::{Value, json};

use super::check::{Check, Step, Target, Test, Trait};
use super::extract::fits;
use super::wording::one_line;
use crate::message::{Message, is_too_deep};
use crate::search::{Glob, fold_case, fold_text};

/// Values that are told of what was found, and characters of each.
const TOLD: usize = 10;
const TOLD_CHARS: usize = 200;
/// HTML that is looked into; the tree of a page takes many times its size.
const MAX_HTML: usize = 4 * 1024 * 1024;

/// How a check went.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    pub check: Value,
    pub ok: bool,
    /// What was there: a value, several, or null.
    pub got: Value,
    #[serde(skip)]
    wanted: String,
}

impl Outcome {
    /// For a person.
    pub(super) fn line(&self) -> String {
        let wanted = &self.wanted;
        match (self.ok, &self.got) {
            (true, _) => format!("OK {wanted}"),
            (false, Value::Null) => format!("NO {wanted} - there is none"),
            (false, got) => format!("NO {wanted} - got {}", one_line(&got.to_string(), 400)),
        }
    }
}

/// `json` is the Message as the API tells it.
pub(super) fn check_all(checks: &[Check], message: &Message, json: &Value) -> Vec<Outcome> {
    let mail = Mail { message, json, html: OnceCell::new() };
    checks.iter().map(|check| mail.check(check)).collect()
}

struct Mail<'a> {
    message: &'a Message<'a>,
    json: &'a Value,
    html: OnceCell<Option<Html>>,
}

impl Mail<'_> {
    fn check(&self, check: &Check) -> Outcome {
        let found = self.find(&check.target);
        let holds = check.tests.iter().all(|test| holds(test, &found));
        let ok = holds != check.not && !self.is_too_large(&check.target);
        let got = match &check.target {
            _ if self.is_too_large(&check.target) => {
                json!("the HTML is too large or nested too deep to look into")
            }
            // Which others there are tells what is wrong with them.
            Target::Attachment(_) if !ok => told(&self.attachments()),
            Target::Link(_) if !ok && found.is_empty() => told(&self.field(&["links", "href"])),
            _ => told(&found),
        };
        Outcome { check: check.said.clone(), ok, got, wanted: check.wanted() }
    }

    fn find(&self, target: &Target) -> Vec<Value> {
        match target {
            Target::Field(steps) => {
                let mut found = Vec::new();
                walk(self.json, steps, &mut found);
                found
            }
            Target::Header(name) => {
                let fields = self.message.headers().filter(|field| field.is(name));
                fields.map(|field| self.message.value(&field).into()).collect()
            }
            Target::Html { selector, text, attr } => self.elements(selector, text, attr),
            Target::Attachment(traits) => {
                let mut all = self.attachments();
                all.retain(|file| traits.iter().all(|one| has(file, one)));
                all
            }
            Target::Link(wish) => {
                let links = self.message.links();
                let fitting = links.into_iter().filter(|link| fits(wish, link));
                fitting.map(|link| link.href.into()).collect()
            }
            Target::Defects => self.field(&["defects", "code"]),
        }
    }

    fn field(&self, names: &[&str]) -> Vec<Value> {
        let steps: Vec<Step> = names.iter().map(|name| Step::Name((*name).to_owned())).collect();
        let mut found = Vec::new();
        walk(self.json, &steps, &mut found);
        found
    }

    fn attachments(&self) -> Vec<Value> {
        let tell = |file: Value| json!({ "filename": file["filename"], "type": file["type"], "size": file["size"], "sha256": file["sha256"] });
        self.field(&["attachments"]).into_iter().map(tell).collect()
    }

    fn source(&self) -> &str {
        self.json["html"].as_str().unwrap_or_default()
    }

    fn is_too_large(&self, target: &Target) -> bool {
        matches!(target, Target::Html { .. }) && self.page().is_none()
    }

    /// `None` when reading it would take too long.
    fn page(&self) -> Option<&Html> {
        let page = self.html.get_or_init(|| {
            let source = self.source();
            let is_fine = source.len() <= MAX_HTML && !is_too_deep(source);
            is_fine.then(|| Html::parse_document(source))
        });
        page.as_ref()
    }

    fn elements(&self, selector: &str, text: &Option<String>, attr: &Option<String>) -> Vec<Value> {
        let (Some(page), Ok(selector)) = (self.page(), Selector::parse(selector)) else {
            return Vec::new();
        };
        let shown = |element: &ElementRef| {
            let text: String = element.text().collect();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let has_text = |element: &ElementRef| {
            text.as_ref().is_none_or(|text| fold_text(&shown(element)).contains(text))
        };
        let value = |element: ElementRef| match attr {
            Some(attr) => element.value().attr(attr).map(|value| value.trim().into()),
            None => Some(shown(&element).into()),
        };
        page.select(&selector).filter(has_text).filter_map(value).collect()
    }
}

/// Lists are walked into, whether an index says so or not.
fn walk(at: &Value, steps: &[Step], found: &mut Vec<Value>) {
    match (at, steps) {
        (Value::Null, _) => {}
        (Value::Array(all), [Step::Index(n), rest @ ..]) => {
            if let Some(one) = all.get(*n) {
                walk(one, rest, found);
            }
        }
        (Value::Array(all), [Step::Each, rest @ ..]) => {
            all.iter().for_each(|one| walk(one, rest, found));
        }
        (Value::Array(all), rest) => all.iter().for_each(|one| walk(one, rest, found)),
        (Value::Object(fields), [Step::Name(name), rest @ ..]) => {
            if let Some(one) = fields.get(name) {
                walk(one, rest, found);
            }
        }
        (_, []) => found.push(at.clone()),
        _ => {}
    }
}

fn has(file: &Value, wanted: &Trait) -> bool {
    let text = |name: &str| fold_case(file[name].as_str().unwrap_or_default());
    let is = |glob: &Option<Glob>, whole: &String, text: String| match glob {
        Some(glob) => glob.matches(&text),
        None => text == *whole,
    };
    let size = file["size"].as_u64().unwrap_or_default();
    match wanted {
        Trait::Named(glob, whole) => is(glob, whole, text("filename")),
        Trait::Type(glob, whole) => is(glob, whole, text("type")),
        Trait::MinSize(least) => size >= *least,
        Trait::MaxSize(most) => size <= *most,
        Trait::Sha256(hash) => text("sha256") == *hash,
    }
}

fn holds(test: &Test, found: &[Value]) -> bool {
    match test {
        Test::Exists(should) => found.is_empty() != *should,
        Test::Count(count) => found.len() as u64 == *count,
        Test::Equals(value) => found.iter().any(|one| plain(one) == plain(value)),
        Test::OneOf(values) => {
            found.iter().any(|one| values.iter().any(|value| plain(one) == plain(value)))
        }
        Test::Contains(part) => found.iter().any(|one| fold_text(&plain(one)).contains(part)),
        Test::Matches(regex) => found.iter().any(|one| regex.is_match(&plain(one))),
    }
}

/// A number is the same as a text and as a number.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn told(found: &[Value]) -> Value {
    let short = |value: &Value| match value {
        Value::String(text) => one_line(text, TOLD_CHARS).into(),
        other => other.clone(),
    };
    match found {
        [] => Value::Null,
        [one] => short(one),
        all => all.iter().take(TOLD).map(short).collect(),
    }
}
