//! `restante store`: looks after a store's file while no server has it open.

use std::path::PathBuf;

use bytesize::ByteSize;
use clap::{Args, Subcommand};

use super::{Failure, output};
use crate::store::{ClosedStore, StoreError};

/// Look after a store's file while no server has it open
#[derive(Args)]
pub struct StoreCommand {
    #[command(subcommand)]
    work: Work,
}

#[derive(Subcommand)]
enum Work {
    /// Read all of it and say what is damaged
    Check(File),
    /// Say what is in it and what takes the space
    Stats(File),
    /// Write it anew, as small as it can be
    Compact(File),
}

#[derive(Args)]
struct File {
    /// The file, as given with --store
    path: PathBuf,
}

impl StoreCommand {
    pub fn run(&self) -> Result<(), Failure> {
        let (Work::Check(File { path })
        | Work::Stats(File { path })
        | Work::Compact(File { path })) = &self.work;
        let wrong = |e: StoreError| {
            let reason = match e {
                StoreError::InUse => "a server is using it; stop that first".to_owned(),
                other => other.to_string(),
            };
            Failure::NotDone(format!("{}: {reason}", path.display()))
        };
        let store = ClosedStore::open(path).map_err(wrong)?;
        match &self.work {
            Work::Check(_) => check(&store.check().map_err(wrong)?),
            Work::Stats(_) => output::print(&stats(&store).map_err(wrong)?),
            Work::Compact(_) => {
                let (before, after) = store.compact().map_err(wrong)?;
                output::print(&format!("{} -> {}", ByteSize(before), ByteSize(after)))
            }
        }
    }
}

fn check(wrong: &[String]) -> Result<(), Failure> {
    if wrong.is_empty() {
        return output::print("ok");
    }
    output::print(&output::clean(&wrong.join("\n")))?;
    Err(Failure::NotDone(format!("{} found", super::import::counted(wrong.len() as u64, "fault"))))
}

fn stats(store: &ClosedStore) -> Result<String, StoreError> {
    let stats = store.stats()?;
    let time = |time: Option<crate::store::Millis>| time.map_or("-".to_owned(), |t| t.to_string());
    let size = ByteSize;
    Ok(format!(
        "Version      {}\nMessages     {} ({} unread, {} starred)\nSessions     {}\n\
         Oldest       {}\nNewest       {}\nFile         {} ({} free)\nSearch index {}\n\
         Mail         {} as sent, {} as kept\nTranscripts  {}\nDropped      {} messages, {} sessions",
        stats.version,
        stats.usage.messages,
        stats.usage.unread,
        stats.starred,
        stats.usage.sessions,
        time(stats.oldest),
        time(stats.newest),
        size(stats.file_bytes),
        size(stats.free_bytes),
        size(stats.index_bytes),
        size(stats.raw_bytes),
        size(stats.packed_bytes),
        size(stats.transcript_bytes),
        stats.usage.dropped.messages,
        stats.usage.dropped.sessions,
    ))
}
