//! What is wrong in the headers and the contents of the parts.
//!
//! Owns the rules of RFC 5322, section 3.6, for the message's own header, and those that hold for
//! any part. All of it runs on every message before the 250, so contents are decoded in small
//! pieces and never kept.

use memchr::memmem;

use super::address;
use super::charset::{Charset, charset};
use super::date;
use super::defect::{Code, Defects};
use super::field::{Field, fields};
use super::part::Part;
use super::transfer::Encoding;
use super::utf8::Utf8;

/// Headers list no more fields than this, over all parts.
pub const MAX_FIELDS: usize = 20_000;

/// RFC 5322, section 3.6, and RFC 2045: fields that may stand once. They are told by a bit each.
const ONCE: &[&str] = &[
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Sender",
    "Reply-To",
    "Cc",
    "Bcc",
    "In-Reply-To",
    "References",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Disposition",
    "Content-ID",
    "Content-Description",
];

pub(super) const ADDRESS_FIELDS: &[&str] = &["From", "Sender", "Reply-To", "To", "Cc", "Bcc"];

pub(super) fn check(raw: &[u8], parts: &[Part], defects: &mut Defects) {
    let mut count = 0;
    for (index, part) in parts.iter().enumerate() {
        count += check_header(raw, index, part, defects);
        if part.children.is_empty() && !part.is_multipart() {
            check_content(raw, index, part, defects);
        }
    }
    if count > MAX_FIELDS {
        defects.note(Code::TooManyFields, None, parts[0].header.clone());
    }
}

fn check_header(raw: &[u8], index: usize, part: &Part, defects: &mut Defects) -> usize {
    let of = (index > 0).then_some(index);
    let mut seen = 0u32;
    let mut count = 0;
    let mut has_mime = false;
    for field in fields(raw, part.header.clone()) {
        count += 1;
        check_field(&field, of, defects);
        if let Some(bit) = ONCE.iter().position(|name| field.is(name)) {
            if seen & 1 << bit != 0 {
                let (at, name) = (field.range.clone(), field.name);
                defects.note_with(Code::DuplicateHeader, of, at, name);
            }
            seen |= 1 << bit;
            has_mime |= field.is("Content-Type") || field.is("Content-Transfer-Encoding");
        }
        if index == 0 {
            check_root_field(&field, defects);
        }
    }
    if index == 0 {
        let at = part.header.clone();
        let has =
            |name: &str| ONCE.iter().position(|n| *n == name).is_some_and(|b| seen & 1 << b != 0);
        let missing = [
            (Code::NoHeader, count == 0),
            (Code::MissingFrom, !has("From")),
            (Code::MissingDate, !has("Date")),
            (Code::MissingMimeVersion, has_mime && !has("MIME-Version")),
        ];
        for (code, _) in missing.into_iter().filter(|(_, is_missing)| *is_missing) {
            defects.note(code, None, at.clone());
        }
    }
    count
}

/// What holds for a field of any part.
fn check_field(field: &Field, of: Option<usize>, defects: &mut Defects) {
    let mut note = |code, detail: &str| defects.note_with(code, of, field.range.clone(), detail);
    if field.has_space {
        note(Code::SpaceBeforeColon, field.name);
    }
    if field.is_too_long() {
        note(Code::FieldTooLong, field.name);
    }
    if std::str::from_utf8(field.raw).is_err() {
        note(Code::Raw8bitHeader, field.name);
    }
    // Nearly no field has an encoded word; only those are decoded here.
    if memmem::find(field.raw, b"=?").is_some() {
        let mut bad_word = false;
        field.decode(charset(None), &mut |code, detail| match code {
            Code::UnknownCharset => note(code, detail),
            _ if std::mem::replace(&mut bad_word, true) => {}
            _ => note(code, field.name),
        });
    }
}

fn check_root_field(field: &Field, defects: &mut Defects) {
    let at = field.range.clone();
    if field.is("Date") {
        let date = date::parse(&field.text(charset(None)));
        if !date.is_some_and(|date| date.is_well_written) {
            defects.note(Code::BadDate, None, at);
        }
    } else if ADDRESS_FIELDS.iter().any(|name| field.is(name)) {
        let list = address::parse(&field.text(charset(None)));
        let is_empty = list.addresses.is_empty() && !field.raw.contains(&b':');
        if list.has_bad || is_empty {
            defects.note_with(Code::BadAddress, None, at.clone(), field.name);
        }
        if list.is_cut && !field.is_too_long() {
            defects.note_with(Code::FieldTooLong, None, at, field.name);
        }
    }
}

fn check_content(raw: &[u8], index: usize, part: &Part, defects: &mut Defects) {
    if !part.is_text() && !part.encoding.is_encoded() {
        return;
    }
    let body = &raw[part.body.clone()];
    let known = charset(part.charset.as_deref());
    let watched = part.is_text() && matches!(known, Charset::Utf8 | Charset::Undeclared);
    let mut utf8 = Utf8::default();
    let fault = part.encoding.decode_pieces(body, |piece| {
        if watched {
            utf8.feed(piece);
        }
    });
    if let Some(at) = fault {
        let code = match part.encoding {
            Encoding::Base64 => Code::MalformedBase64,
            _ => Code::MalformedQuotedPrintable,
        };
        let at = part.body.start + at;
        defects.note(code, Some(index), at..(at + 1).min(part.body.end));
    }
    if part.is_text() {
        note_charset(index, part, known, &utf8, defects);
    }
}

fn note_charset(index: usize, part: &Part, known: Charset, utf8: &Utf8, defects: &mut Defects) {
    let code = match known {
        Charset::Unknown => Code::UnknownCharset,
        Charset::Undeclared if utf8.has_8bit => Code::UndeclaredCharset,
        Charset::Utf8 if !utf8.is_valid() => Code::InvalidCharsetBytes,
        _ => return,
    };
    let label = part.charset.as_deref().unwrap_or_default();
    defects.note_with(code, Some(index), part.body.clone(), label);
}
