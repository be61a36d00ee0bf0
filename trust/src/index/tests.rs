//! The worked examples of the index, and its properties.

use proptest::prelude::*;

use super::*;
use crate::three_decimals;

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
    fn one_more_miss_never_raises_the_index(counts in any_counts(), place in 0..SignalId::COUNT) {
        let signal = &SIGNALS[place];
        prop_assume!(signal.form != Form::State);
        let mut known = observed(&counts);
        let before = index(&known).value;
        let count = known.count(signal.id);
        let hit = f64::from(u8::from(signal.effect == crate::signal::Effect::Bad));
        let trial = f64::from(u8::from(signal.form == Form::Rate));
        known.set_count(signal.id, Count::new(count.n + trial, count.k + hit));
        prop_assert!(index(&known).value <= before + 1e-9);
    }
}
