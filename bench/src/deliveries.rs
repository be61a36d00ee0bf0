//! The delivery of tallies to a crowd: when each tally reached its viewers, and the rate of delivery; it knows nothing
//! of their contents.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::seconds;
use crate::stats::median;

/// One viewer in 100 is left out at either end of a tally's delivery. A voter may receive the tally early or late,
/// together with the answer to its cast.
const EDGE: u64 = 100;

/// The tallies that were received, by their number of ballots.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Deliveries(BTreeMap<u64, TallyDelivery>);

/// The delivery of one tally.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct TallyDelivery {
    /// When the first viewer after the edge received it, in Unix microseconds.
    first_us: u64,
    /// When the last viewer before the edge received it.
    last_us: u64,
    /// Viewers that received it.
    count: u64,
}

/// The rate of delivery.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeliveryStats {
    /// Deliveries a second, in the time in which at least one tally was in delivery.
    pub per_s: f64,
    /// The length of that time, in seconds.
    pub seconds: f64,
    /// From the first viewer of a tally to the last, without the edges, in seconds: the median of tallies that reached
    /// nearly all viewers.
    pub whole_s: Option<f64>,
}

impl Deliveries {
    /// Records that one of `viewers` received a tally with this number of ballots.
    pub fn record(&mut self, ballots: u64, now_us: u64, viewers: u64) {
        let new = TallyDelivery { first_us: now_us, last_us: now_us, count: 0 };
        let delivery = self.0.entry(ballots).or_insert(new);
        delivery.count += 1;
        if delivery.count <= first_edge(viewers) {
            delivery.first_us = now_us;
        }
        if delivery.count <= viewers - viewers / EDGE {
            delivery.last_us = now_us;
        }
    }

    /// Adds the deliveries to other viewers of the same crowd.
    pub fn add(&mut self, other: Self) {
        for (ballots, delivery) in other.0 {
            self.0.entry(ballots).and_modify(|known| known.add(delivery)).or_insert(delivery);
        }
    }

    /// The rate of delivery to `viewers`; none, if no tally reached more than the edge of them.
    ///
    /// The rate is all deliveries by the time in which there was something to deliver. So a target that waits for a
    /// tally's end before it sends the next one, and a target that does not wait, are measured alike.
    pub fn stats(&self, viewers: u64) -> Option<DeliveryStats> {
        let edge = first_edge(viewers);
        let mut beyond_edge: Vec<&TallyDelivery> = self.0.values().filter(|delivery| delivery.count > edge).collect();
        beyond_edge.sort_by_key(|delivery| delivery.first_us);
        let (mut until_us, mut taken_us, mut deliveries) = (0, 0, 0);
        for delivery in &beyond_edge {
            taken_us += delivery.last_us.saturating_sub(delivery.first_us.max(until_us));
            until_us = until_us.max(delivery.last_us);
            // The time starts with a delivery, which is not one of those within it.
            deliveries += delivery.count.min(viewers - viewers / EDGE) - edge;
        }
        let whole = beyond_edge.iter().filter(|delivery| delivery.count >= viewers - viewers / EDGE);
        let whole_s: Vec<f64> = whole.map(|delivery| seconds(delivery.first_us, delivery.last_us)).collect();
        let took_s = seconds(0, taken_us);
        (taken_us > 0).then(|| DeliveryStats {
            per_s: deliveries as f64 / took_s,
            seconds: took_s,
            whole_s: median(&whole_s),
        })
    }
}

/// The number of viewers that have a tally when its time starts.
const fn first_edge(viewers: u64) -> u64 {
    viewers / EDGE + 1
}

impl TallyDelivery {
    fn add(&mut self, other: Self) {
        self.first_us = self.first_us.min(other.first_us);
        self.last_us = self.last_us.max(other.last_us);
        self.count += other.count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Delivers a tally to `count` viewers from `from_us` on, one each `step_us`.
    fn deliver(deliveries: &mut Deliveries, ballots: u64, count: u64, from_us: u64, step_us: u64) {
        (0..count).for_each(|nth| deliveries.record(ballots, from_us + nth * step_us, 1_000));
    }

    fn stats(deliveries: &Deliveries) -> DeliveryStats {
        deliveries.stats(1_000).unwrap()
    }

    #[test]
    fn a_pause_between_tallies_does_not_change_the_rate() {
        let (mut pausing, mut busy) = (Deliveries::default(), Deliveries::default());
        for tally in 0..5 {
            deliver(&mut pausing, tally, 1_000, tally * 1_000_000, 10);
            deliver(&mut busy, tally, 1_000, tally * 10_000, 10);
        }
        assert_eq!(stats(&pausing).per_s.round(), 100_000.0);
        assert!((stats(&busy).per_s / stats(&pausing).per_s - 1.0).abs() < 0.03, "{busy:?}");
        assert_eq!(stats(&pausing).whole_s, Some(0.009_79));
    }

    #[test]
    fn the_time_of_two_tallies_at_once_counts_once() {
        let mut deliveries = Deliveries::default();
        // The steps are twice as long, since both tallies are sent in turns.
        deliver(&mut deliveries, 1, 1_000, 0, 20);
        deliver(&mut deliveries, 2, 1_000, 10, 20);
        let per_s = stats(&deliveries).per_s;
        assert!((99_000.0..101_000.0).contains(&per_s), "{per_s}");
    }

    #[test]
    fn a_replaced_tally_counts_with_the_viewers_that_received_it() {
        let mut deliveries = Deliveries::default();
        deliver(&mut deliveries, 1, 500, 0, 10);
        deliver(&mut deliveries, 2, 1_000, 5_000, 10);
        let per_s = stats(&deliveries).per_s;
        assert!((97_000.0..103_000.0).contains(&per_s), "{per_s}");
    }

    #[test]
    fn an_early_and_a_late_viewer_do_not_change_the_rate() {
        let mut deliveries = Deliveries::default();
        deliveries.record(7, 0, 1_000);
        deliver(&mut deliveries, 7, 998, 1_000_000, 10);
        deliveries.record(7, 9_000_000, 1_000);
        assert_eq!(stats(&deliveries).per_s.round(), 100_000.0);
    }

    #[test]
    fn too_few_deliveries_have_no_rate() {
        assert_eq!(Deliveries::default().stats(1_000), None);
        let mut deliveries = Deliveries::default();
        deliveries.record(1, 5, 1_000);
        assert_eq!(deliveries.stats(1_000), None);
    }
}
