//! What could be a code by its shape and by the characters that touch it.
//!
//! Owns shapes: digits, digits in groups, letters with digits. Words are not looked at here.

use super::line::Line;

/// Digits of a code.
pub(super) const DIGITS: std::ops::RangeInclusive<usize> = 4..=8;
/// Characters of a code with letters.
const MIXED: std::ops::RangeInclusive<usize> = 4..=12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Digits,
    /// Four digits that are a year as well.
    Year,
    /// Capitals and digits.
    Mixed,
    /// Small letters, too.
    Lower,
    /// Capitals only.
    Letters,
}

#[derive(Debug)]
pub(super) struct Spot {
    pub value: String,
    pub start: usize,
    pub end: usize,
    pub shape: Shape,
}

/// All of a line, from left to right; each character is read a bounded number of times.
pub(super) fn spots(line: &Line) -> Vec<Spot> {
    let chars = &line.chars;
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if !chars[at].is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        if let Some(end) = end_of_word(chars, at) {
            at = end;
            continue;
        }
        let run = Run::read(chars, at);
        at = run.end;
        if run.is_free(chars) {
            let known = found.len();
            run.add_to(&mut found);
            // Looked at for what has the shape only: this reads far to both sides.
            let is_whole = |spot: &Spot| !in_address(chars, spot.start, spot.end);
            let kept = found.split_off(known).into_iter().filter(is_whole);
            found.extend(kept);
        }
    }
    found
}

/// The end of a word that is none of the shapes and that nothing joins with the next: most are.
fn end_of_word(chars: &[char], at: usize) -> Option<usize> {
    let length = chars[at..].iter().take_while(|c| c.is_ascii_alphanumeric()).count();
    let (word, rest) = chars[at..].split_at(length);
    let is_word =
        word.iter().any(char::is_ascii_lowercase) && !word.iter().any(char::is_ascii_digit);
    let is_joined = matches!(rest, ['-' | '\u{b7}', ..] | [' ', '-', ..]);
    (is_word && !is_joined).then_some(at + length)
}

/// Groups that one kind of separator holds together.
struct Run {
    start: usize,
    end: usize,
    groups: Vec<(usize, String)>,
    separator: char,
}

/// More groups than this are a number of another kind.
const MAX_GROUPS: usize = 12;

impl Run {
    fn read(chars: &[char], start: usize) -> Run {
        let first = group(chars, start);
        let mut end = start + first.len();
        let mut run = Run { start, end, groups: vec![(start, first)], separator: ' ' };
        while run.groups.len() < MAX_GROUPS {
            let Some((separator, from)) = run.next_group(chars, end) else { break };
            let next = group(chars, from);
            let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
            let last = &run.groups[run.groups.len() - 1].1;
            let single = last.len() == 1 && next.len() == 1 && is_boxed(last) && is_boxed(&next);
            let fits = match separator {
                '-' => true,
                '\t' => single,
                _ => single || is_digits(last) && is_digits(&next) && from == end + 1,
            };
            if !fits || run.groups.len() > 1 && separator != run.separator {
                break;
            }
            run.separator = separator;
            end = from + next.len();
            run.groups.push((from, next));
        }
        run.end = end;
        run
    }

    /// Where the next group starts, and what parts it from this one.
    fn next_group(&self, chars: &[char], end: usize) -> Option<(char, usize)> {
        let is_alnum = |at: usize| chars.get(at).is_some_and(char::is_ascii_alphanumeric);
        if matches!(chars.get(end), Some('-' | '·')) && is_alnum(end + 1) {
            return Some(('-', end + 1));
        }
        let blank = chars[end..].iter().take(6).take_while(|c| matches!(c, ' ' | '\t' | '|'));
        let (mut count, mut separator) = (0, ' ');
        for c in blank {
            count += 1;
            if *c != ' ' {
                separator = '\t';
            }
        }
        // A dash between spaces: `482 - 913`.
        if count == 1 && chars.get(end + 1) == Some(&'-') && chars.get(end + 2) == Some(&' ') {
            let (left, right) = (self.groups[0].1.len(), group(chars, end + 3).len());
            return (left == right && left < 4 && is_alnum(end + 3)).then_some(('-', end + 3));
        }
        (count > 0 && is_alnum(end + count)).then_some((separator, end + count))
    }

    /// Whether no character that touches it makes it a part of something else.
    fn is_free(&self, chars: &[char]) -> bool {
        let get = |at: Option<usize>| at.and_then(|at| chars.get(at)).copied().unwrap_or(' ');
        let (before, far_before) = (get(self.start.checked_sub(1)), get(self.start.checked_sub(2)));
        let (after, far_after) = (get(Some(self.end)), get(Some(self.end + 1)));
        let is_bold = "*_".contains(before) && "*_".contains(after) && far_before != '•';
        let free_before = match before {
            '*' | '_' => is_bold && !self.is_masked(chars),
            ':' | '.' | ',' => !far_before.is_ascii_digit(),
            '-' => far_before.is_whitespace(),
            '+' | '#' | '/' | '\\' | '@' | '&' | '%' | '•' | '●' | '…' | '№' | '〒' | '°' => {
                false
            }
            c => !is_letter(c) && !is_money(c),
        };
        let free_after = match after {
            '*' | '_' => is_bold,
            '.' | ',' | ':' => {
                let is_on = is_dense(far_after) || after == ':' && is_letter(far_after);
                !far_after.is_alphanumeric() || is_on || after == ',' && self.counts_on(chars)
            }
            '-' => !far_after.is_alphanumeric(),
            '/' | '\\' | '@' | '%' | '‰' | '°' | '=' | '&' => false,
            c => !is_letter(c) && !is_money(c),
        };
        free_before && free_after
    }

