//! Owns the HTTP listener: a bounded number of connections, each served by the routes, and an
//! orderly end. warp's own server has neither a bound nor TCP_NODELAY.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::{debug, warn};

use super::Api;
use super::routes::routes;
use crate::socket::{Listener, Stream};

/// Connections at the same time. Further ones wait to be accepted.
/// There is room for others beside all calls that wait for mail and all event sockets.
const CONNECTIONS: usize = 2500;
/// A client that does not finish its request head in this time is cut.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// What is under way at the stop may take this long.
const DRAIN: Duration = Duration::from_secs(3);

/// Serves until `api.stop`, then lets answers under way finish.
pub async fn serve(listener: Listener, api: Api) {
    let turns = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let service = warp::service(routes(api.clone()));
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &turns) => accepted,
            () = api.stopping() => break,
        };
        let Some((stream, turn)) = accepted else { break };
        let mut server = auto::Builder::new(TokioExecutor::new()).http1_only();
        server.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
        let service = TowerToHyperService::new(service.clone());
        let connection = server.serve_connection_with_upgrades(TokioIo::new(stream), service);
        let connection = graceful.watch(connection.into_owned());
        // No async block: it would have room for the connection twice.
        tokio::spawn(connection.map(move |ended| {
            if let Err(e) = ended {
                debug!("an HTTP connection ended: {e}");
            }
            drop(turn);
        }));
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        debug!("HTTP connections were cut at the stop");
    }
}

/// `None` only when the server is ending.
async fn accept(
    listener: &Listener,
    turns: &Arc<Semaphore>,
) -> Option<(Stream, OwnedSemaphorePermit)> {
    let turn = turns.clone().acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return Some((stream, turn)),
            Err(e) => {
                // Out of descriptors, most likely: waiting helps, spinning does not.
                warn!("HTTP connections cannot be accepted: {e}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}
