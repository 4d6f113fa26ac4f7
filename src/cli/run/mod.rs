//! `restante run`: a sandbox for one command. It is there before the command starts, tells it where
//! by its environment, and goes with it; what failed is told with what the sandbox saw.

mod report;

use std::ffi::OsString;
use std::io::ErrorKind;
use std::process::{ExitCode, ExitStatus};

use clap::Args;
use jiff::Timestamp;
use tokio::process::{Child, Command};

use super::client::Address;
use super::serve::{self, Signals};
use super::{Client, Failure};
use crate::config::Config;
use crate::sandbox::variables;
use crate::server::Server;

pub use variables::help;

/// Run a command with a sandbox of its own, on free ports
#[derive(Args)]
#[command(trailing_var_arg = true)]
pub struct Run {
    /// Leave the sandbox up when the command has ended, until Ctrl-C
    #[arg(long)]
    keep: bool,
    /// The command and its arguments
    #[arg(required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
    #[command(flatten)]
    pub config: Config,
}

/// As a shell has it.
const CANNOT_RUN: u8 = 126;
const NOT_FOUND: u8 = 127;
const BY_SIGNAL: i32 = 128;

impl Run {
    pub fn run(&self) -> ExitCode {
        match self.in_sandbox() {
            Ok(code) => code,
            Err(failure) => {
                eprintln!("restante: {failure}");
                failure.code()
            }
        }
    }

    fn in_sandbox(&self) -> Result<ExitCode, Failure> {
        serve::start_log(&self.config.log)?;
        serve::runtime()?.block_on(async {
            let signals = Signals::new().map_err(|e| Failure::NotDone(format!("signals: {e}")))?;
            let server = Server::start(&self.config).await;
            let server = server.map_err(|e| Failure::NotDone(e.to_string()))?;
            let code = self.with(&server, signals).await;
            server.stop().await;
            code
        })
    }

    async fn with(&self, server: &Server, mut signals: Signals) -> Result<ExitCode, Failure> {
        let (smtp, http) = ports(server)?;
        let (url, start) = (format!("http://{http}"), Timestamp::now());
        eprintln!("restante: SMTP {smtp}, inspector {url}");
        let code = match self.spawn(&smtp, &url) {
            Ok(mut child) => exit_code(&wait(&mut child, &mut signals).await?),
            Err(e) => {
                eprintln!("restante: {}: {e}", self.command[0].display());
                let code = if e.kind() == ErrorKind::NotFound { NOT_FOUND } else { CANNOT_RUN };
                return Ok(ExitCode::from(code));
            }
        };
        if code != 0 {
            server.settle().await;
            let client = Client::new(&Address { server: url.clone() })?;
            let seen = tokio::task::spawn_blocking(move || report::report(&client, &smtp, start));
            let seen = seen.await.map_err(|e| Failure::NotDone(e.to_string()))??;
            eprintln!("restante: the command ended with {code}; {seen}");
        }
        if self.keep {
            eprintln!("restante: the sandbox stays up: {url} (Ctrl-C stops it)");
            signals.wait().await;
        }
        Ok(ExitCode::from(code))
    }

    fn spawn(&self, smtp: &str, url: &str) -> std::io::Result<Child> {
        Command::new(&self.command[0])
            .args(&self.command[1..])
            .envs(variables::all(smtp, url))
            .kill_on_drop(true)
            .spawn()
    }
}

/// Where SMTP and the API are; the variables have no words for a Unix socket.
fn ports(server: &Server) -> Result<(String, String), Failure> {
    let at = &server.addresses;
    match (at.smtp.tcp(), at.http.tcp()) {
        (Some(_), Some(_)) => Ok((serve::named(&at.smtp), serve::named(&at.http))),
        _ => Err(Failure::Usage("--smtp and --http of `run` must be HOST:PORT".into())),
    }
}

/// Waits for the end of the command, and passes on what it is told meanwhile.
async fn wait(child: &mut Child, signals: &mut Signals) -> Result<ExitStatus, Failure> {
    loop {
        tokio::select! {
            ended = child.wait() => {
                return ended.map_err(|e| Failure::NotDone(format!("the command: {e}")));
            }
            signal = signals.next() => pass_on(child, signal),
        }
    }
}

#[cfg(unix)]
fn pass_on(child: &Child, signal: serve::SignalNumber) {
    use rustix::process::{Pid, Signal, kill_process};
    // A terminal has told the command already: it tells all of its foreground.
    if signal == Signal::INT && std::io::IsTerminal::is_terminal(&std::io::stdin()) {
        return;
    }
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    // One that has just ended needs to be told nothing.
    if let Some(pid) = pid {
        let _ = kill_process(pid, signal);
    }
}

/// The console has told the command, too.
#[cfg(not(unix))]
fn pass_on(_: &Child, _: serve::SignalNumber) {}

fn exit_code(status: &ExitStatus) -> u8 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    let code = status.code().or(signal.map(|signal| BY_SIGNAL + signal)).unwrap_or(1);
    // Windows has larger ones; a failure stays one.
    u8::try_from(code).unwrap_or(1)
}
