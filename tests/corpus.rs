//! The corpus: each mail of `tests/corpus/` read in CRLF and in LF, with a snapshot beside it.
//!
//! A mail is stored with LF and made into CRLF here, so that git and editors leave it alone; the
//! three marks below write what would not survive them.
#![allow(clippy::unwrap_used)]

mod invariants;

use invariants::check;
use restante::message;
use serde_json::{Value, json};
use std::path::Path;

/// The bytes of a corpus file with LF: `<CR>`, `<NUL>` and `<xE9>` stand for single bytes.
fn read(path: &Path) -> Vec<u8> {
    let text = std::fs::read(path).unwrap();
    let mut out = Vec::new();
    let mut rest = text.as_slice();
    while let Some((byte, after)) = rest.split_first() {
        let mark = [(&b"<CR>"[..], b'\r'), (b"<NUL>", 0)];
        if let Some((mark, byte)) = mark.iter().find(|(mark, _)| rest.starts_with(mark)) {
            out.push(*byte);
            rest = &rest[mark.len()..];
        } else if let [b'<', b'x', a, b, b'>', ..] = rest
            && let Ok(byte) = u8::from_str_radix(std::str::from_utf8(&[*a, *b]).unwrap_or("?"), 16)
        {
            out.push(byte);
            rest = &rest[5..];
        } else {
            out.push(*byte);
            rest = after;
        }
    }
    out
}

fn with_crlf(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for byte in raw {
        if *byte == b'\n' {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    out
}

fn shown(raw: &[u8]) -> Value {
    let message = message::parse(raw);
    check(raw);
    json!({ "digest": message.digest(), "view": message.view() })
}

/// What must not change with the line ends: all but places, raw text, and what is computed from
/// contents, which hold their own line ends.
fn without_places(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for key in ["range", "header_range", "raw", "size", "sha256", "message"] {
                map.remove(key);
            }
            if let Some(Value::Array(defects)) = map.get_mut("defects") {
                defects.retain(|defect| defect["code"] != "bare-lf");
            }
            if map.get("defects").is_some_and(Value::is_number) {
                map.remove("defects");
            }
            map.values_mut().for_each(without_places);
        }
        Value::Array(list) => list.iter_mut().for_each(without_places),
        _ => {}
    }
}

#[test]
fn corpus() {
    insta::glob!("corpus", "*/*.eml", |path| {
        let lf = read(path);
        let crlf = with_crlf(&lf);
        let mut from_crlf = shown(&crlf);
        insta::with_settings!({ snapshot_suffix => "", snapshot_path => path.parent().unwrap(), prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_json_snapshot!(path.file_stem().unwrap().to_str().unwrap(), from_crlf);
        });
        let mut from_lf = shown(&lf);
        without_places(&mut from_crlf);
        without_places(&mut from_lf);
        assert_eq!(from_crlf, from_lf, "{}", path.display());
    });
}

/// What the common libraries send is well-formed; a defect there would cry wolf to everybody.
#[test]
fn common_clients_have_no_defects() {
    insta::glob!("corpus", "clients/*.eml", |path| {
        let raw = with_crlf(&read(path));
        assert_eq!(message::parse(&raw).digest().defects, 0, "{}", path.display());
    });
}

/// Real mail that lies beside the project where it is developed.
#[test]
fn shared_corpus() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let mut open = vec![root];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).unwrap();
            open.extend(entries.map(|entry| entry.unwrap().path()));
        } else if is_mail(&path) {
            let raw = std::fs::read(&path).unwrap();
            check(&raw);
            // Every place where a connection may break off.
            for end in (0..raw.len()).step_by(raw.len() / 40 + 1) {
                check(&raw[..end]);
            }
        }
    }
}

fn is_mail(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "eml" || e == "raw")
}
