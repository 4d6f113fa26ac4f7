//! What the user set, as the SMTP engine wants it.

use super::StartError;
use crate::config::Config;
use crate::smtp::{self, Extensions};

/// The bounds of a session, or the name of the setting that is wrong.
pub fn smtp(config: &Config) -> Result<smtp::Config, StartError> {
    let hidden = config.smtp_without.iter().map(|name| name.trim());
    let hidden = Extensions::named(hidden)
        .map_err(|name| StartError::Extension { name: name.to_owned() })?;
    Ok(smtp::Config {
        max_message_size: config.max_message_size.as_u64(),
        hidden,
        strict: config.strict,
        ..smtp::Config::default()
    })
}
