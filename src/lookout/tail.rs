//! Reads what comes in, once for all who wait, and hands each message to those it may concern. It
//! runs while somebody waits. Who is slow to take it loses no mail: it is told to look again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OnceCell, mpsc};

use crate::expect::{Candidate, Expectation, Verdict};
use crate::message;
use crate::search::{Facts, SessionFacts, Source, fold_case};
use crate::store::{Drawn, Store, StoreError, Summary};

/// Messages that one who waits has not taken yet, at most.
const PENDING: usize = 32;

/// A message that is shared by all who look at it; its content is read once, by the first.
pub(super) struct Arrival {
    pub candidate: Arc<Candidate>,
    reading: OnceCell<()>,
}

impl Arrival {
    pub fn new(candidate: Candidate) -> Arrival {
        Arrival { candidate: Arc::new(candidate), reading: OnceCell::new() }
    }

    /// Reads the content. `false` when the message is gone.
    pub async fn read(&self, store: &Store) -> Result<bool, StoreError> {
        let read = || async {
            let Some(stored) = store.message(self.candidate.facts().id.clone()).await? else {
                return Ok(());
            };
            let content = match stored.raw.len() {
                0..LARGE => message::parse(&stored.raw).searched(),
                _ => tokio::task::spawn_blocking(move || {
                    message::parse(&stored.raw).searched().complete()
                })
                .await
                .map_err(|e| StoreError::Failed(e.to_string()))?,
            };
            let session = stored
                .session
                .map(|session| SessionFacts { helo: session.info.helo, user: session.info.user });
            self.candidate.set_content(session.unwrap_or_default(), content);
            Ok::<(), StoreError>(())
        };
        self.reading.get_or_try_init(read).await?;
        Ok(self.candidate.has_content())
    }
}

/// Messages over this are parsed where blocking is allowed.
const LARGE: usize = 256 * 1024;

#[derive(Clone)]
pub(super) struct Tails {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    entered: Mutex<Entered>,
}

#[derive(Default)]
struct Entered {
    next: u64,
    all: HashMap<u64, Entry>,
    /// Those that want a certain recipient, or else a certain inbox, or neither.
    by_recipient: HashMap<String, Vec<u64>>,
    by_inbox: HashMap<String, Vec<u64>>,
    others: Vec<u64>,
    is_running: bool,
}

struct Entry {
    expectation: Arc<Expectation>,
    sender: mpsc::Sender<Arc<Arrival>>,
    missed: Arc<AtomicBool>,
}

/// One who waits.
pub(super) struct Tail {
    number: u64,
    shared: Arc<Shared>,
    expectation: Arc<Expectation>,
    receiver: mpsc::Receiver<Arc<Arrival>>,
    missed: Arc<AtomicBool>,
}

impl Tails {
    pub fn new(store: Store) -> Tails {
        Tails { shared: Arc::new(Shared { store, entered: Mutex::default() }) }
    }

    /// From here on, every message that comes in and may be meant is handed over.
    pub fn enter(&self, expectation: Arc<Expectation>) -> Tail {
        let (sender, receiver) = mpsc::channel(PENDING);
        let missed = Arc::new(AtomicBool::new(false));
        let entry = Entry { expectation: expectation.clone(), sender, missed: missed.clone() };
        let mut entered = self.shared.lock();
        let number = entered.next;
        entered.next += 1;
        entered.place(&expectation).push(number);
        entered.all.insert(number, entry);
        if !std::mem::replace(&mut entered.is_running, true) {
            let (position, tap) = self.shared.store.tap();
            tokio::spawn(run(self.shared.clone(), position, tap));
        }
        drop(entered);
        Tail { number, shared: self.shared.clone(), expectation, receiver, missed }
    }
}

impl Entered {
    fn place(&mut self, expectation: &Expectation) -> &mut Vec<u64> {
        match (expectation.recipient(), expectation.inbox()) {
            (Some(to), _) => self.by_recipient.entry(to.to_owned()).or_default(),
            (None, Some(inbox)) => self.by_inbox.entry(inbox.to_owned()).or_default(),
            (None, None) => &mut self.others,
        }
    }

