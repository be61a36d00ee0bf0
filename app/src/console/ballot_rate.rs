//! Ballots per second of a case, from successive tallies, and its curve. It never reads a clock.

use std::collections::VecDeque;

/// Length of the curve, in seconds. One minute shows a rush and its end, and fits the width of a card.
pub const SECONDS_SHOWN: usize = 60;

/// The ballots of one case, sampled once a second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BallotRate {
    samples: VecDeque<u64>,
}

impl BallotRate {
    /// Adds this second's sample. The oldest one goes after [`SECONDS_SHOWN`].
    pub fn push(&mut self, ballots: u64) {
        self.samples.push_back(ballots);
        if self.samples.len() > SECONDS_SHOWN + 1 {
            self.samples.pop_front();
        }
    }

    /// Ballots in each second, the newest last. A tally that restarts after a loss gives 0, not a negative rate.
    #[must_use]
    pub fn per_second(&self) -> Vec<u64> {
        self.samples
            .iter()
            .zip(self.samples.iter().skip(1))
            .map(|(before, after)| after.saturating_sub(*before))
            .collect()
    }

    /// Ballots in the newest second.
    #[must_use]
    pub fn current(&self) -> u64 {
        self.per_second().last().copied().unwrap_or_default()
    }

    /// Ballots in the fastest second shown.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.per_second().into_iter().max().unwrap_or_default()
    }
}

/// `rates` as a closed SVG path in a box of [`SECONDS_SHOWN`] by `height`, the newest at the right edge. Empty for less
/// than two rates.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a drawing of at most a few thousand units")]
pub fn curve(rates: &[u64], height: f64) -> String {
    if rates.len() < 2 {
        return String::new();
    }
    let top = rates.iter().copied().max().unwrap_or_default().max(1) as f64;
    let start = (SECONDS_SHOWN - rates.len().min(SECONDS_SHOWN)) as f64;
    let step = (SECONDS_SHOWN as f64 - start) / (rates.len() - 1) as f64;
    let mut path = format!("M{start:.1} {height:.1}");
    for (at, rate) in rates.iter().enumerate() {
        let (x, y) = (start + at as f64 * step, height - *rate as f64 / top * height);
        path.push_str(&format!("L{x:.1} {y:.1}"));
    }
    path.push_str(&format!("L{SECONDS_SHOWN} {height:.1}Z"));
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_the_difference_of_two_readings() {
        let mut rate = BallotRate::default();
        for ballots in [10, 14, 14, 3, 8] {
            rate.push(ballots);
        }
        assert_eq!(rate.per_second(), [4, 0, 0, 5]);
        assert_eq!((rate.current(), rate.peak()), (5, 5));
    }

    #[test]
    fn only_the_last_minute_is_kept() {
        let mut rate = BallotRate::default();
        for ballots in 0..200 {
            rate.push(ballots);
        }
        assert_eq!(rate.per_second().len(), SECONDS_SHOWN);
    }

    #[test]
    fn the_curve_ends_at_the_right_edge_and_its_peak_touches_the_top() {
        assert_eq!(curve(&[3], 10.0), "");
        assert_eq!(curve(&[0, 5], 10.0), "M58.0 10.0L58.0 10.0L60.0 0.0L60 10.0Z");
        assert!(!curve(&[0, 0, 0], 10.0).contains("NaN"));
    }
}
