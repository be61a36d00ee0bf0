//! Forward-decayed counters: the sums that a ledger keeps, so that adding commutes and nothing is ever recomputed.
//!
//! A fact of time t adds 2^((t − t₀)/h) (Cormode, Shkapenyuk, Srivastava and Xu, 2009). A reader divides by the same
//! for its own time. So a late fact has its own age, and a reversal subtracts what was added.

use serde::{Deserialize, Serialize};

use crate::DAY_MS;

/// The landmark t₀, 2026-01-01T00:00Z, in Unix milliseconds. With the shortest half-life, 7 days, the sums fit a float
/// until the year 2045.
pub const LANDMARK_MS: u64 = 1_767_225_600_000;
/// The half-life of the second counter of signals that may show a turn, in days.
pub const FAST_HALF_LIFE_DAYS: u16 = 7;

/// Trials and hits as they count at some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Count {
    /// The trials, or the exposure.
    pub n: f64,
    /// The hits, or the events.
    pub k: f64,
}

impl Count {
    /// `n` trials with `k` hits.
    #[must_use]
    pub const fn new(n: f64, k: f64) -> Self {
        Self { n, k }
    }

    /// The counts that take the same facts back.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { n: -self.n, k: -self.k }
    }
}

/// The factor of a fact of this time: 1 at the landmark, twice as much each half-life later.
#[must_use]
pub fn growth(at_ms: u64, half_life_days: u16) -> f64 {
    let since_ms = at_ms as f64 - LANDMARK_MS as f64;
    (since_ms / (DAY_MS as f64 * f64::from(half_life_days))).exp2()
}

/// The sums of a party's facts for one signal, scaled to the landmark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counter {
    /// The scaled trials.
    pub n: f64,
    /// The scaled hits.
    pub k: f64,
}

impl Counter {
    /// The sums that a fact of this time adds.
    #[must_use]
    pub fn of(count: Count, at_ms: u64, half_life_days: u16) -> Self {
        let factor = growth(at_ms, half_life_days);
        Self { n: count.n * factor, k: count.k * factor }
    }

    /// Adds another sum with the same half-life.
    pub fn add(&mut self, other: Self) {
        self.n += other.n;
        self.k += other.k;
    }

    /// The counts at a time. A remainder of floats below 0, after a reversal, is 0.
    #[must_use]
    pub fn read(self, now_ms: u64, half_life_days: u16) -> Count {
        let factor = growth(now_ms, half_life_days);
        Count { n: (self.n / factor).max(0.0), k: (self.k / factor).max(0.0) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW_MS: u64 = LANDMARK_MS + 300 * DAY_MS;

    fn sum(facts: &[(u64, bool)], half_life: u16) -> Count {
        let mut counter = Counter::default();
        for (age_ms, hit) in facts {
            let count = Count::new(1.0, f64::from(u8::from(*hit)));
            counter.add(Counter::of(count, NOW_MS - age_ms, half_life));
        }
        counter.read(NOW_MS, half_life)
    }

    #[test]
    fn a_fact_counts_half_after_its_half_life_and_all_of_it_at_once() {
        let counter = Counter::of(Count::new(8.0, 2.0), NOW_MS, 60);
        assert_eq!(counter.read(NOW_MS, 60), Count::new(8.0, 2.0));
        let later = counter.read(NOW_MS + 60 * DAY_MS, 60);
        assert!((later.n - 4.0).abs() < 1e-9 && (later.k - 1.0).abs() < 1e-9);
        assert_eq!(growth(LANDMARK_MS, 7), 1.0);
        assert!(growth(LANDMARK_MS - 400 * DAY_MS, 7) > 0.0, "a fact before the landmark counts");
        assert!(growth(LANDMARK_MS + 18 * 365 * DAY_MS, 7).is_finite());
    }

    proptest! {
        #[test]
        fn any_order_of_facts_gives_the_same_counts(
            facts in prop::collection::vec((0..400 * DAY_MS, any::<bool>()), 1..200),
            half_life in prop::sample::select(vec![7_u16, 30, 60, 180, 365]),
        ) {
            let mut sorted = facts.clone();
            sorted.sort_unstable();
            let (one, other) = (sum(&facts, half_life), sum(&sorted, half_life));
            prop_assert!((one.n - other.n).abs() < 1e-6 && (one.k - other.k).abs() < 1e-6);
        }

        #[test]
        fn a_fact_and_its_reversal_leave_nothing(
            facts in prop::collection::vec((0..400 * DAY_MS, any::<bool>()), 1..100),
            age_ms in 0..400 * DAY_MS,
            n in 0.0..100.0_f64,
            half_life in prop::sample::select(vec![7_u16, 30, 60, 180, 365]),
        ) {
            let mut counter = Counter::default();
            let taken_back = Count::new(n, n / 3.0);
            counter.add(Counter::of(taken_back, NOW_MS - age_ms, half_life));
            for (age_ms, hit) in &facts {
                let count = Count::new(1.0, f64::from(u8::from(*hit)));
                counter.add(Counter::of(count, NOW_MS - age_ms, half_life));
            }
            counter.add(Counter::of(taken_back.reversed(), NOW_MS - age_ms, half_life));
            let (left, without) = (counter.read(NOW_MS, half_life), sum(&facts, half_life));
            prop_assert!((left.n - without.n).abs() < 1e-6 && (left.k - without.k).abs() < 1e-6);
        }
    }
}
