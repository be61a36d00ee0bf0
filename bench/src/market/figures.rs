//! The figures of one run of a market, and their sums over runs. They know no shop.

/// A score of a shop with whether it is bad.
pub(super) type Sample = (f64, bool);

/// The figures of a run, or of several.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures {
    /// Bad orders.
    pub bad_orders: f64,
    /// All orders.
    pub orders: f64,
    /// The exposures of plainly good shops, and those below 0.9.
    pub good: Part,
    /// The months of plainly good shops, and those with a flag.
    pub flagged: Part,
    /// The sum of the exposures of brigaded shops, and their number.
    pub brigaded: Part,
    /// Days of good newcomers to their fiftieth order.
    pub newcomers: Vec<Option<u32>>,
    /// Days from a turn to its flag.
    pub turns: Vec<Option<u32>>,
    /// AUC by index, one a run.
    pub auc: Vec<f64>,
    /// AUC by stars, one a run.
    pub auc_of_stars: Vec<f64>,
    /// The gain of bad shops by bought orders.
    pub bought: Vec<f64>,
}

/// A part of a whole.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Part {
    /// The part.
    pub part: f64,
    /// The whole.
    pub whole: f64,
}

impl Part {
    /// Adds one to the whole, and `part` to the part.
    pub fn count(&mut self, part: f64) {
        self.part += part;
        self.whole += 1.0;
    }

    fn add(&mut self, other: Self) {
        self.part += other.part;
        self.whole += other.whole;
    }

    /// The share; none of nothing.
    pub fn share(self) -> Option<f64> {
        (self.whole > 0.0).then(|| self.part / self.whole)
    }
}

impl Figures {
    /// Adds the figures of another run.
    pub fn add(&mut self, other: Self) {
        self.bad_orders += other.bad_orders;
        self.orders += other.orders;
        self.good.add(other.good);
        self.flagged.add(other.flagged);
        self.brigaded.add(other.brigaded);
        self.newcomers.extend(other.newcomers);
        self.turns.extend(other.turns);
        self.auc.extend(other.auc);
        self.auc_of_stars.extend(other.auc_of_stars);
        self.bought.extend(other.bought);
    }

    /// The part of all orders that are bad.
    pub fn bad_share(&self) -> f64 {
        self.bad_orders / self.orders
    }
}

/// The middle of numbers of which some were never reached: those count as the largest.
pub(super) fn median_of_days(days: &[Option<u32>]) -> Option<f64> {
    let mut sorted: Vec<f64> = days.iter().map(|days| days.map_or(f64::INFINITY, f64::from)).collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().filter(|median| median.is_finite())
}

/// The mean.
pub(super) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The chance that a bad shop has a lower score than another one, ties half (Mann and Whitney); none without both.
pub(super) fn auc(samples: &mut [Sample]) -> Option<f64> {
    samples.sort_by(|a, b| a.0.total_cmp(&b.0));
    let bad = samples.iter().filter(|(_, is_bad)| *is_bad).count() as f64;
    let good = samples.len() as f64 - bad;
    let (mut won, mut bad_before, mut at) = (0.0, 0.0, 0);
    while at < samples.len() {
        let ties = samples[at..].iter().take_while(|(score, _)| *score == samples[at].0).count();
        let bad_here = samples[at..at + ties].iter().filter(|(_, is_bad)| *is_bad).count() as f64;
        let good_here = ties as f64 - bad_here;
        won += good_here * (bad_before + bad_here / 2.0);
        bad_before += bad_here;
        at += ties;
    }
    (bad > 0.0 && good > 0.0).then(|| won / (bad * good))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_that_tells_all_has_an_auc_of_1_and_one_that_tells_nothing_a_half() {
        assert_eq!(auc(&mut [(2.0, false), (1.0, true), (3.0, false)]), Some(1.0));
        assert_eq!(auc(&mut [(1.0, false), (1.0, true), (1.0, false)]), Some(0.5));
        assert_eq!(auc(&mut [(3.0, true), (1.0, false), (2.0, true), (2.0, false)]), Some(0.125));
        assert_eq!(auc(&mut [(3.0, true)]), None);
    }

    #[test]
    fn days_never_reached_are_the_longest() {
        assert_eq!(median_of_days(&[Some(5), None, Some(2)]), Some(5.0));
        assert_eq!(median_of_days(&[Some(5), None, None]), None);
        assert_eq!(median_of_days(&[]), None);
    }
}
