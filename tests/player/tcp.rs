//! Plays a script over TCP, against the real listener and connection, with a post office that
//! keeps what it is given for the report.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use restante::smtp::{
    self, Config, Counter, Delivery, DeliveryError, Direction, Door, Entry, Info, Late, Limits,
    PostOffice, Visit,
};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::driver::{Driver, Report};
use super::script::Piece;
use super::tls::{self, Stream};

/// Nothing here takes long; this is for a machine that is busy.
const DEADLINE: Duration = Duration::from_secs(20);

/// EHLO says one line more inside TLS, which scripts do not have.
const ONLY_IN_TLS: &str = "250-REQUIRETLS";

/// A listener of its own, and one connection to it.
pub struct Tcp<'r> {
    runtime: &'r Runtime,
    config: Config,
    office: Recorder,
    over: Receiver<Report>,
    stop: watch::Sender<bool>,
    implicit_tls: bool,
    stream: Option<Stream>,
    heard: Vec<u8>,
    at_end: bool,
    hung_up: bool,
}

impl<'r> Tcp<'r> {
    pub fn new(runtime: &'r Runtime, config: &Config, implicit_tls: bool) -> Tcp<'r> {
        let (sender, over) = channel();
        Tcp {
            runtime,
            config: config.clone(),
            office: Recorder { fails: Arc::default(), over: sender },
            over,
            stop: watch::channel(false).0,
            implicit_tls,
            stream: None,
            heard: Vec::new(),
            at_end: false,
            hung_up: false,
        }
    }

    /// Reads once; false when nothing came in time or ever will.
    fn hear(&mut self, patience: Duration) -> bool {
        let Some(stream) = &mut self.stream else { return false };
        stream.set_read_timeout(patience);
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer) {
            Ok(0) => self.at_end = true,
            Ok(n) => self.heard.extend(&buffer[..n]),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return false;
            }
            Err(_) => self.at_end = true,
        }
        !self.at_end
    }

    /// The last line of a reply has a space behind its code.
    fn replies_heard(&self) -> usize {
        let lines = self.heard.split_inclusive(|byte| *byte == b'\n');
        lines.filter(|line| line.ends_with(b"\n") && line.get(3) == Some(&b' ')).count()
    }
}

impl Driver for Tcp<'_> {
    fn connect(&mut self) {
        let listener = self.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (config, office) = (Arc::new(self.config.clone()), self.office.clone());
        let stop = self.stop.subscribe();
        let door =
            Door { tls: Some(tls::offer()), implicit_tls: self.implicit_tls, ..Door::default() };
        self.runtime.spawn(smtp::serve(listener, config, door, Limits::default(), office, stop));
        let stream = Stream::Plain(TcpStream::connect(address).unwrap());
        self.stream = Some(if self.implicit_tls { stream.into_tls(DEADLINE) } else { stream });
    }

    fn send(&mut self, pieces: &[Piece]) {
        let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes.clone()).collect();
        // The server may have closed by now, which the script then expects.
        let _ = self.stream.as_mut().unwrap().write_all(&bytes);
    }

    fn close(&mut self) {
        self.hung_up = true;
        // The server may have closed by now.
        let _ = self.stream.as_mut().unwrap().hang_up();
    }

    fn timeout(&mut self, _late: Late) {
        unreachable!("scripts that wait for a time-out are not played over TCP");
    }

    fn shutdown(&mut self) {
        self.stop.send_replace(true);
    }

    fn store_fails(&mut self, error: DeliveryError) {
        *self.office.fails.lock().unwrap() = Some(error);
    }

    fn begin_tls(&mut self) {
        self.stream = self.stream.take().map(|stream| stream.into_tls(DEADLINE));
    }

    fn replies(&mut self, expected: usize) -> Vec<String> {
        let end = Instant::now() + DEADLINE;
        while self.replies_heard() < expected
            && self.hear(end.saturating_duration_since(Instant::now()))
        {}
        let whole = self.heard.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let text = String::from_utf8(self.heard.drain(..whole).collect()).unwrap();
        let lines = text.split_terminator("\r\n");
        lines.filter(|line| !self.implicit_tls || *line != ONLY_IN_TLS).map(str::to_owned).collect()
    }

    fn closed(&mut self, expected: bool) -> bool {
        while expected && !self.at_end && self.hear(DEADLINE) {}
        self.at_end
    }

    fn notices(&mut self) -> Option<Vec<Vec<String>>> {
        None
    }

    /// Waits for the server's end of the session. What the script did not do is left out, so that
    /// the report is that of a session driven directly.
    fn finish(&mut self) -> Report {
        // Its end may have come from the server already.
        let _ = self.stream.as_mut().unwrap().hang_up();
        let mut report = self.over.recv_timeout(DEADLINE).expect("the session ends");
        self.stop.send_replace(true);
        if self.implicit_tls {
            let first = report.entries.remove(0);
            assert!(first.text.starts_with("TLS begins"), "{first:?}");
            report.entries.retain(|entry| entry.text != ONLY_IN_TLS);
        }
        if !self.hung_up {
            let last = report.entries.pop().expect("an end is recorded");
            assert_eq!(last.from, Direction::Event, "{last:?}");
        }
        report
    }
}

#[derive(Clone)]
struct Recorder {
    fails: Arc<Mutex<Option<DeliveryError>>>,
    over: Sender<Report>,
}

struct Record {
    fails: Arc<Mutex<Option<DeliveryError>>>,
    over: Sender<Report>,
    mails: Vec<Delivery>,
    entries: Vec<Entry>,
}

impl PostOffice for Recorder {
    type Counter = Record;

    async fn open(&self, _visit: Visit) -> Record {
        let (mails, entries) = (Vec::new(), Vec::new());
        Record { fails: self.fails.clone(), over: self.over.clone(), mails, entries }
    }
}

impl Counter for Record {
    async fn record(&mut self, _info: &Info, entries: Vec<Entry>) {
        self.entries.extend(entries);
    }

    async fn deliver(
        &mut self,
        _info: &Info,
        delivery: Delivery,
        entries: Vec<Entry>,
    ) -> Result<String, DeliveryError> {
        self.entries.extend(entries);
        if let Some(error) = self.fails.lock().unwrap().take() {
            return Err(error);
        }
        self.mails.push(delivery);
        Ok(format!("id{}", self.mails.len()))
    }

    async fn close(mut self, info: &Info, entries: Vec<Entry>) {
        self.entries.extend(entries);
        self.entries.iter_mut().for_each(|entry| entry.at = 0);
        let report = Report { mails: self.mails, info: info.clone(), entries: self.entries };
        // Nobody listens any more after a fault of the script.
        let _ = self.over.send(report);
    }
}
