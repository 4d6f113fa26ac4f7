//! The words beside a number that say what it is, in the languages that mail of this kind is
//! written in, without case and accents.
//!
//! Owns how the tables of `lexicon` are looked up.

use super::lexicon::{HINT, OTHER, STRONG, TOPICS, WEAK};
use super::spot::is_dense;
use std::sync::LazyLock;

/// What a word makes of the number beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    /// A code to be typed in, beyond doubt.
    Strong,
    /// A code of some kind.
    Weak,
    /// Something that one does with a code, and with other numbers.
    Hint,
    /// A number of another kind.
    Other,
}

impl Sense {
    pub fn is_code(self) -> bool {
        matches!(self, Sense::Strong | Sense::Weak)
    }
}

/// A word of the tables in a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    pub start: usize,
    pub end: usize,
    pub sense: Sense,
}

/// Letters without case and accents, one for one, so that places stay the same.
pub(super) fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let c = c.to_lowercase().next().unwrap_or(c);
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ę' | 'ě' | 'ė' => 'e',
        'ì'..='ï' | 'ı' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ő' => 'o',
        'ù'..='ü' | 'ů' | 'ű' => 'u',
        'ś' | 'ş' | 'š' | 'ș' => 's',
        'ź' | 'ż' | 'ž' => 'z',
        'ğ' => 'g',
        'ł' => 'l',
        'ř' => 'r',
        'ý' | 'ÿ' => 'y',
        'ё' => 'е',
        'أ' | 'إ' | 'آ' => 'ا',
        'ά' => 'α',
        'ό' => 'ο',
        'ύ' => 'υ',
        'ή' => 'η',
        'ί' => 'ι',
        'έ' => 'ε',
        'ώ' => 'ω',
        'ς' => 'σ',
        'đ' => 'd',
        'ơ' => 'o',
        'ư' => 'u',
        // Vietnamese, which has its vowels with two signs at once.
        '\u{1ea0}'..='\u{1eb7}' => 'a',
        '\u{1eb8}'..='\u{1ec7}' => 'e',
        '\u{1ec8}'..='\u{1ecb}' => 'i',
        '\u{1ecc}'..='\u{1ee3}' => 'o',
        '\u{1ee4}'..='\u{1ef1}' => 'u',
        '\u{1ef2}'..='\u{1ef9}' => 'y',
        c => c,
    }
}

/// The tables in one, sorted once for all mails.
static WORDS: LazyLock<Words> = LazyLock::new(|| {
    use Sense::{Hint, Other, Strong, Weak};
    Words::sorted(&[(STRONG, Strong), (WEAK, Weak), (HINT, Hint), (OTHER, Other)])
});
static TOPIC_WORDS: LazyLock<Words> = LazyLock::new(|| Words::sorted(&[(TOPICS, Sense::Hint)]));

/// Letters that a stem takes on.
const ENDING: usize = 7;

struct Entry {
    chars: Vec<char>,
    is_stem: bool,
    sense: Sense,
}

/// Tables in one, by their letters.
pub(super) struct Words {
    sorted: Vec<Entry>,
    /// Which two letters of ASCII some word begins with: most places of a mail are no such.
    begun: Vec<bool>,
}

impl Words {
    pub fn get() -> &'static Words {
        &WORDS
    }

    /// Those of a subject that speaks of letting somebody in.
    pub fn topics() -> &'static Words {
        &TOPIC_WORDS
    }

    fn sorted(tables: &[(&[&str], Sense)]) -> Words {
        let entry = |word: &str, sense: Sense| {
            let is_stem = word.ends_with('~');
            let chars = word.trim_end_matches('~').chars().map(fold).collect();
            Entry { chars, is_stem, sense }
        };
        let all = tables.iter().flat_map(|(words, sense)| words.iter().map(|w| entry(w, *sense)));
        let mut sorted: Vec<_> = all.collect();
        sorted.sort_by(|a, b| a.chars.cmp(&b.chars));
        let mut begun = vec![false; 128 * 128];
        for word in &sorted {
            let (first, second) = (word.chars[0], word.chars.get(1));
            let fits = |n: &usize| second.is_none_or(|second| *second as usize == *n);
            for n in (0..128).filter(fits).filter(|_| first.is_ascii()) {
                begun[first as usize * 128 + n] = true;
            }
        }
        Words { sorted, begun }
    }

    /// The words of a folded line, none within a longer one, from left to right.
    pub fn find(&self, line: &[char]) -> Vec<Word> {
        let mut found: Vec<Word> = Vec::new();
        let mut covered = 0;
        for at in 0..line.len() {
            // A piece of a path says nothing.
            if at > 0 && line[at - 1] == '/' {
                continue;
            }
            let is_inside = at > 0 && is_word(line[at - 1]) && is_word(line[at]);
            let begins = !is_inside || is_dense(line[at]) || is_dense(line[at - 1]);
            let longest = match begins {
                true => self.longest_at(line, at),
                false => self.compound(line, at),
            };
            let Some((length, sense)) = longest.filter(|(length, _)| at + length > covered) else {
                continue;
            };
            // A compound is what its end says, and reaches to its own beginning.
            covered = at + length;
            found.push(Word { start: at, end: covered, sense });
        }
        found
    }

    /// The longest word that begins here; the range of those that still fit narrows by each letter.
    fn longest_at(&self, line: &[char], at: usize) -> Option<(usize, Sense)> {
        let rest = &line[at..];
        if let [first, second, ..] = *rest
            && first.is_ascii()
            && second.is_ascii()
            && !self.begun[first as usize * 128 + second as usize]
        {
            return None;
        }
        let mut fit = &self.sorted[..];
        let mut longest = None;
        for (index, c) in rest.iter().enumerate() {
            let from = fit.partition_point(|word| word.chars[index] < *c);
            fit = &fit[from..];
            fit = &fit[..fit.partition_point(|word| word.chars[index] == *c)];
            let whole = fit.iter().take_while(|word| word.chars.len() == index + 1).count();
            let ending = |word: &Entry| Some((ending(rest, index + 1, word)?, word.sense));
            // Of the same word in two tables the later one counts.
            let best = fit[..whole].iter().filter_map(ending).max_by_key(|(length, _)| *length);
            longest = best.or(longest);
            fit = &fit[whole..];
            if fit.is_empty() {
                break;
            }
        }
        longest
    }

    /// `…code` and `…kod` at the end of a longer word: a German, Dutch or Nordic compound. What it
    /// begins with may say that it is of another kind.
    fn compound(&self, line: &[char], at: usize) -> Option<(usize, Sense)> {
        let rest = &line[at..];
        if !matches!(rest[0], 'c' | 'k' | 'n' | 'p') {
            return None;
        }
        let fits = |end: &&(&str, Sense)| {
            let length = end.0.len();
            let is_over = !rest.get(length).is_some_and(|c| is_word(*c));
            is_over && rest.iter().copied().take(length).eq(end.0.chars())
        };
        let (end, sense) = ENDS.iter().find(fits)?;
        let start = line[..at].iter().rposition(|c| !is_word(*c)).map_or(0, |space| space + 1);
        let head: String = line[start..at].iter().collect();
        let is_other = OTHER_HEADS.iter().any(|other| head.starts_with(other));
        Some((end.len(), if is_other { Sense::Other } else { *sense }))
    }
}

