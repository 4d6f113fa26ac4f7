//! Binding: an address as the user wrote it becomes one or two listening sockets.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpListener, lookup_host};

use crate::socket::{Listener, UNIX};

/// Tries for a port that is free for IPv4 and IPv6 alike.
const TRIES: usize = 20;

/// The sockets of one address. `localhost` means both loopback addresses, for some clients try
/// IPv6 first and do not go on; the first socket is the one to show.
pub async fn bind(address: &str) -> io::Result<Vec<Listener>> {
    if let Some(path) = address.strip_prefix(UNIX) {
        return Ok(vec![unix::bind(path)?]);
    }
    let listeners = match address.rsplit_once(':') {
        Some(("localhost", port)) => {
            let port = port.parse().map_err(|_| invalid("the port is not a number up to 65535"))?;
            bind_localhost(port).await?
        }
        Some(_) => vec![TcpListener::bind(resolve(address).await?).await?],
        None => return Err(invalid("an address is HOST:PORT or unix:PATH")),
    };
    Ok(listeners.into_iter().map(Listener::from).collect())
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

/// `PATH` or `PATH?mode=660`.
#[cfg(unix)]
mod unix {
    use std::fs::{self, Permissions};
    use std::io;
    use std::os::unix::fs::{FileTypeExt, PermissionsExt};
    use std::os::unix::net::UnixStream;
    use std::path::Path;

    use tokio::net::UnixListener;

    use super::invalid;
    use crate::socket::{Listener, SocketFile};

    pub fn bind(text: &str) -> io::Result<Listener> {
        let (path, mode) = match text.split_once("?mode=") {
            Some((path, digits)) => (path, Some(mode(digits)?)),
            None => (text, None),
        };
        if path.is_empty() {
            return Err(invalid("a Unix socket is unix:PATH or unix:PATH?mode=660"));
        }
        let path = std::path::absolute(path)?;
        clear(&path)?;
        let listener = UnixListener::bind(&path)?;
        let file = SocketFile::of(path.clone())?;
        if let Some(mode) = mode {
            fs::set_permissions(&path, Permissions::from_mode(mode))?;
        }
        Ok(Listener::Unix(listener, file))
    }

    fn mode(digits: &str) -> io::Result<u32> {
        let mode = u32::from_str_radix(digits, 8).ok().filter(|mode| *mode <= 0o777);
        mode.ok_or_else(|| invalid("the mode is three octal digits, as in unix:PATH?mode=660"))
    }

    /// Removes the socket that a server left which was killed. One that lives is not touched, nor
    /// is any other file.
    fn clear(path: &Path) -> io::Result<()> {
        let data = match fs::symlink_metadata(path) {
            Ok(data) => data,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(e),
        };
        let is_there = |what| io::Error::new(io::ErrorKind::AlreadyExists, what);
        if !data.file_type().is_socket() {
            return Err(is_there("a file is there that is no socket"));
        }
        match UnixStream::connect(path) {
            Ok(_) => Err(is_there("already in use: a server listens there")),
            Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
            Err(e) => Err(e),
        }
    }
}

#[cfg(not(unix))]
mod unix {
    use std::io;

    use crate::socket::Listener;

    pub fn bind(_path: &str) -> io::Result<Listener> {
        let reason = "there are no Unix sockets on this system; give HOST:PORT";
        Err(io::Error::new(io::ErrorKind::Unsupported, reason))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use tokio::net::TcpStream;

    use super::*;
    use crate::socket::Stream;

    #[tokio::test]
    async fn what_is_accepted_sends_small_writes_at_once() {
        for listener in bind("localhost:0").await.unwrap() {
            let address = listener.address().unwrap().tcp().unwrap();
            let (_client, accepted) =
                tokio::try_join!(TcpStream::connect(address), listener.accept()).unwrap();
            let (Stream::Tcp(stream), _) = accepted else { panic!("{accepted:?}") };
            assert!(stream.nodelay().unwrap());
        }
    }

    /// `TCP_QUICKACK` of a connection that the listener has accepted, told so or not.
    #[cfg(target_os = "linux")]
    async fn acknowledges_at_once(told: bool) -> bool {
        let listener = &bind("127.0.0.1:0").await.unwrap()[0];
        if told {
            listener.acknowledge_with_replies();
        }
        let address = listener.address().unwrap().tcp().unwrap();
        let (_client, accepted) =
            tokio::try_join!(TcpStream::connect(address), listener.accept()).unwrap();
        let (Stream::Tcp(stream), _) = accepted else { panic!("{accepted:?}") };
        rustix::net::sockopt::tcp_quickack(&stream).unwrap()
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn what_is_accepted_acknowledges_with_replies_where_asked() {
        assert!(acknowledges_at_once(false).await);
        assert!(!acknowledges_at_once(true).await);
    }
}
