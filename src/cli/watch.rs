//! `restante watch`: prints messages as they come. Lives on the event socket, and comes back to
//! it from its cursor when it breaks, so that no message is missed.

use std::time::Duration;

use clap::Args;
use futures_util::StreamExt;
use serde_json::Value;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use super::client::{Address, Search, encoded};
use super::{Client, Failure, output};

/// Between two attempts to come back.
const PAUSE: Duration = Duration::from_millis(500);

/// Print messages as they come
#[derive(Args)]
pub struct Watch {
    /// Only this inbox
    #[arg(long, value_name = "NAME")]
    inbox: Option<String>,
    #[command(flatten)]
    query: Search,
    /// Begin with what came after this event
    #[arg(long, value_name = "SEQ")]
    after: Option<u64>,
    /// End after so many messages
    #[arg(long, short = 'n', value_name = "N")]
    count: Option<u64>,
    /// Print every event as a line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    address: Address,
}

/// How far the watch has come.
struct Progress {
    cursor: Option<u64>,
    store: Option<String>,
    messages: u64,
}

impl Watch {
    pub fn run(&self) -> Result<(), Failure> {
        let client = Client::new(&self.address)?;
        if self.query.is_some() {
            // What is wrong with a query is told at once.
            client.json(&format!("/v1/messages?limit=1{}", self.query.parameters("&")))?;
        }
        let base = client.base().to_owned();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Failure::NotDone(e.to_string()))?;
        runtime.block_on(self.watch(&base))
    }

    async fn watch(&self, base: &str) -> Result<(), Failure> {
        let mut progress = Progress { cursor: self.after, store: None, messages: 0 };
        let mut connected = false;
        loop {
            match self.follow(base, &mut progress).await {
                Ok(true) => return Ok(()),
                Ok(false) => connected = true,
                // The first attempt shows whether there is a server at all.
                Err(failure) if !connected && progress.store.is_none() => return Err(failure),
                Err(_) => {}
            }
            if connected && progress.cursor != Some(0) {
                eprintln!("restante: the server is gone, waiting for it");
                connected = false;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Follows one connection; true when all that was asked for has come.
    async fn follow(&self, base: &str, progress: &mut Progress) -> Result<bool, Failure> {
        let (mut socket, _) = connect_async(self.url(base, progress))
            .await
            .map_err(|e| Failure::NoServer { address: base.to_owned(), reason: e.to_string() })?;
        while let Some(Ok(frame)) = socket.next().await {
            let Message::Text(text) = frame else { continue };
            let event: Value = serde_json::from_str(&text)
                .map_err(|e| Failure::NotDone(format!("{base} is no server of Restante: {e}")))?;
            if event["type"] == "hello" {
                if greet(&event, progress) == Greeting::OtherStore {
                    // From its beginning: all in it is new.
                    return Ok(false);
                }
            } else if self.take(&text, &event, progress)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn url(&self, base: &str, progress: &Progress) -> String {
        let mut url = format!("ws{}/v1/events?", base.trim_start_matches("http"));
        if let Some(cursor) = progress.cursor {
            url += &format!("after={cursor}&");
        }
        if let Some(inbox) = &self.inbox {
            url += &format!("inbox={}", encoded(inbox));
        }
        url
    }

    /// Whether the query means this message, by the server's own word.
    fn is_meant(&self, message: &Value) -> Result<bool, Failure> {
        let Some(id) = message["id"].as_str() else { return Ok(false) };
        let path = format!("/v1/messages?limit=1{}", self.query.parameters_of("&", id));
        Ok(Client::new(&self.address)?.json(&path)?["total"] != 0)
    }

    fn take(&self, text: &str, event: &Value, progress: &mut Progress) -> Result<bool, Failure> {
        progress.cursor = event["seq"].as_u64();
        let is_message = event["type"] == "message.added";
        if self.query.is_some() && !(is_message && self.is_meant(&event["message"])?) {
            return Ok(false);
        }
        if self.json {
            output::print(text)?;
        } else if is_message {
            output::print(&output::line(&event["message"]))?;
        }
        progress.messages += u64::from(is_message);
        Ok(self.count.is_some_and(|count| progress.messages >= count))
    }
}

#[derive(PartialEq)]
enum Greeting {
    GoOn,
    OtherStore,
}

/// A store that is another than before is read from its beginning; of one that no longer has the
/// events after the cursor, something was missed, and that is said.
fn greet(hello: &Value, progress: &mut Progress) -> Greeting {
    let store = hello["store"].as_str().map(str::to_owned);
    let is_other = progress.store.is_some() && progress.store != store;
    progress.store = store;
    if is_other {
        eprintln!("restante: the server has a new store");
        progress.cursor = Some(0);
        return Greeting::OtherStore;
    }
    if hello["resync"] == true {
        eprintln!("restante: the server no longer has all events since then; going on from now");
    }
    progress.cursor = hello["seq"].as_u64();
    Greeting::GoOn
}