    fn leave(&mut self, number: u64, expectation: &Expectation) {
        self.all.remove(&number);
        let place = self.place(expectation);
        place.retain(|other| *other != number);
        if !place.is_empty() {
            return;
        }
        match (expectation.recipient(), expectation.inbox()) {
            (Some(to), _) => drop(self.by_recipient.remove(to)),
            (None, Some(inbox)) => drop(self.by_inbox.remove(inbox)),
            (None, None) => {}
        }
    }

    fn hand_over(&self, arrival: &Arc<Arrival>) {
        let candidate = &arrival.candidate;
        self.others.iter().for_each(|number| self.offer(*number, arrival));
        if !self.by_inbox.is_empty() {
            let of_inbox = self.by_inbox.get(&fold_case(&candidate.facts().inbox));
            of_inbox.into_iter().flatten().for_each(|number| self.offer(*number, arrival));
        }
        if !self.by_recipient.is_empty() {
            let mut numbers: Vec<u64> = candidate
                .recipients()
                .iter()
                .filter_map(|to| self.by_recipient.get(to))
                .flatten()
                .copied()
                .collect();
            numbers.sort_unstable();
            numbers.dedup();
            numbers.into_iter().for_each(|number| self.offer(number, arrival));
        }
    }

    /// Nobody is woken for a message that is not meant.
    fn offer(&self, number: u64, arrival: &Arc<Arrival>) {
        let Some(entry) = self.all.get(&number) else { return };
        if entry.expectation.verdict(&arrival.candidate) == Verdict::No {
            return;
        }
        if entry.sender.try_send(arrival.clone()).is_err() {
            entry.missed.store(true, Ordering::Release);
        }
    }
}

impl Shared {
    /// Whether nobody waits any more, or nobody may: then those who do are told.
    fn is_over(&self, is_ended: bool) -> bool {
        let mut entered = self.lock();
        let is_over = is_ended || entered.all.is_empty();
        if is_over {
            entered.is_running = false;
            entered.all.clear();
        }
        is_over
    }

    fn hand_over(&self, messages: impl IntoIterator<Item = (u64, Facts)>) {
        let arrival = |(seq, facts)| Arc::new(Arrival::new(Candidate::new(seq, facts)));
        // Built before the lock is taken.
        let arrivals: Vec<Arc<Arrival>> = messages.into_iter().map(arrival).collect();
        let entered = self.lock();
        arrivals.iter().for_each(|arrival| entered.hand_over(arrival));
    }

    /// Nothing that can panic is done while it is held.
    fn lock(&self) -> MutexGuard<'_, Entered> {
        self.entered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes what comes behind `position` until nobody waits any more.
async fn run(shared: Arc<Shared>, mut position: u64, mut tap: mpsc::Receiver<Drawn>) {
    loop {
        let drawn = tap.recv().await;
        if shared.is_over(drawn.is_none()) {
            return;
        }
        let Some(drawn) = drawn.filter(|drawn| drawn.upto > position) else { continue };
        if !drawn.is_partial {
            shared.hand_over(drawn.messages);
            position = drawn.upto;
            continue;
        }
        while position < drawn.upto {
            match shared.store.arrivals(position).await {
                Ok(arrivals) => {
                    let facts = |message: Summary| (message.seq, message.into_facts());
                    shared.hand_over(arrivals.messages.into_iter().map(facts));
                    position = arrivals.upto;
                }
                Err(e) => {
                    tracing::error!("what comes in cannot be read: {e}");
                    shared.is_over(true);
                    return;
                }
            }
        }
    }
}

impl Tail {
    /// `None` when nothing more can be read.
    pub async fn next(&mut self) -> Option<Arc<Arrival>> {
        self.receiver.recv().await
    }

    /// The next one, if it is there already.
    pub fn ready(&mut self) -> Option<Arc<Arrival>> {
        self.receiver.try_recv().ok()
    }

    /// Whether there was no room for a message since this was asked last.
    pub fn has_missed(&self) -> bool {
        self.missed.swap(false, Ordering::AcqRel)
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.shared.lock().leave(self.number, &self.expectation);
    }
}
