//! What a call answers when it cannot do what was asked: one shape for every error.

use serde::Serialize;
use warp::http::StatusCode;
use warp::reply::{Reply, Response};

use crate::search::QueryError;
use crate::store::StoreError;

/// An error of the API: `{"error":{"code","message","field"?}}` with its status.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    body: Body,
}

#[derive(Debug, Serialize)]
struct Body {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// In a query: where it is wrong, in characters from its start, and what could stand there.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<String>,
}

impl ApiError {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> ApiError {
        ApiError {
            status,
            body: Body { code, message: message.into(), field: None, at: None, expected: None },
        }
    }

    /// A parameter or body field that is wrong.
    pub fn field(code: &'static str, field: &str, message: impl Into<String>) -> ApiError {
        let mut error = ApiError::new(StatusCode::BAD_REQUEST, code, message);
        error.body.field = Some(field.to_owned());
        error
    }

    /// As it stands on the wire.
    pub fn body(&self) -> Vec<u8> {
        serde_json::json!({ "error": self.body }).to_string().into_bytes()
    }

    /// For a line that tells of it: `400 body_cut: ended early`.
    pub fn sentence(&self) -> String {
        format!("{} {}: {}", self.status.as_u16(), self.body.code, self.body.message)
    }

    pub fn set_status(&mut self, status: StatusCode) {
        self.status = status;
    }

    /// A `q` that cannot be read.
    pub fn query(error: &QueryError) -> ApiError {
        let mut answer = ApiError::field("invalid_query", "q", error.to_string());
        answer.body.at = Some(error.at);
        answer.body.expected = Some(error.expected.clone());
        answer
    }

    pub fn no_message(id: &str) -> ApiError {
        let message = format!("there is no message {id}: it was deleted, or never came");
        ApiError::new(StatusCode::NOT_FOUND, "no_message", message)
    }

    pub fn no_session(id: &str) -> ApiError {
        let message = format!("there is no session {id}: it was dropped, or never was");
        ApiError::new(StatusCode::NOT_FOUND, "no_session", message)
    }
}

/// The code of an error that comes from the store's state.
pub fn store_code(state: &str) -> &'static str {
    match state {
        "full" => "store_full",
        "read_only" => "store_read_only",
        "locked" => "store_locked",
        "corrupt" => "store_corrupt",
        _ => "store_failed",
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        let (status, code) = match error {
            StoreError::Full | StoreError::TooLarge => {
                (StatusCode::INSUFFICIENT_STORAGE, "store_full")
            }
            StoreError::Behind(_) => (StatusCode::SERVICE_UNAVAILABLE, "index_behind"),
            StoreError::Closed => (StatusCode::SERVICE_UNAVAILABLE, "shutting_down"),
            _ => {
                let state = error.state().unwrap_or("failed");
                (StatusCode::INTERNAL_SERVER_ERROR, store_code(state))
            }
        };
        ApiError::new(status, code, error.to_string())
    }
}

impl Reply for ApiError {
    fn into_response(self) -> Response {
        let json = warp::reply::json(&serde_json::json!({ "error": self.body }));
        warp::reply::with_status(json, self.status).into_response()
    }
}
