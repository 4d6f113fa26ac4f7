//! Wires the parts together: binds the ports, opens the store, starts SMTP and HTTP, and stops
//! them in order. The only module that knows all others.

mod intake;
mod listen;
mod settings;
mod watch_dir;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::config::{Config, ConfigError, Durability};
use crate::http::{self, Api, Facts, Hosts, Post};
use crate::smtp;
use crate::sorting::{RuleError, Sorting};
use crate::store::{self, Bounds, Millis, Store, StoreError};
use crate::tls::{self, TlsError};
use intake::Intake;

/// Transcripts may take this part of the store, when nothing else is said.
const SESSIONS_SHARE: u64 = 4;

/// Why a server does not start; each sentence names the setting.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("--smtp-without {name}: no such extension; there are {}", names())]
    Extension { name: String },
    #[error("--{setting} {address}: {}", reason(.error))]
    Bind { setting: &'static str, address: String, error: std::io::Error },
    #[error("--store {}: {error}", .path.display())]
    Store { path: PathBuf, error: StoreError },
    #[error("the temporary store cannot be made in {}: {error}", std::env::temp_dir().display())]
    TemporaryStore { error: StoreError },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("--watch-dir {}: {error}", .path.display())]
    WatchDir { path: PathBuf, error: std::io::Error },
    #[error("--smtp-users {}: {reason}", .path.display())]
    Users { path: PathBuf, reason: String },
    #[error("--inbox-rule {rule}: at character {}: {}", .error.at, .error.reason)]
    InboxRule { rule: String, error: RuleError },
    #[error("--inbox-rules {}: {reason}", .path.display())]
    InboxRules { path: PathBuf, reason: String },
    #[error("--ports-file {}: {error}", .path.display())]
    PortsFile { path: PathBuf, error: std::io::Error },
}

fn names() -> String {
    smtp::Extensions::names().collect::<Vec<_>>().join(", ")
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => "this port is taken; stop what listens there, or choose another (port 0 takes a free one)".into(),
        std::io::ErrorKind::PermissionDenied => "this port needs more rights; choose one from 1024 up".into(),
        _ => error.to_string(),
    }
}

/// A running server.
pub struct Server {
    pub smtp: SocketAddr,
    pub http: SocketAddr,
    /// SMTP with TLS from the first byte.
    pub smtps: Option<SocketAddr>,
    store: Store,
    sorting: Arc<Sorting>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    ports_file: Option<PortsFile>,
}

impl Server {
    /// Starts all of it, or nothing.
    pub async fn start(config: &Config) -> Result<Server, StartError> {
        config.check()?;
        let mut settings = settings::smtp(config)?;
        let sorting = Arc::new(settings::sorting(config)?);
        // Ports first: a store is only made once nothing else can fail.
        let smtp = bind("smtp", &config.smtp).await?;
        let http = bind("http", &config.http).await?;
        let smtps = match &config.tls.smtps {
            Some(address) => bind("smtps", address).await?,
            None => Vec::new(),
        };
        if let Some(path) = &config.watch_dir {
            watch_dir::prepare(path)
                .map_err(|error| StartError::WatchDir { path: path.clone(), error })?;
        }
        let offer = tls::offer(config)?.map(Arc::new);
        let store = open_store(config)?;
        if let Some(users) = &mut settings.security.users {
            let users = Arc::make_mut(users);
            *users = users.clone().with_guests(Arc::new(InboxUsers(store.clone())));
        }
        let settings = Arc::new(settings);
        let (stop, stopping) = watch::channel(false);
        let mut server = Server {
            smtp: address(&smtp, "smtp", &config.smtp)?,
            http: address(&http, "http", &config.http)?,
            smtps: match &config.tls.smtps {
                Some(asked) => Some(address(&smtps, "smtps", asked)?),
                None => None,
            },
            store,
            sorting,
            stop,
            tasks: JoinSet::new(),
            ports_file: None,
        };
        let limits = settings::limits(config);
        let plain = smtp::Door { tls: offer, ..smtp::Door::default() };
        let secure = smtp::Door { implicit_tls: true, ..plain.clone() };
        server.serve_smtp(smtp, plain, &settings, &limits, &stopping);
        server.serve_smtp(smtps, secure, &settings, &limits, &stopping);
        server.serve_http(http, config, settings.security.users.clone(), &stopping);
        server.watch_folder(config, &stopping);
        if let Some(path) = &config.ports_file {
            if let Err(error) = write_ports(path, &server) {
                server.stop().await;
                return Err(StartError::PortsFile { path: path.clone(), error });
            }
            server.ports_file = Some(PortsFile(path.clone()));
        }
        Ok(server)
    }

    fn watch_folder(&mut self, config: &Config, stop: &watch::Receiver<bool>) {
        if let Some(folder) = config.watch_dir.clone() {
            let most_bytes = config.max_message_size.as_u64();
            let post = Post { store: self.store.clone(), sorting: self.sorting.clone() };
            self.tasks.spawn(watch_dir::watch(folder, most_bytes, post, stop.clone()));
        }
    }

