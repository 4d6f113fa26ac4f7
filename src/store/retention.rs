//! Keeping the store within its bounds: the oldest messages and sessions go first, in small steps
//! between two batches, so that mail coming in never waits long. What is starred stays, with its
//! session. Space that became free is given back to the disk.

use std::time::Duration;

use rusqlite::{Connection, params};

use super::apply::Apply;
use super::remove::{Budget, Doomed};
use super::rows::Millis;
use super::tx::Tx;
use super::{StoreError, read};

/// The bounds of the store.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Bytes in use, all told.
    pub max_bytes: u64,
    pub max_messages: Option<u64>,
    /// Of messages and sessions.
    pub max_age: Option<Duration>,
    /// Sessions kept, with or without a message.
    pub max_sessions: u64,
    /// Bytes of their transcripts.
    pub max_session_bytes: u64,
}

/// Keeps the bounds, and knows where it was.
pub(super) struct Retention {
    pub bounds: Bounds,
    /// Messages before this are starred.
    messages_from: u64,
    /// Where the walk over the sessions goes on.
    sessions_from: u64,
    /// Starred messages leave no room: nothing more can be taken.
    pub is_full: bool,
}

/// What is over the bounds.
pub(super) struct Over {
    bytes: u64,
    messages: u64,
    /// What is from before has passed its age.
    age: Option<Millis>,
    sessions: u64,
    session_bytes: u64,
}

/// How often age is looked at, in parts of it, and between which times.
const AGE_PARTS: u32 = 20;
const AGE_LOOKS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(60));
/// Free pages that are left for the mail to come.
const SPARE_PAGES: u64 = 1024;
const PAGES_STEP: u64 = 128;
/// So few pages in use are written anew within a step.
const FEW_PAGES: u64 = 256;

impl Retention {
    pub fn new(bounds: Bounds) -> Retention {
        Retention { bounds, messages_from: 0, sessions_from: 0, is_full: false }
    }

    /// When to look again although nothing was written.
    pub fn next_look(&self) -> Option<Duration> {
        let age = self.bounds.max_age?;
        Some((age / AGE_PARTS).clamp(AGE_LOOKS.0, AGE_LOOKS.1))
    }

    /// Something is no longer starred.
    pub fn start_over(&mut self) {
        self.messages_from = 0;
        self.is_full = false;
    }

    /// What is over the bounds, if anything is: a quick look.
    pub fn look(
        &mut self,
        conn: &Connection,
        apply: &Apply,
        now: Millis,
    ) -> Result<Option<Over>, StoreError> {
        let over = self.over(conn, apply, now)?;
        let is_over = !over.is_nothing();
        self.is_full &= is_over;
        Ok(is_over.then_some(over))
    }

    /// Drops what is over the bounds, one step; returns how many rows went.
    pub fn trim(
        &mut self,
        conn: &Connection,
        apply: &mut Apply,
        seq: u64,
        over: &Over,
    ) -> Result<u64, StoreError> {
        let dropped = apply.transact(conn, seq, |apply, tx| {
            let mut budget = Budget::step();
            let messages = self.drop_messages(tx, apply, over, &mut budget)?;
            let (sessions, more) = self.drop_sessions(tx, apply, over, &mut budget)?;
            tell(tx, "dropped_messages", messages)?;
            tell(tx, "dropped_sessions", sessions)?;
            Ok(messages + sessions + u64::from(more))
        });
        let Ok(dropped) = dropped else {
            // What the walk has passed over is there again.
            (self.messages_from, self.sessions_from) = (0, 0);
            return dropped;
        };
        self.is_full = dropped == 0 && over.bytes > 0 && self.is_taken_by_starred(conn)?;
        Ok(dropped)
    }

