//! The calls on sessions and their dialogues.

use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use warp::http::{HeaderMap, StatusCode};
use warp::reply::Response;

use super::error::ApiError;
use super::messages::{DEFAULT_LIMIT, MAX_LIMIT, find};
use super::query::Query;
use super::{Api, reply};
use crate::smtp::{Direction, Entry};
use crate::store::{Dialogue, Session};

#[derive(Serialize)]
struct SessionWithMessages {
    #[serde(flatten)]
    session: Session,
    message_ids: Vec<String>,
}

#[derive(Serialize)]
struct Transcript {
    session_id: String,
    entries: Box<RawValue>,
    elided: u64,
}

pub async fn list(api: Api, mut query: Query) -> Result<Response, ApiError> {
    let limit = query.number("limit", 1..=MAX_LIMIT)?.unwrap_or(DEFAULT_LIMIT) as usize;
    let cursor = query.number("cursor", 0..=i64::MAX as u64)?;
    let inbox = query.name("inbox")?;
    query.end()?;
    let page = api.store.sessions(limit, cursor, inbox).await?;
    Ok(reply::json(&json!({
        "sessions": page.sessions,
        "next": page.next.map(|seq| seq.to_string()),
        "total": page.total,
        "cursor": page.cursor,
    })))
}

pub async fn get(api: Api, id: String, query: Query) -> Result<Response, ApiError> {
    query.end()?;
    match api.store.session(id.clone()).await? {
        Some((session, message_ids)) => {
            Ok(reply::json(&SessionWithMessages { session, message_ids }))
        }
        None => Err(ApiError::no_session(&id)),
    }
}

pub async fn transcript(
    api: Api,
    id: String,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    query.end()?;
    match api.store.dialogue(id.clone(), None).await? {
        Some(dialogue) => show(dialogue, &headers),
        None => Err(ApiError::no_session(&id)),
    }
}

/// The dialogue that brought a message.
pub async fn of_message(
    api: Api,
    id: String,
    mut query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let summary = find(&api, id, &mut query).await?.summary;
    query.end()?;
    match api.store.dialogue(summary.session_id.clone(), Some(summary.id)).await? {
        Some(dialogue) => show(dialogue, &headers),
        None => Err(ApiError::no_session(&summary.session_id)),
    }
}

fn show(dialogue: Dialogue, headers: &HeaderMap) -> Result<Response, ApiError> {
    let broken = |e: serde_json::Error| {
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "store_failed", e.to_string())
    };
    if wants_json(headers) {
        return Ok(reply::json(&Transcript {
            session_id: dialogue.session_id,
            entries: RawValue::from_string(dialogue.entries).map_err(broken)?,
            elided: dialogue.elided_parts,
        }));
    }
    let entries: Vec<Entry> = serde_json::from_str(&dialogue.entries).map_err(broken)?;
    let mut text = String::new();
    for entry in &entries {
        push_line(&mut text, entry);
    }
    if dialogue.elided_parts > 0 {
        let n = dialogue.elided_parts;
        text.push_str(&format!("*: {n} parts of this long session are not shown\n"));
    }
    Ok(reply::content(text.into_bytes(), "text/plain; charset=utf-8", None))
}

/// JSON when the client asks for it before plain text.
fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get("accept").and_then(|v| v.to_str().ok()).unwrap_or_default();
    match (accept.find("application/json"), accept.find("text/plain")) {
        (Some(json), Some(text)) => json < text,
        (json, _) => json.is_some(),
    }
}

fn push_line(text: &mut String, entry: &Entry) {
    let mark = match entry.from {
        Direction::Client => "C",
        Direction::Server => "S",
        Direction::Event => "*",
    };
    match &entry.content {
        Some(content) => {
            let id = content.message_id.as_deref();
            let id = id.unwrap_or(if entry.text == "chunk" { "a chunk" } else { "not kept" });
            text.push_str(&format!("{mark}: ({} bytes of message: {id})\n", content.size));
        }
        None => text.push_str(&format!("{mark}: {}\n", entry.text)),
    }
    for notice in &entry.notices {
        text.push_str(&format!("!: {}: {} ({})\n", notice.code, notice.message, notice.rfc));
    }
}
