//! The mechanisms of AUTH by their names, and sets of them. What each of them says is in `auth.rs`.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    ScramSha256Plus,
    ScramSha256,
    Plain,
    Login,
    CramMd5,
    XOAuth2,
    OAuthBearer,
}

/// In the order of the answer to EHLO. Clients that look for the strongest find it first.
pub const MECHANISMS: &[(Mechanism, &str)] = &[
    (Mechanism::ScramSha256Plus, "SCRAM-SHA-256-PLUS"),
    (Mechanism::ScramSha256, "SCRAM-SHA-256"),
    (Mechanism::Plain, "PLAIN"),
    (Mechanism::Login, "LOGIN"),
    (Mechanism::CramMd5, "CRAM-MD5"),
    (Mechanism::XOAuth2, "XOAUTH2"),
    (Mechanism::OAuthBearer, "OAUTHBEARER"),
];

impl Mechanism {
    pub fn named(name: &str) -> Option<Mechanism> {
        let known = MECHANISMS.iter().find(|(_, known)| known.eq_ignore_ascii_case(name));
        known.map(|(mechanism, _)| *mechanism)
    }

    pub fn name(self) -> &'static str {
        MECHANISMS.iter().find(|(mechanism, _)| *mechanism == self).map_or("", |(_, name)| name)
    }
}

/// A set of mechanisms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mechanisms(u8);

impl Mechanisms {
    pub fn add(&mut self, mechanism: Mechanism) {
        self.0 |= 1 << mechanism as u8;
    }

    pub fn has(self, mechanism: Mechanism) -> bool {
        self.0 & (1 << mechanism as u8) != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}
