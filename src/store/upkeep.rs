//! What the writer does between two batches: deletes what was asked for, keeps the bounds, folds the
//! log into the file, and tries a store that does not work again. All in small steps, since mail
//! that comes in waits meanwhile.

use std::time::Duration;

use tracing::{error, warn};

use super::retention::{Given, Over};
use super::rows::Millis;
use super::schema::Durability;
use super::write::{Answer, Write};
use super::writer::{Writer, aside, send};
use super::{StoreError, retention};

/// The bounds are looked at after so many writes, or bytes of messages.
const TRIM_EACH: usize = 256;
const TRIM_EACH_BYTES: usize = 256 * 1024;

/// Bytes that are written to see whether the store works again, at least and at most.
const PROBE: (usize, usize) = (4096, 1024 * 1024);

/// The log is folded into the file at so many pages. Where that waits for the disk, fewer, larger
/// times cost less than many.
const LOG_PAGES: usize = 2000;
/// Where it waits for nothing, a short log stays in the processor's cache, and no fold takes so long
/// that a client on this machine runs out of work.
const LOG_PAGES_TEMPORARY: usize = 80;

/// At how many pages the log is folded.
pub(super) fn log_pages(durability: Durability) -> usize {
    if durability == Durability::None { LOG_PAGES_TEMPORARY } else { LOG_PAGES }
}

/// Pages that a transaction changes, and each of its writes, beside the bytes of messages.
const PAGES_EACH: (usize, usize) = (8, 2);
const PAGE: usize = 4096;

pub(super) struct Clearing {
    inbox: Option<String>,
    before: u64,
    deleted: u64,
    /// The inbox itself goes too.
    is_last: bool,
    answer: Answer<u64>,
}

impl Clearing {
    fn leaving(&self) -> Option<&str> {
        self.inbox.as_deref().filter(|_| self.is_last)
    }
}

impl Writer {
    /// From now on, what is in the inbox now (in all: `None`) goes.
    pub fn clear(&mut self, inbox: Option<String>, is_last: bool, answer: Answer<u64>) {
        let before = self.seq + 1;
        self.clearings.push_back(Clearing { inbox, before, deleted: 0, is_last, answer });
    }

    /// Inboxes go whose time is over.
    pub fn let_go(&mut self) {
        for name in self.made.due() {
            self.clear(Some(name), true, None);
        }
    }

    /// When to look again although nothing was written.
    pub fn next_look(&self) -> Option<Duration> {
        let (age, inbox) = (self.retention.next_look(), self.made.patience());
        age.into_iter().chain(inbox).min()
    }

    pub fn clear_step(&mut self) {
        let Some(mut clearing) = self.clearings.pop_front() else { return };
        match self.clear_some(&clearing) {
            Ok((deleted, finished)) => {
                self.has_logged(0, deleted as usize, 0);
                clearing.deleted += deleted;
                if finished {
                    self.may_give = true;
                    clearing.leaving().inspect(|name| self.made.remove(name));
                    send(&mut clearing.answer, Ok(clearing.deleted));
                } else {
                    self.clearings.push_front(clearing);
                }
                self.publish();
            }
            Err(e) => {
                self.fell_ill(&e);
                clearing.leaving().inspect(|name| self.made.set_leaving(name, false));
                send(&mut clearing.answer, Err(e));
            }
        }
    }

    fn clear_some(&mut self, clearing: &Clearing) -> Result<(u64, bool), StoreError> {
        let done = self.apply.transact(&self.conn, self.seq, |apply, tx| {
            let inbox = clearing.inbox.as_deref();
            let (deleted, finished) = apply.clear(tx, inbox, clearing.before)?;
            if finished && clearing.deleted + deleted > 0 {
                apply.cleared(tx, inbox, clearing.before)?;
            }
            if let Some(name) = clearing.leaving().filter(|_| finished) {
                apply.inbox_deleted(tx, name)?;
            }
            Ok((deleted, finished))
        })?;
        self.seq = self.apply.seq;
        Ok(done)
    }

    /// Drops what is over the bounds, now and then, and gives back what is free in a moment without
    /// mail; returns whether there may be more of both.
    pub fn trim(&mut self, batch: &[Write]) -> bool {
        self.untrimmed += batch.len();
        self.untrimmed_bytes += batch.iter().map(Write::bytes).sum::<usize>();
        let is_time = self.untrimmed >= TRIM_EACH || self.untrimmed_bytes >= TRIM_EACH_BYTES;
        let most = self.retention.bounds.max_messages.unwrap_or(u64::MAX);
        let (is_idle, is_over) = (batch.is_empty(), self.apply.totals().messages() > most);
        self.may_give |= is_time;
        if self.may_trim || is_time || is_idle || is_over {
            (self.untrimmed, self.untrimmed_bytes) = (0, 0);
            self.may_trim = match self.retention.look(&self.conn, &self.apply, Millis::now()) {
                Ok(Some(over)) => aside(|| self.trim_step(&over)),
                Ok(None) => {
                    if is_idle {
                        self.may_give = self.has_to_give() && aside(|| self.give_back());
                    }
                    false
                }
                Err(e) => self.not_trimmed(&e),
            };
        }
        self.may_trim || self.may_give
    }

