//! The checks of the fuzz targets with the stable compiler: every dialogue is a seed, and each
//! seed is changed a little, many times, always in the same way. `FUZZ_CORPUS=fuzz/corpus` writes
//! the seeds down for cargo-fuzz.

#![allow(clippy::unwrap_used)]

#[path = "../fuzz/checks.rs"]
mod checks;

#[path = "../fuzz/query.rs"]
mod query;

#[allow(dead_code)] // what only the player needs
mod player {
    pub mod escape;
    pub mod script;
}

use std::fs;
use std::path::{Path, PathBuf};

use player::script::{self, What};

/// Changed seeds for each target: some seconds in all. The fuzzer itself does millions.
const CHANGES: usize = 2000;

struct Seeds {
    session: Vec<Vec<u8>>,
    command: Vec<Vec<u8>>,
    path: Vec<Vec<u8>>,
    data: Vec<Vec<u8>>,
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "txt") {
            found.push(path);
        }
    }
}

/// What the clients of all dialogues say.
fn seeds() -> Seeds {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogues");
    let mut found = Vec::new();
    files(&root, &mut found);
    let mut seeds =
        Seeds { session: Vec::new(), command: Vec::new(), path: Vec::new(), data: Vec::new() };
    for file in found {
        let script = script::parse(&fs::read_to_string(&file).unwrap()).unwrap();
        let sent = script.acts.iter().filter_map(|act| match &act.what {
            What::Send(pieces) => Some(pieces),
            _ => None,
        });
        let lines: Vec<&[u8]> = sent.flatten().map(|piece| piece.bytes.as_slice()).collect();
        let bytes = lines.concat();
        if bytes.len() < 1500 {
            seeds.session.push([&[u8::from(script.config.strict), 7], bytes.as_slice()].concat());
            seeds.data.push([&[3], bytes.as_slice()].concat());
        }
        for line in lines.iter().filter(|line| line.len() < 300) {
            let upper = line.to_ascii_uppercase();
            if let Some(at) = line.iter().position(|byte| *byte == b':')
                && (upper.starts_with(b"MAIL FROM:") || upper.starts_with(b"RCPT TO:"))
            {
                seeds.path.push(line[at + 1..].trim_ascii_end().to_vec());
            }
            seeds.command.push(line.trim_ascii_end().to_vec());
        }
    }
    for list in [&mut seeds.command, &mut seeds.path] {
        list.sort();
        list.dedup();
    }
    seeds
}

/// Pseudo-random numbers, the same each time (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % bound.max(1)
    }
}

/// A seed with a few bytes changed, taken out, doubled, or exchanged with a piece of another.
fn change(seeds: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    const ODD: &[u8] = b"\r\n\0.<>@:\\\" \t=;[]+*-09\xc3\xa9\xff";
    let mut bytes = seeds[dice.below(seeds.len())].clone();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        let end = (at + dice.below(12)).min(bytes.len());
        match dice.below(5) {
            0 => bytes.insert(at, ODD[dice.below(ODD.len())]),
            1 if at < bytes.len() => bytes[at] = ODD[dice.below(ODD.len())],
            2 => drop(bytes.drain(at..end)),
            3 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => {
                let other = &seeds[dice.below(seeds.len())];
                let from = dice.below(other.len() + 1);
                let to = (from + dice.below(60)).min(other.len());
                bytes.splice(at..end, other[from..to].iter().copied());
            }
        }
    }
    bytes
}

fn run(name: &str, seeds: &[Vec<u8>], check: fn(&[u8])) {
    assert!(seeds.len() > 50, "{} seeds", seeds.len());
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let changed = std::iter::repeat_with(|| change(seeds, &mut dice)).take(CHANGES);
    for bytes in seeds.iter().cloned().chain(changed) {
        let result = std::panic::catch_unwind(|| check(&bytes));
        assert!(result.is_ok(), "{name} finds a fault in {}", bytes.escape_ascii());
    }
}

/// The queries of the tables in tests/search.
fn queries() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/search"), &mut found);
    let texts: Vec<_> = found.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let lines = texts.iter().flat_map(|text| text.lines());
    lines.filter_map(|line| Some(line.rsplit_once(" => ")?.0.as_bytes().to_vec())).collect()
}

#[test]
fn query_language() {
    run("query", &queries(), query::query);
}

/// Headers of the PROXY protocol, each whole, with others' ends, and with commands behind.
fn headers() -> Vec<Vec<u8>> {
    let v2 = |command: u8, family: u8, rest: &[u8]| {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [&b"\r\n\r\n\0\r\nQUIT\n"[..], &[command, family], &length, rest].concat()
    };
    let mut whole: Vec<Vec<u8>> = [
        "TCP4 192.0.2.1 198.51.100.7 4711 25",
        "TCP4 255.255.255.255 0.0.0.0 0 65535",
        "TCP6 2001:db8::1 ::1 0 65535",
        "TCP6 ::ffff:192.0.2.1 ::1 4711 25",
        "UNKNOWN",
        "UNKNOWN ffff:: ::1 1 x",
    ]
    .map(|line| format!("PROXY {line}\r\n").into_bytes())
    .into();
    for command in [0x20, 0x21, 0x22, 0x11] {
        for (family, length) in [(0, 0), (0, 9), (0x11, 12), (0x12, 20), (0x21, 36), (0x31, 216)] {
            whole.push(v2(command, family, &vec![command; length]));
        }
    }
    whole.push(v2(0x21, 0x11, &[7; 4096]));
    whole.push(v2(0x21, 0x11, &[7; 4097]));
    let with = |start: u8, end: &[u8]| {
        whole.iter().map(|one| [&[start], one.as_slice(), end].concat()).collect::<Vec<_>>()
    };
    [with(1, b""), with(5, b"EHLO app.test\r\n")].concat()
}

#[test]
fn proxy() {
    run("proxy", &headers(), checks::proxy);
}

#[test]
fn session() {
    run("session", &seeds().session, checks::session);
}

#[test]
fn command() {
    run("command", &seeds().command, checks::command);
}

#[test]
fn path() {
    run("path", &seeds().path, checks::path);
}

#[test]
fn data() {
    run("data", &seeds().data, checks::data);
}

/// For cargo-fuzz, where it is wanted.
#[test]
fn seeds_can_be_written_down() {
    let Some(corpus) = std::env::var_os("FUZZ_CORPUS").map(PathBuf::from) else { return };
    let seeds = seeds();
    for (name, list) in [
        ("session", seeds.session),
        ("command", seeds.command),
        ("path", seeds.path),
        ("data", seeds.data),
        ("proxy", headers()),
        ("query", queries()),
    ] {
        fs::create_dir_all(corpus.join(name)).unwrap();
        for (number, seed) in list.iter().enumerate() {
            fs::write(corpus.join(name).join(format!("{number:04}")), seed).unwrap();
        }
    }
}
