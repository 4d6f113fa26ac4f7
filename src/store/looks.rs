//! Who looks, and what is owed to them. The row of an open session and the counts of inboxes tell
//! nobody anything until somebody reads them, so a temporary store writes them when that happens:
//! most sessions are over by then, and are one row that is written once. A store that is kept must
//! have them after a crash, so it writes them at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::schema::Durability;

pub(super) struct Looks {
    under_way: AtomicUsize,
    is_owed: AtomicBool,
    is_kept: bool,
}

/// Somebody looks until this is dropped: what is committed meanwhile has everything.
pub(super) struct Look(Arc<Looks>);

impl Looks {
    pub fn new(durability: Durability) -> Arc<Looks> {
        let is_kept = durability != Durability::None;
        Arc::new(Looks { under_way: AtomicUsize::new(0), is_owed: AtomicBool::new(false), is_kept })
    }

    /// What was committed before may lack something, if [`Looks::is_owed`] says so after this.
    pub fn begin(self: &Arc<Looks>) -> Look {
        // In one order with `owe` and `are_some`: either who looks sees that something is owed, or
        // the writer sees that somebody looks.
        self.under_way.fetch_add(1, Ordering::SeqCst);
        Look(self.clone())
    }

    /// Whether everything has to be written now.
    pub fn are_some(&self) -> bool {
        self.is_kept || self.under_way.load(Ordering::SeqCst) > 0
    }

    /// The store is there after this process, so that everything is written at once.
    pub fn is_kept(&self) -> bool {
        self.is_kept
    }

    pub fn is_owed(&self) -> bool {
        self.is_owed.load(Ordering::SeqCst)
    }

    /// Something is going to be left out, unless somebody looks: the writer asks after this.
    pub fn owe(&self) {
        // It alone sets it.
        if !self.is_kept && !self.is_owed.load(Ordering::Relaxed) {
            self.is_owed.store(true, Ordering::SeqCst);
        }
    }

