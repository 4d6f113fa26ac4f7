//! Where SMTP meets the store: turns what a session brings into what the store keeps. Parses the
//! message once, for the list; everything else is derived when somebody looks.

use std::sync::Arc;

use crate::message;
use crate::smtp::{Counter, Delivery, DeliveryError, Entry, Info, PostOffice, Visit};
use crate::sorting::{Letter, Sorting};
use crate::store::{Envelope, Millis, NewMessage, OpenSession, SessionInfo, Store, StoreError, id};

/// Messages over this are parsed where blocking is allowed.
const LARGE: usize = 256 * 1024;

/// Hands sessions to the store; cheap to clone.
#[derive(Clone)]
pub struct Intake {
    store: Store,
    sorting: Arc<Sorting>,
    listener: &'static str,
}

/// One session's place in the store.
pub struct Desk {
    session: OpenSession,
    via: &'static str,
    sorting: Arc<Sorting>,
    listener: &'static str,
    /// Only where a rule may ask.
    client: String,
}

impl Intake {
    /// `listener` as rules call it.
    pub fn new(store: Store, sorting: Arc<Sorting>, listener: &'static str) -> Intake {
        Intake { store, sorting, listener }
    }
}

impl PostOffice for Intake {
    type Counter = Desk;

    async fn open(&self, visit: Visit) -> Desk {
        let (via, listener, sorting) = (visit.via, self.listener, self.sorting.clone());
        let client = if sorting.has_rules() { visit.client.clone() } else { String::new() };
        let session = self.store.open_session(session_info(visit)).await;
        Desk { session, via, sorting, listener, client }
    }
}

impl Counter for Desk {
    async fn record(&mut self, info: &Info, entries: Vec<Entry>) {
        self.session.record(&entries, Entry::write_json, |known| update(known, info));
        self.session.ease().await;
    }

    async fn deliver(
        &mut self,
        info: &Info,
        delivery: Delivery,
        mut entries: Vec<Entry>,
    ) -> Result<String, DeliveryError> {
        let id = id::new();
        if let Some(content) = entries.iter_mut().rev().find_map(|entry| entry.content.as_mut()) {
            content.message_id = Some(id.clone());
        }
        self.session.record(&entries, Entry::write_json, |known| update(known, info));
        let kept = self.keep(id.clone(), info.helo.as_deref(), delivery).await;
        kept.map(|()| id).map_err(|e| {
            tracing::error!("a message could not be kept: {e}");
            match e {
                StoreError::Full | StoreError::TooLarge => DeliveryError::Full,
                _ => DeliveryError::Failed,
            }
        })
    }

    async fn close(self, info: &Info, entries: Vec<Entry>) {
        self.session.record(&entries, Entry::write_json, |known| update(known, info));
        self.session.close().await;
    }
}

impl Desk {
    async fn keep(
        &mut self,
        id: String,
        helo: Option<&str>,
        delivery: Delivery,
    ) -> Result<(), StoreError> {
        let Delivery { envelope, raw, user } = delivery;
        let digest = if raw.len() > LARGE {
            tokio::task::block_in_place(|| message::parse(&raw).digest())
        } else {
            message::parse(&raw).digest()
        };
        let inbox = self.sorting.inbox(&Letter {
            header: digest.inbox.as_deref(),
            user: user.as_deref(),
            from: &envelope.from,
            to: &envelope.to,
            helo,
            client: &self.client,
            listener: self.listener,
        });
        // Boxed where it is made: from here on it is moved several times.
        let message = Box::new(NewMessage {
            id,
            inbox: inbox.into_owned(),
            session_id: self.session.id().to_owned(),
            received_at: Millis::now(),
            via: self.via,
            envelope: Envelope {
                params: serde_json::value::to_raw_value(&envelope.params)?,
                from: envelope.from,
                to: envelope.to,
            },
            digest,
            size: raw.len() as u64,
            packed: Vec::new(),
            pieces: Vec::new(),
        });
        self.session.deliver(message, &raw).await
    }
}

fn session_info(visit: Visit) -> SessionInfo {
    let proxy = visit.proxy.map(|passage| passage.by);
    SessionInfo { proxy, ..SessionInfo::open(visit.client, visit.via) }
}

/// Brings what is known up to date; after each command, so strings are only copied when new.
fn update(known: &mut SessionInfo, info: &Info) {
    if known.outcome != info.outcome.name() {
        known.outcome = info.outcome.name().to_owned();
    }
    for (known, now) in [
        (&mut known.helo, &info.helo),
        (&mut known.user, &info.user),
        (&mut known.auth, &info.auth),
    ] {
        if known != now {
            known.clone_from(now);
        }
    }
    known.esmtp = info.esmtp;
    // It is told once.
    if known.tls.is_none()
        && let Some(tls) = &info.tls
    {
        known.tls = serde_json::value::to_raw_value(tls).ok();
    }
    known.messages = info.messages;
    known.notices = info.notices;
    known.commands = info.commands;
    known.bytes = info.bytes;
}
