//! A small market keeps the order of the methods, and repeats.

use live_jury_trust::rank::{Candidate, rank};

use super::*;
use chance::Chance;

const SMALL: Setup = Setup { merchants: 150, days: 110, load: 10.0, all_signals: false, table_priors: false };

#[test]
fn the_index_leads_to_fewer_bad_orders_than_none_and_to_more_than_the_truth() {
    let bad = |method| {
        let mut figures = Figures::default();
        (1..=3).for_each(|seed| figures.add(run(SMALL, seed, method)));
        figures.bad_share()
    };
    let (none, index, truth) = (bad(Method::NoIndex), bad(Method::Index), bad(Method::Truth));
    assert!(none > index && index > truth, "{none} {index} {truth}");
}

#[test]
fn a_seed_gives_the_same_market_again() {
    let figures = |seed| {
        let figures = run(SMALL, seed, Method::Index);
        (figures.orders, figures.bad_orders, figures.good.part, figures.newcomers, figures.auc)
    };
    assert_eq!(figures(5), figures(5));
    assert_ne!(figures(5), figures(6));
}

#[test]
fn newcomers_have_slots_of_their_own() {
    // A newcomer that never had its orders took longer than the market lasted.
    let days = |method| -> f64 {
        let newcomers = (1..=3).flat_map(|seed| run(SMALL, seed, method).newcomers);
        newcomers.map(|days| f64::from(days.unwrap_or(SMALL.days))).sum()
    };
    let (index, none) = (days(Method::Index), days(Method::NoIndex));
    assert!(index < none, "{index} days, and {none} without an index");
}

#[test]
fn seeds_are_a_range_with_both_ends() {
    let seeds = |text: &str| text.parse::<Seeds>().map(|seeds| seeds.0.collect::<Vec<_>>());
    assert_eq!(seeds("1..3"), Ok(vec![1, 2, 3]));
    assert_eq!(seeds("7"), Ok(vec![7]));
    assert!(seeds("3..1").is_err() && seeds("x").is_err());
}

/// A viewer's own relevances, each a shop's over an exponential number: the first one is a shop in proportion to its
/// relevance. So a market may draw shops by relevance × m, and need not rank a page for each order.
#[test]
fn buyers_choose_as_the_first_slot_of_a_page_does() {
    let shops = [("a", 1.0, 1.0), ("b", 2.0, 0.7), ("c", 0.5, 1.3), ("d", 3.0, 0.0)];
    let (mut chance, mut first) = (Chance::new(1, 1), [0.0; 4]);
    for _ in 0..20_000 {
        let candidate = |(merchant, relevance, m): (&str, f64, f64)| {
            let relevance = relevance / -chance.uniform().ln();
            Candidate { merchant: merchant.to_owned(), relevance, m, explore: false }
        };
        let placed = rank(shops.map(candidate).to_vec(), 1, "");
        first[shops.iter().position(|(name, ..)| *name == placed[0].merchant).unwrap()] += 1.0 / 20_000.0;
    }
    let all: f64 = shops.iter().map(|(_, relevance, m)| relevance * m).sum();
    for ((name, relevance, m), share) in shops.into_iter().zip(first) {
        // Four spreads of such a sample are 0.0142 at most.
        assert!((share - relevance * m / all).abs() < 0.0142, "{name}: {share}");
    }
}
