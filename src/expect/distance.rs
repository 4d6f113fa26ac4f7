//! How far a value is from the one that was wanted.

/// Characters that are compared; what is longer is far away anyhow.
const MOST: usize = 200;

/// Letters to put in, leave out, change or swap with the next one (optimal string alignment).
/// `None` when there are more than `most`.
pub(super) fn edits(a: &str, b: &str, most: usize) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most || a.len() > MOST || b.len() > MOST {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|edits| *edits <= most)
}

/// Which of these was meant.
pub(super) fn nearest<'a>(wrong: &str, all: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = (wrong.chars().count() / 3).clamp(1, 3);
    all.filter_map(|name| Some((edits(wrong, name, most)?, name))).min().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (a, b, expected) in [
            ("x@ex.test", "x@ex.test", Some(0)),
            ("x@ex.test", "x@exx.test", Some(1)),
            ("ab", "ba", Some(1)),
            ("kitten", "sitting", Some(3)),
            ("", "abc", Some(3)),
            ("a", "bcdef", None),
            ("ähnlich", "ahnlich", Some(1)),
        ] {
            assert_eq!(edits(a, b, 3), expected, "{a} {b}");
        }
        let fields = ["subject", "to", "timeout"];
        assert_eq!(nearest("subjct", fields.into_iter()), Some("subject"));
        assert_eq!(nearest("tiemout", fields.into_iter()), Some("timeout"));
        assert_eq!(nearest("zzz", fields.into_iter()), None);
    }
}
