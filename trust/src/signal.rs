//! A signal: one published measure of how a shop or a host keeps to its word. It holds no count.

#[cfg(test)]
mod document;
mod table;

use std::fmt;

use serde::{Serialize, Serializer};

pub use table::SIGNALS;

/// The place of a signal in [`SIGNALS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignalId(u8);

impl SignalId {
    /// The number of signals.
    pub const COUNT: usize = 90;

    /// All signals, in the order of the table.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        (0..Self::COUNT as u8).map(Self)
    }

    /// The signal with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        SIGNALS.iter().find(|signal| signal.name == name).map(|signal| signal.id)
    }

    /// The row of the table.
    #[must_use]
    pub fn signal(self) -> &'static Signal {
        &SIGNALS[self.place()]
    }

    /// The place in the table.
    #[must_use]
    pub const fn place(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for SignalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.signal().name)
    }
}

impl Serialize for SignalId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.signal().name)
    }
}

/// A row of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Signal {
    /// The place.
    #[serde(skip)]
    pub id: SignalId,
    /// The name: the letter of the dimension and a number.
    #[serde(rename = "id")]
    pub name: &'static str,
    /// The meaning in words.
    pub what: &'static str,
    /// The form of its counts.
    pub form: Form,
    /// The effect of a higher number.
    pub effect: Effect,
    /// The time after which a fact counts half, in days; 0 for a state.
    pub half_life_days: u16,
    /// The rate, or the state, of a typical shop.
    pub prior: f64,
    /// The weight of the prior, in trials or in units of exposure; 0 for a state.
    pub kappa: f64,
    /// The weight within the dimension, in hundredths.
    pub weight: u8,
    /// The source of its counts.
    pub source: Source,
}

impl Signal {
    /// The dimension, by the first letter of the name.
    #[must_use]
    pub fn dimension(&self) -> Dimension {
        let letter = self.name.as_bytes().first().copied();
        Dimension::ALL.into_iter().find(|dimension| Some(dimension.letter()) == letter).unwrap_or(Dimension::Society)
    }

    /// The largest number of points that the signal adds or takes away.
    #[must_use]
    pub fn points_max(&self) -> f64 {
        5.0 * self.dimension().weight() * f64::from(self.weight)
    }

    /// 1 where a higher number is good, and −1 where it is bad.
    #[must_use]
    pub const fn sign(&self) -> f64 {
        match self.effect {
            Effect::Good => 1.0,
            Effect::Bad => -1.0,
        }
    }

    /// The share of misses among the trials of a rate: of bad ones, or of those that are not good.
    #[must_use]
    pub fn misses(&self, rate: f64) -> f64 {
        match self.effect {
            Effect::Good => 1.0 - rate,
            Effect::Bad => rate,
        }
    }
}

/// The form of a signal's counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// `k` of `n` trials.
    Rate,
    /// `k` events in an exposure of `n` units.
    Exposure,
    /// A number from 0 to 1.
    State,
}

/// The effect of a higher number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It adds points.
    Good,
    /// It takes points away.
    Bad,
}

/// The source of a signal's counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The platform's facts.
    Facts,
    /// Rulings about verdicts. The exposures beside them are facts.
    Verdicts,
    /// Points, measures and bans.
    Standing,
    /// Cases on the party, apart from their verdicts.
    Cases,
    /// The screening of listings.
    Screening,
    /// Claims of buyers on a promise.
    Claims,
    /// The promises in force.
    Promises,
    /// Remedies that a verdict ordered.
    Remedies,
    /// The application with which the shop came.
    Applications,
}

impl Source {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Verdicts => "verdicts",
            Self::Standing => "standing",
            Self::Cases => "cases",
            Self::Screening => "screening",
            Self::Claims => "claims",
            Self::Promises => "promises",
            Self::Remedies => "remedies",
            Self::Applications => "applications",
        }
    }

    /// Whether facts may count for such signals. The screening of listings counts all of its own: a denominator from
    /// elsewhere would praise a shop for misses that nobody counts.
    #[must_use]
    pub const fn is_fed(self) -> bool {
        !matches!(self, Self::Screening)
    }
}

/// A dimension of the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// The goods.
    Goods,
    /// The service.
    Service,
    /// The host.
    Host,
    /// The buyers' experience.
    Experience,
    /// The promises.
    Promises,
    /// The society around: verdicts, points, authorities.
    Society,
}

impl Dimension {
    /// All dimensions, in the order of the table.
    pub const ALL: [Self; 6] =
        [Self::Goods, Self::Service, Self::Host, Self::Experience, Self::Promises, Self::Society];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Goods => "goods",
            Self::Service => "service",
            Self::Host => "host",
            Self::Experience => "experience",
            Self::Promises => "promises",
            Self::Society => "society",
        }
    }

    /// The first letter of the names of its signals.
    #[must_use]
    pub const fn letter(self) -> u8 {
        match self {
            Self::Goods => b'q',
            Self::Service => b's',
            Self::Host => b'h',
            Self::Experience => b'e',
            Self::Promises => b'p',
            Self::Society => b'x',
        }
    }

    /// The weight in the index; all six sum to 1.
    #[must_use]
    pub const fn weight(self) -> f64 {
        match self {
            Self::Goods => 0.25,
            Self::Service => 0.20,
            Self::Host | Self::Experience | Self::Promises => 0.15,
            Self::Society => 0.10,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_ninety_rows_and_each_dimension_sums_to_a_hundred() {
        assert_eq!(SIGNALS.len(), 90);
        for (dimension, rows) in Dimension::ALL.into_iter().zip([18, 16, 14, 14, 14, 14]) {
            let of_it = || SIGNALS.iter().filter(move |signal| signal.dimension() == dimension);
            assert_eq!(of_it().count(), rows, "{dimension:?}");
            assert_eq!(of_it().map(|signal| u32::from(signal.weight)).sum::<u32>(), 100, "{dimension:?}");
        }
        assert!((Dimension::ALL.into_iter().map(Dimension::weight).sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn every_id_finds_its_row_and_every_name_its_id() {
        for id in SignalId::all() {
            assert_eq!(id.signal().id, id);
            assert_eq!(SignalId::from_name(id.signal().name), Some(id));
        }
        assert_eq!(SignalId::P04.to_string(), "p04");
        assert_eq!(SignalId::from_name("q19"), None);
    }

    #[test]
    fn a_row_is_possible() {
        for signal in &SIGNALS {
            assert!(signal.prior > 0.0 && (signal.form == Form::Exposure || signal.prior < 1.0), "{}", signal.name);
            assert_eq!(signal.form == Form::State, signal.kappa == 0.0, "{}", signal.name);
            assert_eq!(signal.form == Form::State, signal.half_life_days == 0, "{}", signal.name);
            assert!(!signal.what.is_empty() && signal.weight > 0, "{}", signal.name);
        }
    }
}
