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
        Running::with(None)
    }

    fn with(store: Option<PathBuf>) -> Running {
        let mut config = Config::defaults();
        config.keeping.store = store;
        Running::of(config)
    }

    fn of(config: Config) -> Running {
        let runtime = Runtime::new().unwrap();
        let config = Config { smtp: "localhost:0".into(), http: "localhost:0".into(), ..config };
        let server = runtime.block_on(Server::start(&config)).unwrap();
        Running { runtime, server: Some(server) }
    }

    fn url(&self) -> String {
        format!(
            "http://localhost:{}",
            self.server.as_ref().unwrap().addresses.http.tcp().unwrap().port()
        )
    }

    fn smtp(&self) -> String {
        format!("localhost:{}", self.server.as_ref().unwrap().addresses.smtp.tcp().unwrap().port())
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
    // A folder of this name is where the commands work.
    fs::create_dir(copy.with_extension("in")).unwrap();
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
        ("--lmtp <ADDR>", "RESTANTE_LMTP", ""),
        ("--http <ADDR>", "RESTANTE_HTTP", "[default: localhost:8025]"),
        ("--ports-file <PATH>", "RESTANTE_PORTS_FILE", ""),
        ("--store <PATH>", "RESTANTE_STORE", "[default: a temporary file"),
        ("--max-message-size <SIZE>", "RESTANTE_MAX_MESSAGE_SIZE", "[default: 50MiB]"),
        ("--expect-timeout <TIME>", "RESTANTE_TIMEOUT", "[default: 10s]"),
        ("--watch-dir <DIR>", "RESTANTE_WATCH_DIR", ""),
        ("--durability <WHAT>", "RESTANTE_DURABILITY", "[default: process]"),
        ("--max-store-size <SIZE>", "RESTANTE_MAX_STORE_SIZE", "[default: 1GiB]"),
        ("--strict", "RESTANTE_STRICT", ""),
        ("--max-messages <N>", "RESTANTE_MAX_MESSAGES", "[default: as many as the store holds]"),
        ("--max-age <AGE>", "RESTANTE_MAX_AGE", "[default: for ever]"),
        ("--max-sessions <N>", "RESTANTE_MAX_SESSIONS", "[default: 100000]"),
        ("--max-sessions-size <SIZE>", "RESTANTE_MAX_SESSIONS_SIZE", "[default: a quarter"),
        ("--smtp-without <NAME>", "RESTANTE_SMTP_WITHOUT", ""),
        ("--proxy-from <NETWORK>", "RESTANTE_PROXY_FROM", ""),
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
        ("--smtp-users <FILE>", "RESTANTE_SMTP_USERS", "[default: any credentials pass]"),
        ("--require-auth", "RESTANTE_REQUIRE_AUTH", ""),
        ("--auth-needs-tls", "RESTANTE_AUTH_NEEDS_TLS", ""),
        ("--inbox-rule <RULE>", "RESTANTE_INBOX_RULE", ""),
        ("--inbox-rules <FILE>", "RESTANTE_INBOX_RULES", ""),
        ("--log <FILTER>", "RESTANTE_LOG", "[default: warn]"),
    ] {
        for text in [flag, variable, default] {
            assert!(help.contains(text), "{text} is not in:\n{help}");
        }
    }
    assert!(help.contains("Exit codes:"), "{help}");
}

/// Mail that is hard to carry: what looks like a separator, every kind of line end, no end at all.
fn hard_mails() -> Vec<Vec<u8>> {
    let mails: [&[u8]; 7] = [
        b"Subject: plain\r\n\r\nHello\r\n",
        b"Subject: quotes\r\n\r\nFrom here\r\n>From there\r\n>>From everywhere\r\n",
        b"Subject: separator\n\nFrom ann@x.test Sun Nov 22 21:44:11 2026\nSubject: no mail\n\nx\n",
        b"Subject: latin\r\n\r\n\xe9\xff\x00\r\n",
        b"Subject: no end",
        b"From ann@x.test Sun Nov 22 21:44:11 2026\r\nSubject: begins like a mailbox\r\n\r\n\r\n\r\n",
        b"Content-Length: 3\r\n\r\nabc\n\nFrom a 1:1 2026\r",
    ];
    mails.map(<[u8]>::to_vec).to_vec()
}

