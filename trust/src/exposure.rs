//! The exposure: the factor with which a recommender shows a shop, in six steps. It ranks nothing itself.

use serde::Serialize;

use crate::index::Index;

/// The index from which a lower bound raises the exposure, and below which an upper bound lowers it.
const TYPICAL: f64 = crate::index::TYPICAL;
/// The most that the index alone adds or takes away.
const INDEX_EFFECT: f64 = 0.3;
/// The distance from the typical index at which the effect is full, in points.
const FULL_EFFECT_POINTS: f64 = 200.0;
/// The share that an active promise adds.
const PROMISE_EFFECT: f64 = 0.05;
/// The bounds of an exposure that no measure limits.
const RANGE: (f64, f64) = (0.7, 1.3);
/// The most by which an exposure falls in a day: a shop has time to answer.
const FALL_MAX: f64 = 0.05;
/// The most while a signal shows a turn.
const TURN_MAX: f64 = 0.85;
/// The completed orders below which a shop is an explorer: it may be shown in slots for new shops.
const EXPLORE_COMPLETED_MAX: u64 = 50;
/// The orders of a day from which an explorer waits until tomorrow.
const EXPLORE_PLACED_MAX: u64 = 2;

/// A limit of the exposure while a measure is in force, the strongest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// No better than typical.
    NoBoost,
    /// Shown less, and nothing new listed.
    Limit,
    /// Not shown.
    Suspend,
    /// Not shown, and the account ends.
    Ban,
}

impl Gate {
    /// All gates.
    pub const ALL: [Self; 4] = [Self::NoBoost, Self::Limit, Self::Suspend, Self::Ban];

    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoBoost => "no_boost",
            Self::Limit => "limit",
            Self::Suspend => "suspend",
            Self::Ban => "ban",
        }
    }

    /// The gate with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gate| gate.as_str() == name)
    }

    /// The largest exposure that it allows.
    #[must_use]
    pub const fn max(self) -> f64 {
        match self {
            Self::NoBoost => 1.0,
            Self::Limit => TURN_MAX,
            Self::Suspend | Self::Ban => 0.0,
        }
    }
}

/// The values that the exposure depends on besides the index.
#[derive(Clone, Copy, Debug, Default)]
pub struct Circumstances {
    /// Whether a promise to buyers is active.
    pub assured: bool,
    /// The value of the fourth step on the last day, if there was one.
    pub last_day: Option<f64>,
    /// The value of the fourth step on the day before what was reversed, after a reversal.
    pub before_reversal: Option<f64>,
    /// Whether a signal shows a turn.
    pub turn: bool,
    /// The strongest measure in force.
    pub gate: Option<Gate>,
}

/// A step of the computation, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The bounds of the index.
    Index,
    /// An active promise.
    Promise,
    /// Within the range.
    Range,
    /// No faster fall than in steps of a day.
    DailyFall,
    /// While a signal shows a turn.
    Turn,
    /// While a measure is in force.
    Measure,
}

impl Step {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Promise => "promise",
            Self::Range => "range",
            Self::DailyFall => "daily_fall",
            Self::Turn => "turn",
            Self::Measure => "measure",
        }
    }
}

/// An exposure with its steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Exposure {
    /// The factor that counts.
    pub m: f64,
    /// The factor by signals alone.
    pub signals: f64,
    /// The value of the fourth step, which the next day's fall starts from. No measure is in it, so that a lifted one
    /// leaves no trace.
    pub kept: f64,
    /// The measure that limits it, if one is in force.
    pub gate: Option<Gate>,
    /// The value after each step.
    pub steps: [(Step, f64); 6],
}

impl Exposure {
    /// The exposure by an index and its circumstances.
    #[must_use]
    pub fn of(index: &Index, circumstances: &Circumstances) -> Self {
        Self::of_bounds(index.low(), index.high(), circumstances)
    }

