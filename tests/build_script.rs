//! build.rs without Node: what it takes from a shipped web/dist, and what it says when there is
//! none. It needs nothing but the standard library, so it is compiled alone and run where no
//! program is found.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Script {
    folder: tempfile::TempDir,
    program: PathBuf,
}

impl Script {
    fn new() -> Script {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("build-script");
        let compiled = Command::new("rustc")
            .args(["--edition", "2024", "build.rs", "-o"])
            .arg(&program)
            .output()
            .unwrap();
        assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
        fs::create_dir_all(folder.path().join("package/web")).unwrap();
        fs::create_dir_all(folder.path().join("bin")).unwrap();
        Script { folder, program }
    }

    fn web(&self) -> PathBuf {
        self.folder.path().join("package/web")
    }

    fn built(&self) -> PathBuf {
        self.folder.path().join("out/inspector")
    }

    /// As Cargo runs it, with a PATH that leads to an empty folder.
    fn run(&self) -> Output {
        Command::new(&self.program)
            .env_clear()
            .env("PATH", self.folder.path().join("bin"))
            .env("CARGO_MANIFEST_DIR", self.folder.path().join("package"))
            .env("OUT_DIR", self.folder.path().join("out"))
            .output()
            .unwrap()
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn without_node_it_says_what_to_install_and_takes_what_is_shipped() {
    let script = Script::new();
    write(&script.web().join("package.json"), "{}");
    let output = script.run();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: building the inspector needs Node.js 20 or newer with npm: install it (https://nodejs.org), \
         or build from a package that ships web/dist\n"
    );
    assert!(!script.built().exists());
    write(&script.web().join("dist/index.html"), "<!doctype html>");
    write(&script.web().join("dist/assets/a.js"), "a()");
    let output = script.run();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read = |name: &str| fs::read_to_string(script.built().join(name)).unwrap();
    assert_eq!([read("index.html"), read("assets/a.js")], ["<!doctype html>", "a()"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("cargo::rerun-if-changed=web/dist\n"), "{said}");
}
