//! `crowd`: one case and many who watch it, to see how fast a tally reaches them all, and how old it is then.

use anyhow::{Result, ensure};
use clap::Args;

use super::Place;
use crate::fleet::{Crowd, Fleet, JURORS_PER_PROCESS_MAX};
use crate::house::ROOM;
use crate::orders::Order;
use crate::report::Outcome;
use crate::subject::Subject;

/// `crowd`
#[derive(Args, Clone, Debug)]
pub struct CrowdOf {
    /// What is measured
    #[arg(long, value_enum, default_value_t = Subject::LiveJury)]
    pub subject: Subject,
    /// Who watch, of whom some vote
    #[arg(long, default_value_t = 18_000)]
    pub viewers: usize,
    /// Ballots a second
    #[arg(long, default_value_t = 100.0)]
    pub per_s: f64,
    /// Seconds
    #[arg(long, default_value_t = 15.0)]
    pub for_s: f64,
}

impl CrowdOf {
    /// Runs it.
    ///
    /// # Errors
    /// It could not be run to its end.
    pub async fn run(&self, place: &Place) -> Result<Outcome> {
        // One process sees both when a ballot is acknowledged and when it is shown.
        ensure!(self.viewers <= JURORS_PER_PROCESS_MAX, "at most {JURORS_PER_PROCESS_MAX} viewers");
        let running = self.subject.start(&place.program, place.for_nodes()).await?;
        let (room, dialect) = (ROOM.to_owned(), self.subject.dialect());
        let crowd = Crowd { jurors: self.viewers, first: 0, room, dialect, cores: place.for_load() };
        let mut fleet = Fleet::start(&crowd, &[running.address()])?;
        fleet.all(|at, _| Order::Arrive { at })?;
        let (node_s, load_s) = (running.node().cpu_s(), fleet.cpu_s());
        let (poll, per_s, for_s) = (running.poll().clone(), self.per_s, self.for_s);
        let seen = fleet.all(|_, _| Order::Steady { poll: poll.clone(), per_s, for_s })?;
        ensure!(seen.failed == 0, "{} failed", seen.failed);

        let mut outcome = Outcome::new("crowd", self.subject.name());
        outcome.add("viewers", self.viewers as f64, "");
        outcome.add_some("a tally on its way to all", seen.fan_out_per_s(self.viewers as u64), "deliveries/s");
        outcome.add("tallies, all in all", seen.deliveries as f64 / seen.seconds(), "deliveries/s");
        outcome.add("views shown", seen.rounds.len() as f64 / seen.seconds(), "/s");
        outcome.add_some("a ballot not shown, median", seen.staleness.ms_at(0.5), "ms");
        outcome.add_some("a ballot not shown, longest", seen.staleness.max_ms(), "ms");
        outcome.add_some("acknowledgement, 99 %", seen.latency.ms_at(0.99), "ms");
        outcome.add("processor of the process", (running.node().cpu_s() - node_s) / seen.seconds() * 100.0, "%");
        outcome.add("processor of the load generator", (fleet.cpu_s() - load_s) / seen.seconds() * 100.0, "%");
        Ok(outcome)
    }
}
