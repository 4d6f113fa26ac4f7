//! What came in behind a place of the feed, for who waits for mail: messages only, without the
//! sessions around them, so that waiting costs little while much comes in.

use rusqlite::{Connection, params};
use tokio::sync::watch;

use super::rows::Summary;
use super::{Store, StoreError, read};

/// Messages of one read, at most.
const BATCH: usize = 256;

/// Messages in the order in which they came or were changed.
pub struct Arrivals {
    pub messages: Vec<Summary>,
    /// Everything up to here was read.
    pub upto: u64,
}

impl Store {
    /// The number of the newest event, for who waits for the next one.
    pub fn newest(&self) -> watch::Receiver<u64> {
        self.shared.newest.clone()
    }

    /// Messages that came after `after`, and those that were changed since.
    pub async fn arrivals(&self, after: u64) -> Result<Arrivals, StoreError> {
        let newest = self.seq();
        self.shared.reader.read(move |conn| arrivals(conn, after, newest)).await
    }

    /// How many messages were deleted one by one after `after`, and whether inboxes were cleared.
    pub async fn removals(&self, after: u64) -> Result<(u64, bool), StoreError> {
        let read = move |conn: &Connection| {
            let sql = "SELECT count(*) FILTER (WHERE kind = 3), count(*) FILTER (WHERE kind = 4)
                       FROM events WHERE seq > ?1";
            let found = conn
                .prepare_cached(sql)?
                .query_row([after], |row| Ok((row.get::<_, u64>(0)?, row.get::<_, u64>(1)? > 0)))?;
            Ok(found)
        };
        self.shared.reader.read(read).await
    }
}

fn arrivals(conn: &Connection, after: u64, newest: u64) -> Result<Arrivals, StoreError> {
    let tx = conn.unchecked_transaction()?;
    let mut messages = read::summaries_after(&tx, after, BATCH)?;
    // No further than the feed has told: who enters looks that far by itself, and what lies between
    // the two would be nobody's.
    let upto = match messages.last() {
        Some(last) if messages.len() == BATCH => last.seq.min(newest),
        _ => newest,
    };
    messages.retain(|message| message.seq <= upto);
    let sql = "SELECT subject FROM events WHERE seq > ?1 AND seq <= ?2 AND kind = 2";
    let mut statement = tx.prepare_cached(sql)?;
    let changed = statement.query_map(params![after, upto], |row| row.get::<_, String>(0))?;
    for id in changed {
        messages.extend(read::summary(&tx, &id?)?);
    }
    Ok(Arrivals { messages, upto })
}
