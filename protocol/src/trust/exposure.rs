//! Exposures of many merchants, and the order in which candidates are shown.

use serde::{Deserialize, Serialize};

/// A question for exposures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExposureRequest {
    /// The merchants: 1 to 500.
    pub merchants: Vec<String>,
}

/// The exposures, in the order of the question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExposureAnswer {
    /// The time of the oldest value, in Unix milliseconds.
    pub as_of_ms: u64,
    /// The version of the definitions, weights and priors.
    pub model: String,
    /// The exposures.
    pub items: Vec<ExposureItem>,
}

/// The exposure of a merchant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExposureItem {
    /// The merchant.
    pub merchant: String,
    /// The factor with which a recommender shows the shop.
    pub m: f64,
    /// The factor by signals alone, without measures.
    pub signals: f64,
    /// Whether a promise to buyers is active.
    pub assured: bool,
    /// Whether the slots of explorers may show the shop.
    pub explore: bool,
    /// Whether signals show a turn, or did within a week and still limit the exposure.
    pub turn: bool,
    /// `new`, `some` or `firm`.
    pub evidence: String,
    /// The measure in force, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<GateInForce>,
}

/// A measure that limits an exposure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GateInForce {
    /// `no_boost`, `limit`, `suspend` or `ban`.
    pub measure: String,
    /// The largest exposure that it allows.
    pub max: f64,
}

/// A question for an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RankRequest {
    /// The candidates: 1 to 500, each once.
    pub candidates: Vec<RankCandidate>,
    /// The slots to fill: 1 to 500.
    pub slots: u64,
    /// The seed of the draw of explorers, such as the id of a page view: at most 128 bytes.
    pub seed: String,
}

/// A candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RankCandidate {
    /// The merchant.
    pub merchant: String,
    /// How well it fits the viewer: a number, 0 or more.
    pub relevance: f64,
}

/// The filled slots, the first one first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RankAnswer {
    /// The version of the definitions, weights and priors.
    pub model: String,
    /// The slots.
    pub items: Vec<RankedItem>,
}

/// A filled slot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RankedItem {
    /// The merchant.
    pub merchant: String,
    /// Whether it was drawn as an explorer.
    #[serde(default)]
    pub explore: bool,
}
