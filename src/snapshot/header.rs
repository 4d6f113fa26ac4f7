//! The header of a mail as far as its sender means it: what the way there and the sending program
//! put into it is left out, since it differs each time.

use super::names::{Kind, without_marks};
use super::options::Options;
use super::vary::Vary;
use crate::message::HeaderView;
use regex::{Captures, Regex};
use std::fmt::Write as _;
use std::sync::LazyLock;

/// Left out unless they are asked for; a `*` stands for the rest of a name.
const LEFT_OUT: &[&str] = &[
    // The way, and what was said of it there.
    "received*",
    "x-received",
    "return-path",
    "delivered-to",
    "dkim-signature",
    "domainkey-signature",
    "x-google-dkim-signature",
    "arc-*",
    "authentication-results",
    "x-restante-inbox",
    // How the same content is written down.
    "content-transfer-encoding",
    "content-length",
    "lines",
    "thread-index",
    // Numbers that providers give.
    "feedback-id",
    "x-sg-*",
    "x-ses-outgoing",
    "x-ses-receipt",
    "x-ses-message-id",
    "x-message-id",
    "x-pm-message-id",
    "x-pm-rcpt",
    "x-mailgun-sid",
    "x-mailgun-sending-ip",
    "x-mandrill-user",
    "x-msg-eid",
    "x-entity-id",
    // Numbers of a run.
    "traceparent",
    "tracestate",
    "baggage",
    "sentry-trace",
    "x-request-id",
    "x-correlation-id",
    "x-trace-id",
    "x-amzn-trace-id",
    "x-b3-*",
    "x-cloud-trace-context",
    "x-datadog-*",
    "uber-trace-id",
];

const PROGRAMS: &[&str] = &["x-mailer", "user-agent", "x-generator", "x-php-originating-script"];

static VERSION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\d+(?:\.\d+)+[\w.+-]*").expect("a fixed pattern"));

pub(super) fn lines(fields: &[HeaderView], options: &Options, vary: &mut Vary) -> String {
    let mut shown: Vec<&HeaderView> =
        fields.iter().filter(|f| is_shown(&f.name, options)).collect();
    if !options.as_sent {
        // Those of one name stay in their order.
        shown.sort_by_key(|field| field.name.to_ascii_lowercase());
    }
    let mut out = String::new();
    for field in shown {
        let value = value(field, vary);
        let _ = writeln!(out, "{}:{}{value}", field.name, if value.is_empty() { "" } else { " " });
    }
    out
}

fn is_shown(name: &str, options: &Options) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_left_out = LEFT_OUT.iter().any(|known| match known.strip_suffix('*') {
        Some(start) => lower.starts_with(start),
        None => lower == *known,
    });
    !options.hides_header(name) && (!is_left_out || options.keeps_header(name))
}

fn value(field: &HeaderView, vary: &mut Vary) -> String {
    let lower = field.name.to_ascii_lowercase();
    if lower == "content-type" {
        return content_type(&field.value, vary);
    }
    if PROGRAMS.contains(&lower.as_str()) {
        return version(&field.value, vary);
    }
    vary.one_line(&field.value).trim_end().to_owned()
}

/// Without the charset: all is shown in one, and a first `é` changes it.
fn content_type(value: &str, vary: &mut Vary) -> String {
    let mut out = Vec::new();
    for parameter in value.split(';').map(str::trim).filter(|p| !p.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "charset" => {}
            "boundary" => {
                let boundary = value.trim().trim_matches('"');
                out.push(format!("boundary={}", vary.known(Kind::Boundary, boundary)));
            }
            _ => out.push(vary.one_line(parameter)),
        }
    }
    out.join("; ")
}

fn version(value: &str, vary: &mut Vary) -> String {
    let clean = without_marks(value.trim());
    let marked =
        VERSION.replace_all(&clean, |found: &Captures| vary.known(Kind::Version, &found[0]));
    vary.marked(marked.into_owned())
}
