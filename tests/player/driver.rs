//! What plays a script: the interface, and the driver of the session itself, without sockets.

use std::sync::Arc;

use restante::smtp::{
    Bindings, Config, Delivery, DeliveryError, Direction, End, Entry, Info, Late, Output, Session,
};

use super::script::Piece;
use super::tls;

/// A server as seen from the script. Another way to reach one (TCP) is another implementation.
pub trait Driver {
    fn connect(&mut self);
    fn send(&mut self, pieces: &[Piece]);
    fn close(&mut self);
    fn timeout(&mut self, late: Late);
    fn shutdown(&mut self);
    fn store_fails(&mut self, error: DeliveryError);
    /// The client begins TLS, which the server must have agreed to.
    fn begin_tls(&mut self);
    /// The reply lines that have come since this was last called. A driver that has to wait for
    /// them waits for as many whole replies as are expected.
    fn replies(&mut self, expected: usize) -> Vec<String>;
    /// Whether the server has closed the connection; one that has to wait does if it is expected.
    fn closed(&mut self, expected: bool) -> bool;
    /// The notices for each piece that was sent last, if this driver can tell them apart.
    fn notices(&mut self) -> Option<Vec<Vec<String>>>;
    fn finish(&mut self) -> Report;
}

/// What is left when the dialogue is over.
#[derive(Debug, PartialEq)]
pub struct Report {
    pub mails: Vec<Delivery>,
    pub info: Info,
    pub entries: Vec<Entry>,
}

/// How the bytes of a burst are cut.
#[derive(Clone, Copy, PartialEq)]
pub enum Cut {
    Burst,
    Byte,
}

/// Drives a session directly. No time passes.
pub struct Direct {
    session: Session,
    cut: Cut,
    replies: Vec<u8>,
    closed: bool,
    fails: Option<DeliveryError>,
    notices: Vec<Vec<String>>,
    mails: Vec<Delivery>,
    entries: Vec<Entry>,
    tls_is_due: bool,
}

impl Direct {
    pub fn new(config: &Config, cut: Cut) -> Direct {
        Direct {
            session: Session::new(Arc::new(config.clone())),
            cut,
            replies: Vec::new(),
            closed: false,
            fails: None,
            notices: Vec::new(),
            mails: Vec::new(),
            entries: Vec::new(),
            tls_is_due: false,
        }
    }

    fn pull(&mut self) {
        while let Some(output) = self.session.next() {
            assert!(!self.closed, "output after Close: {output:?}");
            match output {
                Output::Reply(bytes) => self.replies.extend(bytes),
                Output::Deliver(mail) => self.deliver(mail),
                Output::Check(check) => self.session.checked(0, check.run()),
                Output::StartTls => self.tls_is_due = true,
                Output::Close => self.closed = true,
            }
        }
        self.entries.extend(self.session.take_entries());
    }

    fn deliver(&mut self, mail: Delivery) {
        match self.fails.take() {
            Some(error) => self.session.delivered(0, Err(error)),
            None => {
                self.mails.push(mail);
                let id = format!("id{}", self.mails.len());
                self.session.delivered(0, Ok(&id));
            }
        }
    }

    fn feed_bytes(&mut self, piece: &Piece) {
        let before = self.entries.len();
        for byte in &piece.bytes {
            self.session.feed(0, &[*byte]);
            self.pull();
        }
        self.note(before);
    }

    /// What the entries since then were noted for.
    fn note(&mut self, before: usize) {
        let new = self.entries[before..].iter().flat_map(|entry| &entry.notices);
        self.notices.push(new.map(|notice| notice.code.to_string()).collect());
    }
}

impl Driver for Direct {
    fn connect(&mut self) {
        self.session.greet(0);
        self.pull();
    }

    fn send(&mut self, pieces: &[Piece]) {
        self.notices.clear();
        match self.cut {
            Cut::Byte => pieces.iter().for_each(|piece| self.feed_bytes(piece)),
            Cut::Burst => {
                let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes.clone()).collect();
                self.session.feed(0, &bytes);
                self.pull();
            }
        }
    }

    fn close(&mut self) {
        self.session.end(0, End::ClientClosed);
        self.pull();
    }

    fn timeout(&mut self, late: Late) {
        self.session.give_up(0, late);
        self.pull();
    }

    fn shutdown(&mut self) {
        self.session.shutdown(0);
        self.pull();
    }

    fn store_fails(&mut self, error: DeliveryError) {
        self.fails = Some(error);
    }

    fn begin_tls(&mut self) {
        assert!(std::mem::take(&mut self.tls_is_due), "the server has not agreed to TLS");
        let before = self.entries.len();
        self.notices.clear();
        self.session.secured(0, tls::agreed(), Bindings::default());
        self.pull();
        self.note(before);
    }

    fn replies(&mut self, _expected: usize) -> Vec<String> {
        let text = String::from_utf8(std::mem::take(&mut self.replies)).expect("replies are text");
        assert!(text.is_empty() || text.ends_with("\r\n"), "a reply without its end: {text:?}");
        text.split_terminator("\r\n").map(str::to_owned).collect()
    }

    fn closed(&mut self, _expected: bool) -> bool {
        self.closed
    }

    fn notices(&mut self) -> Option<Vec<Vec<String>>> {
        (self.cut == Cut::Byte).then(|| self.notices.clone())
    }

    fn finish(&mut self) -> Report {
        self.pull();
        Report {
            mails: std::mem::take(&mut self.mails),
            info: self.session.info().clone(),
            entries: std::mem::take(&mut self.entries),
        }
    }
}

/// An entry as a line of a script.
pub fn shown(entry: &Entry) -> String {
    let mark = match entry.from {
        Direction::Client => '>',
        Direction::Server => '<',
        Direction::Event => '*',
    };
    match &entry.content {
        Some(content) => format!("{mark} [{} octets] {}", content.size, entry.text),
        None => format!("{mark} {}", entry.text),
    }
}
