//! What a query means for a call, and what completes one while it is typed.

use serde_json::json;
use warp::reply::Response;

use super::error::ApiError;
use super::query::Query;
use super::{Api, reply};
use crate::search::{self, Context};
use crate::store::Millis;

/// The most values that complete one.
const VALUES: usize = 20;

/// The `q` of a call, with `tz` for its days and times.
pub fn read(query: &mut Query) -> Result<Option<search::Query>, ApiError> {
    let text = query.take("q")?;
    let context = Context::at(Millis::now().0);
    let context = match query.take("tz")? {
        None => context,
        Some(zone) => context.in_zone(&zone).ok_or_else(|| {
            let message = format!("tz is a zone such as Europe/Berlin or +02:00, not {zone:?}");
            ApiError::field("invalid", "tz", message)
        })?,
    };
    let Some(text) = text else { return Ok(None) };
    search::Query::parse(&text, &context).map(Some).map_err(|error| ApiError::query(&error))
}

/// All fields of the language.
pub async fn fields(query: Query) -> Result<Response, ApiError> {
    query.end()?;
    Ok(reply::json(&json!({ "fields": search::fields() })))
}

/// Values of a field that begin so, from the newest messages.
pub async fn values(api: Api, mut query: Query) -> Result<Response, ApiError> {
    let field = query.name("field")?.unwrap_or_default();
    let prefix = query.take("prefix")?.unwrap_or_default();
    let inbox = query.name("inbox")?;
    query.end()?;
    match search::fields().iter().find(|known| known.name == field) {
        None => {
            let message = format!("there is no field {field:?} with values");
            Err(ApiError::field("invalid", "field", message))
        }
        Some(known) if !known.values.is_empty() => {
            let begins = |value: &&&str| value.starts_with(&prefix.to_lowercase());
            let values: Vec<_> = known.values.iter().filter(begins).collect();
            Ok(reply::json(&json!({ "values": values })))
        }
        Some(known) => {
            let values = api.store.values(known.name, prefix, inbox, VALUES).await?;
            Ok(reply::json(&json!({ "values": values })))
        }
    }
}
