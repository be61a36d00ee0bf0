//! `idle`: jurors have joined and send nothing. It measures the memory and the processor time of one.

use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;

use super::RunContext;
use crate::clock::{now_us, seconds};
use crate::commands::Command;
use crate::fleet::{Fleet, FleetSpec};
use crate::node::Node;
use crate::report::Outcome;
use crate::target::Target;

/// Time after the joins until the silence is measured, and after all have left until the memory is read. The process
/// releases the memory of a burst meanwhile.
const SETTLE: Duration = Duration::from_secs(5);
/// Interval of the samples that find the busiest second.
const SAMPLE: Duration = Duration::from_secs(1);

/// `idle`
#[derive(Args, Clone, Debug)]
pub struct Idle {
    /// The measured target
    #[arg(long = "subject", value_enum, default_value_t = Target::LiveJury)]
    pub target: Target,
    /// Jurors
    #[arg(long, default_value_t = 18_000)]
    pub jurors: usize,
    /// Seconds for which the processor time of the empty process, then that of silent jurors is measured
    #[arg(long, default_value_t = 20.0)]
    pub for_s: f64,
    /// Each juror comes through a proxy: its upgrade has an `X-Forwarded-For`
    #[arg(long)]
    pub forwarded: bool,
}

/// Processor time of a process while all jurors are silent.
struct Silence {
    /// Processor seconds a second.
    mean: f64,
    /// Processor seconds in the busiest second.
    busiest: f64,
    /// Pings and pongs that jurors received, a second.
    keep_alives_per_s: f64,
}

impl Idle {
    /// Runs the scenario.
    ///
    /// # Errors
    /// The run failed.
    pub async fn run(&self, context: &RunContext) -> Result<Outcome> {
        let running = self.target.start(&context.program, context.for_nodes()).await?;
        let spec = FleetSpec::new(self.jurors, self.target.wire_format(), context.for_load());
        let spec = FleetSpec { forwarded: self.forwarded, ..spec };
        let mut fleet = Fleet::start(&spec, &[running.address()])?;
        let node = running.node();
        let empty = Silence::measure(node, &mut fleet, self.for_s)?;
        let empty_kib = node.memory_kib();
        fleet.run(|at, _| Command::arrive(at))?;
        let full_kib = node.memory_kib();
        let peak_kib = node.peak_memory_kib();
        let settling = Silence::measure(node, &mut fleet, SETTLE.as_secs_f64())?;
        let silent = Silence::measure(node, &mut fleet, self.for_s)?;
        fleet.run(|_, _| Command::Leave)?;
        std::thread::sleep(SETTLE);
        let after_kib = node.memory_kib();

        let jurors = self.jurors as f64;
        let each = |kib: u64| (kib as f64 - empty_kib as f64) * 1024.0 / jurors;
        let mut outcome = Outcome::new("idle", self.target.name());
        outcome.add("jurors", jurors, "");
        outcome.add("memory before", empty_kib as f64, "KiB");
        outcome.add("memory a juror, joined", each(full_kib), "B");
        outcome.add("memory a juror, at the peak", each(peak_kib), "B");
        outcome.add("memory after all have left", after_kib as f64, "KiB");
        outcome.add("processor at rest", settling.mean * 100.0, "%");
        outcome.add("processor time of the empty process, a minute", empty.mean * 60.0 * 1e3, "ms");
        let of_viewers = silent.mean - empty.mean;
        outcome.add("processor time a silent viewer and minute", of_viewers * 60.0 * 1e6 / jurors, "µs");
        outcome.add("processor in the busiest second of silence", silent.busiest * 100.0, "%");
        outcome.add("pings and pongs a silent viewer and minute", silent.keep_alives_per_s * 60.0 / jurors, "");
        Ok(outcome)
    }
}

impl Silence {
    /// Lets all jurors be silent for a time, and samples the processor time of the process.
    fn measure(node: &Node, fleet: &mut Fleet, for_s: f64) -> Result<Self> {
        fleet.send(|_, _| Command::Listen { for_s })?;
        let first = (now_us(), node.cpu_s());
        let mut last = first;
        let mut busiest = 0.0;
        while seconds(first.0, last.0) < for_s {
            std::thread::sleep(SAMPLE);
            let sample = (now_us(), node.cpu_s());
            busiest = f64::max(busiest, rate(last, sample));
            last = sample;
        }
        let figures = fleet.collect()?;
        ensure!(figures.failed == 0, "{} sockets ended in silence", figures.failed);
        let keep_alives_per_s = figures.keep_alives as f64 / figures.seconds();
        Ok(Self { mean: rate(first, last), busiest, keep_alives_per_s })
    }
}

/// Processor seconds a second between two samples.
fn rate((from_us, from_s): (u64, f64), (to_us, to_s): (u64, f64)) -> f64 {
    (to_s - from_s) / seconds(from_us, to_us).max(f64::EPSILON)
}
