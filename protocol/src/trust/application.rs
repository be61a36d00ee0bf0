//! Applications of those who want to sell. Only a request has values; no answer repeats one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::TrustParty;

/// The body of `POST /trust/applications`. `Debug` shows no value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewApplication {
    /// The id that the merchant has on the platform from its application on.
    pub id: String,
    /// The category of its goods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// By field, 1 to 5 values of at most 256 bytes each.
    pub fields: BTreeMap<String, Vec<String>>,
}

/// The body of `POST /trust/parties/{kind}/{id}/identity`. `Debug` shows no value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IdentityFields {
    /// By field, 1 to 5 values of at most 256 bytes each.
    pub fields: BTreeMap<String, Vec<String>>,
}

impl std::fmt::Debug for NewApplication {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewApplication").field("id", &self.id).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for IdentityFields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.fields.keys()).finish()
    }
}

/// A group in which an application meets another party. It names nobody and has no value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApplicationReason {
    /// `self`, `reach`, `money`, `kit`, `place` or `shop`.
    pub group: String,
    /// The reason in words.
    pub text: String,
    /// The time at which the other party was closed, in Unix milliseconds; left out of applications that meet others
    /// of the week.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at_ms: Option<u64>,
}

/// What became of an application. The same request gets the same answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApplicationAnswer {
    /// The application.
    pub application: Uuid,
    /// `pass`, `hold` or `refuse`.
    pub outcome: String,
    /// `refuse` where a person decides whether to refuse it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<String>,
    /// The weight of what it has in common with the party that it meets, in bits.
    pub weight: f64,
    /// The weight from which it may be one of somebody who comes back.
    pub threshold: f64,
    /// The groups in which values are equal.
    pub groups: Vec<String>,
    /// The reasons, one a group.
    pub reasons: Vec<ApplicationReason>,
    /// The measure of a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Uuid>,
}

/// What a further look at a party's identity found. A hit closes nothing: a person looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IdentityAnswer {
    /// `pass`, or `hold` where a person looks.
    pub outcome: String,
    /// The weight of what it has in common with the party that it meets, in bits.
    pub weight: f64,
    /// The weight from which it may be one of somebody who comes back.
    pub threshold: f64,
    /// The groups in which values are equal.
    pub groups: Vec<String>,
    /// The reasons, one a group.
    pub reasons: Vec<ApplicationReason>,
}

/// An application as those read it who decide on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Application {
    /// The application.
    pub application: Uuid,
    /// The version. It grows with every step, and `If-Match` compares it.
    pub version: u64,
    /// The applicant, or the party at whose identity the platform looked again.
    pub party: TrustParty,
    /// The category of its goods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
    /// `passed`, `held`, `probation` or `refused`.
    pub state: String,
    /// The first outcome.
    pub outcome: String,
    /// `refuse` where refusal is proposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<String>,
    /// The weight, in bits.
    pub weight: f64,
    /// The threshold, in bits.
    pub threshold: f64,
    /// The groups in which values are equal.
    pub groups: Vec<String>,
    /// The reasons.
    pub reasons: Vec<ApplicationReason>,
    /// The last measure that it led to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Uuid>,
    /// The time at which a hold becomes probation, or at which a probation ends, in Unix milliseconds; left out where a
    /// person must decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_ms: Option<u64>,
    /// The time of the last decision, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at_ms: Option<u64>,
    /// The words of the moderator who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// The `sub` of the moderator who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// The body of `POST /trust/applications/{id}/decide`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DecideApplication {
    /// `release`, `probation` or `refuse`.
    pub decision: String,
    /// The words: 20 to 2,000 characters.
    pub words: String,
}
