//! `restante snapshot`: keeps mails in files as texts that are the same each time, and holds new
//! ones against them.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::client::{Address, Search, encoded};
use super::kept::{Kept, Mail};
use super::{Client, Failure, output};

const HELP: &str = "\
With --update and --check, it is about all mails, or those of --query, --inbox and --since; what is
kept of others in the folder is gone, or missing: give each selection a folder of its own.
docs/snapshots.md tells what varies, and what --ignore and --keep take.

Exit codes:
  0  done; with --check: all mails are as they were kept
  1  not so: standard output has the difference
  2  wrong usage, or no server at the address";

/// Keep mails in files, as texts that are the same each time, and hold new ones against them
#[derive(Args)]
#[command(after_help = HELP)]
pub struct Snapshot {
    #[command(flatten)]
    work: Work,
    #[command(flatten)]
    query: Search,
    /// Only this inbox
    #[arg(long, value_name = "NAME")]
    inbox: Option<String>,
    /// Only what came later: a cursor, a time, or -30s
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true, conflicts_with = "id")]
    since: Option<String>,
    /// What is left out: text, html, header.NAME …, or ~ and a pattern of what varies
    #[arg(long, value_name = "WHAT")]
    ignore: Vec<String>,
    /// What is told as it is: date, id, token, code, host …, or header.NAME
    #[arg(long, value_name = "WHAT")]
    keep: Vec<String>,
    /// The header by name (sorted), or as it was sent (sent)
    #[arg(long, value_name = "ORDER")]
    order: Option<String>,
    #[command(flatten)]
    address: Address,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Work {
    /// Print the snapshot of this message; `latest` is the newest
    id: Option<String>,
    /// Write a file for each mail into this folder, and remove those of others
    #[arg(long, value_name = "DIR")]
    update: Option<PathBuf>,
    /// Compare each mail with its file in this folder
    #[arg(long, value_name = "DIR")]
    check: Option<PathBuf>,
}

impl Snapshot {
    pub fn run(&self) -> Result<(), Failure> {
        let client = Client::new(&self.address)?;
        match &self.work {
            Work { update: Some(folder), .. } => Kept::new(folder).update(self.mails(&client)?),
            Work { check: Some(folder), .. } => Kept::new(folder).check(self.mails(&client)?),
            Work { id, .. } => self.print(&client, id.as_deref().unwrap_or("latest")),
        }
    }

    fn print(&self, client: &Client, id: &str) -> Result<(), Failure> {
        if id != "latest" && (self.query.is_some() || self.inbox.is_some()) {
            return Err(Failure::Usage("-q and --inbox go with latest, not with an id".into()));
        }
        let which = format!("{}{}", self.of_inbox(), self.query.parameters("&"));
        match client.file(&format!("{}{which}", self.path(id)))? {
            Ok((_, text)) => output::print_bytes(output::clean(&text).as_bytes()),
            Err(problem) => Err(Failure::NotDone(problem)),
        }
    }

    fn path(&self, id: &str) -> String {
        let of = |name: &str, values: &[String]| -> String {
            values.iter().map(|value| format!("&{name}={}", encoded(value))).collect()
        };
        let order = self.order.as_deref().unwrap_or("sorted");
        let (ignore, keep) = (of("ignore", &self.ignore), of("keep", &self.keep));
        let (id, order) = (encoded(id), encoded(order));
        format!("/v1/messages/{id}/snapshot?order={order}{ignore}{keep}")
    }

    fn of_inbox(&self) -> String {
        self.inbox.iter().map(|inbox| format!("&inbox={}", encoded(inbox))).collect()
    }

    /// In the order in which they came.
    fn mails(&self, client: &Client) -> Result<Vec<Mail>, Failure> {
        let mut mails = Vec::new();
        let (query, mut cursor) = match self.since.as_deref().map(str::trim) {
            None => (self.query.clone(), String::new()),
            Some(seq) if seq.bytes().all(|b| b.is_ascii_digit()) => {
                (self.query.clone(), seq.into())
            }
            Some(time) => {
                let time = time.strip_prefix('-').unwrap_or(time);
                (self.query.and(&format!("after:\"{}\"", time.replace('"', ""))), String::new())
            }
        };
        let which = format!("{}{}", self.of_inbox(), query.parameters("&"));
        loop {
            let of = if cursor.is_empty() { String::new() } else { format!("&cursor={cursor}") };
            let page = client.json(&format!("/v1/messages?order=oldest&limit=500{which}{of}"))?;
            for message in page["messages"].as_array().into_iter().flatten() {
                mails.extend(self.mail(client, message)?);
            }
            match page["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => return Ok(mails),
            }
        }
    }

    /// One that was deleted meanwhile is no mail any more.
    fn mail(&self, client: &Client, message: &Value) -> Result<Option<Mail>, Failure> {
        let id = output::text(&message["id"]);
        let file = client.file(&self.path(id))?;
        let url = format!("{}/m/{id}", client.base());
        Ok(file.ok().map(|(name, text)| Mail { name, text, url }))
    }
}
