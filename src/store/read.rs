//! Reading: the queries that more than one caller needs.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::live::Live;
use super::rows::{
    Dropped, Envelope, EnvelopeSummary, Inbox, Millis, Session, StoredMessage, Summary, Usage,
};
use super::{StoreError, share};
use crate::search::Query;

/// Which messages a list shows.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    pub inbox: Option<String>,
    /// Only what it means.
    pub query: Option<Query>,
    pub limit: usize,
    /// Go on behind this `seq`.
    pub cursor: Option<u64>,
    pub oldest_first: bool,
}

/// A page of messages, with the counts of all that the query means and the `seq` it was read at.
#[derive(Debug)]
pub struct MessagePage {
    pub messages: Vec<Summary>,
    pub next: Option<u64>,
    pub total: u64,
    pub unread: u64,
    /// Whether there may be more of both: a search does not count on and on.
    pub total_is_lower_bound: bool,
    pub cursor: u64,
}

/// A page of sessions.
#[derive(Debug)]
pub struct SessionPage {
    pub sessions: Vec<Session>,
    pub next: Option<u64>,
    pub total: u64,
    pub cursor: u64,
}

const SUMMARY: &str =
    "SELECT m.seq, m.id, i.name, m.session, m.received_at, m.size, m.read, m.starred,
    m.via, m.tags, m.envelope, m.digest FROM messages m JOIN inboxes i ON i.n = m.inbox";

fn summary_of(row: &Row<'_>) -> Result<Summary, StoreError> {
    let envelope: EnvelopeSummary = serde_json::from_str(row.get_ref(10)?.as_str()?)?;
    Ok(Summary {
        seq: row.get(0)?,
        id: row.get(1)?,
        inbox: row.get(2)?,
        session_id: row.get(3)?,
        received_at: Millis(row.get(4)?),
        size: row.get(5)?,
        read: row.get(6)?,
        starred: row.get(7)?,
        via: row.get(8)?,
        tags: serde_json::from_str(row.get_ref(9)?.as_str()?)?,
        envelope,
        digest: serde_json::from_str(row.get_ref(11)?.as_str()?)?,
    })
}

/// All rows of a query through a mapping that may fail in its own way.
fn collect<T>(
    mut rows: rusqlite::Rows<'_>,
    map: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        out.push(map(row)?);
    }
    Ok(out)
}

pub(super) fn list(conn: &Connection, query: &ListQuery) -> Result<MessagePage, StoreError> {
    let tx = conn.unchecked_transaction()?;
    let inbox = match &query.inbox {
        Some(name) => Some(inbox_number(&tx, name)?.unwrap_or(-1)),
        None => None,
    };
    let mut messages = list_rows(&tx, query, inbox)?;
    let more = messages.len() > query.limit;
    messages.truncate(query.limit);
    let next = messages.last().filter(|_| more).map(|m| m.seq);
    let (total, unread) = tx.prepare_cached(
        "SELECT coalesce(sum(messages), 0), coalesce(sum(unread), 0) FROM inboxes WHERE ?1 IS NULL OR n = ?1",
    )?
    .query_row([inbox], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (cursor, total_is_lower_bound) = (newest_event(&tx)?, false);
    Ok(MessagePage { messages, next, total, unread, total_is_lower_bound, cursor })
}

fn list_rows(
    conn: &Connection,
    query: &ListQuery,
    inbox: Option<i64>,
) -> Result<Vec<Summary>, StoreError> {
    // Four fixed texts, so that SQLite walks an index in every case.
    let (compare, order) = if query.oldest_first { (">", "ASC") } else { ("<", "DESC") };
    let of_inbox = if inbox.is_some() { "m.inbox = ?3 AND" } else { "?3 IS NULL AND" };
    let sql =
        format!("{SUMMARY} WHERE {of_inbox} m.seq {compare} ?1 ORDER BY m.seq {order} LIMIT ?2");
    let start = query.cursor.unwrap_or(if query.oldest_first { 0 } else { i64::MAX as u64 });
    let mut statement = conn.prepare_cached(&sql)?;
    collect(statement.query(params![start, query.limit + 1, inbox])?, summary_of)
}

fn inbox_number(conn: &Connection, name: &str) -> Result<Option<i64>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT n FROM inboxes WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

pub(super) fn summary(conn: &Connection, id: &str) -> Result<Option<Summary>, StoreError> {
    let mut statement = conn.prepare_cached(&format!("{SUMMARY} WHERE m.id = ?1"))?;
    Ok(collect(statement.query([id])?, summary_of)?.pop())
}

pub(super) fn summary_at(conn: &Connection, seq: u64) -> Result<Option<Summary>, StoreError> {
    let mut statement = conn.prepare_cached(&format!("{SUMMARY} WHERE m.seq = ?1"))?;
    Ok(collect(statement.query([seq])?, summary_of)?.pop())
}

/// The next messages behind `after`, oldest first.
pub(super) fn summaries_after(
    conn: &Connection,
    after: u64,
    limit: usize,
) -> Result<Vec<Summary>, StoreError> {
    let sql = format!("{SUMMARY} WHERE m.seq > ?1 ORDER BY m.seq LIMIT ?2");
    let mut statement = conn.prepare_cached(&sql)?;
    collect(statement.query(params![after, limit])?, summary_of)
}

/// The bytes of a message, packed, without its long files (`share.rs`).
pub(super) fn packed(conn: &Connection, seq: u64) -> Result<Vec<u8>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT bytes FROM raws WHERE seq = ?1")?;
    Ok(statement.query_row([seq], |row| row.get(0))?)
}

