//! The sums that a verdict publishes, as far as small numbers allow.

use live_jury_protocol::{Cohort, CohortBallots, Cohorts, Details, NewCase, SideBallots, Sides};

use super::{CohortSums, SideSums, Sums};
use crate::counts_by_option;

impl Sums {
    /// The details of a case's verdict; none where nothing may be published.
    #[must_use]
    pub fn details(&self, case: &NewCase) -> Option<Details> {
        let counts = |counts: &[u64]| counts_by_option(case, counts);
        let side = |side: &SideSums| SideBallots {
            deciding: side.deciding,
            counts: self.shows_options_of_sides(case).then(|| counts(&side.counts)),
        };
        let sides = || Sides { buyer: side(&self.buyers), merchant: side(&self.merchants) };
        let cohort = |cohort: &CohortSums| {
            let ballots = || CohortBallots { counts: counts(&cohort.counts), e: cohort.e };
            self.shows_cohort(case, cohort).then(ballots)
        };
        let cohorts = Cohorts {
            present: cohort(&self.present),
            older: cohort(&self.older),
            raised: self.is_raised(case).then_some(if self.older.e > self.present.e {
                Cohort::Older
            } else {
                Cohort::Present
            }),
        };
        let reasons = case.rules.reasons.iter().zip(&self.reasons).zip(self.shown_reasons());
        let shown = reasons.filter(|(_, is_shown)| *is_shown);
        let details = Details {
            sides: self.shows_sides(case).then(sides),
            cohorts: (cohorts != Cohorts::default()).then_some(cohorts),
            informed: self.shows_informed().then(|| counts(&self.informed)),
            reasons: shown.map(|((reason, ballots), _)| (reason.id.clone(), counts(ballots))).collect(),
        };
        (details != Details::default()).then_some(details)
    }
}

#[cfg(test)]
mod tests {
    use live_jury_protocol::Side;

    use super::*;
    use crate::sums::small::tests::case;
    use crate::{AccountAge, Marks};

    /// 40 buyers who were there and read everything vote for the first option with the second reason; 35 merchants who
    /// came later vote for the second one; 3 abstain.
    fn ballots() -> Vec<(u8, Option<Side>, Marks)> {
        let there = (0, Some(Side::Buyer), Marks::new(true, AccountAge::Years, 3, 2));
        let late = (1, Some(Side::Merchant), Marks::new(false, AccountAge::Days, 1, 7));
        let abstaining = (2, None, Marks::new(true, AccountAge::Unknown, 0, 1));
        let mut ballots = Vec::new();
        for round in 0..40 {
            ballots.push(there);
            ballots.extend((round < 35).then_some(late));
            ballots.extend((round < 3).then_some(abstaining));
        }
        ballots
    }

    fn sums(case: &NewCase) -> Sums {
        Sums::of_marked(case, ballots().into_iter()).unwrap()
    }

    #[test]
    fn the_sums_of_ballots_are_published_as_the_case_asks() {
        let reasons = serde_json::json!([{"id": "r1", "label": "x"}, {"id": "r2", "label": "y"}]);
        let fair = case(serde_json::json!({"hold_when_balanced": true, "reasons": reasons}));
        let sums = sums(&fair);
        assert_eq!(sums.counts, [40, 35, 3]);
        assert_eq!((sums.buyers.deciding, sums.merchants.deciding), (40, 35));
        let details = serde_json::to_value(sums.details(&fair).unwrap()).unwrap();
        let counts = |a: u64, b: u64, n: u64| serde_json::json!({"a": a, "b": b, "n": n});
        assert_eq!(details["sides"]["buyer"], serde_json::json!({"deciding": 40, "counts": counts(40, 0, 0)}));
        assert_eq!(details["sides"]["merchant"], serde_json::json!({"deciding": 35, "counts": counts(0, 35, 0)}));
        assert_eq!(details["cohorts"]["present"]["counts"], counts(40, 0, 3));
        assert_eq!(details["cohorts"]["older"]["counts"], counts(40, 0, 0));
        assert_eq!(details["cohorts"]["raised"], "present", "the first of two that are equal");
        assert_eq!(details["informed"], counts(40, 0, 0));
        assert_eq!(details["reasons"], serde_json::json!({"r2": counts(40, 0, 0)}), "three chose the other");
    }

    #[test]
    fn a_case_that_asks_for_nothing_publishes_no_sides_and_no_cohorts() {
        let plain = case(serde_json::json!({"raid": "off"}));
        let details = sums(&plain).details(&plain).unwrap();
        assert_eq!((&details.sides, &details.cohorts), (&None, &None));
        assert!(details.informed.is_some() && details.reasons.is_empty());
        assert_eq!(Sums::of_counts(&[9, 9, 9]).details(&plain), None);
    }

    #[test]
    fn a_ballot_for_an_option_that_the_case_lacks_has_no_sums() {
        let case = case(serde_json::json!({}));
        assert_eq!(Sums::of_marked(&case, [(3, None, Marks::default())].into_iter()), None);
    }
}
