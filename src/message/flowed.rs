//! Flowed text (RFC 3676): lines that a mail program broke and a reader joins again.
//!
//! Owns unstuffing, quote depth and DelSp. The text that comes in has `\n` line ends.

pub(super) fn unfold(text: &str, delsp: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // The quote depth of the paragraph that the last line leaves open.
    let mut open: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let content = line.strip_suffix('\n');
        let (depth, content) = unquote(content.unwrap_or(line));
        // The signature's separator is never flowed (section 4.3).
        let is_flowed = content.ends_with(' ') && content != "-- ";
        if open.is_some_and(|above| above != depth || content == "-- ") {
            out.push('\n');
            open = None;
        }
        if open.is_none() {
            out.extend(std::iter::repeat_n('>', depth));
            if depth > 0 && !content.is_empty() {
                out.push(' ');
            }
        }
        let kept = if is_flowed && delsp { &content[..content.len() - 1] } else { content };
        out.push_str(kept);
        open = is_flowed.then_some(depth);
        if !is_flowed && line.ends_with('\n') {
            out.push('\n');
        }
    }
    out
}

/// Section 4.5: quote marks first, then one space that only protects what follows.
fn unquote(line: &str) -> (usize, &str) {
    let content = line.trim_start_matches('>');
    let depth = line.len() - content.len();
    (depth, content.strip_prefix(' ').unwrap_or(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_and_quotes() {
        for (text, expected) in [
            ("one \ntwo\nthree\n", "one two\nthree\n"),
            (" >not quoted\n", ">not quoted\n"),
            ("> a \n> b\n>> c\n", "> a b\n>> c\n"),
            ("> a \nb\n", "> a \nb\n"),
            ("text \n-- \nsig\n", "text \n-- \nsig\n"),
            ("last ", "last "),
            ("\n\n", "\n\n"),
        ] {
            assert_eq!(unfold(text, false), expected, "{text:?}");
        }
        assert_eq!(unfold("long \nword\n", true), "longword\n");
    }
}
