//! What a listener demands of its clients before it takes mail.

use std::sync::Arc;

use super::random::Nonces;
use super::users::Users;

/// Part of [`super::Config`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Security {
    /// STARTTLS is there. Only with a certificate behind it: clients that see it use it.
    pub starttls: bool,
    /// No mail without TLS.
    pub require_tls: bool,
    /// No AUTH without TLS.
    pub auth_needs_tls: bool,
    /// No mail without AUTH.
    pub require_auth: bool,
    /// Who may sign in; without them anybody may, by any name.
    pub users: Option<Arc<Users>>,
    pub nonces: Nonces,
}
