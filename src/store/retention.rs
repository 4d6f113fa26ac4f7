//! Keeping the store within its bounds: the oldest messages and sessions go first, in small steps
//! between two batches, so that mail coming in never waits long.

use rusqlite::{Connection, params};

use super::apply::{Apply, Doomed};
use super::{StoreError, read};

/// The bounds of the store.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Bytes in use, all told.
    pub max_bytes: u64,
    /// Sessions kept, with or without a message.
    pub max_sessions: u64,
}

/// Transcripts may take this share of the bytes before the oldest sessions go.
const SESSION_SHARE: u64 = 4;
/// Rows dropped in one step.
const STEP: u64 = 256;

/// Drops what is over the bounds, one step; returns how many rows went.
pub(super) fn trim(
    conn: &Connection,
    apply: &mut Apply,
    seq: u64,
    bounds: &Bounds,
) -> Result<u64, StoreError> {
    let over = read::used_bytes(conn)?.saturating_sub(bounds.max_bytes);
    let sessions_over = apply.totals().sessions() > bounds.max_sessions
        || apply.totals().session_bytes() > bounds.max_bytes / SESSION_SHARE;
    if over == 0 && !sessions_over {
        return Ok(0);
    }
    apply.transact(conn, seq, |apply, conn| {
        let mut messages = 0;
        let mut sessions = 0;
        if over > 0 {
            messages = drop_messages(conn, apply, over)?;
            sessions = drop_sessions(conn, apply, oldest_message(conn)?)?;
        }
        if sessions_over {
            sessions += drop_sessions(conn, apply, u64::MAX >> 1)?;
        }
        tell(conn, "dropped_messages", messages)?;
        tell(conn, "dropped_sessions", sessions)?;
        Ok(messages + sessions)
    })
}

fn tell(conn: &Connection, name: &str, n: u64) -> Result<(), StoreError> {
    if n > 0 {
        conn.prepare_cached("UPDATE totals SET n = n + ?2 WHERE name = ?1")?
            .execute(params![name, n])?;
    }
    Ok(())
}

/// The oldest messages until `bytes` are free; the newest one always stays.
fn drop_messages(conn: &Connection, apply: &mut Apply, bytes: u64) -> Result<u64, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT seq, id, inbox, read, stored FROM messages
         WHERE seq < (SELECT max(seq) FROM messages) ORDER BY seq LIMIT ?1",
    )?;
    let oldest = statement
        .query_map([STEP], |row| Ok((Doomed::of(row)?, row.get::<_, u64>(4)?)))?
        .collect::<Result<Vec<_>, _>>()?;
    let (mut freed, mut dropped) = (0, 0);
    for (doomed, stored) in oldest {
        if freed >= bytes {
            break;
        }
        apply.drop_message(conn, &doomed)?;
        freed += stored;
        dropped += 1;
    }
    Ok(dropped)
}

/// The first message's `seq`; sessions opened before it have brought nothing that is still there.
fn oldest_message(conn: &Connection) -> Result<u64, StoreError> {
    let mut statement = conn.prepare_cached("SELECT coalesce(min(seq), 0) FROM messages")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// The oldest closed sessions that were opened before `before`.
fn drop_sessions(conn: &Connection, apply: &mut Apply, before: u64) -> Result<u64, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT seq, bytes FROM sessions WHERE seq < ?1 AND closed_at IS NOT NULL ORDER BY seq LIMIT ?2",
    )?;
    let oldest = statement
        .query_map([before, STEP], |row| Ok((row.get::<_, u64>(0)?, row.get::<_, i64>(1)?)))?
        .collect::<Result<Vec<_>, _>>()?;
    for (seq, bytes) in &oldest {
        apply.drop_session(conn, *seq, *bytes)?;
    }
    Ok(oldest.len() as u64)
}
