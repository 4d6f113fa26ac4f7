//! Snapshots of mails: `varies.txt` has lines of text and what of them varies, `options.txt` what a
//! caller may want otherwise, `mails/` whole mails. Each has its own snapshot beside.

#![allow(clippy::unwrap_used)]

mod again;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use restante::snapshot::{Envelope, Options, snapshot};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots")
}

fn table(name: &str) -> Vec<String> {
    let text = fs::read_to_string(folder().join(name)).unwrap();
    let is_row = |line: &&str| !line.is_empty() && !line.starts_with('#');
    text.lines().filter(is_row).map(str::to_owned).collect()
}

fn shown(raw: &[u8], options: &Options) -> String {
    let to = ["ann@example.com".to_owned()];
    snapshot(raw, Envelope { from: "bounce+3f9a8b7c6d5e4f3a@shop.example", to: &to }, options).text
}

fn options(query: &str) -> Options {
    let pairs: Vec<_> = query.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
    let all = |name| pairs.iter().filter(|(n, _)| *n == name).map(|(_, v)| v.to_string()).collect();
    let (ignore, keep, order): (Vec<_>, Vec<_>, Vec<String>) =
        (all("ignore"), all("keep"), all("order"));
    Options::parse(&ignore, &keep, order.first().map(String::as_str)).unwrap()
}

fn assert_snapshot(name: &str, text: String) {
    let path = folder();
    insta::with_settings!({ snapshot_path => path, prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn what_varies() {
    let only_text = options("ignore=envelope,headers,parts,html,attachments");
    let mut out = String::new();
    for line in table("varies.txt") {
        let mail = format!("Content-Type: text/plain; charset=utf-8\n\n{line}\n");
        let text = shown(mail.as_bytes(), &only_text);
        let _ = writeln!(out, "   {line}\n=> {}\n", text.strip_prefix("== text\n").unwrap().trim());
    }
    assert_snapshot("varies", out);
}

#[test]
fn what_is_wanted_otherwise() {
    let mail = fs::read(folder().join("mails/order.eml")).unwrap();
    let mut out = String::new();
    for query in table("options.txt") {
        let _ = writeln!(out, "#### {query}\n{}", shown(&mail, &options(&query)));
    }
    assert_snapshot("options", out);
}

#[test]
fn whole_mails() {
    insta::glob!("mails/*.eml", |path| {
        let text = shown(&fs::read(path).unwrap(), &Options::default());
        let name = path.file_stem().unwrap().to_str().unwrap();
        insta::with_settings!({ snapshot_suffix => "", snapshot_path => path.parent().unwrap(), prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, text);
        });
    });
}
