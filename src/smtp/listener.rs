//! Owns the SMTP listeners: accepts up to a bound, gives each client a task, and at the stop waits
//! for those with a message under way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tracing::{debug, error, warn};

use super::Config;
use super::connection::{PostOffice, Times, drive};

/// What a listener needs to know beside the protocol.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at the same time; one more is told to come back later.
    pub max_connections: usize,
    pub times: Times,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { max_connections: 1000, times: Times::default() }
    }
}

/// RFC 5321, section 3.8: a server that must turn a client away says 421.
const TOO_MANY: &[u8] = b"421 4.3.2 Too many connections at the same time, try again later\r\n";

/// Accepts until `stop`, then waits for the sessions under way, within `limits.times.drain`.
pub async fn serve<O: PostOffice>(
    listener: TcpListener,
    config: Arc<Config>,
    limits: Limits,
    office: O,
    stop: watch::Receiver<bool>,
) {
    let turns = Arc::new(Semaphore::new(limits.max_connections));
    let mut sessions = JoinSet::new();
    let mut stopped = stop.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => match turns.clone().try_acquire_owned() {
                    Ok(turn) => {
                        let (config, times) = (config.clone(), limits.times.clone());
                        let (office, stop) = (office.clone(), stop.clone());
                        sessions.spawn(async move {
                            prepare(&stream);
                            drive(stream, name(peer), config, times, office, stop).await;
                            drop(turn);
                        });
                    }
                    Err(_) => {
                        sessions.spawn(turn_away(stream));
                    }
                },
                Err(e) => {
                    // Out of descriptors, most likely: waiting helps, spinning does not.
                    warn!("SMTP connections cannot be accepted: {e}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(ended) = sessions.join_next() => report(ended),
            () = stopping(&mut stopped) => break,
        }
    }
    drop(listener);
    drain(sessions, limits.times.drain).await;
}

async fn stopping(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone means the same.
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn drain(mut sessions: JoinSet<()>, patience: Duration) {
    let all = async {
        while let Some(ended) = sessions.join_next().await {
            report(ended);
        }
    };
    // A session's own patience ends first; this bounds one that keeps sending.
    if tokio::time::timeout(patience + Duration::from_secs(2), all).await.is_err() {
        warn!("{} sessions were cut at the stop", sessions.len());
        sessions.shutdown().await;
    }
}

/// A fault in one session ends that session only.
fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(e) = ended
        && e.is_panic()
    {
        error!("a session ended in a fault of the server: {e}");
    }
}

fn prepare(stream: &TcpStream) {
    // Replies are small and answered: waiting for a delayed ACK would cost 40 ms each.
    if let Err(e) = stream.set_nodelay(true) {
        debug!("TCP_NODELAY: {e}");
    }
}

async fn turn_away(mut stream: TcpStream) {
    debug!("a client was turned away: too many connections");
    let farewell = async {
        stream.write_all(TOO_MANY).await?;
        stream.shutdown().await
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), farewell).await;
}

/// IPv4 clients of an IPv6 socket are shown as what they are.
fn name(peer: SocketAddr) -> String {
    SocketAddr::new(peer.ip().to_canonical(), peer.port()).to_string()
}
