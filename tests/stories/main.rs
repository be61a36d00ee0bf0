//! The promises of Live Jury, each told as a story on real parts: nodes, sockets, Redis, PostgreSQL, SQLite.

mod changes;
mod late_ballots;
mod main_job;
mod one_ballot;
mod outcomes;
mod two_nodes;
