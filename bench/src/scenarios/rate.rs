//! `rate`: jurors who vote without a pause, to see how many ballots a second one process acknowledges.

use anyhow::{Result, ensure};
use clap::Args;

use super::Place;
use crate::commands::Order;
use crate::deployment::ROOM;
use crate::fleet::{Crowd, Fleet};
use crate::report::Outcome;
use crate::target::Subject;

/// Before anything is counted, in seconds: caches fill, compilers warm up.
const WARM_UP_S: f64 = 2.0;

/// `rate`
#[derive(Args, Clone, Debug)]
pub struct Rate {
    /// What is measured
    #[arg(long, value_enum, default_value_t = Subject::LiveJury)]
    pub subject: Subject,
    /// Jurors, each with a cast on its way all the time
    #[arg(long, default_value_t = 2_000)]
    pub jurors: usize,
    /// Seconds
    #[arg(long, default_value_t = 8.0)]
    pub for_s: f64,
    /// Redis does not wait for its disk: what that would save
    #[arg(long)]
    pub no_fsync: bool,
}

impl Rate {
    /// Runs it.
    ///
    /// # Errors
    /// It could not be run to its end.
    pub async fn run(&self, place: &Place) -> Result<Outcome> {
        ensure!(self.subject.takes_casts(), "{} takes no casts", self.subject.name());
        let running = self.subject.start(&place.program, place.for_nodes()).await?;
        if self.no_fsync {
            running.forget_the_disk();
        }
        let (room, dialect) = (ROOM.to_owned(), self.subject.dialect());
        let crowd = Crowd { jurors: self.jurors, first: 0, room, dialect, cores: place.for_load() };
        let mut fleet = Fleet::start(&crowd, &[running.address()])?;
        fleet.all(|at, _| Order::Arrive { at })?;
        let again = |for_s| Order::Loop { poll: running.poll().clone(), for_s };
        fleet.all(|_, _| again(WARM_UP_S))?;
        let (node_s, load_s) = (running.node().cpu_s(), fleet.cpu_s());
        let voted = fleet.all(|_, _| again(self.for_s))?;
        ensure!(voted.failed == 0, "{} casts failed", voted.failed);

        let scenario = if self.no_fsync { "rate without fsync" } else { "rate" };
        let mut outcome = Outcome::new(scenario, self.subject.name());
        outcome.add("ballots acknowledged", voted.per_s(), "/s");
        outcome.add_some("acknowledgement, median", voted.latency.ms_at(0.5), "ms");
        outcome.add_some("acknowledgement, 99 %", voted.latency.ms_at(0.99), "ms");
        outcome.add("casts sent again", voted.again as f64, "");
        outcome.add("tallies delivered meanwhile", voted.deliveries as f64, "");
        outcome.add("processor of the process", (running.node().cpu_s() - node_s) / voted.seconds() * 100.0, "%");
        outcome.add("processor of the load generator", (fleet.cpu_s() - load_s) / voted.seconds() * 100.0, "%");
        Ok(outcome)
    }
}
