//! `restante users hash`: a line for the file of `--smtp-users`, with a secret that need not be read
//! by whoever sees the file.

use std::io::{BufRead, IsTerminal};

use clap::{Args, Subcommand};

use super::{Failure, output};
use crate::server;

/// Lines for the file of `--smtp-users`
#[derive(Args)]
pub struct UsersCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Print a line with the hash of a password, which is read from standard input
    ///
    /// A line may have the password as it is, too: then every mechanism works with it. With a hash
    /// of argon2 CRAM-MD5 and SCRAM cannot; with --scram CRAM-MD5 cannot.
    Hash(Hash),
}

#[derive(Args)]
struct Hash {
    /// The user's name
    name: String,
    /// A verifier of SCRAM-SHA-256 in the place of argon2
    #[arg(long)]
    scram: bool,
}

impl UsersCommand {
    pub fn run(&self) -> Result<(), Failure> {
        let What::Hash(hash) = &self.what;
        if hash.name.is_empty() || hash.name.contains([':', '\n']) || hash.name.starts_with('#') {
            let reason = "a name has no colon and does not begin with #";
            return Err(Failure::Usage(format!("{}: {reason}", hash.name)));
        }
        if std::io::stdin().is_terminal() {
            eprintln!("The password of {} (it is shown while you type):", hash.name);
        }
        let mut password = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut password)
            .map_err(|e| Failure::NotDone(format!("the password cannot be read: {e}")))?;
        let password = password.trim_end_matches(['\r', '\n']);
        if password.is_empty() {
            return Err(Failure::Usage("there is no password on standard input".into()));
        }
        let line = server::user_line(&hash.name, password, hash.scram)
            .ok_or_else(|| Failure::NotDone("the password cannot be hashed".into()))?;
        output::print(&line)
    }
}
