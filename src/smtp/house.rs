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
use crate::socket::{Cork, Peer};

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
        S: AsyncRead + AsyncWrite + Cork + Unpin + Send,
    {
        let House { config, door, times, office, stop } = self;
        drive(stream, visit, door, config, times, office, stop).await;
    }

    /// The peer is a proxy, which says first who the client is.
    pub async fn serve_proxied<S>(self, mut stream: S, peer: Peer, mut turn: Turn)
    where
        S: AsyncRead + AsyncWrite + Cork + Unpin + Send,
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
