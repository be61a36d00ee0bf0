//! The typical shop of a category. A prior is a count of what was; no weight is ever learnt.

use super::{logit, shrunk};
use crate::counter::Count;
use crate::signal::{Form, SIGNALS, Signal, SignalId};

/// The merchants with enough counts from which a category has a prior of its own. Fewer would let one shop move what it
/// is measured by.
pub const MERCHANTS_MIN: usize = 200;
/// The least spread of a category's shops. A smaller one would make points of differences that mean nothing.
const SIGMA_MIN: f64 = 0.5;

/// The typical value of one signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    /// The typical rate, events for each unit of exposure, or state.
    pub typical: f64,
    /// The spread among shops, in log odds or in logarithms.
    pub sigma: f64,
}

impl Prior {
    /// The table's own.
    #[must_use]
    pub const fn of_table(signal: &Signal) -> Self {
        Self { typical: signal.prior, sigma: 1.0 }
    }

    /// The prior that the counts of a category's merchants show. It is the table's until 200 of them have κ trials or
    /// more, and always for a state.
    #[must_use]
    pub fn of_category(signal: &Signal, counts: &[Count]) -> Self {
        let mut gathered = Gathered::default();
        counts.iter().for_each(|count| gathered.add(signal, *count));
        counts.iter().for_each(|count| gathered.add_spread(signal, *count));
        gathered.prior(signal).unwrap_or_else(|| Self::of_table(signal))
    }
}

/// The counts of a category's merchants for one signal, gathered in two passes over all of them: a million merchants
/// need no memory. The second pass begins once the first has ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gathered {
    merchants: usize,
    sum: Count,
    /// Those of the second pass, the mean of their places and the sum of squares around it (Welford, 1962).
    placed: usize,
    mean: f64,
    squares: f64,
}

impl Gathered {
    /// Adds a merchant in the first pass. One with too few counts is left out.
    pub fn add(&mut self, signal: &Signal, count: Count) {
        if count.n >= signal.kappa {
            self.merchants += 1;
            self.sum = Count::new(self.sum.n + count.n, self.sum.k + count.k);
        }
    }

    /// Adds a merchant in the second pass.
    pub fn add_spread(&mut self, signal: &Signal, count: Count) {
        let Some(typical) = self.typical(signal).filter(|_| count.n >= signal.kappa) else { return };
        let rate = shrunk(signal, typical, count);
        let place = if signal.form == Form::Rate { logit(rate) } else { rate.ln() };
        self.placed += 1;
        let before = place - self.mean;
        self.mean += before / self.placed as f64;
        self.squares += before * (place - self.mean);
    }

    fn typical(&self, signal: &Signal) -> Option<f64> {
        let has_enough = signal.form != Form::State && self.merchants >= MERCHANTS_MIN;
        has_enough.then(|| shrunk(signal, signal.prior, self.sum))
    }

    /// The prior that they show; none where the table's holds.
    #[must_use]
    pub fn prior(&self, signal: &Signal) -> Option<Prior> {
        let typical = self.typical(signal)?;
        let variance = self.squares / self.placed.max(1) as f64;
        Some(Prior { typical, sigma: variance.sqrt().max(SIGMA_MIN) })
    }
}

/// The priors of all signals.
#[derive(Clone, Debug, PartialEq)]
pub struct Priors([Prior; SignalId::COUNT]);

impl Default for Priors {
    fn default() -> Self {
        Self(std::array::from_fn(|place| Prior::of_table(&SIGNALS[place])))
    }
}

impl Priors {
    /// The prior of a signal.
    #[must_use]
    pub const fn of(&self, id: SignalId) -> Prior {
        self.0[id.place()]
    }

    /// Sets the prior of a signal.
    pub const fn set(&mut self, id: SignalId, prior: Prior) {
        self.0[id.place()] = prior;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_of_few_shops_keeps_the_tables_prior() {
        let signal = SignalId::Q01.signal();
        let counts = vec![Count::new(200.0, 8.0); MERCHANTS_MIN - 1];
        assert_eq!(Prior::of_category(signal, &counts), Prior::of_table(signal));
        let mut with_a_small_one = counts.clone();
        with_a_small_one.push(Count::new(199.0, 8.0));
        assert_eq!(Prior::of_category(signal, &with_a_small_one), Prior::of_table(signal));
    }

    #[test]
    fn a_category_of_many_shops_has_its_own_rate_and_at_least_half_a_spread() {
        let signal = SignalId::Q01.signal();
        let alike = vec![Count::new(200.0, 8.0); MERCHANTS_MIN];
        let prior = Prior::of_category(signal, &alike);
        assert!((prior.typical - (1_600.0 + 4.0) / 40_200.0).abs() < 1e-12);
        assert_eq!(prior.sigma, SIGMA_MIN);
        let apart: Vec<_> = (0..400).map(|shop| Count::new(2_000.0, if shop % 2 == 0 { 4.0 } else { 400.0 })).collect();
        assert!(Prior::of_category(signal, &apart).sigma > 1.0);
    }

    #[test]
    fn a_state_has_no_prior_of_a_category() {
        let signal = SignalId::X05.signal();
        let counts = vec![Count::new(1.0, 1.0); 2 * MERCHANTS_MIN];
        assert_eq!(Prior::of_category(signal, &counts), Prior::of_table(signal));
    }
}
