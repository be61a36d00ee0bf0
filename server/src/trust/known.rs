//! From the sums of the ledger to what is known of a merchant now. It calls no store.

use std::sync::Arc;

use live_jury_trust::DAY_MS;
use live_jury_trust::counter::{Count, FAST_HALF_LIFE_DAYS};
use live_jury_trust::exposure::{Circumstances, Exposure, Gate};
use live_jury_trust::index::{Index, Observations, Priors};
use live_jury_trust::promise::PromiseKind;
use live_jury_trust::signal::SignalId;
use live_jury_trust::turn::{Recent, Turn};

use crate::ledger::identities::ApplicationState;
use crate::ledger::{Attributes, Begun, Known, fast_counter, gate};

/// The completed orders from which the age of a shop and its deposit count, so that a newcomer stays at 500.
const COMPLETED_MIN: u64 = 50;
/// The time for which a finding of an authority counts, in milliseconds: two years.
const FINDING_KEPT_MS: u64 = 730 * DAY_MS;
/// The days after which a shop without suspension has all points of x04, and of x12.
const DAYS_WITHOUT_SUSPENSION: (f64, f64) = (365.0, 3.0 * 365.0);

/// The kinds of promises that a shop may make.
const PROMISES_OPEN: u64 = PromiseKind::ALL.len() as u64;
/// The state of x06 on probation.
const ON_PROBATION: f64 = 0.5;

/// A merchant with its index and exposure.
#[derive(Clone, Debug)]
pub struct Assessed {
    /// The index.
    pub index: Index,
    /// The exposure.
    pub exposure: Exposure,
    /// The signals that show a turn.
    pub turns: Vec<SignalId>,
    /// Whether a turn of the last days limits the exposure that no signal shows any more.
    pub held_turn: bool,
    /// The typical values of its category.
    pub priors: Arc<Priors>,
}

impl Assessed {
    /// The index and exposure of what is known at a time.
    #[must_use]
    pub fn of(known: &Known, now_ms: u64) -> Self {
        let priors = &*known.priors;
        let read = |name: &str, half_life_days: u16| {
            let found = known.counters.iter().find(|(other, _)| other == name);
            found.map_or_else(Count::default, |(_, sum)| sum.read(now_ms, half_life_days))
        };
        let mut observed = observed(known, now_ms);
        for (id, state) in states(&known.attributes, suspended_until_ms(&known.measures), now_ms) {
            observed.set_state(id, state);
        }
        let turn = Turn::of(|id| Recent {
            prior: priors.of(id),
            slow: observed.count(id),
            fast: read(&fast_counter(id), FAST_HALF_LIFE_DAYS),
        });
        let limits = turn.limits(known.turn_days_ago);
        let index = Index::of(&observed, priors);
        let circumstances = Circumstances {
            turn: limits,
            last_day: known.last_day,
            before_reversal: known.before_reversal,
            gate: gate(&known.measures, now_ms),
            assured: known.attributes.is_assured(),
        };
        let exposure = Exposure::of(&index, &circumstances);
        let held_turn = limits && !turn.shows();
        Self { index, exposure, turns: turn.signals, held_turn, priors: known.priors.clone() }
    }
}

/// The counts of a merchant at a time, without its states.
pub(super) fn observed(known: &Known, now_ms: u64) -> Observations {
    let mut observed = Observations::default();
    for (name, sum) in &known.counters {
        // A second counter of a signal has another name.
        if let Some(id) = SignalId::from_name(name).filter(|id| id.signal().half_life_days > 0) {
            observed.set_count(id, sum.read(now_ms, id.signal().half_life_days));
        }
    }
    observed
}

/// The end of the last suspension; the end of time for a ban.
fn suspended_until_ms(measures: &[Begun]) -> Option<u64> {
    let suspending = measures.iter().filter(|measure| measure.kind >= Gate::Suspend);
    suspending.map(|measure| measure.until_ms.unwrap_or(u64::MAX)).max()
}

/// The states whose sources have spoken.
fn states(known: &Attributes, suspended_until_ms: Option<u64>, now_ms: u64) -> Vec<(SignalId, f64)> {
    let mut states = Vec::new();
    let share = |part: u64, of: u64| (part as f64 / of as f64).min(1.0);
    if let Some((needed, verified)) = known.licences.filter(|(needed, _)| *needed > 0) {
        states.push((SignalId::X05, share(verified, needed)));
    }
    match known.application {
        Some(ApplicationState::Passed) => states.push((SignalId::X06, 1.0)),
        Some(ApplicationState::Probation) => states.push((SignalId::X06, ON_PROBATION)),
        Some(ApplicationState::Held | ApplicationState::Refused) | None => {}
    }
    if let Some(at_ms) = known.finding_at_ms {
        let counts = now_ms < at_ms.saturating_add(FINDING_KEPT_MS);
        states.push((SignalId::X10, if counts { 0.0 } else { 1.0 }));
    }
    if known.completed >= COMPLETED_MIN {
        if let Some(active) = known.promises {
            states.push((SignalId::P02, share(active, PROMISES_OPEN)));
        }
        if let Some((asked, paid)) = known.deposit.filter(|(asked, _)| *asked > 0) {
            states.push((SignalId::P11, share(paid, asked)));
        }
        let since_ms = known.since_ms.max(suspended_until_ms.unwrap_or(0));
        let days = now_ms.saturating_sub(since_ms) as f64 / DAY_MS as f64;
        states.push((SignalId::X04, (days / DAYS_WITHOUT_SUSPENSION.0).min(1.0)));
        states.push((SignalId::X12, (days / DAYS_WITHOUT_SUSPENSION.1).min(1.0)));
    }
    states
}

