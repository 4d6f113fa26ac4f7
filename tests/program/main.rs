//! The whole program, started on free ports: what comes in over SMTP is what HTTP shows.

#![allow(clippy::unwrap_used)]

mod api;
mod auth;
mod deposit;
mod events;
mod expect;
mod expect_held;
mod full;
mod guard;
mod inboxes;
mod keeping;
mod lifecycle;
mod lmtp;
mod many;
mod messages;
mod proxy;
mod sandbox;
mod search;
mod sessions;
mod settings;
mod sharing;
mod snapshots;
mod tls;
#[cfg(unix)]
mod unix_sockets;
