//! `restante import`: mail out of files into a running server.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use serde_json::Value;

use super::client::{Address, encoded};
use super::mbox::{Letter, Mbox, Variant};
use super::progress::Progress;
use super::{Client, Failure, output};

/// Put mail from files into a running server: .eml, mailbox files, Maildir, folders of these
#[derive(Args)]
pub struct Import {
    /// Files and folders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The inbox for it [default: as exported, else where its header, an address or a rule says]
    #[arg(long, value_name = "NAME")]
    inbox: Option<String>,
    /// How mailbox files are read
    #[arg(long, value_name = "VARIANT", default_value = "auto")]
    mbox: Variant,
    #[command(flatten)]
    address: Address,
}

/// A file with mail in it.
enum Source {
    /// One message.
    Mail(PathBuf),
    Mailbox(PathBuf),
    /// Lines as `export --format json` writes them.
    Lines(PathBuf),
}

struct Work<'i> {
    client: Client,
    import: &'i Import,
    progress: Progress,
    taken: u64,
    failed: u64,
}

impl Import {
    pub fn run(&self) -> Result<(), Failure> {
        let client = Client::new(&self.address)?;
        let mut sources = Vec::new();
        for path in &self.paths {
            let found = named(path, &mut sources);
            found.map_err(|e| Failure::Usage(format!("{}: {e}", path.display())))?;
        }
        let bytes = sources.iter().filter_map(|s| fs::metadata(s.path()).ok()).map(|d| d.len());
        let progress = Progress::of_bytes(bytes.sum());
        let mut work = Work { client, import: self, progress, taken: 0, failed: 0 };
        for source in &sources {
            work.take_all(source)?;
        }
        work.progress.end();
        let (taken, files) =
            (counted(work.taken, "message"), counted(sources.len() as u64, "file"));
        output::print(&format!("imported {taken} from {files}"))?;
        match work.failed {
            0 => Ok(()),
            n => Err(Failure::NotDone(format!("{} could not be imported", counted(n, "message")))),
        }
    }
}

pub fn counted(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

impl Work<'_> {
    fn take_all(&mut self, source: &Source) -> Result<(), Failure> {
        let path = source.path();
        match self.read(source) {
            Err(Failure::NotDone(problem)) => {
                self.failed += 1;
                self.progress.say(&format!("restante: {}: {problem}", path.display()));
                Ok(())
            }
            other => other,
        }
    }

    fn read(&mut self, source: &Source) -> Result<(), Failure> {
        let unreadable = |e: std::io::Error| Failure::NotDone(e.to_string());
        match source {
            Source::Mail(path) => {
                let raw = fs::read(path).map_err(unreadable)?;
                let length = raw.len();
                self.post(&Letter { from: None, raw }, "", length)
            }
            Source::Mailbox(path) => {
                let file = BufReader::new(File::open(path).map_err(unreadable)?);
                let mut mbox = Mbox::new(file, self.import.mbox);
                let mut n = 0;
                while let Some(letter) = mbox.next().map_err(unreadable)? {
                    n += 1;
                    let length = letter.raw.len();
                    self.report(&format!("{}, message {n}", path.display()), |work| {
                        work.post(&letter, "", length)
                    })?;
                }
                Ok(())
            }
            Source::Lines(path) => {
                let file = BufReader::new(File::open(path).map_err(unreadable)?);
                for (n, line) in file.lines().enumerate() {
                    let line = line.map_err(unreadable)?;
                    self.report(&format!("{}, line {}", path.display(), n + 1), |work| {
                        work.post_line(&line)
                    })?;
                }
                Ok(())
            }
        }
    }

    /// One of many that is not taken does not end the rest; a server that is gone does.
    fn report(
        &mut self,
        place: &str,
        work: impl FnOnce(&mut Self) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        match work(self) {
            Err(Failure::NotDone(problem)) => {
                self.failed += 1;
                self.progress.say(&format!("restante: {place}: {problem}"));
                Ok(())
            }
            other => other,
        }
    }

    fn post_line(&mut self, line: &str) -> Result<(), Failure> {
        let not_ours =
            || Failure::NotDone("this is no line of `restante export --format json`".into());
        let value: Value = serde_json::from_str(line).map_err(|_| not_ours())?;
        let raw = value["raw"].as_str().and_then(|raw| STANDARD.decode(raw).ok());
        let raw = raw.ok_or_else(not_ours)?;
        let mut query = String::new();
        for recipient in value["envelope"]["to"].as_array().into_iter().flatten() {
            query += &format!("&to={}", encoded(output::text(recipient)));
        }
        if let Some(inbox) = value["inbox"].as_str().filter(|_| self.import.inbox.is_none()) {
            query += &format!("&inbox={}", encoded(inbox));
        }
        let from = value["envelope"]["from"].as_str().map(str::to_owned);
        self.post(&Letter { from, raw }, &query, line.len())
    }

    fn post(&mut self, letter: &Letter, query: &str, length: usize) -> Result<(), Failure> {
        let mut path = format!("/v1/messages?{}", query.trim_start_matches('&'));
        let mut add = |name: &str, value: &str| path += &format!("&{name}={}", encoded(value));
        if let Some(from) = &letter.from {
            add("from", from);
        }
        if let Some(inbox) = &self.import.inbox {
            add("inbox", inbox);
        }
        let done = self.client.post(&path.replace("?&", "?"), &letter.raw);
        self.progress.done(length as u64);
        done.map(|()| self.taken += 1)
    }
}

