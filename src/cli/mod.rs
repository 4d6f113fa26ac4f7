//! The command line: `restante` alone is `restante serve`; the other commands talk to a running
//! server over the network, as any client would.

mod carrier;
mod client;
mod expect;
mod export;
mod import;
mod kept;
mod list;
mod mbox;
mod output;
mod progress;
mod ready;
mod run;
mod send;
mod serve;
mod show;
mod snapshot;
mod store;
mod tls;
mod users;
mod watch;

use std::process::ExitCode;

use clap::{Arg, ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::Config;
use client::{Client, Failure};

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  not done: the server did not start, is not ready, or has no such message
  2  wrong usage, or no server at the address";

/// An SMTP sandbox for developers: it takes every mail and delivers none.
#[derive(Parser)]
#[command(name = "restante", version, after_help = EXIT_CODES, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    config: Config,
}

#[derive(Subcommand)]
enum Command {
    /// Take mail and show it (what `restante` alone does)
    #[command(after_help = EXIT_CODES)]
    Serve(Box<Config>),
    /// Run a command with a sandbox of its own, on free ports
    #[command(after_help = run::help())]
    Run(Box<run::Run>),
    /// List the messages of a running server, newest first
    List(list::List),
    /// Show one message
    Show(show::Show),
    /// Wait for mail, and say what came instead when it does not come
    Expect(Box<expect::Expect>),
    /// Keep mails in files, as texts that are the same each time, and hold new ones against them
    Snapshot(Box<snapshot::Snapshot>),
    /// Print messages as they come
    Watch(watch::Watch),
    /// Send a test mail with text, HTML, an image and an attachment
    Send(send::Send),
    /// Put mail from files into a running server: .eml, mailbox files, Maildir, folders of these
    Import(import::Import),
    /// Write mail of a running server into files, as it was sent
    Export(export::Export),
    /// Look after a store's file while no server has it open
    Store(store::StoreCommand),
    /// Ask whether a server takes mail
    Ready(ready::Ready),
    /// The certificates of `--tls auto`
    Tls(tls::Tls),
    /// Lines for the file of `--smtp-users`
    Users(users::UsersCommand),
}

/// Runs what the arguments say.
pub fn run() -> ExitCode {
    let matches = matches();
    // What clap has matched it can read, but for its own faults, which it tells and exits.
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|e| e.exit());
    let of_server = matches.subcommand().map_or(&matches, |(_, of_command)| of_command);
    let server = || Config::from_matches(of_server).unwrap_or_else(|e| e.exit());
    let done = match arguments.command {
        None | Some(Command::Serve(_)) => serve::run(&server()),
        Some(Command::Run(mut run)) => {
            run.config = server();
            return run.run();
        }
        Some(Command::List(list)) => list.run(),
        Some(Command::Show(show)) => show.run(),
        Some(Command::Expect(expect)) => expect.run(),
        Some(Command::Snapshot(snapshot)) => snapshot.run(),
        Some(Command::Watch(watch)) => watch.run(),
        Some(Command::Send(send)) => send.run(),
        Some(Command::Import(import)) => import.run(),
        Some(Command::Export(export)) => export.run(),
        Some(Command::Store(store)) => store.run(),
        Some(Command::Ready(ready)) => ready.run(),
        Some(Command::Tls(tls)) => tls.run(),
        Some(Command::Users(users)) => users.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            match &failure {
                Failure::NotMet(text) => eprintln!("{}", text.trim_end()),
                other => eprintln!("restante: {other}"),
            }
            failure.code()
        }
    }
}

/// `run` takes free ports where nothing else is said.
fn matches() -> ArgMatches {
    let free = |arg: Arg| arg.default_value("localhost:0");
    let on_free_ports = |run: clap::Command| run.mut_arg("smtp", free).mut_arg("http", free);
    Arguments::command().mut_subcommand("run", on_free_ports).get_matches()
}
