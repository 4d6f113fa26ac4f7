//! The stream of one connection: plain, or inside TLS once that has begun.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio_rustls::server::TlsStream;

/// How much is read to see what the client speaks.
const SNIFFED: usize = 16;

/// What a session is driven over.
pub enum Wire<S> {
    Plain(S),
    Tls(Box<TlsStream<Sniffed<S>>>),
    /// Between the two, or after a handshake that left nothing.
    Gone,
}

impl<S> Wire<S> {
    /// The plain stream, to build TLS on.
    pub fn take_plain(&mut self) -> Option<S> {
        match std::mem::replace(self, Wire::Gone) {
            Wire::Plain(stream) => Some(stream),
            other => {
                *self = other;
                None
            }
        }
    }
}

/// A stream of which the first bytes were looked at, and are read again.
pub struct Sniffed<S> {
    stream: S,
    first: [u8; SNIFFED],
    from: usize,
    to: usize,
}

impl<S: AsyncRead + Unpin> Sniffed<S> {
    pub async fn new(mut stream: S) -> io::Result<Sniffed<S>> {
        let mut first = [0; SNIFFED];
        let to = stream.read(&mut first).await?;
        Ok(Sniffed { stream, first, from: 0, to })
    }

    pub fn first(&self) -> &[u8] {
        &self.first[..self.to]
    }

    pub fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Sniffed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.from < self.to {
            let n = buffer.remaining().min(self.to - self.from);
            buffer.put_slice(&self.first[self.from..self.from + n]);
            self.from += n;
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Sniffed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Wire::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buffer),
            Wire::Gone => Poll::Ready(Ok(())),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Wire::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
            Wire::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Wire::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
            Wire::Gone => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Wire::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Wire::Tls(stream) => {
                // The words of an end come first: clients take a connection that just stops for an
                // attack (RFC 8446, section 6.1).
                ready!(Pin::new(stream.as_mut()).poll_shutdown(cx))?;
                Poll::Ready(Ok(()))
            }
            Wire::Gone => Poll::Ready(Ok(())),
        }
    }
}
