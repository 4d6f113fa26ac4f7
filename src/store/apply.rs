//! What each write does to the tables, inside the writer's transaction, and the event it makes.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, params};
use serde::Serialize;

use super::feed::Kind;
use super::live::LiveSession;
use super::looks::Looks;
use super::parts::{self, End};
use super::rows::{Millis, NewMessage};
use super::totals::{Change, Totals};
use super::tx::{Often, Tx};
use super::write::{Begun, Held, Noted, Part};
use super::{StoreError, share};

/// Events that are kept for subscribers who come back.
const EVENTS_KEPT: u64 = 100_000;
/// How often old events are dropped, counted in events.
const EVENTS_STEP: u64 = 1_000;

/// State of the writer's transaction: the last `seq` given out, and counts that go out with it.
pub(super) struct Apply {
    pub seq: u64,
    totals: Arc<Totals>,
    pub change: Change,
    pub(super) inboxes: HashMap<String, i64>,
    /// Inboxes that were deleted since some were forgotten.
    pub(super) gone_inboxes: usize,
    open: HashMap<String, Open>,
    /// What to put back into `open` if the transaction fails, in order.
    undo: Vec<(String, Option<Open>)>,
    /// Change of (messages, unread) by inbox, in this transaction.
    counts: Counts,
    looks: Arc<Looks>,
    /// Counts that no transaction has written yet, and whether this one has.
    owed: Counts,
    is_paid: bool,
    /// Open sessions without a row.
    unwritten: usize,
}

type Counts = HashMap<i64, (i64, i64)>;

/// An open session, as the writer knows it.
#[derive(Default, Clone)]
pub(super) struct Open {
    pub seq: u64,
    /// What its row has to say, as long as it has none (`looks.rs`).
    begun: Option<Arc<Begun>>,
    /// Its transcript so far, and the bytes of it.
    pub end: End,
    bytes: u64,
    /// Its last session.updated; the next takes its place.
    updated: Option<u64>,
}

impl Apply {
    pub fn new(seq: u64, totals: Arc<Totals>, looks: Arc<Looks>) -> Apply {
        Apply {
            seq,
            totals,
            change: Change::default(),
            inboxes: HashMap::new(),
            gone_inboxes: 0,
            open: HashMap::new(),
            undo: Vec::new(),
            counts: HashMap::new(),
            looks,
            owed: HashMap::new(),
            is_paid: false,
            unwritten: 0,
        }
    }

    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Does `work` in one transaction that goes on from `seq`. After an error nothing is changed.
    pub fn transact<T>(
        &mut self,
        conn: &Connection,
        seq: u64,
        work: impl FnOnce(&mut Apply, &Tx) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.seq = seq;
        run(conn, "BEGIN IMMEDIATE")?;
        let tx = Tx::new(conn);
        let done = work(self, &tx)
            .and_then(|done| self.finish(&tx).map(|()| done))
            .and_then(|done| run(conn, "COMMIT").map(|()| done));
        match &done {
            Ok(_) => {
                self.undo.clear();
                self.totals.add(std::mem::take(&mut self.change));
                self.settle();
            }
            Err(_) => {
                let mut open = std::mem::take(&mut self.open);
                for (id, before) in self.undo.drain(..).rev() {
                    match before {
                        Some(before) => drop(open.insert(id, before)),
                        None => drop(open.remove(&id)),
                    }
                }
                let unwritten = open.values().filter(|open| open.begun.is_some()).count();
                let owed = std::mem::take(&mut self.owed);
                let new = Apply::new(seq, self.totals.clone(), self.looks.clone());
                *self = Apply { open, unwritten, owed, ..new };
                // Some errors have rolled back already.
                let _ = run(conn, "ROLLBACK");
            }
        }
        done
    }

    /// Writes what is owed, if somebody looks.
    fn finish(&mut self, tx: &Tx) -> Result<(), StoreError> {
        if self.counts.is_empty() && self.owed.is_empty() && self.unwritten == 0 {
            return Ok(());
        }
        self.looks.owe();
        if !self.looks.are_some() {
            return Ok(());
        }
        self.write_counts(tx)?;
        self.write_sessions(tx)
    }

