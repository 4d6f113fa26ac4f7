//! Bringing the index up to the store, in steps: messages that are gone go, new ones come.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use super::file;
use super::prepare::{Ahead, Prepared};
use crate::store::schema::{self, Durability};
use crate::store::totals::Totals;
use crate::store::{Live, StoreError, read};

/// What one step takes at most: the time that messages are put in for, messages that are gone, and
/// rows looked at for any that are. Each step writes its words in one go: fewer, larger ones are
/// less to merge.
const STEP_TIME: Duration = Duration::from_millis(250);
const STEP_GONE: usize = 2_000;
/// Of those that are gone, while a search waits for new ones.
const STEP_GONE_BESIDE: usize = 50;
/// With more of them gone it is worth a look whether all are.
const MANY_GONE: usize = 256;
const STEP_SWEPT: usize = 20_000;
/// Pages given back in one step.
const STEP_PAGES: u32 = 2_000;

/// Which index this is.
pub struct Place {
    pub path: PathBuf,
    /// Of the store.
    pub name: String,
    pub durability: Durability,
}

pub struct Filler {
    place: Place,
    /// The index's own file.
    index: Connection,
    /// Messages that it has.
    rows: u64,
    /// How often it was thrown away because it was damaged.
    pub era: u64,
    /// The store's.
    store: Connection,
    ahead: Ahead,
    /// The newest message that is in the index, or was gone before it could be.
    pub indexed: u64,
    gone: Vec<u64>,
    /// Where a comparison of all rows goes on.
    sweep: Option<u64>,
    /// How many of those that went are known here, and how many are out of the index too; `None`
    /// as long as there may be others.
    told: u64,
    pub dropped: Option<u64>,
}

impl Filler {
    pub fn new(
        place: Place,
        store: &Path,
        live: Live,
        totals: &Totals,
    ) -> Result<Filler, StoreError> {
        let index = file::open(&place.path, &place.name, place.durability)?;
        let ahead = Ahead::start(schema::open_reader(store)?, live)?;
        let store = schema::open_reader(store)?;
        let mut indexed = file::number(&index, "indexed")?;
        let newest = read::newest_message(&store)?;
        let mut sweep = None;
        if indexed > read::newest_event(&store)?.max(newest) {
            // A loss of power took the last messages of the store: their numbers come again.
            file::clear(&index)?;
            indexed = 0;
        } else if file::number(&index, "whole")? == 0 {
            sweep = Some(0);
        }
        // Until the end of this process there may be messages gone that the file does not know of.
        file::set_number(&index, "whole", 0)?;
        let rows = file::number(&index, "rows")?;
        totals.set_index(file::used_bytes(&index)?, rows);
        let gone = Vec::new();
        let (era, told, dropped) = (0, 0, sweep.is_none().then_some(0));
        Ok(Filler { place, index, rows, era, store, ahead, indexed, gone, sweep, told, dropped })
    }

    /// Begins the index anew, for its file is damaged.
    pub fn begin_anew(&mut self) -> Result<(), StoreError> {
        self.ahead.discard();
        // Nothing of the old one may be written where the new one lies.
        self.index = Connection::open_in_memory()?;
        let Place { path, name, durability } = &self.place;
        self.index = file::open_anew(path, name, *durability)?;
        file::set_number(&self.index, "whole", 0)?;
        (self.indexed, self.rows, self.sweep) = (0, 0, None);
        self.gone.clear();
        self.dropped = Some(self.told);
        self.era += 1;
        Ok(())
    }

    /// Whether every message up to `target` that is there is in the index.
    pub fn has(&self, target: u64) -> bool {
        self.indexed >= target
    }

    /// Takes a step, of messages until the clock or `is_enough` says so; returns whether there may
    /// be more to do. When a search waits for them, hardly anything else is done.
    pub fn step(
        &mut self,
        totals: &Totals,
        is_waited_for: bool,
        is_enough: impl Fn(u64) -> bool,
    ) -> Result<bool, StoreError> {
        self.hear(totals);
        self.forget_all()?;
        let tx = self.index.unchecked_transaction()?;
        let mut rows = self.rows;
        let most = if is_waited_for { STEP_GONE_BESIDE } else { STEP_GONE };
        let more_gone = forget(&tx, &mut self.gone, most, self.indexed, &mut rows)?;
        let swept = match self.sweep {
            Some(from) if !is_waited_for => sweep(&tx, &self.store, from, &mut rows)?,
            sweep => sweep,
        };
        let (end, mut indexed) = (Instant::now() + STEP_TIME, self.indexed);
        let more = loop {
            let batch = self.ahead.take(indexed)?;
            batch.messages.iter().try_for_each(|message| add(&tx, message))?;
            rows += batch.messages.len() as u64;
            indexed = batch.last;
            if !batch.more || Instant::now() >= end || is_enough(indexed) {
                break batch.more;
            }
        };
        file::set_number(&tx, "indexed", indexed)?;
        file::set_number(&tx, "rows", rows)?;
        tx.commit()?;
        (self.indexed, self.rows, self.sweep) = (indexed, rows, swept);
        totals.set_index(file::used_bytes(&self.index)?, rows);
        let is_settled = !more_gone && self.sweep.is_none();
        if is_settled {
            self.dropped = Some(self.told);
        }
        Ok(more || !is_settled)
    }