    fn trim_step(&mut self, over: &Over) -> bool {
        match self.retention.trim(&self.conn, &mut self.apply, self.seq, over) {
            Ok(dropped) => {
                self.seq = self.apply.seq;
                self.publish();
                self.has_logged(0, dropped as usize, 0);
                if dropped > 0 {
                    self.health.dropped(dropped);
                    self.may_give = true;
                }
                dropped > 0
            }
            Err(e) => self.not_trimmed(&e),
        }
    }

    fn not_trimmed(&mut self, error: &StoreError) -> bool {
        error!("old mail could not be dropped to make room: {error}");
        self.fell_ill(error);
        false
    }

    /// A transaction has added to the log: so many writes, the bytes of their messages, and about a
    /// page for each message that was changed or deleted, for these lie anywhere.
    pub fn has_logged(&mut self, writes: usize, changed: usize, bytes: usize) {
        self.log += PAGES_EACH.0 + PAGES_EACH.1 * writes + changed + bytes / PAGE;
    }

    /// Folds the log into the file, as far as no reader needs it. If all of it, the next commit begins
    /// the log anew, which waits for the disk; if not, looking through what is left costs time each
    /// time, so that it is done again when there is twice as much.
    pub fn fold_log(&mut self) {
        let fold = || {
            let mut statement = self.conn.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?;
            statement.query_row([], |row| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)))
        };
        let (pages, folded) = fold().unwrap_or_else(|e: rusqlite::Error| {
            warn!("the store's log could not be folded into its file: {e}");
            (0, 0)
        });
        self.log = usize::try_from(pages - folded).unwrap_or(0);
        self.fold_at = log_pages(self.durability).max(2 * self.log);
        self.is_slow = self.durability != Durability::None;
    }

    pub fn fell_ill(&mut self, error: &StoreError) {
        if error.state().is_some() {
            self.is_ill = true;
            self.health.ill(error);
        }
    }

    /// Sees whether the store can be written again, as much as did not fit. Sessions that ended
    /// meanwhile could not say so.
    pub fn try_again(&mut self) {
        let live = self.live.ids();
        let bytes = self.missed.clamp(PROBE.0, PROBE.1);
        let sql = "INSERT OR REPLACE INTO meta VALUES ('probe', zeroblob(?1))";
        let written = self.apply.transact(&self.conn, self.seq, |_, tx| {
            Ok(tx.prepare_cached(sql)?.execute([bytes])?)
        });
        let written = written.and_then(|_| {
            self.apply.transact(&self.conn, self.seq, |apply, tx| {
                tx.prepare_cached("DELETE FROM meta WHERE name = 'probe'")?.execute([])?;
                apply.end_lost(tx, &live, Millis::now())
            })
        });
        match written {
            Ok(()) => {
                self.seq = self.apply.seq;
                (self.is_ill, self.missed) = (false, 0);
                self.health.well();
                self.publish();
            }
            Err(e) => self.health.ill(&e),
        }
    }

    fn has_to_give(&self) -> bool {
        // A fault shows where it is done.
        self.is_unfolded || retention::is_much_free(&self.conn).unwrap_or(true)
    }

    /// Returns whether there is more to give at once.
    fn give_back(&mut self) -> bool {
        let given = retention::give_back(&self.conn).and_then(|given| {
            if given == Given::All || self.is_unfolded {
                // Else tried again after a while, when the reader has gone on.
                self.is_unfolded = !retention::fold(&self.conn)?;
            }
            Ok(given == Given::Some)
        });
        given.unwrap_or_else(|e| {
            warn!("free space could not be given back: {e}");
            false
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::trial::{self, BOUNDS, bring};
    use super::super::{Store, Which, id};
    use super::*;

    /// Mail that comes meanwhile would wait until a long log is folded.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_long_deletion_keeps_the_log_short() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mail.db");
        let store = Store::open(&path, Durability::None, BOUNDS).unwrap();
        let mut session = trial::open(&store).await;
        let mut ids = Vec::new();
        for _ in 0..3_000 {
            // Nothing that packing makes short.
            let what: String = (0..10).map(|_| id::new()).collect();
            ids.push(bring(&mut session, &what).await.unwrap());
        }
        // Each on a page of its own, about.
        let some = ids.into_iter().step_by(5).collect();
        assert_eq!(store.remove(Which::Ids(some)).await.unwrap(), 600);
        let log = std::fs::metadata(folder.path().join("mail.db-wal")).unwrap().len();
        assert!(log < 1 << 20, "{log} bytes");
        store.close().await;
    }
}
