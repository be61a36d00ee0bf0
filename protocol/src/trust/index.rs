//! The index of a merchant with all that it is made of, and the definitions behind it.

use serde::{Deserialize, Serialize};

/// The index of a merchant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IndexAnswer {
    /// The index; 500 where nothing is known.
    pub index: f64,
    /// Its standard deviation.
    pub sd: f64,
    /// `new`, `some` or `firm`.
    pub evidence: String,
    /// The exposure that follows.
    pub m: f64,
    /// The steps of the exposure; left out unless they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<IndexStep>,
    /// The points of each dimension; left out unless they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dimensions: Vec<DimensionPoints>,
    /// The points of each signal; left out unless they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<SignalPoints>,
}

/// The exposure after one of its steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IndexStep {
    /// `index`, `promise`, `range`, `daily_fall`, `turn` or `measure`.
    pub step: String,
    /// The exposure after it.
    pub m: f64,
    /// The reason, in words.
    pub why: String,
    /// The signals that are lately much worse; only in the step `turn`, and left out if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<String>,
}

/// The points of a dimension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DimensionPoints {
    /// `goods`, `service`, `host`, `experience`, `promises` or `society`.
    pub id: String,
    /// The points above or below typical.
    pub points: f64,
}

/// The points of a signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignalPoints {
    /// The signal.
    pub id: String,
    /// The trials or the exposure, as they count today; 0 for a state.
    pub n: f64,
    /// The hits or the events, as they count today; 0 for a state.
    pub k: f64,
    /// The rate or the state; left out where no source has spoken about a state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// The typical rate of the category.
    pub category_rate: f64,
    /// The points above or below typical.
    pub points: f64,
    /// The most points that the signal adds or takes away.
    pub points_max: f64,
}

/// All signals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignalsAnswer {
    /// The version of the definitions, weights and priors.
    pub model: String,
    /// The signals.
    pub items: Vec<SignalDefinition>,
}

/// The definition of a signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignalDefinition {
    /// The id.
    pub id: String,
    /// The dimension.
    pub dimension: String,
    /// The weight of the dimension; all six sum to 1.
    pub dimension_weight: f64,
    /// The meaning, in words.
    pub what: String,
    /// `rate`, `exposure` or `state`.
    pub form: String,
    /// The effect of a higher number: `good` or `bad`.
    pub effect: String,
    /// The time after which a fact counts half, in days; 0 for a state.
    pub half_life_days: u32,
    /// The rate, or the state, of a typical shop.
    pub prior: f64,
    /// The weight of the prior; 0 for a state.
    pub kappa: f64,
    /// The weight within the dimension, in hundredths.
    pub weight: u32,
    /// The source of its counts.
    pub source: String,
}
