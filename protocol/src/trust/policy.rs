//! The policies of a platform: rules that a merchant or a host can break.

use serde::{Deserialize, Serialize};

/// All policies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PoliciesAnswer {
    /// The policies, in the order in which people see them.
    pub items: Vec<PolicyDefinition>,
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PolicyDefinition {
    /// The id.
    pub id: String,
    /// The name that people read.
    pub title: PolicyTitle,
    /// The clause of the platform's terms.
    pub clause: String,
    /// The address of the clause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause_url: Option<String>,
    /// The points of a violation.
    pub points: u32,
    /// The factors of a first and of later repeats within 180 days.
    pub repeat: Vec<f64>,
    /// Whether viewers judge it.
    pub jury: bool,
    /// Whether viewers may report it.
    pub reportable: bool,
    /// `merchant`, `host` or `both`.
    pub falls_on: String,
    /// The deciding ballots below which a verdict only proposes a violation.
    pub min_ballots: u64,
    /// The share below which a verdict only proposes a violation.
    pub min_share: f64,
    /// The kind of the case that a report becomes.
    pub kind: String,
    /// The category of the statement of reasons.
    pub category: String,
    /// Its keywords.
    pub keywords: Vec<String>,
}

/// A name in two languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PolicyTitle {
    /// English.
    pub en: String,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    pub zh_cn: String,
}
