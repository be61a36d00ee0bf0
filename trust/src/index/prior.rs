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
        let known: Vec<Count> = counts.iter().copied().filter(|count| count.n >= signal.kappa).collect();
        if signal.form == Form::State || known.len() < MERCHANTS_MIN {
            return Self::of_table(signal);
        }
        let sum = known.iter().fold(Count::default(), |sum, one| Count::new(sum.n + one.n, sum.k + one.k));
        let typical = shrunk(signal, signal.prior, sum);
        let place = |count: &Count| {
            let rate = shrunk(signal, typical, *count);
            if signal.form == Form::Rate { logit(rate) } else { rate.ln() }
        };
        let places: Vec<f64> = known.iter().map(place).collect();
        let mean = places.iter().sum::<f64>() / places.len() as f64;
        let variance = places.iter().map(|place| (place - mean).powi(2)).sum::<f64>() / places.len() as f64;
        Self { typical, sigma: variance.sqrt().max(SIGMA_MIN) }
    }
}

/// The priors of all signals.
#[derive(Clone, Debug)]
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
