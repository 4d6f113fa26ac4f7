//! Who reads: a few connections of their own, so that no reader waits for the writer, but for what a
//! temporary store has not written yet (`looks.rs`).

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::background::Background;
use super::health::Health;
use super::live::lock;
use super::looks::{Look, Looks};
use super::queue::Queue;
use super::{StoreError, index, schema};

/// Connections that read at the same time.
const READERS: usize = 4;

/// Runs reads away from the async threads; cheap to clone.
#[derive(Clone)]
pub struct Reader {
    path: Arc<PathBuf>,
    /// With the index that each was opened beside (`Index::era`).
    idle: Arc<Mutex<Vec<(u64, Connection)>>>,
    turns: Arc<Semaphore>,
    searches: Arc<Semaphore>,
    searchers: Background,
    health: Arc<Health>,
    looks: Arc<Looks>,
    writes: Arc<Queue>,
}

impl Reader {
    pub(super) fn new(
        path: PathBuf,
        health: Arc<Health>,
        looks: Arc<Looks>,
        writes: Arc<Queue>,
    ) -> Result<Reader, StoreError> {
        let searches = searches_at_once();
        Ok(Reader {
            health,
            looks,
            writes,
            path: Arc::new(path),
            idle: Arc::default(),
            turns: Arc::new(Semaphore::new(READERS)),
            searches: Arc::new(Semaphore::new(searches)),
            searchers: Background::start("store-search", searches)?,
        })
    }

    /// The same as [`Reader::read`] for who asks for sessions or for counts too: what of these is not
    /// written yet is written first.
    pub(super) async fn look<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let _look = self.begin_look().await;
        self.read(query).await
    }

    pub(super) async fn begin_look(&self) -> Look {
        let look = self.looks.begin();
        if self.looks.is_owed() {
            // A store that cannot be written can still be read.
            let _ = self.writes.settle().await;
        }
        look
    }

    /// Gives a connection to `query` on a thread that may block.
    pub(super) async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let _turn = self.turns.acquire().await.map_err(|_| StoreError::Closed)?;
        let work = tokio::task::spawn_blocking(self.work(0, query));
        let result = work.await.map_err(|e| StoreError::Failed(e.to_string()))?;
        if let Err(damage @ StoreError::Corrupt) = &result {
            self.health.damaged(damage);
        }
        result
    }

    /// The same for a search of the index of this era. It may take long: others wait in order, and
    /// never in the way of who only reads. What is damaged may be the index.
    pub(super) async fn search<T, F>(&self, era: u64, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let _search = self.searches.acquire().await.map_err(|_| StoreError::Closed)?;
        let _turn = self.turns.acquire().await.map_err(|_| StoreError::Closed)?;
        self.searchers.run(self.work(era, query)).await?
    }

    /// What is done on a thread that may block.
    fn work<T, F>(
        &self,
        era: u64,
        query: F,
    ) -> impl FnOnce() -> Result<T, StoreError> + Send + 'static
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (path, idle) = (self.path.clone(), self.idle.clone());
        move || {
            let kept = {
                let mut idle = lock(&idle);
                // These have an index open that is no more.
                idle.retain(|(of, _)| *of >= era);
                idle.pop()
            };
            let (era, conn) = match kept {
                Some(kept) => kept,
                None => {
                    let conn = schema::open_reader(&path)?;
                    index::attach_to(&conn, &path)?;
                    (era, conn)
                }
            };
            let result = query(&conn);
            lock(&idle).push((era, conn));
            result
        }
    }

    /// Waits for the reads under way and closes all connections. The writer's must be the last
    /// one to close: it can fold the log into the file, a reading one cannot.
    pub(super) async fn close(&self) {
        let all = self.turns.acquire_many(READERS as u32).await;
        lock(&self.idle).clear();
        self.turns.close();
        drop(all);
    }
}

/// Half the processors, so that searches leave mail the other half, and not all connections.
fn searches_at_once() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    (processors / 2).clamp(1, READERS - 1)
}