fn raws(running: &Running) -> Vec<Vec<u8>> {
    let get = |path: &str| {
        let mut answer = ureq::get(format!("{}/v1/messages{path}", running.url())).call().unwrap();
        answer.body_mut().read_to_vec().unwrap()
    };
    let list: serde_json::Value = serde_json::from_slice(&get("?order=oldest&limit=500")).unwrap();
    let messages = list["messages"].as_array().unwrap();
    messages.iter().map(|m| get(&format!("/{}/raw", m["id"].as_str().unwrap()))).collect()
}

/// `script` (of util-linux) gives the command a terminal.
#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_an_import_shows_how_far_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let mbox = folder.path().join("many.mbox");
    let mail = "From app@example.com Sat Nov 28 12:00:00 2026\nSubject: one of many\n\nHello\n\n";
    fs::write(&mbox, mail.repeat(2_000)).unwrap();
    let running = Running::start();
    let import = format!("'{}' import '{}'", env!("CARGO_BIN_EXE_restante"), mbox.display());
    let said = Command::new("script")
        .args(["-qec", &import, "/dev/null"])
        .env("RESTANTE_URL", running.url())
        .env("TERM", "xterm")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success(), "{text}");
    let bar = text.split('\r').find(|drawn| drawn.contains(" messages/s")).expect("a bar");
    assert!(bar.contains("KiB") && bar.contains(" to go"), "{bar}");
}

#[test]
fn what_is_exported_and_imported_again_is_the_same() {
    let source = Running::start();
    for (n, raw) in hard_mails().iter().enumerate() {
        let url = format!("{}/v1/messages?from=s{n}@x.test&to=r@x.test&inbox=i{n}", source.url());
        ureq::post(url).send(&raw[..]).unwrap();
    }
    assert_eq!(raws(&source), hard_mails());
    let folder = tempfile::tempdir().unwrap();
    for format in ["mbox", "json", "eml", "maildir"] {
        let path = folder.path().join(format);
        let path = path.with_extension(if format == "json" { "jsonl" } else { "" });
        let path = path.to_str().unwrap();
        source.restante(&["export", path, "--format", format]);
        let target = Running::start();
        target.restante(&["import", path, "--mbox", "mboxrd"]);
        assert_eq!(raws(&target), hard_mails(), "{format}");
    }
    let one = folder.path().join("one.mbox");
    source.restante(&["export", one.to_str().unwrap(), "--inbox", "i0"]);
    let text = fs::read_to_string(&one).unwrap();
    assert!(text.starts_with("From s0@x.test ") && text.ends_with("\r\nHello\r\n\n"), "{text:?}");
    let found = folder.path().join("found.mbox");
    source.restante(&["export", found.to_str().unwrap(), "-q", "subject:quotes"]);
    let text = fs::read_to_string(&found).unwrap();
    assert!(text.contains("\r\n>>>From everywhere\r\n") && text.matches("Subject").count() == 1);
    let again = Command::new(env!("CARGO_BIN_EXE_restante"))
        .args(["export", one.to_str().unwrap(), "--server", &source.url()])
        .output()
        .unwrap();
    let said = String::from_utf8(again.stderr).unwrap();
    assert_eq!(
        (again.status.code(), said),
        (Some(1), format!("restante: {}: this file is there already\n", one.display()))
    );
}

