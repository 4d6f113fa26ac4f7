//! The store: every message, session and event, in one SQLite file (docs/architecture.md).
//! [`Store`] is the handle that everybody holds; one task writes (`writer`), readers have
//! connections of their own (`read`), and who wants to know what happens subscribes (`feed`).

mod apply;
mod arrivals;
mod background;
mod change;
mod error;
mod feed;
mod find;
mod health;
pub mod id;
mod index;
mod live;
mod looks;
mod made;
mod offline;
mod pack;
mod parts;
mod place;
mod pulse;
mod queue;
mod read;
mod reader;
mod remove;
mod retention;
mod rows;
mod schema;
mod session;
mod share;
mod sort;
mod tap;
mod totals;
mod transcript;
#[cfg(test)]
mod trial;
mod tx;
mod upkeep;
mod values;
mod write;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

pub use arrivals::Arrivals;
pub use change::{MAX_TAGS, Which};
pub use error::StoreError;
pub use feed::{Change, Event, Subscription};
pub use health::Condition;
pub use live::Live;
pub use made::{MAX_MADE, Making};
pub use offline::{ClosedStore, Stats};
pub use read::{ListQuery, MessagePage, SessionPage};
pub use retention::Bounds;
pub use rows::{
    Dropped, Envelope, EnvelopeSummary, Inbox, Millis, NewMessage, Patch, Session, SessionInfo,
    StoredMessage, Summary, Usage,
};
pub use schema::Durability;
pub use session::OpenSession;
pub use share::Piece;
pub use sort::{MAX_SORTED, SORTS, Sort, SortCursor, SortedPage};
pub use tap::Drawn;
pub use transcript::Dialogue;

use health::Health;
use index::Index;
use live::lock;
use looks::Looks;
use made::Made;
use pack::Pack;
use place::Place;
use pulse::Pulse;
use queue::Queue;
use reader::Reader;
use tap::Tap;
use totals::Totals;
use write::{Answer, Write};
use writer::Equipment;

/// The handle of the store; cheap to clone.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    name: String,
    max_bytes: u64,
    writes: Arc<Queue>,
    totals: Arc<Totals>,
    newest: watch::Receiver<u64>,
    reader: Reader,
    index: Index,
    live: Live,
    made: Arc<Made>,
    health: Arc<Health>,
    pulse: Pulse,
    looks: Arc<Looks>,
    tap: Arc<Tap>,
    pack: Pack,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// Last, so that the file goes after everything that uses it.
    place: Mutex<Option<Place>>,
    path: Option<PathBuf>,
}

impl Store {
    /// Opens the store at `path`.
    pub fn open(path: &Path, durability: Durability, bounds: Bounds) -> Result<Store, StoreError> {
        Store::at(Place::at(path)?, durability, bounds)
    }

    /// Opens a temporary store, which goes when it is closed.
    pub fn open_temporary(bounds: Bounds) -> Result<Store, StoreError> {
        Store::at(Place::temporary()?, Durability::None, bounds)
    }

    fn at(place: Place, durability: Durability, bounds: Bounds) -> Result<Store, StoreError> {
        let path = place.kept();
        let conn = schema::open_writer(place.file(), durability)?;
        session::end_orphans(&conn)?;
        let sql = "SELECT value FROM meta WHERE name = 'store'";
        let name: String = conn.query_row(sql, [], |row| row.get(0))?;
        let (live, health) = (Live::default(), Arc::new(Health::default()));
        let made = Arc::new(Made::load(&conn)?);
        let (newest, receiver) = watch::channel(0);
        let max_bytes = bounds.max_bytes;
        let totals = Arc::new(Totals::count(&conn)?);
        let (writes, tap) = (Queue::new(), Arc::new(Tap::default()));
        let looks = Looks::new(durability);
        let file = place.file().to_owned();
        let reader = Reader::new(file, health.clone(), looks.clone(), writes.clone())?;
        let index = Index::start(
            place.file(),
            &name,
            durability,
            live.clone(),
            totals.clone(),
            receiver.clone(),
        )?;
        let equipment = Equipment {
            totals: totals.clone(),
            queue: writes.clone(),
            live: live.clone(),
            made: made.clone(),
            health: health.clone(),
            tap: tap.clone(),
            looks: looks.clone(),
            newest,
        };
        let writer = writer::spawn(conn, durability, bounds, equipment)?;
        Ok(Store {
            shared: Arc::new(Shared {
                name,
                max_bytes,
                writes,
                totals,
                newest: receiver,
                reader,
                index,
                live,
                made,
                health,
                pulse: Pulse::default(),
                looks,
                tap,
                pack: Pack::default(),
                writer: Mutex::new(Some(writer)),
                place: Mutex::new(Some(place)),
                path,
            }),
        })
    }

    /// Writes what is queued, folds the log into the file and lets go of it. A temporary store is
    /// deleted. Everything after that is [`StoreError::Closed`].
    pub async fn close(&self) {
        self.shared.reader.close().await;
        // The writer goes last: only who can write folds the log into the file when it is the last
        // to leave.
        let shared = self.shared.clone();
        let stopping = tokio::task::spawn_blocking(move || shared.index.stop());
        let ending = stopping.await.ok().flatten();
        self.shared.writes.close();
        let writer = lock(&self.shared.writer).take();
        if let Some(writer) = writer {
            let _ = writer.await;
        }
        let shared = self.shared.clone();
        let closing = tokio::task::spawn_blocking(move || {
            if let Some(Err(e)) = ending.map(|ending| ending.finish(&shared.totals)) {
                tracing::warn!("the search index could not be folded into its file: {e}");
            }
            lock(&shared.place).take()
        });
        let _ = closing.await;
    }

