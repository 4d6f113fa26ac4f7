//! What each write does to the tables, inside the writer's transaction, and the event it makes.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::feed::Kind;
use super::rows::{Millis, NewMessage, Patch, SessionInfo, Summary};
use super::writer::Part;
use super::{StoreError, read};

/// Events that are kept for subscribers who come back.
const EVENTS_KEPT: u64 = 100_000;
/// How often old events are dropped, counted in events.
const EVENTS_STEP: u64 = 1_000;

/// State of the writer's transaction: the last `seq` given out, and counts that go out with it.
#[derive(Default)]
pub(super) struct Apply {
    pub seq: u64,
    inboxes: HashMap<String, i64>,
    /// `sessions.seq` of open sessions.
    open: HashMap<String, u64>,
    /// Change of (messages, unread) by inbox.
    counts: HashMap<i64, (i64, i64)>,
    totals: HashMap<&'static str, i64>,
}

/// A message about to be deleted.
pub(super) struct Doomed {
    pub seq: u64,
    pub id: String,
    pub inbox: i64,
    pub read: bool,
}

impl Apply {
    /// Writes the counts that the transaction changed. The last step before its commit.
    pub fn finish(&mut self, conn: &Connection) -> Result<(), StoreError> {
        for (inbox, (messages, unread)) in self.counts.drain() {
            conn.prepare_cached(
                "UPDATE inboxes SET messages = messages + ?2, unread = unread + ?3 WHERE n = ?1",
            )?
            .execute(params![inbox, messages, unread])?;
        }
        for (name, n) in self.totals.drain() {
            conn.prepare_cached("UPDATE totals SET n = n + ?2 WHERE name = ?1")?
                .execute(params![name, n])?;
        }
        Ok(())
    }

    /// After a transaction that failed: what it would have made true is not.
    pub fn forget(&mut self) {
        *self = Apply { seq: self.seq, ..Apply::default() };
    }

