//! Claims of buyers on a promise. Only a request names a buyer; no answer does.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{PromiseLimits, TrustParty};
use crate::id::{CaseId, RoomId};

/// The body of `POST /trust/claims`. `Debug` shows neither buyer nor reason.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewClaim {
    /// The platform's id. The same one is filed once.
    pub id: String,
    /// The order.
    pub order: String,
    /// The time at which the order was placed, in Unix milliseconds.
    pub placed_at_ms: u64,
    /// The merchant.
    pub merchant: String,
    /// The buyer. The ledger keeps a keyed name.
    pub buyer: String,
    /// The kind of promise: `refund_without_return`, `free_return`, `ship_within` or `authentic`.
    pub kind: String,
    /// `quality`, `batch` or `other`.
    pub about: String,
    /// The amount, in the smallest unit of the currency.
    pub amount_minor: u64,
    /// The currency: three capital letters.
    pub currency: String,
    /// The room whose viewers may judge it after an escalation. Left out: a moderator does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// The buyer's reason: 1 to 2,000 characters.
    pub reason: String,
    /// Addresses of evidence, at most 10: whole `https:` URLs of plain ASCII, without a user name.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// The buyer's orders of the last 90 days on the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer_orders_90d: Option<u64>,
}

impl std::fmt::Debug for NewClaim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewClaim").field("id", &self.id).field("merchant", &self.merchant).finish_non_exhaustive()
    }
}

/// The merchant's answer to a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClaimAnswer {
    /// The words.
    pub words: String,
    /// Addresses of evidence.
    pub evidence: Vec<String>,
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
}

/// A claim, as the merchant, the platform and moderators of all rooms read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Claim {
    /// The claim.
    pub claim: Uuid,
    /// The platform's id.
    pub id: String,
    /// The version. It grows with every step, and `If-Match` compares it.
    pub version: u64,
    /// The merchant.
    pub party: TrustParty,
    /// The order.
    pub order: String,
    /// The time at which the order was placed, in Unix milliseconds.
    pub placed_at_ms: u64,
    /// The kind of promise.
    pub kind: String,
    /// The limits of the promise that covers the order.
    pub limits: PromiseLimits,
    /// `quality`, `batch` or `other`.
    pub about: String,
    /// The amount, in the smallest unit of the currency.
    pub amount_minor: u64,
    /// The currency.
    pub currency: String,
    /// The room whose viewers may judge it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    /// The buyer's reason.
    pub reason: String,
    /// Addresses of the buyer's evidence.
    pub evidence: Vec<String>,
    /// The time of filing, in Unix milliseconds.
    pub at_ms: u64,
    /// `open`, `granted`, `refused`, `escalated`, `in_court`, `in_review`, `denied`, `closed`, `fulfilled`, `breached`,
    /// `fulfilled_by_platform` or `withdrawn`.
    pub state: String,
    /// The time by which somebody is to act, in Unix milliseconds. Silence after `open` grants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_ms: Option<u64>,
    /// The merchant's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<ClaimAnswer>,
    /// The time of the escalation, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated_at_ms: Option<u64>,
    /// The case before a jury.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// The reason for which a moderator decides: `no_room`, `not_judged`, `refused`, `not_opened`, `discarded` or
    /// `no_verdict`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_reason: Option<String>,
    /// What granted it: `terms`, `silence`, `merchant`, `jury`, `moderator` or `notice`, the word of a brand's owner or
    /// of an authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_by: Option<String>,
    /// The time since which it is granted, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_at_ms: Option<u64>,
    /// The time of the breach, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breached_at_ms: Option<u64>,
    /// The time at which the buyer had what was promised, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fulfilled_at_ms: Option<u64>,
    /// The time at which it was denied, closed or withdrawn, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at_ms: Option<u64>,
    /// The words of the moderator who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// The `sub` of the moderator who decided; left out for the merchant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// The body of `POST /trust/claims/{id}/answer`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnswerClaim {
    /// `grant` or `refuse`.
    pub answer: String,
    /// The words: at most 2,000 characters, and 20 or more for a refusal.
    #[serde(default)]
    pub words: String,
    /// Addresses of evidence, at most 10: whole `https:` URLs of plain ASCII, without a user name.
    #[serde(default)]
    pub evidence: Vec<String>,
}

/// The body of `POST /trust/claims/{id}/decide`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DecideClaim {
    /// `grant` or `deny`.
    pub decision: String,
    /// The words: 20 to 2,000 characters.
    pub words: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_in_a_log_shows_neither_buyer_nor_reason() {
        let claim: NewClaim = serde_json::from_str(
            r#"{"id":"c1","order":"o1","placed_at_ms":1,"merchant":"m","buyer":"secret","kind":"free_return",
                "about":"other","amount_minor":1,"currency":"CNY","reason":"secret"}"#,
        )
        .unwrap();
        assert!(!format!("{claim:?}").contains("secret"));
    }
}
