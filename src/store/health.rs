//! How the store is: whether it writes, and if not, why. The writer says so, readers of the state
//! (`/v1/info`, `/readyz`, the feed) are told.

use std::sync::Mutex;

use serde::Serialize;
use tokio::sync::watch;
use tracing::{error, info};

use super::StoreError;
use super::live::lock;

/// What is known of the store's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// `ok`, or what is wrong: `full`, `read_only`, `locked`, `corrupt`, `failed`.
    pub state: &'static str,
    /// What is wrong, in a sentence.
    pub problem: Option<String>,
    /// The last write went well.
    #[serde(skip)]
    pub is_writing: bool,
    /// Messages and sessions that had to go, since the start.
    #[serde(skip)]
    pub dropped: u64,
}

const WELL: Condition = Condition { state: "ok", problem: None, is_writing: true, dropped: 0 };

pub(super) struct Health {
    sender: watch::Sender<Condition>,
    /// A page that cannot be read stays so: what was found once is told until the end.
    damage: Mutex<Option<String>>,
}

impl Default for Health {
    fn default() -> Health {
        Health { sender: watch::Sender::new(WELL), damage: Mutex::default() }
    }
}

impl Health {
    pub fn watch(&self) -> watch::Receiver<Condition> {
        self.sender.subscribe()
    }

    /// The store could be written.
    pub fn well(&self) {
        let damage = lock(&self.damage).clone();
        let state = if damage.is_some() { "corrupt" } else { "ok" };
        self.set(state, damage, true);
    }

    /// The store could not be written.
    pub fn ill(&self, error: &StoreError) {
        let Some(state) = error.state() else { return };
        if state == "corrupt" {
            *lock(&self.damage) = Some(error.to_string());
        }
        self.set(state, Some(error.to_string()), false);
    }

    /// Something in the store could not be read.
    pub fn damaged(&self, error: &StoreError) {
        *lock(&self.damage) = Some(error.to_string());
        let is_writing = self.sender.borrow().is_writing;
        if is_writing {
            self.well();
        }
    }

    /// Messages or sessions were dropped.
    pub fn dropped(&self, n: u64) {
        self.sender.send_modify(|condition| condition.dropped += n);
    }

    fn set(&self, state: &'static str, problem: Option<String>, is_writing: bool) {
        self.sender.send_if_modified(|condition| {
            let is_new = condition.state != state || condition.problem != problem;
            if is_new && condition.state != state {
                match &problem {
                    Some(problem) => error!("the store does not work as it should: {problem}"),
                    None => info!("the store works again"),
                }
            }
            (condition.state, condition.problem) = (state, problem);
            condition.is_writing = is_writing;
            is_new
        });
    }
}
