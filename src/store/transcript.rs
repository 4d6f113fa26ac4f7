//! Putting a session's dialogue together from its parts: those in the store, and of an open
//! session the end that its connection holds.

use rusqlite::{Connection, OptionalExtension};

use super::live::join;
use super::{StoreError, pack, parts};

/// The parts of one transcript that are shown at most; of a longer one the first, those around
/// the message asked for (or the last), and how many were left out.
const SHOWN: usize = 64;

/// A dialogue as the store knows it: JSON entries it does not look into.
#[derive(Debug)]
pub struct Dialogue {
    pub session_id: String,
    /// A JSON array of entries.
    pub entries: String,
    /// Parts left out, each with about one message.
    pub elided_parts: u64,
}

/// What the store has of a transcript.
pub(super) struct Stored {
    /// JSON entries joined by commas.
    pub entries: String,
    pub elided_parts: u64,
    /// The session is closed, so there is no more of it anywhere.
    pub is_whole: bool,
}

/// Reads the stored parts, of an open session those up to `last` as its connection knew it: what was
/// committed later is in the tail that was looked at before. `around` is the message to keep in view. `None`: no such
/// session.
pub(super) fn read(
    conn: &Connection,
    session: &str,
    last: Option<Option<i64>>,
    around: Option<&str>,
) -> Result<Option<Stored>, StoreError> {
    let tx = conn.unchecked_transaction()?;
    let Some(row) = row(&tx, session)? else { return Ok(None) };
    let end = parts::end_at(&tx, row.last_known(&tx, last)?)?;
    let count = end.count as usize;
    let of_message = around.map(|message| parts::of_message(&tx, message)).transpose()?.flatten();
    let middle = of_message.map_or(count, |part| (part as usize - 1).min(count));
    let shown = window(count, middle);
    let mut entries = String::new();
    let mut add = |range| parts::read(&tx, row.seq, end, range, |part| append(&mut entries, part));
    if shown.start > 0 {
        add((1, 1))?;
    }
    if !shown.is_empty() {
        add((shown.start as u64 + 1, shown.end as u64))?;
    }
    if let Some(tail) = row.tail.filter(|_| shown.end == count) {
        append(&mut entries, tail)?;
    }
    let kept = shown.len() + usize::from(shown.start > 0);
    Ok(Some(Stored { entries, elided_parts: (count - kept) as u64, is_whole: row.is_closed }))
}

/// The ids of the messages that a session brought and that are still there, oldest first; of an
/// open one those up to the part `last` as its connection knew it.
pub(super) fn message_ids(
    conn: &Connection,
    session: &str,
    last: Option<Option<i64>>,
) -> Result<Vec<String>, StoreError> {
    let Some(row) = row(conn, session)? else { return Ok(Vec::new()) };
    parts::messages(conn, row.last_known(conn, last)?)
}

struct SessionRow {
    seq: u64,
    is_closed: bool,
    last: Option<i64>,
    tail: Option<Vec<u8>>,
}

impl SessionRow {
    /// The row of an open session does not tell its last part, its connection does; and of one
    /// whose end could not be written down nobody does.
    fn last_known(
        &self,
        conn: &Connection,
        live: Option<Option<i64>>,
    ) -> Result<Option<i64>, StoreError> {
        match live {
            _ if self.is_closed => Ok(self.last),
            Some(last) => Ok(last),
            None => parts::find_last(conn, self.seq),
        }
    }
}

fn row(conn: &Connection, session: &str) -> Result<Option<SessionRow>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT seq, closed_at IS NOT NULL, last, tail FROM sessions WHERE id = ?1",
    )?;
    let row = statement.query_row([session], |row| {
        let (seq, is_closed) = (row.get(0)?, row.get(1)?);
        Ok(SessionRow { seq, is_closed, last: row.get(2)?, tail: row.get(3)? })
    });
    Ok(row.optional()?)
}

fn append(entries: &mut String, part: Vec<u8>) -> Result<(), StoreError> {
    join(entries, &pack::unpack_if_packed(part)?);
    Ok(())
}

/// The run of parts to show, `SHOWN` at most, with `middle` in it.
fn window(parts: usize, middle: usize) -> std::ops::Range<usize> {
    if parts <= SHOWN {
        return 0..parts;
    }
    let start = middle.saturating_sub(SHOWN / 2).min(parts - SHOWN);
    start..start + SHOWN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_transcript_is_shown_whole_and_a_long_one_around_its_message() {
        assert_eq!(window(0, 0), 0..0);
        assert_eq!(window(64, 3), 0..64);
        assert_eq!(window(65, 65), 1..65);
        assert_eq!(window(1000, 0), 0..64);
        assert_eq!(window(1000, 500), 468..532);
        assert_eq!(window(1000, 1000), 936..1000);
    }
}
