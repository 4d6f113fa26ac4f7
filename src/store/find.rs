//! Searching: a plan of `search` becomes SQL over the index and the messages, a page at a time.
//!
//! Rows come from the index in their order and are not collected first, so that memory stays flat
//! and a page of a common word is as quick as one of a rare word. What the index cannot tell (a
//! regular expression) is looked up in each row, for a bounded time; a page may then end early,
//! with a cursor to go on from.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::index::Candidate;
use super::read::{ListQuery, MessagePage};
use super::rows::Summary;
use super::{Live, Store, StoreError, read};
use crate::search::{Param, Plan, Query, TagTest};

/// Messages are counted up to this.
pub const MAX_TOTAL: u64 = 10_000;
/// So many rows, and so great a share of all, are sorted by their order once their sizes have told
/// them; with more of them the next one is never far.
const FEW: u64 = 20_000;
const FEW_SHARE: u64 = 8;
/// How long rows are looked into for a page, and for the count besides.
const PAGE_TIME: Duration = Duration::from_millis(1_500);
const COUNT_TIME: Duration = Duration::from_millis(200);

impl Store {
    /// A page of what a query means.
    pub(super) async fn found(&self, list: ListQuery) -> Result<MessagePage, StoreError> {
        self.search(list, page).await
    }

    /// The newest message, of one inbox or of all, that a query means.
    pub async fn latest(
        &self,
        query: Option<Query>,
        inbox: Option<String>,
    ) -> Result<Option<String>, StoreError> {
        let list = ListQuery { query, inbox, limit: 1, ..ListQuery::default() };
        if list.query.is_some() {
            return self.search(list, latest).await;
        }
        let page = self.messages(list).await?;
        Ok(page.messages.into_iter().next().map(|message| message.id))
    }

    /// Brings the index up to what is stored by now, and searches it.
    pub(super) async fn search<T: Send + 'static>(
        &self,
        list: ListQuery,
        find: impl Fn(&Search<'_>, &ListQuery) -> Result<T, StoreError> + Send + Sync + 'static,
    ) -> Result<T, StoreError> {
        let newest = self.shared.reader.read(read::newest_message).await?;
        self.search_up_to(newest, list, find).await
    }

    /// The same, where nothing newer than `newest` is of interest.
    pub(super) async fn search_up_to<T: Send + 'static>(
        &self,
        newest: u64,
        list: ListQuery,
        find: impl Fn(&Search<'_>, &ListQuery) -> Result<T, StoreError> + Send + Sync + 'static,
    ) -> Result<T, StoreError> {
        let find = Arc::new(find);
        let asks = list.query.as_ref().is_some_and(Query::asks_for_sessions);
        let _look = if asks { Some(self.shared.reader.begin_look().await) } else { None };
        loop {
            self.shared.index.catch_up(newest).await?;
            let has_gone = self.shared.index.has_gone();
            let (live, list, find) = (self.shared.live.clone(), list.clone(), find.clone());
            let look = move |conn: &Connection| -> Result<_, StoreError> {
                let tx = conn.unchecked_transaction()?;
                let query = list.query.clone().unwrap_or_else(Query::all);
                let query = match &list.inbox {
                    Some(inbox) => query.in_inbox(inbox),
                    None => query,
                };
                let search = Search::new(&tx, &live, &query, has_gone)?;
                Ok((find(&search, &list)?, search.has_aged.get()))
            };
            let search = move |conn: &Connection| match look(conn)? {
                (_, true) => Ok(look(conn)?.0),
                (found, false) => Ok(found),
            };
            let era = self.shared.index.era();
            let found = self.shared.reader.search(era, search).await;
            match found {
                // Most likely it is the index, which can be made again.
                Err(StoreError::Corrupt | StoreError::NotAStore) if era == 0 => {
                    self.shared.index.begin_anew(era).await?;
                }
                Err(damage @ StoreError::Corrupt) => {
                    self.shared.health.damaged(&damage);
                    return Err(damage);
                }
                found => return found,
            }
        }
    }
}

/// One search of a connection, within one transaction.
pub(super) struct Search<'a> {
    conn: &'a Connection,
    live: &'a Live,
    plan: Plan,
    params: Vec<Value>,
    /// The index may have messages that are gone.
    has_gone: bool,
    /// The rows are found by their size, for few have such a one.
    by_size: bool,
    /// A session ended since the transaction began, and it mattered what it was.
    has_aged: Cell<bool>,
    /// The oldest and the newest message.
    oldest: u64,
    newest: u64,
}

/// Numbers of messages, and where to go on if these are not all.
pub(super) struct Found {
    pub seqs: Vec<u64>,
    pub next: Option<u64>,
    pub newest: u64,
}

