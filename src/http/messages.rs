//! The calls on messages: list, one, its raw bytes and parts, change, delete.

use serde::Serialize;
use serde_json::json;
use warp::http::header::RANGE;
use warp::http::{HeaderMap, StatusCode};
use warp::reply::Response;

use super::error::ApiError;
use super::query::Query;
use super::{Api, range, reply, search};
use crate::message::{self, View};
use crate::snapshot::{self, Envelope, Options};
use crate::store::{
    self, ListQuery, MAX_SORTED, MAX_TAGS, MessagePage, Millis, Patch, SORTS, Session, Sort,
    SortCursor, StoredMessage, Which,
};

/// The most messages or sessions on one page.
pub const MAX_LIMIT: u64 = 500;
pub const DEFAULT_LIMIT: u64 = 50;

/// A message as docs/api.md names it.
#[derive(Serialize)]
pub struct Message {
    id: String,
    seq: u64,
    inbox: String,
    received_at: Millis,
    size: u64,
    read: bool,
    starred: bool,
    tags: Vec<String>,
    via: String,
    snippet: String,
    envelope: store::Envelope,
    session_id: String,
    session: Option<Session>,
    #[serde(flatten)]
    view: View,
}

impl Message {
    /// Takes the bytes apart, which may take long.
    pub fn of(stored: StoredMessage) -> Message {
        let view = message::parse(&stored.raw).view();
        let summary = stored.summary;
        Message {
            id: summary.id,
            seq: summary.seq,
            inbox: summary.inbox,
            received_at: summary.received_at,
            size: summary.size,
            read: summary.read,
            starred: summary.starred,
            tags: summary.tags,
            via: summary.via,
            snippet: summary.digest.snippet,
            envelope: stored.envelope,
            session_id: summary.session_id,
            session: stored.session,
            view,
        }
    }
}

pub async fn list(api: Api, mut query: Query) -> Result<Response, ApiError> {
    let search = search::read(&mut query)?;
    let inbox = query.name("inbox")?;
    let limit = query.number("limit", 1..=MAX_LIMIT)?.unwrap_or(DEFAULT_LIMIT) as usize;
    if let Some(sort) = sort(&mut query)? {
        let list = ListQuery { inbox, query: search, limit, ..ListQuery::default() };
        return sorted(api, query, list, sort).await;
    }
    let cursor = query.number("cursor", 0..=i64::MAX as u64)?;
    let oldest_first = order(&mut query)?;
    query.end()?;
    let list = ListQuery { inbox, query: search, limit, cursor, oldest_first };
    let page = api.store.messages(list).await?;
    let next = page.next.map(|seq| seq.to_string());
    Ok(reply::json(&told(page, next)))
}

fn told(page: MessagePage, next: Option<String>) -> serde_json::Value {
    json!({
        "messages": page.messages,
        "next": next,
        "total": page.total,
        "unread": page.unread,
        "total_is_lower_bound": page.total_is_lower_bound,
        "cursor": page.cursor,
    })
}

async fn sorted(
    api: Api,
    mut query: Query,
    list: ListQuery,
    sort: Sort,
) -> Result<Response, ApiError> {
    let cursor = match query.take("cursor")? {
        None => None,
        Some(text) => Some(SortCursor::parse(&text).ok_or_else(|| {
            let message = "cursor is the \"next\" of the page before, in the same order";
            ApiError::field("invalid", "cursor", message.to_owned())
        })?),
    };
    query.end()?;
    let found = api.store.sorted(list, sort, cursor).await?;
    let mut told = told(found.page, found.next.map(|cursor| cursor.to_string()));
    told["sorted_newest"] = found.is_part.then_some(MAX_SORTED).into();
    Ok(reply::json(&told))
}

fn sort(query: &mut Query) -> Result<Option<Sort>, ApiError> {
    let Some(text) = query.take("sort")?.filter(|text| text != "time") else { return Ok(None) };
    match SORTS.iter().find(|(name, _)| *name == text) {
        Some((_, sort)) => Ok(Some(*sort)),
        None => {
            let message =
                format!("sort is time, largest, smallest, sender or subject, not {text:?}");
            Err(ApiError::field("invalid", "sort", message))
        }
    }
}

