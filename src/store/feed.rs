//! The feed: every change of the store in one order, read by cursor.
//! Subscribers get no copies through a queue. They are woken when the newest `seq` has grown and
//! read what is new in batches, so a slow one costs nothing and loses nothing.

use std::sync::Arc;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, params};
use serde::Serialize;
use tokio::sync::watch;

use super::looks::Look;
use super::read;
use super::reader::Reader;
use super::rows::{Session, Summary};
use super::{Live, StoreError};

/// How many events one read takes at most.
const BATCH: usize = 256;

/// What an event is about; its number stands in `events.kind` and in the query of [`rows`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    MessageAdded = 1,
    MessageUpdated = 2,
    MessageDeleted = 3,
    MessagesCleared = 4,
    SessionOpened = 5,
    SessionClosed = 6,
    SessionUpdated = 7,
    InboxAdded = 8,
    InboxDeleted = 9,
}

impl ToSql for Kind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok((*self as i64).into())
    }
}

impl FromSql for Kind {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(match value.as_i64()? {
            1 => Kind::MessageAdded,
            2 => Kind::MessageUpdated,
            3 => Kind::MessageDeleted,
            4 => Kind::MessagesCleared,
            5 => Kind::SessionOpened,
            6 => Kind::SessionClosed,
            7 => Kind::SessionUpdated,
            8 => Kind::InboxAdded,
            9 => Kind::InboxDeleted,
            other => return Err(FromSqlError::OutOfRange(other)),
        })
    }
}

/// One change, in the shape of docs/api.md.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    #[serde(flatten)]
    pub change: Change,
    pub seq: u64,
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type")]
pub enum Change {
    #[serde(rename = "message.added")]
    MessageAdded { message: Box<Summary> },
    #[serde(rename = "message.updated")]
    MessageUpdated { message: Box<Summary> },
    #[serde(rename = "message.deleted")]
    MessageDeleted { id: String, inbox: String },
    /// All messages of the inbox (of all inboxes: `None`) with a `seq` below `before` are gone.
    #[serde(rename = "messages.cleared")]
    MessagesCleared { inbox: Option<String>, before: u64 },
    /// Somebody made it; others are there as soon as there is mail in them.
    #[serde(rename = "inbox.added")]
    InboxAdded { name: String },
    /// After its last message.
    #[serde(rename = "inbox.deleted")]
    InboxDeleted { name: String },
    #[serde(rename = "session.opened")]
    SessionOpened { session: Box<Session> },
    /// An open session has gone on; at most a few times a second.
    #[serde(rename = "session.updated")]
    SessionUpdated { session: Box<Session> },
    #[serde(rename = "session.closed")]
    SessionClosed { session: Box<Session> },
}

/// A place in the feed.
pub struct Subscription {
    reader: Reader,
    live: Live,
    newest: watch::Receiver<u64>,
    cursor: u64,
    inbox: Option<String>,
    /// As long as somebody listens, sessions under way are told.
    _audience: Arc<()>,
    /// And every change is to be found as soon as it is told.
    _look: Look,
}

impl Subscription {
    pub(super) fn new(
        reader: Reader,
        live: Live,
        newest: watch::Receiver<u64>,
        after: Option<u64>,
        inbox: Option<String>,
        audience: Arc<()>,
        look: Look,
    ) -> Subscription {
        let cursor = after.unwrap_or_else(|| *newest.borrow());
        Subscription { reader, live, newest, cursor, inbox, _audience: audience, _look: look }
    }

    /// Whether events after the cursor are missing: too old, or from another store.
    /// Then the subscription goes on from the newest event.
    pub async fn resync(&mut self) -> Result<bool, StoreError> {
        let newest = *self.newest.borrow();
        let oldest = self.reader.read(|conn| read::total(conn, "events_from")).await?;
        let missing = self.cursor > newest || self.cursor + 1 < oldest;
        if missing {
            self.cursor = newest;
        }
        Ok(missing)
    }

