//! A transaction of the writer. What it does for each message and session is prepared once in it:
//! to ask the connection's cache anew for every row costs about as much as the row.

use std::cell::RefCell;
use std::ops::Deref;

use rusqlite::{CachedStatement, Connection, Params};

use super::StoreError;

/// The statements that ordinary mail needs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Often {
    Message,
    Raw,
    Part,
    Open,
    Close,
    /// Both of them.
    Session,
    Event,
    Count,
}

impl Often {
    const NUMBER: usize = 8;

    fn sql(self) -> &'static str {
        match self {
            Often::Message => {
                "INSERT INTO messages(seq, id, inbox, session, received_at, size, stored, via, envelope, digest)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
            }
            Often::Raw => "INSERT INTO raws VALUES (?1, ?2)",
            Often::Part => "INSERT INTO parts VALUES (?1, ?2, ?3, ?4, ?5)",
            Often::Open => "INSERT INTO sessions(seq, id, opened_at, info) VALUES (?1, ?2, ?3, ?4)",
            Often::Close => {
                "UPDATE sessions SET closed_at = ?2, bytes = ?3, tail = ?4, info = ?5, last = ?6
                 WHERE seq = ?1"
            }
            Often::Session => {
                "INSERT INTO sessions(seq, id, opened_at, closed_at, bytes, tail, info, last)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
            }
            Often::Event => "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5)",
            Often::Count => {
                "UPDATE inboxes SET messages = messages + ?2, unread = unread + ?3 WHERE n = ?1"
            }
        }
    }
}

/// The connection inside a transaction. It is begun and committed by who makes this.
pub(super) struct Tx<'c> {
    conn: &'c Connection,
    statements: [RefCell<Option<CachedStatement<'c>>>; Often::NUMBER],
}

impl<'c> Tx<'c> {
    pub fn new(conn: &'c Connection) -> Tx<'c> {
        Tx { conn, statements: Default::default() }
    }

    /// Executes one of the common statements.
    pub fn execute(&self, often: Often, params: impl Params) -> Result<(), StoreError> {
        let mut slot = self.statements[often as usize].borrow_mut();
        let statement = match &mut *slot {
            Some(statement) => statement,
            none => none.insert(self.conn.prepare_cached(often.sql())?),
        };
        statement.execute(params)?;
        Ok(())
    }
}

/// For what is done less often.
impl Deref for Tx<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.conn
    }
}
