//! Values of a field, for somebody who types a query: those of the newest messages.

use rusqlite::Connection;

use super::read;
use super::rows::Summary;
use super::{ListQuery, Store, StoreError};
use crate::message::Address;
use crate::search::fold_case;

/// Messages that are looked at.
const NEWEST: usize = 1_000;

impl Store {
    /// At most `limit` values of a field that begin with `prefix`, newest first. None for a field
    /// whose values are words.
    pub async fn values(
        &self,
        field: &'static str,
        prefix: String,
        inbox: Option<String>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        self.shared.reader.read(move |conn| values(conn, field, &prefix, inbox, limit)).await
    }
}

fn values(
    conn: &Connection,
    field: &str,
    prefix: &str,
    inbox: Option<String>,
    limit: usize,
) -> Result<Vec<String>, StoreError> {
    let prefix = fold_case(prefix);
    let list = ListQuery { limit: NEWEST, inbox, ..ListQuery::default() };
    let mut found: Vec<String> = Vec::new();
    for message in read::list(conn, &list)?.messages {
        for value in of(field, message) {
            if found.len() < limit
                && !found.contains(&value)
                && fold_case(&value).starts_with(&prefix)
            {
                found.push(value);
            }
        }
        if found.len() == limit {
            break;
        }
    }
    Ok(found)
}

fn of(field: &str, message: Summary) -> Vec<String> {
    let addresses = |list: Vec<Address>| list.into_iter().map(|a| a.address).collect();
    match field {
        "from" => addresses(message.digest.from),
        "to" => addresses(message.digest.to),
        "cc" => addresses(message.digest.cc),
        "rcpt" => message.envelope.to,
        "mailfrom" => vec![message.envelope.from],
        "tag" => message.tags,
        "inbox" => vec![message.inbox],
        "via" => vec![message.via],
        "subject" => vec![message.digest.subject],
        _ => Vec::new(),
    }
}
