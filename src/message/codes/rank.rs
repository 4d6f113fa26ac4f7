//! How sure it is that a number is the code somebody waits for.
//!
//! Owns the weights. Each number is judged by the words nearest to it: on its line, above it, in
//! the row of its table; and by standing alone.

use super::line::Line;
use super::spot::{Shape, Spot};
use super::words::{Sense, UNITS, Word, fold};

/// Words on its line count up to so many characters away, those behind it up to fewer.
const BEFORE: usize = 80;
const AFTER: usize = 60;
/// A label is this near.
const DIRECT: usize = 40;
/// Lines above that a number on its own may belong to.
const LINES: usize = 4;

/// A text, read as far as the rules need it.
pub(super) struct Page {
    pub lines: Vec<Line>,
    pub folded: Vec<Vec<char>>,
    pub words: Vec<Vec<Word>>,
}

/// The score of a number, 0 if it is something else, and whether a word says that it is a code.
pub(super) fn score(page: &Page, at: usize, spot: &Spot, is_topic: bool) -> (u32, bool) {
    let line = &page.lines[at];
    if is_measure(&page.folded[at], spot) || is_price(&page.folded[at], spot) {
        return (0, false);
    }
    let is_alone = is_alone(line, spot);
    let (evidence, is_said) = match evidence(page, at, spot, is_alone) {
        Evidence::Other => return (0, false),
        Evidence::Points(points, is_direct) => (points, is_direct),
        Evidence::None if is_topic && is_alone => (40, false),
        Evidence::None => (0, false),
    };
    let mut score = evidence;
    score += if is_alone { 15 } else { 0 };
    score += if line.is_marked { 8 } else { 0 };
    score += if is_topic { 6 } else { 0 };
    score += match spot.shape {
        Shape::Digits if spot.value.len() == 6 => 6,
        Shape::Digits | Shape::Mixed => 2,
        // `code: 1937`, but not `the code of 2026`.
        Shape::Year if page.words[at].iter().any(|w| (w.end..w.end + 3).contains(&spot.start)) => {
            -17
        }
        Shape::Year => -28,
        Shape::Lower => -12,
        Shape::Letters if is_alone || spot.value.contains('-') => -10,
        Shape::Letters => -60,
    };
    (score.clamp(0, 100) as u32, is_said && spot.shape != Shape::Year)
}

enum Evidence {
    None,
    /// The number is of another kind.
    Other,
    Points(i32, bool),
}

fn evidence(page: &Page, at: usize, spot: &Spot, is_alone: bool) -> Evidence {
    let (line, words) = (&page.folded[at], &page.words[at]);
    let before = words.iter().rev().find(|word| word.end <= spot.start);
    let mut best = Evidence::None;
    if let Some(word) = before {
        let gap = &line[word.end..spot.start];
        let is_over = gap.windows(2).any(|two| ".!?;".contains(two[0]) && two[1] == ' ')
            || gap.iter().any(|c| "。！？".contains(*c));
        match word.sense {
            Sense::Other if gap.len() <= DIRECT && !is_over => return Evidence::Other,
            Sense::Other => {}
            sense if gap.len() <= BEFORE => {
                let near = match gap.len() {
                    0..=12 => 62,
                    13..=DIRECT => 54,
                    _ => 38,
                };
                let lost = if is_over { 22 } else { 0 };
                let is_direct = gap.len() <= DIRECT && !is_over;
                best = Evidence::Points(near + strength(sense) - lost, is_direct);
            }
            _ => {}
        }
    }
    let is_code = |word: &&Word| word.start >= spot.end && word.sense != Sense::Other;
    if let Some(word) = words.iter().find(is_code).filter(|w| w.start - spot.end <= AFTER) {
        let gap = word.start - spot.end;
        let points = if gap <= 20 { 56 } else { 48 } + strength(word.sense);
        let is_over = line[spot.end..word.start].iter().any(|c| "!?;。".contains(*c))
            || line[spot.end..word.start].windows(2).any(|two| two == ['.', ' ']);
        let points = if is_over { points - 30 } else { points };
        best = larger(best, points, !is_over);
    }
    if !is_alone || matches!(best, Evidence::Points(..)) {
        return best;
    }
    above(page, at, spot)
}

