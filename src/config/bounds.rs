//! The bounds of SMTP: what a client may do, for how long, and how many of them.

use std::time::Duration;

use bytesize::ByteSize;
use clap::Args;
use jiff::SignedDuration;

use super::ConfigError;

/// Bounds of SMTP. Each has a clear answer when it is met; docs/smtp.md tells which.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Bounds of SMTP")]
pub struct SmtpBounds {
    /// Connections at the same time, over all SMTP listeners; one more is answered 421
    #[arg(long, env = "RESTANTE_MAX_CONNECTIONS", value_name = "N", default_value_t = 2000)]
    pub max_connections: usize,

    /// Connections at the same time from one address; one more is answered 421
    #[arg(
        long,
        env = "RESTANTE_MAX_CONNECTIONS_PER_ADDRESS",
        value_name = "N",
        default_value_t = 1000
    )]
    pub max_connections_per_address: usize,

    /// Memory for half-received messages of all sessions, at least for one of the largest; a
    /// message over it is answered 452
    #[arg(
        long,
        env = "RESTANTE_MAX_INCOMING_MEMORY",
        value_name = "SIZE",
        default_value = "256MiB"
    )]
    pub max_incoming_memory: ByteSize,

    /// Recipients of one message; one more is answered 452
    #[arg(long, env = "RESTANTE_MAX_RECIPIENTS", value_name = "N", default_value_t = 1000)]
    pub max_recipients: usize,

    /// Octets of one command with its line end; a longer one is answered 500
    #[arg(long, env = "RESTANTE_MAX_COMMAND_LINE", value_name = "N", default_value_t = 2048)]
    pub max_command_line: usize,

    /// Octets of one line of a message with its end; a longer one is noted, and refused by --strict
    #[arg(long, env = "RESTANTE_MAX_TEXT_LINE", value_name = "N", default_value_t = 1000)]
    pub max_text_line: usize,

    /// Messages in one session; one more is answered 421
    #[arg(
        long,
        env = "RESTANTE_MAX_SESSION_MESSAGES",
        value_name = "N",
        default_value_t = 100_000
    )]
    pub max_session_messages: usize,

    /// Errors in one session since its last message; one more is answered 421
    #[arg(long, env = "RESTANTE_MAX_ERRORS", value_name = "N", default_value_t = 100)]
    pub max_errors: usize,

    /// Without a byte between commands
    #[arg(long, env = "RESTANTE_COMMAND_TIMEOUT", value_name = "TIME", default_value = "5m")]
    pub command_timeout: SignedDuration,

    /// Without a byte inside a message
    #[arg(long, env = "RESTANTE_DATA_TIMEOUT", value_name = "TIME", default_value = "3m")]
    pub data_timeout: SignedDuration,

    /// For a whole session
    #[arg(long, env = "RESTANTE_SESSION_TIMEOUT", value_name = "TIME", default_value = "24h")]
    pub session_timeout: SignedDuration,

    /// Octets a second, over five minutes, at which a message must come in; 0 for any
    #[arg(long, env = "RESTANTE_MIN_DATA_RATE", value_name = "N", default_value_t = 2)]
    pub min_data_rate: u64,
}

/// Less has no room for `MAIL FROM:<user@example.com>` and the like.
const MIN_LINE: usize = 64;

impl SmtpBounds {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let numbers = [
            ("max-connections", self.max_connections, 1),
            ("max-connections-per-address", self.max_connections_per_address, 1),
            ("max-recipients", self.max_recipients, 1),
            ("max-command-line", self.max_command_line, MIN_LINE),
            ("max-text-line", self.max_text_line, MIN_LINE),
            ("max-session-messages", self.max_session_messages, 1),
        ];
        for (setting, value, least) in numbers {
            if value < least {
                return Err(ConfigError::TooSmall { setting, least });
            }
        }
        let times = [
            ("command-timeout", self.command_timeout),
            ("data-timeout", self.data_timeout),
            ("session-timeout", self.session_timeout),
        ];
        for (setting, value) in times {
            if value < SignedDuration::from_millis(1) {
                return Err(ConfigError::NoTime { setting });
            }
        }
        Ok(())
    }

    /// As checked; more than a timer takes is for ever.
    pub fn time(of: SignedDuration) -> Duration {
        const LONG: Duration = Duration::from_secs(365 * 24 * 3600);
        Duration::try_from(of).unwrap_or(LONG).min(LONG)
    }
}
