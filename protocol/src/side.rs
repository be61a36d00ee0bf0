//! The side of the market on which a juror trades.

use serde::{Deserialize, Serialize};

/// The side of the market on which a juror trades. Only tokens carry it. It has no catch-all: the server refuses a
/// token with a side that it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The juror buys.
    Buyer,
    /// The juror sells.
    Merchant,
}

impl Side {
    /// The side's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Side::Buyer => "buyer",
            Side::Merchant => "merchant",
        }
    }
}

impl std::str::FromStr for Side {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "buyer" => Ok(Side::Buyer),
            "merchant" => Ok(Side::Merchant),
            _ => Err("side must be buyer or merchant"),
        }
    }
}

/// The viewers who are connected, by side.
#[cfg(feature = "details")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SidesPresent {
    /// The buyers.
    pub buyer: u64,
    /// The merchants.
    pub merchant: u64,
    /// Viewers whose token names no side.
    pub none: u64,
}
