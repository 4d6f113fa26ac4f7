//! The settings of a server: one value, built once from arguments and environment, checked once,
//! then only read. Each default is written here and shown by `--help`.

mod auth;
mod bounds;
mod inboxes;
mod keeping;
mod origin;
mod tls;

use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use clap::{ArgMatches, Args, FromArgMatches};
use jiff::SignedDuration;

pub use auth::AuthConfig;
pub use bounds::SmtpBounds;
pub use inboxes::InboxConfig;
pub use keeping::{Age, Durability, Keeping};
pub use origin::{Origin, Setting};
pub use tls::{ClientCert, TlsConfig, TlsSource, TlsVersion};

/// Settings of `restante serve`.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// Where SMTP listens; port 0 takes a free one. `localhost` means IPv4 and IPv6; unix:PATH or
    /// unix:PATH?mode=660 is a Unix socket, here and for every listener
    #[arg(long, env = "RESTANTE_SMTP", value_name = "ADDR", default_value = "localhost:1025")]
    pub smtp: String,

    /// Where LMTP (RFC 2033) listens; none if not given
    #[arg(long, env = "RESTANTE_LMTP", value_name = "ADDR")]
    pub lmtp: Option<String>,

    /// Where the inspector and the API listen; port 0 takes a free one
    #[arg(long, env = "RESTANTE_HTTP", value_name = "ADDR", default_value = "localhost:8025")]
    pub http: String,

    /// Write the addresses as JSON to this file once both ports accept
    #[arg(long, env = "RESTANTE_PORTS_FILE", value_name = "PATH")]
    pub ports_file: Option<PathBuf>,

    /// The largest message that is taken; a larger one is answered 552
    #[arg(long, env = "RESTANTE_MAX_MESSAGE_SIZE", value_name = "SIZE", default_value = "50MiB")]
    pub max_message_size: ByteSize,

    /// How long `/v1/expect` waits for mail when the question does not say, at most 5m
    #[arg(long, env = "RESTANTE_TIMEOUT", value_name = "TIME", default_value = "10s")]
    pub expect_timeout: SignedDuration,

    /// Take each .eml that is put into this folder; it then lies in the folder taken in it
    #[arg(long, env = "RESTANTE_WATCH_DIR", value_name = "DIR")]
    pub watch_dir: Option<PathBuf>,

    #[command(flatten)]
    pub keeping: Keeping,

    #[command(flatten)]
    pub bounds: SmtpBounds,

    /// Refuse in SMTP what RFC 5321 refuses, instead of taking it with a notice
    #[arg(long, env = "RESTANTE_STRICT", value_parser = clap::builder::BoolishValueParser::new())]
    pub strict: bool,

    /// Extensions of SMTP that are hidden, to try an app against a poor server; for example
    /// chunking,dsn; a single mechanism of AUTH is auth=NAME
    #[arg(long, env = "RESTANTE_SMTP_WITHOUT", value_name = "NAME", value_delimiter = ',')]
    pub smtp_without: Vec<String>,

    /// Networks of proxies, for example 10.0.0.0/8, or `unix` for Unix sockets: from there the PROXY
    /// protocol (v1 or v2) must come first on every SMTP listener, and from nowhere else
    #[arg(long, env = "RESTANTE_PROXY_FROM", value_name = "NETWORK", value_delimiter = ',')]
    pub proxy_from: Vec<String>,

    /// Names under which the inspector may be called, beside loopback ones; may be repeated
    #[arg(long, env = "RESTANTE_HOST", value_name = "NAME", value_delimiter = ',')]
    pub host: Vec<String>,

    /// What is logged to standard error: error, warn, info, debug, trace, or a filter such as restante=debug
    #[arg(long, env = "RESTANTE_LOG", value_name = "FILTER", default_value = "warn")]
    pub log: String,

    #[command(flatten)]
    pub tls: TlsConfig,

    #[command(flatten)]
    pub auth: AuthConfig,

    #[command(flatten)]
    pub inboxes: InboxConfig,

    /// Where each of these came from; empty when they came from a program, not a command line.
    #[arg(skip)]
    pub settings: Vec<Setting>,
}

/// A setting that cannot be used; the sentence names it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("--max-message-size must be at least 1 KiB")]
    MessageSize,
    #[error("--max-store-size must be at least 1 MiB")]
    StoreSize,
    #[error("--max-messages must be at least 1")]
    Messages,
    #[error("--max-age must be at least 1s")]
    Age,
    #[error("--max-sessions must be at least 1")]
    Sessions,
    #[error("--max-sessions-size must be at least 64 KiB")]
    SessionsSize,
    #[error("--{setting} must be at least {least}")]
    TooSmall { setting: &'static str, least: usize },
    #[error("--{setting} must be more than nothing, for example 5m")]
    NoTime { setting: &'static str },
    #[error("{0}")]
    Sentence(&'static str),
}

impl Config {
    /// The settings of a command line, and where each came from.
    pub fn from_matches(matches: &ArgMatches) -> Result<Config, clap::Error> {
        let settings = origin::settings(matches);
        Ok(Config { settings, ..Config::from_arg_matches(matches)? })
    }

    /// The settings that `--help` shows, for tests and for use as a library.
    pub fn defaults() -> Config {
        #[derive(clap::Parser)]
        struct Only {
            #[command(flatten)]
            config: Config,
        }
        <Only as clap::Parser>::parse_from(["restante"]).config
    }

    /// As a timer takes it; nothing if it is less than that.
    pub fn expect_timeout(&self) -> Duration {
        Duration::try_from(self.expect_timeout).unwrap_or_default()
    }

    pub fn check(&self) -> Result<(), ConfigError> {
        if self.max_message_size.as_u64() < 1024 {
            return Err(ConfigError::MessageSize);
        }
        // RFC 2033, section 5: LMTP must not be used on the port of SMTP.
        if self.lmtp.as_deref().and_then(|a| a.rsplit_once(':')).is_some_and(|(_, p)| p == "25") {
            return Err(ConfigError::Sentence("--lmtp must not be on port 25, which is for SMTP"));
        }
        let timeout = self.expect_timeout();
        if timeout.is_zero() || timeout > Duration::from_secs(300) {
            return Err(ConfigError::Sentence(
                "--expect-timeout must be more than nothing and at most 5m",
            ));
        }
        self.keeping.check()?;
        self.bounds.check()?;
        self.tls.check()?;
        self.auth.check(&self.tls)
    }
}
