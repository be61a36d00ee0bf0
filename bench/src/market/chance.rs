//! Chance of the market: draws from the distributions that it needs. The same seed gives the same draws.

use std::f64::consts::TAU;

/// The largest mean of one product of uniform numbers: e⁻³⁰ is far from the smallest float.
const POISSON_MEAN_MAX: f64 = 30.0;

/// A source of draws.
pub(super) struct Chance(fastrand::Rng);

/// A hit's probability, kept as the length of the gaps between hits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hits {
    /// 1 / ln(1 − p): 0 for a hit each time, and minus infinity for none at all.
    gap: f64,
}

impl Hits {
    /// Hits with this probability.
    pub fn with(probability: f64) -> Self {
        Self { gap: 1.0 / (-probability.clamp(0.0, 1.0)).ln_1p() }
    }
}

impl Chance {
    /// The draws of a seed and a stream. Streams of one seed are independent of each other.
    pub fn new(seed: u64, stream: u64) -> Self {
        // An odd multiplier keeps neighbouring streams apart.
        Self(fastrand::Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(stream)))
    }

    /// A number from 0 to 1; neither of them.
    pub fn uniform(&mut self) -> f64 {
        self.0.f64().max(f64::MIN_POSITIVE)
    }

    /// A whole number from 0 to below `end`.
    pub fn below(&mut self, end: u32) -> u32 {
        self.0.u32(0..end)
    }

    /// Whether something with this probability happens.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.0.f64() < probability
    }

    /// A number from the normal distribution with mean 0 and spread 1, by Box and Muller.
    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (TAU * self.0.f64()).cos()
    }

    /// A number from a beta distribution with whole parameters: of two sums of exponential numbers, the first's part.
    pub fn beta(&mut self, a: u32, b: u32) -> f64 {
        let (a, b) = (self.exponentials(a), self.exponentials(b));
        a / (a + b)
    }

    fn exponentials(&mut self, count: u32) -> f64 {
        (0..count).map(|_| -self.uniform().ln()).sum()
    }

    /// A number of events with this mean.
    pub fn poisson(&mut self, mean: f64) -> u32 {
        let (mut left, mut events) = (mean, 0);
        while left > 0.0 {
            let end = (-left.min(POISSON_MEAN_MAX)).exp();
            left -= POISSON_MEAN_MAX;
            let mut product = self.uniform();
            while product > end {
                events += 1;
                product *= self.uniform();
            }
        }
        events
    }

    /// The hits in a number of trials, drawn gap by gap: a rare hit costs one draw a request, not one a trial.
    pub fn hits(&mut self, trials: u32, hits: Hits) -> u32 {
        let (mut at, mut count) = (0.0, 0);
        loop {
            at += (self.uniform().ln() * hits.gap).floor() + 1.0;
            if at > f64::from(trials) {
                return count;
            }
            count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: u32 = 20_000;

    fn mean(mut draw: impl FnMut(&mut Chance) -> f64) -> f64 {
        let mut chance = Chance::new(7, 1);
        (0..DRAWS).map(|_| draw(&mut chance)).sum::<f64>() / f64::from(DRAWS)
    }

    #[test]
    fn draws_have_the_means_of_their_distributions() {
        // Four spreads of the mean of so many draws.
        let near = |measured: f64, expected: f64, sd: f64| {
            let bound = 4.0 * sd / f64::from(DRAWS).sqrt();
            assert!((measured - expected).abs() < bound, "{measured} and {expected}");
        };
        near(mean(Chance::normal), 0.0, 1.0);
        near(mean(|chance| chance.beta(2, 60)), 2.0 / 62.0, 0.0223);
        near(mean(|chance| chance.beta(12, 24)), 1.0 / 3.0, 0.0775);
        for expected in [0.2, 5.0, 70.0] {
            near(mean(|chance| f64::from(chance.poisson(expected))), expected, expected.sqrt());
        }
        for p in [0.001, 0.3, 0.95] {
            let hits = Hits::with(p);
            near(mean(|chance| f64::from(chance.hits(40, hits))), 40.0 * p, (40.0 * p * (1.0 - p)).sqrt());
        }
    }

    #[test]
    fn certain_and_impossible_hits_need_no_chance() {
        let mut chance = Chance::new(1, 1);
        assert_eq!(chance.hits(9, Hits::with(1.0)), 9);
        assert_eq!(chance.hits(9, Hits::with(0.0)), 0);
        assert_eq!(chance.hits(0, Hits::with(0.5)), 0);
    }

    #[test]
    fn streams_of_a_seed_differ_and_repeat() {
        let draws = |seed, stream| {
            let mut chance = Chance::new(seed, stream);
            [(); 4].map(|()| chance.below(1_000_000))
        };
        assert_eq!(draws(1, 2), draws(1, 2));
        assert_ne!(draws(1, 2), draws(1, 3));
        assert_ne!(draws(1, 2), draws(2, 2));
    }
}
