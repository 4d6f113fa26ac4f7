//! How the program ends: in order when asked once, at once when asked again, and with nothing
//! left behind.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const DEADLINE: Duration = Duration::from_secs(9);

struct Program {
    child: Child,
    folder: tempfile::TempDir,
    smtp: String,
    _banner: BufReader<ChildStdout>,
}

impl Program {
    fn start() -> Program {
        let folder = tempfile::tempdir().unwrap();
        let ports = folder.path().join("ports.json");
        let mut child = Command::new(env!("CARGO_BIN_EXE_restante"))
            .args(["--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--ports-file"])
            .arg(&ports)
            .env("TMPDIR", folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The banner comes when both ports accept and the file is there.
        let mut banner = BufReader::new(child.stdout.take().unwrap());
        banner.read_line(&mut String::new()).unwrap();
        let addresses: Value = serde_json::from_slice(&std::fs::read(&ports).unwrap()).unwrap();
        let smtp = addresses["smtp"].as_str().unwrap().to_owned();
        Program { child, folder, smtp, _banner: banner }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// The exit code, which comes before the deadline.
    fn end(&mut self) -> i32 {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().expect("it ended by itself");
            }
            assert!(start.elapsed() < DEADLINE, "it still runs");
            std::thread::yield_now();
        }
    }

    fn said(&mut self) -> String {
        let mut text = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Only a test that failed leaves it running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

/// In the middle of a message that never ends.
fn stuck_client(smtp: &str) -> TcpStream {
    let mut stream = TcpStream::connect(smtp).unwrap();
    stream
        .write_all(b"HELO x\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\nhalf")
        .unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("354 ")));
    stream
}

#[test]
fn one_signal_ends_it_in_order_and_nothing_is_left() {
    for name in ["-TERM", "-INT", "-HUP"] {
        let mut program = Program::start();
        assert!(!is_empty(program.folder.path()));
        program.signal(name);
        assert_eq!(program.end(), 0, "{name}");
        assert!(is_empty(program.folder.path()), "{name}");
        assert_eq!(program.said(), "", "{name}");
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut program = Program::start();
    let _client = stuck_client(&program.smtp);
    program.signal("-INT");
    let mut heard = BufReader::new(program.child.stderr.take().unwrap());
    let mut line = String::new();
    heard.read_line(&mut line).unwrap();
    assert!(line.starts_with("restante: stopping; a message under way has 10 seconds"), "{line}");
    program.signal("-INT");
    assert_eq!(program.end(), 1);
    assert!(!program.folder.path().join("ports.json").exists());
    let left: Vec<_> = std::fs::read_dir(program.folder.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}
