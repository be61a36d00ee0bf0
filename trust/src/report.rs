//! Reports by viewers: how much a bucket of them weighs. A report moves nothing but its bucket.

/// The weight from which a bucket becomes a draft, or a line in the desk's queue: nine reporters of whom nothing is
/// known, or four who were mostly right.
pub const DRAFT_SCORE: f64 = 3.0;
/// The factor of a report with an order that the reporter is proven to have placed.
const PROVEN_FACTOR: f64 = 2.0;
/// The reports in 10 s from which a bucket shows a burst: chance seldom brings as many.
const BURST_REPORTS: usize = 10;
/// The latest reports of a bucket that tell, with the next one, whether it is a burst.
pub const LATEST_READ: usize = BURST_REPORTS - 1;
/// The time of a burst, in milliseconds.
const BURST_MS: u64 = 10_000;

/// A reporter's earlier reports, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Those that led to a violation.
    pub upheld: u64,
    /// Those that did not, or that were closed as unfounded.
    pub dismissed: u64,
}

impl Record {
    /// The weight of a report: 1/3 for a newcomer, towards 1 for somebody who is mostly right.
    #[must_use]
    pub fn credibility(self) -> f64 {
        let (upheld, dismissed) = (self.upheld as f64, self.dismissed as f64);
        (1.0 + upheld) / (3.0 + upheld + dismissed)
    }
}

/// A report in a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// The reporter's record.
    pub record: Record,
    /// Whether the reporter is proven to have placed the order.
    pub proven: bool,
    /// Whether the account is younger than 7 days.
    pub new_account: bool,
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
}

impl Report {
    /// The weight that the report adds to its bucket.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.record.credibility() * if self.proven { PROVEN_FACTOR } else { 1.0 }
    }
}

/// The sums of a bucket, with one report of each reporter. Each report adds to them once, as it weighs when it comes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    /// The sum of the reports' weights.
    pub score: f64,
    /// The reporters.
    pub reporters: u64,
    /// Those with a proven order.
    pub proven: u64,
    /// Those with an account younger than 7 days.
    pub new_accounts: u64,
    /// Whether ten reports came within ten seconds.
    pub fast: bool,
}

impl Sums {
    /// Adds a report. `before` tells whether the reporter's earlier reports in this bucket had a proven order; none if
    /// there are none. `latest` are the times of the bucket's latest reports, [`LATEST_READ`] of them at most.
    pub fn add(&mut self, report: &Report, before: Option<bool>, latest: &[u64]) {
        let proven = report.proven || before == Some(true);
        let weight = |proven| Report { proven, ..*report }.weight();
        self.score += weight(proven) - before.map_or(0.0, weight);
        self.reporters += u64::from(before.is_none());
        self.new_accounts += u64::from(before.is_none() && report.new_account);
        self.proven += u64::from(proven && before != Some(true));
        let first_ms = latest.iter().min().copied().unwrap_or(report.at_ms);
        self.fast |= latest.len() >= LATEST_READ && report.at_ms.saturating_sub(first_ms) <= BURST_MS;
    }

    /// Whether the bucket becomes a draft: by its weight, or by one proven order.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        /// The error of floats in a sum of thirds.
        const SLACK: f64 = 1e-9;
        self.proven > 0 || self.score >= DRAFT_SCORE - SLACK
    }

    /// Whether the reports came as a burst, which a moderator is shown: ten within ten seconds, or most from new
    /// accounts.
    #[must_use]
    pub const fn is_burst(&self) -> bool {
        self.fast || 2 * self.new_accounts > self.reporters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(upheld: u64, dismissed: u64, at_ms: u64) -> Report {
        Report { record: Record { upheld, dismissed }, proven: false, new_account: false, at_ms }
    }

    /// A bucket with these reports, each of another reporter.
    fn bucket(reports: &[Report]) -> Sums {
        let mut sums = Sums::default();
        for (place, report) in reports.iter().enumerate() {
            let latest: Vec<u64> = reports[..place].iter().rev().take(LATEST_READ).map(|one| one.at_ms).collect();
            sums.add(report, None, &latest);
        }
        sums
    }

    #[test]
    fn nine_newcomers_or_one_proven_order_are_enough() {
        let newcomers = vec![report(0, 0, 0); 9];
        assert!((bucket(&newcomers).score - 3.0).abs() < 1e-12);
        assert!(bucket(&newcomers).is_enough() && !bucket(&newcomers[..8]).is_enough() && !bucket(&[]).is_enough());
        let buyer = Report { proven: true, ..report(0, 0, 0) };
        assert!((bucket(&[buyer]).score - 2.0 / 3.0).abs() < 1e-12);
        assert!(bucket(&[buyer]).is_enough());
    }

    #[test]
    fn a_reporter_who_was_right_weighs_more_and_one_who_was_wrong_less() {
        let credibility = |upheld, dismissed| Record { upheld, dismissed }.credibility();
        assert!((credibility(0, 0) - 1.0 / 3.0).abs() < 1e-12);
        assert!((credibility(7, 0) - 0.8).abs() < 1e-12);
        assert!((credibility(0, 7) - 0.1).abs() < 1e-12);
    }

    #[test]
    fn a_second_report_of_a_reporter_adds_a_proven_order_alone() {
        let mut sums = bucket(&[report(0, 0, 0)]);
        let again = Report { new_account: true, ..report(0, 0, 5) };
        sums.add(&again, Some(false), &[]);
        assert!((sums.score - 1.0 / 3.0).abs() < 1e-12, "{sums:?}");
        sums.add(&Report { proven: true, ..again }, Some(false), &[]);
        sums.add(&again, Some(true), &[]);
        assert!((sums.score - 2.0 / 3.0).abs() < 1e-12, "{sums:?}");
        assert_eq!((sums.reporters, sums.proven, sums.new_accounts), (1, 1, 0));
    }

    #[test]
    fn ten_reports_in_ten_seconds_are_a_burst() {
        let spread = |gap_ms: u64| (0..10).map(|place| report(0, 0, place * gap_ms)).collect::<Vec<_>>();
        assert!(bucket(&spread(1_111)).is_burst());
        assert!(!bucket(&spread(1_112)).is_burst());
        assert!(!bucket(&spread(0)[..9]).is_burst());
        let new = |new_account| Report { new_account, ..report(0, 0, 0) };
        assert!(bucket(&[new(true), new(true), new(false)]).is_burst());
        assert!(!bucket(&[new(true), new(false)]).is_burst() && !bucket(&[]).is_burst());
    }
}
