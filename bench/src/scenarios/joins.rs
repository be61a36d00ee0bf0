//! `joins`: jurors who connect and join, as fast as they are let in.

use anyhow::Result;
use clap::Args;

use super::Place;
use crate::commands::Order;
use crate::deployment::ROOM;
use crate::fleet::{Crowd, Fleet};
use crate::report::{Outcome, median};
use crate::target::Subject;

/// `joins`
#[derive(Args, Clone, Debug)]
pub struct Joins {
    /// What is measured
    #[arg(long, value_enum, default_value_t = Subject::LiveJury)]
    pub subject: Subject,
    /// Jurors
    #[arg(long, default_value_t = 18_000)]
    pub jurors: usize,
    /// Times that all come, and leave again
    #[arg(long, default_value_t = 3)]
    pub times: usize,
}

impl Joins {
    /// Runs it.
    ///
    /// # Errors
    /// It could not be run to its end.
    pub async fn run(&self, place: &Place) -> Result<Outcome> {
        let running = self.subject.start(&place.program, place.for_nodes()).await?;
        let (room, dialect) = (ROOM.to_owned(), self.subject.dialect());
        let crowd = Crowd { jurors: self.jurors, first: 0, room, dialect, cores: place.for_load() };
        let mut fleet = Fleet::start(&crowd, &[running.address()])?;
        let mut rates = Vec::new();
        let mut again = 0;
        for _ in 0..self.times {
            let arrived = fleet.all(|at, _| Order::Arrive { at })?;
            rates.push(arrived.per_s());
            again += arrived.again;
            fleet.all(|_, _| Order::Leave)?;
        }

        let mut outcome = Outcome::new("joins", self.subject.name());
        outcome.add_some("joins, median", median(&rates), "/s");
        outcome.add_some("joins, slowest", rates.iter().copied().reduce(f64::min), "/s");
        outcome.add("joins tried again", again as f64, "");
        Ok(outcome)
    }
}