    /// The name of this store, other for every store ever made.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Where the store is kept; `None` for a temporary one.
    pub fn path(&self) -> Option<&Path> {
        self.shared.path.as_deref()
    }

    /// Whether the writing task is there to take mail.
    pub fn is_writing(&self) -> bool {
        !self.shared.writes.is_closed()
    }

    /// Whether the store works, and what was dropped; for who wants to know when that changes.
    pub fn condition(&self) -> watch::Receiver<Condition> {
        self.shared.health.watch()
    }

    /// The newest event's number.
    pub fn seq(&self) -> u64 {
        *self.shared.newest.borrow()
    }

    /// Starts a session.
    pub async fn open_session(&self, info: SessionInfo) -> OpenSession {
        OpenSession::start(self.clone(), info).await
    }

    /// Events after `after` (from now on: `None`), of one inbox or of all.
    pub fn subscribe(&self, after: Option<u64>, inbox: Option<String>) -> Subscription {
        let shared = &self.shared;
        Subscription::new(
            shared.reader.clone(),
            shared.live.clone(),
            shared.newest.clone(),
            after,
            inbox,
            shared.pulse.audience(),
            shared.looks.begin(),
        )
    }

    pub async fn messages(&self, list: ListQuery) -> Result<MessagePage, StoreError> {
        match list.query.is_some() {
            true => self.found(list).await,
            false => self.shared.reader.look(move |conn| read::list(conn, &list)).await,
        }
    }

    pub async fn message(&self, id: String) -> Result<Option<StoredMessage>, StoreError> {
        let live = self.shared.live.clone();
        let read = move |conn: &_| {
            let mut message = read::message(conn, &id)?;
            if let Some(session) = message.as_mut().and_then(|message| message.session.as_mut()) {
                read::catch_up(conn, &live, session)?;
            }
            Ok(message)
        };
        self.shared.reader.look(read).await
    }

    /// Of one inbox: those that brought mail into it.
    pub async fn sessions(
        &self,
        limit: usize,
        cursor: Option<u64>,
        inbox: Option<String>,
    ) -> Result<SessionPage, StoreError> {
        let total = self.shared.totals.sessions();
        let live = self.shared.live.clone();
        let read = move |conn: &_| {
            let mut page = read::sessions(conn, limit, cursor, inbox.as_deref(), total)?;
            page.sessions.iter_mut().try_for_each(|s| read::catch_up(conn, &live, s).map(drop))?;
            Ok(page)
        };
        self.shared.reader.look(read).await
    }

    /// A session and the ids of its messages.
    pub async fn session(&self, id: String) -> Result<Option<(Session, Vec<String>)>, StoreError> {
        let (last, live) = (self.shared.live.last(&id), self.shared.live.clone());
        let read = move |conn: &_| {
            let Some(mut session) = read::session(conn, &id)? else { return Ok(None) };
            read::catch_up(conn, &live, &mut session)?;
            Ok(Some((session, transcript::message_ids(conn, &id, last)?)))
        };
        self.shared.reader.look(read).await
    }

    /// The dialogue of a session, around one of its messages when it is very long.
    pub async fn dialogue(
        &self,
        session_id: String,
        around: Option<String>,
    ) -> Result<Option<Dialogue>, StoreError> {
        // The end that is not committed yet is looked at first, so that what moves from there into
        // the store meanwhile is not missed.
        let tail = self.shared.live.tail(&session_id);
        let (id, last) = (session_id.clone(), tail.as_ref().map(|tail| tail.last));
        let read = self
            .shared
            .reader
            .look(move |conn| transcript::read(conn, &id, last, around.as_deref()))
            .await?;
        Ok(read.map(|stored| {
            let mut entries = stored.entries;
            if let Some(tail) = tail.filter(|_| !stored.is_whole) {
                live::join(&mut entries, &tail.entries);
            }
            let entries = format!("[{entries}]");
            Dialogue { session_id, entries, elided_parts: stored.elided_parts }
        }))
    }

    pub async fn usage(&self) -> Result<Usage, StoreError> {
        let (max_bytes, totals) = (self.shared.max_bytes, &self.shared.totals);
        let (sessions, index) = (totals.sessions(), totals.index_bytes());
        self.shared.reader.look(move |conn| read::usage(conn, max_bytes, sessions, index)).await
    }

    /// Whether there was such a message.
    pub async fn delete(&self, id: String) -> Result<bool, StoreError> {
        self.ask(|answer| Write::Delete { id, answer }).await
    }

    /// Deletes all messages, or all of one inbox; returns how many.
    pub async fn clear(&self, inbox: Option<String>) -> Result<u64, StoreError> {
        self.ask(|answer| Write::Clear { inbox, answer }).await
    }

    async fn ask<T>(&self, write: impl FnOnce(Answer<T>) -> Write) -> Result<T, StoreError> {
        let (sender, answer) = oneshot::channel();
        self.shared.writes.push(write(Some(sender))).await?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}
