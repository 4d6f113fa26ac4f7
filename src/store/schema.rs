//! Opening the SQLite file: what makes a file a Restante store, its pragmas, and its migrations.
//! A migration is a numbered file that is never edited; `user_version` counts those applied.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::StoreError;

/// "RSTN" in SQLite's `application_id` (bytes 68 to 71 of the file): tells our files from others.
const APPLICATION_ID: i32 = 0x5253_544e;

const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_starred.sql"),
    include_str!("migrations/0003_found.sql"),
    include_str!("migrations/0004_inboxes.sql"),
    include_str!("migrations/0005_blobs.sql"),
    include_str!("migrations/0006_parts.sql"),
];

/// Whether commits must survive more than the end of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The file is deleted on exit, so nothing is ever flushed to the disk.
    None,
    /// A crash of the process loses nothing; a loss of power may lose the last commits.
    Process,
    /// Nor does a loss of power: each commit waits for the disk.
    Power,
}

/// Opens the writing connection, making or migrating the store as needed.
///
/// Errors with a sentence when the file cannot be opened, is not a store, or is of a newer version.
pub fn open_writer(path: &Path, durability: Durability) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut conn = open(path, flags)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    check_application(&conn)?;
    if durability != Durability::None {
        // Only takes effect in a new file. For a temporary one it is not worth its price, more
        // than 1 % of the work for a message: that file goes anyway (`retention::give_back`).
        conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    conn.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = match durability {
        Durability::None => "OFF",
        Durability::Process => "NORMAL",
        Durability::Power => "FULL",
    };
    conn.pragma_update(None, "synchronous", synchronous)?;
    // The writer folds the log into the file long before (`writer::fold_log`).
    conn.pragma_update(None, "wal_autocheckpoint", 8000)?;
    // The log is cut back to this when it begins anew.
    conn.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024)?;
    conn.pragma_update(None, "cache_size", -4096)?;
    conn.set_prepared_statement_cache_capacity(64);
    migrate(&mut conn)?;
    Ok(conn)
}

/// Opens a connection that can only read.
pub fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.pragma_update(None, "cache_size", -1024)?;
    conn.set_prepared_statement_cache_capacity(32);
    Ok(conn)
}

/// On Unix through the VFS that locks the file once for the process (`place.rs` sees to it that
/// there is one only): locking it for each transaction would be a third of all system calls.
pub(super) fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    #[cfg(unix)]
    return Ok(Connection::open_with_flags_and_vfs(path, flags, "unix-excl")?);
    #[cfg(not(unix))]
    return Ok(Connection::open_with_flags(path, flags)?);
}

fn check_application(conn: &Connection) -> Result<(), StoreError> {
    let id: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: u32 = conn.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    if id == APPLICATION_ID || (id == 0 && tables == 0) {
        Ok(())
    } else {
        Err(StoreError::NotAStore)
    }
}

fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let version: usize = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > MIGRATIONS.len() {
        return Err(StoreError::TooNew);
    }
    if version == MIGRATIONS.len() {
        return Ok(());
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    for sql in &MIGRATIONS[version..] {
        tx.execute_batch(sql)?;
    }
    if version == 0 {
        tx.execute("INSERT INTO meta VALUES ('store', ?1)", [super::id::new()])?;
    }
    tx.pragma_update(None, "user_version", MIGRATIONS.len())?;
    tx.commit()?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn temp() -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        (dir, path)
    }

    #[test]
    fn a_new_file_becomes_a_store_and_opens_again() {
        let (_dir, path) = temp();
        let name = |conn: &Connection| -> String {
            conn.query_row("SELECT value FROM meta WHERE name = 'store'", [], |r| r.get(0)).unwrap()
        };
        let first = name(&open_writer(&path, Durability::Process).unwrap());
        let again = open_writer(&path, Durability::Process).unwrap();
        assert_eq!(name(&again), first);
    }

    #[test]
    fn a_text_file_is_not_a_store_and_is_left_alone() {
        let (_dir, path) = temp();
        std::fs::write(&path, "shopping list\n".repeat(100)).unwrap();
        let error = open_writer(&path, Durability::Process).unwrap_err();
        assert!(matches!(error, StoreError::NotAStore), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "shopping list\n".repeat(100));
    }

    #[test]
    fn another_programs_database_is_not_a_store() {
        let (_dir, path) = temp();
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE mailbox(id)").unwrap();
        let error = open_writer(&path, Durability::Process).unwrap_err();
        assert!(matches!(error, StoreError::NotAStore), "{error}");
    }

    /// Stores of every version before this one are brought up to it, with what is in them.
    #[test]
    fn older_stores_are_migrated() {
        let tables = |conn: &Connection| -> Vec<String> {
            let sql = "SELECT coalesce(sql, name) FROM sqlite_master ORDER BY name";
            let mut statement = conn.prepare(sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let (_dir, path) = temp();
        let expected = tables(&open_writer(&path, Durability::Process).unwrap());
        for version in 1..MIGRATIONS.len() {
            let (_dir, path) = temp();
            let old = Connection::open(&path).unwrap();
            MIGRATIONS[..version].iter().for_each(|sql| old.execute_batch(sql).unwrap());
            old.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
            old.pragma_update(None, "user_version", version).unwrap();
            old.execute_batch(
                "INSERT INTO meta VALUES ('store', 'name');
                 INSERT INTO messages(seq, id, inbox, session, received_at, size, stored, via, read, tags, envelope, digest)
                 VALUES (1, 'a', 1, 's', 0, 1, 1, 'smtp', 1, '[\"t\"]', '{}', '{}')",
            )
            .unwrap();
            drop(old);
            let conn = open_writer(&path, Durability::Process).unwrap();
            assert_eq!(tables(&conn), expected, "from version {version}");
            let sql = "SELECT count(*) FROM messages INDEXED BY messages_read WHERE read = 1";
            let read: u32 = conn.query_row(sql, [], |row| row.get(0)).unwrap();
            assert_eq!(read, 1, "from version {version}");
        }
    }

    #[test]
    fn a_store_of_a_newer_version_is_refused() {
        let (_dir, path) = temp();
        open_writer(&path, Durability::Process)
            .unwrap()
            .pragma_update(None, "user_version", 999)
            .unwrap();
        let error = open_writer(&path, Durability::Process).unwrap_err();
        assert!(matches!(error, StoreError::TooNew), "{error}");
    }
}
