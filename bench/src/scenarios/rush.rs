//! `rush`: all connect, join, then vote at once.

use anyhow::{Result, ensure};
use clap::Args;

use super::Place;
use crate::check;
use crate::clock::{now_us, seconds};
use crate::commands::Order;
use crate::deployment::{House, ROOM, open_for};
use crate::fleet::{Crowd, Fleet, JURORS_PER_PROCESS_MAX};
use crate::report::Outcome;
use crate::wire_format::Dialect;

/// How long the case is open, in seconds; it is closed by hand when all have voted.
const OPEN_S: u64 = 3_600;

/// `rush`
#[derive(Args, Clone, Debug)]
pub struct Rush {
    /// Jurors
    #[arg(long, default_value_t = 20_000)]
    pub jurors: usize,
    /// Nodes [default: as many as the files of a process ask for]
    #[arg(long)]
    pub nodes: Option<usize>,
    /// On a Redis Cluster of three masters and three replicas, in place of one Redis
    #[arg(long)]
    pub cluster: bool,
}

impl Rush {
    /// Runs it.
    ///
    /// # Errors
    /// It could not be run to its end, or the record is not what jurors were told.
    pub async fn run(&self, place: &Place) -> Result<Outcome> {
        let nodes = self.nodes.unwrap_or_else(|| self.jurors.div_ceil(JURORS_PER_PROCESS_MAX));
        let mut house = if self.cluster {
            House::clustered(&place.program, place.for_nodes()).await
        } else {
            House::new(&place.program, place.for_nodes())
        };
        house.serve(nodes)?;
        let (case, poll) = house.open(open_for(OPEN_S)).await;
        let addresses = house.addresses();
        let (room, dialect) = (ROOM.to_owned(), Dialect::Jury);
        let crowd = Crowd { jurors: self.jurors, first: 0, room, dialect, cores: place.for_load() };
        let mut fleet = Fleet::start(&crowd, &addresses)?;
        let empty_kib = house.memory_kib();
        let began_s = [house.cpu_s(), fleet.cpu_s()];

        let arrived = fleet.all(|at, _| Order::Arrive { at })?;
        let joined_kib = house.memory_kib();
        eprintln!("{} joined in {:.1} s", self.jurors, arrived.seconds());
        let joined_s = [house.cpu_s(), fleet.cpu_s()];
        let voted = fleet.all(|_, _| Order::Rush(poll.clone()))?;
        ensure!(voted.failed == 0, "{} casts failed", voted.failed);
        eprintln!("{} voted in {:.1} s", voted.done, voted.seconds());
        let voted_s = [house.cpu_s(), fleet.cpu_s()];
        let peak_kib = house.peak_memory_kib();
        let closing_us = now_us();
        let closed = house.desk().act(case, "close").await;
        ensure!(closed.status < 300, "the case is not closed: {}", closed.text);
        check::decided(addresses[0], case)?;
        let recorded_s = seconds(closing_us, now_us());
        eprintln!("recorded in {recorded_s:.1} s; each ballot is held against it now");
        check::verdict(addresses[0], case, self.jurors as u64)?;

        let jurors = self.jurors as f64;
        // Of few jurors less than nothing, where what the start took is given back meanwhile.
        let each = |kib: u64| (kib as f64 - empty_kib as f64) * 1024.0 / jurors;
        let mut outcome = Outcome::new("rush", "live-jury");
        outcome.add("jurors", jurors, "");
        outcome.add("nodes", nodes as f64, "");
        outcome.add("masters of Redis", house.masters() as f64, "");
        outcome.add("all joined", arrived.seconds(), "s");
        outcome.add("joins", arrived.per_s(), "/s");
        outcome.add("joins tried again", arrived.again as f64, "");
        outcome.add("first cast to last acknowledgement", voted.seconds(), "s");
        outcome.add("ballots acknowledged", voted.per_s(), "/s");
        outcome.add("casts sent again", voted.again as f64, "");
        outcome.add_some("acknowledgement, median", voted.latency.ms_at(0.5), "ms");
        outcome.add_some("acknowledgement, 99 %", voted.latency.ms_at(0.99), "ms");
        outcome.add("tallies delivered meanwhile", voted.deliveries as f64, "");
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
}
