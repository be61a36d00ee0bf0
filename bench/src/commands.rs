//! Commands of the conductor to its workers, and their results: a line of JSON each; neither side shares anything else.

use std::net::SocketAddr;

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};
use live_jury_protocol::CaseId;
use serde::{Deserialize, Serialize};

use crate::deliveries::Deliveries;

/// Longest recorded latency, in microseconds: a minute. A longer one counts as a minute; no acknowledgement takes as
/// long.
const LATENCY_US_MAX: u64 = 60_000_000;
/// Decimal digits of a recorded latency: an error of 0.1 %, far below the spread of two runs.
const LATENCY_DIGITS: u8 = 3;

/// A command for all jurors of a worker. The worker answers each with its [`Figures`] once it is done.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// The jurors of a wave connect and join, as fast as the nodes accept them.
    Arrive {
        /// The nodes; the jurors connect to them in turns.
        nodes: Vec<SocketAddr>,
        /// The wave.
        wave: Wave,
    },
    /// Each casts one ballot at once and waits for its answer. A juror whose cast is refused for now casts again.
    Rush(Poll),
    /// Each casts a ballot, and the next one when it is answered, for a time.
    Loop {
        /// The case.
        poll: Poll,
        /// The time, in seconds.
        for_s: f64,
    },
    /// Jurors cast one after the other at a fixed rate, however long answers take. No juror casts twice before all
    /// others have cast.
    Steady {
        /// The case.
        poll: Poll,
        /// Casts a second.
        per_s: f64,
        /// The time, in seconds.
        for_s: f64,
    },
    /// Jurors ask for receipts one after the other at a fixed rate, however long answers take.
    Ask {
        /// The case's id.
        case: String,
        /// Requests a second.
        per_s: f64,
        /// The time, in seconds.
        for_s: f64,
    },
    /// A number of jurors visit: each connects, joins, casts and leaves, some at a time.
    Churn {
        /// The node.
        at: SocketAddr,
        /// The case.
        poll: Poll,
        /// Visits.
        visits: usize,
    },
    /// The worker posts tallies of a case over HTTP for a time, and all jurors receive them. The n-th tally has n
    /// ballots.
    Publish {
        /// The node.
        at: SocketAddr,
        /// The case's id.
        case: CaseId,
        /// Tallies a second.
        per_s: f64,
        /// The time, in seconds.
        for_s: f64,
    },
    /// All receive, and send nothing, for a time.
    Listen {
        /// The time, in seconds.
        for_s: f64,
    },
    /// All wait until they are disconnected, reconnect to another node as the widget does, and stay until they have
    /// received a tally with this number of ballots.
    Return {
        /// The node.
        to: SocketAddr,
        /// The ballots of the right tally.
        ballots: u64,
    },
    /// All close their sockets.
    Leave,
}

impl Command {
    /// All connect to one node and join.
    pub fn arrive(at: SocketAddr) -> Self {
        Self::Arrive { nodes: vec![at], wave: Wave::ALL }
    }
}

/// One of several equal parts of all jurors, which arrive one after the other.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Wave {
    /// The number of the part, from 0 on.
    pub index: usize,
    /// The number of parts.
    pub of: usize,
}

impl Wave {
    /// All jurors.
    pub const ALL: Self = Self { index: 0, of: 1 };

    /// Whether a juror belongs to the wave.
    pub const fn has(self, number: usize) -> bool {
        number % self.of == self.index
    }

    /// The place of a juror among the nodes. Each wave has jurors on every node.
    pub const fn node_of(self, number: usize, nodes: usize) -> usize {
        number / self.of % nodes
    }
}

/// A case to cast on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Poll {
    /// The case's id.
    pub case: String,
    /// The options' ids. Juror n's k-th ballot is for option n + k modulo their number.
    pub options: Vec<String>,
}

