//! The parts of a case's rules that concern sides, cohorts and reasons; it never checks what goes together.

use serde::{Deserialize, Serialize};

use crate::id::OptionId;
use crate::limits::PER_SIDE_DEFAULT;
use crate::threshold::Threshold;

/// The rule that the winner must pass a threshold among buyers, and among merchants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct TwoSided {
    /// The ballots that each side needs, abstentions left out.
    pub min_per_side: u64,
    /// The share of a side's ballots that the winner must exceed, abstentions left out.
    pub threshold: Threshold,
}

impl Default for TwoSided {
    fn default() -> Self {
        Self { min_per_side: PER_SIDE_DEFAULT, threshold: Threshold::HALF }
    }
}

/// The use of the comparison of cohorts: jurors who were there before the opening against later ones, and accounts
/// known to be 30 days old against the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Raid {
    /// It is shown with the verdict and decides nothing.
    #[default]
    Show,
    /// Cohorts that differ keep the jury from a decision, unless those who were there before would decide the same.
    Hang,
    /// It is not made.
    Off,
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}

impl Raid {
    /// Whether the comparison is shown, as in a case that names no use.
    #[must_use]
    pub const fn is_show(&self) -> bool {
        matches!(self, Raid::Show)
    }
}

/// A reason that a juror may choose with a ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reason {
    /// The id, unique within the case.
    pub id: OptionId,
    /// The label that jurors read.
    pub label: String,
}
