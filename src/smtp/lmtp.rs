//! LMTP (RFC 2033), as far as it is not SMTP: who may greet how, and a reply for each recipient once
//! the message is whole.

use super::command::{Command, Greeting};
use super::envelope::DeliveryError;
use super::notice::Notice;
use super::reply::{self, Reply};
use super::session::{Micros, Session};

/// What a listener speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Protocol {
    #[default]
    Smtp,
    Lmtp,
}

impl Protocol {
    /// Its name on the wire, as docs/api.md lists them.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Smtp => "smtp",
            Protocol::Lmtp => "lmtp",
        }
    }
}

/// Notices about the greeting, with the one of LMTP.
pub(super) fn reword(notices: &mut [Notice]) {
    for notice in notices.iter_mut().filter(|notice| notice.code.contains("helo")) {
        notice.message = with_lhlo(&notice.message).into();
    }
}

fn with_lhlo(text: &str) -> String {
    let text = text.replace("EHLO and HELO need", "LHLO needs").replace("EHLO or HELO", "LHLO");
    text.replace("EHLO", "LHLO")
}

impl Session {
    pub(super) fn is_lmtp(&self) -> bool {
        self.config.protocol == Protocol::Lmtp
    }

    /// Section 4.1: LHLO instead of HELO and EHLO, which must not succeed, so that neither protocol
    /// is taken for the other.
    pub(super) fn wrong_greeting(&self, command: &Command) -> Option<Reply> {
        let Command::Hello { greeting, .. } = command else { return None };
        match (self.is_lmtp(), greeting) {
            (true, Greeting::Helo | Greeting::Ehlo) => Some(reply::SPEAK_LMTP),
            (false, Greeting::Lhlo) => Some(reply::SPEAK_SMTP),
            _ => None,
        }
    }

    /// A reply that names the greeting, with that of the protocol.
    pub(super) fn worded(&self, mut reply: Reply) -> Reply {
        if self.is_lmtp() {
            reply.reword(with_lhlo);
        }
        reply
    }

    /// Section 4.2: DATA without a recipient is 503, where RFC 5321 has 554 too.
    pub(super) fn no_recipients(&self) -> Reply {
        if self.is_lmtp() { reply::NO_RECIPIENTS_FOR_CHUNK } else { reply::NO_RECIPIENTS }
    }

    /// Who is answered each for himself: nobody in SMTP.
    pub(super) fn answered_each(&self, recipients: &[String]) -> Vec<String> {
        if self.is_lmtp() { recipients.to_vec() } else { Vec::new() }
    }

    /// The store's word on a message, once in SMTP, else once for each of `recipients`.
    pub(super) fn reply_delivered(
        &mut self,
        at: Micros,
        result: Result<&str, DeliveryError>,
        recipients: &[String],
    ) {
        let failure = match result {
            Ok(id) => {
                for recipient in recipients {
                    self.reply(at, &reply::queued_for(recipient, id));
                }
                if recipients.is_empty() {
                    self.reply(at, &reply::queued(id));
                }
                return;
            }
            Err(DeliveryError::Full) => reply::STORE_FULL,
            Err(DeliveryError::Failed) => reply::STORE_FAILED,
        };
        for _ in 0..recipients.len().max(1) {
            self.reply(at, &failure);
        }
    }

    /// A reply to a whole message that is not kept: sections 4.2 and 4.3 want one for each
    /// recipient, even if it is the same. As an error it counts once.
    pub(super) fn answer_message(&mut self, at: Micros, reply: &Reply, recipients: usize) {
        if self.is_lmtp() {
            for _ in 1..recipients {
                self.reply(at, reply);
            }
        }
        self.answer_content(at, reply);
    }
}