/// The length of a word with its ending, if nothing but an ending goes on.
fn ending(rest: &[char], length: usize, word: &Entry) -> Option<usize> {
    let last = rest[length - 1];
    let more = rest[length..].iter().take_while(|c| is_word(**c) && !c.is_ascii_digit());
    match more.take(ENDING + 1).count() {
        0 => Some(length),
        _ if !is_word(last) || is_dense(last) || is_dense(rest[length]) => Some(length),
        count if word.is_stem && count <= ENDING => Some(length + count),
        _ => None,
    }
}

/// The ends of compounds; `compound` knows their first letters.
const ENDS: &[(&str, Sense)] = &[
    ("code", Sense::Weak),
    ("codes", Sense::Weak),
    ("kod", Sense::Weak),
    ("koden", Sense::Weak),
    ("kode", Sense::Weak),
    ("koder", Sense::Weak),
    ("koodi", Sense::Weak),
    ("koodisi", Sense::Weak),
    ("passwort", Sense::Weak),
    ("kennwort", Sense::Weak),
    ("nummer", Sense::Other),
    ("nummern", Sense::Other),
    ("numret", Sense::Other),
    ("nummeret", Sense::Other),
    ("numero", Sense::Other),
];
/// The beginnings of compounds that are no codes to be typed in.
const OTHER_HEADS: &[&str] = &[
    "rabatt",
    "gutschein",
    "aktions",
    "post",
    "fehler",
    "kunden",
    "bestell",
    "buchung",
    "sendung",
    "strich",
    "quell",
    "geschenk",
    "werbe",
    "artikel",
    "korting",
    "actie",
    "fout",
    "kado",
    "cadeau",
    "boeking",
    "kampanj",
    "present",
    "boknings",
    "fel",
    "rabat",
    "gave",
    "kampagne",
    "feil",
    "alennus",
    "tarjous",
    "lahja",
    "posti",
    "virhe",
    "barcode",
    "bar",
    "promo",
    "spor",
    "track",
    "promotie",
];

fn is_word(c: char) -> bool {
    c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn senses(text: &str) -> Vec<(String, Sense)> {
        let line: Vec<char> = text.chars().map(fold).collect();
        let found = Words::get().find(&line);
        found.into_iter().map(|w| (line[w.start..w.end].iter().collect(), w.sense)).collect()
    }

    #[test]
    fn every_word_is_found_by_its_first_letters() {
        for words in [Words::get(), Words::topics()] {
            for word in &words.sorted {
                assert!(words.longest_at(&word.chars, 0).is_some(), "{:?}", word.chars);
            }
        }
        for (end, _) in ENDS {
            let line: Vec<char> = format!("xyz{end}").chars().collect();
            assert!(Words::get().compound(&line, 3).is_some(), "{end}");
        }
    }

    #[test]
    fn the_longer_word_wins() {
        for (text, word, sense) in [
            ("Your security code", "security code", Sense::Strong),
            ("Use promo code", "promo code", Sense::Other),
            ("Código postal", "codigo postal", Sense::Other),
            ("Meldecode", "code", Sense::Weak),
            ("Rabattkoden", "rabattkoden", Sense::Other),
            ("Geschenkcode", "code", Sense::Other),
            ("kodunuzdan", "kodunuzdan", Sense::Weak),
            ("Rabattcode", "rabattcode", Sense::Other),
            ("您的验证码是", "验证码", Sense::Strong),
            ("Doğrulama kodunuz", "dogrulama kodunuz", Sense::Strong),
            ("أدخل الرمز", "الرمز", Sense::Weak),
        ] {
            let all = senses(text);
            assert!(all.contains(&(word.to_owned(), sense)), "{text}: {all:?}");
        }
        assert!(senses("decoded unicorn pins").is_empty(), "{:?}", senses("decoded unicorn pins"));
    }
}
