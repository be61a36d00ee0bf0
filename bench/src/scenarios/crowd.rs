//! `crowd`: many viewers watch one case. It measures the delivery of tallies to them, and the age of a tally.

use anyhow::{Result, ensure};
use clap::Args;

use super::RunContext;
use crate::commands::{Command, Figures};
use crate::fleet::{Fleet, FleetSpec, JURORS_PER_PROCESS_MAX};
use crate::report::Outcome;
use crate::target::Target;

/// Posted tallies a second: a node sends at most as many to a viewer.
const TALLIES_PER_S: f64 = 5.0;

/// `crowd`
#[derive(Args, Clone, Debug)]
pub struct Crowd {
    /// The measured target
    #[arg(long = "subject", value_enum, default_value_t = Target::LiveJury)]
    pub target: Target,
    /// Viewers, some of whom vote
    #[arg(long, default_value_t = 18_000)]
    pub viewers: usize,
    /// Ballots a second
    #[arg(long, default_value_t = 100.0)]
    pub per_s: f64,
    /// Five tallies a second are posted and nobody votes: fan-out alone [default: for targets without casts]
    #[arg(long)]
    pub publish: bool,
    /// Seconds
    #[arg(long, default_value_t = 15.0)]
    pub for_s: f64,
}

impl Crowd {
    /// Runs the scenario.
    ///
    /// # Errors
    /// The run failed.
    pub async fn run(&self, context: &RunContext) -> Result<Outcome> {
        // One process records both the acknowledgement of a ballot and its first tally.
        ensure!(self.viewers <= JURORS_PER_PROCESS_MAX, "at most {JURORS_PER_PROCESS_MAX} viewers");
        let published = self.publish || !self.target.takes_casts();
        ensure!(!published || self.target.takes_tallies(), "{} accepts no posted tallies", self.target.name());
        // A changed ballot does not change a tally's number of ballots.
        ensure!(published || self.per_s * self.for_s <= self.viewers as f64, "more ballots than viewers");
        let running = self.target.start(&context.program, context.for_nodes()).await?;
        let spec = FleetSpec::new(self.viewers, self.target.wire_format(), context.for_load());
        let mut fleet = Fleet::start(&spec, &[running.address()])?;
        fleet.run(|at, _| Command::arrive(at))?;
        let (node_s, load_s) = (running.node().cpu_s(), fleet.cpu_s());
        let (poll, per_s, for_s) = (running.poll().clone(), self.per_s, self.for_s);
        let seen = if published {
            let case = poll.case.parse()?;
            fleet.run(|at, _| Command::Publish { at, case, per_s: TALLIES_PER_S, for_s })?
        } else {
            fleet.run(|_, _| Command::Steady { poll: poll.clone(), per_s, for_s })?
        };
        ensure!(seen.failed == 0, "{} failed", seen.failed);
        let used_s = [running.node().cpu_s() - node_s, fleet.cpu_s() - load_s];
        Ok(self.outcome(published, &seen, used_s))
    }

    /// The figures, from the workers' results and the processor time of process and load generator.
    fn outcome(&self, published: bool, seen: &Figures, [node_s, load_s]: [f64; 2]) -> Outcome {
        let (name, viewers, deliveries) = (self.target.name(), self.viewers as f64, seen.tallies as f64);
        let (target, what) =
            if published { (format!("{name}, posted"), "a posted tally") } else { (name.to_owned(), "a ballot") };
        let mut outcome = Outcome::new("crowd", &target);
        outcome.add("viewers", viewers, "");
        outcome.add("in a second of its processor time", deliveries / node_s.max(f64::EPSILON), "deliveries");
        if let Some(stats) = seen.deliveries.stats(self.viewers as u64) {
            outcome.add("while a tally is on its way", stats.per_s, "deliveries/s");
            outcome.add("a tally is on its way", stats.seconds / seen.seconds() * 100.0, "% of the time");
            outcome.add_some("from the first viewer to the last, median", stats.whole_s.map(|s| s * 1e3), "ms");
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
