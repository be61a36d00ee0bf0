//! `size`: ballots a second into a case that holds many, beside one that holds few; on the store alone, where it shows.

use anyhow::{Result, ensure};
use clap::Args;

use super::Place;
use crate::dialect::Dialect;
use crate::fleet::{Crowd, Fleet, JURORS_PER_PROCESS_MAX};
use crate::house::{House, ROOM, changeable};
use crate::orders::Order;
use crate::report::Outcome;

/// How long a case is open, in seconds.
const OPEN_S: u64 = 7_200;
/// Jurors with a cast on its way all the time.
const VOTERS: usize = 2_000;
/// Before anything is counted, in seconds.
const WARM_UP_S: f64 = 2.0;

/// `size`
#[derive(Args, Clone, Debug)]
pub struct Size {
    /// Ballots in the large case
    #[arg(long, default_value_t = 1_000_000)]
    pub large: usize,
    /// Ballots in the small one
    #[arg(long, default_value_t = 1_000)]
    pub small: usize,
    /// Seconds
    #[arg(long, default_value_t = 8.0)]
    pub for_s: f64,
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
        let mut fleet = Fleet::start(&crowd(voters, 0), &addresses)?;
        fleet.all(|at, _| Order::Arrive { at })?;
        let mut outcome = Outcome::new("size", "live-jury");
        let mut rates = Vec::new();
        for (case, poll, ballots) in [(small, &small_poll, voters), (large, &large_poll, self.large)] {
            let again = |for_s| Order::Loop { poll: poll.clone(), for_s };
            fleet.all(|_, _| again(WARM_UP_S))?;
            let voted = fleet.all(|_, _| again(self.for_s))?;
            let held = house.desk().tally(case).await.ballots;
            ensure!(voted.failed == 0 && held == ballots as u64, "{held} ballots, {} failed", voted.failed);
            outcome.add(&format!("ballots acknowledged, case of {ballots}"), voted.per_s(), "/s");
            rates.push(voted.per_s());
        }
        outcome.add("large to small", rates[1] / rates[0] * 100.0, "%");
        Ok(outcome)
    }
}