    fn hear(&mut self, totals: &Totals) {
        let news = totals.take_gone();
        if news.overflown || news.seqs.iter().any(|seq| *seq > self.indexed) {
            self.ahead.discard();
        }
        self.gone.extend(news.seqs);
        self.told = news.count;
        if news.overflown {
            self.gone.clear();
            (self.sweep, self.dropped) = (Some(0), None);
        }
    }

    /// When nothing is left of what is in the index, at once.
    fn forget_all(&mut self) -> Result<(), StoreError> {
        let is_much = self.sweep.is_some() || self.gone.len() > MANY_GONE;
        if is_much && read::oldest_message(&self.store)?.is_none_or(|seq| seq > self.indexed) {
            file::clear(&self.index)?;
            self.ahead.discard();
            self.gone.clear();
            (self.rows, self.sweep) = (0, None);
        }
        Ok(())
    }

    /// Gives free pages back when there are many; returns whether there may be more.
    pub fn give_back(&self) -> Result<bool, StoreError> {
        let pragma = |name| self.index.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
        let (free, all) = (pragma("freelist_count")?, pragma("page_count")?);
        if free < 256 || free < all / 4 {
            return Ok(false);
        }
        self.index.execute_batch(&format!("PRAGMA incremental_vacuum({STEP_PAGES})"))?;
        Ok(true)
    }

    /// Lets go of the store's file.
    pub fn end(self) -> Ending {
        let Filler { index, rows, ahead, indexed, gone, sweep, .. } = self;
        ahead.end();
        Ending { index, rows, indexed, gone, is_swept: sweep.is_none() }
    }
}

/// What is left to do when the store will not be written any more.
pub struct Ending {
    index: Connection,
    rows: u64,
    indexed: u64,
    gone: Vec<u64>,
    is_swept: bool,
}

impl Ending {
    /// Nothing is gone then that the index does not know of; if there is too much, the next start
    /// compares.
    pub fn finish(mut self, totals: &Totals) -> Result<(), StoreError> {
        let news = totals.take_gone();
        self.gone.extend(news.seqs);
        if self.is_swept && !news.overflown && self.gone.len() <= STEP_GONE {
            let tx = self.index.unchecked_transaction()?;
            forget(&tx, &mut self.gone, STEP_GONE, self.indexed, &mut self.rows)?;
            file::set_number(&tx, "rows", self.rows)?;
            file::set_number(&tx, "whole", 1)?;
            tx.commit()?;
        }
        self.index.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        Ok(())
    }
}

/// Takes messages out of the index, `most` of them; returns whether there are more.
fn forget(
    index: &Connection,
    gone: &mut Vec<u64>,
    most: usize,
    indexed: u64,
    rows: &mut u64,
) -> Result<bool, StoreError> {
    let rest = gone.split_off(gone.len().min(most));
    for seq in std::mem::replace(gone, rest) {
        if seq <= indexed {
            *rows = rows.saturating_sub(delete(index, seq)?);
        }
    }
    Ok(!gone.is_empty())
}

/// Whether it was there, as a number.
fn delete(index: &Connection, seq: u64) -> Result<u64, StoreError> {
    index.prepare_cached("DELETE FROM words WHERE rowid = ?1")?.execute([seq])?;
    Ok(index.prepare_cached("DELETE FROM found WHERE seq = ?1")?.execute([seq])? as u64)
}

/// Compares some rows with the store; returns where to go on.
fn sweep(
    index: &Connection,
    store: &Connection,
    from: u64,
    left: &mut u64,
) -> Result<Option<u64>, StoreError> {
    let rows = |conn: &Connection, sql: &str, to: u64| -> Result<Vec<u64>, StoreError> {
        let mut statement = conn.prepare_cached(sql)?;
        let rows = statement.query_map(params![from, to], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    let sql = "SELECT seq FROM found WHERE seq > ?1 ORDER BY seq LIMIT ?2";
    let found = rows(index, sql, STEP_SWEPT as u64)?;
    let Some(last) = found.last().copied() else { return Ok(None) };
    let sql = "SELECT seq FROM messages WHERE seq > ?1 AND seq <= ?2";
    let there: HashSet<u64> = rows(store, sql, last)?.into_iter().collect();
    let mut gone = found.iter().filter(|seq| !there.contains(seq));
    let mut last = (found.len() == STEP_SWEPT).then_some(last);
    for seq in gone.by_ref().take(STEP_GONE) {
        *left = left.saturating_sub(delete(index, *seq)?);
    }
    if let Some(next) = gone.next() {
        last = Some(next - 1);
    }
    Ok(last)
}

fn add(index: &Connection, message: &Prepared) -> Result<(), StoreError> {
    index.prepare_cached("INSERT INTO found VALUES (?1, ?2, ?3)")?.execute(params![
        message.seq,
        message.at,
        message.size
    ])?;
    let [subject, people, text, html, filename, keys] = &message.row.columns;
    index
        .prepare_cached(
            "INSERT INTO words(rowid, subject, people, text, html, filename, keys)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![message.seq, subject, people, text, html, filename, keys])?;
    Ok(())
}
