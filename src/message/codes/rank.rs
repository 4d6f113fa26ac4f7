//! How sure it is that a number is the code somebody waits for.
//!
//! Owns the weights. Each number is judged by the words nearest to it: on its line, above it, in
//! the row of its table; and by standing alone.

use super::lexicon::UNITS;
use super::line::Line;
use super::spot::{Shape, Spot};
use super::words::{Sense, Word, Words, fold};
use std::cell::OnceCell;

/// Words on its line count up to so many characters away, those behind it up to fewer.
const BEFORE: usize = 80;
const AFTER: usize = 60;
/// A label is this near.
const DIRECT: usize = 40;
/// Lines above that a number on its own may belong to.
const LINES: usize = 4;

/// A text. Words are looked up in the lines that the rules ask for: in most mails, none.
pub(super) struct Page {
    pub lines: Vec<Line>,
    read: Vec<OnceCell<(Vec<char>, Vec<Word>)>>,
}

impl Page {
    pub fn new(lines: Vec<Line>) -> Page {
        let read = lines.iter().map(|_| OnceCell::new()).collect();
        Page { lines, read }
    }

    /// A line without case and accents, and its words.
    fn read(&self, at: usize) -> &(Vec<char>, Vec<Word>) {
        self.read[at].get_or_init(|| {
            let folded: Vec<char> = self.lines[at].chars.iter().copied().map(fold).collect();
            let words = Words::get().find(&folded);
            (folded, words)
        })
    }

    pub fn folded(&self, at: usize) -> &[char] {
        &self.read(at).0
    }

    pub fn words(&self, at: usize) -> &[Word] {
        &self.read(at).1
    }

    /// Whether a word calls something a code.
    pub fn speaks(&self) -> bool {
        (0..self.lines.len()).any(|at| self.words(at).iter().any(|word| word.sense.is_code()))
    }
}

/// What the subject says of the mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(super) enum Topic {
    None,
    /// Somebody is let in, or proves who they are.
    Access,
    /// A code.
    Code,
}

