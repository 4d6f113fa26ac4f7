//! Where a server listens, and what it accepts there: TCP, or a Unix socket where there are such.

use std::fmt;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

use serde::{Serialize, Serializer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};
use tracing::debug;

/// What stands before the path of a Unix socket.
pub const UNIX: &str = "unix:";

/// Where one can connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl Address {
    pub fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Address::Tcp(address) => Some(*address),
            Address::Unix(_) => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Address::Tcp(address) => address.fmt(f),
            Address::Unix(path) => write!(f, "{UNIX}{}", path.display()),
        }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A socket that accepts.
pub enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener, SocketFile),
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Listener {
        // On Linux what is accepted has it from the listener, and need not be asked for each.
        #[cfg(target_os = "linux")]
        told(rustix::net::sockopt::set_tcp_nodelay(&listener, true).map_err(io::Error::from));
        Listener::Tcp(listener)
    }
}

/// It works without, but slowly with some clients.
fn told(nodelay: io::Result<()>) {
    if let Err(e) = nodelay {
        debug!("TCP_NODELAY: {e}");
    }
}

/// The file of a Unix socket: goes with the listener, unless another has taken its place.
#[cfg(unix)]
pub struct SocketFile {
    path: PathBuf,
    id: (u64, u64),
}

#[cfg(unix)]
impl SocketFile {
    /// Of a socket that was bound just now.
    pub fn of(path: PathBuf) -> io::Result<SocketFile> {
        let id = file_id(&path)?;
        Ok(SocketFile { path, id })
    }
}

#[cfg(unix)]
fn file_id(path: &std::path::Path) -> io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let data = std::fs::symlink_metadata(path)?;
    Ok((data.dev(), data.ino()))
}

#[cfg(unix)]
impl Drop for SocketFile {
    fn drop(&mut self) {
        if file_id(&self.path).is_ok_and(|id| id == self.id) {
            // Somebody may have been faster; then it is gone as it should be.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Who has connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    Ip(SocketAddr),
    /// A process of this machine, by a Unix socket, with its number if the system tells.
    Local(Option<i32>),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            // IPv4 clients of an IPv6 socket are shown as what they are.
            Peer::Ip(peer) => SocketAddr::new(peer.ip().to_canonical(), peer.port()).fmt(f),
            Peer::Local(Some(pid)) => write!(f, "unix (pid {pid})"),
            Peer::Local(None) => f.write_str("unix"),
        }
    }
}

impl Listener {
    /// Small writes to what is accepted go out at once. Replies are small and answered: waiting for
    /// a delayed ACK would cost 40 ms each.
    pub async fn accept(&self) -> io::Result<(Stream, Peer)> {
        match self {
            Listener::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                #[cfg(not(target_os = "linux"))]
                told(stream.set_nodelay(true));
                Ok((Stream::Tcp(stream), Peer::Ip(peer)))
            }
            #[cfg(unix)]
            Listener::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                let pid = stream.peer_cred().ok().and_then(|peer| peer.pid());
                Ok((Stream::Unix(stream), Peer::Local(pid)))
            }
        }
    }

    /// Acknowledges what a client sends with the reply to it, from the first command on. Linux sends
    /// a packet of its own for the first; a connection for each message then has one in nineteen
    /// too many. It is for a protocol whose every line is answered: a client that sends its first
    /// in pieces waits up to 40 ms, as for any later one.
    pub fn acknowledge_with_replies(&self) {
        #[cfg(target_os = "linux")]
        if let Listener::Tcp(listener) = self
            && let Err(e) = rustix::net::sockopt::set_tcp_quickack(listener, false)
        {
            debug!("TCP_QUICKACK: {e}");
        }
    }

    pub fn address(&self) -> io::Result<Address> {
        match self {
            Listener::Tcp(listener) => listener.local_addr().map(Address::Tcp),
            #[cfg(unix)]
            Listener::Unix(_, file) => Ok(Address::Unix(file.path.clone())),
        }
    }
}

/// A connection.
#[derive(Debug)]
pub enum Stream {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Stream {
    /// Small writes go out at once, as with what is accepted.
    pub fn set_nodelay(&self) -> io::Result<()> {
        match self {
            Stream::Tcp(stream) => stream.set_nodelay(true),
            #[cfg(unix)]
            Stream::Unix(_) => Ok(()),
        }
    }

    /// Writes what the system takes at once.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.try_write(bytes),
            #[cfg(unix)]
            Stream::Unix(stream) => stream.try_write(bytes),
        }
    }
}

/// A stream that may take a reply at once, without anybody waiting for it.
pub trait Prompt {
    /// How many of the bytes were taken. What is `last` goes out with the end of the stream, in one
    /// packet, where the system can.
    fn take_now(&self, _bytes: &[u8], _last: bool) -> usize {
        0
    }
}

impl Prompt for Stream {
    #[cfg(target_os = "linux")]
    fn take_now(&self, bytes: &[u8], last: bool) -> usize {
        use rustix::net::{SendFlags, send};
        // Past the runtime, which waits for the system to say that a new socket has room.
        let more = if last { SendFlags::MORE } else { SendFlags::empty() };
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT | more;
        let taken = match self {
            Stream::Tcp(stream) => send(stream, bytes, flags),
            Stream::Unix(stream) => send(stream, bytes, flags),
        };
        // A fault is met again by who waits for the rest.
        taken.unwrap_or(0)
    }

    #[cfg(not(target_os = "linux"))]
    fn take_now(&self, bytes: &[u8], _last: bool) -> usize {
        self.try_write(bytes).unwrap_or(0)
    }
}

/// A pipe inside the process, for tests.
impl Prompt for tokio::io::DuplexStream {}

/// Passes a call on to whichever stream it is.
macro_rules! pass_on {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Stream::Tcp($stream) => $call,
            #[cfg(unix)]
            Stream::Unix($stream) => $call,
        }
    };
}

impl AsyncRead for Stream {
    #[inline]
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        pass_on!(self, stream => Pin::new(stream).poll_read(cx, buffer))
    }
}

impl AsyncWrite for Stream {
    #[inline]
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        pass_on!(self, stream => Pin::new(stream).poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        pass_on!(self, stream => Pin::new(stream).poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    #[inline]
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        pass_on!(self, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        pass_on!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}