    fn of_bounds(low: f64, high: f64, circumstances: &Circumstances) -> Self {
        let by_index = if low > TYPICAL {
            1.0 + INDEX_EFFECT * ((low - TYPICAL) / FULL_EFFECT_POINTS).min(1.0)
        } else if high < TYPICAL {
            1.0 - INDEX_EFFECT * ((TYPICAL - high) / FULL_EFFECT_POINTS).min(1.0)
        } else {
            1.0
        };
        let promised = if circumstances.assured { by_index + PROMISE_EFFECT } else { by_index };
        let ranged = promised.clamp(RANGE.0, RANGE.1);
        let before = [circumstances.last_day, circumstances.before_reversal].into_iter().flatten();
        let kept = before.map(|before| before - FALL_MAX).fold(ranged, f64::max);
        let signals = if circumstances.turn { kept.min(TURN_MAX) } else { kept };
        let m = circumstances.gate.map_or(signals, |gate| signals.min(gate.max()));
        Self {
            m,
            signals,
            kept,
            gate: circumstances.gate,
            steps: [
                (Step::Index, by_index),
                (Step::Promise, promised),
                (Step::Range, ranged),
                (Step::DailyFall, kept),
                (Step::Turn, signals),
                (Step::Measure, m),
            ],
        }
    }
}

/// Whether a shop is so new that the slots of explorers show it.
#[must_use]
pub const fn explores(completed: u64, placed_today: u64, restricted: bool) -> bool {
    completed < EXPLORE_COMPLETED_MAX && placed_today < EXPLORE_PLACED_MAX && !restricted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::four_decimals;

    fn m(low: f64, high: f64, circumstances: Circumstances) -> f64 {
        four_decimals(Exposure::of_bounds(low, high, &circumstances).m)
    }

    #[test]
    fn the_worked_examples_have_their_exposure() {
        let plain = Circumstances::default();
        let assured = Circumstances { assured: true, ..plain };
        assert_eq!(m(465.179, 580.641, plain), 1.0);
        assert_eq!(m(318.649, 351.523, plain), 0.7773);
        assert_eq!(m(610.514, 669.032, plain), 1.1658);
        assert_eq!(m(610.514, 669.032, assured), 1.2158);
    }

    #[test]
    fn an_exposure_stays_in_its_range() {
        let assured = Circumstances { assured: true, ..Circumstances::default() };
        assert_eq!(m(900.0, 900.0, assured), 1.3);
        assert_eq!(m(0.0, 0.0, Circumstances::default()), 0.7);
    }

    #[test]
    fn an_exposure_falls_by_a_twentieth_a_day_and_rises_at_once() {
        let after = |last_day, before_reversal| Circumstances {
            last_day: Some(last_day),
            before_reversal,
            ..Circumstances::default()
        };
        assert_eq!(m(0.0, 0.0, after(1.2, None)), 1.15);
        assert_eq!(m(900.0, 900.0, after(0.7, None)), 1.3);
        assert_eq!(m(0.0, 0.0, after(0.8, Some(1.25))), 1.2, "after a reversal");
        assert_eq!(m(0.0, 0.0, after(1.25, Some(0.8))), 1.2, "if that is higher");
    }

    #[test]
    fn a_turn_comes_after_the_daily_fall_and_measures_come_last() {
        let circumstances =
            Circumstances { last_day: Some(1.2), turn: true, gate: Some(Gate::Suspend), ..Circumstances::default() };
        let exposure = Exposure::of_bounds(0.0, 0.0, &circumstances);
        let values = exposure.steps.map(|(_, value)| four_decimals(value));
        assert_eq!(values, [0.7, 0.7, 0.7, 1.15, 0.85, 0.0]);
        assert_eq!([exposure.kept, exposure.signals, exposure.m].map(four_decimals), [1.15, 0.85, 0.0]);
        let lifted = Circumstances { gate: None, turn: false, last_day: Some(exposure.kept), ..circumstances };
        assert_eq!(m(0.0, 0.0, lifted), 1.1, "the fall went on as if no measure had been");
    }

    #[test]
    fn a_gate_is_an_upper_bound_alone() {
        let gated = |gate| Circumstances { gate: Some(gate), ..Circumstances::default() };
        assert_eq!(m(900.0, 900.0, gated(Gate::NoBoost)), 1.0);
        assert_eq!(m(0.0, 0.0, gated(Gate::NoBoost)), 0.7);
        assert_eq!(m(900.0, 900.0, gated(Gate::Limit)), 0.85);
        assert_eq!(m(900.0, 900.0, gated(Gate::Ban)), 0.0);
        assert!(Gate::ALL.is_sorted());
    }

    #[test]
    fn a_new_shop_without_measures_explores_until_its_second_order_of_a_day() {
        assert!(explores(49, 1, false));
        assert!(!explores(50, 0, false) && !explores(0, 2, false) && !explores(0, 0, true));
    }
}
