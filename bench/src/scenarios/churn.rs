//! `churn`: jurors come, vote and leave, each once. Memory must not grow with the number of visits.

use anyhow::{Result, ensure};
use clap::Args;

use super::RunContext;
use crate::check;
use crate::commands::Command;
use crate::deployment::{Deployment, open_for};
use crate::fleet::{Fleet, FleetSpec};
use crate::report::Outcome;
use crate::wire_format::WireFormat;

/// Visits at one time. Each visit waits for the disk once: with fewer at a time, a million would take much longer.
const CONCURRENT: usize = 512;
/// Seconds for which the case is open, at most: the scenario closes it when all have voted.
const OPEN_S: u64 = 7_200;
/// Parts of the run; memory is read after each.
const PARTS: usize = 10;

/// `churn`
#[derive(Args, Clone, Debug)]
pub struct Churn {
    /// Visits
    #[arg(long, default_value_t = 50_000)]
    pub visits: usize,
}

impl Churn {
    /// Runs the scenario.
    ///
    /// # Errors
    /// The run failed, or the record differs from the acknowledged ballots.
    pub async fn run(&self, context: &RunContext) -> Result<Outcome> {
        let mut deployment = Deployment::new(&context.program, context.for_nodes());
        deployment.serve(1)?;
        let (case, poll) = deployment.open(open_for(OPEN_S)).await;
        let addresses = deployment.addresses();
        let mut memory_kib = Vec::new();
        let (mut visits, mut took_s, mut again) = (0, 0.0, 0);
        let part = self.visits.div_ceil(PARTS);
        while visits < self.visits {
            let now = part.min(self.visits - visits);
            let visitors = FleetSpec::new(CONCURRENT, WireFormat::Jury, context.for_load());
            let spec = FleetSpec { first: visits, ..visitors };
            let mut fleet = Fleet::start(&spec, &addresses)?;
            let done = fleet.run(|at, _| Command::Churn { at, poll: poll.clone(), visits: now })?;
            ensure!(
                done.failed == 0 && done.done == now as u64,
                "{} of {now} visits, {} failed",
                done.done,
                done.failed
            );
            visits += now;
            took_s += done.seconds();
            again += done.again;
            memory_kib.push(deployment.memory_kib());
        }
        ensure!(deployment.moderator_api().act(case, "close").await.status < 300, "the case is not closed");
        check::decided(addresses[0], case)?;
        check::verdict(addresses[0], case, self.visits as u64)?;

        let mut outcome = Outcome::new("churn", "live-jury");
        outcome.add("visits", self.visits as f64, "");
        outcome.add("visits", self.visits as f64 / took_s, "/s");
        outcome.add("visits tried again", again as f64, "");
        for (part, kib) in memory_kib.iter().enumerate() {
            outcome.add(&format!("memory after {} %", (part + 1) * 100 / memory_kib.len()), *kib as f64, "KiB");
        }
        Ok(outcome)
    }
}
