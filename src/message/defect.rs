//! Defects: everything that is wrong in a message's bytes, with its name, its sentence and the RFC.
//!
//! Owns the table of codes and the bounded list they are noted in. Where a defect is found is the
//! business of the file that reads those bytes.

use std::ops::Range;

/// How many defects of one code are listed; the thousandth bad line tells nobody anything new.
pub const MAX_PER_CODE: u8 = 20;

macro_rules! codes {
    ($($name:ident $code:literal $sentence:literal $rfc:literal,)*) => {
        /// What can be wrong. The code on the wire never changes once released.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($name,)* }

        /// Code, sentence (`{}` is the detail noted with it) and where the rule stands.
        const TABLE: &[(&str, &str, &str)] = &[$(($code, $sentence, $rfc),)*];
    };
}

codes! {
    NoHeader "no-header" "The message has no header; all of it is taken as the body" "RFC 5322, section 2.1",
    MissingBlankLine "missing-blank-line" "No empty line stands between the header and the body" "RFC 5322, section 2.1",
    MalformedHeaderLine "malformed-header-line" "This line in the header is neither a field nor a folded continuation" "RFC 5322, section 2.2",
    SpaceBeforeColon "space-before-colon" "A space stands between the field name `{}` and its colon" "RFC 5322, section 4.5",
    MboxFromLine "mbox-from-line" "The message starts with the `From ` line of an mbox file" "RFC 4155",
    ByteOrderMark "byte-order-mark" "A byte order mark stands before the first field" "RFC 5322, section 2.2",
    Raw8bitHeader "raw-8bit-header" "The field `{}` has bytes beyond ASCII that are not UTF-8" "RFC 6532, section 3.2",
    BadEncodedWord "bad-encoded-word" "The field `{}` has an encoded word that is not well-formed" "RFC 2047, section 2",
    FieldTooLong "field-too-long" "The field `{}` is so long that only its beginning is read" "RFC 5322, section 2.1.1",
    TooManyFields "too-many-fields" "The message has more header fields than are listed" "RFC 5322, section 3.6",
    DuplicateHeader "duplicate-header" "The field `{}` may stand only once" "RFC 5322, section 3.6",
    MissingDate "missing-date" "The field `Date` is missing" "RFC 5322, section 3.6",
    MissingFrom "missing-from" "The field `From` is missing" "RFC 5322, section 3.6",
    BadDate "bad-date" "The date is not written as RFC 5322 asks" "RFC 5322, section 3.3",
    BadAddress "bad-address" "The field `{}` has something that is not an address" "RFC 5322, section 3.4",
    MissingMimeVersion "missing-mime-version" "The message uses MIME fields but has no `MIME-Version`" "RFC 2045, section 4",
    BareLf "bare-lf" "Lines that end in LF without CR: {}" "RFC 5322, section 2.3",
    BareCr "bare-cr" "A CR stands without LF after it" "RFC 5322, section 2.3",
    NulByte "nul-byte" "The message has a NUL byte" "RFC 5322, section 4",
    LineTooLong "line-too-long" "Lines of more than 998 bytes: {}" "RFC 5322, section 2.1.1",
    BadContentType "bad-content-type" "The content type is not of the form `type/subtype`" "RFC 2045, section 5.1",
    MissingBoundaryParameter "missing-boundary-parameter" "The multipart names no boundary; its content is taken as one piece" "RFC 2046, section 5.1.1",
    MissingEndBoundary "missing-end-boundary" "The multipart is not closed by its end boundary" "RFC 2046, section 5.1.1",
    NoParts "no-parts" "The multipart has no parts: its boundary never stands at the start of a line" "RFC 2046, section 5.1.1",
    NestingTooDeep "nesting-too-deep" "Parts are nested so deep that this one is not opened" "RFC 2046, section 5.1",
    TooManyParts "too-many-parts" "The message has more parts than are listed" "RFC 2046, section 5.1",
    EncodedMultipart "encoded-multipart" "A multipart must not have the encoding `{}`; it is read as it stands" "RFC 2045, section 6.4",
    EncodedMessage "encoded-message" "An attached message must not have the encoding `{}`; it is not opened" "RFC 2046, section 5.2.1",
    UnknownEncoding "unknown-encoding" "The transfer encoding `{}` is not known; the content is taken as it stands" "RFC 2045, section 6.1",
    MalformedBase64 "malformed-base64" "The base64 of this part has characters or padding where none may be" "RFC 2045, section 6.8",
    MalformedQuotedPrintable "malformed-quoted-printable" "The quoted-printable of this part has a byte or a `=` that means nothing" "RFC 2045, section 6.7",
    UnknownCharset "unknown-charset" "The charset `{}` is not known" "RFC 2046, section 4.1.2",
    UndeclaredCharset "undeclared-charset" "The text has bytes beyond ASCII, but no charset that allows them is declared" "RFC 2046, section 4.1.2",
    InvalidCharsetBytes "invalid-charset-bytes" "The text has bytes that are not valid in its charset `{}`" "RFC 2046, section 4.1.2",
}

impl Code {
    /// The stable name on the wire, `missing-blank-line`.
    pub fn name(self) -> &'static str {
        TABLE[self as usize].0
    }

    pub(super) fn sentence(self, detail: &str) -> String {
        let (_, sentence, rfc) = TABLE[self as usize];
        format!("{} ({rfc}).", sentence.replace("{}", detail))
    }
}

/// One fault: which, in which part (an index, `None` for the message itself), and where.
#[derive(Clone, Debug)]
pub struct Defect {
    pub code: Code,
    pub(super) part: Option<usize>,
    pub range: Range<usize>,
    pub(super) detail: String,
}

/// The defects of one message, at most [`MAX_PER_CODE`] of each code.
#[derive(Clone, Debug)]
pub(super) struct Defects {
    list: Vec<Defect>,
    noted: [u8; TABLE.len()],
}

impl Default for Defects {
    fn default() -> Self {
        let list = Vec::new();
        let noted = [0; TABLE.len()];
        Self { list, noted }
    }
}

impl Defects {
    pub fn note(&mut self, code: Code, part: Option<usize>, range: Range<usize>) {
        self.note_with(code, part, range, "");
    }

    pub fn note_with(
        &mut self,
        code: Code,
        part: Option<usize>,
        range: Range<usize>,
        detail: &str,
    ) {
        let noted = &mut self.noted[code as usize];
        if *noted >= MAX_PER_CODE {
            return;
        }
        *noted += 1;
        // The detail is quoted in a sentence; a name of a megabyte would not make it clearer.
        let detail = detail.chars().take(80).collect();
        self.list.push(Defect { code, part, range, detail });
    }

    pub fn has(&self, code: Code) -> bool {
        self.noted[code as usize] > 0
    }

    /// Puts them in the order of the bytes, which is how a reader meets them.
    pub fn into_sorted(mut self) -> Vec<Defect> {
        self.list.sort_by_key(|d| (d.range.start, d.range.end));
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_distinct_kebab_case() {
        let names: HashSet<_> = TABLE.iter().map(|row| row.0).collect();
        assert_eq!(names.len(), TABLE.len());
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(names.iter().all(|name| name.chars().all(kebab)));
    }

    #[test]
    fn at_most_so_many_of_one_code() {
        let mut defects = Defects::default();
        for at in 0..MAX_PER_CODE as usize + 5 {
            defects.note(Code::NulByte, None, at..at + 1);
        }
        defects.note(Code::BareCr, None, 0..1);
        assert_eq!(defects.into_sorted().len(), MAX_PER_CODE as usize + 1);
    }
}