fn order(query: &mut Query) -> Result<bool, ApiError> {
    match query.take("order")?.as_deref() {
        None | Some("newest") => Ok(false),
        Some("oldest") => Ok(true),
        Some(other) => {
            let message = format!("order is newest or oldest, not {other:?}");
            Err(ApiError::field("invalid", "order", message))
        }
    }
}

pub async fn get(api: Api, id: String, mut query: Query) -> Result<Response, ApiError> {
    let stored = find(&api, id, &mut query).await?;
    query.end()?;
    // Decoding and hashing a large message must not hold up the sessions on this worker.
    Ok(reply::json(&tokio::task::block_in_place(|| Message::of(stored))))
}

pub async fn patch(api: Api, id: String, query: Query, patch: Patch) -> Result<Response, ApiError> {
    query.end()?;
    check_tags(&patch)?;
    match api.store.patch(id.clone(), patch).await? {
        Some(summary) => Ok(reply::json(&summary)),
        None => Err(ApiError::no_message(&id)),
    }
}

/// Tags are shown in lists and named in queries: a handful of short words.
fn check_tags(patch: &Patch) -> Result<(), ApiError> {
    let fits = |tag: &String| !tag.trim().is_empty() && tag.chars().count() <= 100;
    let tags = patch.tags.as_ref();
    let lists = [tags, Some(&patch.add_tags), Some(&patch.remove_tags)];
    for (list, name) in lists.iter().zip(["tags", "add_tags", "remove_tags"]) {
        if list.is_some_and(|list| list.len() > MAX_TAGS || !list.iter().all(fits)) {
            let message = "a message has at most 50 tags of 1 to 100 characters";
            return Err(ApiError::field("invalid", name, message));
        }
    }
    Ok(())
}

/// The ids that a call names, at most so many.
const MAX_IDS: usize = 500;

/// The messages that a call on many means.
enum Meant {
    All,
    Inbox(String),
    Some(Which),
}

impl Meant {
    /// By `id`, or by `q` and `inbox`.
    fn read(query: &mut Query) -> Result<Meant, ApiError> {
        let ids = query.all("id");
        let (search, inbox) = (search::read(query)?, query.name("inbox")?);
        if ids.len() > MAX_IDS {
            let message = format!("a call names at most {MAX_IDS} messages");
            return Err(ApiError::field("invalid", "id", message));
        }
        match (ids.is_empty(), search, inbox) {
            (true, None, None) => Ok(Meant::All),
            (true, None, Some(inbox)) => Ok(Meant::Inbox(inbox)),
            (true, Some(search), None) => Ok(Meant::Some(Which::Query(search))),
            (true, Some(search), Some(inbox)) => {
                Ok(Meant::Some(Which::Query(search.in_inbox(&inbox))))
            }
            (false, None, None) => Ok(Meant::Some(Which::Ids(ids))),
            (false, ..) => {
                let message = "messages are named by id, or by q and inbox, not by both";
                Err(ApiError::field("invalid", "id", message))
            }
        }
    }
}

/// Changes several messages, or all.
pub async fn change(api: Api, mut query: Query, patch: Patch) -> Result<Response, ApiError> {
    let meant = Meant::read(&mut query)?;
    query.end()?;
    check_tags(&patch)?;
    let which = match meant {
        Meant::All => Which::Query(crate::search::Query::all()),
        Meant::Inbox(inbox) => Which::Query(crate::search::Query::all().in_inbox(&inbox)),
        Meant::Some(which) => which,
    };
    let changed = api.store.change(which, patch).await?;
    Ok(reply::json(&json!({ "changed": changed })))
}

pub async fn delete(api: Api, id: String, query: Query) -> Result<Response, ApiError> {
    query.end()?;
    match api.store.delete(id.clone()).await? {
        true => Ok(reply::json(&json!({ "deleted": 1 }))),
        false => Err(ApiError::no_message(&id)),
    }
}

pub async fn clear(api: Api, mut query: Query) -> Result<Response, ApiError> {
    let meant = Meant::read(&mut query)?;
    query.end()?;
    let deleted = match meant {
        Meant::All => api.store.clear(None).await?,
        // An inbox goes as a whole, and is told as one.
        Meant::Inbox(inbox) => api.store.clear(Some(inbox)).await?,
        Meant::Some(which) => api.store.remove(which).await?,
    };
    Ok(reply::json(&json!({ "deleted": deleted })))
}

