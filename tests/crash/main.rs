//! What a store must bear: the server killed at any moment, a full or failing disk, a damaged page,
//! a loss of power. Each test runs the program itself.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

#[cfg(target_os = "linux")]
mod disk;
#[cfg(target_os = "linux")]
mod flushes;
mod kill;
mod power;
mod program;
mod temporary;
#[cfg(target_os = "linux")]
mod traced;