pub(super) fn oldest_message(conn: &Connection) -> Result<Option<u64>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT min(seq) FROM messages")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// 0 when there is none.
pub(super) fn newest_message(conn: &Connection) -> Result<u64, StoreError> {
    let mut statement = conn.prepare_cached("SELECT coalesce(max(seq), 0) FROM messages")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

pub(super) fn message(conn: &Connection, id: &str) -> Result<Option<StoredMessage>, StoreError> {
    let tx = conn.unchecked_transaction()?;
    let Some(summary) = summary(&tx, id)? else { return Ok(None) };
    let envelope: String = tx
        .prepare_cached("SELECT envelope FROM messages WHERE seq = ?1")?
        .query_row([summary.seq], |row| row.get(0))?;
    let envelope: Envelope = serde_json::from_str(&envelope)?;
    let raw = share::whole(&tx, summary.seq)?;
    let session = session(&tx, &summary.session_id)?;
    Ok(Some(StoredMessage { raw, summary, envelope, session }))
}

const SESSION: &str = "SELECT seq, id, opened_at, closed_at, info FROM sessions";

fn session_of(row: &Row<'_>) -> Result<Session, StoreError> {
    Ok(Session {
        seq: row.get(0)?,
        id: row.get(1)?,
        opened_at: Millis(row.get(2)?),
        closed_at: row.get::<_, Option<i64>>(3)?.map(Millis),
        info: serde_json::from_str(row.get_ref(4)?.as_str()?)?,
    })
}

pub(super) fn session(conn: &Connection, id: &str) -> Result<Option<Session>, StoreError> {
    let mut statement = conn.prepare_cached(&format!("{SESSION} WHERE id = ?1"))?;
    Ok(collect(statement.query([id])?, session_of)?.pop())
}

/// Brings a session that was read to what is known of it: by its connection, or, when it has ended
/// since it was read, by the store. False: the transaction began before its end and still sees it
/// open.
pub(super) fn catch_up(
    conn: &Connection,
    live: &Live,
    read: &mut Session,
) -> Result<bool, StoreError> {
    if live.refresh(read) {
        return Ok(true);
    }
    if let Some(ended) = session(conn, &read.id)? {
        *read = ended;
    }
    Ok(read.closed_at.is_some())
}

/// Those that brought something into an inbox; of a large one, the newest messages only.
const OF_INBOX: &str =
    "id IN (SELECT session FROM messages WHERE inbox = ?3 ORDER BY seq DESC LIMIT 10000)";

/// `total`: how many there are of all inboxes.
pub(super) fn sessions(
    conn: &Connection,
    limit: usize,
    cursor: Option<u64>,
    inbox: Option<&str>,
    total: u64,
) -> Result<SessionPage, StoreError> {
    let tx = conn.unchecked_transaction()?;
    let inbox = inbox.map(|name| inbox_number(&tx, name)).transpose()?.map(|n| n.unwrap_or(-1));
    let of_inbox = if inbox.is_some() { OF_INBOX } else { "?3 IS NULL" };
    let sql = format!("{SESSION} WHERE seq < ?1 AND {of_inbox} ORDER BY seq DESC LIMIT ?2");
    let start = cursor.unwrap_or(i64::MAX as u64);
    let mut sessions =
        collect(tx.prepare_cached(&sql)?.query(params![start, limit + 1, inbox])?, session_of)?;
    let more = sessions.len() > limit;
    sessions.truncate(limit);
    let next = sessions.last().filter(|_| more).map(|s| s.seq);
    let total = match inbox {
        None => total,
        Some(inbox) => {
            let of_inbox = OF_INBOX.replace("?3", "?1");
            tx.prepare_cached(&format!("SELECT count(*) FROM sessions WHERE {of_inbox}"))?
                .query_row([inbox], |row| row.get(0))?
        }
    };
    Ok(SessionPage { sessions, next, total, cursor: newest_event(&tx)? })
}

/// Those that were made, those with mail, and `default` once it had some; or one of them.
pub(super) fn inboxes(conn: &Connection, name: Option<&str>) -> Result<Vec<Inbox>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT name, messages, unread, made_at, expires_at FROM inboxes
         WHERE (messages > 0 OR made_at IS NOT NULL OR name = 'default') AND (?1 IS NULL OR name = ?1)
         ORDER BY name",
    )?;
    let rows = statement.query_map([name], |row| {
        Ok(Inbox {
            name: row.get(0)?,
            messages: row.get(1)?,
            unread: row.get(2)?,
            made_at: row.get::<_, Option<i64>>(3)?.map(Millis),
            expires_at: row.get::<_, Option<i64>>(4)?.map(Millis),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn total(conn: &Connection, name: &str) -> Result<u64, StoreError> {
    let mut statement = conn.prepare_cached("SELECT n FROM totals WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0))?)
}

/// Bytes of the file that hold something, without pages that are free to be used again.
pub(super) fn used_bytes(conn: &Connection) -> Result<u64, StoreError> {
    let pragma = |name: &str| -> Result<u64, StoreError> {
        Ok(conn.prepare_cached(&format!("PRAGMA {name}"))?.query_row([], |row| row.get(0))?)
    };
    Ok((pragma("page_count")? - pragma("freelist_count")?) * pragma("page_size")?)
}

/// The number of the newest change.
pub(super) fn newest_event(conn: &Connection) -> Result<u64, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT max((SELECT coalesce(max(seq), 0) FROM events),
                    (SELECT coalesce(max(seq), 0) FROM messages),
                    (SELECT coalesce(max(seq), 0) FROM sessions),
                    (SELECT coalesce(max(seq), 0) FROM parts))",
    )?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

pub(super) fn usage(
    conn: &Connection,
    max_bytes: u64,
    sessions: u64,
    index_bytes: u64,
) -> Result<Usage, StoreError> {
    let tx = conn.unchecked_transaction()?;
    let (messages, unread) = tx
        .prepare_cached("SELECT coalesce(sum(messages), 0), coalesce(sum(unread), 0) FROM inboxes")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Usage {
        messages,
        unread,
        sessions,
        bytes: used_bytes(&tx)? + index_bytes,
        index_bytes,
        max_bytes,
        dropped: Dropped {
            messages: total(&tx, "dropped_messages")?,
            sessions: total(&tx, "dropped_sessions")?,
        },
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::{Store, trial};

    /// It is read open, then its connection tells who it was, and it ends.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_session_that_ends_while_it_is_read_keeps_its_user() {
        let store = Store::open_temporary(trial::BOUNDS).unwrap();
        let open = trial::open(&store).await;
        let id = open.id().to_owned();
        store.settle().await.unwrap();
        let (reader, live) = (store.shared.reader.clone(), store.shared.live.clone());
        let of = id.clone();
        let mut session = reader.look(move |conn| session(conn, &of)).await.unwrap().unwrap();
        assert_eq!(session.info.user, None);

        open.record(&[(); 0], |(), _| Ok(()), |known| known.user = Some("shop".into()));
        let known = live.clone();
        session = reader
            .read(move |conn| catch_up(conn, &known, &mut session).map(|_| session))
            .await
            .unwrap();
        assert_eq!(session.info.user.as_deref(), Some("shop"), "its connection knows");

        session.info.user = None;
        open.close().await;
        let gone = async {
            while !live.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), gone).await.unwrap();
        session = reader
            .read(move |conn| catch_up(conn, &live, &mut session).map(|_| session))
            .await
            .unwrap();
        assert_eq!(session.info.user.as_deref(), Some("shop"), "the store knows");
        assert!(session.closed_at.is_some());
        store.close().await;
    }
}