    fn serve_smtp(
        &mut self,
        listeners: Vec<TcpListener>,
        door: smtp::Door,
        settings: &Arc<smtp::Config>,
        limits: &smtp::Limits,
        stop: &watch::Receiver<bool>,
    ) {
        for listener in listeners {
            let name = if door.implicit_tls { "smtps" } else { "smtp" };
            let office = Intake::new(self.store.clone(), self.sorting.clone(), name);
            let limits = limits.clone();
            self.tasks.spawn(smtp::serve(
                listener,
                settings.clone(),
                door.clone(),
                limits,
                office,
                stop.clone(),
            ));
        }
    }

    fn serve_http(
        &mut self,
        listeners: Vec<TcpListener>,
        config: &Config,
        users: Option<Arc<smtp::Users>>,
        stop: &watch::Receiver<bool>,
    ) {
        let api = Api {
            store: self.store.clone(),
            sorting: self.sorting.clone(),
            users,
            facts: Arc::new(Facts {
                smtp: self.smtp,
                http: self.http,
                smtps: self.smtps,
                starttls: config.tls.is_on(),
                max_message_size: config.max_message_size.as_u64(),
                checks_credentials: config.auth.smtp_users.is_some(),
                require_auth: config.auth.require_auth,
                auth_needs_tls: config.auth.auth_needs_tls,
                require_tls: config.tls.require_tls,
                settings: serde_json::json!(config.settings),
                started_at: Millis::now(),
            }),
            hosts: Hosts::new(&config.host),
            stop: stop.clone(),
            subscribers: Arc::new(Semaphore::new(http::MAX_SUBSCRIBERS)),
            uploads: Arc::new(Semaphore::new(http::MAX_UPLOADS)),
        };
        for listener in listeners {
            self.tasks.spawn(http::serve(listener, api.clone()));
        }
    }

    /// Waits until everything that was said by now is where readers find it: a session that brings
    /// no mail is in no hurry else.
    pub async fn settle(&self) {
        // A store that is closed or ill has nothing to wait for.
        let _ = self.store.settle().await;
    }

    /// Stops accepting, lets a message under way finish (bounded), closes WebSockets, writes
    /// everything down.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
        self.store.close().await;
        drop(self.ports_file);
    }
}

/// A line of the file of `--smtp-users`; the password hashed with argon2, or for SCRAM.
pub fn user_line(name: &str, password: &str, for_scram: bool) -> Option<String> {
    smtp::hash_user(name, password, for_scram)
}

/// Inboxes that were made may sign in too, beside the users of the file.
struct InboxUsers(Store);

impl smtp::Guests for InboxUsers {
    fn secret(&self, user: &str) -> Option<String> {
        self.0.inbox_password(user)
    }
}

/// The file with the addresses; goes with the server, however that ends.
struct PortsFile(PathBuf);

impl Drop for PortsFile {
    fn drop(&mut self) {
        // Somebody may have removed it; then it is gone as it should be.
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn bind(setting: &'static str, address: &str) -> Result<Vec<TcpListener>, StartError> {
    listen::bind(address).await.map_err(|error| StartError::Bind {
        setting,
        address: address.to_owned(),
        error,
    })
}

/// The real address of what was bound.
fn address(
    listeners: &[TcpListener],
    setting: &'static str,
    asked: &str,
) -> Result<SocketAddr, StartError> {
    let first = listeners.first().map(TcpListener::local_addr);
    first
        .unwrap_or_else(|| Err(std::io::ErrorKind::AddrNotAvailable.into()))
        .map_err(|error| StartError::Bind { setting, address: asked.to_owned(), error })
}

fn open_store(config: &Config) -> Result<Store, StartError> {
    let keeping = &config.keeping;
    let max_bytes = keeping.max_store_size.as_u64();
    let bounds = Bounds {
        max_bytes,
        max_messages: keeping.max_messages,
        max_age: keeping.max_age.map(|age| age.0),
        max_sessions: keeping.max_sessions,
        max_session_bytes: keeping
            .max_sessions_size
            .map_or(max_bytes / SESSIONS_SHARE, |size| size.as_u64()),
    };
    let opened = match &keeping.store {
        Some(path) => Store::open(path, durability(keeping.durability), bounds),
        None => Store::open_temporary(bounds),
    };
    opened.map_err(|error| match &keeping.store {
        Some(path) => StartError::Store { path: path.clone(), error },
        None => StartError::TemporaryStore { error },
    })
}

fn durability(setting: Durability) -> store::Durability {
    match setting {
        Durability::Process => store::Durability::Process,
        Durability::Power => store::Durability::Power,
    }
}

/// Whole or not at all: a reader that sees the file can use it.
fn write_ports(path: &Path, server: &Server) -> std::io::Result<()> {
    let mut ports =
        serde_json::json!({ "smtp": server.smtp.to_string(), "http": server.http.to_string() });
    if let Some(smtps) = server.smtps {
        ports["smtps"] = smtps.to_string().into();
    }
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    std::fs::write(&part, format!("{ports}\n"))?;
    std::fs::rename(&part, path)
}