    /// Everything is written, and committed.
    pub fn paid(&self) {
        if self.is_owed.load(Ordering::Relaxed) {
            self.is_owed.store(false, Ordering::SeqCst);
        }
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rusqlite::Connection;

    use super::super::apply::Apply;
    use super::super::live::Live;
    use super::super::rows::{Millis, SessionInfo};
    use super::super::schema::open_writer;
    use super::super::totals::Totals;
    use super::super::trial::{self, BOUNDS};
    use super::super::tx::Tx;
    use super::super::write::Begun;
    use super::super::{Change, ListQuery, OpenSession, Store, StoreError};
    use super::*;
    use crate::search::{Context, Query};

    /// A session of `user` that has brought a message and goes on.
    async fn open(store: &Store, user: &str) -> OpenSession {
        let mut session = trial::open(store).await;
        session.record(&[(); 0], |(), _| Ok(()), |known| known.user = Some(user.to_owned()));
        trial::bring(&mut session, "hello").await.unwrap();
        session
    }

    async fn end(store: &Store, session: OpenSession) {
        session.close().await;
        store.settle().await.unwrap();
    }

    /// Rows of sessions, and messages by the counts of inboxes, as they are in the file.
    async fn written(store: &Store) -> (u64, u64) {
        let count = |conn: &Connection| -> Result<(u64, u64), StoreError> {
            let sql = "SELECT (SELECT count(*) FROM sessions), (SELECT sum(messages) FROM inboxes)";
            Ok(conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
        };
        store.shared.reader.read(count).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_nobody_looks_at_is_written_when_somebody_does() {
        let store = Store::open_temporary(BOUNDS).unwrap();
        let first = open(&store, "ann").await;
        let over = open(&store, "bob").await;
        let id = over.id().to_owned();
        end(&store, over).await;
        assert_eq!(written(&store).await, (1, 0), "the one that is over");
        let (over, messages) = store.session(id).await.unwrap().unwrap();
        assert!(over.closed_at >= Some(over.opened_at) && messages.len() == 1, "{over:?}");
        assert_eq!(over.info.client, "127.0.0.1:40000");
        assert_eq!(written(&store).await, (2, 2));

        let page = store.sessions(10, None, None).await.unwrap();
        assert_eq!((page.total, page.sessions.len()), (2, 2));
        assert_eq!(page.sessions[1].id, first.id());
        // It has a row by now, which is changed at its end.
        end(&store, first).await;
        let third = open(&store, "cid").await;
        assert_eq!(written(&store).await, (2, 2));
        let list = store.messages(ListQuery { limit: 1, ..ListQuery::default() }).await.unwrap();
        assert_eq!((list.total, list.unread), (3, 3));
        assert_eq!(store.inboxes().await.unwrap()[0].messages, 3);
        end(&store, third).await;
        let page = store.sessions(10, None, None).await.unwrap();
        assert_eq!(page.sessions.iter().filter(|s| s.closed_at.is_some()).count(), 3);
        store.close().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_listens_hears_of_sessions_that_began_before() {
        let store = Store::open_temporary(BOUNDS).unwrap();
        let session = open(&store, "ann").await;
        assert_eq!(written(&store).await, (0, 0));
        let mut feed = store.subscribe(Some(0), None);
        let events = feed.next().await.unwrap().unwrap();
        let Change::SessionOpened { session: told } = &events[0].change else {
            panic!("{events:?}")
        };
        assert_eq!((told.id.as_str(), told.info.user.as_deref()), (session.id(), Some("ann")));
        assert!(matches!(&events[1].change, Change::MessageAdded { .. }), "{events:?}");
        // Now everything is written at once.
        let other = open(&store, "bob").await;
        assert_eq!(written(&store).await, (2, 2));
        drop(feed);
        end(&store, other).await;
        end(&store, session).await;
        let _unseen = open(&store, "cid").await;
        assert_eq!(written(&store).await, (2, 2));
        store.close().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_search_knows_the_user_of_a_session_that_nobody_has_looked_at() {
        let store = Store::open_temporary(BOUNDS).unwrap();
        let session = open(&store, "ann").await;
        let found = async |text| {
            let query = Query::parse(text, &Context::at(0)).unwrap();
            let list = ListQuery { limit: 9, query: Some(query), ..ListQuery::default() };
            store.messages(list).await.unwrap().messages.len()
        };
        // The index asks for it while it has no row.
        assert_eq!(found("subject:hello").await, 1);
        assert_eq!(written(&store).await, (0, 0));
        assert_eq!(found("user:ann").await, 1);
        assert_eq!(found("user:bob").await, 0);
        end(&store, session).await;
        assert_eq!(found("user:ann").await, 1);
        store.close().await;
    }

    #[test]
    fn a_transaction_that_fails_leaves_everything_owed_that_was() {
        let folder = tempfile::tempdir().unwrap();
        let conn = open_writer(&folder.path().join("mail.db"), Durability::None).unwrap();
        let looks = Looks::new(Durability::None);
        let mut apply = Apply::new(0, Arc::new(Totals::count(&conn).unwrap()), looks.clone());
        let mut at = |seq, work: &dyn Fn(&mut Apply, &Tx) -> Result<(), StoreError>| {
            apply.transact(&conn, seq, |apply, tx| work(apply, tx)).is_ok()
        };
        let rows = || -> (u64, u64, u64) {
            let sql = "SELECT (SELECT count(*) FROM sessions), (SELECT count(closed_at) FROM sessions), (SELECT sum(messages) FROM inboxes)";
            conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
        };
        let info = SessionInfo::open("127.0.0.1:40000".into(), "smtp");
        let begun = Arc::new(Begun { at: Millis(0), info: info.clone() });
        let live = Live::default().open("a", info);
        let mail = |apply: &mut Apply, tx: &Tx| {
            let inbox = apply.inbox(tx, "default")?;
            apply.count(inbox, 1, 1);
            Ok(())
        };
        let fails = |apply: &mut Apply, tx: &Tx| {
            apply.close(tx, "a", Millis(1), &live.lock(), None)?;
            apply.open(tx, "b", &begun)?;
            mail(apply, tx)?;
            apply.write_counts(tx)?;
            apply.write_sessions(tx)?;
            Err(StoreError::Full)
        };
        assert!(at(0, &|apply, tx| {
            apply.open(tx, "a", &begun)?;
            mail(apply, tx)
        }));
        assert!(!at(1, &fails) && looks.is_owed());
        let look = looks.begin();
        assert!(!at(1, &fails) && looks.is_owed());
        assert_eq!(rows(), (0, 0, 0));
        assert!(at(1, &mail) && !looks.is_owed());
        assert_eq!(rows(), (1, 0, 2));
        drop(look);

        // Its end could not be written, nor has it a row.
        assert!(at(1, &|apply, tx| apply.open(tx, "b", &begun)));
        assert_eq!(rows(), (1, 0, 2));
        assert!(at(2, &|apply, tx| apply.end_lost(tx, &["a".to_owned()], Millis(2))));
        assert_eq!(rows(), (2, 1, 2));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_store_that_is_kept_owes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mail.db");
        let store = Store::open(&path, Durability::Process, BOUNDS).unwrap();
        let _session = open(&store, "ann").await;
        assert_eq!(written(&store).await, (1, 1));
        store.close().await;
    }
}
