//! The load generator of Live Jury. A conductor starts nodes, stores and workers; a worker holds thousands of jurors; a
//! checker compares the verdict with the answers of each juror.

pub mod applications;
mod bars;
pub mod busy;
pub mod check;
mod clock;
pub mod commands;
pub mod deliveries;
pub mod deployment;
pub mod fleet;
pub mod listings;
pub mod machine;
pub mod market;
pub mod node;
pub mod provenance;
pub mod report;
pub mod scenarios;
pub mod stats;
pub mod tables;
pub mod target;
mod wire;
pub mod wire_format;
pub mod worker;
