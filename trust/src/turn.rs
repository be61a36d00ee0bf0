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
/// Those of them that count bad orders themselves. Together they show a turn that none of them shows yet.
pub const POOLED_SIGNALS: [SignalId; 6] =
    [SignalId::Q01, SignalId::Q02, SignalId::Q03, SignalId::S06, SignalId::E01, SignalId::P04];

/// The spreads of Wilson's bound: one in a hundred by chance.
const WILSON_Z: f64 = 2.326;
/// The factor over the shop's own earlier misses.
const OVER_BEFORE: f64 = 3.0;
/// The factor over the misses of a typical shop, so that a very good shop may become an ordinary one.
const OVER_TYPICAL: f64 = 2.0;
/// The fewest recent misses: one or two are no trend.
const MISSES_MIN: f64 = 3.0;
/// The factor by which pooled misses have grown in a turn, of the two explanations that are weighed.
const POOLED_GROWTH: f64 = 4.0;
/// How many times likelier the pooled misses must be after such a growth than without one. A smaller number flags more
/// good shops by chance, and a larger one finds turns later.
const POOLED_ODDS: f64 = 20.0;
/// The days for which a turn is held after the last one on which the signals showed it: the half-life of its counters.
/// Good orders of one day thin out the misses, and do not undo them.
pub const HOLD_DAYS: u64 = 7;

/// A signal's counts behind a turn.
#[derive(Clone, Copy, Debug)]
pub struct Recent {
    /// The typical value.
    pub prior: Prior,
    /// The counter with the signal's own half-life.
    pub slow: Count,
    /// The counter with a half-life of 7 days.
    pub fast: Count,
}

impl Recent {
    /// The recent misses.
    fn misses(&self, id: SignalId) -> f64 {
        let signal = id.signal();
        signal.misses(if self.fast.n > 0.0 { self.fast.k / self.fast.n } else { self.prior.typical }) * self.fast.n
    }

    /// The share of misses of the shop without its last days. A fact weighs no less in the slow counter than in the
    /// fast one.
    fn misses_before(&self, id: SignalId) -> f64 {
        let signal = id.signal();
        let before = Count::new((self.slow.n - self.fast.n).max(0.0), (self.slow.k - self.fast.k).max(0.0));
        signal.misses(shrunk(signal, self.prior.typical, before))
    }
}

/// The turn of a shop, as its counters show it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn {
    /// The signals that show it: each by itself, or those of the pool that are worse than before. None without a turn.
    pub signals: Vec<SignalId>,
    /// Whether there are enough recent misses to hold an earlier turn.
    has_misses: bool,
}

impl Turn {
    /// The turn that counters of the same time show.
    #[must_use]
    pub fn of(recent: impl Fn(SignalId) -> Recent) -> Self {
        let all = TURN_SIGNALS.map(|id| (id, recent(id)));
        let pooled = all.iter().filter(|(id, _)| POOLED_SIGNALS.contains(id));
        let misses: f64 = pooled.clone().map(|(id, one)| one.misses(*id)).sum();
        let before: f64 = pooled.clone().map(|(id, one)| one.fast.n * one.misses_before(*id)).sum();
        let typical: f64 = pooled.map(|(id, one)| one.fast.n * id.signal().misses(one.prior.typical)).sum();
        // Poisson: the logarithm of how much likelier the misses are at four times the earlier rate.
        let odds = misses * POOLED_GROWTH.ln() - (POOLED_GROWTH - 1.0) * before;
        let is_pooled = misses >= MISSES_MIN && odds >= POOLED_ODDS.ln() && misses > OVER_TYPICAL * typical;
        let shows = |(id, one): &(SignalId, Recent)| {
            let is_worse = || one.misses(*id) > one.fast.n * one.misses_before(*id);
            is_turn(*id, one) || (is_pooled && POOLED_SIGNALS.contains(id) && is_worse())
        };
        let signals = all.iter().filter(|one| shows(one)).map(|(id, _)| *id).collect();
        let has_misses = misses >= MISSES_MIN || all.iter().any(|(id, one)| one.misses(*id) >= MISSES_MIN);
        Self { signals, has_misses }
    }

