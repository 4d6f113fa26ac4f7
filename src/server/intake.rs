//! Where SMTP meets the store: turns what a session brings into what the store keeps. Parses the
//! message once, for the list; everything else is derived when somebody looks.

use serde_json::value::RawValue;

use crate::message;
use crate::smtp::{Counter, Delivery, DeliveryError, Entry, Info, PostOffice};
use crate::store::{Envelope, Millis, NewMessage, OpenSession, SessionInfo, Store, StoreError, id};

const VIA: &str = "smtp";
/// The inbox of mail whose sender did not log in.
const DEFAULT_INBOX: &str = "default";
/// Messages over this are parsed where blocking is allowed.
const LARGE: usize = 256 * 1024;

/// Hands sessions to the store; cheap to clone.
#[derive(Clone)]
pub struct Intake {
    store: Store,
}

/// One session's place in the store.
pub struct Desk {
    session: OpenSession,
    client: String,
}

impl Intake {
    pub fn new(store: Store) -> Intake {
        Intake { store }
    }
}

impl PostOffice for Intake {
    type Counter = Desk;

    async fn open(&self, client: String) -> Desk {
        let session = self.store.open_session(session_info(&client, &Info::default())).await;
        Desk { session, client }
    }
}

impl Counter for Desk {
    async fn record(&mut self, info: &Info, entries: Vec<Entry>) {
        self.session.record(&encode(&entries), session_info(&self.client, info)).await;
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
        self.record(info, entries).await;
        let kept = self.keep(id.clone(), &delivery).await;
        kept.map(|()| id).map_err(|e| {
            tracing::error!("a message could not be kept: {e}");
            match e {
                StoreError::Full => DeliveryError::Full,
                _ => DeliveryError::Failed,
            }
        })
    }

    async fn close(self, info: &Info, entries: Vec<Entry>) {
        let Desk { session, client } = self;
        let info = session_info(&client, info);
        if !entries.is_empty() {
            session.record(&encode(&entries), info.clone()).await;
        }
        session.close(info).await;
    }
}

impl Desk {
    async fn keep(&self, id: String, delivery: &Delivery) -> Result<(), StoreError> {
        let raw = &delivery.raw;
        let digest = if raw.len() > LARGE {
            tokio::task::block_in_place(|| message::parse(raw).digest())
        } else {
            message::parse(raw).digest()
        };
        let message = NewMessage {
            id,
            inbox: delivery.user.clone().unwrap_or_else(|| DEFAULT_INBOX.to_owned()),
            session_id: self.session.id().to_owned(),
            received_at: Millis::now(),
            via: VIA,
            envelope: Envelope {
                from: delivery.envelope.from.clone(),
                to: delivery.envelope.to.clone(),
                params: params(delivery)?,
            },
            digest,
            size: raw.len() as u64,
            packed: Vec::new(),
        };
        self.session.deliver(message, raw).await
    }
}

fn params(delivery: &Delivery) -> Result<Box<RawValue>, StoreError> {
    Ok(serde_json::value::to_raw_value(&delivery.envelope.params)?)
}

/// Entries as the store keeps them: JSON objects joined by commas.
fn encode(entries: &[Entry]) -> String {
    let mut text = serde_json::to_string(entries).unwrap_or_default();
    // Without the brackets of the array.
    text.pop();
    if !text.is_empty() {
        text.remove(0);
    }
    text
}

fn session_info(client: &str, info: &Info) -> SessionInfo {
    SessionInfo {
        outcome: info.outcome.name().to_owned(),
        client: client.to_owned(),
        via: VIA.to_owned(),
        helo: info.helo.clone(),
        esmtp: info.esmtp,
        user: info.user.clone(),
        auth: info.auth.clone(),
        messages: info.messages,
        notices: info.notices,
        commands: info.commands,
    }
}
