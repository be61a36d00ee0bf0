//! `idle`: jurors have joined and send nothing. It measures the memory of one.

use std::time::Duration;

use anyhow::Result;
use clap::Args;

use super::RunContext;
use crate::commands::Command;
use crate::deployment::ROOM;
use crate::fleet::{Fleet, FleetSpec};
use crate::report::Outcome;
use crate::target::Target;

/// Time for which the crowd is silent, and time that the process has to release memory after all have left.
const SILENCE: Duration = Duration::from_secs(5);

/// `idle`
#[derive(Args, Clone, Debug)]
pub struct Idle {
    /// The measured target
    #[arg(long = "subject", value_enum, default_value_t = Target::LiveJury)]
    pub target: Target,
    /// Jurors
    #[arg(long, default_value_t = 18_000)]
    pub jurors: usize,
}

impl Idle {
    /// Runs the scenario.
    ///
    /// # Errors
    /// The run failed.
    pub async fn run(&self, context: &RunContext) -> Result<Outcome> {
        let running = self.target.start(&context.program, context.for_nodes()).await?;
        let (room, wire_format) = (ROOM.to_owned(), self.target.wire_format());
        let spec = FleetSpec { jurors: self.jurors, first: 0, room, wire_format, cores: context.for_load() };
        let mut fleet = Fleet::start(&spec, &[running.address()])?;
        let node = running.node();
        let empty_kib = node.memory_kib();
        fleet.run(|at, _| Command::Arrive { at })?;
        let full_kib = node.memory_kib();
        let peak_kib = node.peak_memory_kib();
        let cpu_s = node.cpu_s();
        fleet.run(|_, _| Command::Listen { for_s: SILENCE.as_secs_f64() })?;
        let resting = (node.cpu_s() - cpu_s) / SILENCE.as_secs_f64() * 100.0;
        fleet.run(|_, _| Command::Leave)?;
        std::thread::sleep(SILENCE);
        let after_kib = node.memory_kib();

        let each = |kib: u64| (kib as f64 - empty_kib as f64) * 1024.0 / self.jurors as f64;
        let mut outcome = Outcome::new("idle", self.target.name());
        outcome.add("jurors", self.jurors as f64, "");
        outcome.add("memory before", empty_kib as f64, "KiB");
        outcome.add("memory a juror, joined", each(full_kib), "B");
        outcome.add("memory a juror, at the peak", each(peak_kib), "B");
        outcome.add("memory after all have left", after_kib as f64, "KiB");
        outcome.add("processor at rest", resting, "%");
        Ok(outcome)
    }
}
