//! What a listener demands of its clients before it takes mail.

/// Part of [`super::Config`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Security {
    /// STARTTLS is there. Only with a certificate behind it: clients that see it use it.
    pub starttls: bool,
    /// No mail without TLS.
    pub require_tls: bool,
}
