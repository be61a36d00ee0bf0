//! Estimates what levels tell, from pairs that nobody has labelled. It draws no pairs itself.

use std::collections::BTreeMap;

use super::Level;

/// The levels of one pair, by field; none where a side lacks the field.
pub type Pattern = Vec<Option<Level>>;
/// The probabilities of equal, close and different values.
pub type Shares = [f64; 3];

/// The rounds of the estimate. Later ones move nothing by more than a thousandth.
const ROUNDS: usize = 25;
/// The first guess for pairs that are the same, and the first share of them among candidates.
const FIRST: Shares = [0.80, 0.15, 0.05];
const FIRST_SHARE: f64 = 0.3;
/// The least probability, so that one rare level decides nothing alone.
const LEAST: f64 = 1e-6;

/// The shares of levels among pairs, by field, each counted with a weight.
fn shares<'p>(fields: usize, pairs: impl Iterator<Item = (&'p Pattern, f64)>) -> Vec<Shares> {
    let mut sums = vec![[LEAST; 3]; fields];
    for (pattern, weight) in pairs {
        for (level, sum) in pattern.iter().zip(&mut sums) {
            if let Some(level) = level {
                sum[level.place()] += weight;
            }
        }
    }
    for sum in &mut sums {
        let all: f64 = sum.iter().sum();
        sum.iter_mut().for_each(|share| *share = (*share / all).max(LEAST));
    }
    sums
}

/// The shares of levels among pairs of strangers, by field, from pairs drawn at random.
#[must_use]
pub fn random(fields: usize, pairs: &BTreeMap<Pattern, u64>) -> Vec<Shares> {
    shares(fields, pairs.iter().map(|(pattern, pairs)| (pattern, *pairs as f64)))
}

/// The shares of levels among pairs that are the same, by field, from candidate pairs of which some are. The others are
/// fitted beside them and dropped: candidates are no random pairs.
#[must_use]
pub fn em(fields: usize, candidates: &BTreeMap<Pattern, u64>) -> Vec<Shares> {
    let mut same = vec![FIRST; fields];
    let mut other = random(fields, candidates);
    let mut share = FIRST_SHARE;
    for _ in 0..ROUNDS {
        let chance = |of: &[Shares], pattern: &Pattern| -> f64 {
            let levels = pattern.iter().zip(of).filter_map(|(level, shares)| level.map(|level| shares[level.place()]));
            levels.product()
        };
        let posterior = |pattern: &Pattern| {
            let (is_same, is_other) = (share * chance(&same, pattern), (1.0 - share) * chance(&other, pattern));
            is_same / (is_same + is_other).max(f64::MIN_POSITIVE)
        };
        let weighted: Vec<(&Pattern, f64, f64)> = candidates
            .iter()
            .map(|(pattern, pairs)| {
                let (pairs, posterior) = (*pairs as f64, posterior(pattern));
                (pattern, pairs * posterior, pairs * (1.0 - posterior))
            })
            .collect();
        let (found, all) = weighted.iter().fold((0.0, 0.0), |(found, all), (_, a, b)| (found + a, all + a + b));
        share = (found / f64::max(all, 1.0)).clamp(LEAST, 1.0 - LEAST);
        same = shares(fields, weighted.iter().map(|(pattern, weight, _)| (*pattern, *weight)));
        other = shares(fields, weighted.iter().map(|(pattern, _, weight)| (*pattern, *weight)));
    }
    same
}

/// The weight of a pattern, in bits.
#[must_use]
pub fn bits(pattern: &Pattern, m: &[Shares], u: &[Shares]) -> f64 {
    let terms = pattern.iter().zip(m.iter().zip(u));
    terms.filter_map(|(level, (m, u))| level.map(|level| (m[level.place()] / u[level.place()]).log2())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAME: [Shares; 3] = [[0.9, 0.06, 0.04], [0.7, 0.2, 0.1], [0.85, 0.1, 0.05]];
    const OTHER: [Shares; 3] = [[0.3, 0.1, 0.6], [0.05, 0.05, 0.9], [0.1, 0.1, 0.8]];

    fn drawn(rng: &mut fastrand::Rng, of: &[Shares; 3]) -> Pattern {
        let level = |shares: &Shares, drawn: f64| {
            if drawn < shares[0] {
                Level::Equal
            } else if drawn < shares[0] + shares[1] {
                Level::Close
            } else {
                Level::Differs
            }
        };
        of.iter().map(|shares| Some(level(shares, rng.f64())).filter(|_| rng.f64() < 0.95)).collect()
    }

    #[test]
    fn the_shares_of_mixed_pairs_are_found_without_labels() {
        let mut rng = fastrand::Rng::with_seed(7);
        let mut candidates = BTreeMap::new();
        for n in 0..40_000 {
            let of = if n % 4 == 0 { &SAME } else { &OTHER };
            *candidates.entry(drawn(&mut rng, of)).or_insert(0) += 1;
        }
        let found = em(3, &candidates);
        for (found, expected) in found.iter().zip(&SAME) {
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 0.03, "{found} {expected}");
            }
        }
    }

    #[test]
    fn random_pairs_give_the_shares_of_strangers() {
        let pairs = BTreeMap::from([(vec![Some(Level::Equal)], 1), (vec![Some(Level::Differs)], 99), (vec![None], 50)]);
        let found = random(1, &pairs);
        assert!((found[0][0] - 0.01).abs() < 1e-6 && (found[0][2] - 0.99).abs() < 1e-6);
        assert!((bits(&vec![Some(Level::Equal)], &[[0.5, 0.3, 0.2]], &found) - 50.0_f64.log2()).abs() < 1e-3);
        assert_eq!(bits(&vec![None], &[[0.5, 0.3, 0.2]], &found), 0.0);
    }
}
