//! What the user set, as the SMTP engine wants it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::StartError;
use crate::config::{Config, SmtpBounds};
use crate::smtp::{self, Extensions, Memory, Times, Turns};
use crate::sorting::{self, Sorting};

/// The bounds of a session, or the name of the setting that is wrong.
pub fn smtp(config: &Config) -> Result<smtp::Config, StartError> {
    let hidden = config.smtp_without.iter().map(|name| name.trim());
    let hidden = Extensions::named(hidden)
        .map_err(|name| StartError::Extension { name: name.to_owned() })?;
    let bounds = &config.bounds;
    Ok(smtp::Config {
        max_message_size: config.max_message_size.as_u64(),
        max_recipients: bounds.max_recipients,
        max_command_line: bounds.max_command_line,
        max_text_line: bounds.max_text_line,
        max_session_messages: bounds.max_session_messages,
        max_errors: bounds.max_errors,
        // Else the largest message could never come in.
        memory: Memory::new(bounds.max_incoming_memory.max(config.max_message_size).as_u64()),
        hidden,
        strict: config.strict,
        security: smtp::Security {
            starttls: config.tls.is_on(),
            require_tls: config.tls.require_tls,
            auth_needs_tls: config.auth.auth_needs_tls,
            require_auth: config.auth.require_auth,
            users: users(config)?,
            nonces: smtp::Nonces::Random,
        },
        ..smtp::Config::default()
    })
}

/// The same for the listener of LMTP.
pub fn lmtp(smtp: &smtp::Config) -> smtp::Config {
    smtp::Config { protocol: smtp::Protocol::Lmtp, ..smtp.clone() }
}

/// The bounds on connections, for all listeners together.
pub fn limits(config: &Config) -> Result<smtp::Limits, StartError> {
    let bounds = &config.bounds;
    let proxies = smtp::Proxies::named(config.proxy_from.iter().map(String::as_str))
        .map_err(|name| StartError::Proxy { name: name.to_owned() })?;
    Ok(smtp::Limits {
        proxies: Arc::new(proxies),
        turns: Turns::new(bounds.max_connections, bounds.max_connections_per_address),
        times: Times {
            command: SmtpBounds::time(bounds.command_timeout),
            content: SmtpBounds::time(bounds.data_timeout),
            session: SmtpBounds::time(bounds.session_timeout),
            min_rate: bounds.min_data_rate,
            ..Times::default()
        },
    })
}

/// The bounds on a client as `/v1/info` tells them.
pub fn bounds(config: &Config) -> Value {
    let bounds = &config.bounds;
    let seconds = |time| SmtpBounds::time(time).as_secs_f64();
    json!({
        "max_connections": bounds.max_connections,
        "max_connections_per_address": bounds.max_connections_per_address,
        "max_command_line": bounds.max_command_line,
        "max_text_line": bounds.max_text_line,
        "max_message_size": config.max_message_size.as_u64(),
        "max_incoming_memory": bounds.max_incoming_memory.max(config.max_message_size).as_u64(),
        "max_recipients": bounds.max_recipients,
        "max_session_messages": bounds.max_session_messages,
        "max_errors": bounds.max_errors,
        "command_timeout": seconds(bounds.command_timeout),
        "data_timeout": seconds(bounds.data_timeout),
        "session_timeout": seconds(bounds.session_timeout),
        "min_data_rate": bounds.min_data_rate,
    })
}

fn users(config: &Config) -> Result<Option<Arc<smtp::Users>>, StartError> {
    let Some(path) = &config.auth.smtp_users else { return Ok(None) };
    let wrong = |reason: String| StartError::Users { path: path.clone(), reason };
    let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
    let users = smtp::Users::parse(&text).map_err(|e| wrong(e.to_string()))?;
    Ok(Some(Arc::new(users)))
}

/// Which mail goes to which inbox.
pub fn sorting(config: &Config) -> Result<Sorting, StartError> {
    let given = &config.inboxes;
    let mut rules = Vec::new();
    for text in &given.inbox_rule {
        let wrong = |e| StartError::InboxRule { rule: text.clone(), error: e };
        rules.push(sorting::parse_rule(text).map_err(wrong)?);
    }
    if let Some(path) = &given.inbox_rules {
        let wrong = |reason: String| StartError::InboxRules { path: path.clone(), reason };
        let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
        rules.extend(sorting::parse_rules(&text).map_err(|e| wrong(e.to_string()))?);
    }
    Ok(Sorting::new(rules))
}
