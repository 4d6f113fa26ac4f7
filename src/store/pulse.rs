//! `session.updated`: now and then looks which open sessions have gone on, and tells those. A session
//! that begins and ends between two looks costs nothing, and with nobody listening none does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Store;
use super::write::Write;

/// Between two looks.
const PULSE: Duration = Duration::from_millis(200);
/// Sessions told at one look; the others wait for the next.
const TOLD: usize = 64;

#[derive(Default)]
pub(super) struct Pulse {
    beats: AtomicBool,
    /// Each subscriber holds one more of it.
    audience: Arc<()>,
}

impl Pulse {
    pub fn audience(&self) -> Arc<()> {
        self.audience.clone()
    }

    fn is_heard(&self) -> bool {
        Arc::strong_count(&self.audience) > 1
    }
}

impl Store {
    /// Looks after the open sessions as long as there are some.
    pub(super) fn watch_sessions(&self) {
        let beats = &self.shared.pulse.beats;
        // Reading first: this is asked for each session, and true nearly always.
        if !beats.load(Ordering::Acquire) && !beats.swap(true, Ordering::AcqRel) {
            tokio::spawn(beat(self.clone()));
        }
    }
}

async fn beat(store: Store) {
    let shared = &store.shared;
    let mut look = 0;
    while store.is_writing() {
        tokio::time::sleep(PULSE).await;
        if shared.live.is_empty() {
            shared.pulse.beats.store(false, Ordering::Release);
            // One that was opened just now may have seen it still beating.
            if shared.live.is_empty() || shared.pulse.beats.swap(true, Ordering::AcqRel) {
                return;
            }
        }
        look += 1;
        // With nobody listening the news are kept for who comes.
        if shared.pulse.is_heard() {
            for session in shared.live.news(look, TOLD) {
                if shared.writes.push(Write::Touch { session }).await.is_err() {
                    return;
                }
            }
        }
    }
}