    pub fn write_counts(&mut self, tx: &Tx) -> Result<(), StoreError> {
        let write = |(inbox, (messages, unread))| {
            tx.execute(Often::Count, params![inbox, messages, unread])
        };
        if !std::mem::replace(&mut self.is_paid, true) {
            self.owed.iter().map(|(inbox, counts)| (*inbox, *counts)).try_for_each(write)?;
        }
        self.counts.drain().try_for_each(write)
    }

    /// Writes the rows of open sessions that have none.
    pub fn write_sessions(&mut self, tx: &Tx) -> Result<(), StoreError> {
        if self.unwritten == 0 {
            return Ok(());
        }
        for (id, open) in &mut self.open {
            if let Some(begun) = &open.begun {
                tx.execute(Often::Open, params![open.seq, id, begun.at.0, json(&begun.info)?])?;
                self.undo.push((id.clone(), Some(open.clone())));
                open.begun = None;
            }
        }
        self.unwritten = 0;
        Ok(())
    }

    /// After the commit.
    fn settle(&mut self) {
        if std::mem::take(&mut self.is_paid) {
            self.owed.clear();
        }
        for (inbox, (messages, unread)) in self.counts.drain() {
            add(&mut self.owed, inbox, messages, unread);
        }
        if self.owed.is_empty() && self.unwritten == 0 {
            self.looks.paid();
        }
    }

    /// The number of the next change.
    fn next_seq(&mut self, conn: &Connection) -> Result<u64, StoreError> {
        self.seq += 1;
        if self.seq.is_multiple_of(EVENTS_STEP) && self.seq > EVENTS_KEPT {
            let from = self.seq - EVENTS_KEPT;
            conn.prepare_cached("DELETE FROM events WHERE seq < ?1")?.execute([from])?;
            conn.prepare_cached("UPDATE totals SET n = ?1 WHERE name = 'events_from'")?
                .execute([from])?;
        }
        Ok(self.seq)
    }

    /// A change that no other row tells.
    pub fn event(
        &mut self,
        tx: &Tx,
        kind: Kind,
        subject: Option<&str>,
        inbox: Option<i64>,
        bound: Option<u64>,
    ) -> Result<(), StoreError> {
        let seq = self.next_seq(tx)?;
        tx.execute(Often::Event, params![seq, kind, subject, inbox, bound])
    }

    pub fn inbox(&mut self, conn: &Connection, name: &str) -> Result<i64, StoreError> {
        if let Some(n) = self.inboxes.get(name) {
            return Ok(*n);
        }
        conn.prepare_cached("INSERT OR IGNORE INTO inboxes(name) VALUES (?1)")?.execute([name])?;
        let n = conn
            .prepare_cached("SELECT n FROM inboxes WHERE name = ?1")?
            .query_row([name], |row| row.get(0))?;
        // A cache, not the truth: a shared instance may see many names.
        if self.inboxes.len() >= 1000 {
            self.inboxes.clear();
        }
        self.inboxes.insert(name.to_owned(), n);
        Ok(n)
    }

    pub fn count(&mut self, inbox: i64, messages: i64, unread: i64) {
        add(&mut self.counts, inbox, messages, unread);
        self.change.messages += messages;
    }

    pub fn open(&mut self, tx: &Tx, id: &str, begun: &Arc<Begun>) -> Result<(), StoreError> {
        let seq = self.next_seq(tx)?;
        let mut open = Open { seq, ..Open::default() };
        if self.looks.are_some() {
            tx.execute(Often::Open, params![seq, id, begun.at.0, json(&begun.info)?])?;
        } else {
            open.begun = Some(begun.clone());
            self.unwritten += 1;
        }
        self.undo.push((id.to_owned(), None));
        self.open.insert(id.to_owned(), open);
        self.change.sessions += 1;
        Ok(())
    }

    pub fn deliver(
        &mut self,
        tx: &Tx,
        message: &NewMessage,
        held: Option<&Held>,
        part: Option<&Part>,
    ) -> Result<Noted, StoreError> {
        let inbox = self.inbox(tx, &message.inbox)?;
        let seq = self.next_seq(tx)?;
        let row = params![
            seq,
            message.id,
            inbox,
            message.session_id,
            message.received_at.0,
            message.size,
            message.packed.len(),
            message.via,
            json(&message.envelope)?,
            json(&message.digest)?,
        ];
        tx.execute(Often::Message, row)?;
        tx.execute(Often::Raw, params![seq, message.packed])?;
        message.pieces.iter().try_for_each(|piece| share::keep(tx, seq, piece))?;
        self.count(inbox, 1, 1);
        self.append_held(tx, &message.session_id, held)?;
        let Some(part) = part else { return Ok(None) };
        self.append(tx, &message.session_id, seq as i64, part)
    }

