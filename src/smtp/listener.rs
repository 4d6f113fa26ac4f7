//! Owns the SMTP listeners: accepts up to a bound, gives each client a task, and at the stop waits
//! for those with a message under way.

use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Sleep, sleep};
use tracing::{error, warn};

use super::Config;
use super::connection::{Door, PostOffice, Times, Visit};
use super::farewell::Farewell;
use super::house::House;
use super::proxy::Proxies;
use super::turns::Turns;
use crate::socket::{Listener, Peer, Stream};

/// What a listener needs to know beside the protocol.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at the same time, over all listeners; one more is told to come back later.
    pub turns: Turns,
    pub times: Times,
    /// Who passes connections on with the PROXY protocol.
    pub proxies: Arc<Proxies>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { turns: Turns::new(2000, 1000), times: Times::default(), proxies: Arc::default() }
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
    if !door.implicit_tls {
        // A handshake has messages that nobody answers.
        listener.acknowledge_with_replies();
    }
    let farewell = Farewell::new();
    let mut pause = None;
    let mut warned: Option<Instant> = None;
    let mut sessions = JoinSet::new();
    let mut stopped = stop.clone();
    let times = limits.times.clone();
    let house = House { config, door, times, office, stop };
    loop {
        tokio::select! {
            accepted = listener.accept(), if pause.is_none() => match accepted {
                Ok((stream, peer)) => {
                    // They are bounded by the connections; being woken for each would cost more.
                    while let Some(ended) = sessions.try_join_next() {
                        report(ended);
                    }
                    admit(stream, peer, &limits, &farewell, &house, &mut sessions);
                }
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
            Some(ended) = sessions.join_next(), if pause.is_some() => {
                pause = None;
                report(ended);
            }
            () = stopping(&mut stopped) => break,
        }
    }
    drop(listener);
    drain(sessions, limits.times.drain).await;
}

/// A client gets a task of its own, or is told to come back later.
fn admit<O: PostOffice>(
    stream: Stream,
    peer: Peer,
    limits: &Limits,
    farewell: &Farewell,
    house: &House<O>,
    sessions: &mut JoinSet<()>,
) {
    let is_proxied = limits.proxies.have(peer);
    let turn = match peer {
        Peer::Ip(peer) if !is_proxied => limits.turns.take(peer.ip()),
        // The real client counts, once it is known.
        _ => limits.turns.take_unnamed(),
    };
    let turn = match turn {
        Ok(turn) => turn,
        Err(full) => return farewell.say(stream, peer, full, house),
    };
    let house = house.clone();
    // Boxed: the runtime moves what it is given several times.
    sessions.spawn(Box::pin(async move {
        if is_proxied {
            return Box::pin(house.serve_proxied(stream, peer, turn)).await;
        }
        let visit = Visit::of(peer.to_string(), house.config.protocol);
        house.serve(stream, visit).await;
        drop(turn);
    }));
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
