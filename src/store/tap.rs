//! Messages handed to who waits for mail straight from the writer, after their commit: reading them
//! again from the file would cost more than keeping them did. Who is slow loses none: it is told
//! that something is missing, and reads from the file.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::Store;
use super::live::lock;
use super::rows::NewMessage;
use crate::search::Facts;

/// Commits that were not taken yet, at most.
const PENDING: usize = 64;

/// What one commit brought.
#[derive(Debug)]
pub struct Drawn {
    /// The number of its newest event.
    pub upto: u64,
    /// Each with its number.
    pub messages: Vec<(u64, Facts)>,
    /// There is more behind the last one than this: messages that were changed, or a commit that
    /// found no room.
    pub is_partial: bool,
}

/// One listens at a time.
#[derive(Default)]
pub(super) struct Tap {
    is_open: AtomicBool,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    sender: Option<mpsc::Sender<Drawn>>,
    has_lost: bool,
}

impl Tap {
    /// Whether anybody listens.
    pub fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    fn open(&self) -> mpsc::Receiver<Drawn> {
        let (sender, receiver) = mpsc::channel(PENDING);
        *lock(&self.inner) = Inner { sender: Some(sender), has_lost: false };
        self.is_open.store(true, Ordering::Release);
        receiver
    }

    /// Hands a commit over, if it is of interest.
    pub fn draw(&self, upto: u64, messages: Vec<(u64, Facts)>, has_changed: bool) {
        let mut inner = lock(&self.inner);
        if messages.is_empty() && !has_changed {
            return;
        }
        let is_partial = has_changed || inner.has_lost;
        let Some(sender) = &inner.sender else { return };
        match sender.try_send(Drawn { upto, messages, is_partial }) {
            Ok(()) => inner.has_lost = false,
            Err(TrySendError::Full(_)) => inner.has_lost = true,
            Err(TrySendError::Closed(_)) => {
                inner.sender = None;
                self.is_open.store(false, Ordering::Release);
            }
        }
    }

    /// Nothing comes any more.
    pub fn close(&self) {
        lock(&self.inner).sender = None;
    }
}

impl Store {
    /// Every message from now on, and the number of the newest event before it. Who listened before
    /// hears nothing more.
    pub fn tap(&self) -> (u64, mpsc::Receiver<Drawn>) {
        let receiver = self.shared.tap.open();
        // In this order: what is committed in between comes twice rather than not at all.
        (self.seq(), receiver)
    }
}

/// A new message as a search sees it.
pub(super) fn facts(message: NewMessage) -> Facts {
    Facts {
        id: message.id,
        inbox: message.inbox,
        session: message.session_id,
        via: message.via.to_owned(),
        received_at: message.received_at.0,
        size: message.size,
        read: false,
        starred: false,
        tags: Vec::new(),
        mail_from: message.envelope.from,
        rcpt: message.envelope.to,
        subject: message.digest.subject,
        from: message.digest.from,
        to: message.digest.to,
        cc: message.digest.cc,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn who_was_slow_is_told_that_something_is_missing() {
        let tap = Tap::default();
        tap.draw(1, vec![(1, Facts::default())], false);
        assert!(!tap.is_open());
        let mut receiver = tap.open();
        let last = PENDING as u64 + 2;
        (2..=last).for_each(|seq| tap.draw(seq, vec![(seq, Facts::default())], false));
        tap.draw(last + 1, Vec::new(), false);
        let taken: Vec<_> = std::iter::from_fn(|| receiver.try_recv().ok()).collect();
        assert_eq!((taken[0].upto, taken.len()), (2, PENDING));
        assert!(taken.iter().all(|drawn| !drawn.is_partial));
        tap.draw(last + 2, vec![(last + 2, Facts::default())], false);
        assert!(receiver.try_recv().unwrap().is_partial);
        tap.draw(last + 3, vec![(last + 3, Facts::default())], false);
        assert!(!receiver.try_recv().unwrap().is_partial);
        tap.draw(last + 4, Vec::new(), true);
        assert!(receiver.try_recv().unwrap().is_partial);
        drop(receiver);
        tap.draw(last + 5, vec![(last + 5, Facts::default())], false);
        assert!(!tap.is_open());
    }
}
