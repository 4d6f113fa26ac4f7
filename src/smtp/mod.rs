//! The SMTP engine (a helper is writing this).
