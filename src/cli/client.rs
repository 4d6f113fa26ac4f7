//! The commands' side of the HTTP API.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::Value;
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

/// Where a server is that was told no address.
pub const DEFAULT_SERVER: &str = "http://localhost:8025";

/// Where the server is.
#[derive(Args, Clone)]
pub struct Address {
    /// The server's inspector address
    #[arg(long, env = "RESTANTE_URL", value_name = "URL", default_value = DEFAULT_SERVER)]
    pub server: String,
}

/// Which messages are meant.
#[derive(Args, Clone)]
pub struct Search {
    /// Only messages that this query means (docs/search.md)
    #[arg(long, short = 'q', value_name = "QUERY")]
    query: Option<String>,
}

impl Search {
    pub fn is_some(&self) -> bool {
        self.query.is_some()
    }

    /// Only what `more` means, too.
    pub fn and(&self, more: &str) -> Search {
        let query = match self.query.as_deref().unwrap_or_default().trim() {
            "" => more.to_owned(),
            query => format!("({query}) {more}"),
        };
        Search { query: Some(query) }
    }

    /// For a request, behind `first`. Days and times of day are those of this machine.
    pub fn parameters(&self, first: &str) -> String {
        self.query.as_deref().map_or_else(String::new, |query| parameters(first, query))
    }

    /// The same for one message.
    pub fn parameters_of(&self, first: &str, id: &str) -> String {
        self.and(&format!("id:{id}")).parameters(first)
    }
}

fn parameters(first: &str, query: &str) -> String {
    let zone = jiff::tz::TimeZone::system();
    let zone = match zone.iana_name() {
        Some(name) => name.to_owned(),
        None => zone.to_offset(jiff::Timestamp::now()).to_string(),
    };
    format!("{first}q={}&tz={}", encoded(query), encoded(&zone))
}

/// Why a command did not do its work; decides the exit code.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{0}")]
    NotDone(String),
    /// The whole text, for a person.
    #[error("{0}")]
    NotMet(String),
    #[error("no server at {address}: {reason}")]
    NoServer { address: String, reason: String },
    #[error("{0}")]
    Usage(String),
}

impl Failure {
    pub fn code(&self) -> ExitCode {
        match self {
            Failure::NotDone(_) | Failure::NotMet(_) => ExitCode::from(1),
            Failure::NoServer { .. } | Failure::Usage(_) => ExitCode::from(2),
        }
    }
}

/// Nothing is waited for longer than 5 minutes by the server.
const LONGEST: Duration = Duration::from_secs(330);

/// What a server said, whatever it was.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Answer {
    /// The sentence of an error.
    pub fn problem(&self, base: &str) -> String {
        let error: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        match error["error"]["message"].as_str() {
            Some(message) => message.to_owned(),
            None => format!("{base} answered {}", self.status),
        }
    }
}

/// A client of one server.
pub struct Client {
    agent: Agent,
    base: String,
}

impl Client {
    pub fn new(address: &Address) -> Result<Client, Failure> {
        let base = address.server.trim_end_matches('/');
        if !base.starts_with("http://") {
            return Err(Failure::Usage(format!("--server {base}: this must begin with http://")));
        }
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(30)))
            .http_status_as_error(false)
            .proxy(None)
            .build();
        Ok(Client { agent: config.into(), base: base.to_owned() })
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    /// The JSON of a path; an API error becomes its message.
    pub fn json(&self, path: &str) -> Result<Value, Failure> {
        let body = self.bytes(path, "application/json")?;
        serde_json::from_slice(&body).map_err(|e| {
            Failure::NotDone(format!("{}{path} is no answer of Restante: {e}", self.base))
        })
    }

    /// The bytes of a path.
    pub fn bytes(&self, path: &str, accept: &str) -> Result<Vec<u8>, Failure> {
        let (status, body) = self.answer(path, accept)?;
        self.done(path, status, &body).map(|()| body)
    }

    /// The bytes of a path, if there is something.
    pub fn found(&self, path: &str) -> Result<Option<Vec<u8>>, Failure> {
        let (status, body) = self.answer(path, "*/*")?;
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.done(path, status, &body).map(|()| Some(body))
    }

    /// A text and the name that is suggested for a file of it; `Err` is the sentence of what is not
    /// there.
    pub fn file(&self, path: &str) -> Result<Result<(String, String), String>, Failure> {
        let answer = self.agent.get(format!("{}{path}", self.base)).call();
        let answer = answer.map_err(|e| self.unreachable(&e))?;
        let name = answer.headers().get("content-disposition").and_then(|name| name.to_str().ok());
        let name = name.and_then(|name| name.split('"').nth(1)).unwrap_or_default().to_owned();
        let (status, body) = self.read(Ok(answer))?;
        match (status.as_u16(), Answer { status: status.as_u16(), body }) {
            (200, answer) => Ok(Ok((name, String::from_utf8_lossy(&answer.body).into_owned()))),
            (404, answer) => Ok(Err(answer.problem(&self.base))),
            (400, answer) => Err(Failure::Usage(answer.problem(&self.base))),
            (_, answer) => Err(Failure::NotDone(answer.problem(&self.base))),
        }
    }

    /// Asks with JSON for what may take minutes; any status is an answer.
    pub fn ask(&self, path: &str, question: &str, accept: &str) -> Result<Answer, Failure> {
        let request = self.agent.post(format!("{}{path}", self.base)).header("accept", accept);
        let request = request.config().timeout_global(Some(LONGEST)).build();
        let (status, body) = self.read(request.send(question))?;
        Ok(Answer { status: status.as_u16(), body })
    }

    /// Sends bytes; the answer matters only if it is an error.
    pub fn post(&self, path: &str, bytes: &[u8]) -> Result<(), Failure> {
        let sent = self.agent.post(format!("{}{path}", self.base)).send(bytes);
        let (status, body) = self.read(sent)?;
        self.done(path, status, &body)
    }

    fn answer(&self, path: &str, accept: &str) -> Result<(StatusCode, Vec<u8>), Failure> {
        self.read(self.agent.get(format!("{}{path}", self.base)).header("accept", accept).call())
    }

    fn read(
        &self,
        answer: Result<Response<Body>, ureq::Error>,
    ) -> Result<(StatusCode, Vec<u8>), Failure> {
        let mut response = answer.map_err(|e| self.unreachable(&e))?;
        let body = response.body_mut().with_config().limit(u64::MAX).read_to_vec();
        Ok((response.status(), body.map_err(|e| self.unreachable(&e))?))
    }

    fn done(&self, path: &str, status: StatusCode, body: &[u8]) -> Result<(), Failure> {
        if status.is_success() {
            return Ok(());
        }
        let error: Value = serde_json::from_slice(body).unwrap_or_default();
        let message = error["error"]["message"].as_str();
        Err(Failure::NotDone(match message {
            Some(message) => message.to_owned(),
            None => format!("{}{path} answered {status}", self.base),
        }))
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        let reason = match error {
            ureq::Error::Io(e) => e.to_string(),
            other => other.to_string(),
        };
        Failure::NoServer { address: self.base.clone(), reason }
    }
}

/// A value as part of a query.
pub fn encoded(value: &str) -> String {
    percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string()
}
