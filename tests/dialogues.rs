//! Plays every dialogue of `tests/dialogues`, in one piece for each burst of the client, byte by
//! byte, over TCP and inside TLS, and holds all to the same result. `DIALOGUE=auth/` plays only what
//! has that in its path.

#![allow(clippy::unwrap_used)]

mod player;

use std::path::{Path, PathBuf};

use player::check::play;
use player::driver::{Cut, Direct};
use player::script::{self, Numbered, Script, What};
use player::tcp::Tcp;
use restante::smtp::Extensions;
use tokio::runtime::Runtime;

fn dialogues(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            dialogues(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "txt") {
            found.push(path);
        }
    }
}

/// The faults of one file.
fn faults_of(text: &str, runtime: &Runtime) -> Vec<Numbered> {
    let script = match script::parse(text) {
        Ok(script) => script,
        Err(fault) => return vec![fault],
    };
    let (mut faults, in_bursts) = play(&script, &mut Direct::new(&script.config, Cut::Burst));
    let (more, in_bytes) = play(&script, &mut Direct::new(&script.config, Cut::Byte));
    faults.extend(more);
    if can_play_over_tcp(&script) {
        for implicit_tls in [false, true] {
            if implicit_tls && script.is_about_tls {
                continue;
            }
            let mut tcp = Tcp::new(runtime, &script.config, implicit_tls);
            let (more, over_tcp) = play(&script, &mut tcp);
            faults.extend(more);
            if (&in_bursts.mails, &in_bursts.entries) != (&over_tcp.mails, &over_tcp.entries) {
                let how = if implicit_tls { "TLS" } else { "TCP" };
                faults.push((
                    0,
                    format!("differs over {how}\n directly: {in_bursts:#?}\n not: {over_tcp:#?}"),
                ));
            }
        }
    }
    faults.dedup();
    if in_bursts != in_bytes {
        faults.push((
            0,
            format!("differs by split\n in bursts: {in_bursts:#?}\n in bytes: {in_bytes:#?}"),
        ));
    }
    faults
}

/// Over TCP a time-out takes its time.
fn can_play_over_tcp(script: &Script) -> bool {
    !script.acts.iter().any(|act| matches!(act.what, What::Timeout(_)))
}

#[test]
fn every_dialogue() {
    let runtime = Runtime::new().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogues");
    let only = std::env::var("DIALOGUE").unwrap_or_default();
    let mut files = Vec::new();
    dialogues(&root, &mut files);
    let mut report = String::new();
    for file in &files {
        let name = file.strip_prefix(&root).unwrap().display().to_string();
        if !name.contains(&only) {
            continue;
        }
        for (line, fault) in faults_of(&std::fs::read_to_string(file).unwrap(), &runtime) {
            report.push_str(&format!("tests/dialogues/{name}:{line}: {fault}\n"));
        }
    }
    assert!(files.len() >= 250, "only {} dialogues were found", files.len());
    assert!(report.is_empty(), "\n{report}");
}

/// Each code of `src/smtp/notice.rs` is explained in the docs, with what strict mode answers, and
/// shown by a dialogue in either mode.
#[test]
fn every_notice_is_told_and_shown() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = std::fs::read_to_string(root.join("src/smtp/notice.rs")).unwrap();
    let docs = std::fs::read_to_string(root.join("docs/notices.md")).unwrap();
    let played = |name: String| {
        let path = root.join("tests/dialogues/notices").join(name).with_extension("txt");
        std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    };
    // A code is the first string after each `notice(`.
    let codes: Vec<&str> = source
        .split("notice(")
        .filter_map(|call| call.trim_start().strip_prefix('"')?.split('"').next())
        .collect();
    assert!(codes.len() > 20, "{codes:?}");
    for code in codes {
        let row = docs.lines().find(|line| line.starts_with(&format!("| `{code}` |")));
        let row = row.unwrap_or_else(|| panic!("{code} is not in docs/notices.md"));
        let answer = row.trim_end_matches(" |").rsplit("| ").next().unwrap().trim_matches('`');
        let answer = if answer == "taken" { "250" } else { answer };
        let (lenient, strict) = (played(code.to_owned()), played(format!("{code}-strict")));
        assert!(lenient.contains(&format!("! {code}\n")) && !lenient.contains("strict="), "{code}");
        assert!(strict.starts_with("config strict=1\n"), "{code}");
        let expected = match answer {
            "thrown away" => format!("tls\n! {code}\n"),
            answer => format!("! {code}\nS: {answer} ...\n"),
        };
        assert!(strict.contains(&expected), "{code} in strict mode: {expected}");
    }
}

/// Each extension is hidden by a dialogue of its own, and stands in docs/smtp.md.
#[test]
fn every_extension_can_be_hidden() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_to_string(root.join("docs/smtp.md")).unwrap();
    let names: Vec<String> = Extensions::names().filter(|name| !name.contains('=')).collect();
    assert!(names.len() >= 15, "{names:?}");
    for name in names {
        let file = format!("tests/dialogues/without/{}.txt", name.to_lowercase());
        let text = std::fs::read_to_string(root.join(&file)).unwrap_or_default();
        let setting = text.lines().find_map(|line| line.strip_prefix("config without="));
        let hidden =
            setting.is_some_and(|all| all.split(',').any(|one| name.eq_ignore_ascii_case(one)));
        assert!(hidden, "{file} hides {name}");
        assert!(docs.contains(&format!("`{name}`")), "{name} is not in docs/smtp.md");
    }
}

/// Each dialogue that docs/smtp.md names in its tables of demands is there.
#[test]
fn every_demand_has_its_dialogue() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_to_string(root.join("docs/smtp.md")).unwrap();
    let tables = docs.split("| section | demand |").skip(1);
    let rows = tables.flat_map(|table| table.lines().skip(2).take_while(|l| l.starts_with("| ")));
    let rows: Vec<&str> = rows.collect();
    assert!(rows.len() > 50, "{} demands", rows.len());
    for row in rows {
        let (_, names) = row.trim_end_matches(" |").rsplit_once("| ").unwrap();
        for name in names.split(", ") {
            let path = root.join("tests/dialogues").join(name.trim_matches('`'));
            assert!(
                path.with_file_name(format!("{}.txt", path.file_name().unwrap().display()))
                    .exists(),
                "{row}"
            );
        }
    }
}