/// A page of a list that a query narrows.
fn page(search: &Search<'_>, list: &ListQuery) -> Result<MessagePage, StoreError> {
    let found = search.walk(list)?;
    let is_whole = list.cursor.is_none() && found.next.is_none();
    if !is_whole {
        return Ok(MessagePage { next: found.next, ..search.told(&found.seqs)? });
    }
    let messages = search.summaries(&found.seqs)?;
    let unread = messages.iter().filter(|message| !message.read).count() as u64;
    let count = Count { total: messages.len() as u64, unread, is_all: true };
    search.paged(messages, count)
}

/// The numbers of the next messages only.
pub(super) fn seqs(search: &Search<'_>, list: &ListQuery) -> Result<Found, StoreError> {
    search.walk(list)
}

/// The id of the first message; however long it takes to find one.
fn latest(search: &Search<'_>, list: &ListQuery) -> Result<Option<String>, StoreError> {
    let mut list = list.clone();
    loop {
        let found = search.walk(&list)?;
        let first = search.summaries(&found.seqs)?.into_iter().next();
        match (first, found.next) {
            (Some(message), _) => return Ok(Some(message.id)),
            (None, Some(next)) => list.cursor = Some(next),
            (None, None) => return Ok(None),
        }
    }
}

struct Count {
    total: u64,
    unread: u64,
    is_all: bool,
}

impl<'a> Search<'a> {
    fn new(
        conn: &'a Connection,
        live: &'a Live,
        query: &Query,
        has_gone: bool,
    ) -> Result<Self, StoreError> {
        let plan = query.plan();
        let mut params = Vec::new();
        params.extend(plan.matches.clone().map(Value::Text));
        for param in &plan.params {
            params.push(match param {
                Param::Text(text) => Value::Text(text.clone()),
                Param::Number(n) => Value::Integer(*n),
                Param::Tagged(test) => Value::Text(tagged(conn, test)?),
            });
        }
        let oldest = read::oldest_message(conn)?.unwrap_or_default();
        let newest = read::newest_message(conn)?;
        let few = FEW.min((newest - oldest.min(newest)) / FEW_SHARE);
        let by_size = plan.matches.is_none() && has_few_sizes(conn, &plan, few)?;
        Ok(Search {
            conn,
            live,
            plan,
            params,
            has_gone,
            by_size,
            has_aged: Cell::new(false),
            oldest,
            newest,
        })
    }

    /// The rows of the plan with a number in `after..before`, both not meant, as SQL.
    fn sql(&self, columns: &str, rest: &str) -> String {
        let by_words = self.plan.matches.is_some();
        let seq = if by_words { "w.rowid" } else { "f.seq" };
        let is_of_row = |c: &String| c.contains("$at") || c.contains("$size");
        let needs_both = self.plan.conditions.iter().any(is_of_row);
        let tables = match (by_words, needs_both) {
            (true, true) => "search.words w CROSS JOIN search.found f ON f.seq = w.rowid",
            (true, false) => "search.words w",
            (false, _) if self.by_size => "search.found f INDEXED BY found_by_size",
            (false, _) => "search.found f",
        };
        let mut conditions = Vec::new();
        conditions.extend(by_words.then(|| "w.words MATCH ?".to_owned()));
        // FTS5 must not look up rows for them one by one: it then could not MATCH.
        let others = self.plan.conditions.iter();
        conditions.extend(
            others.map(|c| if by_words { c.replace("$seq", "+w.rowid") } else { c.clone() }),
        );
        conditions.push("$seq > ? AND $seq < ?".to_owned());
        if self.has_gone {
            let there = "EXISTS (SELECT 1 FROM main.messages m WHERE m.seq = $seq)";
            conditions.push(if by_words {
                there.replace("$seq", "+w.rowid")
            } else {
                there.into()
            });
        }
        format!("SELECT {columns} FROM {tables} WHERE {} {rest}", conditions.join(" AND "))
            .replace("$seq", seq)
            .replace("$at", "f.at")
            .replace("$size", "f.size")
            .replace("$read", READ)
            .replace("$starred", STARRED)
    }

