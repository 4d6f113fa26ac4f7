//! What a search takes for the same: letter case, accents and compatible forms by Unicode, and what
//! counts as a word.
//!
//! The words of a text are written into one string, ` like this one `, each between two spaces. The
//! index holds that string and SQLite only splits it at its spaces, so that searching the index and
//! looking into a message cannot differ. Scripts that are written without spaces have no words to
//! split at: a run of them becomes its overlapping pairs and its last character (東京都 is 東京, 京都,
//! 都), so that any piece of the run is a phrase, and a single character the beginning of a word.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

/// Characters of a word that count: what is longer is no word that anybody types.
pub const MAX_WORD: usize = 64;

const DECOMPOSE: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizerBorrowed::new_nfkd();
const COMPOSE: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();

/// `text` for comparing words: without case, accents and compatible forms.
fn fold(text: &str, mut each: impl FnMut(char)) {
    let letters = DECOMPOSE.normalize_iter(text.chars()).filter(|c| !is_accent(*c));
    for c in COMPOSE.normalize_iter(letters.flat_map(char::to_lowercase)) {
        match c {
            'ß' => ['s', 's'].into_iter().for_each(&mut each),
            'æ' => ['a', 'e'].into_iter().for_each(&mut each),
            'œ' => ['o', 'e'].into_iter().for_each(&mut each),
            'þ' => ['t', 'h'].into_iter().for_each(&mut each),
            'ø' => each('o'),
            'đ' | 'ð' => each('d'),
            'ł' => each('l'),
            'ı' => each('i'),
            'ς' => each('σ'),
            c => each(c),
        }
    }
}

/// `text` for comparing whole values (addresses, names of inboxes): without case only.
pub fn fold_case(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    COMPOSE.normalize_iter(text.chars().flat_map(char::to_lowercase)).collect()
}

/// `text` for looking for a piece of it: without case, accents and compatible forms.
pub fn fold_text(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    fold(text, |c| out.push(c));
    out
}

/// Marks that stand above or below a letter that is the same letter without them.
fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5bd}' | '\u{5bf}'..='\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{feff}')
}

/// Letters and digits of ASCII as they count in words; 0 for what stands between.
const FOLDED: [u8; 256] = {
    let mut folded = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let ascii = byte as u8;
        if ascii.is_ascii_alphanumeric() {
            folded[byte] = ascii.to_ascii_lowercase();
        }
        byte += 1;
    }
    folded
};

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Part of a word.
    Letter,
    /// Of a script without spaces between words.
    Dense,
    Between,
}

fn kind(c: char) -> Kind {
    match c {
        'a'..='z' | '0'..='9' => Kind::Letter,
        '\0'..='\u{7f}' => Kind::Between,
        // Thai, Lao, Myanmar, Khmer; kana and their marks, Bopomofo, Hangul, Han.
        '\u{e01}'..='\u{e3a}'
        | '\u{e40}'..='\u{e4e}'
        | '\u{e81}'..='\u{ecd}'
        | '\u{1000}'..='\u{1049}'
        | '\u{1780}'..='\u{17d3}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{30fa}'
        | '\u{30fc}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}' => Kind::Dense,
        c if c.is_alphanumeric() => Kind::Letter,
        _ => Kind::Between,
    }
}

/// Writes the words of a text, each behind `before` and with a space after it.
pub struct Words<'a> {
    out: &'a mut String,
    before: &'a str,
    /// For a query, whose last run of a dense script may go on in the text.
    open_end: bool,
    run: Vec<char>,
    kind: Kind,
    /// Whether the run has brought a pair.
    has_pair: bool,
    /// Whether the last word is only the beginning of one.
    is_prefix: bool,
}

/// Adds the words of `text` to `out`, each as `before` and the word and a space.
pub fn add_words(out: &mut String, before: &str, text: &str) {
    let mut words = Words::new(out, before, false);
    words.take(text);
}

impl<'a> Words<'a> {
    fn new(out: &'a mut String, before: &'a str, open_end: bool) -> Words<'a> {
        let (run, kind) = (Vec::new(), Kind::Between);
        Words { out, before, open_end, run, kind, has_pair: false, is_prefix: false }
    }

    fn take(&mut self, text: &str) {
        if text.is_ascii() {
            return self.take_ascii(text);
        }
        // Nothing reaches over a space, so that only words with more than ASCII cost more.
        let mut pieces = text.split([' ', '\n']).peekable();
        while let Some(piece) = pieces.next() {
            (self.kind, self.has_pair) = (Kind::Between, false);
            if piece.is_ascii() {
                self.take_ascii(piece);
            } else {
                fold(piece, |c| self.push(c));
                self.end(self.open_end && pieces.peek().is_none());
            }
        }
    }

    /// Most of most mail, so with little more work than copying it.
    fn take_ascii(&mut self, text: &str) {
        let mut words = Vec::with_capacity(text.len() + 1);
        let mut length = 0;
        for byte in text.bytes() {
            match FOLDED[usize::from(byte)] {
                0 if length == 0 => {}
                0 => {
                    words.push(b' ');
                    length = 0;
                }
                letter => {
                    length += 1;
                    if length <= MAX_WORD {
                        words.push(letter);
                    }
                }
            }
        }
        if length > 0 {
            words.push(b' ');
        }
        let words = std::str::from_utf8(&words).unwrap_or_default();
        if self.before.is_empty() {
            self.out.push_str(words);
        } else {
            for word in words.split_inclusive(' ') {
                self.out.push_str(self.before);
                self.out.push_str(word);
            }
        }
    }

    fn push(&mut self, c: char) {
        let kind = kind(c);
        if kind != self.kind {
            self.end(false);
            (self.kind, self.has_pair) = (kind, false);
        }
        match kind {
            Kind::Letter if self.run.len() < MAX_WORD => self.run.push(c),
            Kind::Dense => {
                // The pair is written at once: a run may be as long as the text.
                if let Some(last) = self.run.pop() {
                    self.write(&[last, c]);
                    self.has_pair = true;
                }
                self.run.push(c);
            }
            _ => {}
        }
    }

    /// Ends a run of letters.
    fn end(&mut self, open: bool) {
        let run = std::mem::take(&mut self.run);
        match self.kind {
            Kind::Letter => self.write(&run),
            Kind::Dense if !open => self.write(&run),
            // The last character of a longer run is in its last pair already.
            Kind::Dense if !self.has_pair => {
                self.write(&run);
                self.is_prefix = true;
            }
            _ => {}
        }
    }

    fn write(&mut self, word: &[char]) {
        if !word.is_empty() {
            self.out.push_str(self.before);
            self.out.extend(word);
            self.out.push(' ');
        }
    }
}

