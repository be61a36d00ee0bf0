//! `size`: ballots a second into a case that holds many, beside one that holds few; on the store alone, where it shows.

use anyhow::{Result, ensure};
use clap::Args;
use live_jury_protocol::CaseId;

use super::Place;
use crate::commands::{Order, Poll};
use crate::deployment::{House, ROOM, changeable};
use crate::fleet::{Crowd, Fleet, JURORS_PER_PROCESS_MAX};
use crate::report::{Outcome, median};
use crate::wire_format::Dialect;

/// How long a case is open, in seconds.
const OPEN_S: u64 = 7_200;
/// Jurors with a cast on its way all the time.
const VOTERS: usize = 2_000;
/// Before anything is counted, in seconds.
const WARM_UP_S: f64 = 1.0;
/// Times that both are measured, in turns.
const TURNS: usize = 5;

/// `size`
#[derive(Args, Clone, Debug)]
pub struct Size {
    /// Ballots in the large case
    #[arg(long, default_value_t = 1_000_000)]
    pub large: usize,
    /// Ballots in the small one
    #[arg(long, default_value_t = 1_000)]
    pub small: usize,
    /// Seconds, for each of five turns on each of the two
    #[arg(long, default_value_t = 4.0)]
    pub for_s: f64,
}

/// One of the two cases, who vote in it, and how fast they did.
struct Side {
    case: CaseId,
    poll: Poll,
    ballots: u64,
    fleet: Fleet,
    rates: Vec<f64>,
}

impl Size {
    /// Runs it.
    ///
    /// # Errors
    /// It could not be run to its end.
    pub async fn run(&self, place: &Place) -> Result<Outcome> {
        let mut house = House::new(&place.program, place.for_nodes());
        house.serve(1)?;
        let (small, small_poll) = house.open(changeable(OPEN_S)).await;
        let (large, large_poll) = house.open(changeable(OPEN_S)).await;
        let addresses = house.addresses();
        let crowd = |jurors: usize, first: usize| Crowd {
            jurors,
            first,
            room: ROOM.to_owned(),
            dialect: Dialect::Jury,
            cores: place.for_load(),
        };
        let voters = VOTERS.min(self.small);
        let mut filled = voters;
        while filled < self.large {
            let now = JURORS_PER_PROCESS_MAX.min(self.large - filled);
            let mut fleet = Fleet::start(&crowd(now, filled), &addresses)?;
            fleet.all(|at, _| Order::Arrive { at })?;
            ensure!(fleet.all(|_, _| Order::Rush(large_poll.clone()))?.failed == 0, "casts failed");
            fleet.all(|_, _| Order::Leave)?;
            filled += now;
        }
        // Each votes in both, from a socket for each: ballots of a case are numbered.
        let mut sides = Vec::new();
        for (case, poll, ballots) in [(small, small_poll, voters), (large, large_poll, self.large)] {
            let mut fleet = Fleet::start(&crowd(voters, 0), &addresses)?;
            fleet.all(|at, _| Order::Arrive { at })?;
            sides.push(Side { case, poll, ballots: ballots as u64, fleet, rates: Vec::new() });
        }
        // The machine's speed moves more in a minute than a case's size should move it.
        for _ in 0..TURNS {
            for side in &mut sides {
                side.vote(&house, self.for_s).await?;
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
    async fn vote(&mut self, house: &House, for_s: f64) -> Result<()> {
        let again = |for_s| Order::Loop { poll: self.poll.clone(), for_s };
        self.fleet.all(|_, _| again(WARM_UP_S))?;
        let voted = self.fleet.all(|_, _| again(for_s))?;
        let held = house.desk().tally(self.case).await.ballots;
        ensure!(voted.failed == 0 && held == self.ballots, "{held} ballots, {} failed", voted.failed);
        ensure!(voted.duplicates == 0, "{} ballots changed nothing", voted.duplicates);
        self.rates.push(voted.per_s());
        Ok(())
    }
}