    fn params(&self, after: u64, before: u64, limit: Option<u64>) -> Vec<Value> {
        let number = |n: u64| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX));
        let mut params = self.params.clone();
        params.extend([number(after), number(before)]);
        params.extend(limit.map(number));
        params
    }

    /// The messages of a page, from its cursor.
    fn walk(&self, list: &ListQuery) -> Result<Found, StoreError> {
        let (mut after, mut before) = (self.oldest.saturating_sub(1), self.newest + 1);
        match (list.cursor, list.oldest_first) {
            (Some(cursor), true) => after = after.max(cursor),
            (Some(cursor), false) => before = before.min(cursor),
            (None, _) => {}
        }
        let order = if list.oldest_first { "ASC" } else { "DESC" };
        let sql = self.sql("$seq", &format!("ORDER BY $seq {order}"));
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(self.params(after, before, None)))?;
        let (end, mut seqs) = (Instant::now() + PAGE_TIME, Vec::new());
        while let Some(row) = rows.next()? {
            let seq = row.get(0)?;
            if self.means(seq)? {
                if seqs.len() == list.limit {
                    let next = seqs.last().copied();
                    return Ok(Found { seqs, next, newest: self.newest });
                }
                seqs.push(seq);
            }
            if self.plan.rest.is_some() && Instant::now() > end {
                return Ok(Found { seqs, next: Some(seq), newest: self.newest });
            }
        }
        Ok(Found { seqs, next: None, newest: self.newest })
    }

    /// These messages, with the counts of all that the query means.
    pub(super) fn told(&self, seqs: &[u64]) -> Result<MessagePage, StoreError> {
        self.paged(self.summaries(seqs)?, self.count()?)
    }

    fn paged(&self, messages: Vec<Summary>, count: Count) -> Result<MessagePage, StoreError> {
        Ok(MessagePage {
            messages,
            next: None,
            total: count.total,
            unread: count.unread,
            total_is_lower_bound: !count.is_all,
            cursor: read::newest_event(self.conn)?,
        })
    }

    pub(super) fn conn(&self) -> &Connection {
        self.conn
    }

    /// Whether a row that the index gave is one of the query.
    fn means(&self, seq: u64) -> Result<bool, StoreError> {
        let Some(rest) = &self.plan.rest else { return Ok(true) };
        let Some(candidate) = Candidate::find(self.conn, self.live, seq)? else { return Ok(false) };
        let is_meant = rest.matches(&candidate);
        candidate.check()?;
        if candidate.has_aged() {
            self.has_aged.set(true);
        }
        Ok(is_meant)
    }

    fn summaries(&self, seqs: &[u64]) -> Result<Vec<Summary>, StoreError> {
        let read = |seq: &u64| read::summary_at(self.conn, *seq).transpose();
        seqs.iter().filter_map(read).collect()
    }

    fn count(&self) -> Result<Count, StoreError> {
        if self.plan.rest.is_some() { self.count_filtered() } else { self.count_indexed() }
    }

    fn count_indexed(&self) -> Result<Count, StoreError> {
        let rows = self.sql("$seq AS seq", "LIMIT ?");
        let sql = format!(
            "SELECT count(*), coalesce(sum(seq IN (SELECT seq FROM {READ})), 0) FROM ({rows})"
        );
        let params =
            self.params(self.oldest.saturating_sub(1), self.newest + 1, Some(MAX_TOTAL + 1));
        let mut statement = self.conn.prepare_cached(&sql)?;
        let (total, read): (u64, u64) =
            statement.query_row(params_from_iter(params), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let is_all = total <= MAX_TOTAL;
        let total = total.min(MAX_TOTAL);
        Ok(Count { total, unread: total.saturating_sub(read), is_all })
    }

    fn count_filtered(&self) -> Result<Count, StoreError> {
        let sql = self.sql("$seq", "");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let params = self.params(self.oldest.saturating_sub(1), self.newest + 1, None);
        let mut rows = statement.query(params_from_iter(params))?;
        let (end, mut count) =
            (Instant::now() + COUNT_TIME, Count { total: 0, unread: 0, is_all: true });
        while let Some(row) = rows.next()? {
            let seq = row.get(0)?;
            if !self.means(seq)? {
                // Passed over.
            } else if count.total == MAX_TOTAL {
                count.is_all = false;
                break;
            } else {
                count.total += 1;
                count.unread += u64::from(!is_read(self.conn, seq)?);
            }
            if Instant::now() > end {
                count.is_all = false;
                break;
            }
        }
        Ok(count)
    }
}

/// Whether the query bounds sizes, to those of fewer messages than this.
fn has_few_sizes(conn: &Connection, plan: &Plan, few: u64) -> Result<bool, StoreError> {
    let Some((above, below)) = plan.sizes else { return Ok(false) };
    let mut statement = conn.prepare_cached(
        "SELECT count(*) FROM (SELECT 1 FROM search.found INDEXED BY found_by_size
         WHERE size > ?1 AND size < ?2 LIMIT ?3)",
    )?;
    let count: u64 = statement.query_row(params![above, below, few], |row| row.get(0))?;
    Ok(count < few)
}

const READ: &str = "main.messages INDEXED BY messages_read WHERE read = 1";
const STARRED: &str = "main.messages INDEXED BY messages_starred WHERE starred = 1";

fn is_read(conn: &Connection, seq: u64) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached("SELECT read FROM messages WHERE seq = ?1")?;
    Ok(statement.query_row([seq], |row| row.get(0))?)
}

/// The numbers of all messages with such a tag, as JSON. Few messages have any.
fn tagged(conn: &Connection, test: &TagTest) -> Result<String, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT seq, tags FROM messages INDEXED BY messages_tagged WHERE tags <> '[]'",
    )?;
    let mut rows = statement.query([])?;
    let mut seqs: Vec<u64> = Vec::new();
    while let Some(row) = rows.next()? {
        let tags: Vec<String> = serde_json::from_str(row.get_ref(1)?.as_str()?)?;
        if tags.iter().any(|tag| test.passes(tag)) {
            seqs.push(row.get(0)?);
        }
    }
    Ok(serde_json::to_string(&seqs)?)
}
