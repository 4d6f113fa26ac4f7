//! `restante serve`: starts the server, says where it is, and stops it on a signal.

use std::time::Duration;

use bytesize::ByteSize;
use tracing_subscriber::EnvFilter;

use super::client::DEFAULT_SERVER;
use super::{Failure, output};
use crate::config::Config;
use crate::server::{Addresses, Server};
use crate::socket::Address;

pub fn run(config: &Config) -> Result<(), Failure> {
    start_log(&config.log)?;
    raise_open_files();
    runtime()?.block_on(serve(config))
}

/// Where a server runs.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers())
        .enable_all()
        .build()
        .map_err(|e| Failure::NotDone(format!("the server cannot start: {e}")))
}

/// Half of the processors: on a developer's machine the other half has the app that sends. Measured
/// with two of them: a second worker costs more in waking each other than it brings.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get().div_ceil(2))
}

async fn serve(config: &Config) -> Result<(), Failure> {
    // Before the ports are open: a signal from then on is an orderly stop.
    let mut signals = Signals::new().map_err(|e| Failure::NotDone(format!("signals: {e}")))?;
    let server = Server::start(config).await.map_err(|e| Failure::NotDone(e.to_string()))?;
    output::print(&banner(config, &server.addresses))?;
    signals.wait().await;
    stop(server, signals).await
}

/// Stops in order; says so when that takes a while, and stops at once when asked again.
async fn stop(server: Server, mut signals: Signals) -> Result<(), Failure> {
    let mut stopping = std::pin::pin!(server.stop());
    if tokio::time::timeout(Duration::from_millis(300), &mut stopping).await.is_ok() {
        return Ok(());
    }
    eprintln!(
        "restante: stopping; a message under way has 10 seconds (again Ctrl-C: stop at once)"
    );
    tokio::select! {
        () = &mut stopping => Ok(()),
        () = signals.wait() => {
            Err(Failure::NotDone("stopped at once, what was under way is lost".into()))
        }
    }
}

fn banner(config: &Config, at: &Addresses) -> String {
    let size = ByteSize::b(config.keeping.max_store_size.as_u64());
    let mail = match &config.keeping.store {
        Some(path) => format!("{}, up to {size}", path.display()),
        None => format!("in a temporary file, up to {size}; gone on exit (--store PATH keeps it)"),
    };
    let starttls = if config.tls.is_on() { " (STARTTLS)" } else { "" };
    let line = |name, address: &Option<Address>| match address {
        Some(address) => format!("  {name:<10} {}\n", named(address)),
        None => String::new(),
    };
    let more = line("SMTPS", &at.smtps) + &line("LMTP", &at.lmtp);
    let url = match &at.http {
        Address::Unix(_) => named(&at.http),
        Address::Tcp(_) => format!("http://{}", named(&at.http)),
    };
    format!(
        "Restante {version}\n\n  SMTP       {smtp}\n{more}  Inspector  {url}\n  Mail       {mail}\n\n\
         {send}Stop with Ctrl-C.",
        version = env!("CARGO_PKG_VERSION"),
        smtp = named(&at.smtp) + starttls,
        send = how_to_send(at),
    )
}

/// A command that works as it stands. The commands reach no Unix socket.
fn how_to_send(at: &Addresses) -> String {
    let url = format!("http://{}", named(&at.http));
    let more = match (&at.http, &at.smtp) {
        (Address::Tcp(_), _) if url == DEFAULT_SERVER => String::new(),
        (Address::Tcp(_), _) => format!(" --server {url}"),
        (Address::Unix(_), Address::Tcp(_)) => format!(" --smtp {}", named(&at.smtp)),
        _ => return String::new(),
    };
    format!("Send a test mail with `restante send{more}`. ")
}

/// The address as one would type it.
pub fn named(address: &Address) -> String {
    match address.tcp() {
        Some(tcp) if tcp.ip().is_loopback() || tcp.ip().is_unspecified() => {
            format!("localhost:{}", tcp.port())
        }
        _ => address.to_string(),
    }
}

/// Each connection is an open file, and the bound on those is often lower than that on connections.
/// A process may raise it up to what the administrator allows.
#[cfg(unix)]
fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // Some systems that name no maximum have one nevertheless.
    let most = maximum.unwrap_or(10_240);
    let raised = Rlimit { current: Some(most), maximum };
    if current.is_some_and(|current| current < most)
        && let Err(e) = setrlimit(Resource::Nofile, raised)
    {
        tracing::warn!("only {current:?} files can be open at the same time: {e}");
    }
}

#[cfg(not(unix))]
fn raise_open_files() {}

pub fn start_log(filter: &str) -> Result<(), Failure> {
    let filter =
        EnvFilter::try_new(filter).map_err(|e| Failure::Usage(format!("--log {filter}: {e}")))?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    Ok(())
}

/// The number of a signal.
#[cfg(unix)]
pub type SignalNumber = rustix::process::Signal;
#[cfg(not(unix))]
pub type SignalNumber = ();

/// What asks a process to end.
pub struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    /// The terminal was closed.
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    pub fn new() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    pub async fn wait(&mut self) {
        let _ = self.next().await;
    }

    /// The next one.
    #[cfg(unix)]
    pub async fn next(&mut self) -> SignalNumber {
        tokio::select! {
            _ = self.terminate.recv() => SignalNumber::TERM,
            _ = self.interrupt.recv() => SignalNumber::INT,
            _ = self.hangup.recv() => SignalNumber::HUP,
        }
    }

    #[cfg(not(unix))]
    pub fn new() -> std::io::Result<Signals> {
        Ok(Signals {})
    }

    #[cfg(not(unix))]
    pub async fn next(&mut self) -> SignalNumber {
        // Without the handler the default one ends the process, as it should.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
