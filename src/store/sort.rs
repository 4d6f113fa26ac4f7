//! Lists by size, sender or subject. No index is kept for them, since each would cost mail that comes
//! in: the newest messages of a list are sorted when somebody asks, and the answer says when there
//! are more. A cursor carries the whole place in the order and the newest message of the first page,
//! so that what comes or goes meanwhile neither repeats nor hides another.

use rusqlite::{Connection, OptionalExtension};

use super::find::Search;
use super::read::{ListQuery, MessagePage};
use super::{Store, StoreError};

/// The most messages that are sorted: the newest ones.
pub const MAX_SORTED: usize = 10_000;
/// Characters of a text that are compared.
const KEY: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Largest,
    Smallest,
    Sender,
    Subject,
}

/// By their names in the API.
pub const SORTS: [(&str, Sort); 4] = [
    ("largest", Sort::Largest),
    ("smallest", Sort::Smallest),
    ("sender", Sort::Sender),
    ("subject", Sort::Subject),
];

/// Where the next page begins: behind the message `seq` with this key, of those up to `newest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortCursor {
    newest: u64,
    seq: u64,
    key: String,
}

impl SortCursor {
    /// `NEWEST-SEQ-KEY`, the key in hexadecimal digits.
    pub fn parse(text: &str) -> Option<SortCursor> {
        let mut fields = text.splitn(3, '-');
        let number = |field: Option<&str>| field?.parse().ok().filter(|n| *n < i64::MAX as u64);
        let (newest, seq) = (number(fields.next())?, number(fields.next())?);
        let digits = fields.next()?.as_bytes();
        if digits.len() > KEY * 2 * 4 {
            return None;
        }
        let byte = |pair: &[u8]| {
            let digit = |at: usize| char::from(*pair.get(at)?).to_digit(16);
            u8::try_from(digit(0)? * 16 + digit(1)?).ok()
        };
        let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
        Some(SortCursor { newest, seq, key: String::from_utf8(bytes?).ok()? })
    }
}

impl std::fmt::Display for SortCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-", self.newest, self.seq)?;
        self.key.bytes().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A page in the order of a key. Its own `next` says nothing.
#[derive(Debug)]
pub struct SortedPage {
    pub page: MessagePage,
    pub next: Option<SortCursor>,
    /// There are older messages, which were not sorted.
    pub is_part: bool,
}

impl Store {
    /// A page of the newest `MAX_SORTED` messages that a list means, sorted. Equal ones run from the
    /// newest.
    pub async fn sorted(
        &self,
        list: ListQuery,
        sort: Sort,
        cursor: Option<SortCursor>,
    ) -> Result<SortedPage, StoreError> {
        self.search(list, move |search, list| page(search, list, sort, cursor.as_ref())).await
    }
}

fn page(
    search: &Search<'_>,
    list: &ListQuery,
    sort: Sort,
    from: Option<&SortCursor>,
) -> Result<SortedPage, StoreError> {
    let up_to = from.map(|cursor| cursor.newest + 1);
    let newest_ones = ListQuery { limit: MAX_SORTED, cursor: up_to, ..list.clone() };
    let found = super::find::seqs(search, &newest_ones)?;
    let mut places = Vec::with_capacity(found.seqs.len());
    for seq in found.seqs {
        if let Some(key) = key(search.conn(), sort, seq)? {
            places.push((key, std::cmp::Reverse(seq)));
        }
    }
    places.sort_unstable();
    let start = from.map_or(0, |cursor| {
        let last = (&cursor.key, std::cmp::Reverse(cursor.seq));
        places.partition_point(|(key, seq)| (key, *seq) <= last)
    });
    let rest = &places[start..];
    let shown = &rest[..rest.len().min(list.limit)];
    let newest = from.map_or(found.newest, |cursor| cursor.newest);
    let more = rest.len() > shown.len();
    let next = shown.last().filter(|_| more).map(|(key, seq)| SortCursor {
        newest,
        seq: seq.0,
        key: key.clone(),
    });
    let seqs: Vec<u64> = shown.iter().map(|(_, seq)| seq.0).collect();
    let page = search.told(&seqs)?;
    Ok(SortedPage { page, next, is_part: found.next.is_some() })
}

/// What a message is sorted by.
fn key(conn: &Connection, sort: Sort, seq: u64) -> Result<Option<String>, StoreError> {
    let column = match sort {
        Sort::Largest => "printf('%020d', 9223372036854775807 - size)",
        Sort::Smallest => "printf('%020d', size)",
        Sort::Sender => {
            "coalesce(nullif(digest ->> '$.from[0].name', ''),
                      nullif(digest ->> '$.from[0].address', ''), envelope ->> '$.from', '')"
        }
        Sort::Subject => "coalesce(digest ->> '$.subject', '')",
    };
    let mut statement =
        conn.prepare_cached(&format!("SELECT {column} FROM messages WHERE seq = ?1"))?;
    let key: Option<String> = statement.query_row([seq], |row| row.get(0)).optional()?;
    Ok(key.map(|key| key.trim().to_lowercase().chars().take(KEY).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        for key in ["", "a", "café - 4711", &"日".repeat(KEY)] {
            let cursor = SortCursor { newest: 12, seq: 7, key: key.to_owned() };
            assert_eq!(SortCursor::parse(&cursor.to_string()), Some(cursor));
        }
        for wrong in ["", "7", "7-", "7-7", "7-7-6", "7-7-zz", "7-7-ff", "-1-2-", "7-+-é"] {
            assert_eq!(SortCursor::parse(wrong), None, "{wrong}");
        }
    }
}
