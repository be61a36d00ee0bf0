//! `storm`: a node dies, and its viewers come back on another.

use anyhow::{Result, ensure};
use clap::Args;

use super::Place;
use crate::check;
use crate::clock::{now_us, seconds};
use crate::commands::Order;
use crate::deployment::{House, ROOM, open_for};
use crate::fleet::{Crowd, Fleet, JURORS_PER_PROCESS_MAX};
use crate::report::Outcome;
use crate::wire_format::Dialect;

/// How long the case is open, in seconds; it is closed by hand when all are back.
const OPEN_S: u64 = 3_600;

/// `storm`
#[derive(Args, Clone, Debug)]
pub struct Storm {
    /// Viewers of the node that dies; all have voted
    #[arg(long, default_value_t = 18_000)]
    pub viewers: usize,
}

impl Storm {
    /// Runs it.
    ///
    /// # Errors
    /// It could not be run to its end, or the record is not what jurors were told.
    pub async fn run(&self, place: &Place) -> Result<Outcome> {
        ensure!(self.viewers <= JURORS_PER_PROCESS_MAX, "at most {JURORS_PER_PROCESS_MAX} viewers");
        let mut house = House::new(&place.program, place.for_nodes());
        house.serve(2)?;
        let (case, poll) = house.open(open_for(OPEN_S)).await;
        let [first, second] = house.addresses()[..] else { unreachable!("two nodes were started") };
        let (room, dialect) = (ROOM.to_owned(), Dialect::Jury);
        let crowd = Crowd { jurors: self.viewers, first: 0, room, dialect, cores: place.for_load() };
        let mut fleet = Fleet::start(&crowd, &[first])?;
        fleet.all(|at, _| Order::Arrive { at })?;
        let voted = fleet.all(|_, _| Order::Rush(poll.clone()))?;
        ensure!(voted.failed == 0, "{} casts failed", voted.failed);

        let ballots = self.viewers as u64;
        fleet.tell(|_, _| Order::Return { to: second, ballots })?;
        let died_us = now_us();
        house.kill(0)?;
        let back = fleet.hear()?;
        let back_s = seconds(died_us, back.last_us);
        ensure!(house.desk().act(case, "close").await.status < 300, "the case is not closed");
        check::decided(second, case)?;
        check::verdict(second, case, ballots)?;

        let mut outcome = Outcome::new("storm", "live-jury");
        outcome.add("viewers of the node that died", self.viewers as f64, "");
        outcome.add("all back, with the right tally", back_s, "s");
        outcome.add("joins tried again", back.again as f64, "");
        Ok(outcome)
    }
}
