//! The settings of AUTH.

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

use super::{ConfigError, TlsConfig};

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "AUTH")]
pub struct AuthConfig {
    /// Check AUTH against this file, `name:secret` a line (see `restante users`) [default: any credentials pass]
    #[arg(long, env = "RESTANTE_SMTP_USERS", value_name = "FILE")]
    pub smtp_users: Option<PathBuf>,

    /// No mail before AUTH: 530
    #[arg(long, env = "RESTANTE_REQUIRE_AUTH", value_parser = BoolishValueParser::new())]
    pub require_auth: bool,

    /// No AUTH before TLS: 538
    #[arg(long, env = "RESTANTE_AUTH_NEEDS_TLS", value_parser = BoolishValueParser::new())]
    pub auth_needs_tls: bool,
}

impl AuthConfig {
    pub(super) fn check(&self, tls: &TlsConfig) -> Result<(), ConfigError> {
        if self.auth_needs_tls && !tls.is_on() {
            return Err(ConfigError::Sentence("--auth-needs-tls needs --tls auto or --tls-cert"));
        }
        Ok(())
    }
}