    /// Whether the signals show a turn.
    #[must_use]
    pub const fn shows(&self) -> bool {
        !self.signals.is_empty()
    }

    /// Whether a turn limits the exposure: it shows, or it did within [`HOLD_DAYS`] days and its misses still count.
    /// `shown_days_ago` are the days since the last one on which it showed; 0 for the same day.
    #[must_use]
    pub fn limits(&self, shown_days_ago: Option<u64>) -> bool {
        self.shows() || (self.has_misses && shown_days_ago.is_some_and(|days| days < HOLD_DAYS))
    }
}

/// Whether a signal shows a turn by itself.
fn is_turn(id: SignalId, recent: &Recent) -> bool {
    let misses = recent.misses(id);
    let low = wilson_low(misses, recent.fast.n, WILSON_Z);
    misses >= MISSES_MIN
        && low > OVER_BEFORE * recent.misses_before(id)
        && low > OVER_TYPICAL * id.signal().misses(recent.prior.typical)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DAY_MS;
    use crate::counter::{Counter, FAST_HALF_LIFE_DAYS, LANDMARK_MS};
    use crate::signal::Effect;

    fn of(id: SignalId, slow: Count, fast: Count) -> Recent {
        Recent { prior: Prior::of_table(id.signal()), slow, fast }
    }

    /// A shop of which nothing is known but these signals.
    fn turn(known: &[(SignalId, Count, Count)]) -> Turn {
        let nothing = Count::default();
        let find = |id| known.iter().find(|(other, ..)| *other == id).map_or((nothing, nothing), |one| (one.1, one.2));
        Turn::of(|id| of(id, find(id).0, find(id).1))
    }

    /// The days until a turn shows, of a shop with `orders` a day that misses `before` of them for 120 days, and
    /// `share` after. The misses are those of these signals.
    fn days_until(ids: &[SignalId], orders: f64, before: f64, share: f64) -> Option<u64> {
        let mut sums = vec![(Counter::default(), Counter::default()); ids.len()];
        for day in 0..160 {
            let at_ms = LANDMARK_MS + day * DAY_MS;
            let misses = orders * if day < 120 { before } else { share };
            let read = ids.iter().zip(&mut sums).map(|(id, (slow, fast))| {
                let signal = id.signal();
                let k = if signal.effect == Effect::Bad { misses } else { orders - misses };
                slow.add(Counter::of(Count::new(orders, k), at_ms, signal.half_life_days));
                fast.add(Counter::of(Count::new(orders, k), at_ms, FAST_HALF_LIFE_DAYS));
                (*id, slow.read(at_ms, signal.half_life_days), fast.read(at_ms, FAST_HALF_LIFE_DAYS))
            });
            if turn(&read.collect::<Vec<_>>()).shows() {
                return Some(day - 120 + 1);
            }
        }
        None
    }

    #[test]
    fn a_shop_that_turns_bad_is_seen_within_days_and_a_steady_one_never() {
        assert_eq!(days_until(&[SignalId::Q01], 30.0, 0.03, 0.03), None);
        assert_eq!(days_until(&[SignalId::Q01], 30.0, 0.03, 0.05), None, "less than three times as bad");
        for id in [SignalId::Q01, SignalId::S01] {
            let days = days_until(&[id], 30.0, 0.03, 0.30).unwrap();
            assert!((2..=8).contains(&days), "{id}: {days}");
        }
    }

    #[test]
    fn signals_show_together_what_none_shows_by_itself() {
        let goods = [SignalId::Q01, SignalId::Q02, SignalId::Q03];
        // A typical shop of two orders a day, of which 3 in 100 were bad, and now 3 in 10.
        let days = days_until(&goods, 2.0, 0.01, 0.10).unwrap();
        assert_eq!(days, 10);
        assert!(days_until(&goods[..1], 2.0, 0.01, 0.10).is_none_or(|alone| alone > days));
        assert_eq!(days_until(&goods, 2.0, 0.01, 0.01), None);
        assert_eq!(days_until(&goods, 30.0, 0.01, 0.02), None, "twice as bad is no turn");
    }

    #[test]
    fn pooled_misses_show_from_twenty_to_one_on() {
        // The bar: 4.5 misses where 1 was usual have the odds 4^4.5 · e^−3 = 25.5; 4.3 have 19.3.
        let shown = |misses: f64| {
            let fast = Count::new(40.0, misses / 2.0);
            // With κ = 200 the earlier shares are (8 + 4)/1,200 in q01 and (15 + 3)/1,200 in q02, of 40 trials each.
            let slow = |before: f64| Count::new(1_000.0 + fast.n, before + fast.k);
            turn(&[(SignalId::Q01, slow(8.0), fast), (SignalId::Q02, slow(15.0), fast)]).signals
        };
        assert_eq!(shown(4.5), [SignalId::Q01, SignalId::Q02]);
        assert_eq!(shown(4.3), []);
    }

    #[test]
    fn few_recent_misses_are_no_turn() {
        let counts = |count| turn(&[(SignalId::Q01, count, count)]);
        assert!(!counts(Count::new(2.9, 2.9)).shows());
        assert!(counts(Count::new(3.0, 3.0)).shows());
        assert!(!turn(&[]).shows());
    }

    #[test]
    fn a_good_shop_may_become_an_ordinary_one() {
        // 3 misses in 10,000 orders, and then those of a typical shop: 8 of 400.
        let slow = Count::new(10_400.0, 11.0);
        assert!(!turn(&[(SignalId::Q01, slow, Count::new(400.0, 8.0))]).shows());
        assert!(turn(&[(SignalId::Q01, slow, Count::new(400.0, 17.0))]).shows(), "twice those of a typical shop");
    }

    #[test]
    fn a_turn_is_held_for_a_week_while_its_misses_count() {
        let (slow, fast) = (Count::new(500.0, 20.0), Count::new(300.0, 12.0));
        let thinned = turn(&[(SignalId::Q01, slow, fast)]);
        assert!(!thinned.shows() && !thinned.limits(None));
        assert!(thinned.limits(Some(0)) && thinned.limits(Some(HOLD_DAYS - 1)) && !thinned.limits(Some(HOLD_DAYS)));
        let corrected = turn(&[(SignalId::Q01, Count::new(500.0, 10.9), Count::new(300.0, 2.9))]);
        assert!(!corrected.limits(Some(0)), "misses that were none hold nothing");
        let showing = turn(&[(SignalId::Q01, Count::new(500.0, 60.0), Count::new(100.0, 40.0))]);
        assert!(showing.limits(None));
    }

    #[test]
    fn one_more_miss_ends_no_turn() {
        for misses in [5.0, 6.0, 12.0] {
            for more in [1.0, 4.0] {
                let (slow, fast) = (Count::new(600.0, 8.0 + misses), Count::new(40.0, misses));
                let before = turn(&[(SignalId::E01, slow, fast)]);
                let worse = |count: Count| Count::new(count.n + more, count.k + more);
                let after = turn(&[(SignalId::E01, worse(slow), worse(fast))]);
                assert!(after.shows() || !before.shows(), "{misses} and {more} more");
            }
        }
    }

    #[test]
    fn a_turn_signal_is_a_rate_and_a_pooled_one_counts_misses() {
        for id in TURN_SIGNALS {
            assert_eq!(id.signal().form, crate::signal::Form::Rate, "{id}");
        }
        for id in POOLED_SIGNALS {
            assert!(TURN_SIGNALS.contains(&id) && id.signal().effect == Effect::Bad, "{id}");
        }
    }
}