    fn over(&self, conn: &Connection, apply: &Apply, now: Millis) -> Result<Over, StoreError> {
        let (bounds, totals) = (&self.bounds, apply.totals());
        let age = bounds.max_age.map(|age| Millis(now.0 - age.as_millis() as i64));
        Ok(Over {
            bytes: (read::used_bytes(conn)? + totals.index_bytes())
                .saturating_sub(bounds.max_bytes),
            messages: bounds.max_messages.map_or(0, |most| totals.messages().saturating_sub(most)),
            age: match age {
                Some(age) if self.has_older(conn, age)? => Some(age),
                _ => None,
            },
            sessions: totals.sessions().saturating_sub(bounds.max_sessions),
            session_bytes: totals.session_bytes().saturating_sub(bounds.max_session_bytes),
        })
    }

    /// Numbers are given out in the order of time, so the first row is the oldest.
    fn has_older(&self, conn: &Connection, age: Millis) -> Result<bool, StoreError> {
        let mut statement = conn.prepare_cached(
            "SELECT coalesce((SELECT received_at FROM messages WHERE seq >= ?1 AND starred = 0 ORDER BY seq LIMIT 1) < ?3, 0)
             OR coalesce((SELECT opened_at FROM sessions WHERE seq >= ?2 AND closed_at IS NOT NULL ORDER BY seq LIMIT 1) < ?3, 0)",
        )?;
        let bounds = params![self.messages_from, self.sessions_from, age.0];
        Ok(statement.query_row(bounds, |row| row.get(0))?)
    }

    /// The oldest messages that are not starred. The newest one goes for its age only.
    fn drop_messages(
        &mut self,
        tx: &Tx,
        apply: &mut Apply,
        over: &Over,
        budget: &mut Budget,
    ) -> Result<u64, StoreError> {
        let newest: u64 = tx
            .prepare_cached("SELECT coalesce(max(seq), 0) FROM messages")?
            .query_row([], |row| row.get(0))?;
        let mut statement = tx.prepare_cached(
            "SELECT seq, id, inbox, read, stored, received_at FROM messages
             WHERE seq >= ?1 AND starred = 0 ORDER BY seq LIMIT ?2",
        )?;
        let oldest = statement
            .query_map(params![self.messages_from, budget.rows()], |row| {
                Ok((Doomed::of(row)?, row.get::<_, u64>(4)?, Millis(row.get(5)?)))
            })?
            .collect::<Result<Vec<_>, _>>()?;
        let of_index = apply.totals().index_bytes_each();
        let (mut freed, mut dropped) = (0, 0);
        for (doomed, stored, received_at) in oldest {
            self.messages_from = doomed.seq;
            let is_old = over.age.is_some_and(|age| received_at < age);
            let is_over = (freed < over.bytes || dropped < over.messages) && doomed.seq != newest;
            if !(is_old || is_over) || budget.is_spent() {
                break;
            }
            freed += stored + of_index + apply.drop_message(tx, &doomed)?;
            dropped += 1;
            budget.spend();
        }
        Ok(dropped)
    }

    /// The oldest closed sessions: those over the bounds, those too old, and when bytes are wanted
    /// those from before the oldest message. Returns how many, and whether there may be more.
    fn drop_sessions(
        &mut self,
        tx: &Tx,
        apply: &mut Apply,
        over: &Over,
        budget: &mut Budget,
    ) -> Result<(u64, bool), StoreError> {
        let oldest_message = if over.bytes > 0 { self.oldest_message(tx)? } else { 0 };
        let mut statement = tx.prepare_cached(
            "SELECT seq, bytes, opened_at FROM sessions
             WHERE seq >= ?1 AND closed_at IS NOT NULL ORDER BY seq LIMIT ?2",
        )?;
        let oldest = statement
            .query_map(params![self.sessions_from, budget.rows()], |row| {
                Ok((row.get::<_, u64>(0)?, row.get::<_, i64>(1)?, Millis(row.get(2)?)))
            })?
            .collect::<Result<Vec<_>, _>>()?;
        let some_are_starred = some_are_starred(tx)?;
        let (mut freed, mut dropped) = (0, 0);
        for (seq, bytes, opened_at) in oldest {
            let is_over = freed < over.session_bytes || dropped < over.sessions;
            let is_old = over.age.is_some_and(|age| opened_at < age);
            if !(is_over || is_old || seq < oldest_message) {
                self.sessions_from = 0;
                return Ok((dropped, false));
            }
            if budget.is_spent() {
                return Ok((dropped, true));
            }
            self.sessions_from = seq;
            if some_are_starred && brought_starred(tx, seq)? {
                budget.spend();
                continue;
            }
            if !apply.drop_session(tx, seq, bytes, budget)? {
                return Ok((dropped, true));
            }
            freed += bytes.max(0) as u64;
            dropped += 1;
        }
        self.sessions_from = 0;
        Ok((dropped, false))
    }

