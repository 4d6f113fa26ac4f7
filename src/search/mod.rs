//! Finding messages: one query language, read by one grammar (`query.rs`), and what it means for a
//! message in memory (`matches.rs`) and for the index (`plan.rs`). No store and no clock.

mod doc;
mod field;
mod fold;
mod glob;
mod keys;
mod matches;
mod moment;
mod plan;
mod query;

pub use doc::{COLUMNS, Facts, Row, SessionFacts, Source};
pub use field::{Context, FieldInfo, fields};
pub use fold::{fold_case, fold_text};
pub use glob::Glob;
pub use plan::{Param, Plan, TagTest};
pub use query::{MAX_CHARS, MAX_NESTING, MAX_TERMS, Query, QueryError};
