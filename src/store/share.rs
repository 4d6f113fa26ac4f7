//! Files that come with many messages are kept once. A long one is cut out of the message's bytes
//! as they were sent, in its encoding, and kept under its SHA-256; what is left has the places
//! where such pieces belong. So the bytes come back exactly, and a message without a long file
//! pays nothing.

use std::io;
use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::pack::{self, Pack};
use super::{StoreError, read};

/// A piece of a message.
#[derive(Debug)]
pub struct Piece {
    /// Where it belongs in the message's bytes.
    at: usize,
    length: usize,
    hash: [u8; 32],
    pub packed: Vec<u8>,
}

/// A message without its long files, and these; all of it packed. `files` are in order and apart.
pub fn cut(raw: &[u8], files: &[Range<usize>], pack: &Pack) -> io::Result<(Vec<u8>, Vec<Piece>)> {
    let (mut rest, mut pieces, mut from) = (Vec::new(), Vec::new(), 0);
    for file in files {
        let bytes = &raw[file.clone()];
        rest.extend_from_slice(&raw[from..file.start]);
        from = file.end;
        let (at, length, hash) = (file.start, bytes.len(), Sha256::digest(bytes).into());
        pieces.push(Piece { at, length, hash, packed: pack.pack(bytes)? });
    }
    rest.extend_from_slice(&raw[from..]);
    Ok((pack.pack(&rest)?, pieces))
}

/// Writes a piece of a message, unless it is there already.
pub fn keep(conn: &Connection, message: u64, piece: &Piece) -> Result<(), StoreError> {
    let mut known = conn.prepare_cached("SELECT n FROM blobs WHERE hash = ?1")?;
    let n: Option<i64> = known.query_row([piece.hash], |row| row.get(0)).optional()?;
    let n = match n {
        Some(n) => n,
        None => {
            conn.prepare_cached("INSERT INTO blobs(hash, length, bytes) VALUES (?1, ?2, ?3)")?
                .execute(params![piece.hash, piece.length, piece.packed])?;
            conn.last_insert_rowid()
        }
    };
    conn.prepare_cached("INSERT INTO pieces VALUES (?1, ?2, ?3)")?
        .execute(params![message, piece.at, n])?;
    Ok(())
}

/// Deletes the pieces of a message that no other has; returns the bytes that sets free.
pub fn let_go(conn: &Connection, message: u64) -> Result<u64, StoreError> {
    let mut statement =
        conn.prepare_cached("DELETE FROM pieces WHERE message = ?1 RETURNING blob")?;
    let pieces = statement.query_map([message], |row| row.get(0))?;
    let mut freed = 0;
    for n in pieces.collect::<Result<Vec<i64>, _>>()? {
        let mut statement = conn.prepare_cached(
            "DELETE FROM blobs WHERE n = ?1 AND NOT EXISTS (SELECT 1 FROM pieces WHERE blob = ?1)
             RETURNING length(bytes)",
        )?;
        freed += statement.query_row([n], |row| row.get(0)).optional()?.unwrap_or(0);
    }
    Ok(freed)
}

/// The bytes of a message as they were sent.
pub fn whole(conn: &Connection, message: u64) -> Result<Vec<u8>, StoreError> {
    let rest = pack::unpack(&read::packed(conn, message)?)?;
    let mut statement = conn.prepare_cached(
        "SELECT p.at, b.length, b.bytes FROM pieces p JOIN blobs b ON b.n = p.blob
         WHERE p.message = ?1 ORDER BY p.at",
    )?;
    let mut rows = statement.query([message])?;
    let (mut raw, mut from) = (Vec::new(), 0_usize);
    while let Some(row) = rows.next()? {
        let (at, length): (usize, usize) = (row.get(0)?, row.get(1)?);
        let piece = pack::unpack(row.get_ref(2)?.as_blob()?)?;
        let before =
            at.checked_sub(raw.len()).and_then(|more| rest.get(from..from.saturating_add(more)));
        let Some(before) = before.filter(|_| piece.len() == length) else {
            return Err(StoreError::Failed("a piece of a message does not fit".into()));
        };
        raw.extend_from_slice(before);
        raw.extend_from_slice(&piece);
        from += before.len();
    }
    if raw.is_empty() {
        return Ok(rest);
    }
    raw.extend_from_slice(&rest[from..]);
    Ok(raw)
}

