//! Changes to messages that somebody asked for: to one, to some by their ids, or to all that a query
//! means, in steps so short that mail coming in never waits long.

use rusqlite::{Connection, OptionalExtension, params};

use super::apply::Apply;
use super::feed::Kind;
use super::find::seqs;
use super::read;
use super::remove::Doomed;
use super::rows::{Patch, Summary};
use super::tx::Tx;
use super::write::{Answer, Write};
use super::{ListQuery, Store, StoreError};
use crate::search::Query;

/// Messages that one write changes or deletes.
const AT_ONCE: usize = 100;
/// Messages that a search gives at a time.
const FOUND_AT_ONCE: usize = 2_000;

/// Tags of a message: those over it are not added.
pub const MAX_TAGS: usize = 50;

/// Several messages.
#[derive(Debug)]
pub enum Which {
    Ids(Vec<String>),
    /// All that it means now.
    Query(Query),
}

impl Store {
    /// `None` when there is no such message.
    pub async fn patch(
        &self,
        id: String,
        patch: Patch,
    ) -> Result<Option<Box<Summary>>, StoreError> {
        self.ask(|answer| Write::Patch { id, patch, answer }).await
    }

    /// Changes several; returns how many messages.
    pub async fn change(&self, which: Which, patch: Patch) -> Result<u64, StoreError> {
        let write = |seqs, answer| Write::Change { seqs, patch: patch.clone(), answer };
        self.in_steps(which, write).await
    }

    /// Deletes several and tells each; returns how many messages.
    pub async fn remove(&self, which: Which) -> Result<u64, StoreError> {
        self.in_steps(which, |seqs, answer| Write::Remove { seqs, answer }).await
    }

    async fn in_steps(
        &self,
        which: Which,
        write: impl Fn(Vec<u64>, Answer<u64>) -> Write,
    ) -> Result<u64, StoreError> {
        match which {
            Which::Ids(ids) => {
                let all = self.shared.reader.read(move |conn| numbers(conn, &ids)).await?;
                let mut done = 0;
                for step in all.chunks(AT_ONCE) {
                    done += self.ask(|answer| write(step.to_vec(), answer)).await?;
                }
                Ok(done)
            }
            Which::Query(query) => self.of_query(query, write).await,
        }
    }

    async fn of_query(
        &self,
        query: Query,
        write: impl Fn(Vec<u64>, Answer<u64>) -> Write,
    ) -> Result<u64, StoreError> {
        let query = Some(query);
        let mut list =
            ListQuery { query, limit: FOUND_AT_ONCE, oldest_first: true, ..ListQuery::default() };
        let newest = self.shared.reader.read(read::newest_message).await?;
        let mut done = 0;
        loop {
            // What comes in meanwhile was not meant, so that the index need not be waited for again.
            let found = self.search_up_to(newest, list.clone(), seqs).await?;
            let meant: Vec<u64> = found.seqs.into_iter().filter(|seq| *seq <= newest).collect();
            for step in meant.chunks(AT_ONCE) {
                done += self.ask(|answer| write(step.to_vec(), answer)).await?;
            }
            match found.next {
                Some(next) if next < newest => list.cursor = Some(next),
                _ => return Ok(done),
            }
        }
    }
}

/// The numbers of those of the ids that are there.
fn numbers(conn: &Connection, ids: &[String]) -> Result<Vec<u64>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT seq FROM messages WHERE id = ?1")?;
    let find = |id: &String| statement.query_row([id], |row| row.get(0)).optional().transpose();
    Ok(ids.iter().filter_map(find).collect::<Result<_, _>>()?)
}

impl Apply {
    /// `None` when there is no such message.
    pub fn patch(
        &mut self,
        tx: &Tx,
        id: &str,
        patch: &Patch,
    ) -> Result<Option<Box<Summary>>, StoreError> {
        let Some(before) = Doomed::find(tx, id)? else { return Ok(None) };
        self.change(tx, &before, patch)?;
        Ok(read::summary(tx, id)?.map(Box::new))
    }

    /// Changes those that are still there, and tells each; returns how many that were.
    pub fn change_all(&mut self, tx: &Tx, seqs: &[u64], patch: &Patch) -> Result<u64, StoreError> {
        let mut changed = 0;
        for seq in seqs {
            if let Some(before) = Doomed::at(tx, *seq)? {
                self.change(tx, &before, patch)?;
                changed += 1;
            }
        }
        Ok(changed)
    }

    fn change(&mut self, tx: &Tx, before: &Doomed, patch: &Patch) -> Result<(), StoreError> {
        let tags = tags(tx, before.seq, patch)?;
        tx.prepare_cached(
            "UPDATE messages SET read = coalesce(?2, read), starred = coalesce(?3, starred),
             tags = coalesce(?4, tags) WHERE seq = ?1",
        )?
        .execute(params![before.seq, patch.read, patch.starred, tags])?;
        if let Some(read) = patch.read {
            self.count(before.inbox, 0, i64::from(before.read) - i64::from(read));
        }
        self.event(tx, Kind::MessageUpdated, Some(&before.id), Some(before.inbox), None)
    }
}

/// The tags of a message after a change, as JSON; `None` when they stay.
fn tags(conn: &Connection, seq: u64, patch: &Patch) -> Result<Option<String>, StoreError> {
    if patch.add_tags.is_empty() && patch.remove_tags.is_empty() {
        return Ok(patch.tags.as_ref().map(serde_json::to_string).transpose()?);
    }
    let mut tags = match &patch.tags {
        Some(tags) => tags.clone(),
        None => {
            let mut statement = conn.prepare_cached("SELECT tags FROM messages WHERE seq = ?1")?;
            let text: String = statement.query_row([seq], |row| row.get(0))?;
            serde_json::from_str(&text)?
        }
    };
    tags.retain(|tag| !patch.remove_tags.contains(tag));
    for tag in &patch.add_tags {
        if tags.len() < MAX_TAGS && !tags.contains(tag) {
            tags.push(tag.clone());
        }
    }
    Ok(Some(serde_json::to_string(&tags)?))
}
