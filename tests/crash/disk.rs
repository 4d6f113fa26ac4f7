//! A disk that is full or fails, a file that is damaged or not ours alone: the server stays up, says
//! what is wrong, and goes on when the disk does. The disks here are small ones in memory, which
//! only this test's processes see; that needs root, or user namespaces that anybody may make.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Lines, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use restante::store::ClosedStore;
use serde_json::Value;

use crate::program::{Program, id_of, noise};
use crate::traced::ReadOnly;

const SMALL: &str = "Subject: small\r\n\r\nx\r\n";

/// The program with its store on a disk of 6 MiB; `prepare` is a line of shell before it starts.
fn on_small_disk(disk: &Path, prepare: &str) -> Command {
    let script = format!(
        "mount -t tmpfs -o size=6m tmpfs \"$DISK\" || {{ echo 'cannot set up: a small disk cannot be mounted: this needs root or user namespaces'; exit 1; }}\n{prepare}\nexec \"$0\" --store \"$DISK/mail.db\" \"$@\""
    );
    let mut command = Command::new("unshare");
    command.arg("--mount");
    if !is_root() {
        command.arg("--map-root-user");
    }
    command.args(["sh", "-c", &script, env!("CARGO_BIN_EXE_restante")]).env("DISK", disk);
    command
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

/// A file on the disk that only the program sees.
fn seen_by(program: &Program, path: &Path) -> PathBuf {
    let root = PathBuf::from(format!("/proc/{}/root", program.pid()));
    root.join(path.strip_prefix("/").unwrap())
}

/// Writes until nothing more fits.
fn fill(path: &Path) {
    let mut file = File::create(path).unwrap();
    for block in [vec![7; 64 * 1024], vec![7; 1]] {
        while file.write_all(&block).is_ok() {}
    }
}

/// `restante watch`, which prints every event.
struct Watch(Child, Lines<BufReader<ChildStdout>>);

impl Watch {
    fn start(program: &Program) -> Watch {
        let server = format!("http://{}", program.http);
        let mut child = Command::new(env!("CARGO_BIN_EXE_restante"))
            .args(["watch", "--json", "--server", &server])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Watch(child, lines)
    }

    /// The store's state in the next event that tells it.
    fn state(&mut self) -> Value {
        loop {
            let event: Value = serde_json::from_str(&self.1.next().unwrap().unwrap()).unwrap();
            if event["type"] == "info" {
                return event["store"]["state"].clone();
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_full_disk_is_told_and_survived() {
    let disk = tempfile::tempdir().unwrap();
    let program = Program::run(&mut on_small_disk(disk.path(), ""));
    let mut watch = Watch::start(&program);
    let before = program.client().send(SMALL).unwrap();
    let before = format!("/v1/messages/{}", id_of(&before).unwrap());
    let ballast = seen_by(&program, &disk.path().join("ballast"));
    fill(&ballast);
    let mut client = program.client();
    let refused = client.send(&format!("Subject: no\r\n\r\n{}", noise(1, 200_000))).unwrap();
    assert!(refused.starts_with("452 4.3.1 "), "{refused}");
    assert_eq!(program.error("/readyz"), (503, "store_full".into()));
    let store = program.json("/v1/info")["store"].clone();
    assert_eq!((&store["state"], &store["messages"]), (&"full".into(), &1.into()));
    assert!(store["problem"].as_str().unwrap().contains("full"), "{store}");
    assert_eq!(watch.state(), "full");
    // What is there can be read all the while, and the session goes on.
    assert_eq!(program.get(&before).0, 200);
    assert!(client.say(b"NOOP").unwrap().starts_with("250 "));
    std::fs::remove_file(&ballast).unwrap();
    program.until("/readyz", 200);
    assert_eq!(watch.state(), "ok");
    assert!(id_of(&client.send(SMALL).unwrap()).is_some());
    assert!(id_of(&program.client().send(SMALL).unwrap()).is_some());
    assert_eq!(program.json("/v1/messages")["total"], 3);
    drop(watch);
    drop(client);
    program.stop();
}

#[test]
fn a_read_only_disk_is_named_at_the_start() {
    let disk = tempfile::tempdir().unwrap();
    let output = on_small_disk(disk.path(), "mount -o remount,ro \"$DISK\"")
        .args(["--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let path = disk.path().join("mail.db");
    assert_eq!(
        said,
        format!(
            "restante: --store {}: the store's file cannot be written: it or its disk is read-only\n",
            path.display()
        )
    );
}

/// Writes fail for another reason than room: here a limit on the size of files.
#[test]
fn a_disk_that_refuses_writes_is_told_and_survived() {
    let folder = tempfile::tempdir().unwrap();
    let script = "trap '' XFSZ; exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_restante"), "--store"]);
    let program = Program::run(command.arg(folder.path().join("mail.db")));
    let limit = |bytes: &str| {
        let pid = program.pid().to_string();
        let limit = format!("--fsize={bytes}:");
        assert!(Command::new("prlimit").args(["--pid", &pid, &limit]).status().unwrap().success());
    };
    let mut client = program.client();
    assert!(id_of(&client.send(SMALL).unwrap()).is_some());
    limit("4096");
    let refused = client.send(SMALL).unwrap();
    assert!(refused.starts_with("451 4.3.0 "), "{refused}");
    assert_eq!(program.error("/readyz"), (503, "store_failed".into()));
    assert_eq!(program.json("/v1/info")["store"]["state"], "failed");
    limit("unlimited");
    program.until("/readyz", 200);
    assert!(id_of(&client.send(SMALL).unwrap()).is_some());
    drop(client);
    program.stop();
}

/// As a kernel does to a disk with a fault: what is open stays open, and cannot be written.
#[test]
fn a_disk_that_turns_read_only_is_told_and_survived() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.db");
    let program = Program::kept(&path);
    let mut watch = Watch::start(&program);
    let mut client = program.client();
    let before = client.send(SMALL).unwrap();
    let before = format!("/v1/messages/{}", id_of(&before).unwrap());
    let files = ["mail.db", "mail.db-wal"].map(|name| folder.path().join(name));
    let disk = ReadOnly::turn(&program, &files);
    let refused = client.send(SMALL).unwrap();
    assert!(refused.starts_with("451 4.3.0 "), "{refused}");
    assert_eq!(program.error("/readyz"), (503, "store_failed".into()));
    let store = program.json("/v1/info")["store"].clone();
    assert_eq!((&store["state"], &store["messages"]), (&"failed".into(), &1.into()));
    assert!(store["problem"].is_string(), "{store}");
    assert_eq!(watch.state(), "failed");
    // What is there can be read all the while, and other sessions are refused as well.
    assert_eq!(program.get(&before).0, 200);
    assert!(program.client().send(SMALL).unwrap().starts_with("451 4.3.0 "));
    disk.end();
    program.until("/readyz", 200);
    assert_eq!(watch.state(), "ok");
    assert!(id_of(&client.send(SMALL).unwrap()).is_some());
    assert_eq!(program.json("/v1/messages")["total"], 2);
    drop((watch, client));
    program.stop();
    assert_eq!(ClosedStore::open(&path).unwrap().check().unwrap(), Vec::<String>::new());
}

/// Overwrites the first or last leaf of a table of a store that is closed.
fn damage(path: &Path, table: &str, order: &str) {
    let page: u64 = {
        let conn = rusqlite::Connection::open(path).unwrap();
        let sql = format!(
            "SELECT pageno FROM dbstat WHERE name = '{table}' AND pagetype = 'leaf' ORDER BY path {order} LIMIT 1"
        );
        conn.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start((page - 1) * 4096)).unwrap();
    file.write_all(&[0xff; 4096]).unwrap();
}

fn filled(path: &Path) -> Vec<String> {
    let program = Program::kept(path);
    let mut client = program.client();
    let mut ids = Vec::new();
    for n in 0..60 {
        let reply = client.send(&format!("Subject: {n}\r\n\r\n{}", noise(n, 2000))).unwrap();
        ids.push(id_of(&reply).unwrap().to_owned());
    }
    drop(client);
    program.stop();
    ids
}

#[test]
fn a_damaged_page_costs_only_what_was_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.db");
    let ids = filled(&path);
    damage(&path, "raws", "ASC");
    let program = Program::kept(&path);
    assert_eq!(program.json("/v1/info")["store"]["state"], "ok");
    let raw = |id: &str| format!("/v1/messages/{id}/raw");
    assert_eq!(program.error(&raw(&ids[0])), (500, "store_corrupt".into()));
    let store = program.json("/v1/info")["store"].clone();
    assert_eq!(store["state"], "corrupt");
    assert!(store["problem"].as_str().unwrap().contains("damaged"), "{store}");
    assert_eq!(program.get(&raw(&ids[59])).0, 200);
    // Mail is still taken, and that is what readyz is about.
    assert_eq!(program.get("/readyz").0, 200);
    assert!(id_of(&program.client().send(SMALL).unwrap()).is_some());
    program.stop();
}

#[test]
fn a_damaged_page_in_the_way_of_new_mail_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.db");
    let ids = filled(&path);
    damage(&path, "raws", "DESC");
    let program = Program::kept(&path);
    let mut client = program.client();
    let refused = client.send(SMALL).unwrap();
    assert!(refused.starts_with("451 4.3.0 "), "{refused}");
    assert_eq!(program.json("/v1/info")["store"]["state"], "corrupt");
    assert_eq!(program.get(&format!("/v1/messages/{}", ids[0])).0, 200);
    assert!(client.say(b"NOOP").unwrap().starts_with("250 "));
    drop(client);
    program.stop();
}

/// Nobody else gets at the file while the server has it, and the server does not wait for others.
#[test]
fn another_process_cannot_lock_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.db");
    let program = Program::kept(&path);
    let other = rusqlite::Connection::open(&path).unwrap();
    other.busy_timeout(std::time::Duration::ZERO).unwrap();
    assert!(other.execute_batch("BEGIN EXCLUSIVE").is_err());
    assert!(id_of(&program.client().send(SMALL).unwrap()).is_some());
    drop(other);
    program.stop();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_restante"))
        .args(["--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--store"])
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        said,
        format!("restante: --store {}: another process is using it\n", path.display())
    );
}
