//! The index of a party: 500 and the points of each signal, with their spread. It knows no exposure.

mod prior;

use serde::Serialize;

use crate::counter::Count;
use crate::signal::{Dimension, Form, SIGNALS, Signal, SignalId};

pub use prior::{Gathered, MERCHANTS_MIN, Prior, Priors};

/// The index of a shop of which nothing is known.
pub const TYPICAL: f64 = 500.0;
/// The factor of the variance: signals of one shop go together, and a sum of independent ones would look too certain.
const VARIANCE_FACTOR: f64 = 1.5;
/// The nearest that a rate comes to 0 and to 1, so that its logarithm exists.
const RATE_MIN: f64 = 1e-6;
/// The spread from which a shop counts as new, in points: nothing known is 46.3.
const NEW_SD_MIN: f64 = 42.0;
/// The spread below which the evidence is firm, in points.
const FIRM_SD_MAX: f64 = 28.0;
/// The spreads between the index and its bounds: each bound is wrong in a tenth of the shops.
const BOUND_SPREADS: f64 = 1.28;

/// All that is known of a party at one time.
#[derive(Clone, Debug)]
pub struct Observations {
    counts: [Count; SignalId::COUNT],
    states: [Option<f64>; SignalId::COUNT],
}

impl Default for Observations {
    fn default() -> Self {
        Self { counts: [Count::default(); SignalId::COUNT], states: [None; SignalId::COUNT] }
    }
}

impl Observations {
    /// Sets the counts of a rate or of an exposure.
    pub const fn set_count(&mut self, id: SignalId, count: Count) {
        self.counts[id.place()] = count;
    }

    /// Sets a state, whose source has spoken.
    pub const fn set_state(&mut self, id: SignalId, state: f64) {
        self.states[id.place()] = Some(state);
    }

    /// The counts of a signal.
    #[must_use]
    pub const fn count(&self, id: SignalId) -> Count {
        self.counts[id.place()]
    }
}

/// The contribution of one signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    /// The signal.
    pub id: SignalId,
    /// The counts behind it.
    pub count: Count,
    /// The shrunk rate, or the state; none where no source has spoken about a state.
    pub rate: Option<f64>,
    /// The points: above 0 for better than typical.
    pub points: f64,
    /// The spread of the points.
    pub sd: f64,
}

/// The amount of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Too little is known.
    New,
    /// Something is known.
    Some,
    /// The index is known well.
    Firm,
}

impl Evidence {
    /// The amount of evidence behind an index with this spread.
    #[must_use]
    pub fn of(sd: f64) -> Self {
        match sd {
            sd if sd >= NEW_SD_MIN => Self::New,
            sd if sd < FIRM_SD_MAX => Self::Firm,
            _ => Self::Some,
        }
    }

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Some => "some",
            Self::Firm => "firm",
        }
    }
}

/// The index with all that it is made of.
#[derive(Clone, Debug)]
pub struct Index {
    /// The index: 500 and all contributions.
    pub value: f64,
    /// The standard deviation.
    pub sd: f64,
    /// The contributions, in the order of the table.
    pub contributions: Vec<Contribution>,
}

impl Index {
    /// The index of what is known, among shops with these priors.
    #[must_use]
    pub fn of(known: &Observations, priors: &Priors) -> Self {
        let contribution = |signal: &Signal| {
            let (id, prior) = (signal.id, priors.of(signal.id));
            let count = known.count(id);
            let (rate, share, share_sd) = match signal.form {
                Form::Rate => rate(signal, prior, count),
                Form::Exposure => exposure(signal, prior, count),
                Form::State => state(prior, known.states[id.place()]),
            };
            let points_max = signal.points_max();
            Contribution { id, count, rate, points: points_max * signal.sign() * share, sd: points_max * share_sd }
        };
        let contributions: Vec<_> = SIGNALS.iter().map(contribution).collect();
        let variance: f64 = contributions.iter().map(|one| one.sd * one.sd).sum();
        Self {
            value: TYPICAL + contributions.iter().map(|one| one.points).sum::<f64>(),
            sd: (VARIANCE_FACTOR * variance).sqrt(),
            contributions,
        }
    }

    /// The bound that the party's true index exceeds in nine of ten cases.
    #[must_use]
    pub fn low(&self) -> f64 {
        self.value - BOUND_SPREADS * self.sd
    }

    /// The bound that the party's true index stays below in nine of ten cases.
    #[must_use]
    pub fn high(&self) -> f64 {
        self.value + BOUND_SPREADS * self.sd
    }

    /// The amount of evidence.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        Evidence::of(self.sd)
    }

    /// The points of a dimension.
    #[must_use]
    pub fn points(&self, dimension: Dimension) -> f64 {
        self.contributions.iter().filter(|one| one.id.signal().dimension() == dimension).map(|one| one.points).sum()
    }
}

/// The log odds of a rate.
pub(crate) fn logit(rate: f64) -> f64 {
    let rate = within(rate);
    (rate / (1.0 - rate)).ln()
}

fn within(rate: f64) -> f64 {
    rate.clamp(RATE_MIN, 1.0 - RATE_MIN)
}

/// The rate or the events for each unit of exposure, shrunk towards the prior.
pub(crate) fn shrunk(signal: &Signal, prior: f64, count: Count) -> f64 {
    (count.k + signal.kappa * prior) / (count.n + signal.kappa)
}

/// tanh(z/2), and its spread where z has the spread `z_sd`.
fn share(z: f64, z_sd: f64) -> (f64, f64) {
    let cosh = (z / 2.0).cosh();
    ((z / 2.0).tanh(), 0.5 / (cosh * cosh) * z_sd)
}

fn rate(signal: &Signal, prior: Prior, count: Count) -> (Option<f64>, f64, f64) {
    let rate = within(shrunk(signal, prior.typical, count));
    let z = (logit(rate) - logit(prior.typical)) / prior.sigma;
    let z_sd = 1.0 / (prior.sigma * ((count.n + signal.kappa) * rate * (1.0 - rate)).sqrt());
    let (share, sd) = share(z, z_sd);
    (Some(rate), share, sd)
}

fn exposure(signal: &Signal, prior: Prior, count: Count) -> (Option<f64>, f64, f64) {
    let rate = shrunk(signal, prior.typical, count);
    let z = (rate / prior.typical).ln() / prior.sigma;
    let z_sd = 1.0 / (prior.sigma * (count.k + signal.kappa * prior.typical).sqrt());
    let (share, sd) = share(z, z_sd);
    (Some(rate), share, sd)
}

/// A state says what it says: it has no spread, and adds nothing until its source has spoken.
fn state(prior: Prior, state: Option<f64>) -> (Option<f64>, f64, f64) {
    let share = state.map_or(0.0, |state| (state - prior.typical) / prior.typical.max(1.0 - prior.typical));
    (state, share, 0.0)
}

#[cfg(test)]
mod tests;
