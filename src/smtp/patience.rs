//! How long a silent client is waited for, with one timer for the whole session: setting one for
//! each read would cost more than the read.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// A deadline that moves on with each sign of life.
pub(super) struct Patience {
    limit: Duration,
    last_sign: Instant,
    timer: Pin<Box<Sleep>>,
}

impl Patience {
    pub fn new(limit: Duration) -> Patience {
        Patience { limit, last_sign: Instant::now(), timer: Box::pin(sleep(limit)) }
    }

    /// The client has said something. The timer is left as it is, and set again when it ends.
    pub fn sign_of_life(&mut self) {
        self.last_sign = Instant::now();
    }

    /// Waits until nothing has come for the limit. May be dropped and called again.
    pub async fn ended(&mut self) {
        loop {
            self.timer.as_mut().await;
            let due = self.last_sign + self.limit;
            if due <= Instant::now() {
                return;
            }
            self.timer.as_mut().reset(due);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn a_sign_of_life_moves_the_end_on() {
        let start = Instant::now();
        let mut patience = Patience::new(Duration::from_secs(10));
        advance(Duration::from_secs(6)).await;
        patience.sign_of_life();
        patience.ended().await;
        assert_eq!(start.elapsed().as_secs(), 16);
    }

    #[tokio::test(start_paused = true)]
    async fn without_one_it_ends_after_the_limit() {
        let start = Instant::now();
        Patience::new(Duration::from_secs(10)).ended().await;
        assert_eq!(start.elapsed().as_secs(), 10);
    }
}
