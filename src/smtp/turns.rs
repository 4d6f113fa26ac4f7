//! Who may connect: a bound on connections in all, over every listener, and one for each address,
//! so that one client that opens too many does not keep others out.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The connections of all listeners. A clone counts the same.
#[derive(Debug, Clone)]
pub struct Turns(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    max: usize,
    max_per_address: usize,
    open: Mutex<Open>,
    turned_away: AtomicU64,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Which bound a connection has met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    All,
    Address,
}

/// One connection; over when it is dropped.
#[derive(Debug)]
pub struct Turn {
    turns: Turns,
    /// Nothing for one that counts in all only.
    address: Option<IpAddr>,
}

impl Turns {
    pub fn new(max: usize, max_per_address: usize) -> Turns {
        Turns(Arc::new(Shared {
            max,
            max_per_address,
            open: Mutex::default(),
            turned_away: AtomicU64::new(0),
        }))
    }

    pub fn take(&self, peer: IpAddr) -> Result<Turn, Full> {
        self.take_for(Some(network(peer)))
    }

    /// For a client that has no address, or none yet.
    pub fn take_unnamed(&self) -> Result<Turn, Full> {
        self.take_for(None)
    }

    fn take_for(&self, address: Option<IpAddr>) -> Result<Turn, Full> {
        let mut open = self.open();
        if open.all >= self.0.max {
            return Err(self.turn_away(Full::All));
        }
        if let Some(address) = address {
            open.add(address, self.0.max_per_address).map_err(|full| self.turn_away(full))?;
        }
        open.all += 1;
        drop(open);
        Ok(Turn { turns: self.clone(), address })
    }

    fn turn_away(&self, full: Full) -> Full {
        self.0.turned_away.fetch_add(1, Ordering::Relaxed);
        full
    }

    /// Clients that had no turn.
    pub fn turned_away(&self) -> u64 {
        self.0.turned_away.load(Ordering::Relaxed)
    }

    /// Connections that are open now.
    pub fn count(&self) -> usize {
        self.open().all
    }

    /// Counts stay right whatever happened to a task that held the lock.
    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn add(&mut self, address: IpAddr, max: usize) -> Result<(), Full> {
        let count = self.by_address.entry(address).or_default();
        if *count >= max {
            return Err(Full::Address);
        }
        *count += 1;
        Ok(())
    }
}

impl Turn {
    /// The address of the client is known now, from a proxy.
    pub fn name(&mut self, peer: IpAddr) -> Result<(), Full> {
        let address = network(peer);
        if self.address.is_none() {
            let added = self.turns.open().add(address, self.turns.0.max_per_address);
            added.map_err(|full| self.turns.turn_away(full))?;
            self.address = Some(address);
        }
        Ok(())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut open = self.turns.open();
        open.all -= 1;
        let Some(address) = self.address else { return };
        let count = open.by_address.get(&address).copied().unwrap_or_default();
        if count <= 1 {
            open.by_address.remove(&address);
        } else {
            open.by_address.insert(address, count - 1);
        }
    }
}

/// What counts as one address: of IPv6 the network, for every host has as many as it likes in it.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED))
    }

    #[test]
    fn both_bounds() {
        let turns = Turns::new(3, 2);
        let first = turns.take(ip("192.0.2.1"));
        let second = turns.take(ip("::ffff:192.0.2.1"));
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(turns.take(ip("192.0.2.1")).err(), Some(Full::Address));
        let other = turns.take(ip("192.0.2.2"));
        assert!(other.is_ok());
        assert_eq!(turns.take(ip("192.0.2.3")).err(), Some(Full::All));
        drop(second);
        assert_eq!(turns.count(), 2);
        assert!(turns.take(ip("192.0.2.1")).is_ok());
        drop((first, other));
        assert_eq!((turns.count(), turns.open().by_address.len()), (0, 0));
    }

    #[test]
    fn a_client_behind_a_proxy_counts_by_its_own_address() {
        let turns = Turns::new(10, 1);
        let turn = |from| {
            let mut turn = turns.take_unnamed();
            let named = turn.as_mut().map_err(|full| *full).and_then(|turn| turn.name(ip(from)));
            named.map(|()| turn)
        };
        let first = turn("192.0.2.1");
        assert!(first.is_ok());
        assert_eq!(turn("192.0.2.1").err(), Some(Full::Address));
        assert!(turn("192.0.2.2").is_ok());
        drop(first);
        assert!(turn("192.0.2.1").is_ok());
        assert_eq!((turns.count(), turns.open().by_address.len()), (0, 0));
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let turns = Turns::new(10, 1);
        let first = turns.take(ip("2001:db8::1"));
        assert!(first.is_ok());
        assert_eq!(turns.take(ip("2001:db8::ffff:2")).err(), Some(Full::Address));
        assert!(turns.take(ip("2001:db8:0:1::1")).is_ok());
    }
}
