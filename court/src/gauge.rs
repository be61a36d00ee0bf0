//! The gauge: how strongly two cohorts of a jury voted unlike each other. It tells, and never drops a ballot.

use live_jury_protocol::NewCase;

use crate::Marks;
use crate::sums::{COHORT_BALLOTS_MIN, CohortSums, deciding};

/// The ballots of a block. The evidence of a block is weighed by what the blocks before it showed, so smaller blocks
/// learn sooner, and larger ones hold both cohorts more often. 32 were fixed before any jury was seen.
const BLOCK_BALLOTS: u32 = 32;
/// The evidence of both pairs together from which the gauge is raised. One pair reaches 20 with a chance of at most
/// 5 % if its cohorts vote alike. The mean of both pairs reaches it no more often.
const RAISED_EVIDENCE: f64 = 40.0;
/// The smallest difference of shares that raises the gauge, as one part in so many: 10 %. Many ballots also prove
/// differences that are too small to matter.
const RAISED_DIFFERENCE_PART: u128 = 10;
/// The evidence is stated as this many times its logarithm, rounded.
const E_SCALE: f64 = 100.0;

/// Both pairs of cohorts, fixed before any ballot was seen: jurors who were there before the opening and the rest;
/// accounts known to be 30 days old and the rest.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    present: Evidence,
    older: Evidence,
    in_block: u32,
}

impl Gauge {
    /// Adds a ballot that does not abstain. `is_first` tells whether it is for the first option that is no abstention.
    pub fn add(&mut self, marks: Marks, is_first: bool) {
        self.present.add(marks.is_present(), is_first);
        self.older.add(marks.is_older(), is_first);
        self.in_block += 1;
        if self.in_block == BLOCK_BALLOTS {
            self.end_block();
        }
    }

    fn end_block(&mut self) {
        self.present.end_block();
        self.older.end_block();
        self.in_block = 0;
    }

    /// The evidence of both pairs, after the last block, which may be shorter.
    pub fn finish(mut self) -> [Evidence; 2] {
        self.end_block();
        [self.present, self.older]
    }
}

/// Ballots of a cohort.
#[derive(Clone, Copy, Debug, Default)]
struct Votes {
    /// All of them.
    ballots: u64,
    /// Those for the first option.
    first: u64,
}

impl Votes {
    fn plus(self, other: Self) -> Self {
        Self { ballots: self.ballots + other.ballots, first: self.first + other.first }
    }

    /// The share of the first option that these ballots suggest for the next ones.
    fn share(self) -> f64 {
        (self.first as f64 + 1.0) / (self.ballots as f64 + 2.0)
    }

    /// The logarithm of the chance of these ballots, if each is for the first option with chance `share`.
    fn ln_chance(self, share: f64) -> f64 {
        let (ballots, first) = (self.ballots as f64, self.first as f64);
        first * share.ln() + (ballots - first) * (1.0 - share).ln()
    }
}

/// The evidence that a cohort votes unlike the rest: the sequential test of two proportions of Turner, Ly and Grünwald.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Evidence {
    /// The cohort and the rest in all earlier blocks.
    before: [Votes; 2],
    /// The same in this block.
    block: [Votes; 2],
    /// The natural logarithm of the evidence.
    ln_e: f64,
}

impl Evidence {
    fn add(&mut self, in_cohort: bool, is_first: bool) {
        let votes = &mut self.block[usize::from(!in_cohort)];
        votes.ballots += 1;
        votes.first += u64::from(is_first);
    }

    fn end_block(&mut self) {
        let [a, b] = std::mem::take(&mut self.block);
        if a.ballots > 0 && b.ballots > 0 {
            let (a_share, b_share) = (self.before[0].share(), self.before[1].share());
            let both = a.plus(b);
            let shared = (a.ballots as f64 * a_share + b.ballots as f64 * b_share) / both.ballots as f64;
            self.ln_e += a.ln_chance(a_share) + b.ln_chance(b_share) - both.ln_chance(shared);
        }
        self.before = [self.before[0].plus(a), self.before[1].plus(b)];
    }

    /// The evidence as it is stated, rounded half away from 0; 0 where a cohort is too small.
    pub fn e(&self) -> i64 {
        if self.before.iter().any(|votes| votes.ballots < COHORT_BALLOTS_MIN) {
            return 0;
        }
        (E_SCALE * self.ln_e).round() as i64
    }
}

/// A pair of cohorts by its stated sums.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    cohort: Votes,
    rest: Votes,
    e: i64,
}