/// What `restante send` did, and the session that brought its mail.
fn sent(running: &Running, arguments: &[&str]) -> (Option<i32>, String, serde_json::Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_restante"))
        .args(["send", "--json"])
        .args(arguments)
        .env("RESTANTE_URL", running.url())
        .output()
        .unwrap();
    let said = String::from_utf8([output.stdout.clone(), output.stderr].concat()).unwrap();
    let id = serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap_or_default();
    let Some(id) = id["id"].as_str() else { return (output.status.code(), said, id) };
    let url = format!("{}/v1/messages/{id}", running.url());
    let message = ureq::get(url).call().unwrap().body_mut().read_to_vec().unwrap();
    let message: serde_json::Value = serde_json::from_slice(&message).unwrap();
    assert!(message["text"].as_str().unwrap().contains("this mail was caught by Restante"));
    (output.status.code(), said, message["session"].clone())
}

#[test]
fn the_test_mail_comes_by_tls_auth_and_lmtp() {
    let folder = tempfile::tempdir().unwrap();
    let users = folder.path().join("users");
    fs::write(&users, "shop:open sesame\n").unwrap();
    let mut config = Config { lmtp: Some("localhost:0".into()), ..Config::defaults() };
    config.tls.tls = restante::config::TlsSource::Auto;
    config.tls.tls_dir = Some(folder.path().to_owned());
    config.tls.smtps = Some("localhost:0".into());
    config.auth.smtp_users = Some(users);
    let running = Running::of(config);
    let ca = folder.path().join("ca.pem");
    let ca = ca.to_str().unwrap();
    for (arguments, via, mode, user) in [
        (&[][..], "smtp", None, None),
        (&["--starttls"], "smtp", Some("starttls"), None),
        (&["--starttls", "--ca", ca], "smtp", Some("starttls"), None),
        (&["--tls", "--ca", ca], "smtp", Some("implicit"), None),
        (
            &["--tls", "--user", "shop", "--password", "open sesame"],
            "smtp",
            Some("implicit"),
            Some("shop"),
        ),
        (&["--user", "shop", "--password", "open sesame"], "smtp", None, Some("shop")),
        (&["--lmtp"], "lmtp", None, None),
    ] {
        let (code, said, session) = sent(&running, arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {said}");
        assert_eq!(session["via"], via, "{arguments:?}");
        assert_eq!(session["tls"]["mode"].as_str(), mode, "{arguments:?}");
        assert_eq!(session["user"].as_str(), user, "{arguments:?}");
    }
    let other = folder.path().join("other.pem");
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(&other, made.cert.pem()).unwrap();
    let smtp = running.smtp();
    for (arguments, code, told) in [
        (&["--starttls", "--ca", other.to_str().unwrap()][..], 1, "did not take the mail"),
        (&["--user", "shop", "--password", "wrong"], 1, "did not take the mail"),
        (&["--starttls", "--ca", "/nowhere"], 2, "--ca /nowhere: "),
        (&["--tls", "--smtp", &smtp], 1, "did not take the mail"),
        (&["--lmtp", "--smtp", &smtp], 1, "did not take the mail: 500"),
        (&["--tls", "--smtp", "127.0.0.1:1"], 2, "no server at 127.0.0.1:1: "),
        (&["--lmtp", "--smtp", "127.0.0.1:1"], 2, "no server at 127.0.0.1:1: "),
        (&["--user", "shop"], 2, "--password <SECRET>"),
        (&["--tls", "--lmtp"], 2, "cannot be used with"),
        (&["--smtp", "localhost"], 2, "this is not HOST:PORT"),
    ] {
        let (got, said, _) = sent(&running, arguments);
        assert_eq!((got, said.contains(told)), (Some(code), true), "{arguments:?}: {said}");
    }
    let plain = Running::start();
    let (code, said, _) = sent(&plain, &["--starttls"]);
    assert!(code == Some(1) && said.contains("did not take the mail"), "{said}");
    let (code, said, _) = sent(&plain, &["--lmtp"]);
    assert!(code == Some(1) && said.contains("does not say where its LMTP is"), "{said}");
}

/// A script with the ports file in hand names the port of SMTP and no more.
#[test]
fn the_test_mail_goes_to_a_port_that_is_named() {
    let running = Running::start();
    let say = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_restante"))
            .args(["send", "--smtp", &running.smtp()])
            .args(arguments)
            .env_remove("RESTANTE_URL")
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let url = running.url();
    let (code, said) = say(&["--server", &url]);
    assert!(code == Some(0) && said.starts_with(&format!("sent: {url}/m/0")), "{said}");
    // No inspector there: what would be a link to nothing is not printed.
    let (code, said) = say(&["--server", "http://localhost:1"]);
    let told = format!("sent to {}: 2.0.0 Ok: queued as 0", running.smtp());
    assert!(code == Some(0) && said.starts_with(&told), "{said}");
    let (code, said) = say(&["--server", "http://localhost:1", "--json"]);
    assert!(code == Some(0) && said.starts_with("{\"id\":\"0"), "{said}");
    assert_eq!(raws(&running).len(), 3);
}

fn store_command(work: &str, path: &Path) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_restante"))
        .args(["store", work])
        .arg(path)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn a_closed_store_is_looked_after() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.db");
    let named = |said: &str| format!("restante: {}: {said}\n", path.display());
    assert_eq!(store_command("check", &path), (Some(1), named("there is no store here")));
    let running = Running::with(Some(path.clone()));
    running.restante(&["send"]);
    let in_use = named("a server is using it; stop that first");
    assert_eq!(store_command("compact", &path), (Some(1), in_use));
    drop(running);
    assert_eq!(store_command("check", &path), (Some(0), "ok\n".into()));
    let (_, stats) = store_command("stats", &path);
    assert!(stats.contains("Messages     1 (1 unread, 0 starred)\nSessions     1\n"), "{stats}");
    let (code, compacted) = store_command("compact", &path);
    assert!(code == Some(0) && compacted.contains(" -> "), "{compacted}");
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch("UPDATE messages SET size = size + 1; UPDATE inboxes SET unread = 7")
        .unwrap();
    drop(conn);
    let (code, faults) = store_command("check", &path);
    assert_eq!(code, Some(1));
    assert!(
        faults.contains(" bytes, not ") && faults.contains("inbox default does not count"),
        "{faults}"
    );
    assert!(faults.ends_with("restante: 2 faults found\n"), "{faults}");
}

