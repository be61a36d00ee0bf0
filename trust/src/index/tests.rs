//! The worked examples of the index, and its properties.

use proptest::prelude::*;

use super::*;
use crate::counter::{Counter, LANDMARK_MS};
use crate::exposure::{Circumstances, Exposure};
use crate::{DAY_MS, three_decimals};

/// Each rate and exposure with five times the prior's weight and this many times the prior's misses.
fn all_with_misses(factor: f64) -> Observations {
    let mut known = Observations::default();
    for signal in SIGNALS.iter().filter(|signal| signal.form != Form::State) {
        let n = 5.0 * signal.kappa;
        let k = match (signal.form, signal.effect) {
            (Form::Rate, crate::signal::Effect::Good) => n * (1.0 - ((1.0 - signal.prior) * factor).min(0.95)),
            (Form::Rate, crate::signal::Effect::Bad) => n * (signal.prior * factor).min(0.95),
            _ => n * signal.prior * factor,
        };
        known.set_count(signal.id, Count::new(n, k));
    }
    known
}

fn index(known: &Observations) -> Index {
    Index::of(known, &Priors::default())
}

#[test]
fn a_shop_of_which_nothing_is_known_has_exactly_500() {
    let index = index(&Observations::default());
    assert_eq!(index.value, 500.0);
    assert_eq!(three_decimals(index.sd), 46.337);
    assert_eq!(index.evidence(), Evidence::New);
}

#[test]
fn the_first_worked_example_has_its_contributions() {
    let mut known = Observations::default();
    for (id, n, k) in [
        (SignalId::Q01, 1_000.0, 12.0),
        (SignalId::Q02, 1_000.0, 9.0),
        (SignalId::S01, 1_000.0, 985.0),
        (SignalId::S03, 1_000.0, 4.0),
        (SignalId::E01, 1_000.0, 3.0),
        (SignalId::P04, 500.0, 0.0),
        (SignalId::H01, 8.0, 2.0),
    ] {
        known.set_count(id, Count::new(n, k));
    }
    known.set_state(SignalId::X06, 1.0);
    let index = index(&known);
    let shown: Vec<(&str, f64)> = index
        .contributions
        .iter()
        .filter(|one| one.points.abs() > 1e-12)
        .map(|one| (one.id.signal().name, three_decimals(one.points)))
        .collect();
    assert_eq!(
        shown,
        [
            ("q01", 3.049),
            ("q02", 3.036),
            ("s01", 6.712),
            ("s03", 4.027),
            ("h01", 2.4),
            ("e01", 2.775),
            ("p04", 0.808),
            ("x06", 0.102)
        ]
    );
    assert_eq!([index.value, index.sd].map(three_decimals), [522.910, 45.102]);
    assert_eq!([index.low(), index.high()].map(three_decimals), [465.179, 580.641]);
    let q01 = index.contributions[SignalId::Q01.place()];
    assert!((q01.rate.unwrap() - 16.0 / 1_200.0).abs() < 1e-15);
    assert_eq!(three_decimals(q01.sd), 1.810);
    assert_eq!(index.evidence(), Evidence::New);
}

#[test]
fn twice_the_misses_and_half_the_misses_have_their_index() {
    let bad = index(&all_with_misses(2.0));
    assert_eq!([bad.value, bad.sd, bad.high()].map(three_decimals), [335.086, 12.841, 351.523]);
    assert_eq!(bad.evidence(), Evidence::Firm);
    let good = index(&all_with_misses(0.5));
    assert_eq!([good.value, good.sd, good.low()].map(three_decimals), [639.773, 22.859, 610.514]);
}

#[test]
fn a_state_counts_only_once_its_source_has_spoken() {
    let mut known = Observations::default();
    known.set_state(SignalId::X10, 0.0);
    let index = index(&known);
    // 5 · 0.10 · 4 · (0 − 0.98)/0.98
    assert!((index.value - 498.0).abs() < 1e-12);
    assert_eq!(three_decimals(index.sd), 46.337, "a state has no spread");
    assert_eq!(index.contributions[SignalId::X05.place()].rate, None);
}

fn any_counts() -> impl Strategy<Value = Vec<(f64, f64)>> {
    prop::collection::vec((0.0..20_000.0_f64, 0.0..=1.0_f64), SignalId::COUNT)
}

fn observed(counts: &[(f64, f64)]) -> Observations {
    let mut known = Observations::default();
    for (signal, (n, share)) in SIGNALS.iter().zip(counts) {
        match signal.form {
            Form::State => known.set_state(signal.id, *share),
            _ => known.set_count(signal.id, Count::new(*n, n * share)),
        }
    }
    known
}

proptest! {
    #[test]
    fn contributions_sum_to_the_index(counts in any_counts()) {
        let index = index(&observed(&counts));
        let sum: f64 = index.contributions.iter().map(|one| one.points).sum();
        prop_assert!((index.value - 500.0 - sum).abs() < 1e-9);
        let by_dimension: f64 = Dimension::ALL.into_iter().map(|dimension| index.points(dimension)).sum();
        prop_assert!((by_dimension - sum).abs() < 1e-9);
        prop_assert!((0.0..=1_000.0).contains(&index.value) && index.sd.is_finite());
        for one in &index.contributions {
            prop_assert!(one.points.abs() <= one.id.signal().points_max() + 1e-9);
        }
    }

    #[test]
    fn one_more_miss_never_raises_the_index(counts in any_counts(), signal in any_counted()) {
        let mut known = observed(&counts);
        let before = index(&known).value;
        let count = known.count(signal.id);
        let hit = f64::from(u8::from(signal.effect == crate::signal::Effect::Bad));
        let trial = f64::from(u8::from(signal.form == Form::Rate));
        known.set_count(signal.id, Count::new(count.n + trial, count.k + hit));
        prop_assert!(index(&known).value <= before + 1e-9);
    }
}

