//! The settings of TLS on the SMTP ports.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};

use super::ConfigError;

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "TLS on the SMTP ports")]
pub struct TlsConfig {
    /// `auto`: STARTTLS, with a certificate of a local CA, both made once (see `restante tls ca`)
    #[arg(long, env = "RESTANTE_TLS", value_name = "MODE", default_value = "off")]
    pub tls: TlsSource,

    /// STARTTLS with this certificate and its chain (PEM)
    #[arg(long, env = "RESTANTE_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// Its key (PEM) [default: in the file of the certificate]
    #[arg(long, env = "RESTANTE_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// The folder of `--tls auto` [default: beside a kept store, else in the user's data folder]
    #[arg(long, env = "RESTANTE_TLS_DIR", value_name = "PATH")]
    pub tls_dir: Option<PathBuf>,

    /// Where SMTP listens with TLS from the first byte; none if not given
    #[arg(long, env = "RESTANTE_SMTPS", value_name = "ADDR")]
    pub smtps: Option<String>,

    /// No mail before STARTTLS: 530
    #[arg(long, env = "RESTANTE_REQUIRE_TLS", value_parser = BoolishValueParser::new())]
    pub require_tls: bool,

    /// The oldest version of TLS that is spoken
    #[arg(long, env = "RESTANTE_TLS_MIN_VERSION", value_name = "VERSION", default_value = "1.2")]
    pub tls_min_version: TlsVersion,

    /// Whether clients are asked for a certificate: `ask` takes any and none, `require` only those of --tls-client-ca
    #[arg(long, env = "RESTANTE_TLS_CLIENT_CERT", value_name = "MODE", default_value = "off")]
    pub tls_client_cert: ClientCert,

    /// The CA of client certificates (PEM); sessions show whether a certificate is of it
    #[arg(long, env = "RESTANTE_TLS_CLIENT_CA", value_name = "FILE")]
    pub tls_client_ca: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum TlsSource {
    #[default]
    Off,
    Auto,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum TlsVersion {
    #[default]
    #[value(name = "1.2")]
    Tls12,
    #[value(name = "1.3")]
    Tls13,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ClientCert {
    #[default]
    Off,
    Ask,
    Require,
}

impl TlsConfig {
    pub fn is_on(&self) -> bool {
        self.tls == TlsSource::Auto || self.tls_cert.is_some()
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |sentence| Err(ConfigError::Sentence(sentence));
        if self.tls == TlsSource::Auto && self.tls_cert.is_some() {
            return wrong("--tls auto and --tls-cert exclude each other");
        }
        if self.tls_key.is_some() && self.tls_cert.is_none() {
            return wrong("--tls-key needs --tls-cert");
        }
        if self.tls_client_cert == ClientCert::Require && self.tls_client_ca.is_none() {
            return wrong("--tls-client-cert require needs --tls-client-ca");
        }
        if self.tls_client_ca.is_some() && self.tls_client_cert == ClientCert::Off {
            return wrong("--tls-client-ca needs --tls-client-cert ask or require");
        }
        if !self.is_on() {
            if self.smtps.is_some() {
                return wrong("--smtps needs --tls auto or --tls-cert");
            }
            if self.require_tls {
                return wrong("--require-tls needs --tls auto or --tls-cert");
            }
            if self.tls_client_cert != ClientCert::Off {
                return wrong("--tls-client-cert needs --tls auto or --tls-cert");
            }
        }
        Ok(())
    }
}
