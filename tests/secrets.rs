//! Secrets of AUTH are nowhere: not in the log at its most talkative, not in the API, not in what
//! the store's file holds. The user's name and the mechanism are.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

const SECRET: &str = "correct-horse-battery-staple";
const DEADLINE: Duration = Duration::from_secs(20);

/// Each: what the client says, line by line.
fn exchanges() -> Vec<Vec<String>> {
    let b = |text: &str| STANDARD.encode(text);
    let token = format!("user=ann\x01auth=Bearer {SECRET}\x01\x01");
    let bearer = format!("n,a=ann,\x01auth=Bearer {SECRET}\x01\x01");
    let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    vec![
        lines(&["AUTH", &format!("PLAIN {}", b(&format!("\0ann\0{SECRET}")))]),
        lines(&[&format!("AUTH PLAIN {}", b(&format!("\0ann\0{SECRET}")))]),
        lines(&["AUTH PLAIN", &b(&format!("\0ann\0{SECRET}"))]),
        lines(&[&format!("AUTH PLAIN \0ann\0{SECRET}")]),
        lines(&[&format!("AUTH {SECRET}")]),
        lines(&["AUTH LOGIN", &b("ann"), &b(SECRET)]),
        lines(&["AUTH LOGIN", &b("ann"), SECRET]),
        lines(&["AUTH DIGEST-MD5", &b(SECRET)]),
        lines(&["AUTH XOAUTH2", &b(&token)]),
        lines(&[&format!("AUTH XOAUTH2 {}", b(&token))]),
        lines(&[&format!("AUTH OAUTHBEARER {}", b(&bearer))]),
        lines(&["AUTH CRAM-MD5", &b(&format!("ann {SECRET}"))]),
        lines(&["AUTH SCRAM-SHA-256", &b(&format!("n,,n=ann,r={SECRET}"))]),
        lines(&["AUTH SCRAM-SHA-256", &b("n,,n=ann,r=x"), &b(&format!("c=biws,p={SECRET}"))]),
    ]
}

struct Running {
    child: Child,
    folder: tempfile::TempDir,
    ports: Value,
}

impl Running {
    fn start(arguments: &[&str]) -> Running {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ports");
        let child = Command::new(env!("CARGO_BIN_EXE_restante"))
            .args(["--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--log", "trace"])
            .arg("--ports-file")
            .arg(&path)
            .arg("--store")
            .arg(folder.path().join("mail.db"))
            .args(arguments)
            .stdout(Stdio::null())
            // A file: a pipe that nobody reads fills up.
            .stderr(std::fs::File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let end = Instant::now() + DEADLINE;
        let ports = loop {
            match std::fs::read_to_string(&path) {
                Ok(text) => break serde_json::from_str(&text).unwrap(),
                Err(_) => assert!(Instant::now() < end, "the server does not start"),
            }
        };
        Running { child, folder, ports }
    }

    fn get(&self, path: &str, accept: &str) -> String {
        let url = format!("http://{}{path}", self.ports["http"].as_str().unwrap());
        let mut answer = ureq::get(url).header("Accept", accept).call().unwrap();
        answer.body_mut().read_to_string().unwrap()
    }

    fn say(&self, lines: &[String]) {
        let stream = TcpStream::connect(self.ports["smtp"].as_str().unwrap()).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut hear = move || {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            assert!(!line.contains(SECRET), "{line}");
            line
        };
        hear();
        for line in lines.iter().map(String::as_str).chain(["QUIT", "QUIT"]) {
            if (&stream).write_all(format!("{line}\r\n").as_bytes()).is_err() {
                break;
            }
            if hear().starts_with("221") {
                break;
            }
        }
    }
}

fn check(arguments: &[&str], mechanisms: &[&str]) {
    let running = Running::start(arguments);
    let exchanges = exchanges();
    for lines in &exchanges {
        running.say(lines);
    }
    // The end of a session is written down after its client has gone.
    let end = Instant::now() + DEADLINE;
    let (mut said, sessions) = loop {
        let said = running.get("/v1/sessions?limit=100", "*/*");
        let page: Value = serde_json::from_str(&said).unwrap();
        let sessions = page["sessions"].as_array().unwrap().clone();
        let closed = sessions.iter().filter(|session| !session["closed_at"].is_null());
        if closed.count() == exchanges.len() {
            break (said, sessions);
        }
        assert!(Instant::now() < end, "{said}");
    };
    for session in &sessions {
        let path = format!("/v1/sessions/{}", session["id"].as_str().unwrap());
        said += &running.get(&path, "*/*");
        said += &running.get(&format!("{path}/transcript"), "text/plain");
        said += &running.get(&format!("{path}/transcript"), "application/json");
    }
    for mechanism in mechanisms {
        let shown = format!(r#""user":"ann","auth":"{mechanism}""#);
        assert!(said.contains(&shown), "{mechanism} by ann is nowhere");
    }
    said += &running.get("/v1/info", "*/*");
    let Running { mut child, folder, .. } = running;
    child.kill().unwrap();
    child.wait().unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        said += &String::from_utf8_lossy(&std::fs::read(entry.unwrap().path()).unwrap());
    }
    // What follows a secret in an exchange, and any of its encodings, from whichever byte.
    let words = exchanges.iter().flatten().flat_map(|line| line.split(' '));
    let long = words.filter(|word| word.len() > 20);
    for secret in long.chain([SECRET]) {
        assert!(!said.contains(secret), "{secret} was told");
    }
    for skip in 0..3 {
        let encoded = STANDARD.encode(&SECRET[skip..]);
        assert!(!said.contains(&encoded[..20]), "an encoding was told");
    }
}

#[test]
fn secrets_are_nowhere_when_any_pass() {
    check(&[], &["PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"]);
}

#[test]
fn secrets_are_nowhere_when_they_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users");
    std::fs::write(&path, format!("ann:{SECRET}\n")).unwrap();
    check(&["--smtp-users", path.to_str().unwrap()], &["PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"]);
    std::fs::write(&path, "ann:another\n").unwrap();
    check(&["--smtp-users", path.to_str().unwrap()], &[]);
}
