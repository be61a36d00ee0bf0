//! The load generator of Live Jury. A conductor starts nodes, stores and workers; workers are the jurors; a checker holds
//! the verdict against what each juror was told.

pub mod check;
mod clock;
pub mod dialect;
pub mod fleet;
pub mod house;
pub mod machine;
pub mod node;
pub mod orders;
pub mod origin;
pub mod report;
pub mod rounds;
pub mod scenarios;
pub mod subject;
pub mod tables;
mod wire;
pub mod worker;
