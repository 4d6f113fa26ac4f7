//! Work on a store that no server has open: is it sound, what is in it, can it be smaller.

use std::path::Path;

use rusqlite::{Connection, params};

use super::place::Place;
use super::rows::{Millis, Usage};
use super::schema::{self, Durability};
use super::{StoreError, index, parts, read, share};

/// A closed store; while it is held, no server can open it.
pub struct ClosedStore {
    conn: Connection,
    place: Place,
}

/// What is in a store.
pub struct Stats {
    pub version: u64,
    pub usage: Usage,
    pub starred: u64,
    pub oldest: Option<Millis>,
    pub newest: Option<Millis>,
    /// Bytes of the file, and of those the ones that hold nothing.
    pub file_bytes: u64,
    pub free_bytes: u64,
    pub index_bytes: u64,
    /// Messages as sent, and as they are kept.
    pub raw_bytes: u64,
    pub packed_bytes: u64,
    pub transcript_bytes: u64,
}

impl ClosedStore {
    /// Brings a store of an older version up to this one.
    pub fn open(path: &Path) -> Result<ClosedStore, StoreError> {
        if !path.is_file() {
            return Err(StoreError::Failed("there is no store here".into()));
        }
        let place = Place::at(path)?;
        let conn = schema::open_writer(place.file(), Durability::Process)?;
        Ok(ClosedStore { conn, place })
    }

    /// What is wrong, a sentence each; nothing if all is well.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        let mut wrong: Vec<String> = self
            .conn
            .prepare("PRAGMA integrity_check(100)")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        wrong.retain(|line| line != "ok");
        // Of a damaged file the rest may not be readable.
        if wrong.is_empty() {
            self.check_raws(&mut wrong)?;
            self.check_counts(&mut wrong)?;
            parts::check(&self.conn, &mut wrong)?;
        }
        Ok(wrong)
    }

    fn check_raws(&self, wrong: &mut Vec<String>) -> Result<(), StoreError> {
        let mut statement = self.conn.prepare(
            "SELECT m.seq, m.id, m.size, r.seq IS NOT NULL FROM messages m
             LEFT JOIN raws r ON r.seq = m.seq",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (seq, id, size): (u64, String, u64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if !row.get(3)? {
                wrong.push(format!("message {id} has no bytes"));
                continue;
            }
            match share::whole(&self.conn, seq) {
                Ok(raw) if raw.len() as u64 == size => {}
                Ok(raw) => wrong.push(format!("message {id} has {} bytes, not {size}", raw.len())),
                Err(e) => wrong.push(format!("message {id} cannot be unpacked: {e}")),
            }
        }
        share::check(&self.conn, wrong)
    }

    fn check_counts(&self, wrong: &mut Vec<String>) -> Result<(), StoreError> {
        let mut statement = self.conn.prepare(
            "SELECT i.name FROM inboxes i LEFT JOIN messages m ON m.inbox = i.n GROUP BY i.n
             HAVING count(m.seq) <> i.messages OR coalesce(sum(m.read = 0), 0) <> i.unread",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            wrong.push(format!("inbox {name} does not count its messages right"));
        }
        Ok(())
    }

    pub fn stats(&self) -> Result<Stats, StoreError> {
        let conn = &self.conn;
        let number = |sql: &str| -> Result<u64, StoreError> {
            Ok(conn.query_row(sql, [], |row| row.get(0))?)
        };
        let pages = |name: &str| number(&format!("PRAGMA {name}"));
        let time = |which: &str| -> Result<Option<Millis>, StoreError> {
            let sql = format!("SELECT {which}(received_at) FROM messages");
            let time: Option<i64> = conn.query_row(&sql, [], |row| row.get(0))?;
            Ok(time.map(Millis))
        };
        let page = pages("page_size")?;
        Ok(Stats {
            version: pages("user_version")?,
            usage: read::usage(conn, 0, number("SELECT count(*) FROM sessions")?, 0)?,
            index_bytes: index::path_of(self.place.file()).metadata().map_or(0, |file| file.len()),
            starred: number("SELECT count(*) FROM messages WHERE starred = 1")?,
            oldest: time("min")?,
            newest: time("max")?,
            file_bytes: pages("page_count")? * page,
            free_bytes: pages("freelist_count")? * page,
            raw_bytes: number("SELECT coalesce(sum(size), 0) FROM messages")?,
            packed_bytes: number("SELECT coalesce(sum(stored), 0) FROM messages")?
                + number("SELECT coalesce(sum(length(bytes)), 0) FROM blobs")?,
            transcript_bytes: number("SELECT coalesce(sum(bytes), 0) FROM sessions")?,
        })
    }

    /// Writes the file anew without what is free; returns its bytes before and after.
    pub fn compact(&self) -> Result<(u64, u64), StoreError> {
        let length = || -> Result<u64, StoreError> { Ok(self.place.file().metadata()?.len()) };
        let fold = "PRAGMA wal_checkpoint(TRUNCATE)";
        self.conn.query_row(fold, params![], |_| Ok(()))?;
        let before = length()?;
        self.conn.execute_batch("VACUUM")?;
        self.conn.query_row(fold, params![], |_| Ok(()))?;
        Ok((before, length()?))
    }
}
