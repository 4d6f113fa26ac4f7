//! Drives one session over one connection: reads, feeds, writes, waits for the post office, and
//! keeps the clock. The only place where the protocol meets a socket.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::handshake::{TlsOffer, shake};
use super::patience::Patience;
use super::wire::Wire;
use super::{
    Check, Config, Delivery, DeliveryError, End, Entry, Header, Info, Micros, Outcome, Output,
    Protocol, Session, TlsMode, Verdict,
};
use crate::socket::Prompt;

/// Where sessions and what they bring are kept.
pub trait PostOffice: Clone + Send + Sync + 'static {
    type Counter: Counter;
    /// A client has connected.
    fn open(&self, visit: Visit) -> impl Future<Output = Self::Counter> + Send;
}

/// Who comes, and how.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The client's address and port.
    pub client: String,
    /// The protocol, as the API names it: `smtp`.
    pub via: &'static str,
    /// Who has passed the connection on.
    pub proxy: Option<Passage>,
}

/// Through a proxy that speaks the PROXY protocol.
#[derive(Debug, Clone)]
pub struct Passage {
    /// The proxy's address and port.
    pub by: String,
    pub header: Header,
}

impl Visit {
    pub fn of(client: String, protocol: Protocol) -> Visit {
        Visit { client, via: protocol.name(), proxy: None }
    }
}

/// What is special about the port that a client came in at.
#[derive(Debug, Clone)]
pub struct Door {
    /// Behind STARTTLS, or from the first byte on.
    pub tls: Option<Arc<TlsOffer>>,
    /// TLS comes before the banner.
    pub implicit_tls: bool,
    /// Secrets that are checked at the same time.
    pub checks: Arc<Semaphore>,
}

impl Default for Door {
    fn default() -> Door {
        Door { tls: None, implicit_tls: false, checks: Arc::new(Semaphore::new(CHECKS)) }
    }
}

/// An argon2 hash may need 256 MiB.
const CHECKS: usize = 2;

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
    /// Without a byte between commands (RFC 5321, section 4.5.3.2.7: at least 5 minutes).
    pub command: Duration,
    /// Without a byte inside a message (section 4.5.3.2.5 gives a block of it 3 minutes).
    pub content: Duration,
    /// For the whole session.
    pub session: Duration,
    /// Octets a second that a message must bring over each `rate_span`; 0 for any.
    pub min_rate: u64,
    pub rate_span: Duration,
    /// For the header of the PROXY protocol.
    pub proxy: Duration,
    /// For a TLS handshake.
    pub handshake: Duration,
    /// For one write that the client does not take.
    pub write: Duration,
    /// For a message under way when the server stops.
    pub drain: Duration,
}

impl Default for Times {
    fn default() -> Times {
        Times {
            command: Duration::from_secs(300),
            content: Duration::from_secs(180),
            session: Duration::from_secs(24 * 3600),
            min_rate: 2,
            rate_span: Duration::from_secs(300),
            proxy: Duration::from_secs(5),
            handshake: Duration::from_secs(30),
            write: Duration::from_secs(60),
            drain: Duration::from_secs(10),
        }
    }
}

/// Bytes taken from the socket at a time: few for a dialogue, a common message at once, and more
/// once a client sends that much.
const READ: usize = 1024;
const READ_CONTENT: usize = 8 * 1024;
const READ_MOST: usize = 64 * 1024;
/// What a client that was turned away may still send before its connection is closed.
pub(super) const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 1024 * 1024;

/// Serves one client until one of both ends it. What few clients need is boxed, so that it takes no
/// room of the others.
pub async fn drive<S, O>(
    stream: S,
    visit: Visit,
    door: Door,
    config: Arc<Config>,
    times: Times,
    office: O,
    stop: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Prompt + Unpin + Send,
    O: PostOffice,
{
    let start = Instant::now();
    let passage = visit.proxy.as_ref().map(|passage| passage.header);
    let counter = office.open(visit).await;
    let mut session = Session::new(config);
    if let Some(header) = passage {
        session.tell(0, header.to_string());
    }
    let stream = Wire::Plain(stream);
    let mut connection = Connection { stream, session, counter, times, start, door };
    let end = connection.converse(stop).await;
    let at = connection.now();
    connection.session.end(at, end);
    let entries = connection.session.take_entries();
    connection.counter.close(connection.session.info(), entries).await;
    // The peer may be gone already.
    let outcome = &connection.session.info().outcome;
    if !matches!(outcome, Outcome::Quit | Outcome::Closed | Outcome::CutOff) {
        let _ = Box::pin(timeout(LINGER, linger(&mut connection.stream))).await;
    } else if let Wire::Tls(stream) = &mut connection.stream {
        let _ = Box::pin(timeout(LINGER, stream.shutdown())).await;
    }
}

/// A socket that is closed with something unread is reset, and the last reply with it: lets a
/// client that the server has closed on read it first.
pub(super) async fn linger<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
) -> std::io::Result<()> {
    stream.shutdown().await?;
    let mut buffer = [0; 1024];
    let mut passed_over = 0;
    while passed_over < LINGER_BYTES {
        match stream.read(&mut buffer).await? {
            0 => break,
            n => passed_over += n,
        }
    }
    Ok(())
}

struct Connection<S, C> {
    stream: Wire<S>,
    session: Session,
    counter: C,
    times: Times,
    start: Instant,
    door: Door,
}

/// What to do after the session's outputs were carried out.
enum Next {
    Read,
    Finished,
    Gone(End),
}

impl<S: AsyncRead + AsyncWrite + Prompt + Unpin + Send, C: Counter> Connection<S, C> {
    fn now(&self) -> Micros {
        self.start.elapsed().as_micros() as Micros
    }

