//! A merchant or a host, its standing, and what is done about it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Appeal, Application, FiledStatement, PartyDraft, PartyRemedy, PolicyTitle, SignalPoints};
use crate::id::{CaseId, RoomId};

/// A merchant or a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrustParty {
    /// `merchant` or `host`.
    pub kind: String,
    /// The platform's id.
    pub id: String,
}

/// The standing of a party, computed from its violations. Lists have the newest 100, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PartyStanding {
    /// The party.
    pub party: TrustParty,
    /// The time of the answer, in Unix milliseconds.
    pub as_of_ms: u64,
    /// The points of the last 180 days.
    pub points: u32,
    /// `clear`, `notice`, `warned`, `limited`, `suspended` or `ban_proposed`.
    pub tier: String,
    /// The strongest measure in force, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    /// The violations, also those that are proposed or void.
    pub violations: Vec<Violation>,
    /// The measures, also those that are over or lifted.
    pub measures: Vec<Measure>,
    /// The appeals.
    pub appeals: Vec<Appeal>,
    /// The statements of reasons, one for each measure.
    pub statements: Vec<FiledStatement>,
    /// The drafts about a merchant that is the reader: the newest 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drafts: Vec<PartyDraft>,
    /// The remedies that verdicts ordered of the reader and that are not given yet: the 20 due first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<PartyRemedy>,
    /// The application of a merchant that is the reader, if it has applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<Application>,
    /// The signals of a host over all rooms, each as it would count for a shop. Left out for a merchant, whose index
    /// has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<SignalPoints>,
}

/// A violation of a policy by one party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Violation {
    /// The id.
    pub id: Uuid,
    /// The version. It grows with every step, and `If-Match` compares it.
    pub version: u64,
    /// The party.
    pub party: TrustParty,
    /// The policy's id.
    pub policy: String,
    /// The policy's name, as it was when the case was opened or the violation was filed.
    pub title: PolicyTitle,
    /// The clause of the platform's terms.
    pub clause: String,
    /// `jury`, `screening`, `moderator` or `authority`.
    pub source: String,
    /// The case whose verdict made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// The case's room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    /// The facts, at most 5,000 characters.
    pub facts: String,
    /// The points with the factor of a repeat; those that it would have if it is proposed, and 0 if it is void.
    pub points: u32,
    /// Whether the points count now.
    pub counts: bool,
    /// `proposed`, `active`, `appealed`, `expired` or `void`.
    pub state: String,
    /// The reason of a void one: `dismissed`, `overturned` or `withdrawn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The words of the moderator who took the last step, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// The `sub` of the moderator who filed or confirmed it; left out for the party itself, and of a jury's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The time of the decision, in Unix milliseconds.
    pub decided_at_ms: u64,
    /// The end of its points, in Unix milliseconds.
    pub expires_at_ms: u64,
    /// The end of the time for an appeal to a second jury, in Unix milliseconds; left out where no jury decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jury_until_ms: Option<u64>,
    /// The end of the time for an appeal, in Unix milliseconds.
    pub appeal_until_ms: u64,
    /// Its appeal, if it has one. Each target is appealed once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal: Option<Uuid>,
}

/// A measure against one party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Measure {
    /// The id, and the `puid` of its statement.
    pub id: Uuid,
    /// The party.
    pub party: TrustParty,
    /// `no_boost`, `limit`, `suspend` or `ban`; at the entry `probation` or `refuse`.
    pub kind: String,
    /// The violation that started it; left out of a ban, and at the entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub violation: Option<Uuid>,
    /// The points that led to it.
    pub points: u32,
    /// The first moment, in Unix milliseconds.
    pub from_ms: u64,
    /// The end, in Unix milliseconds; left out of a ban.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<u64>,
    /// The end of a banned party's account, in Unix milliseconds. Its listings go at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_ends_ms: Option<u64>,
    /// `in_force`, `over` or `lifted`.
    pub state: String,
    /// The time at which it was lifted, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted_at_ms: Option<u64>,
    /// The reason for which it was lifted: `reversed` if its violation or its points are gone, `overturned` by an
    /// appeal, `unbanned`, or `completed` for a probation that ended by orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The words of the moderator who banned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// The `sub` of the moderator who banned; left out for the party itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The end of the time for an appeal, in Unix milliseconds.
    pub appeal_until_ms: u64,
    /// Its appeal, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal: Option<Uuid>,
}

/// The body of `POST /trust/violations`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewViolation {
    /// The party.
    pub party: TrustParty,
    /// The policy's id.
    pub policy: String,
    /// The facts: 20 to 5,000 characters, without words of reporters and without buyers.
    pub facts: String,
    /// Whether an authority found it.
    #[serde(default)]
    pub authority: bool,
}

/// The words of a moderator about a step: 20 to 2,000 characters that a reader sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepWords {
    /// The words.
    pub words: String,
}

/// The body of `POST /trust/parties/{kind}/{id}/ban`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewBan {
    /// The party's violations for which it is banned: 1 to 20.
    pub violations: Vec<Uuid>,
    /// The words: 20 to 2,000 characters.
    pub words: String,
}

/// One line of the audit trail of trust. Lines are only ever added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrustAuditEntry {
    /// The line's number. It grows, and has gaps.
    pub line: u64,
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
    /// The kind of actor: `server`, `moderator`, `platform`, `merchant` or `host`.
    pub by_kind: String,
    /// The `sub` of the person or platform, the party's id, or `server`.
    pub by: String,
    /// The step, such as `violation_active`, `measure_taken`, `banned` or `appeal_filed`.
    pub action: String,
    /// The party.
    pub party: TrustParty,
    /// The violation, measure or appeal.
    pub target: Uuid,
    /// The particulars, in words, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
