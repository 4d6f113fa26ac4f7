//! The index's own file, beside the store's: what is in it can be made again, so it has a version
//! of its own, and one that is of another store, of another version or damaged is made anew.
//! Written by one thread, attached by every connection that reads.
//!
//! It is apart from the messages because SQLite lets one writer at a file: mail never waits for
//! words to be written down.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use crate::search::COLUMNS;
use crate::store::StoreError;
use crate::store::schema::{self, Durability};

/// Counts up with every change of the tables, of what words are (`search/fold.rs`), or of what
/// stands in the columns (`search/doc.rs`).
const VERSION: i64 = 7;

/// Words that FTS5 gathers before it writes them down, in bytes, and how many pieces of one size it
/// merges into one. Its own 1 MiB and 4 cost a fifth more work with 100,000 messages.
const GATHERED: i64 = 4 * 1024 * 1024;
const MERGED: i64 = 8;

const TABLES: &str = "
    CREATE TABLE found(
      seq  INTEGER PRIMARY KEY,      -- messages.seq
      at   INTEGER NOT NULL,         -- received, milliseconds since 1970
      size INTEGER NOT NULL
    );
    CREATE INDEX found_by_size ON found(size);
    CREATE TABLE state(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
";

/// Where the index of a store is.
pub fn path_of(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".search");
    name.into()
}

/// Opens the index of the store with this name for writing.
pub fn open(path: &Path, store: &str, durability: Durability) -> Result<Connection, StoreError> {
    match open_once(path, store, durability) {
        Ok(conn) => Ok(conn),
        Err(StoreError::Full) => Err(StoreError::Full),
        Err(e) => {
            tracing::info!("the search index is made anew: {e}");
            open_anew(path, store, durability)
        }
    }
}

/// Throws the file away and makes another.
pub fn open_anew(
    path: &Path,
    store: &str,
    durability: Durability,
) -> Result<Connection, StoreError> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match std::fs::remove_file(PathBuf::from(name)) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e.into()),
            _ => {}
        }
    }
    open_once(path, store, durability)
}

/// Bytes that hold something.
pub fn used_bytes(conn: &Connection) -> Result<u64, StoreError> {
    let pragma = |name| conn.pragma_query_value(None, name, |row| row.get::<_, u64>(0));
    Ok((pragma("page_count")? - pragma("freelist_count")?) * pragma("page_size")?)
}

fn open_once(path: &Path, store: &str, durability: Durability) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let conn = schema::open(path, flags)?;
    conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = if durability == Durability::None { "OFF" } else { "NORMAL" };
    conn.pragma_update(None, "synchronous", synchronous)?;
    conn.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024)?;
    conn.pragma_update(None, "cache_size", -4096)?;
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 {
        create(&conn, store)?;
    } else if version != VERSION || text(&conn, "store")?.as_deref() != Some(store) {
        return Err(StoreError::NotAStore);
    }
    Ok(conn)
}

fn create(conn: &Connection, store: &str) -> Result<(), StoreError> {
    let tx = conn.unchecked_transaction()?;
    tx.execute_batch(TABLES)?;
    // No text is kept: its words are split already, and found in the message if they must be shown.
    tx.execute_batch(&format!(
        "CREATE VIRTUAL TABLE words USING fts5({}, content='', contentless_delete=1, tokenize='ascii')",
        COLUMNS.join(", ")
    ))?;
    let setting = "INSERT INTO words(words, rank) VALUES (?1, ?2)";
    tx.execute(setting, params!["hashsize", GATHERED])?;
    tx.execute(setting, params!["automerge", MERGED])?;
    tx.execute(
        "INSERT INTO state VALUES ('store', ?1), ('indexed', 0), ('rows', 0), ('whole', 1)",
        [store],
    )?;
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()?;
    Ok(())
}

fn text(conn: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT value FROM state WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

/// A number that goes with the rows.
pub fn number(conn: &Connection, name: &str) -> Result<u64, StoreError> {
    let mut statement = conn.prepare_cached("SELECT value FROM state WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0))?)
}

pub fn set_number(conn: &Connection, name: &str, n: u64) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE state SET value = ?2 WHERE name = ?1")?
        .execute(params![name, n])?;
    Ok(())
}

/// Forgets every message.
pub fn clear(conn: &Connection) -> Result<(), StoreError> {
    conn.execute("INSERT INTO words(words) VALUES ('delete-all')", [])?;
    conn.execute("DELETE FROM found", [])?;
    set_number(conn, "rows", 0)?;
    Ok(())
}

/// Makes the index readable beside the store, as `search`.
pub fn attach(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let Some(path) = path.to_str() else {
        return Err(StoreError::Failed("the store's path is no UTF-8".into()));
    };
    conn.execute("ATTACH DATABASE ?1 AS search", [path])?;
    conn.pragma_update(Some("search"), "cache_size", -2048)?;
    Ok(())
}
