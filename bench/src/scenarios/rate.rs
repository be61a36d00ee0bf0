//! `rate`: jurors vote without a pause. It measures the ballots a second that one process acknowledges.

use anyhow::{Result, ensure};
use clap::Args;

use super::RunContext;
use crate::commands::Command;
use crate::fleet::{Fleet, FleetSpec};
use crate::report::Outcome;
use crate::target::Target;

/// Seconds before the measurement: caches fill, and the compilers of JavaScript warm up.
const WARM_UP_S: f64 = 2.0;

/// `rate`
#[derive(Args, Clone, Debug)]
pub struct Rate {
    /// The measured target
    #[arg(long = "subject", value_enum, default_value_t = Target::LiveJury)]
    pub target: Target,
    /// Jurors, each always with one cast in flight
    #[arg(long, default_value_t = 2_000)]
    pub jurors: usize,
    /// Seconds
    #[arg(long, default_value_t = 8.0)]
    pub for_s: f64,
    /// Redis does not sync each write to its disk
    #[arg(long)]
    pub no_fsync: bool,
}

impl Rate {
    /// Runs the scenario.
    ///
    /// # Errors
    /// The run failed.
    pub async fn run(&self, context: &RunContext) -> Result<Outcome> {
        ensure!(self.target.takes_casts(), "{} accepts no casts", self.target.name());
        let running = self.target.start(&context.program, context.for_nodes()).await?;
        if self.no_fsync {
            running.disable_fsync();
        }
        let spec = FleetSpec::new(self.jurors, self.target.wire_format(), context.for_load());
        let mut fleet = Fleet::start(&spec, &[running.address()])?;
        fleet.run(|at, _| Command::arrive(at))?;
        let vote = |for_s| Command::Loop { poll: running.poll().clone(), for_s };
        fleet.run(|_, _| vote(WARM_UP_S))?;
        let (node_s, load_s) = (running.node().cpu_s(), fleet.cpu_s());
        let voted = fleet.run(|_, _| vote(self.for_s))?;
        ensure!(voted.failed == 0, "{} casts failed", voted.failed);

        let scenario = if self.no_fsync { "rate without fsync" } else { "rate" };
        let mut outcome = Outcome::new(scenario, self.target.name());
        outcome.add("ballots acknowledged", voted.per_s(), "/s");
        outcome.add_some("acknowledgement, median", voted.latency.ms_at(0.5), "ms");
        outcome.add_some("acknowledgement, 99 %", voted.latency.ms_at(0.99), "ms");
        outcome.add("casts sent again", voted.again as f64, "");
        outcome.add("tallies delivered meanwhile", voted.tallies as f64, "");
        outcome.add("processor of the process", (running.node().cpu_s() - node_s) / voted.seconds() * 100.0, "%");
        outcome.add("processor of the load generator", (fleet.cpu_s() - load_s) / voted.seconds() * 100.0, "%");
        Ok(outcome)
    }
}