pub async fn raw(api: Api, id: String, mut query: Query) -> Result<Response, ApiError> {
    let stored = find(&api, id, &mut query).await?;
    let download = query.switch("download")?;
    query.end()?;
    let name = download.then(|| format!("{}.eml", stored.summary.id));
    // Not message/rfc822 unless saved: browsers would not show it.
    let media_type = "message/rfc822";
    Ok(reply::content(stored.raw, media_type, name.as_deref().map(reply::Name::Attachment)))
}

pub async fn text(api: Api, id: String, mut query: Query) -> Result<Response, ApiError> {
    let stored = find(&api, id, &mut query).await?;
    query.end()?;
    match message::parse(&stored.raw).text() {
        Some(text) => Ok(reply::content(text.into_bytes(), "text/plain; charset=utf-8", None)),
        None => {
            let message = "this message has no text part";
            Err(ApiError::new(StatusCode::NOT_FOUND, "no_text", message))
        }
    }
}

/// One text that is the same each time the same mail is sent, and a name for a file of it.
pub async fn snapshot(api: Api, id: String, mut query: Query) -> Result<Response, ApiError> {
    let (ignore, keep) = (query.all("ignore"), query.all("keep"));
    let options = Options::parse(&ignore, &keep, query.take("order")?.as_deref());
    let options = options.map_err(|e| ApiError::field("invalid", e.field, e.message))?;
    let stored = find(&api, id, &mut query).await?;
    query.end()?;
    let envelope = Envelope { from: &stored.envelope.from, to: &stored.envelope.to };
    let made = tokio::task::block_in_place(|| snapshot::snapshot(&stored.raw, envelope, &options));
    let (text, name) = (made.text.into_bytes(), format!("{}.mail.txt", made.name));
    Ok(reply::content(text, "text/plain; charset=utf-8", Some(reply::Name::Inline(&name))))
}

pub async fn part(
    api: Api,
    id: String,
    path: String,
    mut query: Query,
    mut headers: HeaderMap,
) -> Result<Response, ApiError> {
    if id == "latest" {
        // The next call may be answered with another message: ranges of both would not fit.
        headers.remove(RANGE);
    }
    let stored = find(&api, id, &mut query).await?;
    let (as_sent, download) = (query.switch("raw")?, query.switch("download")?);
    query.end()?;
    let message = message::parse(&stored.raw);
    let Some(part) = message.part(&path) else {
        let message = format!("this message has no part {path:?}");
        return Err(ApiError::new(StatusCode::NOT_FOUND, "no_part", message));
    };
    if as_sent {
        let bytes = message.raw_content(part).to_vec();
        let content = |bytes| reply::content(bytes, "text/plain", None);
        return Ok(range::answer(bytes, &headers, content));
    }
    let media_type = reply::media_type(&part.media_type, part.charset.as_deref());
    let name = part.filename.clone().unwrap_or_else(|| format!("part-{path}"));
    let name = if download { reply::Name::Attachment(&name) } else { reply::Name::Inline(&name) };
    let content = |bytes| reply::content(bytes, &media_type, Some(name));
    Ok(range::answer(message.content(part).into_owned(), &headers, content))
}

/// The message of an id, or the newest one (`latest`, then with `q` and `inbox`).
pub async fn find(api: &Api, id: String, query: &mut Query) -> Result<StoredMessage, ApiError> {
    let id = resolve(api, id, query).await?;
    api.store.message(id.clone()).await?.ok_or_else(|| ApiError::no_message(&id))
}

async fn resolve(api: &Api, id: String, query: &mut Query) -> Result<String, ApiError> {
    if id != "latest" {
        return Ok(id);
    }
    let (search, inbox) = (search::read(query)?, query.name("inbox")?);
    let is_search = search.is_some();
    api.store.latest(search, inbox).await?.ok_or_else(|| {
        let message = match is_search {
            true => "there is no such message here yet",
            false => "there is no message here yet",
        };
        ApiError::new(StatusCode::NOT_FOUND, "no_message", message)
    })
}
