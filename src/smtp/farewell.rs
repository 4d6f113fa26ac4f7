//! The answer to clients over the bound on connections: at once, without a session, and without
//! costing more the more of them there are.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;
use tracing::debug;

use super::turns::Full;
use crate::socket::Stream;

/// RFC 5321, section 3.8: a server that must turn a client away says 421.
const TOO_MANY: &[u8] = b"421 4.3.2 Too many connections at the same time, try again later\r\n";
const TOO_MANY_OF_YOU: &[u8] =
    b"421 4.7.0 Too many connections from your address at the same time, try again later\r\n";

/// Clients that are given time to read it. A socket that is closed at once with something unread
/// is reset, and the answer with it; beyond these that is the price.
const LINGERING: usize = 128;
const LINGER: Duration = Duration::from_secs(1);

#[derive(Debug, Clone)]
pub struct Farewell {
    places: Arc<Semaphore>,
}

impl Farewell {
    pub fn new() -> Farewell {
        Farewell { places: Arc::new(Semaphore::new(LINGERING)) }
    }

    /// Says why, and closes; never waits.
    pub fn say(&self, mut stream: Stream, why: Full) {
        debug!("a client was turned away: too many connections ({why:?})");
        let text = match why {
            Full::All => TOO_MANY,
            Full::Address => TOO_MANY_OF_YOU,
        };
        // The buffer of a new socket has room for it.
        if stream.try_write(text).is_err() {
            return;
        }
        if let Ok(place) = self.places.clone().try_acquire_owned() {
            tokio::spawn(async move {
                let read_it = async {
                    stream.shutdown().await?;
                    stream.read(&mut [0; 512]).await
                };
                // It may be gone already.
                let _ = tokio::time::timeout(LINGER, read_it).await;
                drop(place);
            });
        }
    }
}
