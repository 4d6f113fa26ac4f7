//! The player of `tests/dialogues`: reads a script, plays it through a [`driver::Driver`], and
//! compares what came with what the script expects.

pub mod check;
pub mod driver;
pub mod escape;
pub mod script;
pub mod tcp;
pub mod tls;
