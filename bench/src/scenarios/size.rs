//! `size`: jurors vote in a case with many ballots and in one with few, in turns. The rates must be close.

use anyhow::{Result, ensure};
use clap::Args;
use live_jury_protocol::CaseId;

use super::RunContext;
use crate::commands::{Command, Poll};
use crate::deployment::{Deployment, changeable};
use crate::fleet::{Fleet, FleetSpec, fill};
use crate::report::Outcome;
use crate::stats::median;
use crate::wire_format::WireFormat;

/// Seconds for which a case is open: longer than the run.
const OPEN_S: u64 = 7_200;
/// Jurors, each always with one cast in flight.
const VOTERS: usize = 2_000;
/// Seconds before each measurement.
const WARM_UP_S: f64 = 1.0;
/// Measurements of each case, in turns.
const TURNS: usize = 5;

/// `size`
#[derive(Args, Clone, Debug)]
pub struct Size {
    /// Ballots in the large case
    #[arg(long, default_value_t = 1_000_000)]
    pub large: usize,
    /// Ballots in the small case
    #[arg(long, default_value_t = 1_000)]
    pub small: usize,
    /// Seconds of each of the five measurements of a case
    #[arg(long, default_value_t = 4.0)]
    pub for_s: f64,
}

/// One of the two cases, its jurors, and the measured rates.
struct Side {
    case: CaseId,
    poll: Poll,
    ballots: u64,
    fleet: Fleet,
    rates: Vec<f64>,
}

impl Size {
    /// Runs the scenario.
    ///
    /// # Errors
    /// The run failed.
    pub async fn run(&self, context: &RunContext) -> Result<Outcome> {
        let mut deployment = Deployment::new(&context.program, context.for_nodes());
        deployment.serve(1)?;
        let (small, small_poll) = deployment.open(changeable(OPEN_S)).await;
        let (large, large_poll) = deployment.open(changeable(OPEN_S)).await;
        let addresses = deployment.addresses();
        let voters = VOTERS.min(self.small);
        fill(voters..self.large, &large_poll, &context.for_load(), &addresses)?;
        // A voter has a socket for each case: it counts its changes for one case only.
        let mut sides = Vec::new();
        for (case, poll, ballots) in [(small, small_poll, voters), (large, large_poll, self.large)] {
            let spec = FleetSpec::new(voters, WireFormat::Jury, context.for_load());
            let mut fleet = Fleet::start(&spec, &addresses)?;
            fleet.run(|at, _| Command::arrive(at))?;
            sides.push(Side { case, poll, ballots: ballots as u64, fleet, rates: Vec::new() });
        }
        // Turns, since the machine's speed changes more within minutes than the size of a case may matter.
        for _ in 0..TURNS {
            for side in &mut sides {
                side.vote(&deployment, self.for_s).await?;
            }
        }
        let mut outcome = Outcome::new("size", "live-jury");
        for Side { ballots, rates, .. } in &sides {
            outcome.add_some(&format!("ballots acknowledged, case of {ballots}, median"), median(rates), "/s");
        }
        let turns = sides[1].rates.iter().zip(&sides[0].rates);
        let ratios: Vec<f64> = turns.map(|(large, small)| large / small * 100.0).collect();
        outcome.add_some("large to small, median of turns", median(&ratios), "%");
        Ok(outcome)
    }
}

impl Side {
    async fn vote(&mut self, deployment: &Deployment, for_s: f64) -> Result<()> {
        let vote = |for_s| Command::Loop { poll: self.poll.clone(), for_s };
        self.fleet.run(|_, _| vote(WARM_UP_S))?;
        let voted = self.fleet.run(|_, _| vote(for_s))?;
        let held = deployment.moderator_api().tally(self.case).await.ballots;
        ensure!(voted.failed == 0 && held == self.ballots, "{held} ballots, {} failed", voted.failed);
        ensure!(voted.duplicates == 0, "{} ballots changed nothing", voted.duplicates);
        self.rates.push(voted.per_s());
        Ok(())
    }
}
