//! The same mail again: whatever is new each time, the snapshot is the same; and a word that is
//! another is seen in one line.

use super::{folder, shown};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use regex::Regex;
use restante::snapshot::Options;
use std::fs;
use std::path::{Path, PathBuf};

/// Mails of the corpus of `message`, and real ones beside the project where it is developed.
fn corpus() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open = vec![root.join("tests/corpus"), folder(), root.join("../shared/corpus")];
    let mut mails = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|e| e == "eml" || e == "raw") {
            mails.push(path);
        }
    }
    mails
}

/// A mail as another run of the same program sends it: another day, another id, another way.
/// `None` if its date or id is none that another could stand for.
fn sent_again(raw: &[u8]) -> Option<Vec<u8>> {
    let text: String = raw.iter().map(|b| char::from(*b)).collect();
    let end = text.find("\n\n").or_else(|| text.find("\n\r\n"))?;
    let only = |pattern: &str| {
        let pattern = Regex::new(pattern).unwrap();
        let mut all = pattern.captures_iter(&text[..end]).map(|c| c[1].to_owned());
        all.next().filter(|_| all.next().is_none())
    };
    let day = only(r"(?m)^Date: \w{3}, +(\d+ \w{3} \d{4}) \d\d:\d\d:\d\d [+-]\d{4}\r?$")?;
    let id = only(r"(?mi)^Message-ID: <([^<>\s]+@[^<>\s]+)>\r?$")?;
    let again = text.replace(&day, "27 Mar 2043").replace(&id, "again-1@other.example");
    let way = "\nReceived: from c by d; Fri, 27 Mar 2043 01:02:03 +0000\nDate: ";
    Some(again.replacen("\nDate: ", way, 1).chars().map(|c| c as u8).collect())
}

#[test]
fn every_mail_is_taken_and_the_same_twice() {
    let mails = corpus();
    assert!(mails.len() > 90, "{}", mails.len());
    let mut again = 0;
    for path in mails {
        let raw = fs::read(&path).unwrap();
        let once = shown(&raw, &Options::default());
        assert_eq!(once, shown(&raw, &Options::default()), "{}", path.display());
        assert!(once.starts_with("== envelope\n") && once.ends_with('\n'), "{}", path.display());
        if let Some(other) = sent_again(&raw) {
            assert_eq!(once, shown(&other, &Options::default()), "{}", path.display());
            again += 1;
        }
    }
    assert!(again >= 4, "{again}");
}

/// What a program puts into one mail and no other.
#[derive(Clone, Debug)]
struct Made {
    hex: String,
    token: String,
    uuid: String,
    code: String,
    boundary: String,
    port: u64,
    day: u64,
    minute: u64,
}

const LETTERS: &str = "0123456789abcdefABCDEFGHIJKLMNOPQRSTUVWXYZghijklmnopqrstuvwxyz-_";

/// All from one number, so that none is made simpler than programs make them.
fn made(seed: u64) -> Made {
    let mut state = seed;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) % below
    };
    let mut of = |first: u64, length: usize| -> String {
        (0..length).map(|_| char::from(LETTERS.as_bytes()[random(first) as usize])).collect()
    };
    Made {
        hex: of(16, 32),
        token: of(64, 32),
        uuid: [8, 4, 4, 4, 12].map(|length| of(16, length)).join("-"),
        code: format!("{}{}", 1 + seed % 9, of(10, 5)),
        boundary: of(62, 24),
        port: 1024 + random(60_000),
        day: 10 + random(19),
        minute: 10 + random(50),
    }
}

fn mail(made: &Made, word: &str) -> String {
    let Made { hex, token, uuid, code, boundary, port, day, minute } = made;
    format!(
        "Date: Mon, {day} Nov 2026 07:{minute}:01 +0000\nMessage-ID: <{uuid}@app.example>\n\
         From: shop@app.example\nTo: ann@example.com\nSubject: {code} is your code\n\
         List-Unsubscribe: <http://localhost:{port}/u/{token}>\nX-Trace: {hex}\n\
         MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=\"b{boundary}\"\n\n\
         --b{boundary}\nContent-Type: text/plain\n\n\
         Hello Ann, your {word} is ready.\n\nYour verification code is {code}.\n\
         http://localhost:{port}/reset/{hex}?id={uuid}\n\
         It ends on {day} November 2026 at 07:{minute}. Unsubscribe: http://localhost:{port}/u/{token}\n\
         --b{boundary}\nContent-Type: text/html\n\n\
         <p>Hello Ann, your <b>{word}</b> is ready.</p><p>Your verification code is <b>{code}</b>.</p>\
         <p><a href=\"http://localhost:{port}/reset/{hex}?id={uuid}\">Reset</a> on 2026-11-{day}</p>\n\
         --b{boundary}--\n"
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::with_cases(400) })]

    #[test]
    fn what_is_made_anew_makes_no_difference(one: u64, other: u64) {
        let options = Options::default();
        let (one, other) = (mail(&made(one), "order"), mail(&made(other), "order"));
        prop_assert_eq!(shown(one.as_bytes(), &options), shown(other.as_bytes(), &options));
    }
}

#[test]
fn a_changed_word_is_one_line() {
    let lines = |word: &str| -> Vec<String> {
        let text = shown(mail(&made(1), word).as_bytes(), &Options::default());
        text.lines().map(str::to_owned).collect()
    };
    // Once in the text and once in the HTML, whatever the length, and letters that want a charset.
    for word in
        ["parcel", "very much longer parcel that no line would hold if lines were wrapped", "pakét"]
    {
        let (before, after) = (lines("order"), lines(word));
        assert_eq!(before.len(), after.len(), "{word}");
        let changed: Vec<_> = before.iter().zip(&after).filter(|(a, b)| a != b).collect();
        assert_eq!(changed.len(), 2, "{changed:?}");
        assert!(changed.iter().all(|(a, b)| a.replace("order", word) == **b), "{changed:?}");
    }
}

/// Deep nesting ends no stack, and costs no more than its size.
#[test]
fn hostile_html_is_set_out() {
    let deep = ["<div>".repeat(4_000), "<b>".repeat(2_000), "<p>x".repeat(50_000)];
    for html in deep.into_iter().chain(["{".repeat(100_000), "<".repeat(100_000)]) {
        let mail = format!("Content-Type: text/html\n\n{html}");
        let text = shown(mail.as_bytes(), &Options::default());
        assert!(text.len() < 200 * mail.len() && !text.contains("sha256"), "{}", &html[..10]);
    }
    for html in ["<div>".repeat(800_000), "<i>x</i>".repeat(700_000)] {
        let mail = format!("Content-Type: text/html\n\n{html}");
        let text = shown(mail.as_bytes(), &Options::default());
        assert!(text.contains(" bytes, sha256 "), "{}", &html[..10]);
    }
}
