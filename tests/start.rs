//! How the program starts: what it says then, what `ready` says meanwhile, and that a start that
//! fails says why in one sentence and leaves nothing behind.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

const RESTANTE: &str = env!("CARGO_BIN_EXE_restante");

/// A running server.
struct Program {
    child: Child,
    banner: String,
}

impl Program {
    /// With everything it prints until it says how to stop it.
    fn start(settings: &[&str]) -> Program {
        let mut child = Command::new(RESTANTE)
            .args(settings)
            .env_remove("RESTANTE_URL")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut banner = String::new();
        while !banner.contains("Stop with") {
            assert!(out.read_line(&mut banner).unwrap() > 0, "{banner}");
        }
        Program { child, banner }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The port behind a word of the banner.
fn port<'a>(banner: &'a str, before: &str) -> &'a str {
    let rest = banner.split_once(before).unwrap_or_else(|| panic!("{banner}")).1;
    rest.split(|c: char| !c.is_ascii_digit()).next().unwrap()
}

#[test]
fn the_banner_is_the_one_of_readme() {
    let readme = fs::read_to_string("README.md").unwrap();
    let block = readme.split("```text\n").find(|text| text.starts_with("Restante ")).unwrap();
    let block = block.split_once("```").unwrap().0;
    let ports = tempfile::tempdir().unwrap();
    let file = ports.path().join("ports.json");
    let at = ["--smtp", "localhost:0", "--http", "localhost:0", "--ports-file"];
    let program = Program::start(&[&at[..], &[file.to_str().unwrap()]].concat());
    let (smtp, http) =
        (port(&program.banner, "localhost:"), port(&program.banner, "http://localhost:"));
    // README shows the ports that are taken when nothing is said.
    let send = format!("`restante send --server http://localhost:{http}`");
    let expected = block
        .replace("localhost:1025", &format!("localhost:{smtp}"))
        .replace("localhost:8025", &format!("localhost:{http}"))
        .replace("`restante send`", &send);
    assert_eq!(program.banner, expected);
    let told: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let expected = serde_json::json!({"smtp": format!("127.0.0.1:{smtp}"), "http": format!("127.0.0.1:{http}")});
    assert_eq!(told, expected);
    // What it says to type works as it stands.
    let command = send.trim_matches('`').replace("restante", RESTANTE);
    let mut words = command.split(' ');
    let sent = Command::new(words.next().unwrap()).args(words).output().unwrap();
    let said = String::from_utf8(sent.stdout).unwrap();
    assert!(said.starts_with(&format!("sent: http://localhost:{http}/m/0")), "{said}");
}

#[test]
fn the_banner_tells_what_was_set() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("mail.db");
    let store = store.to_str().unwrap();
    let more = [
        "--lmtp",
        "127.0.0.1:0",
        "--smtps",
        "localhost:0",
        "--tls",
        "auto",
        "--max-store-size",
        "5MiB",
    ];
    let at = ["--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--store", store];
    let program = Program::start(&[&at[..], &more[..]].concat());
    let banner = &program.banner;
    let [smtp, smtps, lmtp] = ["SMTP  ", "SMTPS  ", "LMTP  "]
        .map(|name| port(banner.split_once(name).unwrap().1, "localhost:"));
    let http = port(banner, "http://localhost:");
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        *banner,
        format!(
            "Restante {version}\n\n  SMTP       localhost:{smtp} (STARTTLS)\n  SMTPS      localhost:{smtps}\n  \
             LMTP       localhost:{lmtp}\n  Inspector  http://localhost:{http}\n  Mail       {store}, up to 5.0 MiB\n\n\
             Send a test mail with `restante send --server http://localhost:{http}`. Stop with Ctrl-C.\n"
        )
    );
}

