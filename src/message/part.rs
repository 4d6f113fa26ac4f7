//! One node of the MIME tree, as its header describes it.
//!
//! Owns the reading of the Content-* fields (RFC 2045, RFC 2183). Where nodes begin and end is the
//! business of `tree`.

use super::defect::{Code, Defects};
use super::field::{self, Field, fields};
use super::params::{self, Parameterized};
use super::transfer::Encoding;
use std::ops::Range;

/// A part; its ranges are places in the raw message.
#[derive(Clone, Debug)]
pub struct Part {
    /// The IMAP section number, `1.2`, or `TEXT` for a multipart that is a message's body.
    pub path: String,
    /// `text/plain`, in lower case.
    pub media_type: String,
    pub charset: Option<String>,
    pub encoding: Encoding,
    /// The encoding as declared, in lower case; `7bit` where nothing is.
    pub encoding_name: String,
    pub disposition: Option<String>,
    pub filename: Option<String>,
    /// The Content-ID without its `<>`.
    pub cid: Option<String>,
    pub header: Range<usize>,
    pub body: Range<usize>,
    pub(super) parent: Option<usize>,
    pub(super) children: Vec<usize>,
    pub(super) boundary: Option<String>,
    /// `format=flowed` and `delsp=yes` of RFC 3676.
    pub(super) is_flowed: bool,
    pub(super) is_delsp: bool,
}

impl Part {
    pub(super) fn new(path: String, parent: Option<usize>, start: usize) -> Self {
        Self {
            path,
            media_type: "text/plain".to_owned(),
            charset: None,
            encoding: Encoding::Identity,
            encoding_name: "7bit".to_owned(),
            disposition: None,
            filename: None,
            cid: None,
            header: start..start,
            body: start..start,
            parent,
            children: Vec::new(),
            boundary: None,
            is_flowed: false,
            is_delsp: false,
        }
    }

    pub fn is_multipart(&self) -> bool {
        self.media_type.starts_with("multipart/")
    }

    /// An attached message, which has a header and parts of its own.
    pub fn is_message(&self) -> bool {
        matches!(self.media_type.as_str(), "message/rfc822" | "message/global")
    }

    pub fn is_text(&self) -> bool {
        self.media_type.starts_with("text/")
    }

    pub(super) fn is_attached(&self) -> bool {
        self.disposition.as_deref().is_some_and(|d| d != "inline")
    }

    /// Reads the header that stands at `self.header`; `index` is this part's.
    pub(super) fn read_header(&mut self, raw: &[u8], index: usize, defects: &mut Defects) {
        let mut seen = Seen::default();
        for field in fields(raw, self.header.clone()) {
            if !field.name.get(..8).is_some_and(|n| n.eq_ignore_ascii_case("content-")) {
                continue;
            }
            // The first one counts, as in most mail programs; `check` notes the second.
            if field.is("Content-Type") && !std::mem::replace(&mut seen.media_type, true) {
                self.read_type(&field, index, defects);
            } else if field.is("Content-Transfer-Encoding")
                && !std::mem::replace(&mut seen.encoding, true)
            {
                self.read_encoding(&field, index, defects);
            } else if field.is("Content-Disposition")
                && !std::mem::replace(&mut seen.disposition, true)
            {
                self.read_disposition(&field);
            } else if field.is("Content-ID") && self.cid.is_none() {
                self.cid = message_id(&text(&field));
            }
        }
    }

    fn read_type(&mut self, field: &Field, index: usize, defects: &mut Defects) {
        let found = params::parse(&text(field));
        match found.value.split_once('/') {
            Some((kind, sub)) if !kind.is_empty() && !sub.is_empty() => {
                self.media_type.clone_from(&found.value);
            }
            _ => {
                // RFC 2045, section 5.2: what cannot be understood is plain text.
                defects.note(Code::BadContentType, Some(index), field.range.clone());
                self.media_type = "text/plain".to_owned();
            }
        }
        self.charset = found.get("charset").map(|c| c.trim().to_ascii_lowercase());
        self.charset = self.charset.take().filter(|c| !c.is_empty());
        // A delimiter line's spaces at the end do not count, so a boundary can have none either.
        let boundary = found.get("boundary").map(|b| b.trim_end().to_owned());
        self.boundary = boundary.filter(|b| !b.is_empty());
        let is = |name, value| found.get(name).is_some_and(|v| v.eq_ignore_ascii_case(value));
        self.is_flowed = is("format", "flowed");
        self.is_delsp = is("delsp", "yes");
        self.set_filename(&found, "name");
    }

    fn read_encoding(&mut self, field: &Field, index: usize, defects: &mut Defects) {
        let declared = text(field).to_ascii_lowercase();
        let name = declared.split([';', '(']).next().unwrap_or_default().trim();
        let compact: String = name.chars().filter(|c| !c.is_whitespace()).collect();
        let (encoding, is_exact) = match compact.as_str() {
            "7-bit" | "8-bit" => (Encoding::Identity, false),
            other => (Encoding::named(other), other == declared && !other.is_empty()),
        };
        if !is_exact {
            let part = Some(index);
            defects.note_with(Code::UnknownEncoding, part, field.range.clone(), &declared);
        } else if encoding == Encoding::Unknown {
            defects.note_with(Code::UnknownEncoding, Some(index), field.range.clone(), name);
        }
        self.encoding = encoding;
        if !name.is_empty() {
            self.encoding_name = name.to_owned();
        }
    }

    fn read_disposition(&mut self, field: &Field) {
        let found = params::parse(&text(field));
        self.set_filename(&found, "filename");
        self.disposition = Some(found.value).filter(|value| !value.is_empty());
    }

    /// The disposition's `filename` counts more than the type's `name` (RFC 2183, section 2.3),
    /// whichever stands first.
    fn set_filename(&mut self, found: &Parameterized, name: &str) {
        let value = found.get(name).map(field::one_line).filter(|v| !v.is_empty());
        if value.is_some() && (name == "filename" || self.filename.is_none()) {
            self.filename = value;
        }
    }
}

#[derive(Default)]
struct Seen {
    media_type: bool,
    encoding: bool,
    disposition: bool,
}

fn text(field: &Field) -> String {
    field.text(super::charset::charset(None)).into_owned()
}

/// What stands between `<` and `>`, or all of it where they are missing.
pub(super) fn message_id(text: &str) -> Option<String> {
    let inside = text.split_once('<').map_or(text, |(_, rest)| rest);
    let id = inside.split('>').next().unwrap_or_default().trim();
    (!id.is_empty()).then(|| field::one_line(id))
}
