//! The name of a snapshot's file, from the subject and the recipient.

use icu_normalizer::DecomposingNormalizerBorrowed;

const SUBJECT: usize = 60;
const RECIPIENT: usize = 40;

/// `your-order_bob-example-com`: letters and digits of ASCII, which every file system keeps as
/// they are.
pub(super) fn file_name(subject: &str, recipient: &str) -> String {
    let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
    let subject = or(slug(subject, SUBJECT), "no-subject");
    let recipient = or(slug(recipient, RECIPIENT), "nobody");
    format!("{subject}_{recipient}")
}

fn slug(text: &str, most: usize) -> String {
    const DECOMPOSE: DecomposingNormalizerBorrowed<'static> =
        DecomposingNormalizerBorrowed::new_nfkd();
    let mut out = String::new();
    for c in DECOMPOSE.normalize_iter(text.chars()).flat_map(char::to_lowercase) {
        if out.len() >= most {
            break;
        }
        let is_mark = matches!(c, '\u{300}'..='\u{36f}');
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !is_mark && !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn names_are_short_and_plain() {
        for (subject, recipient, name) in [
            ("Reset your password", "ann@x.test", "reset-your-password_ann-x-test"),
            ("Será que funciona?", "", "sera-que-funciona_nobody"),
            ("../../etc/passwd", "<>", "etc-passwd_nobody"),
            ("日本", "a@b", "no-subject_a-b"),
        ] {
            assert_eq!(file_name(subject, recipient), name);
        }
        assert!(file_name(&"long ".repeat(100), &"x".repeat(100)).len() <= 101);
    }
}
