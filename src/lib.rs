//! Restante: an SMTP sandbox for developers. It takes every message on a local port and delivers
//! none; it shows each with its parts and the dialogue that brought it, and answers tests that
//! ask for it. A Rust test finds what it needs in [`sandbox`].
//!
//! Modules depend one way: `smtp` knows only `socket`, `message` only itself, `search` knows
//! `message`, `store` knows both,
//! `http` and `cli` come last, and only [`server`] wires them together. `tests/layers.rs` holds
//! that; docs/architecture.md is the map.

// What a test uses; the rest is public for the program's own tests and promises nothing.
pub mod config;
pub mod sandbox;

#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod expect;
#[doc(hidden)]
pub mod http;
#[doc(hidden)]
pub mod lookout;
#[doc(hidden)]
pub mod message;
#[doc(hidden)]
pub mod search;
#[doc(hidden)]
pub mod server;
#[doc(hidden)]
pub mod smtp;
#[doc(hidden)]
pub mod snapshot;
#[doc(hidden)]
pub mod socket;
#[doc(hidden)]
pub mod sorting;
#[doc(hidden)]
pub mod store;
#[doc(hidden)]
pub mod tls;
