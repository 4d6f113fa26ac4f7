//! How near a message came: each condition of the question with what the message has there.

use serde::Serialize;

use super::candidate::Candidate;
use super::criterion::{Criterion, Field, Test};
use super::distance::edits;
use super::expectation::{Expectation, Since};
use super::wording::{one_line, quoted, signed};
use crate::search::{Source, fold_case, fold_text};

/// One condition, and whether it holds.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    pub field: String,
    pub ok: bool,
    pub want: String,
    pub got: String,
    /// Letters to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edits: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    #[serde(skip)]
    cost: f64,
}

/// A message that was not it.
#[derive(Debug, Clone, Serialize)]
pub struct NearMiss {
    pub id: String,
    pub seq: u64,
    pub url: String,
    /// From the start of the call, in milliseconds.
    pub after_ms: i64,
    pub subject: String,
    pub from: String,
    pub to: Vec<String>,
    /// 0 would be it; a condition that does not hold at all adds 1.
    pub distance: f64,
    pub criteria: Vec<Check>,
}

/// Letters that a typing mistake may be.
const MISTYPED: usize = 3;
const BEFORE: f64 = 0.4;
const OTHER_INBOX: f64 = 0.5;

impl NearMiss {
    pub(super) fn of(
        expectation: &Expectation,
        candidate: &Candidate,
        started: i64,
        inspector: &str,
    ) -> NearMiss {
        let facts = candidate.facts();
        let mut criteria: Vec<Check> =
            expectation.criteria.iter().map(|criterion| check(criterion, candidate)).collect();
        criteria.extend(since(&expectation.since, candidate, started));
        let cost: f64 = criteria.iter().map(|check| check.cost).sum();
        let header_from = facts.from.first().map(|from| from.address.as_str());
        NearMiss {
            id: facts.id.clone(),
            seq: candidate.seq,
            url: format!("{inspector}/m/{}", facts.id),
            after_ms: facts.received_at - started,
            subject: one_line(&facts.subject, 200),
            from: one_line(header_from.unwrap_or(&facts.mail_from), 200),
            to: candidate.recipients().iter().take(20).map(|to| one_line(to, 200)).collect(),
            distance: (cost * 100.0).round() / 100.0,
            criteria,
        }
    }

    /// Whether anything of it is as it was asked, so that it helps to show it.
    pub(super) fn is_near(&self) -> bool {
        self.distance < self.criteria.len() as f64
    }
}

fn check(criterion: &Criterion, candidate: &Candidate) -> Check {
    let ok = criterion.holds(candidate);
    let mut check = Check {
        field: criterion.field.name(),
        ok,
        want: criterion.wanted(),
        got: got(criterion, candidate),
        edits: None,
        hint: None,
        cost: f64::from(u8::from(!ok)),
    };
    if ok {
        return check;
    }
    if criterion.not {
        check.hint = Some("it must not".to_owned()).filter(|_| criterion.field == Field::Query);
        return check;
    }
    match &criterion.field {
        Field::To | Field::From => address(criterion, candidate, &mut check),
        Field::Subject | Field::Text | Field::Html => text(criterion, candidate, &mut check),
        Field::Header(_) if !check.got.is_empty() => check.cost = 0.7,
        Field::Inbox => {
            check.cost = OTHER_INBOX;
            check.hint = Some(
                "another inbox: does the app send X-Restante-Inbox, or log in as that user?"
                    .to_owned(),
            );
        }
        _ => {}
    }
    check
}

fn got(criterion: &Criterion, candidate: &Candidate) -> String {
    if criterion.field == Field::Query {
        return String::new();
    }
    let mut all: Vec<String> = Vec::new();
    let is_text =
        matches!(criterion.field, Field::Subject | Field::Text | Field::Html | Field::Header(_));
    let mut each = |value: &str| {
        let shown = if is_text { quoted(value) } else { one_line(value, 120) };
        if !all.contains(&shown) && all.len() < 5 {
            all.push(shown);
        }
    };
    match criterion.field {
        // The header may write one of the envelope in other letters.
        Field::To => candidate.recipients().iter().for_each(|to| each(to)),
        _ => criterion.each(candidate, &mut each),
    }
    all.join(", ")
}