/// What stands above a number on its own, the head of its column first; then what stands below.
fn above(page: &Page, at: usize, spot: &Spot) -> Evidence {
    let tabs = |line: &[char]| line.iter().filter(|c| **c == '\t').count();
    let own = &page.folded[at];
    for back in 1..=LINES.min(at) {
        let line = &page.folded[at - back];
        let words = &page.words[at - back];
        let is_row = tabs(own) > 1 && tabs(own) == tabs(line);
        let column = tabs(&own[..spot.start]);
        let last = words.iter().rev().find(|w| !is_row || tabs(&line[..w.start]) == column);
        match last.map(|word| word.sense) {
            // A label, or the last thing said; a code named before it in a sentence still counts.
            Some(Sense::Other) => {
                let named = words.iter().rev().find(|w| w.sense != Sense::Other);
                return match named {
                    Some(word) if !is_row && line.len() > DIRECT => {
                        Evidence::Points(40 + strength(word.sense) - 6 * back as i32, true)
                    }
                    _ if back <= 2 => Evidence::Other,
                    _ => Evidence::None,
                };
            }
            Some(sense) => {
                return Evidence::Points(52 + strength(sense) - 5 * back as i32, true);
            }
            None => {}
        }
    }
    let below = page.words.get(at + 1).and_then(|words| words.first());
    match below {
        Some(word) if word.sense != Sense::Other => {
            Evidence::Points(34 + strength(word.sense), true)
        }
        _ => Evidence::None,
    }
}

fn larger(best: Evidence, points: i32, is_direct: bool) -> Evidence {
    match best {
        Evidence::Points(other, _) if other >= points => best,
        _ => Evidence::Points(points, is_direct),
    }
}

fn strength(sense: Sense) -> i32 {
    if sense == Sense::Strong { 12 } else { 0 }
}

/// Whether nothing else stands in its line, or in its cell.
fn is_alone(line: &Line, spot: &Spot) -> bool {
    let ends = |c: &&char| **c != '\t';
    let before = line.chars[..spot.start].iter().rev().take_while(ends);
    let mut around = before.chain(line.chars[spot.end..].iter().take_while(ends));
    // The brand of `G-482913` is within the spot.
    !around.any(|c| c.is_alphanumeric())
}

/// `10 minutes`, `2000 points`, `4990 kr`.
fn is_measure(line: &[char], spot: &Spot) -> bool {
    let rest = &line[spot.end..];
    let blanks = rest.iter().take(2).take_while(|c| **c == ' ').count();
    let rest = &rest[blanks..];
    UNITS.iter().any(|unit| {
        let length = unit.chars().count();
        let is_word = |c: &char| c.is_alphanumeric() && c.is_ascii() == unit.is_ascii();
        let fits = rest.iter().take(length).copied().eq(unit.chars().map(fold));
        fits && !rest.get(length).is_some_and(is_word)
    })
}

/// A sign or a name of money before it; those behind it are units.
fn is_price(line: &[char], spot: &Spot) -> bool {
    const MONEY: &[&str] =
        &["usd", "eur", "gbp", "brl", "chf", "sek", "pln", "r$", "kr", "rs", "jpy", "cny", "rmb"];
    let before: String =
        line[..spot.start].iter().rev().skip_while(|c| **c == ' ').take(4).collect();
    let before: String = before.chars().rev().collect();
    let last = before.chars().next_back().unwrap_or(' ');
    if matches!(last, '$' | '£' | '¥' | '￥' | '\u{20a0}'..='\u{20cf}') {
        return true;
    }
    let word = before.rsplit(|c: char| c != '$' && !c.is_alphanumeric()).next().unwrap_or("");
    MONEY.contains(&word)
}
