//! Mail that comes without SMTP: posted to the API (by `restante import`, by a drop on the
//! inspector), or found in a watched folder. It is kept as what came over SMTP is, with a session
//! of its own that says where it came from.

use std::sync::Arc;
use std::time::Duration;

use bytes::Buf;
use futures_util::Stream;
use serde_json::json;
use warp::http::StatusCode;
use warp::reply::Response;

use super::error::ApiError;
use super::query::Query;
use super::{Api, body, reply};
use crate::message::{self, Digest};
use crate::smtp::{Content, Direction, Entry, EnvelopeParams};
use crate::sorting::{Letter, Sorting};
use crate::store::{Envelope, Millis, NewMessage, SessionInfo, Store, StoreError, id};

/// Posts whose bodies are held at the same time; further ones wait.
pub const MAX_UPLOADS: usize = 8;
const UPLOAD_TIME: Duration = Duration::from_secs(60);
const MAX_RECIPIENTS: usize = 1000;
const MAX_NAME: usize = 1000;
/// Messages over this are parsed where blocking is allowed.
const LARGE: usize = 256 * 1024;

/// A message and what is known of how it came.
pub struct Deposit {
    pub raw: Vec<u8>,
    /// The envelope; from the headers where it is missing.
    pub from: Option<String>,
    pub to: Vec<String>,
    /// Whatever else is known of it.
    pub inbox: Option<String>,
    pub via: &'static str,
    /// Who brought it, for the session.
    pub client: String,
}

/// `POST /v1/messages`: the body is the message as it is.
pub async fn post<B: Buf>(
    api: Api,
    mut query: Query,
    body: impl Stream<Item = Result<B, warp::Error>>,
) -> Result<Response, ApiError> {
    let from = address(query.take("from")?, "from")?;
    let to = query.all("to");
    let inbox = query.name("inbox")?;
    query.end()?;
    if to.len() > MAX_RECIPIENTS {
        let message = format!("a message has at most {MAX_RECIPIENTS} recipients");
        return Err(ApiError::field("invalid", "to", message));
    }
    for recipient in &to {
        address(Some(recipient.clone()), "to")?;
    }
    address(inbox.clone(), "inbox")?;
    let _turn = api.uploads.acquire().await.map_err(|_| StoreError::Closed)?;
    let most = api.facts.max_message_size as usize;
    let raw = tokio::time::timeout(UPLOAD_TIME, body::read_upto(body, most)).await;
    let raw = raw.map_err(|_| {
        let message = "the message did not come in time";
        ApiError::new(StatusCode::REQUEST_TIMEOUT, "body_slow", message)
    })??;
    if raw.is_empty() {
        let message = "the body of this call is the message, and it is empty";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "invalid_body", message));
    }
    let (via, client) = ("api", "api".to_owned());
    let post = Post { store: api.store.clone(), sorting: api.sorting.clone() };
    let id = post.keep(Deposit { raw: raw.into(), from, to, inbox, via, client }).await?;
    Ok(warp::reply::Reply::into_response(warp::reply::with_status(
        reply::json(&json!({ "id": id })),
        StatusCode::CREATED,
    )))
}

/// A name that may stand in an envelope: in one line, and not endless.
fn address(value: Option<String>, name: &str) -> Result<Option<String>, ApiError> {
    match value {
        Some(text) if text.len() > MAX_NAME || text.chars().any(char::is_control) => {
            let message = format!("{name} is one line of at most {MAX_NAME} bytes");
            Err(ApiError::field("invalid", name, message))
        }
        other => Ok(other),
    }
}

/// Where such mail goes.
#[derive(Clone)]
pub struct Post {
    pub store: Store,
    pub sorting: Arc<Sorting>,
}

impl Post {
    /// Keeps a message; returns its id once it is committed.
    pub async fn keep(&self, deposit: Deposit) -> Result<String, StoreError> {
        let Deposit { raw, from, to, inbox, via, client } = deposit;
        let brought_by = client.clone();
        let digest = if raw.len() > LARGE {
            tokio::task::block_in_place(|| message::parse(&raw).digest())
        } else {
            message::parse(&raw).digest()
        };
        let mut session = self.store.open_session(SessionInfo::open(client, via)).await;
        let id = id::new();
        let size = raw.len() as u64;
        let content = Content { size, message_id: Some(id.clone()) };
        session.record(&[entry(Some(content))], Entry::write_json, |_| {});
        let from = from.unwrap_or_else(|| sender(&digest));
        let to = if to.is_empty() { recipients(&digest) } else { to };
        let inbox = inbox.unwrap_or_else(|| {
            let header = digest.inbox.as_deref();
            let (client, from, to) = (brought_by.as_str(), from.as_str(), to.as_slice());
            let letter = Letter { header, user: None, from, to, helo: None, client, listener: via };
            self.sorting.inbox(&letter).into_owned()
        });
        let message = NewMessage {
            id: id.clone(),
            inbox,
            session_id: session.id().to_owned(),
            received_at: Millis::now(),
            via,
            envelope: Envelope {
                params: serde_json::value::to_raw_value(&EnvelopeParams::default())?,
                from,
                to,
            },
            digest,
            size,
            packed: Vec::new(),
            pieces: Vec::new(),
        };
        let kept = session.deliver(Box::new(message), &raw).await;
        session.record(&[], Entry::write_json, |info| {
            info.outcome = if kept.is_ok() { "quit" } else { "error" }.to_owned();
            info.messages = u32::from(kept.is_ok());
            info.bytes = size;
        });
        session.close().await;
        kept.map(|()| id)
    }
}

fn sender(digest: &Digest) -> String {
    digest.from.first().map(|from| from.address.clone()).unwrap_or_default()
}

fn recipients(digest: &Digest) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for address in digest.to.iter().chain(&digest.cc).map(|to| &to.address) {
        if !address.is_empty() && !all.contains(address) && all.len() < MAX_RECIPIENTS {
            all.push(address.clone());
        }
    }
    all
}

fn entry(content: Option<Content>) -> Entry {
    Entry { at: 0, from: Direction::Client, text: String::new(), notices: Vec::new(), content }
}
