//! The HTTP of the sandbox: a few calls of the server's own API.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::StatusCode;

use super::Error;

/// For an answer that nobody has to wait for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client of one server; cheap to clone.
#[derive(Clone)]
pub(super) struct Client {
    agent: Agent,
    pub base: String,
}

impl Client {
    pub fn new(base: &str) -> Client {
        let config = Agent::config_builder().http_status_as_error(false).proxy(None).build();
        Client { agent: config.into(), base: base.trim_end_matches('/').to_owned() }
    }

    pub fn get(&self, path: &str) -> Result<Value, Error> {
        let request = self.agent.get(format!("{}{path}", self.base));
        let answer = request.config().timeout_global(Some(PATIENCE)).build().call();
        let (status, body) = self.whole(answer)?;
        self.parsed(path, status, &body)
    }

    /// `wait`: how long the server may take.
    pub fn post(&self, path: &str, body: &Value, wait: Duration) -> Result<Value, Error> {
        let request = self.agent.post(format!("{}{path}", self.base));
        let request = request.config().timeout_global(Some(wait + PATIENCE)).build();
        let answer = request.header("content-type", "application/json").send(body.to_string());
        let (status, body) = self.whole(answer)?;
        self.parsed(path, status, &body)
    }

    fn whole(
        &self,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<(StatusCode, Vec<u8>), Error> {
        let gone = |e: ureq::Error| Error::server(format!("no server at {}: {e}", self.base));
        let mut answer = answer.map_err(gone)?;
        let body = answer.body_mut().with_config().limit(u64::MAX).read_to_vec();
        Ok((answer.status(), body.map_err(gone)?))
    }

    fn parsed(&self, path: &str, status: StatusCode, body: &[u8]) -> Result<Value, Error> {
        let value: Value = serde_json::from_slice(body).unwrap_or_default();
        if status == StatusCode::EXPECTATION_FAILED {
            return Err(Error::unmet(value));
        }
        if status.is_success() && !value.is_null() {
            return Ok(value);
        }
        Err(Error::server(match value["error"]["message"].as_str() {
            Some(message) => message.to_owned(),
            None => format!("{}{path} was answered {status}", self.base),
        }))
    }
}
