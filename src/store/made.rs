//! Inboxes that somebody made: each has a password of its own, and may have a time after which it
//! goes with all that is in it. The list of them is in memory too, for AUTH and for the writer, who
//! would else have to read it to know that there is nothing to do.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use rusqlite::{Connection, OptionalExtension, params};

use super::apply::Apply;
use super::feed::Kind;
use super::live::lock;
use super::rows::{Inbox, Millis};
use super::tx::Tx;
use super::write::Write;
use super::writer::{Writer, aside};
use super::{Store, StoreError, read};

/// Made inboxes at the same time.
pub const MAX_MADE: usize = 10_000;
/// So many deleted ones are looked through for those that can be forgotten.
const FORGET: usize = 1_000;
/// Octets of a password, before base64.
const PASSWORD: usize = 15;

/// What came of making an inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Making {
    /// The number of its event: what comes to it has a higher one.
    Made(u64),
    /// There is one of this name, or mail in it.
    Taken,
    /// There are [`MAX_MADE`].
    TooMany,
}

pub(super) struct Made {
    key: hmac::Key,
    inboxes: Mutex<HashMap<String, Stay>>,
    /// The end of the one that goes next.
    next: AtomicI64,
}

#[derive(Clone, Copy, Default)]
struct Stay {
    until: Option<Millis>,
    /// It is being deleted.
    is_leaving: bool,
}

const NEVER: i64 = i64::MAX;

impl Made {
    pub fn load(conn: &Connection) -> Result<Made, StoreError> {
        let sql = "SELECT value FROM meta WHERE name = 'inbox_key'";
        let key: String = conn.query_row(sql, [], |row| row.get(0))?;
        let mut statement =
            conn.prepare("SELECT name, expires_at FROM inboxes WHERE made_at IS NOT NULL")?;
        let inboxes = statement.query_map([], |row| {
            let until = row.get::<_, Option<i64>>(1)?.map(Millis);
            Ok((row.get(0)?, Stay { until, is_leaving: false }))
        })?;
        let made = Made {
            key: hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()),
            inboxes: Mutex::new(inboxes.collect::<Result<_, _>>()?),
            next: AtomicI64::new(NEVER),
        };
        made.plan(&lock(&made.inboxes));
        Ok(made)
    }

    fn plan(&self, inboxes: &HashMap<String, Stay>) {
        let ends = inboxes.values().filter(|stay| !stay.is_leaving).filter_map(|stay| stay.until);
        self.next.store(ends.map(|end| end.0).min().unwrap_or(NEVER), Ordering::Relaxed);
    }

    fn change(&self, work: impl FnOnce(&mut HashMap<String, Stay>)) {
        let mut inboxes = lock(&self.inboxes);
        work(&mut inboxes);
        self.plan(&inboxes);
    }

    pub fn add(&self, name: &str, until: Option<Millis>) {
        self.change(|inboxes| {
            inboxes.insert(name.to_owned(), Stay { until, is_leaving: false });
        });
    }

    /// It is being deleted, or was to be and is not.
    pub fn set_leaving(&self, name: &str, is_leaving: bool) {
        self.change(|inboxes| {
            if let Some(stay) = inboxes.get_mut(name) {
                stay.is_leaving = is_leaving;
            }
        });
    }

    pub fn remove(&self, name: &str) {
        self.change(|inboxes| {
            inboxes.remove(name);
        });
    }

    /// How long until one has to go. Without a clock when none has to.
    pub fn patience(&self) -> Option<Duration> {
        match self.next.load(Ordering::Relaxed) {
            NEVER => None,
            next => Some(Duration::from_millis((next - Millis::now().0).max(1).unsigned_abs())),
        }
    }

    /// Those whose time is over; from now on they are leaving.
    pub fn due(&self) -> Vec<String> {
        let next = self.next.load(Ordering::Relaxed);
        let now = match next {
            NEVER => return Vec::new(),
            _ => Millis::now(),
        };
        let mut due = Vec::new();
        if next <= now.0 {
            self.change(|inboxes| {
                for (name, stay) in inboxes {
                    if !stay.is_leaving && stay.until.is_some_and(|until| until <= now) {
                        stay.is_leaving = true;
                        due.push(name.clone());
                    }
                }
            });
        }
        due
    }

    /// The password of an inbox that was made and is still there.
    fn password(&self, name: &str) -> Option<String> {
        let stay = lock(&self.inboxes).get(name).copied()?;
        if stay.is_leaving || stay.until.is_some_and(|until| until <= Millis::now()) {
            return None;
        }
        let tag = hmac::sign(&self.key, name.as_bytes());
        Some(URL_SAFE_NO_PAD.encode(&tag.as_ref()[..PASSWORD]))
    }
}

impl Writer {
    /// Looks through the events, so it is done now and then, when no mail is there to wait for it.
    pub fn forget(&mut self) {
        if self.apply.gone_inboxes < FORGET {
            return;
        }
        let forget = |apply: &mut Apply, tx: &Tx| apply.forget_inboxes(tx);
        if let Err(e) = aside(|| self.apply.transact(&self.conn, self.seq, forget)) {
            tracing::warn!("deleted inboxes could not be forgotten: {e}");
            self.fell_ill(&e);
        }
    }
}

