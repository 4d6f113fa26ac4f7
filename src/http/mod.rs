//! HTTP: the JSON API, the event socket and the inspector, on one port (docs/api.md).

mod assets;
mod body;
mod deposit;
mod error;
mod events;
mod expect;
mod guard;
mod inboxes;
mod info;
mod messages;
mod preview;
mod query;
mod range;
mod reply;
mod routes;
mod search;
mod send;
mod serve;
mod sessions;

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

pub use deposit::{Deposit, MAX_UPLOADS, Post};
pub use events::MAX_SUBSCRIBERS;
pub use guard::Hosts;
pub use info::Facts;
pub use serve::serve;

use crate::lookout::{Lookout, Refusals};
use crate::smtp::Users;
use crate::sorting::Sorting;
use crate::store::Store;

/// What every call has at hand; cheap to clone.
#[derive(Clone)]
pub struct Api {
    pub store: Store,
    pub sorting: Arc<Sorting>,
    /// Who waits for mail.
    pub lookout: Lookout,
    /// Mail that HTTP brought and that was refused.
    pub refusals: Refusals,
    /// Those of `--smtp-users`.
    pub users: Option<Arc<Users>>,
    pub facts: Arc<Facts>,
    pub hosts: Hosts,
    /// True once the server is stopping.
    pub stop: watch::Receiver<bool>,
    /// Turns of event sockets.
    pub subscribers: Arc<Semaphore>,
    /// Turns of messages that are posted.
    pub uploads: Arc<Semaphore>,
}

impl Api {
    /// Waits for the stop of the server.
    async fn stopping(&self) {
        let _ = self.stop.clone().wait_for(|stop| *stop).await;
    }
}
