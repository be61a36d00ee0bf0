//! The published sums behind a result; they never filter it, and a small group is in none of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::OptionId;
use crate::objection::ObjectionKind;
use crate::panel::Strata;
use crate::verdict::Counts;

/// The sums of a recorded case. A part that small numbers forbid is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Details {
    /// The sides; left out where no rule of the case asks for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sides: Option<Sides>,
    /// The panel's ballots by stratum; left out where no panel was to decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strata: Option<Strata>,
    /// The ballots that are not counted on the panel; left out where they are few, or no panel was to decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<std::collections::HashMap<String, u64>>))]
    pub gallery: Option<Counts>,
    /// The cohorts; left out where neither pair is large enough, or where the case makes no comparison.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cohorts: Option<Cohorts>,
    /// The ballots of jurors who read both statements, as their widgets say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<std::collections::HashMap<String, u64>>))]
    pub informed: Option<Counts>,
    /// The ballots of each reason, by the reason's id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi",
        schema(value_type = std::collections::HashMap<String, std::collections::HashMap<String, u64>>))]
    pub reasons: BTreeMap<OptionId, Counts>,
    /// The proofs that the server has served of the case, by its own count; for moderators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proofs: Option<u64>,
    /// The jurors who objected, by kind, by the server's own count; for moderators. Anybody can claim `dropped`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::HashMap<String, u64>))]
    pub objections: BTreeMap<ObjectionKind, u64>,
}

/// The ballots of buyers and of merchants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sides {
    /// The buyers.
    pub buyer: SideBallots,
    /// The merchants.
    pub merchant: SideBallots,
}

/// The ballots of one side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SideBallots {
    /// The ballots that do not abstain.
    pub deciding: u64,
    /// The ballots by option, abstentions among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<std::collections::HashMap<String, u64>>))]
    pub counts: Option<Counts>,
}

/// The two pairs of cohorts. The other cohort of a pair has the remaining ballots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cohorts {
    /// The jurors who were there before the opening.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present: Option<CohortBallots>,
    /// The accounts known to be 30 days old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older: Option<CohortBallots>,
    /// The pair that differs most; left out unless the cohorts differ by more than chance and by enough to matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raised: Option<Cohort>,
}

/// The ballots of one cohort.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CohortBallots {
    /// The ballots by option, abstentions among them.
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::HashMap<String, u64>))]
    pub counts: Counts,
    /// A hundred times the natural logarithm of the evidence that the cohort votes unlike the others.
    pub e: i64,
}

/// A pair of cohorts, named by its first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Cohort {
    /// The jurors who were there before the opening, and all others.
    Present,
    /// The accounts known to be 30 days old, and all others.
    Older,
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}
