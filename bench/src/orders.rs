//! What the conductor tells its workers to do, and what they found: a line of JSON each; neither side shares anything else.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};
use serde::{Deserialize, Serialize};

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
    /// Tallies, by the ballots that they show.
    pub rounds: BTreeMap<u64, Round>,
    /// From a cast to its answer, in microseconds.
    pub latency: Latency,
    /// How long the oldest ballot that a tally shows for the first time was not shown, in microseconds.
    pub staleness: Latency,
}

/// One tally on its way to all.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Round {
    /// When the first had it, in Unix microseconds.
    pub first_us: u64,
    /// When the last had it.
    pub last_us: u64,
    /// How many had it.
    pub count: u64,
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
            rounds: BTreeMap::new(),
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
            for (shown, round) in one.rounds {
                sum.rounds.entry(shown).and_modify(|known| known.add(round)).or_insert(round);
            }
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

    /// Tallies a second while one is on its way to `viewers`: the median over those that reached all but a few, who took a
    /// newer one with the answer to their cast.
    pub fn fan_out_per_s(&self, viewers: u64) -> Option<f64> {
        let nearly_all = viewers - viewers / 100;
        let whole = self.rounds.values().filter(|round| round.count >= nearly_all && round.last_us > round.first_us);
        let mut rates: Vec<f64> =
            whole.map(|round| round.count as f64 / crate::clock::seconds(round.first_us, round.last_us)).collect();
        rates.sort_by(f64::total_cmp);
        rates.get(rates.len() / 2).copied()
    }
}

impl Round {
    fn add(&mut self, other: Self) {
        self.first_us = self.first_us.min(other.first_us);
        self.last_us = self.last_us.max(other.last_us);
        self.count += other.count;
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
