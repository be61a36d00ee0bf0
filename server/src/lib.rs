//! Live Jury's server: rooms over WebSockets, ballots in a tally store, verdicts in a docket.
//!
//! The life of one ballot is told in ARCHITECTURE.md; `http → connection → room → {court, tally, docket}` is its way.

pub mod clock;
pub mod court;
pub mod docket;
mod migration;
pub mod nodes;
pub mod pseudonym;
mod redis;
pub mod sqlite;
pub mod tally;