/// The score of a number, 0 if it is something else, and whether a word says that it is a code.
pub(super) fn score(page: &Page, at: usize, spot: &Spot, topic: Topic) -> (u32, bool) {
    let line = &page.lines[at];
    if is_measure(page.folded(at), spot) || is_price(page.folded(at), spot) {
        return (0, false);
    }
    let is_alone = is_alone(line, spot);
    let stands_out = spot.value.len() == 6 || line.is_marked;
    let (evidence, is_said) = match evidence(page, at, spot, is_alone) {
        Evidence::Other => return (0, false),
        Evidence::Points(points, is_said) => (points, is_said),
        Evidence::None if topic == Topic::Code && is_alone => (40, false),
        Evidence::None if topic == Topic::Code && leads(line, spot) => (34, false),
        Evidence::None if topic == Topic::Access && is_alone && stands_out => (34, false),
        Evidence::None => (0, false),
    };
    let mut score = evidence;
    score += if is_alone { 15 } else { 0 };
    score += if line.is_marked { 8 } else { 0 };
    score += match topic {
        Topic::Code => 6,
        Topic::Access => 3,
        Topic::None => 0,
    };
    score += match spot.shape {
        Shape::Digits if spot.value.len() == 6 => 6,
        Shape::Digits | Shape::Mixed => 2,
        // `code: 1937`, but not `the code of 2026`.
        Shape::Year if page.words(at).iter().any(|w| (w.end..w.end + 3).contains(&spot.start)) => {
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
    /// How much, and whether a word says that it is a code.
    Points(i32, bool),
}

fn evidence(page: &Page, at: usize, spot: &Spot, is_alone: bool) -> Evidence {
    let (line, words) = (page.folded(at), page.words(at));
    let before = before(line, words, spot);
    let best = match (before, after(line, words, spot)) {
        // `Order update: 482913 is your code`.
        (Evidence::Other, Evidence::Points(points, true)) if is_named_after(line, words, spot) => {
            return Evidence::Points(points, true);
        }
        (Evidence::Other, _) => return Evidence::Other,
        (best, Evidence::Points(points, is_said)) => larger(best, points, is_said),
        (best, _) => best,
    };
    if !is_alone || matches!(best, Evidence::Points(..)) {
        return best;
    }
    above(page, at, spot)
}

/// What the words before it on its line say, the nearest first.
fn before(line: &[char], words: &[Word], spot: &Spot) -> Evidence {
    let mut best = Evidence::None;
    let known = words.partition_point(|word| word.end <= spot.start);
    for (index, word) in words[..known].iter().enumerate().rev() {
        let gap = &line[word.end..spot.start];
        if gap.len() > BEFORE {
            break;
        }
        let is_over = gap.windows(2).any(|two| ".!?;".contains(two[0]) && two[1] == ' ')
            || gap.iter().any(|c| "。！？".contains(*c));
        match word.sense {
            Sense::Other if is_spent(gap) || is_loose(line, word, gap) => {}
            Sense::Other if gap.len() > DIRECT || is_over => break,
            Sense::Other => match index.checked_sub(1).map(|of| &words[of]) {
                _ if matches!(best, Evidence::Points(..)) => break,
                Some(code) if is_about(line, code, word, gap) => {
                    return Evidence::Points(46 + strength(code.sense), false);
                }
                _ => return Evidence::Other,
            },
            Sense::Hint if is_over || gap.len() > DIRECT => {}
            Sense::Hint => best = larger(best, if gap.len() <= 12 { 41 } else { 36 }, false),
            sense => {
                let near = match gap.len() {
                    0..=12 => 62,
                    13..=DIRECT => 54,
                    _ => 38,
                };
                let lost = if is_over { 22 } else { 0 };
                let is_said = gap.len() <= DIRECT && !is_over;
                return larger(best, near + strength(sense) - lost, is_said);
            }
        }
    }
    best
}

/// `no`, `id`, `cap` are words of other languages as well, unless a number follows at once.
fn is_loose(line: &[char], word: &Word, gap: &[char]) -> bool {
    let letters = &line[word.start..word.end];
    letters.len() <= 3
        && letters.iter().all(char::is_ascii)
        && gap.iter().any(|c| c.is_alphabetic())
}

/// The word of another kind has its number already, and more was said since: `no. 3 of today: …`.
fn is_spent(gap: &[char]) -> bool {
    let Some(digit) = gap.iter().position(char::is_ascii_digit) else { return false };
    let is_own = |c: &&char| c.is_ascii_alphanumeric() || "-/. ".contains(**c);
    let own = gap[digit..].iter().take_while(|c| c.is_ascii_digit()).count();
    let rest = &gap[digit + own..];
    rest.iter().any(|c| ",;:|".contains(*c))
        || !rest.iter().all(|c| is_own(&c) && !c.is_alphabetic())
}

/// `code for your order: 482913`: the code is named, the other word only says what for.
fn is_about(line: &[char], code: &Word, other: &Word, gap: &[char]) -> bool {
    const FOR: &[&str] = &[
        "for", "to", "of", "with", "fur", "zu", "zum", "zur", "para", "de", "do", "da", "del",
        "pour", "du", "per", "di", "della", "voor", "van", "om", "dla", "till", "icin", "для", "к",
        "до", "на", "из", "від",
    ];
    const IS: &[&str] = &["is", "ist", "lautet", "es", "est", "e", "to", "ar", "er", "on"];
    // Words may overlap.
    let Some(between) = line.get(code.end..other.start) else { return false };
    if !code.sense.is_code() || between.len() > 25 || between.iter().any(|c| ".,;!?:".contains(*c))
    {
        return false;
    }
    let has = |text: &[char], list: &[&str]| {
        let text: String = text.iter().collect();
        text.split_whitespace().any(|word| list.contains(&word))
    };
    has(between, FOR) && (gap.contains(&':') || has(gap, IS))
}

/// What the words behind it on its line say.
fn after(line: &[char], words: &[Word], spot: &Spot) -> Evidence {
    let behind = |word: &&Word| word.start >= spot.end && word.start - spot.end <= AFTER;
    let mut best = Evidence::None;
    for word in words.iter().filter(behind) {
        let gap = &line[spot.end..word.start];
        let is_over =
            gap.iter().any(|c| "!?;。".contains(*c)) || gap.windows(2).any(|two| two == ['.', ' ']);
        match word.sense {
            Sense::Other => {}
            Sense::Hint if is_over || gap.len() > 20 => {}
            Sense::Hint => best = larger(best, 38, false),
            sense => {
                let points = if gap.len() <= 20 { 56 } else { 48 } + strength(sense);
                let points = if is_over { points - 30 } else { points };
                return larger(best, points, !is_over);
            }
        }
    }
    best
}

/// The next word calls it a code, and the other one before it stands apart.
fn is_named_after(line: &[char], words: &[Word], spot: &Spot) -> bool {
    let next = words.iter().find(|word| word.start >= spot.end);
    let last = words.iter().rev().find(|word| word.end <= spot.start);
    let (Some(next), Some(last)) = (next, last) else { return false };
    let gap = &line[spot.end..next.start];
    let is_apart = line[last.end..spot.start].iter().any(|c| c.is_alphabetic());
    is_apart
        && next.sense.is_code()
        && gap.len() <= 25
        && !gap.iter().any(|c| ",;.|\t".contains(*c))
}

/// What stands above a number on its own, the head of its column first; then what stands below.
fn above(page: &Page, at: usize, spot: &Spot) -> Evidence {
    let tabs = |line: &[char]| line.iter().filter(|c| **c == '\t').count();
    let own = page.folded(at);
    for back in 1..=LINES.min(at) {
        let line = page.folded(at - back);
        let words = page.words(at - back);
        let is_row = tabs(own) > 1 && tabs(own) == tabs(line);
        let column = tabs(&own[..spot.start]);
        let is_here = |w: &&Word| {
            let is_loose = w.sense == Sense::Other && is_loose(line, w, &line[w.end..]);
            !is_loose && (!is_row || tabs(&line[..w.start]) == column)
        };
        let last = words.iter().rev().find(is_here);
        let named = words.iter().rev().find(|w| !is_row && w.sense.is_code());
        let lost = back as i32;
        match last.map(|word| word.sense) {
            // A label, or the last thing said; a code named before it in a sentence still counts.
            Some(Sense::Other) => {
                return match named {
                    Some(word) if line.len() > DIRECT => {
                        Evidence::Points(40 + strength(word.sense) - 6 * lost, true)
                    }
                    _ if back <= 2 => Evidence::Other,
                    _ => Evidence::None,
                };
            }
            Some(Sense::Hint) => match named {
                Some(word) => {
                    return Evidence::Points(46 + strength(word.sense) - 5 * lost, true);
                }
                None => return Evidence::Points(36 - 5 * lost, false),
            },
            Some(sense) => {
                return Evidence::Points(52 + strength(sense) - 5 * lost, true);
            }
            None => {}
        }
    }
    let has_below = at + 1 < page.lines.len();
    let below = has_below.then(|| page.words(at + 1)).and_then(<[Word]>::first);
    let is_led_to = at > 0 && page.folded(at - 1).iter().rev().find(|c| **c != ' ') == Some(&':');
    match below {
        Some(word) if word.sense.is_code() => Evidence::Points(34 + strength(word.sense), true),
        // In a language without a table, at least something points at it.
        _ if is_led_to && (spot.value.len() == 6 || page.lines[at].is_marked) => {
            Evidence::Points(32, false)
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

/// Whether nothing else stands in its line, or in its cell; what is in brackets does not count.
fn is_alone(line: &Line, spot: &Spot) -> bool {
    let ends = |c: &&char| **c != '\t';
    let before = line.chars[..spot.start].iter().rev().take_while(ends);
    let mut depth = 0;
    let outside = |c: &&char| {
        depth += i32::from(**c == '(') - i32::from(**c == ')');
        depth == 0
    };
    let after = line.chars[spot.end..].iter().take_while(ends).filter(outside);
    // The brand of `G-482913` is within the spot.
    !before.chain(after).any(|c| c.is_alphanumeric())
}

/// `482913 - your access`
fn leads(line: &Line, spot: &Spot) -> bool {
    let after: String = line.chars[spot.end..].iter().take(3).collect();
    let is_six = spot.shape == Shape::Digits && spot.value.len() == 6;
    is_six && spot.start == 0 && (after == " - " || after.starts_with(": "))
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
