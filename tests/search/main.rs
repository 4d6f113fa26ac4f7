//! The query language: tables of `QUERY => RESULT`, each asked of messages in memory and of the
//! index of a store (README.md); and made-up messages and queries, of which both must think alike.

#![allow(clippy::unwrap_used)]

mod made_up;
mod mail;
mod plan;
mod regexes;
mod sizes;
mod tables;
