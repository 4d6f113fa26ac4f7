//! Hostile mail: sizes and depths that no mail has, and any bytes at all.
//!
//! The parse is total and linear. A test cannot measure time without failing on a busy machine;
//! these are large enough that a quadratic parse would not come to an end.
#![allow(clippy::unwrap_used)]

mod invariants;

use invariants::check;
use proptest::prelude::*;
use restante::message::{
    self, MAX_DEPTH, MAX_FIELD, MAX_FIELDS, MAX_PARTS, MAX_SEARCHED_FIELDS, Message,
};

const LARGE: usize = 50 << 20;

fn codes(message: &Message) -> Vec<&'static str> {
    message.defects().iter().map(|d| d.code.name()).collect()
}

fn has(raw: &[u8], code: &str) -> bool {
    codes(&message::parse(raw)).contains(&code)
}

fn nested_multiparts(depth: usize) -> String {
    let open = |n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n");
    let close = |n| format!("\r\n--b{n}--");
    let opened: String = (0..depth).map(open).collect();
    opened + "\r\nleaf" + &(0..depth).rev().map(close).collect::<String>()
}

fn nested_messages(depth: usize) -> String {
    "Content-Type: message/rfc822\r\n\r\n".repeat(depth) + "Subject: innermost\r\n\r\nx"
}

#[test]
fn depth_is_bounded() {
    for (nested, levels) in [(nested_multiparts as fn(usize) -> String, 1), (nested_messages, 1)] {
        let deep = |depth| nested(depth).into_bytes();
        assert!(!has(&deep(MAX_DEPTH - 1), "nesting-too-deep"));
        assert!(!has(&deep(MAX_DEPTH), "nesting-too-deep"));
        assert!(has(&deep(MAX_DEPTH + levels), "nesting-too-deep"));
        let raw = deep(10_000);
        check(&raw);
        assert_eq!(message::parse(&raw).parts().len(), MAX_DEPTH + 1);
    }
}

#[test]
fn nested_parts_deeper_than_json_readers_go() {
    let raw = nested_multiparts(1_000).into_bytes();
    let json = serde_json::to_string(&message::parse(&raw).view()).unwrap();
    serde_json::from_str::<serde_json::Value>(&json).unwrap();
}

fn many_parts(count: usize) -> Vec<u8> {
    let head = "Content-Type: multipart/mixed; boundary=x\n\n";
    (head.to_owned() + &"--x\n\npart\n".repeat(count) + "--x--").into_bytes()
}

#[test]
fn parts_are_bounded() {
    for (count, is_cut) in [(MAX_PARTS - 2, false), (MAX_PARTS - 1, false), (MAX_PARTS, true)] {
        assert_eq!(has(&many_parts(count), "too-many-parts"), is_cut, "{count}");
    }
    let raw = many_parts(100_000);
    assert_eq!(message::parse(&raw).parts().len(), MAX_PARTS);
    assert_eq!(message::parse(&raw).view().parts[0].children.len(), MAX_PARTS - 1);
}

#[test]
fn a_million_boundary_lines() {
    let raw = format!("Content-Type: multipart/mixed; boundary=x\n\n{}", "--x\n".repeat(1_000_000));
    assert_eq!(message::parse(raw.as_bytes()).parts().len(), MAX_PARTS);
}

#[test]
fn fields_are_bounded() {
    for (count, is_cut) in [(MAX_FIELDS - 1, false), (MAX_FIELDS, false), (MAX_FIELDS + 1, true)] {
        let raw = "X: y\n".repeat(count).into_bytes();
        assert_eq!(has(&raw, "too-many-fields"), is_cut, "{count}");
    }
    let raw = "X: y\n".repeat(100_000).into_bytes();
    assert_eq!(message::parse(&raw).headers().count(), 100_000);
    assert_eq!(message::parse(&raw).view().headers.len(), MAX_FIELDS);
}

#[test]
fn searched_fields_are_bounded() {
    for over in [0, 1, 2] {
        let count = MAX_SEARCHED_FIELDS - 1 + over;
        let raw: String = (0..count).map(|n| format!("X-{n}: value\r\n")).collect();
        let content = message::parse(raw.as_bytes()).searched();
        assert_eq!(content.headers().len(), count.min(MAX_SEARCHED_FIELDS));
    }
}

