//! `*` in a value: any characters, or none.

/// Pieces of a pattern, which has a `*` between each two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    pieces: Vec<String>,
}

impl Glob {
    /// `None` if there is no `*` in it.
    pub fn new(pattern: &str) -> Option<Glob> {
        let pieces: Vec<String> = pattern.split('*').map(str::to_owned).collect();
        (pieces.len() > 1).then_some(Glob { pieces })
    }

    /// What stands before the `*`, if there is only one and nothing behind it.
    pub fn prefix(&self) -> Option<&str> {
        let rest = &self.pieces[1..];
        rest.iter().all(String::is_empty).then_some(self.pieces[0].as_str())
    }

    /// What stands behind the `*`, if there is only one and nothing before it.
    pub fn suffix(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [first, last] if first.is_empty() => Some(last),
            _ => None,
        }
    }

    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// Each piece is taken where it stands first: linear for each piece.
    pub fn matches(&self, text: &str) -> bool {
        let (first, last) = (&self.pieces[0], &self.pieces[self.pieces.len() - 1]);
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        for piece in &self.pieces[1..self.pieces.len() - 1] {
            match rest.find(piece.as_str()) {
                Some(at) => rest = &rest[at + piece.len()..],
                None => return false,
            }
        }
        rest.ends_with(last.as_str())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn any_characters_or_none() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*", "a", true),
            ("a*", "ba", false),
            ("*@x.test", "ann@x.test", true),
            ("*@x.test", "ann@y.x.test", false),
            ("a*b*c", "abc", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "acb", false),
            ("ab*ba", "aba", false),
            ("**", "x", true),
        ] {
            assert_eq!(Glob::new(pattern).unwrap().matches(text), expected, "{pattern} {text}");
        }
        assert_eq!(Glob::new("a"), None);
        assert_eq!(Glob::new("a*").unwrap().prefix(), Some("a"));
        assert_eq!(Glob::new("*a").unwrap().suffix(), Some("a"));
    }
}
