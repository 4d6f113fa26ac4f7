//! The temporary store: gone with the server, or with the next one if the server was killed. That
//! of a running server is never touched.

use std::path::Path;
use std::process::Command;

use crate::program::{Program, id_of};

fn start(folder: &Path) -> Program {
    Program::run(Command::new(env!("CARGO_BIN_EXE_restante")).env("TMPDIR", folder))
}

fn stores(folder: &Path) -> usize {
    let names = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name());
    names.filter(|name| name.to_str().unwrap().starts_with("restante-")).count()
}

#[test]
fn a_killed_servers_temporary_store_goes_with_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let killed = [start(folder.path()), start(folder.path())];
    for program in &killed {
        assert!(id_of(&program.client().send("Subject: a\r\n\r\nx\r\n").unwrap()).is_some());
    }
    assert_eq!(stores(folder.path()), 2);
    killed.into_iter().for_each(Program::kill);
    assert_eq!(stores(folder.path()), 2);
    // Somebody else's folder of a like name stays.
    let other = folder.path().join("restante-backup");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("store.db"), "mine").unwrap();
    let next = start(folder.path());
    assert_eq!(stores(folder.path()), 2);
    next.stop();
    assert_eq!(stores(folder.path()), 1);
    assert_eq!(std::fs::read(other.join("store.db")).unwrap(), b"mine");
}

#[test]
fn a_store_in_use_is_never_touched() {
    let folder = tempfile::tempdir().unwrap();
    let first = start(folder.path());
    let id = first.client().send("Subject: stays\r\n\r\nx\r\n").unwrap();
    // Many that start at the same time and look for what was left behind.
    let path = folder.path();
    let others: Vec<Program> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..6).map(|_| scope.spawn(|| start(path))).collect();
        starting.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(stores(path), 7);
    for program in &others {
        assert!(id_of(&program.client().send("Subject: a\r\n\r\nx\r\n").unwrap()).is_some());
    }
    others.into_iter().for_each(Program::kill);
    let last = start(path);
    assert_eq!(stores(path), 2);
    let message = format!("/v1/messages/{}/raw", id_of(&id).unwrap());
    assert_eq!(first.get(&message), (200, b"Subject: stays\r\n\r\nx\r\n".to_vec()));
    first.stop();
    last.stop();
    assert_eq!(stores(path), 0);
}