#[test]
fn field_length_is_bounded() {
    for (length, is_cut) in [(MAX_FIELD - 1, false), (MAX_FIELD, false), (MAX_FIELD + 1, true)] {
        let raw = format!("Subject:{}\r\n\r\n", "x".repeat(length));
        assert_eq!(has(raw.as_bytes(), "field-too-long"), is_cut, "{length}");
        let subject = message::parse(raw.as_bytes()).digest().subject;
        assert_eq!(subject.len(), length.min(MAX_FIELD));
    }
}

/// One line of 50 MiB of each kind. The view, which decodes and hashes, is made of smaller ones.
#[test]
fn one_huge_line() {
    let fills: &[(&str, &str)] = &[
        ("\n", "x"),
        ("Subject: ", "x"),
        ("Subject: ", "=?utf-8?Q?"),
        ("Subject: =?utf-8?B?", "YWJj"),
        ("Subject: ", "=?aa?Q?x"),
        ("To: ", "a@example.com,"),
        ("To: ", "=?utf-8?Q?a,"),
        ("To: ", "(\"<"),
        ("Content-Type: text/plain; ", "a*1*=x;"),
        ("Content-Type: text/plain; name=\"", "\\\""),
        ("Date: ", "1 "),
        ("Message-ID: ", "<"),
        ("Content-Transfer-Encoding: base64\n\n", "YWJj"),
        ("Content-Transfer-Encoding: quoted-printable\n\n", "=3D="),
        ("Content-Type: text/html\n\n", "<a href=x"),
        ("Content-Type: text/html\n\n", "<!--</a "),
        ("Content-Type: text/html\n\n", "<a href=x><img alt=&amp"),
        ("\n", "http://a)"),
    ];
    for (head, fill) in fills {
        let raw = |size: usize| (head.to_string() + &fill.repeat(size / fill.len())).into_bytes();
        message::parse(&raw(LARGE)).digest();
        check(&raw(1 << 20));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(raw in proptest::collection::vec(any::<u8>(), 0..2000)) {
        check(&raw);
    }

    #[test]
    fn any_mail_like_text(pieces in proptest::collection::vec(piece(), 0..60)) {
        check(&pieces.concat());
    }

    #[test]
    fn any_charset(bytes in proptest::collection::vec(any::<u8>(), 0..40), label in label()) {
        let head = format!("Content-Type: text/plain; charset={label}\r\n\r\n");
        check(&[head.as_bytes(), &bytes].concat());
    }
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = proptest::sample::select(vec![
        "\r\n",
        "\n",
        "\r",
        "\r\n\r\n",
        " ",
        "\t",
        ":",
        ";",
        ",",
        "\"",
        "<",
        ">",
        "(",
        ")",
        "=",
        "?",
        "--",
        "--b",
        "--b--",
        "--c\n",
        "\n--b\n",
        "\n--c--\n",
        "From: ",
        "To: a@b.c",
        "Subject: ",
        "Date: ",
        "Content-Type: multipart/mixed; boundary=b\n",
        "text/html",
        "\n\n",
        "Content-Type: multipart/related; boundary=c\n\n",
        "Content-Type: message/rfc822\n\n",
        "Content-Transfer-Encoding: base64\n",
        "Content-Transfer-Encoding: quoted-printable\n",
        "Content-Disposition: attachment; filename*0*=utf-8''a%C3",
        "Content-ID: <x>\n",
        "=?utf-8?Q?a?=",
        "=?iso-2022-jp?B?",
        "YWJj",
        "=C3",
        "cid:x",
        "<a href=",
        "&amp;",
        "http://",
        "é",
        "From x\n",
        "format=flowed; delsp=yes",
        "Content-Type: text/plain; charset=",
    ]);
    prop_oneof![
        8 => known.prop_map(|text| text.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ]
}

fn label() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "utf-8",
        "us-ascii",
        "iso-8859-1",
        "windows-1252",
        "koi8-r",
        "shift_jis",
        "iso-2022-jp",
        "gb2312",
        "gb18030",
        "big5",
        "euc-kr",
        "euc-jp",
        "utf-7",
        "utf-16",
        "utf-16le",
        "x-user-defined",
        "iso-2022-kr",
        "hz-gb-2312",
        "macintosh",
        "windows-874",
        "none",
    ])
}
