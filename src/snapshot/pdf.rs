//! What a PDF says of the moment it was made: dates and ids, which differ each time.
//!
//! Owns only these. What a PDF keeps packed in streams is not looked into.

use regex::bytes::Regex;
use std::sync::LazyLock;

static MADE: LazyLock<Regex> = LazyLock::new(|| {
    let date = r"/(?:CreationDate|ModDate)\s*(?:\([^)\\]*\)|<[0-9A-Fa-f\s]*>)";
    let id = r"/ID\s*\[\s*(?:<[0-9A-Fa-f\s]*>|\([^)]*\))\s*(?:<[0-9A-Fa-f\s]*>|\([^)]*\))\s*\]";
    let xmp = r"<(?:xmp:(?:Create|Modify|Metadata)Date|xmpMM:(?:Document|Instance)ID)>[^<]*<";
    Regex::new(&format!("(?-u){date}|{id}|{xmp}")).expect("a fixed pattern, which a test uses")
});

/// Without them.
pub(super) fn without_making(bytes: &[u8]) -> Vec<u8> {
    MADE.replace_all(bytes, &b""[..]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::without_making;

    #[test]
    fn two_of_one_document_are_the_same() {
        let made = |day: &str, id: &str| {
            format!(
                "%PDF-1.4\n<< /Title (Invoice) /CreationDate (D:202611{day}) /ModDate(D:1) >>\n\
                 <xmp:CreateDate>{day}</xmp:CreateDate>\ntrailer << /ID [<{id}> <{id}>] /Size 3 >>"
            )
        };
        let (one, other) = (made("23", "AB12"), made("24", "CD34"));
        assert_eq!(without_making(one.as_bytes()), without_making(other.as_bytes()));
        let text = String::from_utf8(without_making(one.as_bytes())).unwrap_or_default();
        assert!(text.contains("/Title (Invoice)") && text.contains("/Size 3"), "{text}");
    }
}
