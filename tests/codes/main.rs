//! Real-looking mails with the wanted code, a file for each language.
//!
//! A mail begins with `= ANSWER` (`-` for none). Then `Subject:` and a body; lines behind `html:`
//! are its HTML, those before are its text. `docs/codes.md` says what counts.
//! `links/` has the same for links: `= WISH -> ADDRESS`.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use restante::expect::{LinkWish, link};
use restante::message::{self, LIKELY};

/// The mail of an entry as it comes over the wire.
fn raw(entry: &str) -> String {
    let (subject, body) = entry.split_once('\n').unwrap();
    let (text, html) = match body.split_once("html:\n") {
        Some((text, html)) => (text, Some(html)),
        None => (body, None),
    };
    let mut raw = format!("{subject}\nMIME-Version: 1.0\n");
    let part = |kind: &str, body: &str| {
        format!(
            "Content-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{body}\n"
        )
    };
    raw += &match html {
        None => part("plain", text),
        Some(html) if text.trim().is_empty() => part("html", html),
        Some(html) => format!(
            "Content-Type: multipart/alternative; boundary=b\n\n--b\n{}--b\n{}--b--\n",
            part("plain", text),
            part("html", html)
        ),
    };
    raw.replace('\n', "\r\n")
}

#[test]
fn the_wanted_code_is_found() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/codes");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "txt"));
    files.sort();
    let (mut all, mut right, mut surely_wrong) = (0, 0, Vec::new());
    for path in &files {
        let text = fs::read_to_string(path).unwrap();
        let (mut count, mut hits) = (0, 0);
        for entry in format!("\n{text}").split("\n= ").skip(1) {
            let (wanted, entry) = entry.split_once('\n').unwrap();
            let raw = raw(entry);
            let codes = message::parse(raw.as_bytes()).codes();
            let likely = codes.first().filter(|code| code.score >= LIKELY);
            let found = likely.map_or("-", |code| &code.value);
            count += 1;
            if found == wanted {
                hits += 1;
                continue;
            }
            let name = path.file_stem().unwrap().to_string_lossy();
            println!("{name}: {wanted} wanted, {found} found in {entry:?}: {likely:?}");
            if likely.is_some_and(|code| code.certain) {
                surely_wrong.push(found.to_owned());
            }
        }
        println!("{}: {hits} of {count}", path.file_name().unwrap().to_string_lossy());
        (all, right) = (all + count, right + hits);
    }
    println!("in all: {right} of {all}");
    assert!(all >= 150, "{all} mails");
    assert!(right * 100 >= all * 97, "{right} of {all}");
    assert!(surely_wrong.is_empty(), "{surely_wrong:?}");
}

#[test]
fn the_wanted_link_is_found() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/codes/links/wanted.txt");
    let text = fs::read_to_string(path).unwrap();
    let mut rows = 0;
    for entry in format!("\n{text}").split("\n= ").skip(1) {
        let (row, entry) = entry.split_once('\n').unwrap();
        let (wish, wanted) = row.rsplit_once(" -> ").unwrap();
        let raw = raw(entry);
        let found = link(&message::parse(raw.as_bytes()), &LinkWish::parse(wish).unwrap());
        let found = found.map_or_else(|_| "-".to_owned(), |link| link.href);
        assert_eq!(found, wanted, "{wish} in {entry}");
        rows += 1;
    }
    assert!(rows >= 40, "{rows}");
}
