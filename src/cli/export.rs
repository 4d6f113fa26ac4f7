//! `restante export`: mail of a running server into files, as it was sent.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, ValueEnum};
use serde_json::Value;

use super::client::{Address, Search, encoded};
use super::import::counted;
use super::progress::Progress;
use super::{Client, Failure, mbox, output};

/// Write mail of a running server into files, oldest first; what is imported again is the same
#[derive(Args)]
pub struct Export {
    /// A folder for eml and maildir, a new file for mbox and json; - is standard output
    #[arg(value_name = "PATH")]
    path: PathBuf,
    #[arg(long, value_name = "FORMAT", default_value = "mbox")]
    format: Format,
    #[command(flatten)]
    query: Search,
    /// Only this inbox
    #[arg(long, value_name = "NAME")]
    inbox: Option<String>,
    #[command(flatten)]
    address: Address,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A file for each message
    Eml,
    /// One file with all (mboxrd)
    Mbox,
    /// A Maildir, with what is read and starred
    Maildir,
    /// A line of JSON for each message, with its envelope and inbox
    Json,
}

enum Target {
    Folder(PathBuf),
    File(Box<dyn Write>),
}

impl Export {
    pub fn run(&self) -> Result<(), Failure> {
        let client = Client::new(&self.address)?;
        let filter = self.filter();
        let mut page = client.json(&format!("/v1/messages?order=oldest&limit=500{filter}"))?;
        let mut target = self.target().map_err(|e| self.not_written(&e))?;
        let mut progress = Progress::of_messages(page["total"].as_u64().unwrap_or_default());
        let mut exported = 0;
        loop {
            for message in page["messages"].as_array().into_iter().flatten() {
                let path = format!("/v1/messages/{}", output::text(&message["id"]));
                // One that was deleted meanwhile is not there any more, and that is right.
                let Some(raw) = client.found(&format!("{path}/raw"))? else { continue };
                self.write(&mut target, message, &raw).map_err(|e| self.not_written(&e))?;
                exported += 1;
                progress.done(1);
            }
            let Some(next) = page["next"].as_str() else { break };
            let next = format!("/v1/messages?order=oldest&limit=500{filter}&cursor={next}");
            page = client.json(&next)?;
        }
        if let Target::File(file) = &mut target {
            file.flush().map_err(|e| self.not_written(&e))?;
        }
        progress.end();
        // Standard output may be the export itself.
        eprintln!("exported {}", counted(exported, "message"));
        Ok(())
    }

    fn filter(&self) -> String {
        let inbox = self.inbox.iter().map(|inbox| format!("&inbox={}", encoded(inbox)));
        self.query.parameters("&") + &inbox.collect::<String>()
    }

    fn target(&self) -> io::Result<Target> {
        Ok(match self.format {
            Format::Eml => {
                fs::create_dir_all(&self.path)?;
                Target::Folder(self.path.clone())
            }
            Format::Maildir => {
                for part in ["cur", "new", "tmp"] {
                    fs::create_dir_all(self.path.join(part))?;
                }
                Target::Folder(self.path.clone())
            }
            Format::Mbox | Format::Json if self.path == Path::new("-") => {
                Target::File(Box::new(BufWriter::new(io::stdout())))
            }
            // Never over what is there: it may be the only copy.
            Format::Mbox | Format::Json => {
                let file = OpenOptions::new().write(true).create_new(true).open(&self.path)?;
                Target::File(Box::new(BufWriter::new(file)))
            }
        })
    }

    fn write(&self, target: &mut Target, message: &Value, raw: &[u8]) -> io::Result<()> {
        let id = output::text(&message["id"]);
        match target {
            Target::Folder(folder) if self.format == Format::Eml => {
                fs::write(folder.join(format!("{id}.eml")), raw)
            }
            Target::Folder(folder) => into_maildir(folder, message, raw),
            Target::File(file) if self.format == Format::Mbox => {
                let mut text = Vec::with_capacity(raw.len() + 100);
                let sender = output::text(&message["envelope"]["from"]);
                mbox::write(sender, &separator_time(message), raw, &mut text);
                file.write_all(&text)
            }
            Target::File(file) => {
                let mut line = message.clone();
                line["raw"] = STANDARD.encode(raw).into();
                file.write_all(format!("{line}\n").as_bytes())
            }
        }
    }

    fn not_written(&self, error: &io::Error) -> Failure {
        let reason = match error.kind() {
            io::ErrorKind::AlreadyExists => "this file is there already".to_owned(),
            _ => error.to_string(),
        };
        Failure::NotDone(format!("{}: {reason}", self.path.display()))
    }
}

/// First into `tmp`, then moved: who reads the Maildir sees whole messages only.
fn into_maildir(folder: &Path, message: &Value, raw: &[u8]) -> io::Result<()> {
    let received: Option<jiff::Timestamp> = output::text(&message["received_at"]).parse().ok();
    let seconds = received.map_or(0, |time| time.as_second());
    let name = format!("{seconds}.{}.restante", output::text(&message["id"]));
    let is = |flag: &str| message[flag].as_bool() == Some(true);
    // No colon in file names there.
    let mark = if cfg!(windows) { '!' } else { ':' };
    let flags = format!(
        "{mark}2,{}{}",
        if is("starred") { "F" } else { "" },
        if is("read") { "S" } else { "" }
    );
    let whole = if is("read") || is("starred") {
        folder.join("cur").join(format!("{name}{flags}"))
    } else {
        folder.join("new").join(&name)
    };
    let part = folder.join("tmp").join(&name);
    File::create(&part)?.write_all(raw)?;
    fs::rename(part, whole)
}

/// As `asctime` in C writes it, in UTC.
fn separator_time(message: &Value) -> String {
    let time: jiff::Timestamp =
        output::text(&message["received_at"]).parse().unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%a %b %e %H:%M:%S %Y").to_string()
}
