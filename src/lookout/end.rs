//! What a call brings home: the message that was meant, or why there was none.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::look::held;
use super::{Ending, LookoutError, Watch};
use crate::expect::{Candidate, Expectation, Reason, Rejected, Report, Scene, Taken, Verdict};
use crate::store::{Millis, Session, Store, StoreError, StoredMessage};

/// Messages that may be near misses.
const LOOKED_AT: usize = 100;
/// Sessions that are looked at for a reason.
const SESSIONS: usize = 50;
/// Sessions whose dialogue is read for it.
const DIALOGUES: usize = 8;
/// Requests that were refused, and are remembered.
const REFUSALS: usize = 64;
/// Ids of messages that matched beside the one that was picked.
const DUPLICATES: usize = 50;
/// What happened so long before the call may belong to it: most calls begin behind their trigger.
const BEFORE: i64 = 5_000;

/// An expectation that was met.
pub struct Met {
    pub expectation: Arc<Expectation>,
    /// `None` where no mail was expected.
    pub message: Option<Box<StoredMessage>>,
    pub matched: u64,
    /// The others that matched, oldest first.
    pub duplicates: Vec<String>,
    pub waited: Duration,
    /// The newest message that matched; where none was expected, the newest event.
    pub cursor: u64,
    then: Unmet,
}

/// An expectation that was not met.
pub struct Unmet {
    store: Store,
    expectation: Arc<Expectation>,
    pub reason: Reason,
    started: i64,
    waited: Duration,
    from: u64,
    matched: Vec<u64>,
    matched_total: u64,
    /// Not all that is held was looked at.
    is_cut: bool,
}

const NOT_ALL: &str = "not all mail that is held could be read in this time, only the newest: give since=CURSOR, taken before what triggers the mail, or a longer timeout";

/// What else a report knows.
pub struct Surroundings<'a> {
    /// Base URL of the inspector.
    pub inspector: &'a str,
    /// Where SMTP listens.
    pub smtp: &'a str,
    pub refusals: &'a Refusals,
    /// Out of the mail that was picked.
    pub taken: Taken,
    /// Said before all else.
    pub hints: Vec<String>,
}

impl Watch {
    pub(super) fn unmet(self, reason: Reason) -> Unmet {
        Unmet {
            store: self.lookout.store.clone(),
            expectation: self.judge.expectation().clone(),
            reason,
            started: self.started,
            waited: self.start.elapsed(),
            from: self.from,
            matched: self.judge.all().map(|matched| matched.seq).rev().take(10).collect(),
            matched_total: self.judge.matched(),
            is_cut: self.is_cut,
        }
    }

    pub(super) async fn met(self) -> Result<Ending, LookoutError> {
        let picked = self.judge.picked();
        let message = match &picked {
            None => None,
            Some(picked) => match self.lookout.store.message(picked.id.clone()).await? {
                Some(message) => Some(Box::new(message)),
                None => return Ok(Ending::NotMet(self.unmet(Reason::Gone))),
            },
        };
        let others = self.judge.all().filter(|one| Some(one) != picked.as_ref());
        let newest = self.judge.all().next_back().map(|matched| matched.seq);
        Ok(Ending::Met(Met {
            expectation: self.judge.expectation().clone(),
            message,
            matched: self.judge.matched(),
            duplicates: others.map(|one| one.id).take(DUPLICATES).collect(),
            waited: self.start.elapsed(),
            cursor: newest.unwrap_or_else(|| self.lookout.store.seq()),
            then: self.unmet(Reason::NoValue),
        }))
    }
}

impl Met {
    /// For a message that matched, but has not what was to be taken out of it.
    pub fn but(self, reason: Reason) -> Unmet {
        Unmet { reason, ..self.then }
    }
}

impl Unmet {
    /// Looks around for what may have been the cause.
    pub async fn report(self, mut around: Surroundings<'_>) -> Result<Report, StoreError> {
        if self.is_cut && self.matched_total == 0 {
            around.hints.push(NOT_ALL.to_owned());
        }
        let needs_content = self.expectation.needs_content();
        let held = held(&self.store, &self.expectation.since, LOOKED_AT, needs_content).await?;
        let is_matched = |one: &Arc<Candidate>| {
            self.matched.contains(&one.seq) || self.expectation.verdict(one) == Verdict::Yes
        };
        let (matched, others): (Vec<_>, Vec<_>) = held.newest.into_iter().partition(is_matched);
        let (deleted, cleared) = self.store.removals(self.from).await?;
        let begin = self.started - BEFORE;
        let mut rejected = around.refusals.since(begin, self.started);
        rejected.extend(sessions(&self.store, begin, self.started, around.inspector).await?);
        rejected.sort_by_key(|one| one.after_ms);
        Ok(Report::new(Scene {
            expectation: &self.expectation,
            reason: self.reason,
            started: self.started,
            waited: self.waited,
            arrived: held.since,
            matched: &matched,
            matched_total: self.matched_total,
            others: &others,
            rejected,
            deleted,
            cleared,
            cursor: self.store.seq(),
            inspector: around.inspector,
            smtp: around.smtp,
            taken: around.taken,
            hints: around.hints,
        }))
    }
}

