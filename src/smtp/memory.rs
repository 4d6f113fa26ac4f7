//! A bound on the memory that half-received messages of all sessions have together, so that a
//! thousand clients with a large message each do not eat the machine.
//!
//! What an ordinary message needs is not counted: nothing is asked for on its way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Octets that each message may have without asking: more than most ever need.
const UNCOUNTED: u64 = 64 * 1024;

/// The memory that sessions share. A clone is the same memory.
#[derive(Debug, Clone)]
pub struct Memory(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    max: u64,
    taken: AtomicU64,
}

impl Memory {
    pub fn new(max: u64) -> Memory {
        Memory(Arc::new(Shared { max, taken: AtomicU64::new(0) }))
    }

    /// Octets that are taken now.
    pub fn taken(&self) -> u64 {
        self.0.taken.load(Ordering::Relaxed)
    }

    /// A share of nothing so far.
    pub(super) fn share(&self) -> Share {
        Share { memory: self.clone(), octets: 0 }
    }

    fn take(&self, octets: u64) -> bool {
        let taken = |taken: u64| taken.checked_add(octets).filter(|sum| *sum <= self.0.max);
        self.0.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).is_ok()
    }
}

impl PartialEq for Memory {
    fn eq(&self, other: &Memory) -> bool {
        self.0.max == other.0.max
    }
}

impl Eq for Memory {}

/// What one message has of it; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    memory: Memory,
    octets: u64,
}

impl Share {
    /// Makes the share large enough for a message that needs so much in all; false if there is no
    /// room for that.
    pub fn grow_to(&mut self, octets: u64) -> bool {
        let more = octets.saturating_sub(UNCOUNTED).saturating_sub(self.octets);
        let has_room = more == 0 || self.memory.take(more);
        if has_room {
            self.octets += more;
        }
        has_room
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.octets > 0 {
            self.memory.0.taken.fetch_sub(self.octets, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_at_the_bound() {
        let memory = Memory::new(100);
        let (mut one, mut two) = (memory.share(), memory.share());
        assert!(one.grow_to(UNCOUNTED) && two.grow_to(UNCOUNTED));
        assert_eq!(memory.taken(), 0);
        assert!(one.grow_to(UNCOUNTED + 60));
        assert!(two.grow_to(UNCOUNTED + 39));
        assert!(two.grow_to(UNCOUNTED + 40));
        assert!(!two.grow_to(UNCOUNTED + 41));
        assert!(two.grow_to(5), "a share does not shrink, and is enough for less");
        assert_eq!(memory.taken(), 100);
        drop(one);
        assert!(two.grow_to(UNCOUNTED + 100));
        assert!(!two.grow_to(u64::MAX));
        drop(two);
        assert_eq!(memory.taken(), 0);
    }
}