    /// `329107,5分钟`: a comma of a script without spaces, and a count behind it.
    fn counts_on(&self, chars: &[char]) -> bool {
        let rest = &chars[self.end + 1..];
        let digits = rest.iter().take_while(|c| c.is_ascii_digit()).count();
        digits <= 2 && rest.get(digits).is_some_and(|c| is_dense(*c)) && self.groups.len() == 1
    }

    /// `****4242` is what is left of a card's number.
    fn is_masked(&self, chars: &[char]) -> bool {
        let stars = chars[..self.start].iter().rev().take_while(|c| **c == '*').count();
        let after = chars[self.end..].iter().take_while(|c| **c == '*').count();
        stars != after
    }

    fn add_to(self, found: &mut Vec<Spot>) {
        let lengths: Vec<_> = self.groups.iter().map(|(_, g)| g.len()).collect();
        let total: usize = lengths.iter().sum();
        let is_even = lengths.iter().all(|length| *length == lengths[0]);
        let value: String = self.groups.iter().map(|(_, g)| g.as_str()).collect();
        let is_digits = value.bytes().all(|b| b.is_ascii_digit());
        if let [(_, brand), (_, digits)] = &self.groups[..]
            && self.separator == '-'
            && brand.len() <= 3
            && brand.bytes().all(|b| b.is_ascii_uppercase())
            && digits.bytes().all(|b| b.is_ascii_digit())
        {
            // `G-482913`: what is typed are the digits.
            return self.add(digits.clone(), found);
        }
        match (lengths.len(), is_digits) {
            (1, _) => self.add(value, found),
            (_, true) if is_even && lengths[0] <= 4 && DIGITS.contains(&total) => {
                self.add(value, found);
            }
            // Other groups of digits are telephone numbers, dates, cards.
            (_, true) if self.separator == '-' || total > *DIGITS.end() && is_even => {}
            (count, true) if count > 2 && total > *DIGITS.end() => {}
            (_, true) => {
                for (start, group) in self.groups {
                    let end = start + group.len();
                    let one =
                        Run { start, end, groups: vec![(start, String::new())], separator: ' ' };
                    one.add(group, found);
                }
            }
            (count, false) if lengths[0] == 1 && is_even && count >= 4 => self.add(value, found),
            (_, false) if self.separator == '-' && is_even && lengths[0] >= 3 => {
                let parts: Vec<_> = self.groups.iter().map(|(_, g)| g.as_str()).collect();
                let whole = parts.join("-");
                self.add(whole, found);
            }
            _ => {}
        }
    }

    fn add(&self, value: String, found: &mut Vec<Spot>) {
        if let Some(shape) = shape(&value) {
            found.push(Spot { value, start: self.start, end: self.end, shape });
        }
    }
}

fn group(chars: &[char], from: usize) -> String {
    chars[from.min(chars.len())..].iter().take_while(|c| c.is_ascii_alphanumeric()).collect()
}

fn is_boxed(group: &str) -> bool {
    group.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

/// A letter that goes on a word; scripts without spaces end and begin words anywhere.
fn is_letter(c: char) -> bool {
    c.is_alphanumeric() && !is_dense(c)
}

pub(super) fn is_dense(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{e7f}' | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}')
}

fn is_money(c: char) -> bool {
    matches!(c, '$' | '£' | '¥' | '￥' | '\u{20a0}'..='\u{20cf}')
}

/// Within a URL or an address of mail: what stands between blanks has their signs.
fn in_address(chars: &[char], start: usize, end: usize) -> bool {
    const WINDOW: usize = 300;
    let ends = |c: &&char| !c.is_whitespace() && !"<>\"()".contains(**c);
    let left: Vec<_> = chars[..start].iter().rev().take(WINDOW).take_while(ends).collect();
    let right: String = chars[end..].iter().take(WINDOW).take_while(ends).collect();
    let left: String = left.into_iter().rev().collect();
    left.contains("://") || left.contains('@') || left.contains("www.") || right.contains('@')
}

fn shape(value: &str) -> Option<Shape> {
    let count = |test: fn(&u8) -> bool| value.bytes().filter(test).count();
    let (digits, upper, lower) =
        (count(u8::is_ascii_digit), count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase));
    let length = digits + upper + lower;
    match (digits, upper, lower) {
        (_, 0, 0) if !DIGITS.contains(&length) => None,
        (4, 0, 0) if value.starts_with("19") || value.starts_with("20") => Some(Shape::Year),
        (_, 0, 0) => Some(Shape::Digits),
        _ if !MIXED.contains(&length) => None,
        (0, _, 0) => Some(Shape::Letters),
        (0, ..) => None,
        (_, _, 0) => Some(Shape::Mixed),
        // `5th`, `mp3`, and the like are words; so is what has one digit at its end.
        (1, ..) if length < 6 => None,
        _ => Some(Shape::Lower),
    }
}
