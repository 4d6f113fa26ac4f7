//! With `--durability power` a 250 is said when the message is on the disk. What the program asks of
//! Linux is played again on a disk that loses power: it has what was flushed, and of the rest
//! nothing, or any part.

use std::collections::BTreeMap;
use std::path::Path;

use restante::store::ClosedStore;

use crate::program::{id_of, noise};
use crate::traced::{self, Call};

/// Small messages, and some that together are more than the log holds: it is folded into the file
/// and begun anew.
const SIZES: [usize; 9] = [6_000, 300, 4_000_000, 6_000, 4_000_000, 4_000_000, 6_000, 300, 6_000];

/// All calls of a program that took these messages one after the other, and was stopped.
fn run(durability: &str) -> (tempfile::TempDir, Vec<Call>) {
    let folder = tempfile::tempdir().unwrap();
    let settings = ["--durability", durability];
    let (program, log) = traced::start(&folder.path().join("mail.db"), &settings);
    let pid = program.pid();
    let mut client = program.client();
    for (n, size) in (0..).zip(SIZES) {
        let reply = client.send(&format!("Subject: {n}\r\n\r\n{}", noise(n, size))).unwrap();
        assert!(id_of(&reply).is_some(), "{reply}");
        // The index has read it then, and is not in the way of folding the log.
        program.json("/v1/messages?q=nothing");
    }
    drop(client);
    program.stop();
    let calls = traced::calls(&log, pid);
    (folder, calls)
}

#[derive(Debug, Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Cut(usize),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Change::Write(at, data) => {
                bytes.resize(bytes.len().max(at + data.len()), 0);
                bytes[*at..at + data.len()].copy_from_slice(data);
            }
            Change::Cut(length) => bytes.resize(*length, 0),
        }
    }
}

/// A file as it is on the disk.
#[derive(Default)]
struct Held {
    flushed: Vec<u8>,
    /// Not yet flushed; each with the place in the trace where it was done.
    changes: Vec<(usize, Change)>,
    /// Where it was made, until the folder was flushed.
    made: Option<usize>,
    /// Where its name was removed, until the folder was flushed.
    removed: Option<usize>,
}

/// A folder on a disk that may lose its power.
#[derive(Default)]
struct Disk {
    files: BTreeMap<String, Held>,
}

impl Disk {
    fn make(&mut self, name: &str, at: usize) {
        let is_there = self.files.get(name).is_some_and(|held| held.removed.is_none());
        if !is_there {
            self.files.insert(name.to_owned(), Held { made: Some(at), ..Held::default() });
        }
    }

    fn change(&mut self, name: &str, at: usize, change: Change) {
        self.files.get_mut(name).expect(name).changes.push((at, change));
    }

    /// What was done before the flush began is sure when it has ended.
    fn flush(&mut self, name: &str, began: usize) {
        let held = self.files.get_mut(name).expect(name);
        let still = held.changes.split_off(held.changes.partition_point(|(at, _)| *at < began));
        held.changes.iter().for_each(|(_, change)| change.apply(&mut held.flushed));
        held.changes = still;
    }

    fn flush_names(&mut self, began: usize) {
        let is_sure = |at: Option<usize>| at.is_some_and(|at| at < began);
        self.files.retain(|_, held| !is_sure(held.removed));
        self.files.values_mut().filter(|held| is_sure(held.made)).for_each(|held| held.made = None);
    }

    /// The power goes: of what is not sure only every `nth` change has come to the disk.
    fn left(&self, folder: &Path, nth: Option<usize>) {
        for (name, held) in &self.files {
            // A name that is not sure is the worse one: missing where it was made, there where it was
            // removed.
            if held.made.is_some() {
                continue;
            }
            let mut bytes = held.flushed.clone();
            let luck = held
                .changes
                .iter()
                .enumerate()
                .filter(|(n, _)| nth.is_some_and(|nth| n % nth == 0));
            luck.for_each(|(_, (_, change))| change.apply(&mut bytes));
            std::fs::write(folder.join(name), bytes).unwrap();
        }
    }

    /// The messages that are left after a loss of power, in a store that is sound.
    fn messages_left(&self, nth: Option<usize>) -> Option<u64> {
        let folder = tempfile::tempdir().unwrap();
        self.left(folder.path(), nth);
        let store = ClosedStore::open(&folder.path().join("mail.db")).ok()?;
        assert_eq!(store.check().unwrap(), Vec::<String>::new());
        Some(store.stats().unwrap().usage.messages)
    }
}

/// How many messages are left of how many that were acknowledged, at each moment that counts; and
/// whether the log was folded into the file in between.
fn losses(folder: &Path, calls: &[Call], nth: Option<usize>) -> (Vec<(u64, u64)>, bool) {
    let (mut disk, mut acknowledged, mut losses) = (Disk::default(), 0, Vec::new());
    let name = |path: &str| -> Option<String> {
        let name = Path::new(path).strip_prefix(folder).ok()?.to_str()?;
        let is_store = ["mail.db", "mail.db-wal", "mail.db-journal"].contains(&name);
        is_store.then(|| name.to_owned())
    };
    let mut is_folded = false;
    for call in calls {
        let file = name(&call.path);
        let mut is_moment = false;
        match (&*call.name, file) {
            ("openat", Some(file)) => disk.make(&file, call.ended),
            ("pwrite64", Some(file)) => {
                let data = call.data.clone();
                assert_eq!(data.len(), call.numbers[0], "all of it is in the trace");
                disk.change(&file, call.ended, Change::Write(call.numbers[1], data));
            }
            ("ftruncate", Some(file)) => {
                disk.change(&file, call.ended, Change::Cut(call.numbers[0]));
            }
            ("fsync" | "fdatasync", Some(file)) => {
                is_moment = acknowledged > 0 && file == "mail.db";
                if is_moment {
                    is_folded |= acknowledged < SIZES.len() as u64;
                    // Before the flush, which is the worst.
                    losses.push((acknowledged, disk.messages_left(nth).unwrap_or(0)));
                }
                disk.flush(&file, call.began);
            }
            ("fsync" | "fdatasync", None) if Path::new(&call.path) == folder => {
                disk.flush_names(call.began);
            }
            ("unlink", Some(file)) => {
                disk.files.get_mut(&file).expect("it was made").removed = Some(call.ended);
                is_moment = acknowledged > 0;
            }
            ("sendto" | "write" | "writev" | "sendmsg", _) => {
                is_moment = call.data.starts_with(b"250 2.0.0 Ok: queued as ");
                acknowledged += u64::from(is_moment);
            }
            _ => {}
        }
        if is_moment {
            losses.push((acknowledged, disk.messages_left(nth).unwrap_or(0)));
        }
    }
    assert_eq!(acknowledged, SIZES.len() as u64);
    (losses, is_folded)
}

#[test]
fn what_was_acknowledged_survives_a_loss_of_power() {
    let (folder, calls) = run("power");
    for nth in [None, Some(2), Some(3)] {
        let (losses, is_folded) = losses(folder.path(), &calls, nth);
        assert!(is_folded, "the log is never folded into the file");
        for (acknowledged, left) in &losses {
            assert!(left >= acknowledged, "{left} of {acknowledged} are left: {losses:?}");
        }
    }
    // With `process` messages are lost, so that this test sees the difference.
    let (folder, calls) = run("process");
    let (losses, _) = losses(folder.path(), &calls, None);
    assert!(losses.iter().any(|(acknowledged, left)| left < acknowledged), "{losses:?}");
}
