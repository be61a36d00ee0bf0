//! Live Jury's server: rooms over WebSockets, ballots in a tally store, verdicts in a docket.
//!
//! The life of one ballot is told in ARCHITECTURE.md; `http → connection → room → {court, tally, docket}` is its way.

pub mod clock;
pub mod config;
mod connection;
pub mod court;
pub mod demo;
pub mod docket;
mod door;
pub mod http;
mod hub;
mod migration;
pub mod node;
pub mod nodes;
pub mod pseudonym;
mod redis;
pub mod room;
mod socket;
pub mod sqlite;
mod state;
pub mod tally;
pub mod telemetry;
