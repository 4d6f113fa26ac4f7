//! BDAT (RFC 3030): a message in chunks whose size is said before them.
//!
//! Whatever becomes of a chunk, its octets are never read as commands: a refused one is passed
//! over, and answered after its last octet.

use memchr::memchr_iter;

use super::body::{Body, Refusal};
use super::envelope::Envelope;
use super::extension::Extension;
use super::notice::{self, Notice};
use super::params;
use super::reply::{self, Reply};
use super::session::{Micros, Session, State};

/// A message between its first chunk and its last.
#[derive(Debug)]
pub(super) struct Message {
    pub envelope: Envelope,
    pub body: Body,
}

/// A chunk under way.
#[derive(Debug)]
pub(super) struct Chunk {
    size: u64,
    /// Octets that are still to come.
    left: u64,
    last: bool,
    to: Destination,
}

#[derive(Debug)]
enum Destination {
    Message(Message),
    /// Passed over, answered so, and then all is as before.
    Nowhere(Reply, State),
}

impl Chunk {
    /// Octets that have come.
    pub fn received(&self) -> u64 {
        self.size - self.left
    }
}

impl Session {
    /// The chunk is due from here on. `refusal` says why it will not be taken.
    pub(super) fn begin_chunk(&mut self, size: u64, last: bool, refusal: Option<Reply>) {
        let state = std::mem::replace(&mut self.state, State::Idle);
        let to = match (refusal, state) {
            (Some(reply), state) => Destination::Nowhere(reply, state),
            (None, State::Mail(mail)) if !mail.envelope.to.is_empty() => {
                let (envelope, body) = mail.into_content(self.config.max_message_size);
                Destination::Message(Message { envelope, body })
            }
            (None, State::BetweenChunks(message)) => Destination::Message(*message),
            (None, state @ State::Mail(_)) => {
                Destination::Nowhere(reply::NO_RECIPIENTS_FOR_CHUNK, state)
            }
            (None, state) => Destination::Nowhere(reply::NEED_MAIL, state),
        };
        self.state = State::Chunk(Box::new(Chunk { size, left: size, last, to }));
    }

    /// Whether BDAT may come now.
    pub(super) fn takes_chunks(&self) -> bool {
        match &self.state {
            State::Mail(mail) => !mail.envelope.to.is_empty(),
            State::BetweenChunks(_) => true,
            _ => false,
        }
    }

    /// Takes octets of the chunk and says how many those were.
    pub(super) fn read_chunk(&mut self, at: Micros, bytes: &[u8]) -> usize {
        let State::Chunk(chunk) = &mut self.state else {
            return 0;
        };
        let taken = usize::try_from(chunk.left).unwrap_or(usize::MAX).min(bytes.len());
        chunk.left -= taken as u64;
        if let Destination::Message(message) = &mut chunk.to {
            message.body.push(&bytes[..taken]);
        }
        self.end_chunk_if_whole(at);
        taken
    }

    pub(super) fn end_chunk_if_whole(&mut self, at: Micros) {
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Chunk(chunk) if chunk.left == 0 => self.end_of_chunk(at, *chunk),
            state => self.state = state,
        }
    }

    fn end_of_chunk(&mut self, at: Micros, chunk: Chunk) {
        let Chunk { size, last, to, .. } = chunk;
        match to {
            Destination::Nowhere(reply, state) => {
                self.state = state;
                self.record_octets(at, size, "", Vec::new());
                self.answer(at, &reply, None);
            }
            Destination::Message(message) if last => self.end_of_chunks(at, size, message),
            Destination::Message(message) => {
                let refusal = message.body.refusal();
                let text = if refusal.is_none() { "chunk" } else { "" };
                self.record_octets(at, size, text, Vec::new());
                match refusal {
                    // RFC 3030, section 2: after a failed chunk the mail is over. What the client
                    // has sent ahead of it is passed over, one by one.
                    Some(refusal) => self.refuse_content(at, refusal, 1),
                    None => {
                        self.state = State::BetweenChunks(Box::new(message));
                        self.answer(at, &reply::chunk_taken(size), None);
                    }
                }
            }
        }
    }

    fn end_of_chunks(&mut self, at: Micros, size: u64, message: Message) {
        let Message { envelope, body } = message;
        let offers = |extension| self.offers(extension);
        let notices = if params::is_binary(&envelope.params.from, offers) {
            Vec::new()
        } else {
            let eight_bit = params::is_eight_bit(&envelope.params.from, offers);
            look_at(body.kept(), eight_bit, self.config.max_text_line)
        };
        let strict = self.strict_refusal(&notices);
        self.record_octets(at, size, ".", notices);
        match (body.finish(), strict) {
            (Err(refusal), _) => self.refuse_content(at, refusal, envelope.to.len()),
            (Ok(_), Some(reply)) => self.answer_message(at, &reply, envelope.to.len()),
            (Ok((raw, share)), None) => self.deliver(envelope, raw, share),
        }
    }

    /// The answer to a message that is over its bounds.
    pub(super) fn refuse_content(&mut self, at: Micros, refusal: Refusal, recipients: usize) {
        let reply = match refusal {
            Refusal::TooLarge => reply::too_large(self.config.max_message_size),
            Refusal::NoRoom => reply::NO_MEMORY,
        };
        self.answer_message(at, &reply, recipients);
    }

    /// Whether a mail may be sent with DATA.
    pub(super) fn needs_chunks(&self, envelope: &Envelope) -> bool {
        let offers = |extension: Extension| self.offers(extension);
        params::is_binary(&envelope.params.from, offers)
    }
}

/// What is odd about the lines of a message that is not binary.
fn look_at(raw: &[u8], eight_bit: bool, max_line: usize) -> Vec<Notice> {
    let (mut start, mut bare_lf, mut longest, mut crlf) = (0, false, 0, 0);
    for lf in memchr_iter(b'\n', raw) {
        let has_cr = lf > start && raw[lf - 1] == b'\r';
        bare_lf |= !has_cr;
        crlf += usize::from(has_cr);
        if has_cr {
            longest = longest.max(lf + 1 - start);
            start = lf + 1;
        }
    }
    longest = longest.max(raw.len() - start);
    [
        (!eight_bit && !raw.is_ascii(), notice::EIGHT_BIT_CONTENT),
        (longest > max_line, notice::LONG_CONTENT_LINE),
        (bare_lf, notice::BARE_LF_IN_CONTENT),
        (memchr_iter(b'\r', raw).count() > crlf, notice::BARE_CR_IN_CONTENT),
    ]
    .into_iter()
    .filter_map(|(seen, notice)| seen.then_some(notice))
    .collect()
}
