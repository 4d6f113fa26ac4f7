//! The parts that transcripts lie in: all in one table, in the order in which they were written, so
//! that a commit with parts of many sessions changes few pages. A part names the one before it in
//! its session; one in [`EACH`] is found by its number too, so that of a long transcript only the
//! surroundings of one place are read.

use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use super::tx::{Often, Tx};

/// Every so many parts one is in the index; the number stands in its `CREATE INDEX` too.
const EACH: u64 = 64;

/// The end of a transcript so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// `parts.seq` of the last part; none where that is in the tail of its session (`session.rs`).
    pub last: Option<i64>,
    /// How many there are.
    pub count: u64,
}

/// Adds a part behind `end`.
pub(super) fn append(
    tx: &Tx,
    session: u64,
    end: &mut End,
    seq: i64,
    entries: &[u8],
) -> Result<(), StoreError> {
    tx.execute(Often::Part, params![seq, session, end.count + 1, end.last, entries])?;
    *end = End { last: Some(seq), count: end.count + 1 };
    Ok(())
}

/// The end that the part `last` is.
pub(super) fn end_at(conn: &Connection, last: Option<i64>) -> Result<End, StoreError> {
    let Some(seq) = last else { return Ok(End::default()) };
    let mut statement = conn.prepare_cached("SELECT part FROM parts WHERE seq = ?1")?;
    let count = statement.query_row([seq], |row| row.get(0)).optional()?;
    Ok(count.map_or_else(End::default, |count| End { last, count }))
}

/// Calls `take` with the entries of the parts `from` to `to` (from 1 on, both taken), in order.
pub(super) fn read(
    conn: &Connection,
    session: u64,
    end: End,
    (from, to): (u64, u64),
    mut take: impl FnMut(Vec<u8>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let indexed: Option<i64> = conn
        .prepare_cached(
            "SELECT seq FROM parts WHERE part % 64 = 0 AND session = ?1 AND part BETWEEN ?2 AND ?3
             ORDER BY part LIMIT 1",
        )?
        .query_row(params![session, to, to.next_multiple_of(EACH)], |row| row.get(0))
        .optional()?;
    let sql = format!(
        "{CHAIN} SELECT p.entries FROM chain c JOIN parts p ON p.seq = c.seq
         WHERE c.part BETWEEN ?2 AND ?3 ORDER BY c.part"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params![indexed.or(end.last), from, to])?;
    while let Some(row) = rows.next()? {
        take(row.get(0)?)?;
    }
    Ok(())
}

/// The parts from ?1 back to the number ?2.
const CHAIN: &str = "WITH RECURSIVE chain(seq, part, before) AS (
    SELECT seq, part, before FROM parts WHERE seq = ?1
    UNION ALL SELECT p.seq, p.part, p.before FROM chain c JOIN parts p ON p.seq = c.before
    WHERE c.part > ?2)";

/// The ids of the messages whose bytes end parts up to `last`, oldest first: of those still there.
/// The last part may be the only one, and lie in the tail of its session.
pub(super) fn messages(conn: &Connection, last: Option<i64>) -> Result<Vec<String>, StoreError> {
    let sql = format!(
        "{CHAIN} SELECT id FROM messages WHERE seq = ?1 OR seq IN (SELECT seq FROM chain) ORDER BY seq"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let ids = statement.query_map(params![last, 1], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// The number of the part that ends with the bytes of a message.
pub(super) fn of_message(conn: &Connection, message: &str) -> Result<Option<u64>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT p.part FROM messages m JOIN parts p ON p.seq = m.seq WHERE m.id = ?1",
    )?;
    Ok(statement.query_row([message], |row| row.get(0)).optional()?)
}

/// Deletes a part; returns the one before it.
pub(super) fn delete(conn: &Connection, seq: i64) -> Result<Option<i64>, StoreError> {
    let mut statement = conn.prepare_cached("DELETE FROM parts WHERE seq = ?1 RETURNING before")?;
    Ok(statement.query_row([seq], |row| row.get(0)).optional()?.flatten())
}

/// Finds the last part of a session by looking through all that was written since it began.
pub(super) fn find_last(conn: &Connection, session: u64) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT max(seq) FROM parts WHERE seq > ?1 AND session = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([session], |row| row.get(0))?)
}