    /// Adds to a transcript what no message carries.
    pub fn note(
        &mut self,
        tx: &Tx,
        session: &str,
        held: Option<&Held>,
        part: &Part,
    ) -> Result<Noted, StoreError> {
        let seq = self.next_seq(tx)?;
        self.append_held(tx, session, held)?;
        self.append(tx, session, seq as i64, part)
    }

    fn append_held(
        &mut self,
        tx: &Tx,
        session: &str,
        held: Option<&Held>,
    ) -> Result<(), StoreError> {
        held.map_or(Ok(None), |held| self.append(tx, session, held.seq, &held.part)).map(drop)
    }

    /// Adds a part to a transcript. A session that was dropped meanwhile keeps no more.
    fn append(
        &mut self,
        tx: &Tx,
        session: &str,
        seq: i64,
        part: &Part,
    ) -> Result<Noted, StoreError> {
        let Some(open) = self.open_session(session) else { return Ok(None) };
        parts::append(tx, open.seq, &mut open.end, seq, &part.entries)?;
        open.bytes += part.entries.len() as u64;
        Ok(open.end.last)
    }

    /// Tells that an open session has gone on. Of several such events only the last is kept.
    pub fn touch(&mut self, tx: &Tx, session: &str) -> Result<(), StoreError> {
        let Some(open) = self.open_session(session) else { return Ok(()) };
        if let Some(before) = open.updated.take() {
            tx.prepare_cached("DELETE FROM events WHERE seq = ?1")?.execute([before])?;
        }
        self.event(tx, Kind::SessionUpdated, Some(session), None, None)?;
        let seq = self.seq;
        if let Some(open) = self.open.get_mut(session) {
            open.updated = Some(seq);
        }
        Ok(())
    }

    /// An open session, to be changed: `None` when it is not on record.
    fn open_session(&mut self, id: &str) -> Option<&mut Open> {
        let open = self.open.get_mut(id)?;
        self.undo.push((id.to_owned(), Some(open.clone())));
        Some(open)
    }

    /// A session is no longer open.
    pub fn forget(&mut self, id: &str) -> Option<Open> {
        let open = self.open.remove(id)?;
        self.undo.push((id.to_owned(), Some(open.clone())));
        Some(open)
    }

    pub fn close(
        &mut self,
        tx: &Tx,
        id: &str,
        at: Millis,
        live: &LiveSession,
        part: Option<&Part>,
    ) -> Result<(), StoreError> {
        let Some(open) = self.forget(id) else { return Ok(()) };
        let tail = part.map(|part| &part.entries);
        let bytes = open.bytes + tail.map_or(0, |tail| tail.len() as u64);
        let (info, last) = (json(&live.info)?, open.end.last.or(live.held()));
        match open.begun {
            None => tx.execute(Often::Close, params![open.seq, at.0, bytes, tail, info, last])?,
            Some(begun) => {
                let row = params![open.seq, id, begun.at.0, at.0, bytes, tail, info, last];
                tx.execute(Often::Session, row)?;
                self.unwritten -= 1;
            }
        }
        self.event(tx, Kind::SessionClosed, Some(id), None, None)?;
        self.change.session_bytes += bytes as i64;
        Ok(())
    }
}

fn add(counts: &mut Counts, inbox: i64, messages: i64, unread: i64) {
    let count = counts.entry(inbox).or_default();
    count.0 += messages;
    count.1 += unread;
}

/// Room is made once for what a column of the common size needs.
fn json(value: &impl Serialize) -> Result<String, StoreError> {
    let mut bytes = Vec::with_capacity(1024);
    serde_json::to_writer(&mut bytes, value)?;
    // JSON is text.
    String::from_utf8(bytes).map_err(|e| StoreError::Failed(e.to_string()))
}

/// A statement without parameters or rows.
fn run(conn: &Connection, sql: &str) -> Result<(), StoreError> {
    conn.prepare_cached(sql)?.execute([])?;
    Ok(())
}
