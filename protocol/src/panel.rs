//! A drawn panel on the wire: its rule, its draw, and what is shown of it; it draws nobody.

use serde::{Deserialize, Serialize};

#[cfg(feature = "details")]
use crate::limits::{PANEL_CALL_DEFAULT, PANEL_PRESENT_S_DEFAULT};
use crate::side::Side;
use crate::verdict::Counts;

/// The rule that a drawn panel decides. All may vote; the ballots of all others are shown beside the panel's. A program
/// without the feature `details` reads the seats alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Panel {
    /// The seats of buyers.
    pub buyer: u64,
    /// The seats of merchants.
    pub merchant: u64,
    /// The seats of jurors whose token names no side.
    pub other: u64,
    /// The jurors who are called for each seat.
    #[cfg(feature = "details")]
    pub call: u64,
    /// The time for which a juror's socket must have been there at the opening, in seconds.
    #[cfg(feature = "details")]
    pub present_s: u64,
    /// The level that a juror needs.
    #[cfg(feature = "details")]
    pub min_level: u8,
    /// Whether the case ends once the called jurors who have not voted can no longer change the result.
    #[cfg(feature = "details")]
    pub stop_early: bool,
}

impl Default for Panel {
    fn default() -> Self {
        Self {
            buyer: 0,
            merchant: 0,
            other: 0,
            #[cfg(feature = "details")]
            call: PANEL_CALL_DEFAULT,
            #[cfg(feature = "details")]
            present_s: PANEL_PRESENT_S_DEFAULT,
            #[cfg(feature = "details")]
            min_level: 0,
            #[cfg(feature = "details")]
            stop_early: false,
        }
    }
}

impl Panel {
    /// The seats of a stratum.
    #[must_use]
    pub const fn seats_of(&self, stratum: Stratum) -> u64 {
        match stratum {
            Stratum::Buyer => self.buyer,
            Stratum::Merchant => self.merchant,
            Stratum::Other => self.other,
            Stratum::Unknown => 0,
        }
    }

    /// The seats of all strata.
    #[must_use]
    pub const fn seats(&self) -> u64 {
        self.buyer + self.merchant + self.other
    }
}

/// A stratum of a panel: jurors of one side, or of none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stratum {
    /// Buyers.
    Buyer,
    /// Merchants.
    Merchant,
    /// Jurors whose token names no side.
    Other,
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}

impl Stratum {
    /// All known strata, in order.
    pub const ALL: [Stratum; 3] = [Stratum::Buyer, Stratum::Merchant, Stratum::Other];

    /// The name on the wire and in the stores.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Stratum::Buyer => "buyer",
            Stratum::Merchant => "merchant",
            Stratum::Other => "other",
            Stratum::Unknown => "unknown",
        }
    }

    /// The stratum of jurors with this side.
    #[must_use]
    pub const fn of(side: Option<Side>) -> Self {
        match side {
            Some(Side::Buyer) => Stratum::Buyer,
            Some(Side::Merchant) => Stratum::Merchant,
            None => Stratum::Other,
        }
    }

    /// The side of the stratum's jurors.
    #[must_use]
    pub const fn side(self) -> Option<Side> {
        match self {
            Stratum::Buyer => Some(Side::Buyer),
            Stratum::Merchant => Some(Side::Merchant),
            Stratum::Other | Stratum::Unknown => None,
        }
    }
}

/// The draw of a case's panel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Draw {
    /// The hash that binds the nonce from the draft on, as 64 hexadecimal digits.
    pub commitment: String,
    /// The nonce behind it, as 64 hexadecimal digits; left out before the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The called jurors by stratum; left out before the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called: Option<CalledJurors>,
}

/// The numbers of called jurors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CalledJurors {
    /// The called buyers.
    pub buyer: u64,
    /// The called merchants.
    pub merchant: u64,
    /// The called jurors of no known side.
    pub other: u64,
}

/// The ballots of a panel that decided, or that was too short to decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PanelBallots {
    /// The seats.
    pub seats: u64,
    /// The counted ballots, abstentions among them.
    pub counted: u64,
    /// The counted ballots by option; left out where so few of a stratum are counted that they would tell how single
    /// jurors voted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<std::collections::HashMap<String, u64>>))]
    pub counts: Option<Counts>,
}

/// A panel's ballots by stratum; a stratum without seats is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Strata {
    /// The buyers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer: Option<PanelBallots>,
    /// The merchants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant: Option<PanelBallots>,
    /// The jurors of no known side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<PanelBallots>,
}

#[cfg(all(test, feature = "details"))]
mod tests {
    use super::*;

    #[test]
    fn a_stratum_has_one_name_and_one_side() {
        for stratum in Stratum::ALL {
            assert_eq!(serde_json::to_value(stratum).unwrap(), stratum.as_str());
            assert_eq!(Stratum::of(stratum.side()), stratum);
        }
        assert_eq!(serde_json::from_str::<Stratum>("\"later\"").unwrap(), Stratum::Unknown);
    }

    #[test]
    fn a_panel_needs_seats_only() {
        let panel: Panel = serde_json::from_str(r#"{"buyer": 15, "merchant": 15}"#).unwrap();
        assert_eq!(panel, Panel { buyer: 15, merchant: 15, ..Panel::default() });
        assert_eq!((panel.call, panel.present_s, panel.min_level, panel.stop_early), (2, 60, 0, false));
        assert_eq!((panel.seats(), panel.seats_of(Stratum::Other)), (30, 0));
    }
}
