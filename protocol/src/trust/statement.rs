//! A statement of reasons, with the field names of the EU's transparency database.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::TrustParty;

/// A filed statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FiledStatement {
    /// The place in the order of commits. It grows, and has gaps.
    pub seq: u64,
    /// The measure that it gives the reasons of.
    pub measure: Uuid,
    /// The party.
    pub party: TrustParty,
    /// The time of filing, in Unix milliseconds.
    pub at_ms: u64,
    /// The statement.
    pub statement: Statement,
}

/// A statement of reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[expect(missing_docs, reason = "the database documents its fields")]
pub struct Statement {
    pub puid: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decision_visibility: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_provision: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_account: Option<String>,
    pub decision_ground: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_ground_reference_url: Option<String>,
    pub incompatible_content_ground: String,
    pub incompatible_content_explanation: String,
    pub content_type: Vec<String>,
    pub category: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub category_specification: Vec<String>,
    pub decision_facts: String,
    pub content_date: String,
    pub application_date: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date_visibility_restriction: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date_service_restriction: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date_account_restriction: Option<String>,
    pub source_type: String,
    pub automated_detection: String,
    pub automated_decision: String,
    /// The text that people read. It is no field of the database.
    pub text: String,
}