/// What is looked for: words that follow each other, the last one perhaps only begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// ` like this`, without a space at the end.
    text: String,
    prefix: bool,
}

impl Phrase {
    /// `None` if there is no letter or digit in it.
    pub fn new(text: &str, prefix: bool) -> Option<Phrase> {
        let mut out = String::from(" ");
        let mut words = Words::new(&mut out, "", true);
        words.take(text.trim_end_matches(|c: char| !c.is_alphanumeric()));
        let is_dense = words.kind == Kind::Dense;
        let prefix = words.is_prefix || (prefix && !is_dense);
        out.truncate(out.trim_end_matches(' ').len());
        (!out.is_empty()).then_some(Phrase { text: out, prefix })
    }

    /// Each word behind `before`, for a field whose words are marked in the index.
    pub fn marked(&self, before: &str) -> Phrase {
        let text = self.words().map(|word| format!(" {before}{word}")).collect();
        Phrase { text, prefix: self.prefix }
    }

    /// One word of the index that begins, or is, this one.
    pub fn key(key: &str, prefix: bool) -> Phrase {
        Phrase { text: format!(" {key}"), prefix }
    }

    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.text.split(' ').filter(|word| !word.is_empty())
    }

    pub fn is_prefix(&self) -> bool {
        self.prefix
    }

    /// Whether `words`, as [`add_words`] writes them after one space, has this phrase.
    pub fn is_in(&self, words: &str) -> bool {
        let (words, text) = (words.as_bytes(), self.text.as_bytes());
        let mut from = 0;
        while let Some(found) = memchr::memmem::find(&words[from..], text) {
            let end = from + found + text.len();
            if self.prefix || words.get(end) == Some(&b' ') {
                return true;
            }
            // The next one may overlap: ` aa a` in ` aa aa a `.
            from += found + 1;
        }
        false
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        let mut out = String::new();
        add_words(&mut out, "", text);
        out.trim_end().to_owned()
    }

    #[test]
    fn case_accents_and_forms_fold() {
        for (text, expected) in [
            ("Hello, World!", "hello world"),
            ("SÃO São sa\u{303}o", "sao sao sao"),
            ("Straße STRASSE", "strasse strasse"),
            ("ΟΔΟΣ οδός", "οδοσ οδοσ"),
            ("ﬁne Ｆｕｌｌ", "fine full"),
            ("Łódź İstanbul ırmak", "lodz istanbul irmak"),
            ("don't foo_bar a@b.c", "don t foo bar a b c"),
            ("\u{5e9}\u{5b8}\u{5dc}\u{5d5}\u{5b9}\u{5dd}", "\u{5e9}\u{5dc}\u{5d5}\u{5dd}"),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
        assert_eq!(words(&"é".repeat(100)), "e".repeat(MAX_WORD));
        assert_eq!(words(&"E".repeat(100)), "e".repeat(MAX_WORD));
    }

    #[test]
    fn scripts_without_spaces_become_pairs() {
        assert_eq!(words("東京都 a"), "東京 京都 都 a");
        assert_eq!(words("第1回"), "第 1 回");
        assert_eq!(words("ｶﾞﾗｽ"), "ガラ ラス ス");
        assert_eq!(words("서울에서"), "서울 울에 에서 서");
    }

    #[test]
    fn any_piece_of_a_dense_run_is_found() {
        let has = |text: &str, query: &str| {
            let text = format!(" {} ", words(text));
            Phrase::new(query, false).unwrap().is_in(&text)
        };
        for piece in ["東", "京", "都", "庁", "東京", "京都", "都庁", "京都庁", "東京都庁"]
        {
            assert!(has("東京都庁", piece), "{piece}");
        }
        for other in ["東都", "京東", "庁東", "x"] {
            assert!(!has("東京都庁", other), "{other}");
        }
        assert!(has("東京 test", "京 test") && !has("東京都 test", "京 test"));
        assert!(has("東東", "東東") && !has("東", "東東"));
        assert!(has("aa aa a", "aa a") && !has("aa aa", "aa a"));
        assert!(has("test 東京", "test 東") && has("a bc", "A BC") && !has("a bcd", "a bc"));
    }

    #[test]
    fn a_prefix_is_one() {
        let words = " invoice 2026 ";
        assert!(Phrase::new("INVO", true).unwrap().is_in(words));
        assert!(!Phrase::new("invo", false).unwrap().is_in(words));
        assert!(!Phrase::new("nvoice", true).unwrap().is_in(words));
        assert_eq!(Phrase::new("--", false), None);
    }
}
