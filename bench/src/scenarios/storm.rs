//! `storm`: a node dies, and its viewers reconnect to another one. It measures the time until all have the right tally.

use anyhow::{Result, ensure};
use clap::Args;

use super::RunContext;
use crate::check;
use crate::clock::{now_us, seconds};
use crate::commands::Command;
use crate::deployment::{Deployment, open_for};
use crate::fleet::{Fleet, FleetSpec, JURORS_PER_PROCESS_MAX};
use crate::report::Outcome;
use crate::wire_format::WireFormat;

/// Seconds for which the case is open, at most: the scenario closes it when all are back.
const OPEN_S: u64 = 3_600;

/// `storm`
#[derive(Args, Clone, Debug)]
pub struct Storm {
    /// Viewers of the node that dies; all have voted before
    #[arg(long, default_value_t = 18_000)]
    pub viewers: usize,
}

impl Storm {
    /// Runs the scenario.
    ///
    /// # Errors
    /// The run failed, or the record differs from the acknowledged ballots.
    pub async fn run(&self, context: &RunContext) -> Result<Outcome> {
        ensure!(self.viewers <= JURORS_PER_PROCESS_MAX, "at most {JURORS_PER_PROCESS_MAX} viewers");
        let mut deployment = Deployment::new(&context.program, context.for_nodes());
        deployment.serve(2)?;
        let (case, poll) = deployment.open(open_for(OPEN_S)).await;
        let [first, second] = deployment.addresses()[..] else { unreachable!("two nodes were started") };
        let spec = FleetSpec::new(self.viewers, WireFormat::Jury, context.for_load());
        let mut fleet = Fleet::start(&spec, &[first])?;
        fleet.run(|at, _| Command::arrive(at))?;
        let voted = fleet.run(|_, _| Command::Rush(poll.clone()))?;
        ensure!(voted.failed == 0, "{} casts failed", voted.failed);

        let ballots = self.viewers as u64;
        fleet.send(|_, _| Command::Return { to: second, ballots })?;
        let died_us = now_us();
        deployment.kill(0);
        let back = fleet.collect()?;
        let back_s = seconds(died_us, back.last_us);
        ensure!(deployment.moderator_api().act(case, "close").await.status < 300, "the case is not closed");
        check::decided(second, case)?;
        check::verdict(second, case, ballots)?;

        let mut outcome = Outcome::new("storm", "live-jury");
        outcome.add("viewers of the node that died", self.viewers as f64, "");
        outcome.add("all back, with the right tally", back_s, "s");
        outcome.add("joins tried again", back.again as f64, "");
        Ok(outcome)
    }
}
