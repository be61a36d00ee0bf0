//! `joins`: jurors connect and join as fast as the target accepts them. It measures joins a second.

use anyhow::Result;
use clap::Args;

use super::RunContext;
use crate::commands::Command;
use crate::fleet::{Fleet, FleetSpec};
use crate::report::Outcome;
use crate::stats::median;
use crate::target::Target;

/// `joins`
#[derive(Args, Clone, Debug)]
pub struct Joins {
    /// The measured target
    #[arg(long = "subject", value_enum, default_value_t = Target::LiveJury)]
    pub target: Target,
    /// Jurors
    #[arg(long, default_value_t = 18_000)]
    pub jurors: usize,
    /// Repetitions: all join, and leave again
    #[arg(long, default_value_t = 3)]
    pub times: usize,
}

impl Joins {
    /// Runs the scenario.
    ///
    /// # Errors
    /// The run failed.
    pub async fn run(&self, context: &RunContext) -> Result<Outcome> {
        let running = self.target.start(&context.program, context.for_nodes()).await?;
        let spec = FleetSpec::new(self.jurors, self.target.wire_format(), context.for_load());
        let mut fleet = Fleet::start(&spec, &[running.address()])?;
        let mut rates = Vec::new();
        let mut again = 0;
        for _ in 0..self.times {
            let arrived = fleet.run(|at, _| Command::arrive(at))?;
            rates.push(arrived.per_s());
            again += arrived.again;
            fleet.run(|_, _| Command::Leave)?;
        }

        let mut outcome = Outcome::new("joins", self.target.name());
        outcome.add_some("joins, median", median(&rates), "/s");
        outcome.add_some("joins, slowest", rates.iter().copied().reduce(f64::min), "/s");
        outcome.add("joins tried again", again as f64, "");
        Ok(outcome)
    }
}
