//! Reports by viewers: how much a bucket of them weighs. A report moves nothing but its bucket.

/// The weight from which a bucket becomes a draft, or a line in the desk's queue: nine reporters of whom nothing is
/// known, or four who were mostly right.
pub const DRAFT_SCORE: f64 = 3.0;
/// The factor of a report with an order that the reporter is proven to have placed.
const PROVEN_FACTOR: f64 = 2.0;
/// The reports in 10 s from which a bucket shows a burst: chance seldom brings as many.
const BURST_REPORTS: usize = 10;
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

/// The weight of a bucket with one report of each reporter.
#[must_use]
pub fn score(reports: &[Report]) -> f64 {
    let weight = |report: &Report| report.record.credibility() * if report.proven { PROVEN_FACTOR } else { 1.0 };
    reports.iter().map(weight).sum()
}

/// Whether a bucket becomes a draft: by its weight, or by one proven order.
#[must_use]
pub fn is_enough(reports: &[Report]) -> bool {
    /// The error of floats in a sum of thirds.
    const SLACK: f64 = 1e-9;
    reports.iter().any(|report| report.proven) || score(reports) >= DRAFT_SCORE - SLACK
}

/// Whether the reports came as a burst, which a moderator is shown: ten within ten seconds, or most from new accounts.
#[must_use]
pub fn is_burst(reports: &[Report]) -> bool {
    let new = reports.iter().filter(|report| report.new_account).count();
    let mut times: Vec<u64> = reports.iter().map(|report| report.at_ms).collect();
    times.sort_unstable();
    let fast = times.windows(BURST_REPORTS).any(|some| some[BURST_REPORTS - 1] - some[0] <= BURST_MS);
    fast || 2 * new > reports.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(upheld: u64, dismissed: u64, at_ms: u64) -> Report {
        Report { record: Record { upheld, dismissed }, proven: false, new_account: false, at_ms }
    }

    #[test]
    fn nine_newcomers_or_one_proven_order_are_enough() {
        let newcomers = vec![report(0, 0, 0); 9];
        assert!((score(&newcomers) - 3.0).abs() < 1e-12);
        assert!(is_enough(&newcomers) && !is_enough(&newcomers[..8]) && !is_enough(&[]));
        let buyer = Report { proven: true, ..report(0, 0, 0) };
        assert!((score(&[buyer]) - 2.0 / 3.0).abs() < 1e-12);
        assert!(is_enough(&[buyer]));
    }

    #[test]
    fn a_reporter_who_was_right_weighs_more_and_one_who_was_wrong_less() {
        let credibility = |upheld, dismissed| Record { upheld, dismissed }.credibility();
        assert!((credibility(0, 0) - 1.0 / 3.0).abs() < 1e-12);
        assert!((credibility(7, 0) - 0.8).abs() < 1e-12);
        assert!((credibility(0, 7) - 0.1).abs() < 1e-12);
    }

    #[test]
    fn ten_reports_in_ten_seconds_are_a_burst() {
        let spread = |gap_ms: u64| (0..10).map(|place| report(0, 0, place * gap_ms)).collect::<Vec<_>>();
        assert!(is_burst(&spread(1_111)));
        assert!(!is_burst(&spread(1_112)));
        let new = |new_account| Report { new_account, ..report(0, 0, 0) };
        assert!(is_burst(&[new(true), new(true), new(false)]) && !is_burst(&[new(true), new(false)]));
    }
}
