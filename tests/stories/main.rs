//! The promises of Live Jury as stories on real parts: nodes, sockets, Redis, PostgreSQL, SQLite.

mod changes;
mod closing;
mod drafts;
mod faults;
mod frames;
mod hidden_counts;
mod interrupted;
mod late_ballots;
mod lists;
mod loss;
mod main_job;
mod marks;
mod moderators;
mod one_ballot;
mod origins;
mod outcomes;
mod policies;
mod practice;
mod problems;
mod program;
mod readiness;
mod refusals;
mod security;
mod sides;
mod two_nodes;
mod verdict_log;
