//! Drives one session over one connection: reads, feeds, writes, waits for the post office, and
//! keeps the clock. The only place where the protocol meets a socket.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::timeout;

use super::{Config, Delivery, DeliveryError, End, Entry, Info, Micros, Output, Session};

/// Where sessions and what they bring are kept.
pub trait PostOffice: Clone + Send + Sync + 'static {
    type Counter: Counter;
    /// A client has connected from `client`.
    fn open(&self, client: String) -> impl Future<Output = Self::Counter> + Send;
}

/// What one session is served at.
pub trait Counter: Send + 'static {
    /// Something was said.
    fn record(&mut self, info: &Info, entries: Vec<Entry>) -> impl Future<Output = ()> + Send;
    /// Keeps a message and returns its id; `Ok` means kept. `entries` are what was said up to it.
    fn deliver(
        &mut self,
        info: &Info,
        delivery: Delivery,
        entries: Vec<Entry>,
    ) -> impl Future<Output = Result<String, DeliveryError>> + Send;
    /// The session is over.
    fn close(self, info: &Info, entries: Vec<Entry>) -> impl Future<Output = ()> + Send;
}

/// Times that a connection may take.
#[derive(Debug, Clone)]
pub struct Times {
    /// Without a byte from the client (RFC 5321, section 4.5.3.2.7: at least 5 minutes).
    pub idle: Duration,
    /// For one write that the client does not take.
    pub write: Duration,
    /// For a message under way when the server stops.
    pub drain: Duration,
}

impl Default for Times {
    fn default() -> Times {
        Times {
            idle: Duration::from_secs(300),
            write: Duration::from_secs(60),
            drain: Duration::from_secs(10),
        }
    }
}

/// Bytes taken from the socket at a time.
const READ: usize = 16 * 1024;

/// Serves one client until one of both ends it.
pub async fn drive<S, O>(
    stream: S,
    client: String,
    config: Arc<Config>,
    times: Times,
    office: O,
    stop: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    O: PostOffice,
{
    let start = Instant::now();
    let counter = office.open(client).await;
    let session = Session::new(config);
    let mut connection = Connection { stream, session, counter, times, start };
    let end = connection.converse(stop).await;
    let at = connection.now();
    connection.session.end(at, end);
    let entries = connection.session.take_entries();
    let Connection { mut stream, session, counter, .. } = connection;
    counter.close(session.info(), entries).await;
    // The peer may be gone already.
    let _ = timeout(Duration::from_secs(1), stream.shutdown()).await;
}

struct Connection<S, C> {
    stream: S,
    session: Session,
    counter: C,
    times: Times,
    start: Instant,
}

/// What to do after the session's outputs were carried out.
enum Next {
    Read,
    Finished,
    Gone(End),
}

enum Heard {
    Bytes(usize),
    Nothing(End),
    Idle,
    Stop,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send, C: Counter> Connection<S, C> {
    fn now(&self) -> Micros {
        self.start.elapsed().as_micros() as Micros
    }

    /// The whole conversation. The first end counts: a session that closed itself keeps its own.
    async fn converse(&mut self, mut stop: watch::Receiver<bool>) -> End {
        let mut buffer = vec![0; READ];
        let mut stopping = false;
        self.session.greet(self.now());
        loop {
            match self.carry_out().await {
                Next::Read => {}
                Next::Finished => return End::ClientClosed,
                Next::Gone(end) => return end,
            }
            match self.listen(&mut buffer, &mut stop, stopping).await {
                Heard::Bytes(n) => self.session.feed(self.now(), &buffer[..n]),
                Heard::Nothing(end) => return end,
                Heard::Idle if stopping => return End::Shutdown,
                Heard::Idle => self.session.timeout(self.now()),
                Heard::Stop => {
                    stopping = true;
                    self.session.shutdown(self.now());
                }
            }
        }
    }

    async fn listen(
        &mut self,
        buffer: &mut [u8],
        stop: &mut watch::Receiver<bool>,
        stopping: bool,
    ) -> Heard {
        let patience = if stopping { self.times.drain } else { self.times.idle };
        tokio::select! {
            read = timeout(patience, self.stream.read(buffer)) => match read {
                Ok(Ok(0) | Err(_)) => Heard::Nothing(End::ClientClosed),
                Ok(Ok(n)) => Heard::Bytes(n),
                Err(_) => Heard::Idle,
            },
            _ = stop.wait_for(|stop| *stop), if !stopping => Heard::Stop,
        }
    }

    /// Carries out all that the session wants, then hands on what was said.
    async fn carry_out(&mut self) -> Next {
        let mut next = Next::Read;
        while let Some(output) = self.session.next() {
            match output {
                Output::Reply(bytes) => {
                    if let Err(end) = self.write(&bytes).await {
                        return Next::Gone(end);
                    }
                }
                Output::Deliver(delivery) => self.deliver(delivery).await,
                Output::Close => {
                    next = Next::Finished;
                    break;
                }
            }
        }
        let entries = self.session.take_entries();
        if !entries.is_empty() {
            self.counter.record(self.session.info(), entries).await;
        }
        next
    }

    async fn deliver(&mut self, delivery: Delivery) {
        let entries = self.session.take_entries();
        let kept = self.counter.deliver(self.session.info(), delivery, entries).await;
        let now = self.now();
        self.session.delivered(now, kept.as_deref().map_err(|e| *e));
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), End> {
        match timeout(self.times.write, self.stream.write_all(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::ClientClosed),
            Err(_) => Err(End::Timeout),
        }
    }
}
