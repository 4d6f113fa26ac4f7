//! How deep HTML may be: a tree of elements that never end costs time by the square of its depth.

use std::collections::HashMap;

/// Elements that are left open.
const MAX_OPEN: i64 = 5_000;

/// Elements that have no end, or that the next one ends.
const ENDED: &[&str] = &[
    "p", "li", "dt", "dd", "td", "th", "tr", "tbody", "thead", "tfoot", "option", "img", "br",
    "hr", "meta", "link", "input", "area", "base", "col", "embed", "source", "track", "wbr",
];

/// Counts tags without reading what they mean: it need not be exact, but quick.
pub fn is_too_deep(html: &str) -> bool {
    let mut open: HashMap<String, i64> = HashMap::new();
    for piece in html.split('<').skip(1) {
        let (name, step) = match piece.strip_prefix('/') {
            Some(name) => (name, -1),
            None => (piece, 1),
        };
        let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        if end > 0 && !ENDED.iter().any(|known| name[..end].eq_ignore_ascii_case(known)) {
            *open.entry(name[..end].to_ascii_lowercase()).or_default() += step;
        }
    }
    open.values().filter(|count| **count > 0).sum::<i64>() > MAX_OPEN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_elements_are_counted() {
        let most = MAX_OPEN as usize;
        assert!(!is_too_deep(&"<div>".repeat(most)) && is_too_deep(&"<DIV a>".repeat(most + 1)));
        assert!(is_too_deep(&"<div></x>".repeat(most + 1)));
        assert!(!is_too_deep(&"<p>a<br><b>x</b>".repeat(2 * most)));
        assert!(!is_too_deep(&"< </ <>".repeat(2 * most)));
    }
}
