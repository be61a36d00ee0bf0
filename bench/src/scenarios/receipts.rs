//! `receipts`: jurors who have voted ask for receipts at a steady rate. It measures the latency of a receipt.

use anyhow::{Result, ensure};
use clap::Args;

use super::RunContext;
use crate::commands::Command;
use crate::deployment::{Deployment, open_for};
use crate::fleet::{Fleet, FleetSpec};
use crate::report::Outcome;
use crate::target::Target;
use crate::wire_format::WireFormat;

/// Seconds for which the case is open: longer than the scenario takes.
const OPEN_S: u64 = 3_600;

/// `receipts`
#[derive(Args, Clone, Debug)]
pub struct Receipts {
    /// Jurors
    #[arg(long, default_value_t = 10_000)]
    pub jurors: usize,
    /// Receipts a second
    #[arg(long, default_value_t = 1_500.0)]
    pub per_s: f64,
    /// Seconds; a juror asks again only after all others
    #[arg(long, default_value_t = 8.0)]
    pub for_s: f64,
}

impl Receipts {
    /// Runs the scenario.
    ///
    /// # Errors
    /// The run failed, or a juror got no receipt.
    pub async fn run(&self, context: &RunContext) -> Result<Outcome> {
        let mut deployment = Deployment::new(&context.program, context.for_nodes());
        deployment.sign_log()?;
        deployment.serve(1)?;
        let (_, poll) = deployment.open(open_for(OPEN_S)).await;
        let spec = FleetSpec::new(self.jurors, WireFormat::Jury, context.for_load());
        let mut fleet = Fleet::start(&spec, &deployment.addresses())?;
        fleet.run(|at, _| Command::arrive(at))?;
        let voted = fleet.run(|_, _| Command::Rush(poll.clone()))?;
        ensure!(voted.failed == 0, "{} casts failed", voted.failed);
        // The same jurors, who receive nothing but keep-alives: the share of everything but receipts.
        let idle_s = self.idle_s(&deployment, &mut fleet)?;
        let node_s = deployment.cpu_s();
        let (case, per_s, for_s) = (poll.case, self.per_s / fleet.workers() as f64, self.for_s);
        let asked = fleet.run(|_, _| Command::Ask { case: case.clone(), per_s, for_s })?;
        ensure!(asked.failed == 0, "{} requests got no receipt", asked.failed);

        let mut outcome = Outcome::new("receipts", Target::LiveJury.name());
        outcome.add("seconds", asked.seconds(), "s");
        outcome.add("receipts asked for", self.per_s, "/s");
        outcome.add("receipts given", asked.per_s(), "/s");
        outcome.add("requests sent again", asked.again as f64, "");
        for (name, share) in [("median", 0.5), ("90 %", 0.9), ("99 %", 0.99), ("longest", 1.0)] {
            outcome.add_some(&format!("receipt, {name}"), asked.latency.ms_at(share), "ms");
        }
        let share = |seconds: f64, of: f64| seconds / of * 100.0;
        let asking = share(deployment.cpu_s() - node_s, asked.seconds());
        outcome.add("processor of the node", asking, "%");
        outcome.add("processor of the node before, at rest", share(idle_s, self.for_s), "%");
        outcome.add("processor for receipts", asking - share(idle_s, self.for_s), "%");
        Ok(outcome)
    }

    /// The processor time of a node whose jurors send nothing, in seconds.
    fn idle_s(&self, deployment: &Deployment, fleet: &mut Fleet) -> Result<f64> {
        let before_s = deployment.cpu_s();
        fleet.run(|_, _| Command::Listen { for_s: self.for_s })?;
        Ok(deployment.cpu_s() - before_s)
    }
}
