//! `restante run`: what its command finds, what it hands on, and what it tells when that fails.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

const RESTANTE: &str = env!("CARGO_BIN_EXE_restante");

fn run(settings: &[&str], script: &str) -> Command {
    let mut command = Command::new(RESTANTE);
    command.arg("run").args(settings).args(["--", "sh", "-c", script]).env("RESTANTE", RESTANTE);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn output(settings: &[&str], script: &str) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = run(settings, script).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn the_command_finds_the_sandbox_and_its_end_is_handed_on() {
    let script = r#"test "$SMTP_PORT" = "$MAIL_PORT" && test "$MAIL_URL" = "smtp://localhost:$EMAIL_PORT" &&
        "$RESTANTE" ready && "$RESTANTE" send --smtp "$SMTP_ADDR" >/dev/null && "$RESTANTE" list -n 1"#;
    let (code, stdout, stderr) = output(&[], script);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stdout.starts_with("ready\n* 0") && stdout.ends_with("It works: a test mail\n"),
        "{stdout}"
    );
    assert!(
        stderr.starts_with("restante: SMTP localhost:") && stderr.lines().count() == 1,
        "{stderr}"
    );
    assert_eq!(output(&[], "exit 9").0, Some(9));
    assert_eq!(output(&[], "kill -KILL $$").0, Some(128 + 9));
    let not_run = Command::new(RESTANTE).args(["run", "/"]).output().unwrap();
    assert_eq!(not_run.status.code(), Some(126));
}

/// Two at the same time do not meet, though both were given nothing but their commands.
#[test]
fn each_has_its_own() {
    let script = r#""$RESTANTE" send >/dev/null; "$RESTANTE" list | wc -l; echo $SMTP_PORT"#;
    let children: Vec<Child> = (0..3).map(|_| run(&[], script).spawn().unwrap()).collect();
    let mut ports = Vec::new();
    for child in children {
        let said = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        let (count, port) = said.trim_end().split_once('\n').unwrap();
        assert_eq!(count.trim(), "1");
        ports.push(port.to_owned());
    }
    ports.sort();
    ports.dedup();
    assert_eq!(ports.len(), 3);
}

#[test]
fn a_failure_tells_what_the_sandbox_saw() {
    let script =
        r#"for n in 1 2; do "$RESTANTE" send --subject "Reset $n" >/dev/null; done; exit 3"#;
    let (code, _, stderr) = output(&[], script);
    assert_eq!(code, Some(3));
    let lines: Vec<&str> = stderr.lines().skip(1).collect();
    assert_eq!(
        lines[0],
        "restante: the command ended with 3; the sandbox saw 2 mails in 2 sessions:"
    );
    assert!(
        lines[1].starts_with("  +") && lines[1].ends_with(" -> you@example.com  Reset 1"),
        "{stderr}"
    );
    assert!(lines[2].ends_with("Reset 2") && lines.len() == 3, "{stderr}");
    let (code, _, stderr) = output(&["--require-auth"], r#"exec "$RESTANTE" send"#);
    assert_eq!(code, Some(1));
    let told = "the sandbox saw no mail in 1 session:\n  +";
    // The session may not have come to its end yet.
    let refused = "): C: MAIL FROM:<restante@example.com> | S: 530 5.7.0 ";
    assert!(stderr.contains(told) && stderr.contains(refused), "{stderr}");
}

struct Running {
    child: Child,
    stderr: BufReader<ChildStderr>,
}

impl Running {
    fn start(settings: &[&str], script: &str) -> Running {
        let mut child = run(settings, script).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Running { child, stderr }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        line
    }
}

#[test]
fn signals_are_passed_on() {
    for (signal, name) in [("-TERM", "TERM"), ("-INT", "INT"), ("-HUP", "HUP")] {
        let script =
            format!("trap 'echo told; exit 5' {name}; echo up; while :; do sleep 0.05; done");
        let mut running = Running::start(&[], &script);
        let mut stdout = BufReader::new(running.child.stdout.take().unwrap());
        stdout.read_line(&mut String::new()).unwrap();
        running.signal(signal);
        let mut said = String::new();
        stdout.read_to_string(&mut said).unwrap();
        assert_eq!(said, "told\n", "{name}");
        assert_eq!(running.child.wait().unwrap().code(), Some(5));
    }
}

#[test]
fn it_stays_up_for_a_look() {
    let mut running = Running::start(&["--keep"], r#""$RESTANTE" send >/dev/null; exit 4"#);
    let mut said = String::new();
    while !said.contains("stays up") {
        let line = running.line();
        assert!(!line.is_empty(), "{said}");
        said += &line;
    }
    let url = said.split_once("stays up: ").unwrap().1.split(' ').next().unwrap();
    let list = Command::new(RESTANTE).args(["list", "--server", url]).output().unwrap();
    assert!(String::from_utf8(list.stdout).unwrap().contains("It works"));
    running.signal("-INT");
    assert_eq!(running.child.wait().unwrap().code(), Some(4));
}
