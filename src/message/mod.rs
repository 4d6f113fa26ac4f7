//! What a mail is made of (a helper is writing this).
