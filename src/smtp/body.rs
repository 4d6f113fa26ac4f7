//! The bytes of a message while they come in, within the bound on one message and the bound on
//! all of them. A message over either costs nothing more: its bytes are only counted.

use super::memory::{Memory, Share};

/// Room for a message of the common size, so that it is not moved while it grows.
const ROOM: usize = 8 * 1024;

/// Why a message is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is larger than a message may be.
    TooLarge,
    /// Others have the memory that it needs.
    NoRoom,
}

#[derive(Debug)]
pub(super) struct Body {
    raw: Vec<u8>,
    max_size: u64,
    /// Octets so far, also of those that are no longer kept.
    size: u64,
    /// What the envelope needs of the share.
    base: u64,
    share: Share,
    no_room: bool,
}

impl Body {
    /// `share` has room for the envelope already, which needs `base`.
    pub fn new(max_size: u64, base: u64, share: Share) -> Body {
        Body { raw: Vec::with_capacity(ROOM), max_size, size: 0, base, share, no_room: false }
    }

    pub fn unshared(max_size: u64) -> Body {
        Body::new(max_size, 0, Memory::new(u64::MAX).share())
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        if self.refusal().is_some() {
            // Answered once, after its end; until then it must not cost memory.
            self.give_up();
            return;
        }
        if self.raw.capacity() - self.raw.len() < bytes.len() && !self.make_room(bytes.len()) {
            self.no_room = true;
            self.give_up();
            return;
        }
        self.raw.extend_from_slice(bytes);
    }

    /// As a vector grows, but not beyond the largest message, and only if the share can.
    fn make_room(&mut self, more: usize) -> bool {
        let needed = self.raw.len() + more;
        let most = usize::try_from(self.max_size).unwrap_or(usize::MAX);
        let capacity = (self.raw.capacity() * 2).max(ROOM).min(most).max(needed);
        let has_room = self.share.grow_to(self.base + capacity as u64);
        if has_room {
            self.raw.reserve_exact(capacity - self.raw.len());
        }
        has_room
    }

    fn give_up(&mut self) {
        self.raw = Vec::new();
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    /// What is kept so far; nothing once the message is refused.
    pub fn kept(&self) -> &[u8] {
        &self.raw
    }

    pub fn refusal(&self) -> Option<Refusal> {
        if self.size > self.max_size {
            Some(Refusal::TooLarge)
        } else {
            self.no_room.then_some(Refusal::NoRoom)
        }
    }

    /// The message, and its share of the memory to be kept as long as the message is.
    pub fn finish(self) -> Result<(Vec<u8>, Share), Refusal> {
        match self.refusal() {
            None => Ok((self.raw, self.share)),
            Some(refusal) => Err(refusal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: usize = 1024;

    #[test]
    fn memory_stays_flat_over_the_bound_of_a_message() {
        let memory = Memory::new(u64::MAX);
        let mut body = Body::new(1024 * 1024, 0, memory.share());
        let mut most = 0;
        for _ in 0..4096 {
            body.push(&[b'x'; KIB]);
            most = most.max(body.raw.capacity());
        }
        assert_eq!(most, 1024 * 1024, "no more than the largest message");
        assert_eq!((body.raw.capacity(), body.size()), (0, 4 * 1024 * 1024));
        assert_eq!(body.finish().err(), Some(Refusal::TooLarge));
        assert_eq!(memory.taken(), 0);
    }

    #[test]
    fn two_messages_share_the_memory() {
        let memory = Memory::new(100 * KIB as u64);
        let mut one = Body::new(u64::MAX, 0, memory.share());
        let mut two = Body::new(u64::MAX, 0, memory.share());
        for _ in 0..128 {
            one.push(&[b'x'; KIB]);
        }
        for _ in 0..200 {
            two.push(&[b'x'; KIB]);
        }
        assert!(memory.taken() <= 100 * KIB as u64);
        assert_eq!(two.finish().err(), Some(Refusal::NoRoom));
        let (raw, share) = one.finish().unwrap_or_else(|_| unreachable!());
        assert_eq!(raw.len(), 128 * KIB);
        assert!(memory.taken() > 0);
        drop(share);
        assert_eq!(memory.taken(), 0);
    }
}
