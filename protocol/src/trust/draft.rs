//! Drafts about a merchant, and its statement to one. Nothing here tells who drafted it or who reported it.

use serde::{Deserialize, Serialize};

use super::PolicyTitle;
use crate::id::CaseId;

/// A draft about a merchant, as the merchant reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PartyDraft {
    /// The case.
    pub case: CaseId,
    /// The version of the draft, for `If-Match`.
    pub version: u64,
    /// The policy's id, if the draft has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The policy's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<PolicyTitle>,
    /// The product, if the draft names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// The time of the draft, in Unix milliseconds.
    pub drafted_at_ms: u64,
    /// The merchant's side, as the draft has it; empty if there is none.
    pub statement: String,
}

/// The body of `PUT /trust/cases/{id}/statement`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SideStatement {
    /// The merchant's side: 1 to 2,000 characters.
    pub text: String,
}