fn address(criterion: &Criterion, candidate: &Candidate, check: &mut Check) {
    let (Test::Whole(_) | Test::Equals(_)) = &criterion.test else { return };
    let wanted = fold_case(criterion.value.trim());
    // Of a short name, hardly a letter may differ, or it is another name.
    let most = match wanted.split('@').next().unwrap_or_default().chars().count() {
        0..=4 => 1,
        5..=8 => 2,
        _ => MISTYPED,
    };
    let mut nearest: Option<(usize, String)> = None;
    criterion.each(candidate, &mut |value| {
        let value = fold_case(value.trim());
        if let Some(edits) = edits(&value, &wanted, most)
            && nearest.as_ref().is_none_or(|(best, _)| edits < *best)
        {
            nearest = Some((edits, value));
        }
    });
    let local = |address: &str| address.split(['@', '+']).next().unwrap_or_default().to_owned();
    let domain = |address: &str| address.rsplit('@').next().unwrap_or_default().to_owned();
    if let Some((edits, _)) = nearest {
        check.edits = Some(edits);
        check.cost = 0.05 + 0.1 * edits as f64;
        check.hint = Some(match edits {
            0 => "only capitals differ, and = is letter for letter".to_owned(),
            edits => letters_off(edits),
        });
        return;
    }
    criterion.each(candidate, &mut |value| {
        let value = fold_case(value.trim());
        if value.is_empty() || domain(&value) != domain(&wanted) {
            return;
        }
        let same_box = local(&value) == local(&wanted);
        let (cost, hint) = if same_box { (0.4, "another +tag") } else { (0.8, "same domain") };
        if cost < check.cost {
            check.cost = cost;
            check.hint = Some(hint.to_owned());
        }
    });
}

fn letters_off(edits: usize) -> String {
    if edits == 1 { "1 letter off".to_owned() } else { format!("{edits} letters off") }
}

/// How many of the words are there, or whether it is there under another name.
fn text(criterion: &Criterion, candidate: &Candidate, check: &mut Check) {
    let wanted = fold_text(&criterion.value);
    let mut there = String::new();
    criterion.each(candidate, &mut |value| there = fold_text(value));
    match &criterion.test {
        Test::Contains(_) | Test::Equals(_) => {}
        Test::Matches(regex) => {
            let pattern = format!("(?i){}", regex.as_str());
            let mut fits = false;
            if let Ok(regex) = regex::Regex::new(&pattern) {
                criterion.each(candidate, &mut |value| fits |= regex.is_match(value));
            }
            if fits {
                check.cost = 0.1;
                check.hint = Some(format!("only capitals differ: ~{pattern}"));
            }
            return;
        }
        _ => return,
    }
    if there.trim() == wanted.trim() {
        check.cost = 0.1;
        check.hint = Some("only capitals or accents differ, and = is letter for letter".to_owned());
        return;
    }
    if there.contains(&wanted) {
        check.cost = 0.3;
        check.hint = Some("it is only a part, and = is all of it: leave the = out".to_owned());
        return;
    }
    let content = candidate.content();
    let elsewhere = match criterion.field {
        Field::Text => content.html_text(),
        Field::Html => content.text().unwrap_or_default(),
        _ => "",
    };
    if !elsewhere.is_empty() && fold_text(elsewhere).contains(&wanted) {
        check.cost = 0.3;
        let other = if criterion.field == Field::Text { "html" } else { "text" };
        check.hint = Some(format!("it is in the {other}: ask with {other}="));
        return;
    }
    if let Some(edits) = edits(there.trim(), wanted.trim(), MISTYPED) {
        (check.edits, check.cost) = (Some(edits), 0.2);
        check.hint = Some(letters_off(edits));
        return;
    }
    let words: Vec<&str> = wanted.split_whitespace().collect();
    let found: Vec<&str> = words.iter().copied().filter(|word| there.contains(word)).collect();
    if !found.is_empty() && !words.is_empty() {
        check.cost = 1.0 - 0.8 * found.len() as f64 / words.len() as f64;
        check.hint = Some(format!("it has {} of {} words", found.len(), words.len()));
        if found.len() == words.len() {
            check.hint = Some("it has these words, but not one after the other".to_owned());
        }
    }
}

fn since(since: &Since, candidate: &Candidate, started: i64) -> Option<Check> {
    let want = format!("after {}", since.wanted()?);
    let (ok, received) = (since.holds(candidate), candidate.facts().received_at);
    let what = if matches!(since, Since::Cursor(_)) { "cursor" } else { "time" };
    Some(Check {
        field: "since".to_owned(),
        ok,
        want,
        got: match since {
            Since::Cursor(_) => format!("#{}", candidate.seq),
            _ => format!("{} from the start of the call", signed(received - started)),
        },
        edits: None,
        hint: (!ok).then(|| {
            format!("it came before the {what} - was the {what} taken after the trigger?")
        }),
        cost: if ok { 0.0 } else { BEFORE },
    })
}