#[cfg(test)]
mod tests {
    use live_jury_trust::counter::{Counter, LANDMARK_MS};
    use live_jury_trust::three_decimals;

    use super::*;

    const NOW_MS: u64 = LANDMARK_MS + 400 * DAY_MS;

    #[test]
    fn a_merchant_without_counts_has_500_and_an_exposure_of_1() {
        let attributes = Attributes { since_ms: LANDMARK_MS, completed: 49, ..Attributes::default() };
        let assessed = Assessed::of(&Known { attributes, ..Known::default() }, NOW_MS);
        assert_eq!((assessed.index.value, assessed.exposure.m), (500.0, 1.0));
        assert!(assessed.turns.is_empty());
    }

    #[test]
    fn states_count_from_the_fiftieth_order_or_from_what_was_told() {
        let told = Attributes {
            since_ms: NOW_MS - 365 * DAY_MS,
            completed: 49,
            licences: Some((2, 1)),
            deposit: Some((100, 250)),
            finding_at_ms: Some(NOW_MS),
            ..Attributes::default()
        };
        assert_eq!(states(&told, None, NOW_MS), [(SignalId::X05, 0.5), (SignalId::X10, 0.0)]);
        let later = NOW_MS + FINDING_KEPT_MS;
        assert_eq!(states(&told, None, later)[1], (SignalId::X10, 1.0));
        let known = states(&Attributes { completed: 50, ..told.clone() }, None, NOW_MS);
        let shown: Vec<(String, f64)> =
            known.iter().map(|(id, state)| (id.to_string(), three_decimals(*state))).collect();
        let expected = [("x05", 0.5), ("x10", 0.0), ("p11", 1.0), ("x04", 1.0), ("x12", 0.333)];
        assert_eq!(shown, expected.map(|(id, state)| (id.to_owned(), state)));
        let suspension = |days| Begun { kind: Gate::Suspend, until_ms: Some(NOW_MS - days * DAY_MS) };
        let suspended = suspended_until_ms(&[suspension(73), suspension(200)]);
        let known = states(&Attributes { completed: 50, ..told.clone() }, suspended, NOW_MS);
        assert_eq!(known[3], (SignalId::X04, 0.2), "counted from the end of the last suspension");
        let banned = suspended_until_ms(&[Begun { kind: Gate::Ban, until_ms: None }]);
        assert_eq!(states(&Attributes { completed: 50, ..told }, banned, NOW_MS)[3], (SignalId::X04, 0.0));
    }

    #[test]
    fn an_application_counts_once_it_has_passed_or_is_on_probation() {
        let of = |application| states(&Attributes { application, ..Attributes::default() }, None, NOW_MS);
        assert_eq!(of(None), []);
        assert_eq!(of(Some(ApplicationState::Held)), []);
        assert_eq!(of(Some(ApplicationState::Probation)), [(SignalId::X06, 0.5)]);
        assert_eq!(of(Some(ApplicationState::Passed)), [(SignalId::X06, 1.0)]);
    }

    #[test]
    fn a_measure_limits_the_exposure_and_leaves_no_trace() {
        let measures = vec![Begun { kind: Gate::Limit, until_ms: Some(NOW_MS + 1) }];
        let known = Known { measures, last_day: Some(1.2), before_reversal: Some(1.25), ..Known::default() };
        let assessed = Assessed::of(&known, NOW_MS);
        assert_eq!((assessed.exposure.m, assessed.exposure.gate), (0.85, Some(Gate::Limit)));
        assert!((assessed.exposure.signals - 1.2).abs() < 1e-12, "a fall from before the reversal");
        let later = Assessed::of(&known, NOW_MS + 1);
        assert_eq!((later.exposure.m, later.exposure.gate), (assessed.exposure.signals, None));
    }

    #[test]
    fn a_fast_counter_shows_a_turn_and_limits_the_exposure() {
        let sum = |n, k, half_life| Counter::of(Count::new(n, k), NOW_MS, half_life);
        let counters = vec![("q01".to_owned(), sum(1_000.0, 40.0, 60)), ("q01+7".to_owned(), sum(100.0, 30.0, 7))];
        let known = Known { counters, last_day: Some(1.2), ..Known::default() };
        let assessed = Assessed::of(&known, NOW_MS);
        assert_eq!(assessed.turns, [SignalId::Q01]);
        assert_eq!(assessed.exposure.m, 0.85);
        assert!((assessed.exposure.kept - 1.15).abs() < 1e-12, "one day's fall, without the turn");
    }

    #[test]
    fn good_orders_of_a_day_do_not_end_a_turn() {
        let sum = |n, k, half_life| Counter::of(Count::new(n, k), NOW_MS, half_life);
        let assessed = |n, turn_days_ago| {
            let counters = vec![("q01".to_owned(), sum(n + 900.0, 40.0, 60)), ("q01+7".to_owned(), sum(n, 30.0, 7))];
            Assessed::of(&Known { counters, last_day: Some(1.2), turn_days_ago, ..Known::default() }, NOW_MS)
        };
        let (shown, thinned) = (assessed(100.0, None), assessed(2_000.0, Some(0)));
        assert_eq!((shown.turns.as_slice(), shown.held_turn, shown.exposure.m), (&[SignalId::Q01][..], false, 0.85));
        assert_eq!((thinned.turns.as_slice(), thinned.held_turn, thinned.exposure.m), (&[][..], true, 0.85));
        let later = assessed(2_000.0, Some(7));
        assert!(!later.held_turn && later.exposure.m > 0.85);
    }
}