    /// The first message's `seq` beside the starred ones; sessions opened before it have brought
    /// nothing else that is still there.
    fn oldest_message(&self, conn: &Connection) -> Result<u64, StoreError> {
        let mut statement = conn.prepare_cached(
            "SELECT coalesce(min(seq), 0) FROM messages WHERE seq >= ?1 AND starred = 0",
        )?;
        Ok(statement.query_row([self.messages_from], |row| row.get(0))?)
    }

    fn is_taken_by_starred(&self, conn: &Connection) -> Result<bool, StoreError> {
        let mut statement = conn.prepare_cached(
            "SELECT (SELECT coalesce(sum(stored), 0) FROM messages WHERE starred = 1)
             + (SELECT coalesce(sum(length(bytes)), 0) FROM blobs WHERE n IN (SELECT blob FROM
                pieces JOIN messages ON seq = message WHERE starred = 1))",
        )?;
        let starred: u64 = statement.query_row([], |row| row.get(0))?;
        Ok(starred > self.bounds.max_bytes / 8 * 7)
    }
}

impl Over {
    fn is_nothing(&self) -> bool {
        self.bytes + self.messages + self.sessions + self.session_bytes == 0 && self.age.is_none()
    }
}

fn some_are_starred(conn: &Connection) -> Result<bool, StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM messages WHERE starred = 1)")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

fn brought_starred(conn: &Connection, session: u64) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM messages WHERE starred = 1
         AND session = (SELECT id FROM sessions WHERE seq = ?1))",
    )?;
    Ok(statement.query_row([session], |row| row.get(0))?)
}

fn tell(conn: &Connection, name: &str, n: u64) -> Result<(), StoreError> {
    if n > 0 {
        conn.prepare_cached("UPDATE totals SET n = n + ?2 WHERE name = ?1")?
            .execute(params![name, n])?;
    }
    Ok(())
}

/// How far giving back has come.
#[derive(PartialEq)]
pub(super) enum Given {
    Nothing,
    /// There is more to give.
    Some,
    /// All; the file itself shrinks with the checkpoint.
    All,
}

/// Whether so much of the file is free that it is worth giving back.
pub(super) fn is_much_free(conn: &Connection) -> Result<bool, StoreError> {
    let (pages, free) = (pragma(conn, "page_count")?, pragma(conn, "freelist_count")?);
    Ok(free > SPARE_PAGES.max(pages / 4))
}

fn pragma(conn: &Connection, name: &str) -> Result<u64, StoreError> {
    Ok(conn.prepare_cached(&format!("PRAGMA {name}"))?.query_row([], |row| row.get(0))?)
}

/// Gives space back to the disk when much of the file is free, one step. A file that cannot shrink
/// page by page (a temporary one) is written anew once there is little left in it.
pub(super) fn give_back(conn: &Connection) -> Result<Given, StoreError> {
    if !is_much_free(conn)? {
        return Ok(Given::Nothing);
    }
    let (pages, free) = (pragma(conn, "page_count")?, pragma(conn, "freelist_count")?);
    let by_page = pragma(conn, "auto_vacuum")? == 2;
    if by_page {
        // Each step of the statement frees one page.
        let mut statement = conn.prepare(&format!("PRAGMA incremental_vacuum({PAGES_STEP})"))?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        if is_much_free(conn)? {
            return Ok(Given::Some);
        }
    } else if pages - free <= FEW_PAGES {
        conn.execute_batch("VACUUM")?;
    } else {
        return Ok(Given::Nothing);
    }
    Ok(Given::All)
}

