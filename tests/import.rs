//! Mail in files of every kind, through `restante import` and back through `restante export`: the
//! same bytes at each station. One server has it all, each kind in an inbox of its own.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "crash/program.rs"]
mod program;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use program::Program;

struct Sandbox {
    program: Program,
    folder: tempfile::TempDir,
}

impl Sandbox {
    fn start() -> Sandbox {
        let mut command = Command::new(env!("CARGO_BIN_EXE_restante"));
        Sandbox { program: Program::run(&mut command), folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn restante(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_restante"))
            .args(arguments)
            .current_dir(self.path())
            .env("RESTANTE_URL", format!("http://{}", self.program.http))
            .output()
            .unwrap()
    }

    /// What it says when all goes well.
    fn done(&self, arguments: &[&str]) -> String {
        let output = self.restante(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The messages of an inbox as they are kept, the first that came first.
    fn raws(&self, inbox: &str) -> Vec<String> {
        let listed = self.program.all("messages", &format!("&order=oldest&inbox={inbox}"));
        let raw = |id: &str| self.program.get(&format!("/v1/messages/{id}/raw")).1;
        let text = |message: &serde_json::Value| raw(message["id"].as_str().unwrap());
        listed.iter().map(|m| String::from_utf8(text(m)).unwrap()).collect()
    }

    /// Out in every format and in again.
    fn comes_back(&self, inbox: &str) {
        let raws = self.raws(inbox);
        for format in ["eml", "mbox", "maildir", "json"] {
            let path = format!("out-{inbox}.{}", if format == "json" { "jsonl" } else { format });
            self.done(&["export", &path, "--format", format, "--inbox", inbox]);
            let again = format!("{inbox}-{format}");
            self.done(&["import", &path, "--inbox", &again]);
            assert_eq!(self.raws(&again), raws, "{inbox} by {format}");
        }
    }
}

/// Header, and a body with lines that look like separators, quoted or not.
const LETTERS: [(&str, &str); 4] = [
    ("Subject: plain\n", "Hello\n"),
    ("Subject: quotes\n", "From here\n>From there\n>>From everywhere\n\nend\n"),
    (
        "Subject: separator\n",
        "before\n\nFrom ann@x.test Sun Nov 22 21:44:11 2026\nSubject: inside\n\nx\n",
    ),
    ("Subject: blank lines\n", "\n\nx\n\n\n"),
];

const AT: &str = "From ann@x.test Sun Nov 22 21:44:11 2026\n";

/// What one variant makes of a line that begins with `From `, or with `>` before that.
type Quote = fn(&str) -> bool;

fn quoted(text: &str, quote: Quote) -> String {
    let line = |line: &str| if quote(line) { format!(">{line}") } else { line.to_owned() };
    text.split_inclusive('\n').map(line).collect()
}

/// A mailbox as programs write it that count; `has_length` tells the length of the body.
fn mailbox(letters: &[(String, String)], quote: Quote, has_length: bool) -> (String, Vec<String>) {
    let (mut mailbox, mut raws) = (String::new(), Vec::new());
    for (header, body) in letters {
        let in_file = quoted(body, quote);
        let length = format!("Content-Length: {}\n", in_file.len());
        let header = format!("{header}{}\n", if has_length { &*length } else { "" });
        mailbox += &format!("{AT}{header}{in_file}\n");
        raws.push(header + body);
    }
    (mailbox, raws)
}

#[test]
fn mailboxes_of_every_variant() {
    let sandbox = Sandbox::start();
    let is_from: Quote = |line| line.starts_with("From ");
    let is_any: Quote = |line| line.trim_start_matches('>').starts_with("From ");
    let never: Quote = |_| false;
    let of = |letters: &[(&str, &str)]| -> Vec<(String, String)> {
        letters.iter().map(|(header, body)| ((*header).to_owned(), (*body).to_owned())).collect()
    };
    // mboxo and mboxcl cannot tell a quote of theirs from one that was there.
    let without_quotes: Vec<_> =
        of(&LETTERS).into_iter().map(|(h, body)| (h, body.replace('>', "|"))).collect();
    for (variant, letters, quote, has_length) in [
        ("mboxrd", of(&LETTERS), is_any, false),
        ("mboxo", without_quotes.clone(), is_from, false),
        ("mboxcl", without_quotes, is_from, true),
        ("mboxcl2", of(&LETTERS), never, true),
    ] {
        for ends in ["lf", "crlf"] {
            let inbox = format!("{variant}-{ends}");
            let letters = match ends {
                "lf" => letters.clone(),
                // The length counts both octets of a line end.
                _ => letters.iter().map(|(h, b)| (h.clone(), b.replace('\n', "\r\n"))).collect(),
            };
            let (text, raws) = mailbox(&letters, quote, has_length);
            let (text, raws) = match ends {
                "lf" => (text, raws),
                _ => (crlf(&text), raws.iter().map(|raw| crlf(raw)).collect()),
            };
            let name = format!("{inbox}.mbox");
            sandbox.write(&name, text);
            let said = sandbox.done(&["import", &name, "--mbox", variant, "--inbox", &inbox]);
            assert_eq!(said, "imported 4 messages from 1 file\n");
            assert_eq!(sandbox.raws(&inbox), raws, "{inbox}");
            let auto = format!("{inbox}-auto");
            sandbox.done(&["import", &name, "--inbox", &auto]);
            assert_eq!(sandbox.raws(&auto), raws, "{auto}");
            sandbox.comes_back(&inbox);
        }
    }
    sandbox.program.stop();
}

/// With CR LF at each line end, whatever was there.
fn crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

#[test]
fn a_maildir() {
    let sandbox = Sandbox::start();
    // In the order of their names, which begin with the time, over both folders.
    sandbox.write("box/cur/1.a.host:2,FS", "Subject: 1\r\n\r\nFrom here\r\n");
    sandbox.write("box/new/2.b.host", "Subject: 2\n\nx");
    sandbox.write("box/cur/3.c.host:2,", "From x Sun Nov 22 21:44:11 2026\nSubject: 3\n\nx\n");
    sandbox.write("box/tmp/4.d.host", "Subject: half wri");
    sandbox.write("box/.Sent/cur/5.e.host:2,S", "Subject: 5\n\nx\n");
    sandbox.write("box/.Sent/new/.keep", "");
    fs::remove_file(sandbox.path().join("box/.Sent/new/.keep")).unwrap();
    sandbox.write("box/dovecot.index", "not mail");
    let said = sandbox.done(&["import", "box", "--inbox", "maildir"]);
    assert_eq!(said, "imported 4 messages from 4 files\n");
    let expected = [
        "Subject: 1\r\n\r\nFrom here\r\n",
        "Subject: 2\n\nx",
        "From x Sun Nov 22 21:44:11 2026\nSubject: 3\n\nx\n",
        "Subject: 5\n\nx\n",
    ];
    assert_eq!(sandbox.raws("maildir"), expected);
    sandbox.comes_back("maildir");
    sandbox.program.stop();
}

#[test]
fn a_folder_with_mail_of_every_kind() {
    let sandbox = Sandbox::start();
    sandbox.write("all/1.eml", "Subject: 1\r\n\r\nx\r\n");
    sandbox.write("all/2.EML", "Subject: 2\r\n\r\nx\r\n");
    sandbox.write("all/3.mbox", format!("{AT}Subject: 3\n\nx\n\n{AT}Subject: 4\n\nx\n\n"));
    sandbox.write("all/4", format!("{AT}Subject: 5\n\nx\n\n"));
    sandbox.write("all/5/cur/1.a", "Subject: 6\n\nx\n");
    sandbox.write("all/5/new/2.b", "Subject: 7\n\nx\n");
    sandbox.write("all/6/deep/er/8.eml", "Subject: 8\n\nx\n");
    sandbox.write("one.eml", "Subject: 9\n\nx\n");
    sandbox.done(&["import", "one.eml", "--inbox", "one"]);
    sandbox.done(&["export", "all/7.jsonl", "--format", "json", "--inbox", "one"]);
    sandbox.write("all/notes.txt", "From: looks like mail, and is none\n");
    sandbox.write("all/package.json", "{\"name\": \"app\"}\n");
    sandbox.write("all/logo.png", b"\x89PNG");
    let said = sandbox.done(&["import", "all", "--inbox", "all"]);
    assert_eq!(said, "imported 9 messages from 8 files\n");
    let subject = |raw: &String| raw.trim_start_matches("Subject: ")[..1].to_owned();
    let found: Vec<String> = sandbox.raws("all").iter().map(subject).collect();
    assert_eq!(found, ["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    sandbox.comes_back("all");
    // What was named is to be mail, and is told if it is none.
    let output = sandbox.restante(&["import", "all/package.json"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    let told =
        "restante: all/package.json, line 1: this is no line of `restante export --format json`\n";
    assert!(said.starts_with(told), "{said}");
    sandbox.program.stop();
}

/// A query means the clock of the machine where it is typed, here as in `list`.
#[test]
fn an_export_by_a_local_time() {
    let sandbox = Sandbox::start();
    sandbox.write("one.eml", "Subject: 1\n\nx\n");
    sandbox.done(&["import", "one.eml"]);
    let there = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(12)));
    let ago = (there - jiff::Span::new().hours(1)).strftime("after:%Y-%m-%dT%H:%M").to_string();
    for (zone, exported) in
        [("Etc/GMT-12", "exported 1 message\n"), ("UTC", "exported 0 messages\n")]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_restante"))
            .args(["export", "-", "-q", &ago])
            .env("RESTANTE_URL", format!("http://{}", sandbox.program.http))
            .env("TZ", zone)
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), exported, "{zone}");
    }
    sandbox.program.stop();
}
