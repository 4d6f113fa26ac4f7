//! The feed over WebSocket: a hello, then every event in order from the subscriber's cursor.
//! A slow subscriber is waited for, holding one batch; it misses nothing.

use std::time::Duration;

use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::time::Instant;
use tracing::debug;
use warp::http::StatusCode;
use warp::reply::{Reply, Response};
use warp::ws::{Message, WebSocket, Ws};

use super::error::ApiError;
use super::query::Query;
use super::{Api, info};
use crate::store::{StoreError, Subscription};

/// A subscriber that is gone without a word is noticed after this long.
const PING: Duration = Duration::from_secs(30);
/// Between two events that tell of the store.
const INFO_PAUSE: Duration = Duration::from_millis(500);
/// Event sockets at the same time.
pub const MAX_SUBSCRIBERS: usize = 1000;
/// RFC 6455, section 7.4.1: going away.
const GOING_AWAY: u16 = 1001;
const INTERNAL_ERROR: u16 = 1011;

pub async fn subscribe(api: Api, mut query: Query, ws: Ws) -> Result<Response, ApiError> {
    let after = query.number("after", 0..=i64::MAX as u64)?;
    let inbox = query.name("inbox")?;
    query.end()?;
    let turn = api.subscribers.clone().try_acquire_owned().map_err(|_| too_many())?;
    let subscription = api.store.subscribe(after, inbox);
    // A subscriber has nothing to say: what it sends is small and passed over.
    let ws = ws.max_message_size(4096).max_frame_size(4096);
    let served = ws.on_upgrade(move |socket| async move {
        serve(api, subscription, socket).await;
        drop(turn);
    });
    Ok(served.into_response())
}

fn too_many() -> ApiError {
    let message = format!("there are {MAX_SUBSCRIBERS} event sockets already");
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_subscribers", message)
}

async fn serve(api: Api, mut subscription: Subscription, socket: WebSocket) {
    let (mut out, mut input) = socket.split();
    let code = tokio::select! {
        result = pump(&api, &mut subscription, &mut out) => match result {
            Ok(()) => GOING_AWAY,
            Err(PumpError::Gone(e)) => return debug!("a subscriber went away: {e}"),
            Err(PumpError::Store(e)) => {
                tracing::error!("events cannot be read: {e}");
                INTERNAL_ERROR
            }
        },
        () = async { while let Some(Ok(message)) = input.next().await { if message.is_close() { break } } } => return,
        () = api.stopping() => GOING_AWAY,
    };
    // Bounded: a peer that takes nothing must not hold up the stop.
    let close = out.send(Message::close_with(code, ""));
    let _ = tokio::time::timeout(Duration::from_secs(1), close).await;
}

/// How the store is. Not in the store, so without a number of its own: the events up to `seq`
/// were sent before.
async fn info(api: &Api, seq: u64) -> Result<Message, StoreError> {
    // A store that cannot be read can still say why.
    let store = match info::store(api).await {
        Ok(store) => store,
        Err(_) => serde_json::to_value(&*api.store.condition().borrow())?,
    };
    let event = json!({ "type": "info", "seq": seq, "store": store });
    Ok(Message::text(event.to_string()))
}

enum PumpError {
    Gone(warp::Error),
    Store(StoreError),
}

impl From<warp::Error> for PumpError {
    fn from(error: warp::Error) -> PumpError {
        PumpError::Gone(error)
    }
}

impl From<StoreError> for PumpError {
    fn from(error: StoreError) -> PumpError {
        PumpError::Store(error)
    }
}

/// Sends until the store is closed.
async fn pump(
    api: &Api,
    subscription: &mut Subscription,
    out: &mut SplitSink<WebSocket, Message>,
) -> Result<(), PumpError> {
    let resync = subscription.resync().await?;
    let hello = json!({
        "type": "hello",
        "seq": subscription.cursor(),
        "store": api.store.name(),
        "resync": resync,
    });
    out.send(Message::text(hello.to_string())).await?;
    let mut condition = api.store.condition();
    // Who comes while the store does not work is told at once.
    let mut has_news = condition.borrow_and_update().state != "ok";
    let mut next_info = Instant::now();
    loop {
        let events = tokio::select! {
            events = tokio::time::timeout(PING, subscription.next()) => match events {
                Ok(events) => events?,
                Err(_) => {
                    out.send(Message::ping(Vec::new())).await?;
                    continue;
                }
            },
            Ok(()) = condition.changed() => {
                has_news = true;
                continue;
            }
            () = tokio::time::sleep_until(next_info), if has_news => {
                out.send(info(api, subscription.cursor()).await?).await?;
                (has_news, next_info) = (false, Instant::now() + INFO_PAUSE);
                continue;
            }
        };
        let Some(events) = events else { return Ok(()) };
        for event in &events {
            let text = serde_json::to_string(event).map_err(StoreError::from)?;
            out.feed(Message::text(text)).await?;
        }
        out.flush().await?;
    }
}
