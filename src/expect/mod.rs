//! Expectations: what mail a test waits for, when the outcome is certain, and what to say when it
//! did not come. Owns the question, the counting and the words of the answer; it has no store, no
//! feed and no clock (`lookout` has), so that times come in as values.
//!
//! ```
//! use std::time::Duration;
//! use restante::expect::{Candidate, Context, Expectation, Judge, Outcome};
//! use restante::search::Facts;
//!
//! let context = Context { now: 0, timeout: Duration::from_secs(10) };
//! let question = serde_json::json!({ "to": "ann@x.test", "subject": "reset" });
//! let expectation = Expectation::from_json(&question, &context)?;
//! let mut judge = Judge::new(expectation.into());
//! assert!(matches!(judge.outcome(Duration::ZERO), Outcome::Wait(_)));
//!
//! let mail = Facts {
//!     id: "1".into(),
//!     rcpt: vec!["ann@x.test".into()],
//!     subject: "Reset your password".into(),
//!     ..Facts::default()
//! };
//! judge.take(&Candidate::new(7, mail), Duration::from_millis(300));
//! assert!(matches!(judge.outcome(Duration::from_millis(300)), Outcome::Met));
//! # Ok::<(), restante::expect::Fault>(())
//! ```

mod action;
mod ask;
mod bounds;
mod candidate;
mod check;
mod checking;
mod criterion;
mod distance;
mod expectation;
mod extract;
mod judge;
mod near_miss;
mod report;
mod taken;
mod time;
mod wishes;
mod wording;

pub use candidate::Candidate;
pub use check::MESSAGE_FIELDS;
pub use criterion::{Criterion, Verdict};
pub use expectation::{Context, Count, Expectation, FIELDS, Fault, Get, Pick, Since};
pub use extract::{CodeWish, LinkWish, code, link};
pub(crate) use extract::{code_of, leads_to};
pub use judge::{Judge, Matched, Outcome, Reason};
pub use near_miss::{Check, NearMiss};
pub use report::{Rejected, Report, Scene};
pub use taken::Taken;
pub use time::MAX_TIMEOUT;
pub use wording::seconds;
