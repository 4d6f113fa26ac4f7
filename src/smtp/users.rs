//! Users whose secrets are checked: one `name:secret` a line. A secret is plain, an argon2 hash in
//! the PHC form, or a verifier of SCRAM-SHA-256 (`SCRAM-SHA-256$4096:SALT$STORED:SERVER`, base64).

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use ring::hmac;

use super::random;
use super::scram::{self, Keys, Proof};

/// What an argon2 hash may ask for: memory in KiB, passes. More would let a login eat the machine.
const MOST_MEMORY: u32 = 256 * 1024;
const MOST_PASSES: u32 = 20;
/// Rounds of SCRAM for a plain secret (RFC 7677, section 4: at least these).
const ROUNDS: u32 = 4096;
const MOST_ROUNDS: u32 = 1_000_000;
const SCRAM: &str = "SCRAM-SHA-256$";

/// Who may sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct Users {
    secrets: HashMap<String, Secret>,
    /// Salts for users with a plain secret, and for those who do not exist.
    salt_key: [u8; 32],
    guests: GuestBook,
}

/// Users who come and go while the server runs, with plain secrets.
pub trait Guests: Send + Sync {
    fn secret(&self, user: &str) -> Option<String>;
}

#[derive(Clone, Default)]
struct GuestBook(Option<Arc<dyn Guests>>);

impl PartialEq for GuestBook {
    fn eq(&self, other: &GuestBook) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        }
    }
}

impl Eq for GuestBook {}

#[derive(Clone, PartialEq, Eq)]
enum Secret {
    Plain(String),
    Argon2(String),
    Scram(Keys),
}

/// A line of the file that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum UsersError {
    #[error("there are no users in it")]
    Empty,
    #[error("line {0}: this is not NAME:SECRET")]
    Form(usize),
    #[error("line {0}: the user {1} stands here again")]
    Twice(usize, String),
    #[error("line {0}: the secret looks like a hash, but only argon2 and SCRAM-SHA-256 are known")]
    Unknown(usize),
    #[error("line {0}: this hash would need more than 256 MiB, 20 passes or 1000000 rounds")]
    TooCostly(usize),
}

impl Users {
    pub fn parse(text: &str) -> Result<Users, UsersError> {
        let mut secrets = HashMap::new();
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            let line = line.trim_end_matches('\r');
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, secret) = line.split_once(':').ok_or(UsersError::Form(number))?;
            if name.is_empty() || secret.is_empty() {
                return Err(UsersError::Form(number));
            }
            if secrets.insert(name.to_owned(), Secret::parse(secret, number)?).is_some() {
                return Err(UsersError::Twice(number, name.to_owned()));
            }
        }
        if secrets.is_empty() {
            return Err(UsersError::Empty);
        }
        Ok(Users { secrets, salt_key: random::bytes(), guests: GuestBook::default() })
    }

    /// These may sign in too, unless their name is one of the file's.
    pub fn with_guests(self, guests: Arc<dyn Guests>) -> Users {
        Users { guests: GuestBook(Some(guests)), ..self }
    }

    /// Whether the file has such a user.
    pub fn has(&self, user: &str) -> bool {
        self.secrets.contains_key(user)
    }

    fn secret(&self, user: &str) -> Option<Cow<'_, Secret>> {
        let guest = || self.guests.0.as_ref()?.secret(user);
        let known = self.secrets.get(user).map(Cow::Borrowed);
        known.or_else(|| guest().map(|secret| Cow::Owned(Secret::Plain(secret))))
    }

    /// CRAM-MD5 needs every secret as it is.
    pub fn all_plain(&self) -> bool {
        self.secrets.values().all(|secret| matches!(secret, Secret::Plain(_)))
    }

    pub fn all_speak_scram(&self) -> bool {
        self.secrets.values().all(|secret| !matches!(secret, Secret::Argon2(_)))
    }

    /// What CRAM-MD5 is checked with.
    pub fn plain(&self, user: &str) -> Option<String> {
        match self.secret(user)?.into_owned() {
            Secret::Plain(secret) => Some(secret),
            _ => None,
        }
    }

    /// The salt and rounds that a client is told, for users who do not exist too: who is one is
    /// not told.
    pub fn salt(&self, user: &str) -> (Vec<u8>, u32) {
        match self.secrets.get(user) {
            Some(Secret::Scram(keys)) => (keys.salt.clone(), keys.rounds),
            _ => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, &self.salt_key);
                (hmac::sign(&key, user.as_bytes()).as_ref()[..16].to_vec(), ROUNDS)
            }
        }
    }

    fn has_password(&self, user: &str, password: &str) -> bool {
        match self.secret(user).as_deref() {
            Some(Secret::Plain(secret)) => same(secret.as_bytes(), password.as_bytes()),
            Some(Secret::Argon2(hash)) => PasswordHash::new(hash).is_ok_and(|hash| {
                Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
            }),
            Some(Secret::Scram(keys)) => {
                let given = Keys::of(password, keys.salt.clone(), keys.rounds);
                same(&given.stored, &keys.stored)
            }
            None => false,
        }
    }

    fn scram(&self, user: &str, proof: &Proof) -> Option<String> {
        match self.secret(user)?.as_ref() {
            Secret::Scram(keys) => proof.check(keys),
            Secret::Plain(secret) => {
                let (salt, rounds) = self.salt(user);
                proof.check(&Keys::of(secret, salt, rounds))
            }
            Secret::Argon2(_) => None,
        }
    }
}

