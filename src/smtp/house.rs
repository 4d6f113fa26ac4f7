//! What each session at a listener shares, and how one that came through a proxy begins.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::sync::watch;
use tokio::time::timeout;

use super::connection::{Door, Passage, PostOffice, Times, Visit, drive};
use super::farewell::words;
use super::proxy::{self, Header, Progress, Source};
use super::turns::Turn;
use super::{Config, reply};
use crate::socket::{Peer, Prompt};

#[derive(Clone)]
pub struct House<O> {
    pub config: Arc<Config>,
    pub door: Door,
    pub times: Times,
    pub office: O,
    pub stop: watch::Receiver<bool>,
}

impl<O: PostOffice> House<O> {
    pub async fn serve<S>(self, stream: S, visit: Visit)
    where
        S: AsyncRead + AsyncWrite + Prompt + Unpin + Send,
    {
        let House { config, door, times, office, stop } = self;
        drive(stream, visit, door, config, times, office, stop).await;
    }

    /// The peer is a proxy, which says first who the client is.
    pub async fn serve_proxied<S>(self, mut stream: S, peer: Peer, mut turn: Turn)
    where
        S: AsyncRead + AsyncWrite + Prompt + Unpin + Send,
    {
        let by = Visit::of(peer.to_string(), self.config.protocol);
        let header = match timeout(self.times.proxy, read(&mut stream)).await {
            Ok(Ok(header)) => header,
            Ok(Err(reason)) => {
                let why = format!("the PROXY header that must come first did not: {reason}");
                return self.refuse(stream, by, why, &reply::NO_PROXY_HEADER).await;
            }
            Err(_) => {
                let why = "the PROXY header that must come first did not come in time";
                return self.refuse(stream, by, why.to_owned(), &reply::NO_PROXY_HEADER).await;
            }
        };
        let mut visit = Visit { proxy: Some(Passage { by: by.client.clone(), header }), ..by };
        match header.source {
            Source::Client(client) => {
                visit.client = Peer::Ip(client).to_string();
                if let Err(full) = turn.name(client.ip()) {
                    let (reply, why) = words(full);
                    return self.refuse(stream, visit, why.to_owned(), &reply).await;
                }
            }
            Source::Unix => visit.client = Peer::Local(None).to_string(),
            Source::Unknown | Source::Local => {}
        }
        self.serve(stream, visit).await;
        drop(turn);
    }
}

/// Reads the header and no byte more.
async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Header, String> {
    let mut bytes = Vec::new();
    loop {
        let more = match proxy::look(&bytes) {
            Progress::Whole(header) => return Ok(header),
            Progress::Wrong(reason) => return Err(reason.to_owned()),
            Progress::More(more) => more,
        };
        let before = bytes.len();
        bytes.resize(before + more, 0);
        let read = stream.read(&mut bytes[before..]).await.map_err(|e| e.to_string())?;
        if read == 0 {
            return Err("the connection was closed".to_owned());
        }
        bytes.truncate(before + read);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncWriteExt, duplex};
    use tokio::sync::mpsc;
    use tokio::time::{Instant, sleep};

    use super::super::{Counter, Delivery, DeliveryError, Entry, Info, Memory, Outcome, Turns};
    use super::*;

    /// Tells how a session ended, and what its transcript says.
    #[derive(Clone)]
    struct Office(mpsc::UnboundedSender<(Outcome, String)>);

    impl PostOffice for Office {
        type Counter = Office;
        async fn open(&self, _: Visit) -> Office {
            self.clone()
        }
    }

    impl Counter for Office {
        async fn record(&mut self, _: &Info, _: Vec<Entry>) {}
        async fn deliver(
            &mut self,
            _: &Info,
            _: Delivery,
            _: Vec<Entry>,
        ) -> Result<String, DeliveryError> {
            Err(DeliveryError::Full)
        }
        async fn close(self, info: &Info, entries: Vec<Entry>) {
            let texts: Vec<_> = entries.into_iter().map(|entry| entry.text).collect();
            let _ = self.0.send((info.outcome, texts.join("\n")));
        }
    }

    /// A proxy that sends so much of a header, byte by byte, with so long between two; when it is
    /// answered, with what, and what is told of it.
    async fn proxied(bytes: &[u8], between: Duration) -> (Duration, String, (Outcome, String)) {
        let (mut proxy, stream) = duplex(1024);
        let (sender, mut ends) = mpsc::unbounded_channel();
        let (_stop, stop) = watch::channel(false);
        let config = Arc::new(Config { memory: Memory::new(1000), ..Config::default() });
        let (door, times, office) = (Door::default(), Times::default(), Office(sender));
        let house = House { config, door, times, office, stop };
        let turn = Turns::new(1, 1).take_unnamed().expect("the first has a turn");
        let peer = Peer::Ip(([127, 0, 0, 1], 4711).into());
        let start = Instant::now();
        let serving = tokio::spawn(house.serve_proxied(stream, peer, turn));
        let (mut reading, mut writing) = tokio::io::split(&mut proxy);
        let drip = async {
            for byte in bytes {
                sleep(between).await;
                // It may have been turned away by now.
                let _ = writing.write_all(&[*byte]).await;
            }
            std::future::pending::<()>().await;
        };
        let mut heard = vec![0; 100];
        let length = tokio::select! {
            read = reading.read(&mut heard) => read.unwrap_or_default(),
            () = drip => 0,
        };
        let after = start.elapsed();
        heard.truncate(length);
        let end = ends.recv().await.expect("the session is told");
        drop(proxy);
        serving.await.expect("no fault");
        (after, String::from_utf8_lossy(&heard).into_owned(), end)
    }

    /// No time passes: the clock of the runtime goes on when all wait.
    #[tokio::test(start_paused = true)]
    async fn a_header_that_does_not_come_is_waited_for_five_seconds() {
        let second = Duration::from_secs(1);
        let header = b"PROXY TCP4 192.0.2.1 198.51.100.7 4711 25\r\n";
        for (bytes, between) in [
            (&b""[..], second),
            (&header[..20], Duration::from_millis(1)),
            // That something comes gives it no more time.
            (header, second),
            (header, Duration::from_millis(5_000 / (header.len() as u64 - 1))),
        ] {
            let (after, heard, (outcome, transcript)) = proxied(bytes, between).await;
            assert_eq!(after.as_secs(), 5, "{after:?}");
            assert!(heard.starts_with("421 "), "{heard}");
            assert_eq!(outcome, Outcome::Refused);
            let why = "the PROXY header that must come first did not come in time";
            assert!(transcript.contains(why), "{transcript}");
        }
        let in_time = Duration::from_millis(4_900 / header.len() as u64);
        let (after, heard, _) = proxied(header, in_time).await;
        assert!(after < 5 * second && heard.starts_with("220 "), "{after:?} {heard}");
    }
}
