//! The sums that a verdict publishes, as far as small numbers allow.

use live_jury_protocol::{Cohort, CohortBallots, Cohorts, Counts, Details, NewCase, SideBallots, Sides};

use super::{CohortSums, GROUP_BALLOTS_MIN, SideSums, Sums, total};
use crate::{PanelSums, counts_by_option};

impl Sums {
    /// The details of a case's verdict; none where nothing may be published. A case with a panel has the panel's sums.
    #[must_use]
    pub fn details(&self, case: &NewCase, panel: Option<&PanelSums>) -> Option<Details> {
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
            strata: panel.map(|panel| panel.strata_ballots(case)),
            gallery: panel.and_then(|panel| self.gallery(case, panel)),
            cohorts: (cohorts != Cohorts::default()).then_some(cohorts),
            informed: self.shows_informed().then(|| counts(&self.informed)),
            reasons: shown.map(|((reason, ballots), _)| (reason.id.clone(), counts(ballots))).collect(),
            // The docket knows what jurors' devices did with the verdict.
            ..Details::default()
        };
        (details != Details::default()).then_some(details)
    }

    /// The ballots that are not counted on the panel; none where they are few, and none where the panel's own are not
    /// told: all ballots without the gallery are the panel's.
    fn gallery(&self, case: &NewCase, panel: &PanelSums) -> Option<Counts> {
        panel.ballots(case).counts?;
        let counted = panel.counts();
        let rest = |(option, all): (usize, &u64)| all.saturating_sub(counted.get(option).copied().unwrap_or(0));
        let gallery: Vec<u64> = self.counts.iter().enumerate().map(rest).collect();
        (total(&gallery) >= GROUP_BALLOTS_MIN).then(|| counts_by_option(case, &gallery))
    }
}

#[cfg(test)]
mod tests {
    use live_jury_protocol::Side;

    use super::*;
    use crate::sums::small::tests::case;
    use crate::{AccountAge, Marks, Stratum};

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
        let details = serde_json::to_value(sums.details(&fair, None).unwrap()).unwrap();
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
        let details = sums(&plain).details(&plain, None).unwrap();
        assert_eq!((&details.sides, &details.cohorts), (&None, &None));
        assert!(details.informed.is_some() && details.reasons.is_empty());
        assert_eq!(Sums::of_counts(&[9, 9, 9]).details(&plain, None), None);
    }

    #[test]
    fn the_gallery_is_published_beside_the_panel_and_no_side_is() {
        let panel = serde_json::json!({"buyer": 7, "merchant": 7});
        let drawn = case(serde_json::json!({"hold_when_balanced": true, "panel": panel}));
        let stratum = |seats, counts: &[u64]| Stratum { seats, counted: counts.iter().sum(), counts: counts.to_vec() };
        let mut panel = PanelSums {
            buyer: stratum(7, &[6, 1, 0]),
            merchant: stratum(7, &[1, 3, 1]),
            other: stratum(0, &[0, 0, 0]),
            lacks_beacon: false,
        };
        let sums = sums(&drawn);
        let details = serde_json::to_value(sums.details(&drawn, Some(&panel)).unwrap()).unwrap();
        let counts = |a: u64, b: u64, n: u64| serde_json::json!({"a": a, "b": b, "n": n});
        assert_eq!(details["sides"], serde_json::Value::Null);
        assert_eq!(details["gallery"], counts(33, 31, 2));
        let buyers = serde_json::json!({"seats": 7, "counted": 7, "counts": counts(6, 1, 0)});
        let merchants = serde_json::json!({"seats": 7, "counted": 5, "counts": counts(1, 3, 1)});
        assert_eq!(details["strata"], serde_json::json!({"buyer": buyers, "merchant": merchants}));
        let all = serde_json::to_value(panel.ballots(&drawn)).unwrap();
        assert_eq!(all, serde_json::json!({"seats": 14, "counted": 12, "counts": counts(7, 4, 1)}));
        panel.merchant = stratum(7, &[1, 3, 0]);
        let all = serde_json::to_value(panel.ballots(&drawn)).unwrap();
        assert_eq!(all, serde_json::json!({"seats": 14, "counted": 11}), "four would be told by subtraction");
        let details = serde_json::to_value(sums.details(&drawn, Some(&panel)).unwrap()).unwrap();
        assert_eq!(
            details["gallery"],
            serde_json::Value::Null,
            "all without the gallery and seven buyers are the four"
        );
        assert_eq!(details["strata"]["buyer"]["counts"], counts(6, 1, 0));
        assert_eq!(details["strata"]["merchant"]["counts"], serde_json::Value::Null);
    }

    #[test]
    fn a_ballot_for_an_option_that_the_case_lacks_has_no_sums() {
        let case = case(serde_json::json!({}));
        assert_eq!(Sums::of_marked(&case, [(3, None, Marks::default())].into_iter()), None);
    }
}
