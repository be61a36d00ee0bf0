//! `idle`: jurors who have joined and do nothing, to see what memory one costs.

use std::time::Duration;

use anyhow::Result;
use clap::Args;

use super::Place;
use crate::commands::Order;
use crate::deployment::ROOM;
use crate::fleet::{Crowd, Fleet};
use crate::report::Outcome;
use crate::target::Subject;

/// Time after which what a burst took should have been given back.
const REST: Duration = Duration::from_secs(5);

/// `idle`
#[derive(Args, Clone, Debug)]
pub struct Idle {
    /// What is measured
    #[arg(long, value_enum, default_value_t = Subject::LiveJury)]
    pub subject: Subject,
    /// Jurors
    #[arg(long, default_value_t = 18_000)]
    pub jurors: usize,
}

impl Idle {
    /// Runs it.
    ///
    /// # Errors
    /// It could not be run to its end.
    pub async fn run(&self, place: &Place) -> Result<Outcome> {
        let running = self.subject.start(&place.program, place.for_nodes()).await?;
        let (room, dialect) = (ROOM.to_owned(), self.subject.dialect());
        let crowd = Crowd { jurors: self.jurors, first: 0, room, dialect, cores: place.for_load() };
        let mut fleet = Fleet::start(&crowd, &[running.address()])?;
        let node = running.node();
        let empty_kib = node.memory_kib();
        fleet.all(|at, _| Order::Arrive { at })?;
        let full_kib = node.memory_kib();
        let peak_kib = node.peak_memory_kib();
        let cpu_s = node.cpu_s();
        fleet.all(|_, _| Order::Listen { for_s: REST.as_secs_f64() })?;
        let resting = (node.cpu_s() - cpu_s) / REST.as_secs_f64() * 100.0;
        fleet.all(|_, _| Order::Leave)?;
        std::thread::sleep(REST);
        let after_kib = node.memory_kib();

        let each = |kib: u64| (kib as f64 - empty_kib as f64) * 1024.0 / self.jurors as f64;
        let mut outcome = Outcome::new("idle", self.subject.name());
        outcome.add("jurors", self.jurors as f64, "");
        outcome.add("memory before", empty_kib as f64, "KiB");
        outcome.add("memory a juror, joined", each(full_kib), "B");
        outcome.add("memory a juror, at the peak", each(peak_kib), "B");
        outcome.add("memory after all have left", after_kib as f64, "KiB");
        outcome.add("processor at rest", resting, "%");
        Ok(outcome)
    }
}