/// Sessions of that time which brought nothing, each with the reason.
async fn sessions(
    store: &Store,
    begin: i64,
    started: i64,
    inspector: &str,
) -> Result<Vec<Rejected>, StoreError> {
    let page = store.sessions(SESSIONS, None, None).await?;
    let mut found = Vec::new();
    for session in page.sessions {
        let at = session.closed_at.unwrap_or(session.opened_at).0;
        if at < begin || session.info.messages > 0 || session.info.via == "api" {
            continue;
        }
        if found.len() == DIALOGUES {
            break;
        }
        found.push(Rejected {
            kind: "session",
            after_ms: session.opened_at.0 - started,
            client: session.info.client.clone(),
            url: Some(format!("{inspector}/s/{}", session.id)),
            why: why(store, &session).await?,
        });
    }
    Ok(found)
}

/// The last command that was refused and the reply to it, and how the session ended.
async fn why(store: &Store, session: &Session) -> Result<String, StoreError> {
    let ended = match session.info.outcome.as_str() {
        "open" => "still open, and no message yet",
        "quit" => "ended with QUIT and no message",
        "closed" => "closed by the client with no message",
        "cut-off" => "cut off by the client",
        "timeout" => "timed out",
        "refused" => "turned away",
        "shutdown" => "ended as the server stopped",
        "tls-failed" => "the TLS handshake failed",
        other => other,
    };
    let user = session.info.user.as_deref().map(|user| format!(" (user \"{user}\")"));
    let tls = session.info.tls.as_ref().and_then(|tls| {
        let tls: serde_json::Value = serde_json::from_str(tls.get()).ok()?;
        Some(format!(": {}", tls["error"].as_str()?))
    });
    let dialogue = store.dialogue(session.id.clone(), None).await?;
    let refused = dialogue.and_then(|dialogue| refusal(&dialogue.entries));
    let tail = format!("{}{}", tls.unwrap_or_default(), user.unwrap_or_default());
    Ok(match refused {
        Some(refused) => format!("{refused}; {ended}{tail}"),
        None => format!("{ended}{tail}"),
    })
}

/// `RCPT TO:<a@b> -> 550 no such user`.
fn refusal(entries: &str) -> Option<String> {
    let entries: Vec<serde_json::Value> = serde_json::from_str(entries).ok()?;
    let text = |entry: &serde_json::Value| entry["text"].as_str().unwrap_or_default().to_owned();
    let is_refusal = |entry: &serde_json::Value| {
        let text = text(entry);
        let is_code = text.as_bytes().get(1..3).is_some_and(|d| d.iter().all(u8::is_ascii_digit));
        entry["from"] == "server" && is_code && text.starts_with(['4', '5'])
    };
    // After a refused MAIL or RCPT the rest is out of order: 503 is what follows, not why.
    let is_reason =
        |entry: &serde_json::Value| is_refusal(entry) && !text(entry).starts_with("503");
    let at =
        entries.iter().rposition(is_reason).or_else(|| entries.iter().rposition(is_refusal))?;
    let command = entries[..at].iter().rev().find(|entry| entry["from"] == "client").map(text);
    let reply = text(&entries[at]);
    Some(match command.filter(|command| !command.is_empty()) {
        Some(command) => format!("{command} -> {reply}"),
        None => reply,
    })
}

/// Requests with a message that were refused, the last ones. No session tells of them.
#[derive(Clone, Default)]
pub struct Refusals {
    all: Arc<Mutex<VecDeque<(i64, String, String)>>>,
}

impl Refusals {
    /// Remembers one: `POST /v1/messages`, and what was answered.
    pub fn add(&self, request: &str, why: &str) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == REFUSALS {
            all.pop_front();
        }
        all.push_back((Millis::now().0, request.to_owned(), why.to_owned()));
    }

    fn since(&self, begin: i64, started: i64) -> Vec<Rejected> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = all.iter().filter(|(at, ..)| *at >= begin);
        let told = recent.map(|(at, request, why)| Rejected {
            kind: "request",
            after_ms: at - started,
            client: "HTTP".to_owned(),
            why: format!("{request} -> {why}"),
            url: None,
        });
        told.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_told_and_not_what_followed() {
        let entries = serde_json::json!([
            {"from":"client","text":"MAIL FROM:<a@b> SIZE=9"},
            {"from":"server","text":"552 5.3.4 too large"},
            {"from":"client","text":"RCPT TO:<c@d>"},
            {"from":"server","text":"503 5.5.1 MAIL comes first"},
        ]);
        let told = refusal(&entries.to_string());
        assert_eq!(told.as_deref(), Some("MAIL FROM:<a@b> SIZE=9 -> 552 5.3.4 too large"));
    }
}
