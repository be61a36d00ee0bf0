//! The rule that kept a jury from a decision; it never decides one.

use serde::{Deserialize, Serialize};

/// The rule of a case that kept the jury from a decision, although an option led, or although the quorum was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The side of most jurors is not known.
    SidesUnknown,
    /// Too few buyers or too few merchants voted.
    SidesShort,
    /// The option did not pass the threshold among buyers, or among merchants.
    SidesDisagree,
    /// The option would not lead if buyers and merchants weighed the same.
    NotBalanced,
    /// Jurors who favour their own side could explain the lead.
    ThinMargin,
    /// Jurors who were there before the opening decided otherwise.
    LateCohort,
    /// Too few of the drawn panel voted.
    PanelShort,
    /// The public random number of the draw did not come in time.
    NoBeacon,
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}

impl Why {
    /// All known values.
    pub const ALL: [Why; 8] = [
        Why::SidesUnknown,
        Why::SidesShort,
        Why::SidesDisagree,
        Why::NotBalanced,
        Why::ThinMargin,
        Why::LateCohort,
        Why::PanelShort,
        Why::NoBeacon,
    ];

    /// The name on the wire and in the record.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Why::SidesUnknown => "sides_unknown",
            Why::SidesShort => "sides_short",
            Why::SidesDisagree => "sides_disagree",
            Why::NotBalanced => "not_balanced",
            Why::ThinMargin => "thin_margin",
            Why::LateCohort => "late_cohort",
            Why::PanelShort => "panel_short",
            Why::NoBeacon => "no_beacon",
            Why::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_one_name() {
        for why in Why::ALL {
            assert_eq!(serde_json::to_value(why).unwrap(), why.as_str());
        }
        assert_eq!(serde_json::from_str::<Why>("\"a_later_value\"").unwrap(), Why::Unknown);
    }
}