/// Folds the log into the file; returns whether all of it: not what a reader still needs.
pub(super) fn fold(conn: &Connection) -> Result<bool, StoreError> {
    let (is_busy, pages, folded): (bool, i64, i64) =
        conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    Ok(!is_busy && pages == folded)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::super::looks::Looks;
    use super::super::remove::STEP_ROWS;
    use super::super::{Durability, schema, totals::Totals};
    use super::*;

    /// Sessions that brought a message each, a second apart; the first has a long dialogue.
    const MANY: u64 = 2_000;
    const FILL: &str = "
        INSERT INTO inboxes(n, name, messages, unread) VALUES (1, 'default', 2000, 2000);
        CREATE TEMP TABLE n AS WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 2000) SELECT n FROM n;
        INSERT INTO messages(seq, id, inbox, session, received_at, size, stored, via, envelope, digest)
            SELECT 2 * n, 'm' || n, 1, 's' || n, 1000 * n, 900, 1000, 'smtp', '{}', '{}' FROM n;
        INSERT INTO raws SELECT 2 * n, randomblob(900) FROM n;
        INSERT INTO sessions(seq, id, opened_at, closed_at, bytes, info, last)
            SELECT 2 * n - 1, 's' || n, 1000 * n, 1000 * n, 100, '{}', 2 * n FROM n;
        INSERT INTO parts SELECT 2 * n, 2 * n - 1, 1, NULL, '' FROM n;
        INSERT INTO parts SELECT -n, 1, 1 + n, iif(n = 1, 2, 1 - n), '' FROM n;
        UPDATE sessions SET last = -2000 WHERE seq = 1;
        DROP TABLE n";

    fn rows(conn: &Connection) -> (u64, u64, u64) {
        let sql = "SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM sessions), (SELECT count(*) FROM parts)";
        conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
    }

    /// Trims until nothing is over the bounds; what is left, each step within what one may take.
    fn trimmed(bounds: Bounds, now: Millis) -> (u64, u64, u64) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mail.db");
        let conn = schema::open_writer(&path, Durability::Process).unwrap();
        conn.execute_batch(FILL).unwrap();
        let totals = Arc::new(Totals::count(&conn).unwrap());
        let mut apply = Apply::new(2 * MANY, totals, Looks::new(Durability::Process));
        let mut retention = Retention::new(bounds);
        let (mut left, mut steps) = (rows(&conn), 0);
        while let Some(over) = retention.look(&conn, &apply, now).unwrap() {
            let seq = apply.seq;
            let said = retention.trim(&conn, &mut apply, seq, &over).unwrap();
            let after = rows(&conn);
            let gone = (left.0 - after.0) + (left.1 - after.1) + (left.2 - after.2);
            assert!(said > 0 && gone > 0, "a step does nothing: {after:?}");
            // A session goes with its last part, be that the last row.
            assert!(gone <= STEP_ROWS as u64 + 1, "a step took {gone} rows");
            (left, steps) = (after, steps + 1);
        }
        assert!(steps > 1, "all at once");
        left
    }

    #[test]
    fn each_bound_is_kept_in_small_steps() {
        let all = MANY * 2;
        let wide = Bounds {
            max_bytes: 1 << 40,
            max_messages: None,
            max_age: None,
            max_sessions: 1 << 40,
            max_session_bytes: 1 << 40,
        };
        let (old, young) = (Millis(1000 * MANY as i64 + 60_000), Millis(0));
        let count = Bounds { max_messages: Some(10), ..wide.clone() };
        assert_eq!(trimmed(count, young), (10, MANY, all));
        let sessions = Bounds { max_sessions: 10, ..wide.clone() };
        assert_eq!(trimmed(sessions, young), (MANY, 10, 10));
        let transcripts = Bounds { max_session_bytes: 1000, ..wide.clone() };
        assert_eq!(trimmed(transcripts, young), (MANY, 10, 10));
        let age = Bounds { max_age: Some(Duration::from_secs(60)), ..wide.clone() };
        assert_eq!(trimmed(age, old), (1, 1, 1));
        let bytes = Bounds { max_bytes: 1 << 20, ..wide };
        let (messages, ..) = trimmed(bytes, young);
        assert!(messages > 100 && messages < MANY / 2, "{messages}");
    }
}
