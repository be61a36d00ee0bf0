//! `rush`: all jurors connect and join, then vote at once. It compares the record with each acknowledgement.

use std::net::SocketAddr;
use std::num::NonZeroUsize;

use anyhow::{Result, ensure};
use clap::Args;

use super::RunContext;
use crate::check;
use crate::clock::{now_us, seconds};
use crate::commands::{Command, Wave};
use crate::deployment::{Deployment, open_for};
use crate::fleet::{Fleet, FleetSpec, JURORS_PER_PROCESS_MAX};
use crate::report::Outcome;
use crate::wire_format::WireFormat;

/// Seconds for which the case is open, at most: the scenario closes it when all have voted.
const OPEN_S: u64 = 3_600;

/// `rush`
#[derive(Args, Clone, Debug)]
pub struct Rush {
    /// Jurors
    #[arg(long, default_value_t = 20_000)]
    pub jurors: usize,
    /// Nodes [default: one for each 18,750 jurors, since a process has 20,000 files]
    #[arg(long)]
    pub nodes: Option<usize>,
    /// A Redis Cluster of three masters and three replicas in place of one Redis
    #[arg(long)]
    pub cluster: bool,
    /// Each worker's jurors connect to all nodes, in place of one node for each worker
    #[arg(long)]
    pub spread: bool,
    /// Equal parts of the jurors, which arrive one after the other; all vote once the last part has joined
    #[arg(long, default_value_t = NonZeroUsize::MIN)]
    pub waves: NonZeroUsize,
    /// Seconds of silence before each wave but the first
    #[arg(long, default_value_t = 0.0)]
    pub pause_s: f64,
}

/// The arrival of all waves.
#[derive(Default)]
struct Arrival {
    /// The time of all waves, without the pauses, in seconds.
    seconds: f64,
    /// The time of the last wave.
    last_s: f64,
    /// Joins that were tried again.
    again: u64,
}

impl Rush {
    /// Runs the scenario.
    ///
    /// # Errors
    /// The run failed, or the record differs from the acknowledged ballots.
    pub async fn run(&self, context: &RunContext) -> Result<Outcome> {
        let nodes = self.nodes.unwrap_or_else(|| self.jurors.div_ceil(JURORS_PER_PROCESS_MAX));
        let mut deployment = if self.cluster {
            Deployment::clustered(&context.program, context.for_nodes()).await
        } else {
            Deployment::new(&context.program, context.for_nodes())
        };
        deployment.serve(nodes)?;
        let (case, poll) = deployment.open(open_for(OPEN_S)).await;
        let addresses = deployment.addresses();
        let spec = FleetSpec::new(self.jurors, WireFormat::Jury, context.for_load());
        let mut fleet = Fleet::start(&spec, &addresses)?;
        let empty_kib = deployment.memory_kib();
        let began_s = [deployment.cpu_s(), fleet.cpu_s()];

        let arrived = self.arrive(&mut fleet, &addresses)?;
        let joined_kib = deployment.memory_kib();
        eprintln!("{} joined in {:.1} s", self.jurors, arrived.seconds);
        let joined_s = [deployment.cpu_s(), fleet.cpu_s()];
        let voted = fleet.run(|_, _| Command::Rush(poll.clone()))?;
        ensure!(voted.failed == 0, "{} casts failed", voted.failed);
        eprintln!("{} voted in {:.1} s", voted.done, voted.seconds());
        let voted_s = [deployment.cpu_s(), fleet.cpu_s()];
        let peak_kib = deployment.peak_memory_kib();
        let closing_us = now_us();
        let closed = deployment.moderator_api().act(case, "close").await;
        ensure!(closed.status < 300, "the case is not closed: {}", closed.text);
        check::decided(addresses[0], case)?;
        let recorded_s = seconds(closing_us, now_us());
        eprintln!("recorded in {recorded_s:.1} s; checking each ballot");
        check::verdict(addresses[0], case, self.jurors as u64)?;

        let jurors = self.jurors as f64;
        // With few jurors it may be negative: the nodes release memory of their start meanwhile.
        let each = |kib: u64| (kib as f64 - empty_kib as f64) * 1024.0 / jurors;
        let mut outcome = Outcome::new("rush", "live-jury");
        outcome.add("jurors", jurors, "");
        outcome.add("nodes", nodes as f64, "");
        outcome.add("masters of Redis", deployment.masters() as f64, "");
        outcome.add("all joined", arrived.seconds, "s");
        if self.waves > NonZeroUsize::MIN {
            outcome.add("waves", self.waves.get() as f64, "");
            outcome.add("last wave joined", arrived.last_s, "s");
        }
        outcome.add("joins", jurors / arrived.seconds.max(f64::EPSILON), "/s");
        outcome.add("joins tried again", arrived.again as f64, "");
        outcome.add("first cast to last acknowledgement", voted.seconds(), "s");
        outcome.add("ballots acknowledged", voted.per_s(), "/s");
        outcome.add("casts sent again", voted.again as f64, "");
        outcome.add_some("acknowledgement, median", voted.latency.ms_at(0.5), "ms");
        outcome.add_some("acknowledgement, 99 %", voted.latency.ms_at(0.99), "ms");
        outcome.add("tallies delivered meanwhile", voted.tallies as f64, "");
        outcome.add("closed to recorded", recorded_s, "s");
        outcome.add("memory a juror, joined", each(joined_kib), "B");
        outcome.add("memory a juror, at the peak", each(peak_kib), "B");
        for (what, at) in [("nodes", 0), ("load generator", 1)] {
            outcome.add(&format!("processor time of the {what}, joining"), joined_s[at] - began_s[at], "s");
            outcome.add(&format!("processor time of the {what}, voting"), voted_s[at] - joined_s[at], "s");
        }
        outcome.add("ballots recorded, each as acknowledged", voted.done as f64, "");
        Ok(outcome)
    }

    /// Lets the waves arrive, with a pause before each but the first.
    fn arrive(&self, fleet: &mut Fleet, addresses: &[SocketAddr]) -> Result<Arrival> {
        let mut arrival = Arrival::default();
        for index in 0..self.waves.get() {
            if index > 0 {
                let silent = fleet.run(|_, _| Command::Listen { for_s: self.pause_s })?;
                ensure!(silent.failed == 0, "{} sockets ended in the pause", silent.failed);
            }
            let wave = Wave { index, of: self.waves.get() };
            let arrived = fleet.run(|at, _| {
                let nodes = if self.spread { addresses.to_vec() } else { vec![at] };
                Command::Arrive { nodes, wave }
            })?;
            ensure!(arrived.failed == 0, "{} sockets ended while others joined", arrived.failed);
            arrival.last_s = arrived.seconds();
            arrival.seconds += arrival.last_s;
            arrival.again += arrived.again;
        }
        Ok(arrival)
    }
}