/// Finds the ends of the sessions that the last process left open: it knew them, and no row did.
/// Nothing before the oldest of them is looked at.
pub(super) fn find_ends(conn: &Connection) -> Result<(), StoreError> {
    conn.execute_batch(
        "UPDATE sessions SET last = l.seq FROM (
             SELECT session, max(seq) AS seq FROM parts
             WHERE seq > (SELECT min(seq) FROM sessions WHERE closed_at IS NULL)
             AND session IN (SELECT seq FROM sessions WHERE closed_at IS NULL) GROUP BY session
         ) l WHERE l.session = sessions.seq",
    )?;
    Ok(())
}

/// What is wrong with the parts, a sentence each.
pub(super) fn check(conn: &Connection, wrong: &mut Vec<String>) -> Result<(), StoreError> {
    for (sql, what) in [
        ("session NOT IN (SELECT seq FROM sessions)", "of sessions that are gone"),
        ("part > 1 AND before NOT IN (SELECT seq FROM parts)", "behind one that is missing"),
    ] {
        let sql = format!("SELECT count(*) FROM parts WHERE {sql}");
        let count: u64 = conn.query_row(&sql, [], |row| row.get(0))?;
        if count > 0 {
            wrong.push(format!("parts of transcripts {what}: {count}"));
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::schema::{self, Durability};

    /// Two sessions in turn, with `count` parts each.
    fn two_sessions(conn: &Connection, count: u64) -> [End; 2] {
        let (tx, mut ends) = (Tx::new(conn), [End::default(); 2]);
        for n in 1..=count {
            for (session, end) in (1..).zip(&mut ends) {
                let seq = (n * 10 + session) as i64;
                append(&tx, session, end, seq, format!("{session}.{n}").as_bytes()).unwrap();
            }
        }
        ends
    }

    fn between(conn: &Connection, session: u64, end: End, from: u64, to: u64) -> Vec<String> {
        let mut found = Vec::new();
        let take = |entries| {
            found.push(String::from_utf8(entries).unwrap());
            Ok(())
        };
        read(conn, session, end, (from, to), take).unwrap();
        found
    }

    fn store() -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let conn = schema::open_writer(&path, Durability::Process).unwrap();
        (folder, conn)
    }

    #[test]
    fn any_run_of_parts_is_read_in_order() {
        let (_folder, conn) = store();
        let ends = two_sessions(&conn, 200);
        for (from, to) in [(1, 1), (1, 200), (63, 65), (64, 64), (128, 140), (193, 200), (200, 201)]
        {
            for (session, end) in (1..).zip(ends) {
                let expected: Vec<_> =
                    (from..=to.min(200)).map(|n| format!("{session}.{n}")).collect();
                assert_eq!(between(&conn, session, end, from, to), expected, "{from} to {to}");
            }
        }
        assert_eq!(end_at(&conn, ends[1].last).unwrap(), ends[1]);
        // What was written since is not seen by who knows an earlier end.
        let earlier = End { last: Some(501), count: 50 };
        assert_eq!(between(&conn, 1, earlier, 49, 50), ["1.49", "1.50"]);
    }

    #[test]
    fn the_ends_of_sessions_left_open_are_found() {
        let (_folder, conn) = store();
        conn.execute_batch(
            "INSERT INTO sessions(seq, id, opened_at, closed_at, info, last)
             VALUES (1, 'a', 0, NULL, '{}', NULL), (2, 'b', 0, 0, '{}', 7), (9, 'c', 0, NULL, '{}', NULL)",
        )
        .unwrap();
        let ends = two_sessions(&conn, 3);
        assert_eq!(find_last(&conn, 1).unwrap(), ends[0].last);
        find_ends(&conn).unwrap();
        let mut statement = conn.prepare("SELECT last FROM sessions ORDER BY seq").unwrap();
        let found: Vec<Option<i64>> =
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(found, [ends[0].last, Some(7), None]);
    }

    #[test]
    fn parts_go_from_the_last_on() {
        let (_folder, conn) = store();
        let [mut end, other] = two_sessions(&conn, 3);
        while let Some(seq) = end.last {
            end.last = delete(&conn, seq).unwrap();
        }
        let left: u64 = conn.query_row("SELECT count(*) FROM parts", [], |row| row.get(0)).unwrap();
        assert_eq!((left, between(&conn, 2, other, 1, 3).len()), (3, 3));
    }
}
