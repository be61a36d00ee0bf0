//! The ways in which a market sets exposures: the index, and what it is compared with.

use live_jury_trust::exposure::{Circumstances, Exposure};
use live_jury_trust::index::Index;
use live_jury_trust::signal::SignalId;

use super::record::{Record, stars_of};
use super::trials::TYPICAL_BAD_SHARE;

/// The bounds of an exposure: all methods have the same.
const RANGE: (f64, f64) = (0.7, 1.3);
/// The reviews of an order.
const REVIEWS_AN_ORDER: f64 = 0.12;

/// A method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// The index with all of its steps, and slots for new shops.
    Index,
    /// All shops alike.
    NoIndex,
    /// The mean of a shop's stars.
    Stars,
    /// The index as if it had no spread.
    PointEstimate,
    /// The true bad share of each day, which nobody knows.
    Truth,
}

impl Method {
    /// All methods, the index first.
    pub const ALL: [Self; 5] = [Self::Index, Self::NoIndex, Self::Stars, Self::PointEstimate, Self::Truth];

    /// The name in figures.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::NoIndex => "no index",
            Self::Stars => "stars",
            Self::PointEstimate => "point estimate",
            Self::Truth => "the truth",
        }
    }

    /// Whether it computes indexes, and shows new shops in slots of their own.
    pub const fn has_index(self) -> bool {
        matches!(self, Self::Index | Self::PointEstimate)
    }

    /// The exposure by an index.
    pub fn exposure(self, mut index: Index, circumstances: &Circumstances) -> Exposure {
        if self == Self::PointEstimate {
            index.sd = 0.0;
        }
        Exposure::of(&index, circumstances)
    }
}

/// The exposure by stars: in a line from no bad review to twice the bad reviews of a typical shop. Without a review
/// it is 1.
pub(super) fn by_stars(record: &Record) -> f64 {
    let typical = SignalId::E01.signal().prior / REVIEWS_AN_ORDER;
    let better = |stars: f64| (stars - stars_of(typical)) / (stars_of(0.0) - stars_of(typical));
    record.stars().map_or(1.0, |stars| (1.0 + (RANGE.1 - 1.0) * better(stars)).clamp(RANGE.0, RANGE.1))
}

/// The exposure by the truth. No other within the range leads to fewer bad orders.
pub(super) fn by_truth(bad_share: f64) -> f64 {
    if bad_share < TYPICAL_BAD_SHARE { RANGE.1 } else { RANGE.0 }
}
