//! Restante: an SMTP sandbox for developers.
//!
//! Modules depend one way: `smtp` and `message` know only themselves, `store` knows `message`,
//! `http` knows the store, `cli` talks to a server over the network, and only [`server`] wires
//! them together. `tests/layers.rs` holds that.

pub mod message;
pub mod smtp;
