//! A stored message as a search sees it: its bytes are read and parsed only if they are needed.

use std::cell::{Cell, OnceCell};

use rusqlite::Connection;

use crate::message::Content;
use crate::search::{Facts, SessionFacts, Source};
use crate::store::rows::Summary;
use crate::store::{Live, StoreError, read, share};

pub struct Candidate<'a> {
    pub seq: u64,
    facts: Facts,
    conn: &'a Connection,
    live: &'a Live,
    session: OnceCell<SessionFacts>,
    content: OnceCell<Content>,
    /// Its digest counts no defects.
    is_sound: bool,
    /// The first thing that could not be read.
    fault: Cell<Option<StoreError>>,
    has_aged: Cell<bool>,
}

impl<'a> Candidate<'a> {
    /// `None` when the message is gone.
    pub fn find(
        conn: &'a Connection,
        live: &'a Live,
        seq: u64,
    ) -> Result<Option<Candidate<'a>>, StoreError> {
        Ok(read::summary_at(conn, seq)?.map(|summary| Candidate::new(conn, live, summary)))
    }

    pub fn new(conn: &'a Connection, live: &'a Live, summary: Summary) -> Candidate<'a> {
        Candidate {
            seq: summary.seq,
            is_sound: summary.digest.defects == 0,
            facts: summary.into_facts(),
            conn,
            live,
            session: OnceCell::new(),
            content: OnceCell::new(),
            fault: Cell::new(None),
            has_aged: Cell::new(false),
        }
    }

    /// What is known already of the session that brought it.
    pub fn brought_by(&self, session: SessionFacts) {
        let _ = self.session.set(session);
    }

    /// What could not be read; then what was found of it is not worth anything.
    pub fn check(&self) -> Result<(), StoreError> {
        self.fault.take().map_or(Ok(()), Err)
    }

    /// Its session was asked for and has ended since the transaction began, so that nobody could
    /// tell what is known of it by now.
    pub fn has_aged(&self) -> bool {
        self.has_aged.get()
    }

    fn noted<T: Default>(&self, read: Result<T, StoreError>) -> T {
        read.unwrap_or_else(|e| {
            self.fault.set(Some(e));
            T::default()
        })
    }

    fn read_session(&self) -> Result<SessionFacts, StoreError> {
        let id = &self.facts.session;
        let info = if let Some(mut session) = read::session(self.conn, id)? {
            self.has_aged.set(!read::catch_up(self.conn, self.live, &mut session)?);
            Some(session.info)
        } else if let Some(info) = self.live.info(id) {
            // It is under way, and nobody has asked for its row.
            Some(info)
        } else {
            // It has ended meanwhile, or it was dropped.
            read::session(self.conn, id)?.map(|session| session.info)
        };
        let info = info.map(|info| SessionFacts { helo: info.helo, user: info.user });
        Ok(info.unwrap_or_default())
    }

    fn read_content(&self) -> Result<Content, StoreError> {
        Ok(Content::of(share::whole(self.conn, self.seq)?, self.is_sound))
    }
}

impl Source for Candidate<'_> {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn session(&self) -> &SessionFacts {
        self.session.get_or_init(|| self.noted(self.read_session()))
    }

    fn content(&self) -> &Content {
        self.content.get_or_init(|| self.noted(self.read_content()))
    }
}
