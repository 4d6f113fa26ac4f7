//! The calls on inboxes. One need not be made to get mail; who makes one gets a name, an address and
//! credentials that nobody else has, and can let it go by itself after a time.

use bytes::Buf;
use futures_util::Stream;
use jiff::{Span, SpanRelativeTo, Timestamp};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use warp::http::{HeaderMap, StatusCode};
use warp::reply::{Reply, Response, with_status};

use super::error::ApiError;
use super::query::Query;
use super::{Api, body, reply};
use crate::sorting::{self, address_of};
use crate::store::{Inbox, MAX_MADE, Making, Millis};

/// Of a name that is made up: 60 bits, without letters that look alike.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const LENGTH: usize = 12;
/// Ten years, which is for ever.
const MOST_MILLIS: i64 = 10 * 366 * 24 * 3600 * 1000;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    name: Option<String>,
    lifetime: Option<Value>,
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    inbox: Inbox,
    address: Option<String>,
}

impl From<Inbox> for Shown {
    fn from(inbox: Inbox) -> Shown {
        Shown { address: address_of(&inbox.name), inbox }
    }
}

pub async fn list(api: Api, query: Query) -> Result<Response, ApiError> {
    query.end()?;
    let inboxes = api.store.inboxes().await?.into_iter().map(Shown::from);
    Ok(reply::json(&json!({ "inboxes": inboxes.collect::<Vec<_>>() })))
}

pub async fn get(api: Api, name: String, query: Query) -> Result<Response, ApiError> {
    query.end()?;
    let inbox = api.store.inbox(name.clone()).await?.ok_or_else(|| no_inbox(&name))?;
    Ok(reply::json(&Shown::from(inbox)))
}

/// With its messages. What it was gets 404 from then on, until mail comes again.
pub async fn delete(api: Api, name: String, query: Query) -> Result<Response, ApiError> {
    query.end()?;
    api.store.inbox(name.clone()).await?.ok_or_else(|| no_inbox(&name))?;
    let deleted = api.store.delete_inbox(name).await?;
    Ok(reply::json(&json!({ "deleted": deleted })))
}

pub async fn make<B: Buf>(
    api: Api,
    query: Query,
    headers: HeaderMap,
    body: impl Stream<Item = Result<B, warp::Error>>,
) -> Result<Response, ApiError> {
    query.end()?;
    let wish: Wish = body::json_or(body).await?;
    let expires_at = wish.lifetime.map(|lifetime| end_of(&lifetime)).transpose()?;
    let (name, is_given) = match wish.name {
        Some(name) => (checked(&api, name)?, true),
        None => (made_up(), false),
    };
    let cursor = match api.store.make_inbox(name.clone(), expires_at).await? {
        Making::Made(seq) => seq,
        Making::Taken if is_given => return Err(taken(&name)),
        // As likely as to guess a password.
        Making::Taken => return Err(taken("of a made-up name")),
        Making::TooMany => {
            let message = format!(
                "there are {MAX_MADE} inboxes that were made; delete some, or give them a lifetime"
            );
            return Err(ApiError::new(StatusCode::CONFLICT, "too_many_inboxes", message));
        }
    };
    let made = json!({
        "name": name,
        "address": address_of(&name),
        "username": name,
        "password": api.store.inbox_password(&name),
        "cursor": cursor,
        "expires_at": expires_at,
        "url": format!("{}/?inbox={name}", base(&api, &headers)),
    });
    Ok(with_status(reply::json(&made), StatusCode::CREATED).into_response())
}

/// As the client knows the server; else as the server knows itself.
fn base(api: &Api, headers: &HeaderMap) -> String {
    let host = headers.get("host").and_then(|host| host.to_str().ok()).map(str::to_owned);
    format!("http://{}", host.unwrap_or_else(|| api.facts.http.to_string()))
}

fn checked(api: &Api, name: String) -> Result<String, ApiError> {
    if !sorting::is_local(&name) {
        let message = format!(
            "an inbox that is made has an address: its name is 1 to 64 of a-z, 0-9 and . _ - between them, not {name:?}"
        );
        return Err(ApiError::field("invalid", "name", message));
    }
    let is_user = api.users.as_ref().is_some_and(|users| users.has(&name));
    match is_user || name == sorting::DEFAULT {
        true => Err(taken(&name)),
        false => Ok(name),
    }
}

fn made_up() -> String {
    let mut bytes = [0; LENGTH];
    // Without random numbers an id does: it is as unique, and only easier to guess.
    if SystemRandom::new().fill(&mut bytes).is_err() {
        return crate::store::id::new().to_lowercase();
    }
    bytes.iter().map(|b| LETTERS[usize::from(*b) % LETTERS.len()] as char).collect()
}

/// `"20m"`, or a number of seconds, from now.
fn end_of(lifetime: &Value) -> Result<Millis, ApiError> {
    let millis = match lifetime {
        Value::Number(seconds) => seconds.as_f64().map(|seconds| (seconds * 1000.0) as i64),
        Value::String(text) => {
            let span: Option<Span> = text.parse().ok();
            let length = span.and_then(|s| s.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
            length.map(|length| i64::try_from(length.as_millis()).unwrap_or(i64::MAX))
        }
        _ => None,
    };
    match millis {
        Some(millis) if millis > 0 => {
            let now = Timestamp::now().as_millisecond();
            Ok(Millis(now + millis.min(MOST_MILLIS)))
        }
        _ => {
            let message = format!("lifetime is a time such as \"20m\" or seconds, not {lifetime}");
            Err(ApiError::field("invalid", "lifetime", message))
        }
    }
}

fn taken(name: &str) -> ApiError {
    let message = format!("there is an inbox or a user {name} already");
    let mut error = ApiError::field("inbox_exists", "name", message);
    error.set_status(StatusCode::CONFLICT);
    error
}

fn no_inbox(name: &str) -> ApiError {
    let message = format!("there is no inbox {name}: it was deleted, or no mail has come yet");
    ApiError::new(StatusCode::NOT_FOUND, "no_inbox", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes() {
        let now = Millis::now();
        for (text, seconds) in [("\"20m\"", 1200), ("90", 90), ("0.5", 0), ("\"1d\"", 86_400)] {
            let value: Value = serde_json::from_str(text).unwrap_or_default();
            let end = end_of(&value).map(|end| (end.0 - now.0) / 1000);
            assert!(end.is_ok_and(|end| end - seconds < 10), "{text}");
        }
        for wrong in [json!("soon"), json!(-1), json!(0), json!("-5s"), json!(true), json!("1y")] {
            assert!(end_of(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn made_up_names_have_addresses() {
        let names: std::collections::HashSet<String> = (0..1000).map(|_| made_up()).collect();
        assert!(names.len() == 1000 && names.iter().all(|name| sorting::is_local(name)));
    }
}
