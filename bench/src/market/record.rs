//! A shop's record, as the platform keeps it: counters, completed orders, stars. It knows no bad share.

use live_jury_trust::DAY_MS;
use live_jury_trust::counter::{Count, Counter, FAST_HALF_LIFE_DAYS, LANDMARK_MS};
use live_jury_trust::index::{Observations, Priors};
use live_jury_trust::signal::SignalId;
use live_jury_trust::turn::{Recent, TURN_SIGNALS, Turn};

use super::chance::{Chance, Hits};
use super::shop::Misses;
use super::trials::{Source, Trial};

/// The completed orders from which a shop's age counts.
const COMPLETED_MIN: u64 = 50;
/// The days after which a shop without suspension has all points of x04, and of x12.
const DAYS_WITHOUT_SUSPENSION: (f64, f64) = (365.0, 3.0 * 365.0);
/// The stars of a bad review, and of every other.
const STARS: (f64, f64) = (1.5, 5.0);

/// The moment of a day at which its facts stand, and the one at which exposures are computed after it.
pub(super) fn noon_ms(day: u32) -> u64 {
    LANDMARK_MS + u64::from(day) * DAY_MS + DAY_MS / 2
}

/// The end of a day.
pub(super) fn night_ms(day: u32) -> u64 {
    LANDMARK_MS + (u64::from(day) + 1) * DAY_MS
}

/// The sources of trials, ready to draw from.
pub(super) struct Sources([(Hits, f64); Source::ALL.len()]);

impl Default for Sources {
    fn default() -> Self {
        Self(Source::ALL.map(|source| (Hits::with(source.rate().0), source.rate().1)))
    }
}

impl Sources {
    /// The trials of each source on a day with this many orders.
    fn draw(&self, orders: u32, chance: &mut Chance) -> [f64; Source::ALL.len()] {
        let mut trials = [0.0; Source::ALL.len()];
        for (source, ((of_orders, a_day), trials)) in Source::ALL.into_iter().zip(self.0.iter().zip(&mut trials)) {
            *trials = match source {
                // Time passes evenly; it is no number of things.
                Source::ViewerHours => *a_day,
                Source::Order => f64::from(orders),
                _ => f64::from(chance.hits(orders, *of_orders) + chance.poisson(*a_day)),
            };
        }
        trials
    }
}

/// A shop's record.
#[derive(Clone, Debug)]
pub(super) struct Record {
    slow: [Counter; SignalId::COUNT],
    fast: [Counter; TURN_SIGNALS.len()],
    /// The completed orders.
    pub completed: u64,
    /// The orders placed today.
    pub placed_today: u64,
    /// The reviews, and the bad ones among them.
    reviews: (f64, f64),
}

impl Default for Record {
    fn default() -> Self {
        Self {
            slow: [Counter::default(); SignalId::COUNT],
            fast: [Counter::default(); TURN_SIGNALS.len()],
            completed: 0,
            placed_today: 0,
            reviews: (0.0, 0.0),
        }
    }
}

impl Record {
    /// Adds counts of a signal, to its second counter, too, if it has one.
    pub fn add(&mut self, id: SignalId, count: Count, at_ms: u64) {
        self.slow[id.place()].add(Counter::of(count, at_ms, id.signal().half_life_days));
        if let Some(place) = TURN_SIGNALS.iter().position(|turn| *turn == id) {
            self.fast[place].add(Counter::of(count, at_ms, FAST_HALF_LIFE_DAYS));
        }
    }

    /// Adds a day's facts. An order is completed on its day.
    pub fn add_day(&mut self, of: (&[Trial], &[Misses]), sources: &Sources, day: u32, chance: &mut Chance) {
        let orders = self.placed_today as u32;
        let drawn = sources.draw(orders, chance);
        self.completed += self.placed_today;
        for (trial, misses) in of.0.iter().zip(of.1) {
            let n = drawn[trial.source as usize] * trial.units;
            if n == 0.0 {
                continue;
            }
            let missed = f64::from(misses.draw(n, chance));
            self.add(trial.id, Count::new(n, trial.hits(n, missed)), noon_ms(day));
            if trial.id == SignalId::E01 {
                // A bad review is a review.
                self.reviews.0 += drawn[Source::Review as usize].max(missed);
                self.reviews.1 += missed;
            }
        }
    }

    /// The knowledge at a time of a shop that joined on a day.
    pub fn observed(&self, trials: &[Trial], joined: u32, now_ms: u64) -> Observations {
        let mut known = Observations::default();
        for trial in trials {
            let sum = self.slow[trial.id.place()];
            known.set_count(trial.id, sum.read(now_ms, trial.id.signal().half_life_days));
        }
        if self.completed >= COMPLETED_MIN {
            let days = now_ms.saturating_sub(noon_ms(joined)) as f64 / DAY_MS as f64;
            known.set_state(SignalId::X04, (days / DAYS_WITHOUT_SUSPENSION.0).min(1.0));
            known.set_state(SignalId::X12, (days / DAYS_WITHOUT_SUSPENSION.1).min(1.0));
        }
        known
    }

    /// The turn that the counters show.
    pub fn turn(&self, known: &Observations, priors: &Priors, now_ms: u64) -> Turn {
        let fast = |id: SignalId| {
            let place = TURN_SIGNALS.iter().position(|turn| *turn == id);
            place.map_or_else(Count::default, |place| self.fast[place].read(now_ms, FAST_HALF_LIFE_DAYS))
        };
        Turn::of(|id| Recent { prior: priors.of(id), slow: known.count(id), fast: fast(id) })
    }

    /// The mean of its stars, if somebody gave any.
    pub fn stars(&self) -> Option<f64> {
        let (all, bad) = self.reviews;
        (all > 0.0).then(|| stars_of(bad / all))
    }
}

/// The mean of the stars of a shop with this share of bad reviews.
pub(super) fn stars_of(bad: f64) -> f64 {
    STARS.1 - (STARS.1 - STARS.0) * bad
}
