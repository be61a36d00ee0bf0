//! `churn`: jurors who come, vote and leave, each once, to see that nothing of them stays in memory.

use anyhow::{Result, ensure};
use clap::Args;

use super::Place;
use crate::check;
use crate::commands::Order;
use crate::deployment::{House, ROOM, open_for};
use crate::fleet::{Crowd, Fleet};
use crate::report::Outcome;
use crate::wire_format::Dialect;

/// Jurors who are there at one time: so many that a visit's waits for the disk do not make a million take long.
const AT_ONE_TIME: usize = 512;
/// How long the case is open, in seconds; it is closed by hand when all have voted.
const OPEN_S: u64 = 7_200;
/// Parts of the visits between which memory is read.
const PARTS: usize = 10;

/// `churn`
#[derive(Args, Clone, Debug)]
pub struct Churn {
    /// Visits
    #[arg(long, default_value_t = 50_000)]
    pub visits: usize,
}

impl Churn {
    /// Runs it.
    ///
    /// # Errors
    /// It could not be run to its end, or the record is not what jurors were told.
    pub async fn run(&self, place: &Place) -> Result<Outcome> {
        let mut house = House::new(&place.program, place.for_nodes());
        house.serve(1)?;
        let (case, poll) = house.open(open_for(OPEN_S)).await;
        let addresses = house.addresses();
        let mut memory_kib = Vec::new();
        let (mut visits, mut took_s, mut again) = (0, 0.0, 0);
        let part = self.visits.div_ceil(PARTS);
        while visits < self.visits {
            let now = part.min(self.visits - visits);
            let (room, dialect) = (ROOM.to_owned(), Dialect::Jury);
            let crowd = Crowd { jurors: AT_ONE_TIME, first: visits, room, dialect, cores: place.for_load() };
            let mut fleet = Fleet::start(&crowd, &addresses)?;
            let done = fleet.all(|at, _| Order::Churn { at, poll: poll.clone(), visits: now })?;
            ensure!(
                done.failed == 0 && done.done == now as u64,
                "{} of {now} visits, {} failed",
                done.done,
                done.failed
            );
            visits += now;
            took_s += done.seconds();
            again += done.again;
            memory_kib.push(house.memory_kib());
        }
        ensure!(house.desk().act(case, "close").await.status < 300, "the case is not closed");
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
