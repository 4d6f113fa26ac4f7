//! A loss of power, with `--durability power`: what is on the disk then is the file and the log up
//! to some place. Wherever the log is cut, the store opens, is sound, and has what was committed up
//! to there; and what was acknowledged is in it at that moment, not later. That it is on the disk
//! and not in memory only is tried in `flushes.rs`.

use std::fs;
use std::path::Path;
use std::process::Command;

use restante::store::ClosedStore;

use crate::program::{Program, id_of, noise};

const MESSAGES: u64 = 12;
/// SQLite's log: a header, then frames with a page each (https://sqlite.org/fileformat2.html#walformat).
const HEADER: u64 = 32;
const FRAME: u64 = 24 + 4096;

/// The files as they are now, the log cut to `length`, opened as after a restart.
fn messages_after_cut(files: &Path, length: u64) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.db");
    fs::copy(files.join("mail.db"), &path).unwrap();
    let log = fs::read(files.join("mail.db-wal")).unwrap_or_default();
    let length = usize::try_from(length).unwrap().min(log.len());
    fs::write(folder.path().join("mail.db-wal"), &log[..length]).unwrap();
    let store = ClosedStore::open(&path).unwrap();
    assert_eq!(store.check().unwrap(), Vec::<String>::new(), "cut at {length}");
    store.stats().unwrap().usage.messages
}

#[test]
fn a_loss_of_power_costs_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_restante"));
    command.args(["--durability", "power", "--store"]).arg(folder.path().join("mail.db"));
    let program = Program::run(&mut command);
    let mut client = program.client();
    for n in 0..MESSAGES {
        let reply = client.send(&format!("Subject: {n}\r\n\r\n{}", noise(n, 6000))).unwrap();
        assert!(id_of(&reply).is_some());
        assert_eq!(messages_after_cut(folder.path(), u64::MAX), n + 1);
    }
    let length = fs::metadata(folder.path().join("mail.db-wal")).unwrap().len();
    let frames = (length - HEADER) / FRAME;
    assert!(frames > MESSAGES, "{frames} frames");
    let mut before = 0;
    for frame in 0..=frames {
        // At the end of a frame, and in the middle of the next.
        for cut in [HEADER + frame * FRAME, HEADER + frame * FRAME + FRAME / 2] {
            let messages = messages_after_cut(folder.path(), cut);
            assert!(messages == before || messages == before + 1, "cut at {cut}: {messages}");
            before = messages;
        }
    }
    assert_eq!(before, MESSAGES);
    drop(client);
    program.stop();
}