impl Source {
    fn path(&self) -> &Path {
        match self {
            Source::Mail(path) | Source::Mailbox(path) | Source::Lines(path) => path,
        }
    }

    /// What a file is by its name and its first bytes; `None` for one that looks like no mail.
    fn of(path: &Path, is_named: bool) -> std::io::Result<Option<Source>> {
        let mut start = Vec::new();
        let file = File::open(path)?;
        std::io::Read::read_to_end(&mut std::io::Read::take(file, 5), &mut start)?;
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let path = path.to_owned();
        // Folders have JSON of all kinds; ours begins with the id.
        let is_ours = is_named || start == b"{\"id\"";
        Ok(match extension.as_str() {
            "jsonl" | "json" => is_ours.then_some(Source::Lines(path)),
            "eml" => Some(Source::Mail(path)),
            _ if start == b"From " => Some(Source::Mailbox(path)),
            _ => None,
        })
    }
}

/// What was named is mail, whatever it is called.
fn named(path: &Path, found: &mut Vec<Source>) -> std::io::Result<()> {
    if fs::metadata(path)?.is_dir() {
        return folder(path, found);
    }
    found.push(Source::of(path, true)?.unwrap_or_else(|| Source::Mail(path.to_owned())));
    Ok(())
}

/// All mail below a folder, in the order of names. In a Maildir every file is a message.
fn folder(path: &Path, found: &mut Vec<Source>) -> std::io::Result<()> {
    let is_maildir = path.join("cur").is_dir() && path.join("new").is_dir();
    if is_maildir {
        let mut mails = [files(&path.join("cur"))?, files(&path.join("new"))?].concat();
        mails.retain(|mail| mail.is_file());
        mails.sort_by_key(|mail| mail.file_name().map(ToOwned::to_owned));
        found.extend(mails.into_iter().map(Source::Mail));
    }
    for entry in files(path)? {
        let name = entry.file_name().unwrap_or_default();
        if entry.is_dir() {
            if !(is_maildir && ["cur", "new", "tmp"].iter().any(|part| name == *part)) {
                folder(&entry, found)?;
            }
        } else if let Some(source) = Source::of(&entry, false)? {
            found.push(source);
        }
    }
    Ok(())
}

fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut all =
        fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>()?;
    all.sort();
    Ok(all)
}
