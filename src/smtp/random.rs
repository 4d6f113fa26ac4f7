//! Numbers that nobody can guess, and in tests known ones.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};

/// Where the numbers of challenges come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Nonces {
    #[default]
    Random,
    /// Always this one.
    Fixed(String),
}

impl Nonces {
    /// Printable, without a comma.
    pub(super) fn next(&self) -> String {
        match self {
            Nonces::Random => STANDARD_NO_PAD.encode(bytes()),
            Nonces::Fixed(nonce) => nonce.clone(),
        }
    }
}

/// # Panics
/// When the system has no random numbers: nothing secret could be made then.
pub(super) fn bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    #[allow(clippy::expect_used)] // see above
    SystemRandom::new().fill(&mut bytes).expect("the system gives random numbers");
    bytes
}
