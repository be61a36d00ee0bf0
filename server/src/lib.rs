//! Live Jury's server: rooms over WebSockets, ballots in a tally store, verdicts in a docket. It renders one page: the
//! public report.
//!
//! ARCHITECTURE.md follows one ballot through `http → connection → hub → room → lifecycle → {tally, docket, peers}`.

mod admission;
pub mod auth;
pub mod authorities;
mod call_error;
pub mod census;
mod client_stream;
pub mod clock;
pub mod config;
mod connection;
pub mod demo;
pub mod docket;
pub mod entrant;
pub mod follow;
mod frame;
pub mod health;
pub mod http;
mod hub;
mod jurors;
pub mod key_file;
pub mod ledger;
mod lifecycle;
pub mod log;
pub mod migration;
pub mod node;
pub mod offline;
pub mod peers;
pub mod practice;
pub mod pseudonym;
mod redis;
pub mod reporter;
mod reports;
pub mod revocations;
pub mod room;
pub mod secure_url;
mod socket;
mod sql;
pub mod sqlite;
mod state;
pub mod tally;
pub mod telemetry;
pub mod trust;
pub mod webhooks;
