//! Binding: an address as the user wrote it becomes one or two listening sockets.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpListener, lookup_host};

/// Tries for a port that is free for IPv4 and IPv6 alike.
const TRIES: usize = 20;

/// The sockets of one address. `localhost` means both loopback addresses, for some clients try
/// IPv6 first and do not go on; the first socket is the one to show.
pub async fn bind(address: &str) -> io::Result<Vec<TcpListener>> {
    match address.rsplit_once(':') {
        Some(("localhost", port)) => {
            let port = port.parse().map_err(|_| invalid("the port is not a number up to 65535"))?;
            bind_localhost(port).await
        }
        Some(_) => Ok(vec![TcpListener::bind(resolve(address).await?).await?]),
        None => Err(invalid("an address is HOST:PORT")),
    }
}

async fn resolve(address: &str) -> io::Result<SocketAddr> {
    if let Ok(address) = address.parse() {
        return Ok(address);
    }
    lookup_host(address).await?.next().ok_or_else(|| invalid("the name has no address"))
}

async fn bind_localhost(port: u16) -> io::Result<Vec<TcpListener>> {
    for _ in 0..TRIES {
        let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let taken = v4.local_addr()?.port();
        match TcpListener::bind((Ipv6Addr::LOCALHOST, taken)).await {
            Ok(v6) => return Ok(vec![v4, v6]),
            Err(e) if e.kind() != io::ErrorKind::AddrInUse => return Ok(vec![v4]), // no IPv6 here
            Err(e) if port != 0 => return Err(e),
            Err(_) => {}
        }
    }
    Err(io::Error::new(io::ErrorKind::AddrInUse, "no port is free for IPv4 and IPv6"))
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
