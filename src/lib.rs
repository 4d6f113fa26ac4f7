//! Restante: an SMTP sandbox for developers. It takes every message on a local port and delivers
//! none; it shows each with its parts and the dialogue that brought it, and answers tests that
//! ask for it.
//!
//! Modules depend one way: `smtp` knows only `socket`, `message` only itself, `search` knows
//! `message`, `store` knows both,
//! `http` and `cli` come last, and only [`server`] wires them together. `tests/layers.rs` holds
//! that; docs/architecture.md is the map.

pub mod cli;
pub mod config;
pub mod expect;
pub mod http;
pub mod lookout;
pub mod message;
pub mod search;
pub mod server;
pub mod smtp;
pub mod socket;
pub mod sorting;
pub mod store;
pub mod tls;
