//! The shares of a case's rules, the threshold and the band: numbers on the wire, integers in memory.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::THRESHOLD_SCALE;

/// A share from 0 to 1 (1 excluded) in parts of [`THRESHOLD_SCALE`], so that comparisons are exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = f64, minimum = 0, exclusive_maximum = 1))]
#[serde(try_from = "f64", into = "f64")]
pub struct Threshold(u32);

/// A number that is no threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThresholdError;

impl fmt::Display for ThresholdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("threshold must be 0 or more, less than 1, with at most four decimals")
    }
}

impl std::error::Error for ThresholdError {}

impl Threshold {
    /// One half.
    pub const HALF: Threshold = Threshold(THRESHOLD_SCALE / 2);

    /// A threshold of `parts` in [`THRESHOLD_SCALE`].
    ///
    /// # Errors
    /// `parts` is [`THRESHOLD_SCALE`] or more.
    pub const fn from_parts(parts: u32) -> Result<Self, ThresholdError> {
        if parts < THRESHOLD_SCALE { Ok(Self(parts)) } else { Err(ThresholdError) }
    }

    /// The threshold in parts of [`THRESHOLD_SCALE`].
    #[must_use]
    pub const fn parts(self) -> u32 {
        self.0
    }
}

impl TryFrom<f64> for Threshold {
    type Error = ThresholdError;

    fn try_from(share: f64) -> Result<Self, ThresholdError> {
        parts_of(share).map_or(Err(ThresholdError), Self::from_parts)
    }
}

/// The parts of a share from 0 to 1 with at most four decimals.
fn parts_of(share: f64) -> Option<u32> {
    /// The rounding error that a share with four decimals may have as a float, in parts. It is far below one part.
    const SLACK: f64 = 1e-6;
    let parts = share * f64::from(THRESHOLD_SCALE);
    let is_share = (0.0..=f64::from(THRESHOLD_SCALE)).contains(&parts) && (parts - parts.round()).abs() <= SLACK;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 0..=THRESHOLD_SCALE")]
    is_share.then(|| parts.round() as u32)
}

impl From<Threshold> for f64 {
    fn from(threshold: Threshold) -> f64 {
        f64::from(threshold.0) / f64::from(THRESHOLD_SCALE)
    }
}

/// A share from 0 to 1 in parts of [`THRESHOLD_SCALE`]: the favour for its own side that a group may show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = f64, minimum = 0, maximum = 1))]
#[serde(try_from = "f64", into = "f64")]
pub struct Band(u32);

/// A number that is no band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BandError;

impl fmt::Display for BandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bias_band must be 0 to 1, with at most four decimals")
    }
}

impl std::error::Error for BandError {}

impl Band {
    /// No favour. A case with this band has no such rule.
    pub const ZERO: Band = Band(0);

    /// A band of `parts` in [`THRESHOLD_SCALE`].
    ///
    /// # Errors
    /// `parts` are more than [`THRESHOLD_SCALE`].
    pub const fn from_parts(parts: u32) -> Result<Self, BandError> {
        if parts <= THRESHOLD_SCALE { Ok(Self(parts)) } else { Err(BandError) }
    }

    /// The band in parts of [`THRESHOLD_SCALE`].
    #[must_use]
    pub const fn parts(self) -> u32 {
        self.0
    }

    /// Whether a case has no such rule.
    #[must_use]
    pub const fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

impl TryFrom<f64> for Band {
    type Error = BandError;

    fn try_from(share: f64) -> Result<Self, BandError> {
        parts_of(share).map_or(Err(BandError), Self::from_parts)
    }
}

impl From<Band> for f64 {
    fn from(band: Band) -> f64 {
        f64::from(band.0) / f64::from(THRESHOLD_SCALE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_has_four_decimals() {
        for (share, parts) in [(0.0, 0), (0.5, 5_000), (0.6667, 6_667), (0.9999, 9_999)] {
            let threshold = Threshold::try_from(share).unwrap();
            assert_eq!(threshold.parts(), parts);
            assert_eq!(serde_json::to_string(&threshold).unwrap().parse::<f64>().unwrap(), share);
        }
        for share in [-0.1, 1.0, 1.5, 0.12345, f64::NAN, f64::INFINITY] {
            assert!(Threshold::try_from(share).is_err(), "{share}");
        }
    }

    #[test]
    fn a_band_may_be_one() {
        for (share, parts) in [(0.0, 0), (0.15, 1_500), (1.0, 10_000)] {
            let band = Band::try_from(share).unwrap();
            assert_eq!(band.parts(), parts);
            assert_eq!(serde_json::to_string(&band).unwrap().parse::<f64>().unwrap(), share);
        }
        for share in [-0.1, 1.0001, 0.12345, f64::NAN] {
            assert!(Band::try_from(share).is_err(), "{share}");
        }
    }
}
