//! Dependencies point one way. Reads the `use` lines and paths of every file below src and fails
//! on an arrow that is not on the map of docs/architecture.md.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// A module, and the modules of this crate that it may name.
const MAP: &[(&str, &[&str])] = &[
    ("socket", &[]),
    ("smtp", &["socket"]),
    ("message", &[]),
    ("search", &["message"]),
    ("snapshot", &["message"]),
    ("expect", &["message", "search"]),
    ("lookout", &["expect", "search", "message", "store"]),
    ("store", &["message", "search"]),
    ("sorting", &["search"]),
    ("config", &[]),
    (
        "http",
        &[
            "store", "search", "message", "smtp", "socket", "sorting", "expect", "lookout",
            "snapshot",
        ],
    ),
    ("tls", &["config", "smtp"]),
    (
        "server",
        &["config", "http", "lookout", "smtp", "socket", "sorting", "store", "message", "tls"],
    ),
    ("sandbox", &["config", "expect", "server"]),
    ("cli", &["config", "sandbox", "server", "socket", "store", "tls"]),
    ("lib", &[]),
    ("main", &["cli"]),
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Modules that a line of code names as `crate::x` or `restante::x`.
fn named(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split("//").next().unwrap_or_default();
    ["crate::", "restante::"].into_iter().flat_map(move |root| {
        code.split(root)
            .skip(1)
            .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap())
    })
}

#[test]
fn arrows_point_one_way() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&src, &mut found);
    assert!(found.len() > 50, "{} files", found.len());
    let mut wrong = Vec::new();
    for path in found {
        let place = path.strip_prefix(&src).unwrap();
        let module = place.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        let (_, may) =
            MAP.iter().find(|(name, _)| *name == module).expect("every module is on the map");
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            for other in named(line) {
                if other != module && !may.contains(&other) {
                    wrong.push(format!(
                        "src/{}:{}: {module} may not know {other}",
                        place.display(),
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// No file has grown two ideas: one over this length is split, or stands here with its reason.
#[test]
fn files_stay_readable() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&src, &mut found);
    for path in found {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 400, "{} has {lines} lines", path.display());
    }
}

/// Names are looked up for the addresses that the user gives to listen at, and nowhere else in the
/// server: no client and no message causes a question to a name server, or a connection.
#[test]
fn the_server_looks_up_no_names_and_connects_to_nobody() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&src, &mut found);
    // The command line is a client: it connects to the server that it is told.
    found.retain(|path| !path.starts_with(src.join("cli")));
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        for word in ["lookup_host", "ToSocketAddrs", "to_socket_addrs", "Stream::connect"] {
            let is_listening = path.ends_with("server/listen.rs") && word == "lookup_host";
            // What is written in the inspector goes to the server's own port, as all mail does.
            let is_own = path.ends_with("http/send.rs") && word == "Stream::connect";
            // A socket file that is there already is asked whether somebody listens.
            let is_stale = path.ends_with("server/listen.rs") && word == "Stream::connect";
            let may = is_listening || is_own || is_stale;
            assert!(may || !text.contains(word), "{}: {word}", path.display());
        }
    }
}
