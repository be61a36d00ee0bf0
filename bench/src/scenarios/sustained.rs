//! `sustained`: jurors vote at a steady rate, however long answers take. It measures the latency of an acknowledgement.

use anyhow::{Result, ensure};
use clap::Args;

use super::RunContext;
use crate::commands::Command;
use crate::fleet::{Fleet, FleetSpec};
use crate::report::Outcome;
use crate::target::Target;

/// `sustained`
#[derive(Args, Clone, Debug)]
pub struct Sustained {
    /// The measured target
    #[arg(long = "subject", value_enum, default_value_t = Target::LiveJury)]
    pub target: Target,
    /// Jurors
    #[arg(long, default_value_t = 10_000)]
    pub jurors: usize,
    /// Ballots a second
    #[arg(long, default_value_t = 10_000.0)]
    pub per_s: f64,
    /// Seconds; a juror votes again only after all others
    #[arg(long, default_value_t = 8.0)]
    pub for_s: f64,
    /// Redis does not sync each write to its disk
    #[arg(long)]
    pub no_fsync: bool,
}

impl Sustained {
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
        let (node_s, load_s) = (running.node().cpu_s(), fleet.cpu_s());
        let (poll, per_s, for_s) = (running.poll().clone(), self.per_s, self.for_s);
        let voted = fleet.run(|_, _| Command::Steady { poll: poll.clone(), per_s, for_s })?;
        ensure!(voted.failed == 0, "{} casts failed", voted.failed);

        let scenario = if self.no_fsync { "sustained without fsync" } else { "sustained" };
        let mut outcome = Outcome::new(scenario, self.target.name());
        outcome.add("seconds", voted.seconds(), "s");
        outcome.add("ballots asked for", self.per_s, "/s");
        outcome.add("ballots acknowledged", voted.per_s(), "/s");
        outcome.add("casts sent again", voted.again as f64, "");
        for (name, share) in [("median", 0.5), ("90 %", 0.9), ("99 %", 0.99), ("99.9 %", 0.999), ("longest", 1.0)] {
            outcome.add_some(&format!("acknowledgement, {name}"), voted.latency.ms_at(share), "ms");
        }
        outcome.add("processor of the process", (running.node().cpu_s() - node_s) / voted.seconds() * 100.0, "%");
        outcome.add("processor of the load generator", (fleet.cpu_s() - load_s) / voted.seconds() * 100.0, "%");
        Ok(outcome)
    }
}
