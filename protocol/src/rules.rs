//! The rules of a vote; it never checks what goes together.

use serde::{Deserialize, Serialize};

#[cfg(feature = "details")]
use crate::case::is_false;
use crate::id::OptionId;
use crate::limits::{PER_SIDE_DEFAULT, QUORUM_DEFAULT};
use crate::panel::Panel;
#[cfg(feature = "details")]
use crate::threshold::Band;
use crate::threshold::Threshold;

/// The rules of a vote. A program without the feature `details` reads those that a viewer needs, and must not write
/// any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Rules {
    /// The ballots that a verdict needs, abstentions among them.
    pub quorum: u64,
    /// The share of non-abstaining ballots that the winner must exceed.
    pub threshold: Threshold,
    /// The moment from which a juror sees counts.
    pub reveal: Reveal,
    /// Whether a juror may change a ballot. It needs [`Reveal::AfterClose`], since a count that is seen can be
    /// followed.
    pub allow_change: bool,
    /// Whether nobody sees counts before the seal, moderators included. It needs [`Reveal::AfterClose`].
    #[cfg(feature = "details")]
    #[serde(skip_serializing_if = "is_false")]
    pub blind: bool,
    /// Whether nobody may close or extend the case. It may still be voided.
    #[cfg(feature = "details")]
    #[serde(skip_serializing_if = "is_false")]
    pub fixed_end: bool,
    /// The minimum age of a juror's account, in days.
    #[cfg(feature = "details")]
    pub min_account_age_days: u32,
    /// The viewer ids that may not judge this case. Only moderators receive them.
    #[cfg(feature = "details")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recused: Option<Vec<String>>,
    /// The winner must also lead among buyers and among merchants, each counted apart.
    #[cfg(feature = "details")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub two_sided: Option<TwoSided>,
    /// Whether the winner must also lead when buyers and merchants weigh the same.
    #[cfg(feature = "details")]
    #[serde(skip_serializing_if = "is_false")]
    pub hold_when_balanced: bool,
    /// The favour for its own side that a group may show. A lead that an uneven mix of sides and such a favour explain
    /// decides nothing.
    #[cfg(feature = "details")]
    #[serde(skip_serializing_if = "Band::is_zero")]
    pub bias_band: Band,
    /// The use of the comparison of cohorts.
    #[cfg(feature = "details")]
    #[serde(skip_serializing_if = "Raid::is_show")]
    pub raid: Raid,
    /// The drawn panel that decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub panel: Option<Panel>,
    /// The reasons of which a juror may choose one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
}

#[cfg(feature = "details")]
impl Rules {
    /// Whether a program that knows none of the optional rules would decide, show or end the case in another way.
    #[must_use]
    pub fn has_further_rules(&self) -> bool {
        self.blind
            || self.fixed_end
            || self.two_sided.is_some()
            || self.hold_when_balanced
            || !self.bias_band.is_zero()
            || self.raid != Raid::Show
            || self.panel.is_some()
            || !self.reasons.is_empty()
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            quorum: QUORUM_DEFAULT,
            threshold: Threshold::HALF,
            reveal: Reveal::AfterVote,
            allow_change: false,
            #[cfg(feature = "details")]
            blind: false,
            #[cfg(feature = "details")]
            fixed_end: false,
            #[cfg(feature = "details")]
            min_account_age_days: 0,
            #[cfg(feature = "details")]
            recused: None,
            #[cfg(feature = "details")]
            two_sided: None,
            #[cfg(feature = "details")]
            hold_when_balanced: false,
            #[cfg(feature = "details")]
            bias_band: Band::ZERO,
            #[cfg(feature = "details")]
            raid: Raid::Show,
            panel: None,
            reasons: Vec::new(),
        }
    }
}

/// The moment from which a juror sees the counts of an open case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reveal {
    /// From the start.
    Live,
    /// From the acknowledgement of the juror's own ballot.
    #[default]
    AfterVote,
    /// From the verdict.
    AfterClose,
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}

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
