//! One-time codes: the number that a mail was sent for.
//!
//! Owns which numbers of a message are codes, and how sure that is. `line` says what a reader sees
//! as a line, `spot` what has the shape of a code, `words` what the words around it mean, `rank`
//! weighs it. Made when somebody asks, never on the way in; linear in the size of the message.

mod lexicon;
mod line;
mod rank;
mod spot;
mod words;

use super::{Message, text};
use line::Line;
use rank::{Page, Topic};
use serde::Serialize;
use words::Words;

/// From this score on a number counts as a code.
pub const LIKELY: u32 = 45;
/// More are not listed.
pub const MAX_CODES: usize = 20;
/// Numbers that are judged.
const MAX_SPOTS: usize = 2_000;
/// A code is certain from this score on, if no other comes near.
const CERTAIN: u32 = 60;
const MARGIN: u32 = 12;
/// Characters of the line that are shown around it.
const CONTEXT: usize = 40;

/// A number that may be a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// As it is typed: without the spaces between its digits.
    pub value: String,
    /// What stands around it.
    pub context: String,
    /// 0 to 100.
    pub score: u32,
    /// No other number comes near, and a word says that it is a code.
    pub certain: bool,
    /// The path of the part it stands in, or `subject`.
    pub part: String,
}

/// All numbers of a message with the shape of a code that are not of another kind, likely ones
/// first. Those below [`LIKELY`] have only their shape.
pub(super) fn of_message(message: &Message) -> Vec<Found> {
    let bodies = message.bodies();
    let read = |index: &usize| {
        let part = &message.parts[*index];
        (text::text(message.raw, part), part.path.as_str())
    };
    let texts: Vec<_> = bodies.text.iter().map(read).collect();
    let htmls: Vec<_> = bodies.html.iter().map(read).collect();
    find(&message.digest().subject, &texts, &htmls)
}

/// The same of a mail that was read already, by its subject, text and HTML.
pub fn codes_of(subject: &str, text: &str, html: &str) -> Vec<Found> {
    let body = |text: &str, part| match text {
        "" => Vec::new(),
        text => vec![(text.to_owned(), part)],
    };
    find(subject, &body(text, "text"), &body(html, "html"))
}

fn find(subject: &str, texts: &[(String, &str)], htmls: &[(String, &str)]) -> Vec<Found> {
    let subject = Page::new(line::of_text(subject));
    let read = |(text, part): &(String, _)| (Page::new(line::of_text(text)), *part);
    let mut pages: Vec<_> = texts.iter().map(read).collect();
    let read = |(html, part): &(String, _)| (Page::new(line::of_html(html)), *part);
    pages.extend(htmls.iter().map(read));
    let mut all = Collected::default();
    let has_any = |page: &Page| page.lines.iter().any(|line| !spot::spots(line).is_empty());
    if !has_any(&subject) && !pages.iter().any(|(page, _)| has_any(page)) {
        return Vec::new();
    }
    let mut lines = 0..subject.lines.len();
    let is_access = lines.any(|at| !Words::topics().find(subject.folded(at)).is_empty());
    let topic = match (subject.speaks(), is_access) {
        (true, _) => Topic::Code,
        (false, true) => Topic::Access,
        (false, false) => Topic::None,
    };
    // A subject that begins with a number is about what the mail is about.
    if has_any(&subject) {
        let is_told = is_access || pages.iter().any(|(page, _)| page.speaks());
        all.add(&subject, "subject", if is_told { Topic::Code } else { Topic::None });
    }
    for (page, part) in &pages {
        all.add(page, part, topic);
    }
    all.ranked()
}

#[derive(Default)]
struct Collected {
    found: Vec<(Found, bool)>,
    count: usize,
}

impl Collected {
    fn add(&mut self, page: &Page, part: &str, topic: Topic) {
        for (at, line) in page.lines.iter().enumerate() {
            for spot in spot::spots(line) {
                self.count += 1;
                if self.count > MAX_SPOTS {
                    return;
                }
                let (score, is_said) = rank::score(page, at, &spot, topic);
                // A number of another kind, or a word in capitals.
                if score == 0 {
                    continue;
                }
                let context = context(line, &spot);
                let (value, part) = (spot.value, part.to_owned());
                self.merge(Found { value, context, score, certain: false, part }, is_said);
            }
        }
    }

    /// The same number in another place makes it likelier; the place with the best reason stays.
    fn merge(&mut self, found: Found, is_said: bool) {
        match self.found.iter_mut().find(|(other, _)| other.value == found.value) {
            None => self.found.push((found, is_said)),
            Some((other, said)) => {
                *said |= is_said;
                let sum = other.score.max(found.score);
                let more = if other.score.min(found.score) > 0 { 4 } else { 0 };
                if found.score > other.score {
                    *other = found;
                }
                other.score = (sum + more).min(100);
            }
        }
    }

    fn ranked(mut self) -> Vec<Found> {
        // Stable: equal ones stay in the order of the message.
        self.found.sort_by_key(|(found, _)| std::cmp::Reverse(found.score));
        let second = self.found.get(1).map_or(0, |(found, _)| found.score);
        if let Some((first, is_said)) = self.found.first_mut() {
            first.certain = *is_said && first.score >= CERTAIN && first.score >= second + MARGIN;
        }
        self.found.into_iter().map(|(found, _)| found).take(MAX_CODES).collect()
    }
}

fn context(line: &Line, spot: &spot::Spot) -> String {
    let from = spot.start.saturating_sub(CONTEXT);
    let to = (spot.end + CONTEXT).min(line.chars.len());
    let text: String = line.chars[from..to].iter().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
