//! Owns the SMTP listeners: accepts up to a bound, gives each client a task, and at the stop waits
//! for those with a message under way.

use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Sleep, sleep};
use tracing::{debug, error, warn};

use super::Config;
use super::connection::{Door, PostOffice, Times, Visit, drive};
use super::farewell::Farewell;
use super::turns::{Full, Turn, Turns};
use crate::socket::{Listener, Peer, Stream};

/// What a listener needs to know beside the protocol.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at the same time, over all listeners; one more is told to come back later.
    pub turns: Turns,
    pub times: Times,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { turns: Turns::new(2000, 1000), times: Times::default() }
    }
}

/// Without descriptors nothing can be accepted: until a session ends, or for so long at most.
const PAUSE: Duration = Duration::from_millis(50);
/// A server that fails all the time says so now and then.
const WARN_AGAIN: Duration = Duration::from_secs(10);

/// Accepts until `stop`, then waits for the sessions under way, within `limits.times.drain`.
pub async fn serve<O: PostOffice>(
    listener: impl Into<Listener>,
    config: Arc<Config>,
    door: Door,
    limits: Limits,
    office: O,
    stop: watch::Receiver<bool>,
) {
    let listener = listener.into();
    let farewell = Farewell::new();
    let mut pause = None;
    let mut warned: Option<Instant> = None;
    let mut sessions = JoinSet::new();
    let mut stopped = stop.clone();
    loop {
        tokio::select! {
            accepted = listener.accept(), if pause.is_none() => match accepted {
                Ok((stream, peer)) => match turn(&limits.turns, peer) {
                    Ok(turn) => {
                        let (config, times) = (config.clone(), limits.times.clone());
                        let door = door.clone();
                        let (office, stop) = (office.clone(), stop.clone());
                        sessions.spawn(async move {
                            prepare(&stream);
                            let visit = Visit { client: peer.to_string(), via: config.protocol.name() };
                            // Boxed: the runtime moves what it is given several times.
                            let session = drive(stream, visit, door, config, times, office, stop);
                            Box::pin(session).await;
                            drop(turn);
                        });
                    }
                    Err(full) => farewell.say(stream, full),
                },
                // The client was gone before its turn.
                Err(e) if e.kind() == ErrorKind::ConnectionAborted => {}
                Err(e) => {
                    if warned.is_none_or(|at| at.elapsed() >= WARN_AGAIN) {
                        warned = Some(Instant::now());
                        warn!("SMTP connections cannot be accepted: {e}");
                    }
                    pause = Some(Box::pin(sleep(PAUSE)));
                }
            },
            () = over(&mut pause) => pause = None,
            Some(ended) = sessions.join_next() => {
                pause = None;
                report(ended);
            }
            () = stopping(&mut stopped) => break,
        }
    }
    drop(listener);
    drain(sessions, limits.times.drain).await;
}

/// Waits for the end of a pause, if there is one.
async fn over(pause: &mut Option<Pin<Box<Sleep>>>) {
    match pause {
        Some(pause) => pause.await,
        None => std::future::pending().await,
    }
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

fn prepare(stream: &Stream) {
    if let Err(e) = stream.set_nodelay() {
        debug!("TCP_NODELAY: {e}");
    }
}

fn turn(turns: &Turns, peer: Peer) -> Result<Turn, Full> {
    match peer {
        Peer::Ip(peer) => turns.take(peer.ip()),
        Peer::Local(_) => turns.take_unnamed(),
    }
}