/// The commands reach no inspector on a Unix socket, and then no mail server either.
#[cfg(unix)]
#[test]
fn the_banner_names_no_command_that_cannot_work() {
    let folder = tempfile::tempdir().unwrap();
    let socket = |name: &str| format!("unix:{}", folder.path().join(name).display());
    let (smtp, http) = (socket("smtp"), socket("http"));
    let program = Program::start(&["--smtp", "127.0.0.1:0", "--http", &http]);
    let port = port(&program.banner, "localhost:");
    let end = format!(
        "Send a test mail with `restante send --smtp localhost:{port}`. Stop with Ctrl-C.\n"
    );
    assert!(program.banner.ends_with(&end), "{}", program.banner);
    let sent = Command::new(RESTANTE)
        .args(["send", "--smtp", &format!("localhost:{port}"), "--server", "http://localhost:1"])
        .output()
        .unwrap();
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    drop(program);
    let http = socket("other");
    let program = Program::start(&["--smtp", &smtp, "--http", &http]);
    assert!(
        program.banner.contains(&format!("  SMTP       {smtp}\n  Inspector  {http}\n")),
        "{}",
        program.banner
    );
    assert!(
        program.banner.ends_with("--store PATH keeps it)\n\nStop with Ctrl-C.\n"),
        "{}",
        program.banner
    );
}

/// Whoever has the port at first is no server: it takes connections and says nothing.
#[test]
fn ready_waits_until_the_server_is_there() {
    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = stranger.local_addr().unwrap().to_string();
    let mut ready = Command::new(RESTANTE)
        .args(["ready", "--wait", "60s", "--server", &format!("http://{address}")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..3 {
        let (mut asking, _) = stranger.accept().unwrap();
        let mut first = [0; 16];
        asking.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"GET /readyz HTTP");
        asking
            .write_all(b"HTTP/1.1 503 Not yet\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .unwrap();
    }
    assert!(ready.try_wait().unwrap().is_none(), "it does not wait");
    drop(stranger);
    let program = Program::start(&["--smtp", "127.0.0.1:0", "--http", &address]);
    let ready = ready.wait_with_output().unwrap();
    let said = String::from_utf8([ready.stdout, ready.stderr].concat()).unwrap();
    assert_eq!((ready.status.code(), &*said), (Some(0), "ready\n"));
    drop(program);
}

fn names(folder: &Path) -> Vec<PathBuf> {
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    names
}

/// A start that must fail; the sentence after `restante: `.
fn refusal(folder: &Path, settings: &[&str]) -> String {
    let before = names(folder);
    let output = Command::new(RESTANTE)
        .args(settings)
        .env("RESTANTE_SMTP", "127.0.0.1:0")
        .env("RESTANTE_HTTP", "127.0.0.1:0")
        .env("RESTANTE_PORTS_FILE", "ports.json")
        .current_dir(folder)
        .env("TMPDIR", folder)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty(), "{settings:?}");
    assert_eq!(names(folder), before, "{settings:?}");
    let sentence = said.strip_prefix("restante: ").unwrap().strip_suffix('\n').unwrap();
    assert!(!sentence.contains('\n'), "{said}");
    sentence.to_owned()
}

#[cfg(unix)]
#[test]
fn a_start_that_fails_says_why_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("list.txt"), "milk and bread\n".repeat(50)).unwrap();
    fs::create_dir(folder.join("folder")).unwrap();
    let other = rusqlite::Connection::open(folder.join("other.db")).unwrap();
    other.execute_batch("CREATE TABLE notes (text)").unwrap();
    drop(other);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().map(|address| (address.to_string(), taken)).unwrap();
    let why =
        "this port is taken; stop what listens there, or choose another (port 0 takes a free one)";
    for setting in ["--smtp", "--http"] {
        for store in [&["--store", "new.db"][..], &[]] {
            let said = refusal(folder, &[&[setting, &taken.0][..], store].concat());
            assert_eq!(said, format!("{setting} {}: {why}", taken.0));
        }
    }
    for (setting, value, why) in [
        ("--store", "list.txt", "this file is not a Restante store"),
        ("--store", "other.db", "this file is not a Restante store"),
        ("--store", "folder", "this is a folder; name a file in it"),
        ("--store", "no/such/mail.db", "No such file or directory (os error 2)"),
        ("--ports-file", "no/ports.json", "No such file or directory (os error 2)"),
        ("--ports-file", "folder", "is a directory"),
    ] {
        let store: &[&str] = if setting == "--store" { &[] } else { &["--store", "new.db"] };
        let said = refusal(folder, &[&[setting, value][..], store].concat());
        assert_eq!(said, format!("{setting} {value}: {why}"));
    }
    let list = fs::read_to_string(folder.join("list.txt")).unwrap();
    assert!(list.starts_with("milk and bread\n") && list.len() == 750);
}