    pub fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Waits until something changed and returns what did, at most some hundred events at a time.
    /// `None` when the store was closed.
    pub async fn next(&mut self) -> Result<Option<Vec<Event>>, StoreError> {
        loop {
            let Ok(newest) = self.newest.wait_for(|newest| *newest > self.cursor).await.map(|n| *n)
            else {
                return Ok(None);
            };
            let (after, inbox) = (self.cursor, self.inbox.clone());
            let live = self.live.clone();
            let read = move |conn: &_| {
                let mut page = page(conn, after, newest, inbox.as_deref())?;
                for event in &mut page.events {
                    if let Change::SessionOpened { session } | Change::SessionUpdated { session } =
                        &mut event.change
                    {
                        read::catch_up(conn, &live, session)?;
                    }
                }
                Ok(page)
            };
            let page = self.reader.look(read).await?;
            self.cursor = page.read_to;
            if !page.events.is_empty() {
                return Ok(Some(page.events));
            }
        }
    }
}

struct Page {
    events: Vec<Event>,
    read_to: u64,
}

struct Row {
    seq: u64,
    kind: Kind,
    subject: Option<String>,
    inbox: Option<String>,
    bound: Option<u64>,
}

fn page(
    conn: &Connection,
    after: u64,
    newest: u64,
    inbox: Option<&str>,
) -> Result<Page, StoreError> {
    let tx = conn.unchecked_transaction()?;
    let rows = rows(&tx, after)?;
    let last = rows.last().map_or(after, |row| row.seq);
    // A full page may end before `newest`; a short one has read all there is.
    let read_to = if rows.len() < BATCH { newest.max(last) } else { last };
    let mut events = Vec::with_capacity(rows.len());
    for row in rows {
        if inbox.is_some_and(|wanted| !row.is_of(wanted)) {
            continue;
        }
        let seq = row.seq;
        if let Some(change) = row.into_change(&tx)? {
            events.push(Event { change, seq });
        }
    }
    Ok(Page { events, read_to })
}

fn rows(conn: &Connection, after: u64) -> Result<Vec<Row>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT e.seq, e.kind, e.subject, i.name, e.bound FROM (
             SELECT seq, 1 AS kind, id AS subject, inbox, NULL AS bound FROM messages WHERE seq > ?1
             UNION ALL SELECT seq, 5, id, NULL, NULL FROM sessions WHERE seq > ?1
             UNION ALL SELECT seq, kind, subject, inbox, bound FROM events WHERE seq > ?1
             ORDER BY seq LIMIT ?2
         ) e LEFT JOIN inboxes i ON i.n = e.inbox ORDER BY e.seq",
    )?;
    let rows = statement.query_map(params![after, BATCH], |row| {
        Ok(Row {
            seq: row.get(0)?,
            kind: row.get(1)?,
            subject: row.get(2)?,
            inbox: row.get(3)?,
            bound: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Row {
    fn is_of(&self, inbox: &str) -> bool {
        match &self.inbox {
            Some(name) => name == inbox,
            None => self.kind == Kind::MessagesCleared,
        }
    }

    /// `None` for an event whose message or session is gone: a later event says so, or it was
    /// dropped because the store was full.
    fn into_change(self, conn: &Connection) -> Result<Option<Change>, StoreError> {
        let id = self.subject.unwrap_or_default();
        let inbox = self.inbox;
        Ok(match self.kind {
            Kind::MessageAdded => read::summary(conn, &id)?
                .map(|message| Change::MessageAdded { message: Box::new(message) }),
            Kind::MessageUpdated => read::summary(conn, &id)?
                .map(|message| Change::MessageUpdated { message: Box::new(message) }),
            Kind::MessageDeleted => {
                Some(Change::MessageDeleted { id, inbox: inbox.unwrap_or_default() })
            }
            Kind::MessagesCleared => {
                Some(Change::MessagesCleared { inbox, before: self.bound.unwrap_or_default() })
            }
            Kind::InboxAdded => Some(Change::InboxAdded { name: inbox.unwrap_or_default() }),
            Kind::InboxDeleted => Some(Change::InboxDeleted { name: inbox.unwrap_or_default() }),
            Kind::SessionOpened => read::session(conn, &id)?
                .map(|session| Change::SessionOpened { session: Box::new(session) }),
            Kind::SessionUpdated => read::session(conn, &id)?
                .map(|session| Change::SessionUpdated { session: Box::new(session) }),
            Kind::SessionClosed => read::session(conn, &id)?
                .map(|session| Change::SessionClosed { session: Box::new(session) }),
        })
    }
}
