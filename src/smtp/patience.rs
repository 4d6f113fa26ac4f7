//! How long a client is waited for: without a word, in a message that drips in, and in all. One
//! timer serves the whole session: setting one for each read would cost more than the read.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

use super::Times;

/// Why a client is not waited for any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Late {
    /// Nothing came for too long.
    Idle,
    /// The session has lasted too long.
    Session,
    /// A message comes in at less than the least rate.
    Slow,
}

/// Deadlines that move on with what the client sends.
pub(super) struct Patience {
    times: Times,
    start: Instant,
    last_sign: Instant,
    /// Content is coming in: when the span began over which its rate is measured, and what came.
    content: Option<(Instant, u64)>,
    timer: Pin<Box<Sleep>>,
}

impl Patience {
    pub fn new(times: &Times) -> Patience {
        let now = Instant::now();
        let times = times.clone();
        let timer = Box::pin(sleep(shortest(&times)));
        Patience { times, start: now, last_sign: now, content: None, timer }
    }

    /// Waits for so long in any state, and no longer.
    pub fn until_end(limit: Duration) -> Patience {
        let times = Times { command: limit, content: limit, min_rate: 0, ..Times::default() };
        Patience::new(&times)
    }

    /// The client has sent something, and `in_content` is where that leaves it. The timer is left
    /// as it is, and set again when it ends.
    pub fn sign_of_life(&mut self, octets: usize, in_content: bool) {
        self.last_sign = Instant::now();
        self.content = match self.content {
            _ if !in_content => None,
            None => Some((self.last_sign, octets as u64)),
            Some((since, before)) => Some((since, before + octets as u64)),
        };
    }

    /// Waits until the client is late. May be dropped and called again.
    pub async fn ended(&mut self) -> Late {
        loop {
            self.timer.as_mut().await;
            let now = Instant::now();
            if let Some(late) = self.late(now) {
                return late;
            }
            // A state with a shorter limit may begin while the timer runs.
            let next = self.next_deadline().min(now + shortest(&self.times));
            self.timer.as_mut().reset(next);
        }
    }

    fn late(&mut self, now: Instant) -> Option<Late> {
        if now >= self.start + self.times.session {
            return Some(Late::Session);
        }
        if now >= self.idle_deadline() {
            return Some(Late::Idle);
        }
        let (since, octets) = self.content?;
        if self.times.min_rate > 0 && now >= since + self.times.rate_span {
            if octets < self.times.min_rate.saturating_mul(self.times.rate_span.as_secs().max(1)) {
                return Some(Late::Slow);
            }
            self.content = Some((now, 0));
        }
        None
    }

    fn idle_deadline(&self) -> Instant {
        let in_content = self.content.is_some();
        self.last_sign + if in_content { self.times.content } else { self.times.command }
    }

    fn next_deadline(&self) -> Instant {
        let rate = self.content.map(|(since, _)| since + self.times.rate_span);
        let rate = rate.filter(|_| self.times.min_rate > 0);
        let idle = self.idle_deadline();
        idle.min(self.start + self.times.session).min(rate.unwrap_or(idle))
    }
}

/// No deadline comes sooner than this after what moved it on.
fn shortest(times: &Times) -> Duration {
    let rate = if times.min_rate > 0 { times.rate_span } else { times.session };
    times.command.min(times.content).min(times.session).min(rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    fn seconds(command: u64, content: u64, session: u64, min_rate: u64) -> Times {
        let [command, content, session] = [command, content, session].map(Duration::from_secs);
        let rate_span = Duration::from_secs(20);
        Times { command, content, session, min_rate, rate_span, ..Times::default() }
    }

    /// Plays `(seconds to wait, octets, in content)` and says when the client was late, and how.
    async fn play(times: Times, signs: &[(u64, usize, bool)]) -> (u64, Late) {
        let start = Instant::now();
        let mut patience = Patience::new(&times);
        for (wait, octets, in_content) in signs {
            let pause = Duration::from_secs(*wait);
            match tokio::time::timeout(pause, patience.ended()).await {
                Ok(late) => return (start.elapsed().as_secs(), late),
                Err(_) => patience.sign_of_life(*octets, *in_content),
            }
        }
        let late = patience.ended().await;
        (start.elapsed().as_secs(), late)
    }

    #[tokio::test(start_paused = true)]
    async fn a_sign_of_life_moves_the_end_on() {
        let start = Instant::now();
        let mut patience = Patience::new(&seconds(10, 10, 1000, 0));
        advance(Duration::from_secs(6)).await;
        patience.sign_of_life(1, false);
        assert_eq!(patience.ended().await, Late::Idle);
        assert_eq!(start.elapsed().as_secs(), 16);
    }

    #[tokio::test(start_paused = true)]
    async fn without_one_it_ends_after_the_limit() {
        assert_eq!(play(seconds(10, 5, 1000, 0), &[]).await, (10, Late::Idle));
    }

    #[tokio::test(start_paused = true)]
    async fn each_state_has_its_own_limit() {
        let times = seconds(100, 7, 1000, 0);
        assert_eq!(play(times.clone(), &[(99, 1, true)]).await, (106, Late::Idle));
        assert_eq!(play(times.clone(), &[(99, 1, true), (6, 1, true)]).await, (112, Late::Idle));
        assert_eq!(play(times, &[(99, 1, true), (6, 1, false)]).await, (205, Late::Idle));
    }

    #[tokio::test(start_paused = true)]
    async fn one_second_less_as_many_and_one_more() {
        let times = seconds(10, 7, 1000, 0);
        for (wait, end) in [(9, 19), (10, 10), (11, 10)] {
            assert_eq!(play(times.clone(), &[(wait, 1, false)]).await, (end, Late::Idle));
        }
        for (wait, end) in [(6, 14), (7, 8), (8, 8)] {
            let signs = [(1, 1, true), (wait, 1, true)];
            assert_eq!(play(times.clone(), &signs).await, (end, Late::Idle));
        }
        let session = seconds(40, 40, 50, 0);
        for (wait, late) in
            [(9, (49, Late::Idle)), (10, (50, Late::Session)), (11, (50, Late::Session))]
        {
            assert_eq!(play(session.clone(), &[(wait, 1, false)]).await, late);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_whole_session_ends_however_busy() {
        let signs = [(5, 1, false); 20];
        assert_eq!(play(seconds(10, 10, 33, 0), &signs).await, (33, Late::Session));
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_must_come_at_the_least_rate() {
        // One octet less than the rate, the rate, one more; in spans of 20 seconds from the first.
        for (octets, expected) in [(19, Late::Slow), (20, Late::Idle), (21, Late::Idle)] {
            let signs = [(1, 10, true), (10, octets - 10, true), (19, 0, true)];
            assert_eq!(play(seconds(19, 19, 60, 1), &signs).await.1, expected, "{octets}");
        }
        let drip = [(1, 1, true); 100];
        assert_eq!(play(seconds(10, 10, 1000, 2), &drip).await, (21, Late::Slow));
        let first_much = [&[(1, 100_000, true)][..], &drip].concat();
        assert_eq!(play(seconds(10, 10, 1000, 2), &first_much).await, (41, Late::Slow));
        let between_messages = [(1, 1, false); 100];
        assert_eq!(play(seconds(10, 10, 1000, 2), &between_messages).await, (110, Late::Idle));
    }
}