    /// The whole conversation. The first end counts: a session that closed itself keeps its own.
    async fn converse(&mut self, mut stop: watch::Receiver<bool>) -> End {
        let mut buffer = BytesMut::with_capacity(READ);
        let mut patience = Patience::new(&self.times);
        let mut stopping = false;
        let told_to_stop = self.door.tls.is_some().then(|| stop.clone());
        // Asked once for the whole session: registering for each read would cost more than it.
        let mut stop = pin!(async move {
            // A sender that is gone means the same.
            let _ = stop.wait_for(|stop| *stop).await;
        });
        if self.door.implicit_tls
            && let Err(end) = Box::pin(self.secure(TlsMode::Implicit, told_to_stop.clone())).await
        {
            return end;
        }
        self.session.greet(self.now());
        loop {
            match self.carry_out(&told_to_stop).await {
                Next::Read => {}
                Next::Finished => return End::ClientClosed,
                Next::Gone(end) => return end,
            }
            tokio::select! {
                biased;
                () = &mut stop, if !stopping => {
                    stopping = true;
                    patience = Patience::until_end(self.times.drain);
                    self.session.shutdown(self.now());
                }
                read = self.stream.read_buf(&mut buffer) => match read {
                    Ok(0) | Err(_) => return End::ClientClosed,
                    Ok(octets) => {
                        self.take(&mut buffer);
                        patience.sign_of_life(octets, self.session.is_receiving());
                    }
                },
                late = patience.ended() => {
                    if stopping {
                        return End::Shutdown;
                    }
                    self.session.give_up(self.now(), late);
                }
            }
        }
    }

    fn take(&mut self, buffer: &mut BytesMut) {
        self.session.feed(self.now(), buffer);
        let wanted = match buffer.len() {
            filled if filled == buffer.capacity() => (filled * 8).clamp(READ_CONTENT, READ_MOST),
            _ if self.session.is_receiving() => READ_CONTENT,
            _ => READ,
        };
        buffer.clear();
        buffer.reserve(wanted);
    }

    /// Carries out all that the session wants. What was said is on record before the client hears
    /// the answer, so that one that looks at once finds it.
    async fn carry_out(&mut self, stop: &Option<watch::Receiver<bool>>) -> Next {
        while let Some(output) = self.session.next() {
            match output {
                Output::Reply(bytes) => {
                    self.record().await;
                    if let Err(end) = self.write(&bytes).await {
                        return Next::Gone(end);
                    }
                }
                Output::Deliver(delivery) => self.deliver(delivery).await,
                Output::Check(check) => Box::pin(self.check(check)).await,
                Output::StartTls => {
                    if let Err(end) = Box::pin(self.secure(TlsMode::StartTls, stop.clone())).await {
                        return Next::Gone(end);
                    }
                }
                Output::Close => return Next::Finished,
            }
        }
        self.record().await;
        Next::Read
    }

    /// Hashes are made to be slow, so this is not for a worker of the runtime; and few at a time,
    /// for they need memory.
    async fn check(&mut self, check: Check) {
        self.record().await;
        // The semaphore is never closed.
        let _turn = self.door.checks.clone().acquire_owned().await;
        let verdict = tokio::task::spawn_blocking(move || check.run()).await;
        let now = self.now();
        self.session.checked(now, verdict.unwrap_or(Verdict::Wrong));
    }

    /// Puts the stream inside TLS. A client that speaks none is told so in words it understands.
    async fn secure(
        &mut self,
        mode: TlsMode,
        stop: Option<watch::Receiver<bool>>,
    ) -> Result<(), End> {
        self.record().await;
        let offer = self.door.tls.clone();
        let (Some(offer), Some(plain)) = (offer, self.stream.take_plain()) else {
            return Err(End::Error("there is no TLS here".to_owned()));
        };
        let stopped = async {
            match stop {
                // A sender that is gone means the same.
                Some(mut stop) => drop(stop.wait_for(|stop| *stop).await.is_ok()),
                None => std::future::pending().await,
            }
        };
        let shaken = tokio::select! {
            shaken = shake(plain, mode, &offer, self.times.handshake) => shaken,
            () = stopped => return Err(End::Shutdown),
        };
        let now = self.now();
        match shaken {
            Ok(shaken) => {
                self.stream = Wire::Tls(shaken.stream);
                self.session.secured(now, shaken.tls, shaken.bindings);
                Ok(())
            }
            Err(failure) => {
                self.session.tls_failed(now, *failure.tls, failure.plain.is_some());
                if let Some(plain) = failure.plain {
                    self.stream = Wire::Plain(plain);
                    self.record().await;
                    while let Some(Output::Reply(bytes)) = self.session.next() {
                        self.write(&bytes).await?;
                    }
                }
                Err(End::ClientClosed)
            }
        }
    }

    async fn record(&mut self) {
        let entries = self.session.take_entries();
        if !entries.is_empty() {
            self.counter.record(self.session.info(), entries).await;
        }
    }

    async fn deliver(&mut self, delivery: Delivery) {
        let entries = self.session.take_entries();
        let kept = self.counter.deliver(self.session.info(), delivery, entries).await;
        let now = self.now();
        self.session.delivered(now, kept.as_deref().map_err(|e| *e));
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), End> {
        // Nearly always there is room for a reply, and nothing to wait for.
        let taken = match &self.stream {
            Wire::Plain(stream) => stream.take_now(bytes, self.session.is_over()),
            _ => 0,
        };
        let bytes = &bytes[taken..];
        if bytes.is_empty() {
            return Ok(());
        }
        let writing = async {
            self.stream.write_all(bytes).await?;
            // TLS may hold some of it back.
            self.stream.flush().await
        };
        match timeout(self.times.write, writing).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::ClientClosed),
            Err(_) => Err(End::Timeout),
        }
    }
}
