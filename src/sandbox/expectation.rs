//! An expectation under construction: how many mails, by when.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use serde_json::{Map, Value};

use super::client::Client;
use super::{Call, Error, Mail, Message};

/// The server's own time, when nothing is said, is at most this.
const LONGEST: Duration = Duration::from_secs(300);

/// Mail that is expected: `.await` it or [`wait`](Expectation::wait) for it. At least one is
/// expected when nothing else is said; of several the newest is given.
#[must_use = "nothing is expected before it is awaited, or waited for"]
pub struct Expectation {
    client: Client,
    question: Map<String, Value>,
    wait: Duration,
}

impl Expectation {
    pub(super) fn new(client: Client, inbox: Option<&str>, mail: Mail) -> Expectation {
        let mut question = mail.into_fields();
        question.extend(inbox.map(|name| ("inbox".to_owned(), name.into())));
        Expectation { client, question, wait: LONGEST }
    }

    /// So many, no more and no fewer.
    pub fn exactly(self, n: u64) -> Expectation {
        self.with("exactly", n)
    }

    pub fn at_least(self, n: u64) -> Expectation {
        self.with("at_least", n)
    }

    pub fn at_most(self, n: u64) -> Expectation {
        self.with("at_most", n)
    }

    /// Waits so long at most, five minutes being the longest; without it, as long as the server
    /// does by itself (10 seconds, or `RESTANTE_TIMEOUT`).
    pub fn within(mut self, time: Duration) -> Expectation {
        self.wait = time;
        self.with("timeout", seconds(time))
    }

    /// Only what came after this cursor ([`Mailbox::cursor`](super::Mailbox::cursor)).
    pub fn since(self, cursor: u64) -> Expectation {
        self.with("since", cursor)
    }

    /// Of several, the oldest is given.
    pub fn first(self) -> Expectation {
        self.with("pick", "first")
    }

    /// No such mail comes for as long as `time`.
    pub fn none(self, time: Duration) -> Call<()> {
        let this = self.with("none", true).with("for", seconds(time));
        Call::new(move || {
            let question = Value::Object(this.question);
            this.client.post("/v1/expect", &question, LONGEST).map(drop)
        })
    }

    /// Waits on this thread.
    pub fn wait(self) -> Result<Message, Error> {
        self.call().wait()
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Expectation {
        self.question.insert(name.to_owned(), value.into());
        self
    }

    fn call(self) -> Call<Message> {
        Call::new(move || {
            let question = Value::Object(self.question);
            let answer = self.client.post("/v1/expect", &question, self.wait)?;
            Ok(Message::new(answer))
        })
    }
}

impl IntoFuture for Expectation {
    type Output = Result<Message, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<Message, Error>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        self.call().into_future()
    }
}

fn seconds(time: Duration) -> Value {
    format!("{}ms", time.as_millis()).into()
}
