//! `sustained`: ballots at a steady rate, whatever the answers do, to see how long an acknowledgement takes.

use anyhow::{Result, ensure};
use clap::Args;

use super::Place;
use crate::commands::Order;
use crate::deployment::ROOM;
use crate::fleet::{Crowd, Fleet};
use crate::report::Outcome;
use crate::target::Subject;

/// `sustained`
#[derive(Args, Clone, Debug)]
pub struct Sustained {
    /// What is measured
    #[arg(long, value_enum, default_value_t = Subject::LiveJury)]
    pub subject: Subject,
    /// Jurors
    #[arg(long, default_value_t = 10_000)]
    pub jurors: usize,
    /// Ballots a second
    #[arg(long, default_value_t = 10_000.0)]
    pub per_s: f64,
    /// Seconds; who has cast is last in line for the next cast
    #[arg(long, default_value_t = 8.0)]
    pub for_s: f64,
    /// Redis writes to its file and does not wait for the disk
    #[arg(long)]
    pub no_fsync: bool,
}

impl Sustained {
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
        let (node_s, load_s) = (running.node().cpu_s(), fleet.cpu_s());
        let (poll, per_s, for_s) = (running.poll().clone(), self.per_s, self.for_s);
        let voted = fleet.all(|_, _| Order::Steady { poll: poll.clone(), per_s, for_s })?;
        ensure!(voted.failed == 0, "{} casts failed", voted.failed);

        let scenario = if self.no_fsync { "sustained without fsync" } else { "sustained" };
        let mut outcome = Outcome::new(scenario, self.subject.name());
        outcome.add("seconds", voted.seconds(), "s");
        outcome.add("ballots asked for", self.per_s, "/s");
        outcome.add("ballots acknowledged", voted.per_s(), "/s");
        outcome.add("casts sent again", voted.again as f64, "");
        for (name, share) in [("median", 0.5), ("90 %", 0.9), ("99 %", 0.99), ("99.9 %", 0.999), ("longest", 1.0)] {
            outcome.add_some(&format!("acknowledgement, {name}"), voted.latency.ms_at(share), "ms");
        }
        outcome.add("processor of the process", (running.node().cpu_s() - node_s) / voted.seconds() * 100.0, "%");
        outcome.add("processor of the load generator", (fleet.cpu_s() - load_s) / voted.seconds() * 100.0, "%");
        Ok(outcome)
    }
}
