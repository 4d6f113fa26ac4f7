//! What a test is told that did not get its mail.

use std::fmt;

use serde_json::Value;

/// Why a call came to nothing. Its text says what was asked, what came instead, and what was
/// refused; a test that ends in it, or unwraps it, prints just that.
pub struct Error {
    text: String,
    problem: Option<Box<Value>>,
}

impl Error {
    pub(super) fn server(text: String) -> Error {
        Error { text, problem: None }
    }

    /// Of an answer 417.
    pub(super) fn unmet(problem: Value) -> Error {
        let text = problem["detail"].as_str().or(problem["title"].as_str());
        let text = text.unwrap_or("the expectation was not met").to_owned();
        Error { text, problem: Some(Box::new(problem)) }
    }

    /// Whether the server was asked and the mail was not as expected; else it was not reached, or
    /// did not understand.
    pub fn is_unmet(&self) -> bool {
        self.problem.is_some()
    }

    /// The same as data: `reason`, `near_misses`, `rejected` and more (docs/expect.md).
    pub fn problem(&self) -> Option<&Value> {
        self.problem.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// For a person too: this is what `unwrap` and a test's `Result` print.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}
