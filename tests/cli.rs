//! The command line by transcripts: `tests/cli/*.md`, and the examples of README, run against a
//! server of their own. Ids, times and ports of the examples stand for any.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use restante::config::Config;
use restante::server::Server;
use tokio::runtime::Runtime;

/// A running server with one known message in it.
struct Running {
    runtime: Runtime,
    server: Option<Server>,
}

impl Running {
    fn start() -> Running {
        let runtime = Runtime::new().unwrap();
        let config =
            Config { smtp: "localhost:0".into(), http: "localhost:0".into(), ..Config::defaults() };
        let server = runtime.block_on(Server::start(&config)).unwrap();
        Running { runtime, server: Some(server) }
    }

    fn url(&self) -> String {
        format!("http://localhost:{}", self.server.as_ref().unwrap().http.port())
    }

    fn smtp(&self) -> String {
        format!("localhost:{}", self.server.as_ref().unwrap().smtp.port())
    }

    fn restante(&self, arguments: &[&str]) {
        let status = Command::new(env!("CARGO_BIN_EXE_restante"))
            .args(arguments)
            .env("RESTANTE_URL", self.url())
            .status()
            .unwrap();
        assert!(status.success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.runtime.block_on(self.server.take().unwrap().stop());
    }
}

/// The examples of a file with what varies replaced by wildcards.
fn play(source: &Path, running: &Running) {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(source).unwrap();
    let text = text
        .replace("localhost:8025", running.url().trim_start_matches("http://"))
        .replace("localhost:1025", &running.smtp());
    let copy: PathBuf = folder.path().join(source.file_name().unwrap());
    fs::write(&copy, wildcards(&text)).unwrap();
    let curl = trycmd::schema::Bin::Path("/usr/bin/curl".into());
    trycmd::TestCases::new()
        .env("RESTANTE_URL", running.url())
        .register_bin("curl", curl)
        .case(&copy);
}

/// `[..]` for what looks like an id or a time, in output only: lines that do not begin with `$`.
fn wildcards(text: &str) -> String {
    let line = |line: &str| {
        if line.starts_with("$ ") || line.starts_with("> ") {
            line.to_owned()
        } else {
            wild_line(line)
        }
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

fn wild_line(line: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || ":-.".contains(c);
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find(is_word) {
        out.push_str(&rest[..start]);
        let word_end = rest[start..].find(|c| !is_word(c)).map_or(rest.len(), |n| start + n);
        let word = &rest[start..word_end];
        out.push_str(if varies(word) { "[..]" } else { word });
        rest = &rest[word_end..];
    }
    out.push_str(rest);
    out
}

fn varies(word: &str) -> bool {
    let is_id = word.len() == 22
        && word.starts_with('0')
        && word.chars().all(|c| c.is_ascii_alphanumeric());
    let is_time =
        word.len() == 24 && word.ends_with('Z') && word.contains("-") && word.contains(':');
    is_id || is_time
}

#[test]
fn commands_against_a_server() {
    let running = Running::start();
    running.restante(&["send"]);
    play(Path::new("tests/cli/commands.md"), &running);
}

#[test]
fn commands_without_a_server() {
    let running = Running::start();
    play(Path::new("tests/cli/wrong.md"), &running);
}

#[test]
fn the_examples_of_readme() {
    let running = Running::start();
    play(Path::new("README.md"), &running);
}

/// Every flag is in the help with its environment variable and default.
#[test]
fn the_help_shows_every_setting() {
    let output = Command::new(env!("CARGO_BIN_EXE_restante")).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    // However wide the terminal is.
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for (flag, variable, default) in [
        ("--smtp <ADDR>", "RESTANTE_SMTP", "[default: localhost:1025]"),
        ("--http <ADDR>", "RESTANTE_HTTP", "[default: localhost:8025]"),
        ("--ports-file <PATH>", "RESTANTE_PORTS_FILE", ""),
        ("--store <PATH>", "RESTANTE_STORE", "[default: a temporary file"),
        ("--max-message-size <SIZE>", "RESTANTE_MAX_MESSAGE_SIZE", "[default: 50MiB]"),
        ("--durability <WHAT>", "RESTANTE_DURABILITY", "[default: process]"),
        ("--max-store-size <SIZE>", "RESTANTE_MAX_STORE_SIZE", "[default: 1GiB]"),
        ("--strict", "RESTANTE_STRICT", ""),
        ("--max-messages <N>", "RESTANTE_MAX_MESSAGES", "[default: as many as the store holds]"),
        ("--max-age <AGE>", "RESTANTE_MAX_AGE", "[default: for ever]"),
        ("--max-sessions <N>", "RESTANTE_MAX_SESSIONS", "[default: 100000]"),
        ("--max-sessions-size <SIZE>", "RESTANTE_MAX_SESSIONS_SIZE", "[default: a quarter"),
        ("--smtp-without <NAME>", "RESTANTE_SMTP_WITHOUT", ""),
        ("--max-connections <N>", "RESTANTE_MAX_CONNECTIONS", "[default: 2000]"),
        (
            "--max-connections-per-address <N>",
            "RESTANTE_MAX_CONNECTIONS_PER_ADDRESS",
            "[default: 1000]",
        ),
        ("--max-incoming-memory <SIZE>", "RESTANTE_MAX_INCOMING_MEMORY", "[default: 256MiB]"),
        ("--max-recipients <N>", "RESTANTE_MAX_RECIPIENTS", "[default: 1000]"),
        ("--max-command-line <N>", "RESTANTE_MAX_COMMAND_LINE", "[default: 2048]"),
        ("--max-text-line <N>", "RESTANTE_MAX_TEXT_LINE", "[default: 1000]"),
        ("--max-session-messages <N>", "RESTANTE_MAX_SESSION_MESSAGES", "[default: 100000]"),
        ("--max-errors <N>", "RESTANTE_MAX_ERRORS", "[default: 100]"),
        ("--command-timeout <TIME>", "RESTANTE_COMMAND_TIMEOUT", "[default: 5m]"),
        ("--data-timeout <TIME>", "RESTANTE_DATA_TIMEOUT", "[default: 3m]"),
        ("--session-timeout <TIME>", "RESTANTE_SESSION_TIMEOUT", "[default: 24h]"),
        ("--min-data-rate <N>", "RESTANTE_MIN_DATA_RATE", "[default: 2]"),
        ("--host <NAME>", "RESTANTE_HOST", ""),
        ("--tls <MODE>", "RESTANTE_TLS", "[default: off]"),
        ("--tls-cert <FILE>", "RESTANTE_TLS_CERT", ""),
        ("--tls-key <FILE>", "RESTANTE_TLS_KEY", "[default: in the file of the certificate]"),
        ("--tls-dir <PATH>", "RESTANTE_TLS_DIR", "[default: beside a kept store"),
        ("--smtps <ADDR>", "RESTANTE_SMTPS", ""),
        ("--require-tls", "RESTANTE_REQUIRE_TLS", ""),
        ("--tls-min-version <VERSION>", "RESTANTE_TLS_MIN_VERSION", "[default: 1.2]"),
        ("--tls-client-cert <MODE>", "RESTANTE_TLS_CLIENT_CERT", "[default: off]"),
        ("--tls-client-ca <FILE>", "RESTANTE_TLS_CLIENT_CA", ""),
        ("--log <FILTER>", "RESTANTE_LOG", "[default: warn]"),
    ] {
        for text in [flag, variable, default] {
            assert!(help.contains(text), "{text} is not in:\n{help}");
        }
    }
    assert!(help.contains("Exit codes:"), "{help}");
}
