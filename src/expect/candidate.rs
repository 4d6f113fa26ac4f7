//! A message that may be the one: what the list knows of it at once, its content when somebody has
//! read it. One is shared by all who wait.

use std::sync::OnceLock;

use crate::message::Content;
use crate::search::{Facts, SessionFacts, Source, fold_case, fold_text};

#[derive(Debug)]
pub struct Candidate {
    pub seq: u64,
    facts: Facts,
    subject: OnceLock<String>,
    recipients: OnceLock<Vec<String>>,
    content: OnceLock<(SessionFacts, Content)>,
}

impl Candidate {
    pub fn new(seq: u64, facts: Facts) -> Candidate {
        let (subject, recipients) = (OnceLock::new(), OnceLock::new());
        Candidate { seq, facts, subject, recipients, content: OnceLock::new() }
    }

    /// What was read of it; the first one stays.
    pub fn set_content(&self, session: SessionFacts, content: Content) {
        let _ = self.content.set((session, content));
    }

    pub fn has_content(&self) -> bool {
        self.content.get().is_some()
    }

    /// For comparing, made once for all who compare.
    pub(super) fn folded_subject(&self) -> &str {
        self.subject.get_or_init(|| fold_text(&self.facts.subject))
    }

    /// Every address it went to, of the envelope, To and Cc, without case.
    pub fn recipients(&self) -> &[String] {
        self.recipients.get_or_init(|| {
            let mut all: Vec<String> = Vec::new();
            let header = self.facts.to.iter().chain(&self.facts.cc).map(|to| &to.address);
            for address in self.facts.rcpt.iter().chain(header) {
                let address = fold_case(address.trim());
                if !all.contains(&address) {
                    all.push(address);
                }
            }
            all
        })
    }

    fn read(&self) -> &(SessionFacts, Content) {
        static NOTHING: OnceLock<(SessionFacts, Content)> = OnceLock::new();
        self.content.get().unwrap_or_else(|| NOTHING.get_or_init(Default::default))
    }
}

impl Source for Candidate {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn session(&self) -> &SessionFacts {
        &self.read().0
    }

    fn content(&self) -> &Content {
        &self.read().1
    }
}