    fn event(
        &mut self,
        conn: &Connection,
        kind: Kind,
        subject: Option<&str>,
        inbox: Option<i64>,
        bound: Option<u64>,
    ) -> Result<u64, StoreError> {
        self.seq += 1;
        conn.prepare_cached("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![self.seq, kind, subject, inbox, bound])?;
        if self.seq % EVENTS_STEP == 0 && self.seq > EVENTS_KEPT {
            conn.prepare_cached("DELETE FROM events WHERE seq < ?1")?
                .execute([self.seq - EVENTS_KEPT])?;
        }
        Ok(self.seq)
    }

    fn inbox(&mut self, conn: &Connection, name: &str) -> Result<i64, StoreError> {
        if let Some(n) = self.inboxes.get(name) {
            return Ok(*n);
        }
        conn.prepare_cached("INSERT OR IGNORE INTO inboxes(name) VALUES (?1)")?.execute([name])?;
        let n = conn
            .prepare_cached("SELECT n FROM inboxes WHERE name = ?1")?
            .query_row([name], |row| row.get(0))?;
        // A cache, not the truth: a shared instance may see many names.
        if self.inboxes.len() >= 1000 {
            self.inboxes.clear();
        }
        self.inboxes.insert(name.to_owned(), n);
        Ok(n)
    }

    pub fn add_total(&mut self, name: &'static str, n: i64) {
        *self.totals.entry(name).or_default() += n;
    }

    fn count(&mut self, inbox: i64, messages: i64, unread: i64) {
        let count = self.counts.entry(inbox).or_default();
        count.0 += messages;
        count.1 += unread;
    }

    pub fn open(
        &mut self,
        conn: &Connection,
        id: &str,
        at: Millis,
        info: &SessionInfo,
    ) -> Result<(), StoreError> {
        let seq = self.event(conn, Kind::SessionOpened, Some(id), None, None)?;
        conn.prepare_cached(
            "INSERT INTO sessions(seq, id, opened_at, info) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![seq, id, at.0, serde_json::to_string(info)?])?;
        self.open.insert(id.to_owned(), seq);
        self.add_total("sessions", 1);
        Ok(())
    }

    pub fn deliver(
        &mut self,
        conn: &Connection,
        message: &NewMessage,
        part: &Part,
    ) -> Result<(), StoreError> {
        let inbox = self.inbox(conn, &message.inbox)?;
        let seq = self.event(conn, Kind::MessageAdded, Some(&message.id), Some(inbox), None)?;
        conn.prepare_cached(
            "INSERT INTO messages(seq, id, inbox, session, received_at, size, stored, via, envelope, digest)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            seq,
            message.id,
            inbox,
            message.session_id,
            message.received_at.0,
            message.size,
            message.packed.len(),
            message.via,
            serde_json::to_string(&message.envelope)?,
            serde_json::to_string(&message.digest)?,
        ])?;
        conn.prepare_cached("INSERT INTO raws VALUES (?1, ?2)")?
            .execute(params![seq, message.packed])?;
        self.count(inbox, 1, 1);
        self.note(conn, &message.session_id, Some(&message.id), part)
    }

    /// Appends to a transcript. A session that was dropped meanwhile keeps no more.
    pub fn note(
        &mut self,
        conn: &Connection,
        session: &str,
        message: Option<&str>,
        part: &Part,
    ) -> Result<(), StoreError> {
        let Some(seq) = self.session_seq(conn, session)? else { return Ok(()) };
        conn.prepare_cached(
            "INSERT INTO transcripts(session, message, entries) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![seq, message, part.entries])?;
        conn.prepare_cached("UPDATE sessions SET bytes = bytes + ?2 WHERE seq = ?1")?
            .execute(params![seq, part.entries.len()])?;
        self.add_total("session_bytes", part.entries.len() as i64);
        Ok(())
    }

    fn session_seq(&mut self, conn: &Connection, id: &str) -> Result<Option<u64>, StoreError> {
        if let Some(seq) = self.open.get(id) {
            return Ok(Some(*seq));
        }
        let mut statement = conn.prepare_cached("SELECT seq FROM sessions WHERE id = ?1")?;
        Ok(statement.query_row([id], |row| row.get(0)).optional()?)
    }

    pub fn close(
        &mut self,
        conn: &Connection,
        id: &str,
        at: Millis,
        info: &SessionInfo,
        part: Option<&Part>,
    ) -> Result<(), StoreError> {
        if let Some(part) = part {
            self.note(conn, id, None, part)?;
        }
        let Some(seq) = self.session_seq(conn, id)? else { return Ok(()) };
        conn.prepare_cached("UPDATE sessions SET closed_at = ?2, info = ?3 WHERE seq = ?1")?
            .execute(params![seq, at.0, serde_json::to_string(info)?])?;
        self.event(conn, Kind::SessionClosed, Some(id), None, None)?;
        self.open.remove(id);
        Ok(())
    }

    /// `None` when there is no such message.
    pub fn patch(
        &mut self,
        conn: &Connection,
        id: &str,
        patch: &Patch,
    ) -> Result<Option<Box<Summary>>, StoreError> {
        let Some(before) = self.doomed(conn, id)? else { return Ok(None) };
        let tags = patch.tags.as_ref().map(serde_json::to_string).transpose()?;
        conn.prepare_cached(
            "UPDATE messages SET read = coalesce(?2, read), starred = coalesce(?3, starred),
             tags = coalesce(?4, tags) WHERE seq = ?1",
        )?
        .execute(params![before.seq, patch.read, patch.starred, tags])?;
        if let Some(read) = patch.read {
            self.count(before.inbox, 0, i64::from(before.read) - i64::from(read));
        }
        self.event(conn, Kind::MessageUpdated, Some(id), Some(before.inbox), None)?;
        Ok(read::summary(conn, id)?.map(Box::new))
    }

    /// Whether there was such a message.
    pub fn delete(&mut self, conn: &Connection, id: &str) -> Result<bool, StoreError> {
        let Some(doomed) = self.doomed(conn, id)? else { return Ok(false) };
        self.remove(conn, &doomed)?;
        self.event(conn, Kind::MessageDeleted, Some(id), Some(doomed.inbox), None)?;
        Ok(true)
    }

    /// Deletes a message because the store is full.
    pub fn drop_message(&mut self, conn: &Connection, doomed: &Doomed) -> Result<(), StoreError> {
        self.remove(conn, doomed)?;
        self.event(conn, Kind::MessageDeleted, Some(&doomed.id), Some(doomed.inbox), None)?;
        self.add_total("dropped_messages", 1);
        Ok(())
    }

    fn remove(&mut self, conn: &Connection, doomed: &Doomed) -> Result<(), StoreError> {
        conn.prepare_cached("DELETE FROM messages WHERE seq = ?1")?.execute([doomed.seq])?;
        conn.prepare_cached("DELETE FROM raws WHERE seq = ?1")?.execute([doomed.seq])?;
        self.count(doomed.inbox, -1, -i64::from(!doomed.read));
        Ok(())
    }

    fn doomed(&self, conn: &Connection, id: &str) -> Result<Option<Doomed>, StoreError> {
        let mut statement =
            conn.prepare_cached("SELECT seq, id, inbox, read FROM messages WHERE id = ?1")?;
        Ok(statement.query_row([id], Doomed::of).optional()?)
    }

    /// Deletes the oldest `limit` messages before `before`; returns how many there were.
    pub fn clear(
        &mut self,
        conn: &Connection,
        inbox: Option<&str>,
        before: u64,
        limit: usize,
    ) -> Result<u64, StoreError> {
        let inbox = inbox.map(|name| self.inbox(conn, name)).transpose()?;
        let of_inbox = if inbox.is_some() { "inbox = ?1 AND" } else { "?1 IS NULL AND" };
        let sql = format!(
            "SELECT seq, id, inbox, read FROM messages WHERE {of_inbox} seq < ?2 ORDER BY seq LIMIT ?3"
        );
        let doomed = conn
            .prepare_cached(&sql)?
            .query_map(params![inbox, before, limit], Doomed::of)?
            .collect::<Result<Vec<_>, _>>()?;
        for message in &doomed {
            self.remove(conn, message)?;
        }
        Ok(doomed.len() as u64)
    }

    pub fn cleared(
        &mut self,
        conn: &Connection,
        inbox: Option<&str>,
        before: u64,
    ) -> Result<(), StoreError> {
        let inbox = inbox.map(|name| self.inbox(conn, name)).transpose()?;
        self.event(conn, Kind::MessagesCleared, None, inbox, Some(before))?;
        Ok(())
    }
}

impl Doomed {
    pub fn of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Doomed> {
        Ok(Doomed { seq: row.get(0)?, id: row.get(1)?, inbox: row.get(2)?, read: row.get(3)? })
    }
}
