//! How many and how long, put together from the fields that say so, and checked against each other.

use std::time::Duration;

use super::ask::fault;
use super::expectation::{Context, Count, Fault};
use super::time::MAX_TIMEOUT;

/// How long nothing more may come, where a question may be met by nothing and does not say. Never
/// longer than its timeout.
const QUIET: Duration = Duration::from_secs(2);

/// The count as it was asked for, before it is put together.
#[derive(Default)]
pub(super) struct Bounds {
    pub exactly: Option<u64>,
    pub least: Option<u64>,
    pub most: Option<u64>,
    pub none: bool,
    pub quiet: Option<Duration>,
}

impl Bounds {
    /// With the timeout that was asked for, if one was.
    pub fn count(self, timeout: Option<Duration>) -> Result<Count, Fault> {
        if self.none && (self.exactly.or(self.least).or(self.most)).is_some() {
            let message = "none goes with no other count: it is exactly=0";
            return Err(fault("invalid", "none", message));
        }
        if self.exactly.is_some() && self.least.or(self.most).is_some() {
            let message = "exactly (or count) goes without at_least and at_most";
            return Err(fault("invalid", "exactly", message));
        }
        let exactly = if self.none { Some(0) } else { self.exactly };
        let least = exactly.or(self.least).unwrap_or(u64::from(self.most.is_none()));
        let most = exactly.or(self.most);
        if most.is_some_and(|most| most < least) {
            let message = format!("at_most is less than at_least={least}: nothing can be both");
            return Err(fault("invalid", "at_most", message));
        }
        // Where nothing has to come, only time can tell that nothing did.
        let usual = if least == 0 { timeout.unwrap_or(QUIET).min(QUIET) } else { Duration::ZERO };
        let quiet = self.quiet.unwrap_or(usual);
        Ok(Count { least, most, quiet, asks_for_quiet: self.quiet.is_some() })
    }
}

pub(super) fn within(
    asked: Option<Duration>,
    quiet: Duration,
    context: &Context,
) -> Result<Duration, Fault> {
    if asked.is_some_and(|timeout| timeout > MAX_TIMEOUT) {
        let message = "timeout is at most 5m: ask again for longer".to_owned();
        return Err(fault("invalid", "timeout", message));
    }
    if quiet > MAX_TIMEOUT {
        return Err(fault("invalid", "for", "for is at most 5m".to_owned()));
    }
    match asked {
        Some(timeout) if quiet > timeout => {
            let message = "for is longer than timeout, so it could never be met: raise timeout";
            Err(fault("invalid", "for", message))
        }
        Some(timeout) => Ok(timeout),
        None if quiet > context.timeout => Ok(quiet),
        None => Ok(context.timeout),
    }
}
