//! Wires the parts together: binds the ports, opens the store, starts SMTP and HTTP, and stops
//! them in order. The only module that knows all others.

mod doors;
mod intake;
mod listen;
mod settings;
mod watch_dir;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::config::{Config, ConfigError, Durability};
use crate::http::{self, Api, Facts, Hosts, Post};
use crate::lookout::{Lookout, Refusals};
use crate::smtp;
use crate::socket::{Listener, UNIX};
use crate::sorting::{RuleError, Sorting};
use crate::store::{self, Bounds, Millis, Store, StoreError};
use crate::tls::{self, TlsError};
pub use doors::Addresses;
use doors::{Doors, PortsFile};
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
    #[error(
        "--proxy-from {name}: this is no network (10.0.0.0/8), no address, and not the word unix"
    )]
    Proxy { name: String },
    #[error("--{setting} {address}: {}", reason(.address, .error))]
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
    #[error("the address of a listener cannot be told: {0}")]
    Address(std::io::Error),
}

fn names() -> String {
    smtp::Extensions::names().collect::<Vec<_>>().join(", ")
}

fn reason(address: &str, error: &std::io::Error) -> String {
    match error.kind() {
        _ if address.starts_with(UNIX) => error.to_string(),
        std::io::ErrorKind::AddrInUse => "this port is taken; stop what listens there, or choose another (port 0 takes a free one)".into(),
        std::io::ErrorKind::PermissionDenied => "this port needs more rights; choose one from 1024 up".into(),
        _ => error.to_string(),
    }
}

/// A running server.
pub struct Server {
    pub addresses: Addresses,
    /// Who waits for mail.
    pub lookout: Lookout,
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
        let limits = settings::limits(config)?;
        let sorting = Arc::new(settings::sorting(config)?);
        // Ports first: a store is only made once nothing else can fail.
        let doors = Doors::bind(config).await?;
        let addresses = doors.addresses().map_err(StartError::Address)?;
        if let Some(path) = &config.watch_dir {
            watch_dir::prepare(path)
                .map_err(|error| StartError::WatchDir { path: path.clone(), error })?;
        }
        let offer = tls::offer(config)?.map(Arc::new);
        let ports_file = config.ports_file.as_deref().map(PortsFile::prepare).transpose();
        let ports_file = ports_file.map_err(|error| no_ports_file(config, error))?;
        let store = open_store(config)?;
        if let Some(users) = &mut settings.security.users {
            let users = Arc::make_mut(users);
            *users = users.clone().with_guests(Arc::new(InboxUsers(store.clone())));
        }
        let settings = Arc::new(settings);
        let (stop, stopping) = watch::channel(false);
        let mut server = Server {
            addresses,
            lookout: Lookout::new(store.clone()),
            store,
            sorting,
            stop,
            tasks: JoinSet::new(),
            ports_file,
        };
        let plain = smtp::Door { tls: offer, ..smtp::Door::default() };
        let secure = smtp::Door { implicit_tls: true, ..plain.clone() };
        let lmtp = Arc::new(settings::lmtp(&settings));
        server.serve_smtp("smtp", doors.smtp, &plain, &settings, &limits, &stopping);
        server.serve_smtp("smtps", doors.smtps, &secure, &settings, &limits, &stopping);
        server.serve_smtp("lmtp", doors.lmtp, &plain, &lmtp, &limits, &stopping);
        server.serve_http(doors.http, config, settings.security.users.clone(), &limits, &stopping);
        server.watch_folder(config, &stopping);
        if let Some(file) = &mut server.ports_file
            && let Err(error) = file.tell(&server.addresses)
        {
            server.stop().await;
            return Err(no_ports_file(config, error));
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

    /// `name` is that of the listener in rules.
    fn serve_smtp(
        &mut self,
        name: &'static str,
        listeners: Vec<Listener>,
        door: &smtp::Door,
        settings: &Arc<smtp::Config>,
        limits: &smtp::Limits,
        stop: &watch::Receiver<bool>,
    ) {
        for listener in listeners {
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
        listeners: Vec<Listener>,
        config: &Config,
        users: Option<Arc<smtp::Users>>,
        limits: &smtp::Limits,
        stop: &watch::Receiver<bool>,
    ) {
        let api = Api {
            store: self.store.clone(),
            sorting: self.sorting.clone(),
            lookout: self.lookout.clone(),
            refusals: Refusals::default(),
            users,
            facts: Arc::new(Facts {
                smtp: self.addresses.smtp.clone(),
                http: self.addresses.http.clone(),
                smtps: self.addresses.smtps.clone(),
                lmtp: self.addresses.lmtp.clone(),
                starttls: config.tls.is_on(),
                max_message_size: config.max_message_size.as_u64(),
                expect_timeout: config.expect_timeout(),
                checks_credentials: config.auth.smtp_users.is_some(),
                require_auth: config.auth.require_auth,
                auth_needs_tls: config.auth.auth_needs_tls,
                require_tls: config.tls.require_tls,
                turns: limits.turns.clone(),
                bounds: settings::bounds(config),
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

fn no_ports_file(config: &Config, error: std::io::Error) -> StartError {
    StartError::PortsFile { path: config.ports_file.clone().unwrap_or_default(), error }
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
