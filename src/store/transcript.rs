//! Putting a session's dialogue together from its parts: those in the store, and of an open
//! session the end that its connection holds.

use rusqlite::{Connection, OptionalExtension, params};

use super::live::join;
use super::{StoreError, pack};

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

/// Reads the stored parts, of an open session those up to `upto`: what was committed later is in
/// the tail that was looked at before. `around` is the message to keep in view. `None`: no such
/// session.
pub(super) fn read(
    conn: &Connection,
    session: &str,
    upto: Option<u64>,
    around: Option<&str>,
) -> Result<Option<Stored>, StoreError> {
    let tx = conn.unchecked_transaction()?;
    let found: Option<(u64, bool, Option<Vec<u8>>)> = tx
        .prepare_cached("SELECT seq, closed_at IS NOT NULL, tail FROM sessions WHERE id = ?1")?
        .query_row([session], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((seq, is_whole, tail)) = found else { return Ok(None) };
    let mut parts = part_numbers(&tx, seq)?;
    if let Some(upto) = upto.filter(|_| !is_whole) {
        parts.truncate(upto as usize);
    }
    let middle = match around {
        Some(message) => position(&tx, seq, message, &parts)?,
        None => parts.len(),
    };
    let shown = window(parts.len(), middle);
    let mut entries = String::new();
    for n in parts.iter().enumerate().filter(|(i, _)| *i == 0 || shown.contains(i)).map(|(_, n)| n)
    {
        let packed: Vec<u8> = tx
            .prepare_cached("SELECT entries FROM transcripts WHERE session = ?1 AND part = ?2")?
            .query_row(params![seq, n], |row| row.get(0))?;
        append(&mut entries, packed)?;
    }
    if let Some(tail) = tail.filter(|_| shown.end == parts.len()) {
        append(&mut entries, tail)?;
    }
    let kept = shown.len() + usize::from(!shown.is_empty() && shown.start > 0);
    Ok(Some(Stored { entries, elided_parts: (parts.len() - kept) as u64, is_whole }))
}

fn append(entries: &mut String, part: Vec<u8>) -> Result<(), StoreError> {
    join(entries, &pack::unpack_if_packed(part)?);
    Ok(())
}

fn part_numbers(conn: &Connection, session: u64) -> Result<Vec<i64>, StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT part FROM transcripts WHERE session = ?1 ORDER BY part")?;
    let numbers = statement.query_map([session], |row| row.get(0))?;
    Ok(numbers.collect::<Result<_, _>>()?)
}

fn position(
    conn: &Connection,
    session: u64,
    message: &str,
    parts: &[i64],
) -> Result<usize, StoreError> {
    let n: Option<i64> = conn
        .prepare_cached("SELECT part FROM transcripts WHERE session = ?1 AND message = ?2")?
        .query_row(params![session, message], |row| row.get(0))
        .optional()?;
    Ok(n.and_then(|n| parts.binary_search(&n).ok()).unwrap_or(parts.len()))
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
