//! The wire form of a message's content, as docs/api.md fixes it.
//!
//! Owns the JSON shapes. Made when somebody opens a message, so here bodies are decoded whole and
//! checksums are computed.

use super::Message;
use super::address::Address;
use super::check::MAX_FIELDS;
use super::codes::{Found, LIKELY};
use super::field::Field;
use super::links::{Link, Links};
use super::part::{Part, message_id};
use super::summary::{add_addresses, digest};
use super::{date, defect, text};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::ops::Range;

/// All fields of a Message that come from its bytes.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    pub from: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub reply_to: Vec<Address>,
    pub bcc: Vec<Address>,
    pub subject: String,
    /// RFC 3339 in UTC.
    pub date: Option<String>,
    pub message_id: Option<String>,
    pub headers: Vec<HeaderView>,
    pub text: Option<String>,
    pub html: Option<String>,
    pub parts: Vec<PartView>,
    pub attachments: Vec<AttachmentView>,
    pub links: Vec<Link>,
    /// Likely ones only, the likeliest first.
    pub codes: Vec<Found>,
    pub defects: Vec<DefectView>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeaderView {
    pub name: String,
    pub value: String,
    pub raw: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct PartView {
    pub path: String,
    #[serde(rename = "type")]
    pub media_type: String,
    pub charset: Option<String>,
    pub encoding: String,
    pub disposition: Option<String>,
    pub filename: Option<String>,
    pub cid: Option<String>,
    pub size: usize,
    pub sha256: Option<String>,
    pub header_range: [usize; 2],
    pub range: [usize; 2],
    pub headers: Vec<HeaderView>,
    pub children: Vec<PartView>,
}

#[derive(Clone, Debug, Serialize)]
pub struct AttachmentView {
    pub path: String,
    #[serde(rename = "type")]
    pub media_type: String,
    pub filename: Option<String>,
    pub cid: Option<String>,
    pub disposition: Option<String>,
    pub inline: bool,
    pub size: usize,
    pub sha256: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DefectView {
    pub code: &'static str,
    pub message: String,
    pub part: Option<String>,
    pub range: [usize; 2],
}

pub(super) fn view(message: &Message) -> View {
    let digest = digest(message);
    let mut view = View {
        from: digest.from,
        to: digest.to,
        cc: digest.cc,
        reply_to: Vec::new(),
        bcc: Vec::new(),
        subject: digest.subject,
        date: None,
        message_id: None,
        headers: Vec::new(),
        text: message.text(),
        html: message.html(),
        parts: Vec::new(),
        attachments: Vec::new(),
        links: links(message),
        codes: codes(message),
        defects: defects(message),
    };
    read_root_fields(message, &mut view);
    let mut builder = Builder { message, room: MAX_FIELDS };
    let root = builder.part(0);
    view.headers.clone_from(&root.headers);
    view.attachments = attachments(message, &root);
    view.parts.push(root);
    view
}

fn read_root_fields(message: &Message, view: &mut View) {
    let charset = message.header_charset();
    for field in message.headers() {
        add_addresses(message, &field, "Reply-To", &mut view.reply_to);
        add_addresses(message, &field, "Bcc", &mut view.bcc);
        if field.is("Date") && view.date.is_none() {
            view.date = date::parse(&field.text(charset)).map(|date| date::encode(date.at));
        } else if field.is("Message-ID") && view.message_id.is_none() {
            view.message_id = message_id(&field.text(charset));
        }
    }
}

/// Builds the nodes, as long as there is room for their fields in the answer.
struct Builder<'a> {
    message: &'a Message<'a>,
    room: usize,
}

impl Builder<'_> {
    fn part(&mut self, index: usize) -> PartView {
        let part = &self.message.parts[index];
        let headers = self.headers(part);
        let (size, sha256) = match part.is_multipart() {
            true => (part.body.len(), None),
            false => checksum(self.message.raw, part),
        };
        PartView {
            path: part.path.clone(),
            media_type: part.media_type.clone(),
            charset: part.charset.clone(),
            encoding: part.encoding_name.clone(),
            disposition: part.disposition.clone(),
            filename: part.filename.clone(),
            cid: part.cid.clone(),
            size,
            sha256,
            header_range: pair(&part.header),
            range: pair(&part.body),
            headers,
            // No deeper than `tree::MAX_DEPTH`.
            children: part.children.iter().map(|child| self.part(*child)).collect(),
        }
    }

    fn headers(&mut self, part: &Part) -> Vec<HeaderView> {
        let fields = self.message.part_headers(part).take(self.room);
        let charset = self.message.header_charset();
        let headers: Vec<_> = fields.map(|field| header(&field, charset)).collect();
        self.room -= headers.len();
        headers
    }
}

fn header(field: &Field, charset: super::charset::Charset) -> HeaderView {
    let raw = match std::str::from_utf8(field.raw) {
        Ok(raw) => raw.to_owned(),
        Err(_) => charset.decode(field.raw).into_owned(),
    };
    let value = field.decode(charset, &mut |_, _| {});
    HeaderView { name: field.name.to_owned(), value, raw }
}

/// Size and SHA-256 of the decoded content, which is never held as a whole.
fn checksum(raw: &[u8], part: &Part) -> (usize, Option<String>) {
    let mut hash = Sha256::new();
    let mut size = 0;
    part.encoding.decode_pieces(&raw[part.body.clone()], |piece| {
        hash.update(piece);
        size += piece.len();
    });
    let hex = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    (size, Some(hex))
}

fn attachments(message: &Message, root: &PartView) -> Vec<AttachmentView> {
    let bodies = message.bodies();
    let inline = message.inline_parts(&bodies);
    let mut nodes = Vec::new();
    flatten(root, &mut nodes);
    // The parts stand in the message in the order in which the tree is walked.
    let attached = bodies.attached.iter().filter_map(|index| Some((index, nodes.get(*index)?)));
    let view = |(index, node): (&usize, &&PartView)| AttachmentView {
        path: node.path.clone(),
        media_type: node.media_type.clone(),
        filename: node.filename.clone(),
        cid: node.cid.clone(),
        disposition: node.disposition.clone(),
        inline: inline.contains(index),
        size: node.size,
        sha256: node.sha256.clone(),
    };
    attached.map(view).collect()
}

fn flatten<'a>(node: &'a PartView, nodes: &mut Vec<&'a PartView>) {
    nodes.push(node);
    node.children.iter().for_each(|child| flatten(child, nodes));
}

pub(super) fn links(message: &Message) -> Vec<Link> {
    let bodies = message.bodies();
    let mut links = Links::new();
    for part in bodies.html.iter().map(|index| &message.parts[*index]) {
        links.add_html(&text::text(message.raw, part), &part.path);
    }
    for part in bodies.text.iter().map(|index| &message.parts[*index]) {
        links.add_text(&text::text(message.raw, part), &part.path);
    }
    links.list
}

fn codes(message: &Message) -> Vec<Found> {
    message.codes().into_iter().filter(|code| code.score >= LIKELY).collect()
}

fn defects(message: &Message) -> Vec<DefectView> {
    let view = |defect: &defect::Defect| DefectView {
        code: defect.code.name(),
        message: defect.code.sentence(&defect.detail),
        part: defect.part.map(|index| message.parts[index].path.clone()),
        range: pair(&defect.range),
    };
    message.defects().iter().map(view).collect()
}

fn pair(range: &Range<usize>) -> [usize; 2] {
    [range.start, range.end]
}
