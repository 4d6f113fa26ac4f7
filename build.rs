//! Builds the inspector (web/) with npm into OUT_DIR, from where the binary takes it in.
//! A shipped web/dist is taken as it is, and Node is not needed.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by Cargo"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by Cargo")).join("inspector");
    let web = root.join("web");
    for path in [
        "src",
        "public",
        "index.html",
        "package.json",
        "package-lock.json",
        "vite.config.ts",
        "svelte.config.js",
        "tsconfig.json",
        "dist",
    ] {
        // A path that is not there would make Cargo run this each time.
        if web.join(path).exists() {
            println!("cargo::rerun-if-changed=web/{path}");
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
    let shipped = web.join("dist");
    if shipped.join("index.html").is_file() {
        copy(&shipped, &out)
            .unwrap_or_else(|e| fail(&format!("web/dist could not be copied: {e}")));
    } else {
        build(&web, &out);
    }
}

fn build(web: &Path, out: &Path) {
    if needs_install(web) {
        npm(web, &["ci", "--no-audit", "--no-fund"]);
    }
    let out = out.to_str().unwrap_or_else(|| fail("the path of the build folder is not UTF-8"));
    npm(web, &["run", "build", "--", "--outDir", out, "--emptyOutDir"]);
}

/// Whether node_modules is missing or older than the lock file.
fn needs_install(web: &Path) -> bool {
    let time = |path: PathBuf| fs::metadata(path).and_then(|m| m.modified()).ok();
    match (time(web.join("node_modules/.package-lock.json")), time(web.join("package-lock.json"))) {
        (Some(installed), Some(locked)) => installed < locked,
        _ => true,
    }
}

fn npm(web: &Path, arguments: &[&str]) {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(program).args(arguments).current_dir(web).output();
    match output {
        Ok(output) if output.status.success() => {}
        Ok(output) => fail(&format!(
            "`npm {}` failed in web/:\n{}{}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )),
        Err(e) if e.kind() == io::ErrorKind::NotFound => fail(
            "building the inspector needs Node.js 20 or newer with npm: install it (https://nodejs.org), \
             or build from a package that ships web/dist",
        ),
        Err(e) => fail(&format!("npm could not be run: {e}")),
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn fail(message: &str) -> ! {
    eprintln!("error: {message}");
    exit(1);
}
