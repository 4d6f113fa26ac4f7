//! Clients that are turned away before their session begins: at once, without costing more the more
//! of them there are, and with a session on record that says why.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::debug;

use super::connection::{LINGER, linger};
use super::house::House;
use super::reply::{self, Reply};
use super::turns::Full;
use super::{Counter, PostOffice, Session, Visit};
use crate::socket::{Peer, Stream};

/// Clients that are given time to read it. A socket that is closed at once with something unread
/// is reset, and the answer with it; beyond these that is the price.
const LINGERING: usize = 128;
/// Of a flood one client in this time is put on record, with the number of the others.
const RECORD_EVERY: Duration = Duration::from_secs(1);
/// Where TLS begins, words would be noise: a fatal alert, internal_error (RFC 8446, section 6).
const ALERT: &[u8] = &[21, 3, 3, 0, 2, 2, 80];

/// Turns clients over the bound on connections away.
#[derive(Debug, Clone)]
pub struct Farewell {
    places: Arc<Semaphore>,
    records: Arc<Mutex<Records>>,
}

#[derive(Debug, Default)]
struct Records {
    last: Option<Instant>,
    /// Clients since then.
    left_out: u64,
}

/// Which reply goes with which bound, and what the transcript says.
pub(super) fn words(full: Full) -> (Reply, &'static str) {
    match full {
        Full::All => (reply::TOO_MANY, "there are too many connections (--max-connections)"),
        Full::Address => (
            reply::TOO_MANY_OF_YOU,
            "there are too many connections from this address (--max-connections-per-address)",
        ),
    }
}

impl Farewell {
    pub fn new() -> Farewell {
        let places = Arc::new(Semaphore::new(LINGERING));
        Farewell { places, records: Arc::default() }
    }

    /// Says why, and closes; never waits.
    pub fn say<O: PostOffice>(&self, mut stream: Stream, peer: Peer, why: Full, house: &House<O>) {
        let (reply, why) = words(why);
        debug!("a client was turned away: {why}");
        // The buffer of a new socket has room for it.
        let is_written = stream.try_write(&house.last_words(&reply)).is_ok();
        let place = self.places.clone().try_acquire_owned().ok();
        let recorded = self.take_record(place.is_some());
        let Some(place) = place else { return };
        if recorded.is_none() && !is_written {
            return;
        }
        let house = recorded.is_some().then(|| house.clone());
        tokio::spawn(async move {
            if let Some((house, others)) = house.zip(recorded) {
                let visit = Visit::of(peer.to_string(), house.config.protocol);
                house.put_on_record(visit, reason(why, others), &reply).await;
            }
            // It may be gone already.
            let _ = timeout(LINGER, linger(&mut stream)).await;
            drop(place);
        });
    }

    /// Whether a client is put on record; then with how many since the last one were not.
    fn take_record(&self, has_place: bool) -> Option<u64> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if !has_place || records.last.is_some_and(|last| last.elapsed() < RECORD_EVERY) {
            records.left_out += 1;
            return None;
        }
        records.last = Some(Instant::now());
        Some(std::mem::take(&mut records.left_out))
    }
}

fn reason(why: &str, others: u64) -> String {
    match others {
        0 => why.to_owned(),
        1 => format!("{why}; 1 other client since the last on record was turned away, too"),
        _ => {
            format!("{why}; {others} other clients since the last on record were turned away, too")
        }
    }
}

impl<O: PostOffice> House<O> {
    /// A client that is turned away, in its own time.
    pub(super) async fn refuse<S>(&self, mut stream: S, visit: Visit, why: String, reply: &Reply)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.put_on_record(visit, why, reply).await;
        let farewell = async {
            stream.write_all(&self.last_words(reply)).await?;
            linger(&mut stream).await
        };
        // It may be gone already.
        let _ = timeout(LINGER, farewell).await;
    }

    fn last_words(&self, reply: &Reply) -> Vec<u8> {
        if self.door.implicit_tls {
            return ALERT.to_vec();
        }
        reply.lines(true).flat_map(|line| line.into_bytes().into_iter().chain(*b"\r\n")).collect()
    }

    /// A session that was over before it began.
    async fn put_on_record(&self, visit: Visit, why: String, reply: &Reply) {
        let counter = self.office.open(visit).await;
        let mut session = Session::new(self.config.clone());
        session.refused(why, (!self.door.implicit_tls).then_some(reply));
        let entries = session.take_entries();
        counter.close(session.info(), entries).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_flood_is_put_on_record() {
        let farewell = Farewell::new();
        assert_eq!(farewell.take_record(true), Some(0));
        for has_place in [true, false, true] {
            assert_eq!(farewell.take_record(has_place), None);
        }
        let before = Instant::now().checked_sub(RECORD_EVERY);
        farewell.records.lock().unwrap_or_else(PoisonError::into_inner).last = before;
        assert_eq!(farewell.take_record(true), Some(3));
        assert!(
            reason("full", 3)
                .ends_with("3 other clients since the last on record were turned away, too")
        );
    }
}
