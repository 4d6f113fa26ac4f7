//! What takes rows out of the store, in the writer's transaction: deleting, clearing, dropping what
//! is over the bounds. Long work goes in steps that a [`Budget`] keeps short, so that mail coming in
//! never waits long.

use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::apply::Apply;
use super::feed::Kind;
use super::tx::Tx;
use super::{StoreError, parts, share};

/// A message about to be deleted or changed.
pub(super) struct Doomed {
    pub seq: u64,
    pub id: String,
    pub inbox: i64,
    pub read: bool,
}

impl Doomed {
    /// Of a row of `seq, id, inbox, read`.
    pub fn of(row: &Row<'_>) -> rusqlite::Result<Doomed> {
        Ok(Doomed { seq: row.get(0)?, id: row.get(1)?, inbox: row.get(2)?, read: row.get(3)? })
    }

    pub fn find(conn: &Connection, id: &str) -> Result<Option<Doomed>, StoreError> {
        let mut statement =
            conn.prepare_cached("SELECT seq, id, inbox, read FROM messages WHERE id = ?1")?;
        Ok(statement.query_row([id], Doomed::of).optional()?)
    }

    pub fn at(conn: &Connection, seq: u64) -> Result<Option<Doomed>, StoreError> {
        let mut statement =
            conn.prepare_cached("SELECT seq, id, inbox, read FROM messages WHERE seq = ?1")?;
        Ok(statement.query_row([seq], Doomed::of).optional()?)
    }
}

/// What one step may take: rows, and the time for them. The commit comes on top.
pub(super) struct Budget {
    rows: usize,
    end: Instant,
}

pub(super) const STEP_ROWS: usize = 500;
const STEP_TIME: Duration = Duration::from_millis(6);

impl Budget {
    pub fn step() -> Budget {
        Budget { rows: STEP_ROWS, end: Instant::now() + STEP_TIME }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Takes a row from the budget.
    pub fn spend(&mut self) {
        self.rows = self.rows.saturating_sub(1);
    }

    /// Never before the first row: who waited for a processor meanwhile would do nothing, and
    /// nobody tries again after that.
    pub fn is_spent(&self) -> bool {
        self.rows == 0 || (self.rows < STEP_ROWS && Instant::now() >= self.end)
    }
}

impl Apply {
    /// Whether there was such a message.
    pub fn delete(&mut self, tx: &Tx, id: &str) -> Result<bool, StoreError> {
        let Some(doomed) = Doomed::find(tx, id)? else { return Ok(false) };
        self.drop_message(tx, &doomed)?;
        Ok(true)
    }

    /// Deletes messages and tells each; returns how many were there.
    pub fn remove_all(&mut self, tx: &Tx, seqs: &[u64]) -> Result<u64, StoreError> {
        let mut removed = 0;
        for seq in seqs {
            if let Some(doomed) = Doomed::at(tx, *seq)? {
                self.drop_message(tx, &doomed)?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Deletes a message and tells it; returns the bytes of its files that no other has.
    pub fn drop_message(&mut self, tx: &Tx, doomed: &Doomed) -> Result<u64, StoreError> {
        let freed = self.remove(tx, doomed)?;
        self.event(tx, Kind::MessageDeleted, Some(&doomed.id), Some(doomed.inbox), None)?;
        Ok(freed)
    }

    fn remove(&mut self, tx: &Tx, doomed: &Doomed) -> Result<u64, StoreError> {
        tx.prepare_cached("DELETE FROM messages WHERE seq = ?1")?.execute([doomed.seq])?;
        tx.prepare_cached("DELETE FROM raws WHERE seq = ?1")?.execute([doomed.seq])?;
        self.count(doomed.inbox, -1, -i64::from(!doomed.read));
        self.change.gone.push(doomed.seq);
        share::let_go(tx, doomed.seq)
    }

    /// Deletes the oldest messages before `before`, one step; returns how many, and whether that
    /// was all.
    pub fn clear(
        &mut self,
        tx: &Tx,
        inbox: Option<&str>,
        before: u64,
    ) -> Result<(u64, bool), StoreError> {
        let inbox = inbox.map(|name| self.inbox(tx, name)).transpose()?;
        let of_inbox = if inbox.is_some() { "inbox = ?1 AND" } else { "?1 IS NULL AND" };
        let sql = format!(
            "SELECT seq, id, inbox, read FROM messages WHERE {of_inbox} seq < ?2 ORDER BY seq LIMIT ?3"
        );
        let mut budget = Budget::step();
        let limit = budget.rows();
        let doomed = tx
            .prepare_cached(&sql)?
            .query_map(params![inbox, before, limit], Doomed::of)?
            .collect::<Result<Vec<_>, _>>()?;
        let mut deleted = 0;
        for message in &doomed {
            self.remove(tx, message)?;
            deleted += 1;
            budget.spend();
            if budget.is_spent() {
                break;
            }
        }
        Ok((deleted as u64, deleted == doomed.len() && doomed.len() < limit))
    }

    pub fn cleared(&mut self, tx: &Tx, inbox: Option<&str>, before: u64) -> Result<(), StoreError> {
        let inbox = inbox.map(|name| self.inbox(tx, name)).transpose()?;
        self.event(tx, Kind::MessagesCleared, None, inbox, Some(before))
    }

    /// Deletes a closed session, or the next of its parts; returns whether it is gone.
    pub fn drop_session(
        &mut self,
        tx: &Tx,
        seq: u64,
        bytes: i64,
        budget: &mut Budget,
    ) -> Result<bool, StoreError> {
        let mut last: Option<i64> = tx
            .prepare_cached("SELECT last FROM sessions WHERE seq = ?1")?
            .query_row([seq], |row| row.get(0))?;
        while let Some(part) = last {
            if budget.is_spent() {
                tx.prepare_cached("UPDATE sessions SET last = ?2 WHERE seq = ?1")?
                    .execute(params![seq, last])?;
                return Ok(false);
            }
            last = parts::delete(tx, part)?;
            budget.spend();
        }
        tx.prepare_cached("DELETE FROM sessions WHERE seq = ?1")?.execute([seq])?;
        self.change.sessions -= 1;
        self.change.session_bytes -= bytes;
        budget.spend();
        Ok(true)
    }
}
