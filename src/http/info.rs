//! What the server says of itself: its addresses and limits, how full it is, whether it works.

use serde::Serialize;
use serde_json::{Value, json};
use warp::http::StatusCode;
use warp::reply::{Reply, Response};

use super::error::{ApiError, store_code};
use super::query::Query;
use super::{Api, reply};
use crate::smtp::Turns;
use crate::socket::Address;
use crate::store::{Millis, StoreError};

/// What does not change while the server runs.
#[derive(Debug, Clone)]
pub struct Facts {
    pub smtp: Address,
    pub http: Address,
    pub smtps: Option<Address>,
    pub lmtp: Option<Address>,
    /// STARTTLS is offered.
    pub starttls: bool,
    /// No mail before STARTTLS.
    pub require_tls: bool,
    /// Credentials are checked; else any pass.
    pub checks_credentials: bool,
    /// No mail before AUTH.
    pub require_auth: bool,
    /// No AUTH before TLS.
    pub auth_needs_tls: bool,
    pub max_message_size: u64,
    /// How long `/v1/expect` waits when the question does not say.
    pub expect_timeout: std::time::Duration,
    /// Connections of all SMTP listeners.
    pub turns: Turns,
    /// What an SMTP client may do, by the names of the settings; times in seconds.
    pub bounds: Value,
    /// Each setting and where it came from.
    pub settings: Value,
    pub started_at: Millis,
}

#[derive(Serialize)]
struct Smtp<'a> {
    address: &'a Address,
    max_message_size: u64,
    starttls: bool,
    /// With TLS from the first byte.
    implicit_tls_address: Option<&'a Address>,
    lmtp_address: Option<&'a Address>,
    require_tls: bool,
    auth: Auth,
    /// Open now, over all listeners.
    connections: usize,
    /// Clients that were over a bound on connections.
    turned_away: u64,
    bounds: &'a Value,
}

#[derive(Serialize)]
struct Auth {
    checked: bool,
    required: bool,
    needs_tls: bool,
}

pub async fn info(api: Api, query: Query) -> Result<Response, ApiError> {
    query.end()?;
    let store = store(&api).await?;
    let facts = &api.facts;
    Ok(reply::json(&json!({
        "version": env!("CARGO_PKG_VERSION"),
        "smtp": Smtp {
            address: &facts.smtp,
            max_message_size: facts.max_message_size,
            starttls: facts.starttls,
            implicit_tls_address: facts.smtps.as_ref(),
            lmtp_address: facts.lmtp.as_ref(),
            require_tls: facts.require_tls,
            auth: Auth {
                checked: facts.checks_credentials,
                required: facts.require_auth,
                needs_tls: facts.auth_needs_tls,
            },
            connections: facts.turns.count(),
            turned_away: facts.turns.turned_away(),
            bounds: &facts.bounds,
        },
        "http": { "address": facts.http },
        "store": store,
        "seq": api.store.seq(),
        "started_at": facts.started_at,
    })))
}

pub fn settings(api: &Api, query: Query) -> Result<Response, ApiError> {
    query.end()?;
    Ok(reply::json(&json!({ "settings": api.facts.settings })))
}

/// What the store is, how full, and whether it works.
pub async fn store(api: &Api) -> Result<Value, StoreError> {
    let usage = api.store.usage().await?;
    let condition = api.store.condition().borrow().clone();
    Ok(json!({
        "id": api.store.name(),
        "path": api.store.path(),
        "temporary": api.store.path().is_none(),
        "state": condition.state,
        "problem": condition.problem,
        "messages": usage.messages,
        "unread": usage.unread,
        "sessions": usage.sessions,
        "bytes": usage.bytes,
        "index_bytes": usage.index_bytes,
        "max_bytes": usage.max_bytes,
        "dropped": usage.dropped,
    }))
}

/// The process runs.
pub fn live() -> Response {
    "ok\n".into_response()
}

/// Mail would be taken and kept.
pub async fn ready(api: Api) -> Result<Response, ApiError> {
    let not_ready =
        |code, message: String| Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, code, message));
    if *api.stop.borrow() {
        return not_ready("shutting_down", "the server is stopping".into());
    }
    let condition = api.store.condition().borrow().clone();
    if !condition.is_writing {
        let problem = condition.problem.unwrap_or_default();
        return not_ready(store_code(condition.state), problem);
    }
    match api.store.usage().await {
        Ok(_) if api.store.is_writing() => Ok("ok\n".into_response()),
        Ok(_) => not_ready("store_failed", "the store does not write any more".into()),
        Err(e) => not_ready("store_failed", format!("the store cannot be read: {e}")),
    }
}