/// A signal that is counted: a rate or an exposure.
fn any_counted() -> impl Strategy<Value = &'static Signal> {
    let counted: Vec<&Signal> = SIGNALS.iter().filter(|signal| signal.form != Form::State).collect();
    prop::sample::select(counted)
}

/// A shop with a fifth to three times the prior's misses: its exposure is between the bounds. It may be new or large.
fn any_shop() -> impl Strategy<Value = Observations> {
    let one = (0.0..4.5_f64, 0.5..2.0_f64);
    (0.2..3.0_f64, prop::collection::vec(one, SignalId::COUNT)).prop_map(|(factor, ones)| {
        let mut known = Observations::default();
        for (signal, (size, own)) in SIGNALS.iter().zip(ones).filter(|(signal, _)| signal.form != Form::State) {
            let n = 10_f64.powf(size) - 1.0;
            let prior = if signal.form == Form::Rate { signal.misses(signal.prior) } else { signal.prior };
            let misses = (prior * factor * own).min(0.95);
            let is_good = signal.effect == crate::signal::Effect::Good;
            known.set_count(signal.id, Count::new(n, n * if is_good { 1.0 - misses } else { misses }));
        }
        known
    })
}

/// A fact of a signal: its age, and whether it is a miss.
type Counted = (usize, u64, bool);

fn any_facts() -> impl Strategy<Value = Vec<Counted>> {
    prop::collection::vec((0..SignalId::COUNT, 0..400 * DAY_MS, any::<bool>()), 1..300)
}

const NOW_MS: u64 = LANDMARK_MS + 320 * DAY_MS;

fn count((place, _, missed): Counted) -> Count {
    let signal = &SIGNALS[place];
    let hit = missed == (signal.effect == crate::signal::Effect::Bad);
    Count::new(1.0, f64::from(u8::from(hit)))
}

/// The index and the exposure that sums give, to which each fact was added with its own age.
fn summed(facts: &[(Counted, Count)]) -> (f64, f64) {
    let mut sums = [Counter::default(); SignalId::COUNT];
    for ((place, age_ms, _), count) in facts {
        sums[*place].add(Counter::of(*count, NOW_MS - age_ms, SIGNALS[*place].half_life_days.max(1)));
    }
    let mut known = Observations::default();
    for (signal, sum) in SIGNALS.iter().zip(sums).filter(|(signal, _)| signal.form != Form::State) {
        known.set_count(signal.id, sum.read(NOW_MS, signal.half_life_days));
    }
    let index = index(&known);
    (index.value, Exposure::of(&index, &Circumstances::default()).m)
}

fn are_alike(one: (f64, f64), other: (f64, f64)) -> bool {
    (one.0 - other.0).abs() < 1e-6 && (one.1 - other.1).abs() < 1e-6
}

proptest! {
    #[test]
    fn any_order_of_facts_gives_the_same_index_and_exposure(
        facts in any_facts(),
        turned in any::<prop::sample::Index>(),
    ) {
        let facts: Vec<(Counted, Count)> = facts.into_iter().map(|fact| (fact, count(fact))).collect();
        let mut others = facts.clone();
        others.reverse();
        others.rotate_left(turned.index(facts.len()));
        prop_assert!(are_alike(summed(&facts), summed(&others)));
    }

    #[test]
    fn facts_and_their_reversals_leave_index_and_exposure_as_they_were(facts in any_facts(), void in any_facts()) {
        let with_counts = |facts: Vec<Counted>| facts.into_iter().map(|fact| (fact, count(fact))).collect::<Vec<_>>();
        let (facts, void) = (with_counts(facts), with_counts(void));
        let reversed = void.iter().map(|(fact, count)| (*fact, count.reversed()));
        let all: Vec<_> = void.iter().copied().chain(facts.iter().copied()).chain(reversed).collect();
        prop_assert!(are_alike(summed(&all), summed(&facts)), "{:?} {:?}", summed(&all), summed(&facts));
    }

    // The first miss of a rare kind also narrows the bounds, by more than it lowers the index.
    #[test]
    fn one_more_miss_raises_no_exposure_by_more_than_a_hundredth(shop in any_shop(), signal in any_counted()) {
        let mut known = shop;
        let m = |known: &Observations| Exposure::of(&index(known), &Circumstances::default()).m;
        let before = m(&known);
        let count = known.count(signal.id);
        let hit = f64::from(u8::from(signal.effect == crate::signal::Effect::Bad));
        let trial = f64::from(u8::from(signal.form == Form::Rate));
        known.set_count(signal.id, Count::new(count.n + trial, count.k + hit));
        prop_assert!(m(&known) <= before + 0.01, "{}: {} after {before}", signal.name, m(&known));
    }
}