/// What is wrong with the pieces, a sentence each.
pub fn check(conn: &Connection, wrong: &mut Vec<String>) -> Result<(), StoreError> {
    let mut statement = conn.prepare("SELECT n, hash, length, bytes FROM blobs")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (n, length): (i64, usize) = (row.get(0)?, row.get(2)?);
        let hash: [u8; 32] = row.get(1)?;
        match pack::unpack(row.get_ref(3)?.as_blob()?) {
            Ok(bytes) if bytes.len() == length && Sha256::digest(&bytes)[..] == hash => {}
            Ok(_) => wrong.push(format!("file {n} is not what was sent")),
            Err(e) => wrong.push(format!("file {n} cannot be unpacked: {e}")),
        }
    }
    for (sql, what) in [
        ("SELECT count(*) FROM blobs WHERE n NOT IN (SELECT blob FROM pieces)", "of no message"),
        ("SELECT count(*) FROM pieces WHERE blob NOT IN (SELECT n FROM blobs)", "missing"),
        (
            "SELECT count(*) FROM pieces WHERE message NOT IN (SELECT seq FROM messages)",
            "of messages that are gone",
        ),
    ] {
        let count: u64 = conn.query_row(sql, [], |row| row.get(0))?;
        if count > 0 {
            wrong.push(format!("files {what}: {count}"));
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::schema::{self, Durability};

    fn raw(id: u64, file: &[u8]) -> (Vec<u8>, Vec<Range<usize>>) {
        let mut raw = format!("Subject: {id}\r\n\r\n--x\r\n\r\n").into_bytes();
        let mut files = Vec::new();
        for _ in 0..2 {
            files.push(raw.len()..raw.len() + file.len());
            raw.extend_from_slice(file);
            raw.extend_from_slice(format!("\r\n--x {id}\r\n").as_bytes());
        }
        (raw, files)
    }

    #[test]
    fn a_file_is_there_once_and_as_long_as_a_message_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let conn =
            schema::open_writer(&folder.path().join("store.db"), Durability::Process).unwrap();
        let count = |table: &str| -> u64 {
            conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
        };
        let file = [b'a'; 20_000];
        let mails: Vec<_> = (1..=3).map(|id| raw(id, &file)).collect();
        for (id, (raw, files)) in (1..).zip(&mails) {
            let (rest, pieces) = cut(raw, files, &Pack::default()).unwrap();
            conn.execute("INSERT INTO raws VALUES (?1, ?2)", params![id, rest]).unwrap();
            pieces.iter().for_each(|piece| keep(&conn, id, piece).unwrap());
        }
        assert_eq!((count("blobs"), count("pieces")), (1, 6));
        for (id, (raw, _)) in (1..).zip(&mails) {
            assert_eq!(&whole(&conn, id).unwrap(), raw);
        }
        assert_eq!((let_go(&conn, 1).unwrap(), let_go(&conn, 3).unwrap()), (0, 0));
        assert_eq!(whole(&conn, 2).unwrap(), mails[1].0);
        assert!(let_go(&conn, 2).unwrap() > 0);
        assert_eq!((count("blobs"), count("pieces")), (0, 0));
    }

    #[test]
    fn pieces_at_both_ends_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let conn =
            schema::open_writer(&folder.path().join("store.db"), Durability::Process).unwrap();
        let cases = [&[(0, 4)][..], &[(0, 1), (1, 2), (3, 4)], &[(2, 2)], &[]];
        for (id, places) in (1..).zip(cases) {
            let files: Vec<_> = places.iter().map(|(from, to)| *from..*to).collect();
            let (rest, pieces) = cut(b"abcd", &files, &Pack::default()).unwrap();
            conn.execute("INSERT INTO raws VALUES (?1, ?2)", params![id, rest]).unwrap();
            pieces.iter().for_each(|piece| keep(&conn, id, piece).unwrap());
            assert_eq!(whole(&conn, id).unwrap(), b"abcd", "{files:?}");
        }
    }
}
