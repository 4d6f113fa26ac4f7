//! What is kept, how safely, how long and how much of it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use bytesize::ByteSize;
use clap::{Args, ValueEnum};
use jiff::{Span, SpanRelativeTo};

use super::ConfigError;

/// Settings of the store.
#[derive(Debug, Clone, Args)]
pub struct Keeping {
    /// Keep mail in this file [default: a temporary file that goes on exit]
    #[arg(long, env = "RESTANTE_STORE", value_name = "PATH")]
    pub store: Option<PathBuf>,

    /// What an acknowledged message survives, with --store: the end of the process, or a loss of
    /// power too (slower: the disk is waited for)
    #[arg(
        long,
        env = "RESTANTE_DURABILITY",
        value_name = "WHAT",
        default_value = "process",
        hide_possible_values = true
    )]
    pub durability: Durability,

    /// What the store may hold; the oldest messages go first, starred ones stay
    #[arg(long, env = "RESTANTE_MAX_STORE_SIZE", value_name = "SIZE", default_value = "1GiB")]
    pub max_store_size: ByteSize,

    /// How many messages are kept; the oldest go first [default: as many as the store holds]
    #[arg(long, env = "RESTANTE_MAX_MESSAGES", value_name = "N")]
    pub max_messages: Option<u64>,

    /// How long messages and sessions are kept, for example 12h or 7d [default: for ever]
    #[arg(long, env = "RESTANTE_MAX_AGE", value_name = "AGE")]
    pub max_age: Option<Age>,

    /// How many sessions are kept, with or without messages; the oldest go first
    #[arg(long, env = "RESTANTE_MAX_SESSIONS", value_name = "N", default_value_t = 100_000)]
    pub max_sessions: u64,

    /// What transcripts may take of the store [default: a quarter of --max-store-size]
    #[arg(long, env = "RESTANTE_MAX_SESSIONS_SIZE", value_name = "SIZE")]
    pub max_sessions_size: Option<ByteSize>,
}

/// What a message that was answered 250 survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Durability {
    Process,
    Power,
}

/// A length of time in units up to weeks; a day has 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age(pub Duration);

impl FromStr for Age {
    type Err = String;

    fn from_str(text: &str) -> Result<Age, String> {
        let span: Span = text.parse().map_err(|_| "a length of time is like 30m, 12h or 7d")?;
        let length = span
            .to_duration(SpanRelativeTo::days_are_24_hours())
            .map_err(|_| "a length of time has units up to weeks")?;
        Duration::try_from(length).map(Age).map_err(|_| "it must not be negative".into())
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// The smallest store that is of use: SQLite's own pages and a few messages.
const MIN_STORE: u64 = 1024 * 1024;
const MIN_AGE: Duration = Duration::from_secs(1);

impl Keeping {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let sessions_size = self.max_sessions_size.map_or(u64::MAX, |size| size.as_u64());
        match self {
            _ if self.max_store_size.as_u64() < MIN_STORE => Err(ConfigError::StoreSize),
            _ if self.max_messages == Some(0) => Err(ConfigError::Messages),
            _ if self.max_age.is_some_and(|age| age.0 < MIN_AGE) => Err(ConfigError::Age),
            _ if self.max_sessions == 0 => Err(ConfigError::Sessions),
            _ if sessions_size < 64 * 1024 => Err(ConfigError::SessionsSize),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_units() {
        let seconds = |text: &str| text.parse::<Age>().map(|age| age.0.as_secs());
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("12h"), Ok(12 * 3600));
        assert_eq!(seconds("7d"), Ok(7 * 24 * 3600));
        assert_eq!(seconds("2w"), Ok(14 * 24 * 3600));
        for wrong in ["", "7", "-1h", "1month", "soon"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