/// The result of a command.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Figures {
    /// Jurors that are done, or casts or requests that were answered.
    pub done: u64,
    /// Ballots that were recorded before.
    pub duplicates: u64,
    /// Casts and joins that were refused for now and tried again.
    pub again: u64,
    /// Casts that were refused for good, and sockets that ended unexpectedly.
    pub failed: u64,
    /// The start of the first, in Unix microseconds.
    pub first_us: u64,
    /// The end of the last.
    pub last_us: u64,
    /// Tallies that were received.
    pub tallies: u64,
    /// Pings and pongs that were received.
    pub keep_alives: u64,
    /// The delivery of each tally.
    pub deliveries: Deliveries,
    /// From a cast to its answer, in microseconds.
    pub latency: Latency,
    /// From an acknowledgement to the first tally that includes the ballot, for the oldest ballot of each tally, in
    /// microseconds.
    pub staleness: Latency,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            done: 0,
            duplicates: 0,
            again: 0,
            failed: 0,
            first_us: u64::MAX,
            last_us: 0,
            tallies: 0,
            keep_alives: 0,
            deliveries: Deliveries::default(),
            latency: Latency::default(),
            staleness: Latency::default(),
        }
    }
}

impl Figures {
    /// The results of several workers, together.
    pub fn sum(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Self::default(), |mut sum, one| {
            sum.done += one.done;
            sum.duplicates += one.duplicates;
            sum.again += one.again;
            sum.failed += one.failed;
            sum.first_us = sum.first_us.min(one.first_us);
            sum.last_us = sum.last_us.max(one.last_us);
            sum.tallies += one.tallies;
            sum.keep_alives += one.keep_alives;
            sum.deliveries.add(one.deliveries);
            sum.latency.add(&one.latency);
            sum.staleness.add(&one.staleness);
            sum
        })
    }

    /// From the first start to the last end.
    pub fn seconds(&self) -> f64 {
        crate::clock::seconds(self.first_us, self.last_us)
    }

    /// Jurors or casts a second.
    pub fn per_s(&self) -> f64 {
        self.done as f64 / self.seconds().max(f64::EPSILON)
    }
}

/// Durations in microseconds, as a histogram.
#[derive(Clone, Debug)]
pub struct Latency(Option<Histogram<u64>>);

impl Default for Latency {
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, LATENCY_US_MAX, LATENCY_DIGITS).ok())
    }
}

impl Latency {
    /// Records a duration.
    pub fn record(&mut self, us: u64) {
        if let Some(histogram) = &mut self.0 {
            histogram.saturating_record(us.max(1));
        }
    }

    fn add(&mut self, other: &Self) {
        if let (Some(histogram), Some(other)) = (&mut self.0, &other.0) {
            // Both have the same bounds.
            let _ = histogram.add(other);
        }
    }

    /// The quantile of a share, in milliseconds; none without durations.
    pub fn ms_at(&self, share: f64) -> Option<f64> {
        let histogram = self.0.as_ref().filter(|histogram| !histogram.is_empty())?;
        Some(histogram.value_at_quantile(share) as f64 / 1e3)
    }

    /// The longest, in milliseconds.
    pub fn max_ms(&self) -> Option<f64> {
        self.ms_at(1.0)
    }
}

impl Serialize for Latency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::new();
        if let Some(histogram) = &self.0 {
            V2Serializer::new().serialize(histogram, &mut bytes).map_err(serde::ser::Error::custom)?;
        }
        serializer.serialize_str(&data_encoding::BASE64.encode(&bytes))
    }
}

impl<'de> Deserialize<'de> for Latency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = data_encoding::BASE64.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        let histogram = Deserializer::new().deserialize(&mut bytes.as_slice()).map_err(serde::de::Error::custom)?;
        Ok(Self(Some(histogram)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wave_has_jurors_on_every_node() {
        for index in 0..2 {
            let wave = Wave { index, of: 2 };
            let mut per_node = [0; 4];
            (0..80).filter(|number| wave.has(*number)).for_each(|number| per_node[wave.node_of(number, 4)] += 1);
            assert_eq!(per_node, [10; 4]);
        }
    }
}
