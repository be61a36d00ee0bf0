//! The scenarios: what is done to the nodes, and which figures come of it.

mod churn;
mod crowd;
mod idle;
mod joins;
mod rate;
mod rush;
mod size;
mod storm;
mod sustained;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::machine::Cores;
use crate::report::Outcome;
use crate::target::Subject;

pub use rush::Rush;

/// A scenario and its size.
#[derive(Subcommand, Clone, Debug)]
pub enum Scenario {
    /// All connect, join, then vote at once; the verdict is held against what each was told
    Rush(rush::Rush),
    /// Jurors that vote without a pause: ballots a second
    Rate(rate::Rate),
    /// A steady rate of ballots: how long an acknowledgement takes
    Sustained(sustained::Sustained),
    /// One case and many who watch: tallies a second, and how old they are
    Crowd(crowd::CrowdOf),
    /// Jurors who join: joins a second
    Joins(joins::Joins),
    /// Jurors who do nothing: what one costs
    Idle(idle::Idle),
    /// Jurors who come, vote and leave: memory must not grow
    Churn(churn::Churn),
    /// A node dies, and its viewers come back on another
    Storm(storm::Storm),
    /// Ballots a second into a case that holds many, beside one that holds few
    Size(size::Size),
}

/// Where a scenario runs.
#[derive(Args, Clone, Debug)]
pub struct Place {
    /// The program that is measured
    #[arg(long, global = true, default_value = "target/release/live-jury")]
    pub program: PathBuf,
    /// Processors of the nodes, as taskset writes them [default: all]
    #[arg(long, global = true)]
    pub node_cores: Option<String>,
    /// Processors of the load generator [default: all]
    #[arg(long, global = true)]
    pub load_cores: Option<String>,
}

impl Place {
    /// The nodes' processors.
    pub fn for_nodes(&self) -> Cores {
        Cores(self.node_cores.clone())
    }

    /// The load generator's.
    pub fn for_load(&self) -> Cores {
        Cores(self.load_cores.clone())
    }
}

impl Scenario {
    /// What it is run on.
    pub const fn subject(&self) -> Subject {
        match self {
            Self::Rate(rate) => rate.subject,
            Self::Sustained(sustained) => sustained.subject,
            Self::Crowd(crowd) => crowd.subject,
            Self::Joins(joins) => joins.subject,
            Self::Idle(idle) => idle.subject,
            Self::Rush(_) | Self::Churn(_) | Self::Storm(_) | Self::Size(_) => Subject::LiveJury,
        }
    }

    /// Runs it.
    ///
    /// # Errors
    /// It could not be run to its end, or the record is not what jurors were told.
    pub async fn run(&self, place: &Place) -> anyhow::Result<Outcome> {
        match self {
            Self::Rush(rush) => rush.run(place).await,
            Self::Rate(rate) => rate.run(place).await,
            Self::Sustained(sustained) => sustained.run(place).await,
            Self::Crowd(crowd) => crowd.run(place).await,
            Self::Joins(joins) => joins.run(place).await,
            Self::Idle(idle) => idle.run(place).await,
            Self::Churn(churn) => churn.run(place).await,
            Self::Storm(storm) => storm.run(place).await,
            Self::Size(size) => size.run(place).await,
        }
    }
}