/// As CI sees it: exit code, report file, annotation, and the time from the environment.
#[test]
fn expect_tells_ci_what_happened() {
    let running = Running::start();
    let url = format!("{}/v1/messages?from=a@x.test&to=ann@x.test", running.url());
    ureq::post(url).send(&b"Subject: Reset\r\n\r\nYour code is 482913.\r\n"[..]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.xml");
    let expect = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_restante"))
            .args(["expect", "--junit", report.to_str().unwrap()])
            .args(arguments)
            .env("RESTANTE_URL", running.url())
            .env("RESTANTE_TIMEOUT", "10ms")
            .env("GITHUB_ACTIONS", "true")
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (out, err) = (text(output.stdout), text(output.stderr));
        (output.status.code(), out, err, fs::read_to_string(&report).unwrap_or_default())
    };
    let (code, out, _, xml) = expect(&["--to", "ann@x.test", "--has", "code", "--get", "code"]);
    assert_eq!((code, &*out), (Some(0), "482913\n"));
    assert!(xml.contains("tests=\"1\" failures=\"0\"") && !out.contains("::error"), "{xml}");
    let (code, out, err, xml) = expect(&["--to", "anne@x.test"]);
    assert_eq!(code, Some(1));
    assert!(xml.contains("failures=\"1\"") && xml.contains("<failure message=\"no mail"), "{xml}");
    assert!(xml.contains("(1 letter off)") && err.contains("(1 letter off)"), "{err}");
    let annotation = format!("{out}{err}");
    let annotation = annotation.lines().find(|line| line.starts_with("::error title=")).unwrap();
    assert!(annotation.contains("%0A") && annotation.contains("(1 letter off)"), "{annotation}");
    assert_eq!(expect(&["--timeout", "soon"]).0, Some(2));
}