impl Pair {
    /// The pair of `cohort` among all `counts`.
    pub fn of(case: &NewCase, cohort: &CohortSums, counts: &[u64]) -> Self {
        let first = case.options.iter().position(|option| !option.abstain);
        let votes = |counts: &[u64]| Votes {
            ballots: deciding(case, counts),
            first: first.and_then(|first| counts.get(first)).copied().unwrap_or(0),
        };
        let (all, part) = (votes(counts), votes(&cohort.counts));
        let rest =
            Votes { ballots: all.ballots.saturating_sub(part.ballots), first: all.first.saturating_sub(part.first) };
        Self { cohort: part, rest, e: cohort.e }
    }

    /// Whether the shares of the first option differ by enough to matter.
    fn differs(&self) -> bool {
        let product = |a: u64, b: u64| u128::from(a) * u128::from(b);
        let here = product(self.cohort.first, self.rest.ballots);
        let there = product(self.rest.first, self.cohort.ballots);
        let scale = product(self.cohort.ballots, self.rest.ballots);
        here.abs_diff(there).saturating_mul(RAISED_DIFFERENCE_PART) >= scale
    }
}

/// Whether the evidence of both pairs is strong, and the stronger pair differs by enough.
pub(crate) fn is_raised(present: &Pair, older: &Pair) -> bool {
    let evidence = |pair: &Pair| (pair.e as f64 / E_SCALE).exp();
    let stronger = if older.e > present.e { older } else { present };
    // No two whole numbers come so near to the limit that machines could differ.
    evidence(present) + evidence(older) >= RAISED_EVIDENCE && stronger.differs()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The evidence after blocks of one ballot a cohort, the cohort's for the first option and the other against it.
    fn opposed(blocks: usize) -> f64 {
        let mut evidence = Evidence::default();
        for _ in 0..blocks {
            evidence.add(true, true);
            evidence.add(false, false);
            evidence.end_block();
        }
        evidence.ln_e.exp()
    }

    #[test]
    fn the_evidence_of_opposed_cohorts_is_known() {
        for (blocks, known) in [(1, 1.0), (2, 16.0 / 9.0), (3, 4.0), (4, 256.0 / 25.0), (5, 256.0 / 9.0)] {
            assert!((opposed(blocks) - known).abs() < 1e-12, "{blocks}: {} is not {known}", opposed(blocks));
        }
    }

    /// A jury of two cohorts of `each`, in random order, whose members vote for the first option with these chances.
    fn jury(random: &mut fastrand::Rng, each: u64, chances: [f64; 2]) -> Evidence {
        let mut ballots: Vec<(bool, bool)> =
            (0..2 * each).map(|juror| (juror % 2 == 0, random.f64() < chances[(juror % 2) as usize])).collect();
        random.shuffle(&mut ballots);
        let mut gauge = Gauge::default();
        for (present, is_first) in ballots {
            gauge.add(Marks::new(present, crate::AccountAge::Unknown, 0, 0), is_first);
        }
        gauge.finish()[0]
    }

    #[test]
    fn cohorts_alike_seldom_reach_twenty_and_cohorts_apart_do() {
        let mut random = fastrand::Rng::with_seed(20);
        let mut reached = |each, chances| {
            let juries = (0..1_000).map(|_| jury(&mut random, each, chances));
            juries.filter(|evidence| evidence.ln_e >= 20_f64.ln()).count()
        };
        for share in [0.03, 0.5, 0.62] {
            let alike = reached(200, [share, share]);
            assert!(alike <= 50, "{alike} of 1,000 at {share}");
        }
        let apart = reached(2_000, [0.6, 0.5]);
        assert!(apart >= 980, "{apart} of 1,000");
    }

    #[test]
    fn a_small_cohort_is_left_out() {
        let mut random = fastrand::Rng::with_seed(1);
        assert_eq!(jury(&mut random, COHORT_BALLOTS_MIN - 1, [1.0, 0.0]).e(), 0);
        assert!(jury(&mut random, COHORT_BALLOTS_MIN, [1.0, 0.0]).e() > 300);
    }

    #[test]
    fn the_gauge_needs_evidence_and_a_difference() {
        let pair = |first: [u64; 2], e| Pair {
            cohort: Votes { ballots: 1_000, first: first[0] },
            rest: Votes { ballots: 1_000, first: first[1] },
            e,
        };
        let none = pair([0, 0], 0);
        assert!(is_raised(&pair([600, 500], 367), &none), "exp(3.67) + 1 = 40.25");
        assert!(!is_raised(&pair([600, 500], 366), &none), "exp(3.66) + 1 = 39.86");
        assert!(is_raised(&pair([600, 500], 300), &pair([700, 0], 301)), "exp(3) + exp(3.01) = 40.37");
        assert!(!is_raised(&pair([599, 500], 900), &none), "9.9 %");
        assert!(is_raised(&pair([500, 600], 900), &pair([0, 0], 900)), "the first of two that are equal");
        assert!(!is_raised(&pair([0, 0], 900), &pair([500, 600], 900)));
        assert!(is_raised(&pair([0, 0], 400), &pair([500, 600], 900)));
    }
}
