//! `crowd`: one case and many who watch it, to see how fast a tally reaches them all, and how old it is then.

use anyhow::{Result, ensure};
use clap::Args;

use super::Place;
use crate::commands::{Figures, Order};
use crate::deployment::ROOM;
use crate::fleet::{Crowd, Fleet, JURORS_PER_PROCESS_MAX};
use crate::report::Outcome;
use crate::target::Subject;

/// Tallies that are posted a second: as many as a node shows at most.
const TALLIES_PER_S: f64 = 5.0;

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
    /// Tallies are posted, five a second, and nobody votes: fan-out alone [default: for those that take no casts]
    #[arg(long)]
    pub publish: bool,
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
        let published = self.publish || !self.subject.takes_casts();
        ensure!(!published || self.subject.takes_tallies(), "no tally can be posted to {}", self.subject.name());
        // A ballot that is cast again is not seen in a tally.
        ensure!(published || self.per_s * self.for_s <= self.viewers as f64, "more ballots than viewers");
        let running = self.subject.start(&place.program, place.for_nodes()).await?;
        let (room, dialect) = (ROOM.to_owned(), self.subject.dialect());
        let crowd = Crowd { jurors: self.viewers, first: 0, room, dialect, cores: place.for_load() };
        let mut fleet = Fleet::start(&crowd, &[running.address()])?;
        fleet.all(|at, _| Order::Arrive { at })?;
        let (node_s, load_s) = (running.node().cpu_s(), fleet.cpu_s());
        let (poll, per_s, for_s) = (running.poll().clone(), self.per_s, self.for_s);
        let seen = if published {
            let case = poll.case.parse()?;
            fleet.all(|at, _| Order::Publish { at, case, per_s: TALLIES_PER_S, for_s })?
        } else {
            fleet.all(|_, _| Order::Steady { poll: poll.clone(), per_s, for_s })?
        };
        ensure!(seen.failed == 0, "{} failed", seen.failed);
        let used_s = [running.node().cpu_s() - node_s, fleet.cpu_s() - load_s];
        Ok(self.outcome(published, &seen, used_s))
    }

    /// What was seen, and what the process and the load generator used of their processors for it.
    fn outcome(&self, published: bool, seen: &Figures, [node_s, load_s]: [f64; 2]) -> Outcome {
        let (name, viewers, deliveries) = (self.subject.name(), self.viewers as f64, seen.deliveries as f64);
        let (subject, what) =
            if published { (format!("{name}, posted"), "a posted tally") } else { (name.to_owned(), "a ballot") };
        let mut outcome = Outcome::new("crowd", &subject);
        outcome.add("viewers", viewers, "");
        outcome.add("in a second of its processor time", deliveries / node_s.max(f64::EPSILON), "deliveries");
        if let Some(way) = seen.rounds.way(self.viewers as u64) {
            outcome.add("while a tally is on its way", way.per_s, "deliveries/s");
            outcome.add("a tally is on its way", way.seconds / seen.seconds() * 100.0, "% of the time");
            outcome.add_some("from the first viewer to the last, median", way.whole_s.map(|s| s * 1e3), "ms");
        }
        outcome.add("all in all", deliveries / seen.seconds(), "deliveries/s");
        outcome.add("views that a viewer is shown", deliveries / viewers / seen.seconds(), "/s");
        outcome.add_some(&format!("{what} not shown, median"), seen.staleness.ms_at(0.5), "ms");
        outcome.add_some(&format!("{what} not shown, longest"), seen.staleness.max_ms(), "ms");
        outcome.add_some("acknowledgement, 99 %", seen.latency.ms_at(0.99), "ms");
        outcome.add("processor of the process", node_s / seen.seconds() * 100.0, "%");
        outcome.add("processor of the load generator", load_s / seen.seconds() * 100.0, "%");
        outcome
    }
}