impl Secret {
    fn parse(text: &str, line: usize) -> Result<Secret, UsersError> {
        if let Some(rest) = text.strip_prefix(SCRAM) {
            let keys = Keys::parse(rest).ok_or(UsersError::Unknown(line))?;
            let is_cheap = (1..=MOST_ROUNDS).contains(&keys.rounds);
            return if is_cheap {
                Ok(Secret::Scram(keys))
            } else {
                Err(UsersError::TooCostly(line))
            };
        }
        if !text.starts_with('$') {
            return Ok(Secret::Plain(text.to_owned()));
        }
        let hash = PasswordHash::new(text).map_err(|_| UsersError::Unknown(line))?;
        if !hash.algorithm.as_str().starts_with("argon2") {
            return Err(UsersError::Unknown(line));
        }
        let params = Params::try_from(&hash).map_err(|_| UsersError::Unknown(line))?;
        if params.m_cost() > MOST_MEMORY || params.t_cost() > MOST_PASSES {
            return Err(UsersError::TooCostly(line));
        }
        Ok(Secret::Argon2(text.to_owned()))
    }
}

/// A line of the file for this user.
pub fn line(user: &str, password: &str, for_scram: bool) -> Option<String> {
    let secret = if for_scram {
        let salt: [u8; 32] = random::bytes();
        format!("{SCRAM}{}", Keys::of(password, salt[..16].to_vec(), ROUNDS))
    } else {
        // What OWASP recommends.
        let params = Params::new(19 * 1024, 2, 1, None).ok()?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon2.hash_password(password.as_bytes()).ok()?.to_string()
    };
    Some(format!("{user}:{secret}"))
}

/// Compares without telling by its time where two differ.
fn same(left: &[u8], right: &[u8]) -> bool {
    scram::same(left, right)
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} users", self.secrets.len())
    }
}

/// What a client claims, to be checked where blocking is allowed.
#[derive(Clone, PartialEq, Eq)]
pub struct Check {
    pub(super) users: Arc<Users>,
    pub(super) user: String,
    pub(super) claim: Claim,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Claim {
    Password(String),
    Scram(Box<Proof>),
}

/// What came of it.
#[derive(Clone, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right,
    /// And this proves to the client that the server knows the secret too.
    RightWith(String),
}

impl Check {
    /// May take long, and much memory: argon2 is made so.
    pub fn run(&self) -> Verdict {
        match &self.claim {
            Claim::Password(password) if self.users.has_password(&self.user, password) => {
                Verdict::Right
            }
            Claim::Password(_) => Verdict::Wrong,
            Claim::Scram(proof) => match self.users.scram(&self.user, proof) {
                Some(signature) => Verdict::RightWith(signature),
                None => Verdict::Wrong,
            },
        }
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "what {} claims", self.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(users: &Users, user: &str, password: &str) -> bool {
        let claim = Claim::Password(password.to_owned());
        let check = Check { users: Arc::new(users.clone()), user: user.to_owned(), claim };
        check.run() == Verdict::Right
    }

    #[test]
    fn every_kind_of_secret() {
        let hash = line("hash", "a:b c", false).unwrap_or_default();
        let scram = line("scram", "pencil", true).unwrap_or_default();
        let text = format!("# users\n\nplain:pa:ss\r\n{hash}\n{scram}\n");
        let users = Users::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
        for (user, right) in [("plain", "pa:ss"), ("hash", "a:b c"), ("scram", "pencil")] {
            assert!(check(&users, user, right), "{user}");
            assert!(!check(&users, user, "wrong") && !check(&users, user, ""), "{user}");
        }
        assert!(!check(&users, "nobody", ""));
        assert!(!users.all_plain() && !users.all_speak_scram());
        assert!(!format!("{users:?}").contains("pa:ss"));
    }

    #[test]
    fn lines_that_cannot_be_used() {
        let salt = "$c29tZXNhbHQ$wwwwwwwwwwwwwwwwwwwwww";
        for (text, expected) in [
            ("", UsersError::Empty),
            ("#a:b", UsersError::Empty),
            ("a", UsersError::Form(1)),
            ("a:b\n:c", UsersError::Form(2)),
            ("a:", UsersError::Form(1)),
            ("a:b\na:c", UsersError::Twice(2, "a".into())),
            ("a:$2y$05$abcdefghijklmnopqrstuu", UsersError::Unknown(1)),
            ("a:SCRAM-SHA-256$x", UsersError::Unknown(1)),
            (
                "a:SCRAM-SHA-256$9999999:c2FsdA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                UsersError::TooCostly(1),
            ),
            (&format!("a:$argon2id$v=19$m=9999999,t=2,p=1{salt}"), UsersError::TooCostly(1)),
        ] {
            assert_eq!(Users::parse(text).err(), Some(expected), "{text}");
        }
    }
}
