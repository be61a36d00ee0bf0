//! What the conductor tells its workers to do, and what they found: a line of JSON each; neither side shares anything else.

use std::net::SocketAddr;

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};
use live_jury_protocol::CaseId;
use serde::{Deserialize, Serialize};

use crate::deliveries::Rounds;

/// Longest latency that is told apart, in microseconds: a minute.
const LATENCY_US_MAX: u64 = 60_000_000;
/// Decimal digits of a latency that are kept.
const LATENCY_DIGITS: u8 = 3;

/// Something for all jurors of a worker to do. A worker answers each with its [`Figures`], when it is done.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Connect and join, all as fast as they are let in.
    Arrive {
        /// The node.
        at: SocketAddr,
    },
    /// Each casts one ballot, now, and waits for its answer; who is told to come back does so.
    Rush(Poll),
    /// Each casts a ballot, and the next one when it is answered, for a time.
    Loop {
        /// On what.
        poll: Poll,
        /// For how long.
        for_s: f64,
    },
    /// Jurors cast one after the other, at this rate whatever the answers do, each at most once in a round of all.
    Steady {
        /// On what.
        poll: Poll,
        /// Casts a second.
        per_s: f64,
        /// For how long.
        for_s: f64,
    },
    /// As many jurors as this come, cast and leave, some at a time.
    Churn {
        /// The node.
        at: SocketAddr,
        /// On what.
        poll: Poll,
        /// Visits.
        visits: usize,
    },
    /// Somebody posts tallies of a case over HTTP, for a time, and all listen. Its ballots are counted from 1 on: tally n shows n.
    Publish {
        /// The node.
        at: SocketAddr,
        /// The case's id.
        case: CaseId,
        /// Tallies a second.
        per_s: f64,
        /// For how long.
        for_s: f64,
    },
    /// Listen, for a time.
    Listen {
        /// For how long.
        for_s: f64,
    },
    /// Wait until all have been cut off; each comes to this node as the widget does, and stays until it was shown as many
    /// ballots.
    Return {
        /// The node.
        to: SocketAddr,
        /// The ballots of the right tally.
        ballots: u64,
    },
    /// Close all sockets.
    Leave,
}

/// What is cast on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Poll {
    /// The case's id.
    pub case: String,
    /// The options' ids: juror n's k-th ballot is for option n + k, and so on from the first.
    pub options: Vec<String>,
}

/// What came of an order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Figures {
    /// Jurors for whom it is done, or casts that were answered.
    pub done: u64,
    /// Ballots that were in before.
    pub duplicates: u64,
    /// Casts and joins that were asked to come back later, and did.
    pub again: u64,
    /// Casts that were refused for good, and sockets that ended when they should not.
    pub failed: u64,
    /// When the first was begun, in Unix microseconds.
    pub first_us: u64,
    /// When the last was done.
    pub last_us: u64,
    /// Tallies that came.
    pub deliveries: u64,
    /// How they came.
    pub rounds: Rounds,
    /// From a cast to its answer, in microseconds.
    pub latency: Latency,
    /// How long the oldest ballot that a tally shows for the first time was not shown, in microseconds.
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
            deliveries: 0,
            rounds: Rounds::default(),
            latency: Latency::default(),
            staleness: Latency::default(),
        }
    }
}

impl Figures {
    /// What several workers found, together.
    pub fn sum(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Self::default(), |mut sum, one| {
            sum.done += one.done;
            sum.duplicates += one.duplicates;
            sum.again += one.again;
            sum.failed += one.failed;
            sum.first_us = sum.first_us.min(one.first_us);
            sum.last_us = sum.last_us.max(one.last_us);
            sum.deliveries += one.deliveries;
            sum.rounds.add(one.rounds);
            sum.latency.add(&one.latency);
            sum.staleness.add(&one.staleness);
            sum
        })
    }

    /// From the first beginning to the last end.
    pub fn seconds(&self) -> f64 {
        crate::clock::seconds(self.first_us, self.last_us)
    }

    /// What was done in a second.
    pub fn per_s(&self) -> f64 {
        self.done as f64 / self.seconds().max(f64::EPSILON)
    }
}

/// Durations in microseconds.
#[derive(Clone, Debug)]
pub struct Latency(Option<Histogram<u64>>);

impl Default for Latency {
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, LATENCY_US_MAX, LATENCY_DIGITS).ok())
    }
}

impl Latency {
    /// Takes note of one.
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

    /// The value below which this share of them lies, in milliseconds; none if there are none.
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