impl Store {
    /// Makes an inbox, from now on and for `lifetime`.
    pub async fn make_inbox(
        &self,
        name: String,
        expires_at: Option<Millis>,
    ) -> Result<Making, StoreError> {
        if lock(&self.shared.made.inboxes).len() >= MAX_MADE {
            return Ok(Making::TooMany);
        }
        let made = self.ask(|answer| Write::MakeInbox { name, expires_at, answer }).await?;
        Ok(made.map_or(Making::Taken, Making::Made))
    }

    /// What a client says in AUTH to sign in as this inbox, if it was made.
    pub fn inbox_password(&self, name: &str) -> Option<String> {
        self.shared.made.password(name)
    }

    /// Deletes an inbox with its messages; returns how many.
    pub async fn delete_inbox(&self, name: String) -> Result<u64, StoreError> {
        self.ask(|answer| Write::DeleteInbox { name, answer }).await
    }

    /// Those that were made, and those with mail.
    pub async fn inboxes(&self) -> Result<Vec<Inbox>, StoreError> {
        self.shared.reader.look(|conn| read::inboxes(conn, None)).await
    }

    pub async fn inbox(&self, name: String) -> Result<Option<Inbox>, StoreError> {
        let found = self.shared.reader.look(move |conn| read::inboxes(conn, Some(&name))).await?;
        Ok(found.into_iter().next())
    }
}

impl Apply {
    /// The number of its event, if there was no such inbox.
    pub fn make_inbox(
        &mut self,
        tx: &Tx,
        name: &str,
        expires_at: Option<Millis>,
    ) -> Result<Option<u64>, StoreError> {
        self.write_counts(tx)?;
        let is_taken: Option<bool> = tx
            .prepare_cached(
                "SELECT messages > 0 OR made_at IS NOT NULL FROM inboxes WHERE name = ?1",
            )?
            .query_row([name], |row| row.get(0))
            .optional()?;
        if is_taken == Some(true) {
            return Ok(None);
        }
        let inbox = self.inbox(tx, name)?;
        tx.prepare_cached("UPDATE inboxes SET made_at = ?2, expires_at = ?3 WHERE n = ?1")?
            .execute(params![inbox, Millis::now().0, expires_at.map(|at| at.0)])?;
        self.event(tx, Kind::InboxAdded, None, Some(inbox), None)?;
        Ok(Some(self.seq))
    }

    /// The last of its messages is gone.
    pub fn inbox_deleted(&mut self, tx: &Tx, name: &str) -> Result<(), StoreError> {
        let inbox = self.inbox(tx, name)?;
        tx.prepare_cached("UPDATE inboxes SET made_at = NULL, expires_at = NULL WHERE n = ?1")?
            .execute([inbox])?;
        self.gone_inboxes += 1;
        self.event(tx, Kind::InboxDeleted, None, Some(inbox), None)
    }

    /// Of an inbox that was deleted a row stays, for the events that tell of it. Once they are
    /// gone, so may the row: lists add up the counts of all.
    pub fn forget_inboxes(&mut self, tx: &Tx) -> Result<usize, StoreError> {
        self.gone_inboxes = 0;
        self.inboxes.clear();
        self.write_counts(tx)?;
        let mut statement = tx.prepare_cached(
            "DELETE FROM inboxes WHERE messages = 0 AND made_at IS NULL
             AND n NOT IN (SELECT inbox FROM events WHERE inbox IS NOT NULL)",
        )?;
        Ok(statement.execute([])?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::super::looks::Looks;
    use super::super::schema::{Durability, open_writer};
    use super::super::totals::Totals;
    use super::*;

    #[test]
    fn a_deleted_inbox_is_forgotten_when_no_event_tells_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let conn = open_writer(&folder.path().join("mail.db"), Durability::Process).unwrap();
        let mut apply =
            Apply::new(0, Arc::new(Totals::count(&conn).unwrap()), Looks::new(Durability::Process));
        let mut at = |seq: u64, work: &dyn Fn(&mut Apply, &Tx) -> Result<usize, StoreError>| {
            apply.transact(&conn, seq, |apply, tx| work(apply, tx)).unwrap()
        };
        let names = || -> Vec<String> {
            let mut statement = conn.prepare("SELECT name FROM inboxes ORDER BY name").unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        at(0, &|apply, tx| {
            for name in ["gone", "made", "mail"] {
                apply.make_inbox(tx, name, None)?;
            }
            let mail = apply.inbox(tx, "mail")?;
            apply.count(mail, 1, 1);
            ["gone", "mail"].iter().try_for_each(|name| apply.inbox_deleted(tx, name))?;
            Ok(0)
        });
        assert_eq!(at(10, &|apply, tx| apply.forget_inboxes(tx)), 0);
        // Far later, when the events of then are dropped.
        at(250_999, &|apply, tx| apply.make_inbox(tx, "new", None).map(|_| 0));
        assert_eq!(at(251_000, &|apply, tx| apply.forget_inboxes(tx)), 1);
        assert_eq!(names(), ["made", "mail", "new"]);
        at(251_000, &|apply, tx| apply.make_inbox(tx, "gone", None).map(|_| 0));
        assert_eq!(names(), ["gone", "made", "mail", "new"]);
    }
}
