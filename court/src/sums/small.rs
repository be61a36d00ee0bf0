//! Small numbers: which sums of a jury may be published without telling how single jurors voted.

use live_jury_protocol::{NewCase, Raid};

use super::{CohortSums, SideSums, Sums, deciding, total};

/// The fewest ballots of a group that is published apart. Fewer would tell much about each of them.
pub const GROUP_BALLOTS_MIN: u64 = 5;
/// The fewest deciding ballots of a cohort, and of the rest, that are published and compared. Fewer say little.
pub const COHORT_BALLOTS_MIN: u64 = 30;

impl Sums {
    /// Whether the numbers of deciding buyers and merchants are published: a rule of the case asks for them. With a
    /// panel, the rule asks for those of its strata.
    #[must_use]
    pub fn shows_sides(&self, case: &NewCase) -> bool {
        let rules = &case.rules;
        rules.panel.is_none() && (rules.two_sided.is_some() || rules.hold_when_balanced || !rules.bias_band.is_zero())
    }

    /// Whether the options of buyers and of merchants are published: a rule compares them, and both are large enough.
    #[must_use]
    pub fn shows_options_of_sides(&self, case: &NewCase) -> bool {
        let is_large = |side: &SideSums| side.deciding >= GROUP_BALLOTS_MIN;
        case.rules.panel.is_none()
            && (case.rules.two_sided.is_some() || case.rules.hold_when_balanced)
            && is_large(&self.buyers)
            && is_large(&self.merchants)
    }

    /// Whether a cohort is published: the case compares cohorts, and it and the rest are large enough.
    #[must_use]
    pub fn shows_cohort(&self, case: &NewCase, cohort: &CohortSums) -> bool {
        let (all, part) = (deciding(case, &self.counts), deciding(case, &cohort.counts));
        case.rules.raid != Raid::Off && part >= COHORT_BALLOTS_MIN && all.saturating_sub(part) >= COHORT_BALLOTS_MIN
    }

    /// Whether those who read both statements are published: they and the rest are large enough.
    #[must_use]
    pub fn shows_informed(&self) -> bool {
        let informed = total(&self.informed);
        informed >= GROUP_BALLOTS_MIN && self.ballots().saturating_sub(informed) >= GROUP_BALLOTS_MIN
    }

    /// Which reasons are published, in the case's order. All ballots without one of them are a group, too, that a
    /// reader finds by subtraction. While that group is small, the smallest reason joins it; of equal ones the last.
    #[must_use]
    pub fn shown_reasons(&self) -> Vec<bool> {
        let ballots: Vec<u64> = self.reasons.iter().map(|counts| total(counts)).collect();
        let mut shown: Vec<bool> = ballots.iter().map(|ballots| *ballots >= GROUP_BALLOTS_MIN).collect();
        loop {
            let smallest =
                (0..ballots.len()).rev().filter(|reason| shown[*reason]).min_by_key(|reason| ballots[*reason]);
            let told: u64 = (0..ballots.len()).filter(|reason| shown[*reason]).map(|reason| ballots[reason]).sum();
            let rest = self.ballots().saturating_sub(told);
            match smallest {
                Some(smallest) if (1..GROUP_BALLOTS_MIN).contains(&rest) => shown[smallest] = false,
                _ => return shown,
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A case with two deciding options and one that abstains.
    pub fn case(rules: serde_json::Value) -> NewCase {
        serde_json::from_value(serde_json::json!({
            "title": "t", "rules": rules,
            "options": [{"id": "a", "label": "a"}, {"id": "b", "label": "b"},
                        {"id": "n", "label": "n", "abstain": true}]
        }))
        .unwrap()
    }

    fn side(deciding: u64) -> SideSums {
        SideSums { deciding, counts: vec![deciding, 0, 0] }
    }

    #[test]
    fn sides_are_published_for_the_rules_that_need_them() {
        let sums = |buyers, merchants| Sums { buyers: side(buyers), merchants: side(merchants), ..Sums::default() };
        let plain = case(serde_json::json!({}));
        assert!(!sums(50, 50).shows_sides(&plain) && !sums(50, 50).shows_options_of_sides(&plain));
        let band = case(serde_json::json!({"bias_band": 0.1}));
        assert!(sums(1, 0).shows_sides(&band) && !sums(50, 50).shows_options_of_sides(&band));
        for rules in [serde_json::json!({"two_sided": {}}), serde_json::json!({"hold_when_balanced": true})] {
            let case = case(rules);
            assert!(sums(0, 0).shows_sides(&case));
            assert!(sums(5, 5).shows_options_of_sides(&case));
            assert!(!sums(5, 4).shows_options_of_sides(&case) && !sums(4, 5).shows_options_of_sides(&case));
        }
    }

    #[test]
    fn a_cohort_is_published_if_both_parts_have_thirty_deciding_ballots() {
        let cohort = |counts: [u64; 3]| CohortSums { counts: counts.to_vec(), e: 0 };
        let sums = Sums::of_counts(&[40, 20, 99]);
        let open = case(serde_json::json!({}));
        assert!(sums.shows_cohort(&open, &cohort([20, 10, 0])));
        assert!(!sums.shows_cohort(&open, &cohort([19, 10, 50])), "29 decide");
        assert!(!sums.shows_cohort(&open, &cohort([21, 10, 0])), "29 of the others decide");
        assert!(!sums.shows_cohort(&case(serde_json::json!({"raid": "off"})), &cohort([20, 10, 0])));
    }

    #[test]
    fn informed_ballots_are_published_if_five_are_and_five_are_not() {
        let shows = |informed| Sums { informed, ..Sums::of_counts(&[6, 4, 1]) }.shows_informed();
        assert!(shows(vec![3, 2, 0]) && shows(vec![5, 0, 1]));
        assert!(!shows(vec![2, 2, 0]) && !shows(vec![6, 1, 0]));
    }

    /// The reasons that are published, of reasons with these ballots and `without` ballots that have none.
    fn shown(reasons: &[u64], without: u64) -> Vec<bool> {
        let counts = [reasons.iter().sum::<u64>() + without];
        Sums { reasons: reasons.iter().map(|ballots| vec![*ballots]).collect(), ..Sums::of_counts(&counts) }
            .shown_reasons()
    }

    #[test]
    fn no_subtraction_tells_a_small_group() {
        assert_eq!(shown(&[9, 5, 4], 20), [true, true, false]);
        assert_eq!(shown(&[9, 5], 0), [true, true], "nobody is without a reason");
        assert_eq!(shown(&[9, 5], 4), [true, false], "four and five make nine");
        assert_eq!(shown(&[9, 9], 1), [true, false], "of equal ones the last");
        assert_eq!(shown(&[9, 5, 2], 2), [true, false, false]);
        assert_eq!(shown(&[6], 1), [false]);
        assert_eq!(shown(&[], 7), Vec::<bool>::new());
    }

    proptest! {
        #[test]
        fn each_group_that_a_reader_can_make_out_is_empty_or_large(
            reasons in prop::collection::vec(0_u64..12, 0..7), without in 0_u64..12,
        ) {
            let shown = shown(&reasons, without);
            let pairs = || reasons.iter().copied().zip(shown.iter().copied());
            let told = |is_shown| pairs().filter(move |pair| pair.1 == is_shown).map(|pair| pair.0);
            prop_assert!(told(true).all(|ballots| ballots >= GROUP_BALLOTS_MIN));
            let rest = without + told(false).sum::<u64>();
            prop_assert!(rest == 0 || rest >= GROUP_BALLOTS_MIN || !shown.contains(&true), "{rest}");
        }
    }
}
