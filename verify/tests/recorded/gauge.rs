//! The evidence that two cohorts vote unlike each other, computed without the court: the verifier is held to it.

/// The ballots of a block.
const BLOCK: usize = 32;
/// The evidence is stated as this many times its logarithm.
const SCALE: f64 = 100.0;

/// Ballots, and those among them for the first option that does not abstain.
#[derive(Clone, Copy, Default)]
struct Votes {
    all: u64,
    first: u64,
}

impl Votes {
    fn share(self) -> f64 {
        (self.first as f64 + 1.0) / (self.all as f64 + 2.0)
    }

    fn ln_chance(self, share: f64) -> f64 {
        self.first as f64 * share.ln() + (self.all - self.first) as f64 * (1.0 - share).ln()
    }

    fn plus(self, other: Self) -> Self {
        Self { all: self.all + other.all, first: self.first + other.first }
    }
}

/// A hundred times the logarithm of the evidence, rounded half away from 0. A pair says of a ballot that does not
/// abstain whether it is of the cohort, and whether it is for the first option. They are in the order of pseudonyms.
pub fn evidence(ballots: &[(bool, bool)]) -> i64 {
    (SCALE * ln_evidence(ballots, BLOCK)).round() as i64
}

/// The logarithm of the evidence of ballots in blocks of this many.
fn ln_evidence(ballots: &[(bool, bool)], block: usize) -> f64 {
    let (mut before, mut ln_e) = ([Votes::default(); 2], 0.0);
    for block in ballots.chunks(block) {
        let mut own = [Votes::default(); 2];
        for (in_cohort, is_first) in block {
            let votes = &mut own[usize::from(!in_cohort)];
            *votes = votes.plus(Votes { all: 1, first: u64::from(*is_first) });
        }
        let [a, b] = own;
        if a.all > 0 && b.all > 0 {
            let (of_a, of_b) = (before[0].share(), before[1].share());
            let both = a.plus(b);
            let shared = (a.all as f64 * of_a + b.all as f64 * of_b) / both.all as f64;
            ln_e += a.ln_chance(of_a) + b.ln_chance(of_b) - both.ln_chance(shared);
        }
        before = [before[0].plus(a), before[1].plus(b)];
    }
    ln_e
}

#[test]
fn the_evidence_of_opposed_pairs_is_known() {
    // Each block has a ballot of the cohort for the first option, and one of the rest against it.
    let ballots: Vec<(bool, bool)> = [(true, true), (false, false)].repeat(5);
    for (blocks, e) in [(1, 1.0), (2, 16.0 / 9.0), (3, 4.0), (4, 256.0 / 25.0), (5, 256.0 / 9.0)] {
        let found = ln_evidence(&ballots[..2 * blocks], 2).exp();
        assert!((found - e).abs() < 1e-9, "{blocks}: {found}");
    }
}

#[test]
fn a_cohort_without_a_rest_shows_nothing() {
    assert_eq!(evidence(&[(true, true); 100]), 0);
    assert_eq!(evidence(&[]), 0);
}
