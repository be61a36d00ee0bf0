//! Appeals of parties against what was done about them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::TrustParty;
use crate::id::CaseId;

/// The target of an appeal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AppealTarget {
    /// `violation`, `measure` or `listing`, whose id is that of its screening.
    pub kind: String,
    /// Its id.
    pub id: Uuid,
}

/// An appeal. It is free, and each target is appealed once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Appeal {
    /// The id.
    pub id: Uuid,
    /// The version. It grows with every step, and `If-Match` compares it.
    pub version: u64,
    /// The party.
    pub party: TrustParty,
    /// The target.
    pub target: AppealTarget,
    /// The party's text.
    pub text: String,
    /// Addresses of evidence, `https:`.
    pub evidence: Vec<String>,
    /// `filed`, `in_court`, `in_review`, `confirmed`, `overturned` or `withdrawn`.
    pub state: String,
    /// The case before the second jury, once it is drafted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// The reason for which a moderator reviews it and no jury: `not_a_verdict`, `too_late`, `appealed`, `key_changed`,
    /// `refused`, `not_opened`, `discarded` or `no_verdict`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_reason: Option<String>,
    /// The time of filing, in Unix milliseconds.
    pub filed_at_ms: u64,
    /// The time by which it is to be decided, in Unix milliseconds.
    pub due_ms: u64,
    /// The time of the decision, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at_ms: Option<u64>,
    /// The words of the moderator who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// The `sub` of the moderator who decided; left out for the party itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// The body of `POST /trust/appeals`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewAppeal {
    /// The target.
    pub target: AppealTarget,
    /// The party's text: 1 to 2,000 characters.
    pub text: String,
    /// Addresses of evidence, at most 10: whole `https:` URLs of plain ASCII, without a user name.
    #[serde(default)]
    pub evidence: Vec<String>,
}

/// The body of `POST /trust/appeals/{id}/decide`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DecideAppeal {
    /// `confirmed` or `overturned`.
    pub outcome: String,
    /// The words: 20 to 2,000 characters.
    pub words: String,
}
