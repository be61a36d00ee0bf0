//! The scenarios: each loads a target in one way and returns its figures; none prints or stores them.

mod applicants;
mod churn;
mod claim_steps;
mod claims;
mod crowd;
mod facts;
mod idle;
mod joins;
mod overload;
mod proofs;
mod rate;
mod receipts;
mod rush;
mod size;
mod storm;
mod sustained;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::machine::Cores;
use crate::report::Outcome;
use crate::target::Target;

pub use rush::Rush;

/// A scenario and its size.
#[derive(Subcommand, Clone, Debug)]
pub enum Scenario {
    /// All connect, join, then vote at once; the verdict is compared with each acknowledgement
    Rush(rush::Rush),
    /// Jurors vote without a pause: ballots a second
    Rate(rate::Rate),
    /// Jurors vote at a steady rate: the latency of an acknowledgement
    Sustained(sustained::Sustained),
    /// Jurors who have voted ask for receipts at a steady rate: the latency of a receipt
    Receipts(receipts::Receipts),
    /// Jurors of a recorded case ask for proofs of their ballots at a steady rate: the latency of a proof
    Proofs(proofs::Proofs),
    /// Twice the ballots that a node can count, and joins: the share that it counts
    Overload(overload::Overload),
    /// Many viewers watch one case: deliveries of tallies a second, and their age
    Crowd(crowd::Crowd),
    /// Jurors connect and join: joins a second
    Joins(joins::Joins),
    /// Jurors have joined and send nothing: the cost of one
    Idle(idle::Idle),
    /// Jurors come, vote and leave: memory must not grow
    Churn(churn::Churn),
    /// A node dies, and its viewers reconnect to another one
    Storm(storm::Storm),
    /// A platform sends facts without a pause, and a recommender reads beside it: facts a second
    Facts(facts::Facts),
    /// A platform sends facts of covered orders and claims on them at a steady rate: events a second
    Claims(claims::Claims),
    /// Claims on promises are opened, answered and escalated without a pause: steps a second
    ClaimSteps(claim_steps::ClaimSteps),
    /// A platform sends applications to a ledger with many banned parties: applications a second
    Applicants(applicants::Applicants),
    /// Ballots a second into a case with many ballots, beside a case with few
    Size(size::Size),
}

/// The program and the processors of a run.
#[derive(Args, Clone, Debug)]
pub struct RunContext {
    /// The measured program
    #[arg(long, global = true, default_value = "target/release/live-jury")]
    pub program: PathBuf,
    /// Processors of the nodes, in the notation of taskset [default: all]
    #[arg(long, global = true)]
    pub node_cores: Option<String>,
    /// Processors of the load generator [default: all]
    #[arg(long, global = true)]
    pub load_cores: Option<String>,
    /// A processor that a busy loop takes during the run [default: none]
    #[arg(long, global = true)]
    pub busy_core: Option<usize>,
}

impl RunContext {
    /// The processors of the nodes.
    pub fn for_nodes(&self) -> Cores {
        Cores(self.node_cores.clone())
    }

    /// The processors of the load generator.
    pub fn for_load(&self) -> Cores {
        Cores(self.load_cores.clone())
    }
}

impl Scenario {
    /// The measured target.
    pub const fn target(&self) -> Target {
        match self {
            Self::Rate(rate) => rate.target,
            Self::Sustained(sustained) => sustained.target,
            Self::Overload(overload) => overload.target,
            Self::Crowd(crowd) => crowd.target,
            Self::Joins(joins) => joins.target,
            Self::Idle(idle) => idle.target,
            Self::Rush(_)
            | Self::Receipts(_)
            | Self::Proofs(_)
            | Self::Churn(_)
            | Self::Storm(_)
            | Self::Facts(_)
            | Self::Claims(_)
            | Self::ClaimSteps(_)
            | Self::Applicants(_)
            | Self::Size(_) => Target::LiveJury,
        }
    }

    /// Runs it.
    ///
    /// # Errors
    /// The run failed, or the record differs from the acknowledged ballots.
    pub async fn run(&self, context: &RunContext) -> anyhow::Result<Outcome> {
        match self {
            Self::Rush(rush) => rush.run(context).await,
            Self::Rate(rate) => rate.run(context).await,
            Self::Sustained(sustained) => sustained.run(context).await,
            Self::Receipts(receipts) => receipts.run(context).await,
            Self::Proofs(proofs) => proofs.run(context).await,
            Self::Overload(overload) => overload.run(context).await,
            Self::Crowd(crowd) => crowd.run(context).await,
            Self::Joins(joins) => joins.run(context).await,
            Self::Idle(idle) => idle.run(context).await,
            Self::Churn(churn) => churn.run(context).await,
            Self::Storm(storm) => storm.run(context).await,
            Self::Facts(facts) => facts.run(context).await,
            Self::Claims(claims) => claims.run(context).await,
            Self::ClaimSteps(steps) => steps.run(context).await,
            Self::Applicants(applicants) => applicants.run(context).await,
            Self::Size(size) => size.run(context).await,
        }
    }
}
