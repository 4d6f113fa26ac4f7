//! Memory for hostile mail is bounded by its size, whatever it is made of: the program takes, finds
//! and shows it, and Linux tells the most that it has ever held.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "crash/program.rs"]
mod program;

use std::process::Command;

use program::{Program, id_of};

const MIB: u64 = 1 << 20;

/// The most memory that the program has held so far.
fn peak(program: &Program) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}

/// The peak when the mail is taken, and when it was looked at in every way.
fn peaks(program: &Program, raw: &str) -> (u64, u64) {
    let id = id_of(&program.client().send(raw).unwrap()).unwrap().to_owned();
    let taken = peak(program);
    for view in ["", "/raw", "/text", "/html", "/parts/1", "/snapshot", "/transcript"] {
        let (status, _) = program.get(&format!("/v1/messages/{id}{view}"));
        assert!(matches!(status, 200 | 404), "{view}: {status}");
    }
    program.json("/v1/messages?q=word");
    (taken, peak(program))
}

fn memory_is_bounded(raw: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_restante"));
    let program = Program::run(command.args(["--max-message-size", "64MiB"]));
    let (_, before) = peaks(&program, "Subject: small\r\n\r\nx\r\n");
    let (taken, shown) = peaks(&program, raw);
    program.stop();
    let size = raw.len() as u64;
    let bound = |times| before + times * size + 64 * MIB;
    let told = format!("{before} before, {taken} to take {size}, {shown} to show it");
    assert!(taken <= bound(3) && shown <= bound(7), "{told}");
}

#[test]
fn ten_thousand_levels() {
    let open = |n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n");
    let close = |n| format!("\r\n--b{n}--");
    let opened: String = (0..10_000).map(open).collect();
    let closed: String = (0..10_000).rev().map(close).collect();
    memory_is_bounded(&format!("{opened}\r\nleaf{closed}\r\n"));
    let messages = "Content-Type: message/rfc822\r\n\r\n".repeat(10_000);
    memory_is_bounded(&(messages + "Subject: innermost\r\n\r\nx\r\n"));
    memory_is_bounded(
        &("Content-Type: text/html\r\n\r\n".to_owned() + &"<div>".repeat(10_000) + "\r\n"),
    );
}

#[test]
fn a_hundred_thousand_fields() {
    let fields: String = (0..100_000).map(|n| format!("X-Field-{n}: value {n}\r\n")).collect();
    memory_is_bounded(&(fields + "\r\nx\r\n"));
}

#[test]
fn a_line_of_50_mib() {
    memory_is_bounded(&format!("Subject: line\r\n\r\n{}\r\n", "word ".repeat(10 << 20)));
}

#[test]
fn html_of_50_mib_that_closes_nothing() {
    let html = "<p>".repeat((50 << 20) / 3);
    memory_is_bounded(&format!("Content-Type: text/html\r\n\r\n{html}\r\n"));
}
