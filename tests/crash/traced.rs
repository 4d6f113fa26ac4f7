//! What the program asks of Linux, seen and spoilt by strace: in which order the store's files are
//! written and flushed, and writes that fail on files that are open already.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::program::{DEADLINE, Program};

fn strace() -> Command {
    let has = Command::new("strace").arg("--version").output();
    assert!(has.is_ok(), "cannot set up: strace is missing; install it (Debian has it as strace)");
    Command::new("strace")
}

/// A call of the program, whole.
#[derive(Debug, Default)]
pub struct Call {
    pub name: String,
    /// The file or socket that it is about.
    pub path: String,
    /// What it writes.
    pub data: Vec<u8>,
    /// The numbers behind that: a length, a place in the file.
    pub numbers: Vec<usize>,
    /// Where in the order of all calls it began, and where it was done.
    pub began: usize,
    pub ended: usize,
}

/// The program with a store at `path`, and where its calls are written down.
pub fn start(path: &Path, settings: &[&str]) -> (Program, PathBuf) {
    let log = path.with_extension("calls");
    let mut command = strace();
    // -D leaves the program the child that a signal is sent to; -y tells the file of each call; with
    // -xx every string is in bytes.
    command.args(["-D", "-f", "-y", "-xx", "-s", "100000", "-o"]).arg(&log);
    let calls = "openat,unlink,pwrite64,ftruncate,fsync,fdatasync,write,writev,sendto,sendmsg";
    command.args(["-e", &format!("trace={calls}"), "-e", "signal=none"]);
    command.arg(env!("CARGO_BIN_EXE_restante")).args(settings).arg("--store").arg(path);
    (Program::run(&mut command), log)
}

/// The calls of a program that has ended, in the order in which they were done.
pub fn calls(log: &Path, pid: u32) -> Vec<Call> {
    // What a thread has begun: where, and the line.
    let mut begun: HashMap<String, (usize, String)> = HashMap::new();
    let mut calls = Vec::new();
    for (at, line) in lines(log, pid).into_iter().enumerate() {
        let (thread, text) = line.split_once(' ').unwrap();
        let text = text.trim_start();
        if let Some(start) = text.strip_suffix("<unfinished ...>") {
            begun.insert(thread.to_owned(), (at, start.to_owned()));
        } else if let Some((_, rest)) = text.split_once(" resumed>") {
            let (began, start) = begun.remove(thread).expect("it began");
            calls.extend(call(&(start + rest), began, at));
        } else {
            calls.extend(call(text, at, at));
        }
    }
    calls
}

/// All that strace wrote, which goes on for a moment when the program has ended.
fn lines(log: &Path, pid: u32) -> Vec<String> {
    let start = Instant::now();
    let is_end = |line: &str| {
        line.strip_prefix(&pid.to_string()).is_some_and(|rest| rest.contains("+++ exited with"))
    };
    loop {
        let text = std::fs::read_to_string(log).unwrap();
        if text.lines().last().is_some_and(is_end) {
            return text.lines().map(str::to_owned).collect();
        }
        assert!(start.elapsed() < DEADLINE, "strace does not end");
    }
}

/// `name(3<path>, "data", 4096, 0) = 4096`; nothing for a call that failed.
fn call(text: &str, began: usize, ended: usize) -> Option<Call> {
    let (name, rest) = text.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    if result.starts_with('-') {
        return None;
    }
    let string = |text: &str| text.split('"').nth(1).map(bytes).unwrap_or_default();
    let of_fd = |text: &str| {
        let path = text.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
        String::from_utf8(bytes(path.map_or("", |(path, _)| path))).unwrap()
    };
    let of_name = || String::from_utf8(string(arguments)).unwrap();
    // Only what is written has bytes that matter.
    let (path, data) = match name {
        "openat" if arguments.contains("O_CREAT") => (of_fd(result), Vec::new()),
        "openat" => return None,
        "unlink" => (of_name(), Vec::new()),
        _ => (of_fd(arguments), string(arguments)),
    };
    let behind = arguments.trim_end().trim_end_matches(')').rsplit(['"', '>']).next()?;
    let numbers = behind.split(", ").filter_map(|number| number.trim().parse().ok()).collect();
    Some(Call { name: name.to_owned(), path, data, numbers, began, ended })
}

/// `\x61\x62`, or plain text.
fn bytes(text: &str) -> Vec<u8> {
    if !text.starts_with("\\x") {
        return text.as_bytes().to_vec();
    }
    let digit = |digit: u8| (digit as char).to_digit(16).unwrap() as u8;
    text.as_bytes().chunks_exact(4).map(|hex| digit(hex[2]) << 4 | digit(hex[3])).collect()
}

/// While it is held, writes to these files fail as on a disk that has turned read-only.
pub struct ReadOnly(Child);

impl ReadOnly {
    pub fn turn(program: &Program, files: &[PathBuf]) -> ReadOnly {
        let mut command = strace();
        let inject = "inject=pwrite64,pwritev,ftruncate,fallocate,fsync,fdatasync:error=EROFS";
        command.args(["-f", "-o", "/dev/null", "-e", inject, "-p", &program.pid().to_string()]);
        for file in files {
            command.arg("-P").arg(file);
        }
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let is_on = |line: &str| line.contains("attached");
        let mut heard = Vec::new();
        let on = said.by_ref().map_while(Result::ok).any(|line| {
            heard.push(line);
            heard.last().is_some_and(|line| is_on(line))
        });
        assert!(on, "cannot set up: strace may not look at the program: {heard:?}");
        // It goes on talking, and must not be held up by that.
        std::thread::spawn(move || said.map_while(Result::ok).count());
        ReadOnly(child)
    }

    /// The disk can be written again.
    pub fn end(mut self) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        self.0.wait().unwrap();
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        // Only a test that failed leaves it running.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
