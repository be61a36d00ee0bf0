//! A turn: a shop whose last days are much worse than all before. A moderator is told, and it lifts by itself.

use crate::counter::Count;
use crate::index::{Prior, shrunk};
use crate::signal::SignalId;
use crate::wilson_low;

/// The signals that have a second counter with a half-life of 7 days.
pub const TURN_SIGNALS: [SignalId; 8] = [
    SignalId::Q01,
    SignalId::Q02,
    SignalId::Q03,
    SignalId::S01,
    SignalId::S03,
    SignalId::S06,
    SignalId::E01,
    SignalId::P04,
];

/// The spreads of Wilson's bound: one in a hundred by chance.
const WILSON_Z: f64 = 2.326;
/// The factor over the shop's own earlier misses.
const OVER_BEFORE: f64 = 3.0;
/// The factor over the misses of a typical shop, so that a very good shop may become an ordinary one.
const OVER_TYPICAL: f64 = 2.0;
/// The fewest recent misses: one or two are no trend.
const MISSES_MIN: f64 = 3.0;

/// Whether a signal shows a turn, by its slow counter and its fast one at the same time.
#[must_use]
pub fn is_turn(id: SignalId, prior: Prior, slow: Count, fast: Count) -> bool {
    let signal = id.signal();
    // The shop without its last days. A fact weighs no less in the slow counter than in the fast one.
    let before = Count::new((slow.n - fast.n).max(0.0), (slow.k - fast.k).max(0.0));
    let misses_before = signal.misses(shrunk(signal, prior.typical, before));
    let misses = signal.misses(if fast.n > 0.0 { fast.k / fast.n } else { prior.typical }) * fast.n;
    let low = wilson_low(misses, fast.n, WILSON_Z);
    misses >= MISSES_MIN && low > OVER_BEFORE * misses_before && low > OVER_TYPICAL * signal.misses(prior.typical)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DAY_MS;
    use crate::counter::{Counter, FAST_HALF_LIFE_DAYS, LANDMARK_MS};
    use crate::signal::Effect;

    fn typical(id: SignalId) -> Prior {
        Prior::of_table(id.signal())
    }

    /// The days until a turn shows, of a shop with 30 orders a day and 3 % misses for 120 days, and `share` after.
    fn days_until(id: SignalId, share: f64) -> Option<u64> {
        let signal = id.signal();
        let (mut slow, mut fast) = (Counter::default(), Counter::default());
        for day in 0..160 {
            let misses = 30.0 * if day < 120 { 0.03 } else { share };
            let k = if signal.effect == Effect::Bad { misses } else { 30.0 - misses };
            let at_ms = LANDMARK_MS + day * DAY_MS;
            let count = Count::new(30.0, k);
            slow.add(Counter::of(count, at_ms, signal.half_life_days));
            fast.add(Counter::of(count, at_ms, FAST_HALF_LIFE_DAYS));
            let read = (slow.read(at_ms, signal.half_life_days), fast.read(at_ms, FAST_HALF_LIFE_DAYS));
            if is_turn(id, typical(id), read.0, read.1) {
                return Some(day - 120 + 1);
            }
        }
        None
    }

    #[test]
    fn a_shop_that_turns_bad_is_seen_within_days_and_a_steady_one_never() {
        assert_eq!(days_until(SignalId::Q01, 0.03), None);
        assert_eq!(days_until(SignalId::Q01, 0.05), None, "less than three times as bad");
        for id in [SignalId::Q01, SignalId::S01] {
            let days = days_until(id, 0.30).unwrap();
            assert!((2..=8).contains(&days), "{id}: {days}");
        }
    }

    #[test]
    fn few_recent_misses_are_no_turn() {
        let slow = Count::new(2.9, 2.9);
        assert!(!is_turn(SignalId::Q01, typical(SignalId::Q01), slow, slow));
        assert!(is_turn(SignalId::Q01, typical(SignalId::Q01), Count::new(3.0, 3.0), Count::new(3.0, 3.0)));
        assert!(!is_turn(SignalId::S01, typical(SignalId::S01), Count::default(), Count::default()));
    }

    #[test]
    fn a_turn_signal_is_a_rate() {
        for id in TURN_SIGNALS {
            assert_eq!(id.signal().form, crate::signal::Form::Rate, "{id}");
        }
    }
}
