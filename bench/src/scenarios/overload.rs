//! `overload`: a node is offered twice the ballots that it can count, and joins beside them. It measures how many it
//! counts all the same.

use anyhow::{Result, ensure};
use clap::Args;

use super::RunContext;
use crate::commands::Command;
use crate::fleet::{Fleet, FleetSpec, JURORS_PER_PROCESS_MAX};
use crate::report::Outcome;
use crate::target::Target;

/// Jurors who find out what the node can do, each always with one cast in flight. With more of them answers take
/// longer, and no more ballots are counted.
const PROBING: usize = 2_000;
/// The ballots that are offered, as a multiple of those that the node can count.
const OFFERED: f64 = 2.0;
/// Seconds before each measurement: caches fill, and an overload is noticed.
const WARM_UP_S: f64 = 2.0;

/// `overload`
#[derive(Args, Clone, Debug)]
pub struct Overload {
    /// The measured target
    #[arg(long = "subject", value_enum, default_value_t = Target::LiveJury)]
    pub target: Target,
    /// Jurors who offer twice what the node can do
    #[arg(long, default_value_t = 16_000)]
    pub jurors: usize,
    /// Jurors who join meanwhile
    #[arg(long, default_value_t = 6_000)]
    pub newcomers: usize,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 8.0)]
    pub for_s: f64,
}

impl Overload {
    /// Runs the scenario.
    ///
    /// # Errors
    /// The run failed.
    pub async fn run(&self, context: &RunContext) -> Result<Outcome> {
        ensure!(self.target.takes_casts(), "{} accepts no casts", self.target.name());
        let largest = self.jurors.max(self.newcomers);
        ensure!(largest <= JURORS_PER_PROCESS_MAX, "at most {JURORS_PER_PROCESS_MAX} jurors of each kind");
        let running = self.target.start(&context.program, context.for_nodes()).await?;
        let crowd = |first, jurors| {
            let spec = FleetSpec::new(jurors, self.target.wire_format(), context.for_load());
            Fleet::start(&FleetSpec { first, ..spec }, &[running.address()])
        };
        let probing = PROBING.min(self.jurors);
        let poll = running.poll();

        let mut prober = crowd(0, probing)?;
        prober.run(|at, _| Command::arrive(at))?;
        let probe = |for_s| Command::Loop { poll: poll.clone(), for_s };
        prober.run(|_, _| probe(WARM_UP_S))?;
        let node_s = running.node().cpu_s();
        let can = prober.run(|_, _| probe(self.for_s))?;
        ensure!(can.failed == 0, "{} casts failed", can.failed);
        let can_node_s = running.node().cpu_s() - node_s;
        drop(prober);

        let per_s = can.per_s() * OFFERED;
        let mut voters = crowd(probing, self.jurors)?;
        let mut newcomers = crowd(probing + self.jurors, self.newcomers)?;
        voters.run(|at, _| Command::arrive(at))?;
        let offer = |for_s| Command::Steady { poll: poll.clone(), per_s, for_s };
        voters.run(|_, _| offer(WARM_UP_S))?;
        let node_s = running.node().cpu_s();
        newcomers.send(|at, _| Command::arrive(at))?;
        let did = voters.run(|_, _| offer(self.for_s))?;
        let did_node_s = running.node().cpu_s() - node_s;
        let joined = newcomers.collect()?;
        ensure!(did.failed == 0 && joined.failed == 0, "{} casts and {} joins failed", did.failed, joined.failed);

        let mut outcome = Outcome::new("overload", self.target.name());
        outcome.add("ballots that it can count", can.per_s(), "/s");
        outcome.add("ballots offered", per_s, "/s");
        outcome.add("ballots counted of those", did.per_s(), "/s");
        outcome.add("share of what it can", did.per_s() / can.per_s() * 100.0, "%");
        outcome.add("casts sent again", did.again as f64, "");
        outcome.add_some("acknowledgement, median", did.latency.ms_at(0.5), "ms");
        outcome.add("newcomers", self.newcomers as f64, "");
        outcome.add("newcomers joined", joined.seconds(), "s");
        outcome.add("joins tried again", joined.again as f64, "");
        outcome.add("tallies delivered meanwhile", did.tallies as f64, "");
        outcome.add("processor of the process, at its limit", can_node_s / can.seconds() * 100.0, "%");
        outcome.add("processor of the process, overloaded", did_node_s / did.seconds() * 100.0, "%");
        Ok(outcome)
    }
}
