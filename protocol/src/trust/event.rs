//! Events of trust, as the outbox holds them for delivery to others. None names a reporter, a buyer or a moderator.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AppealTarget, EditionChange, TrustParty};
use crate::id::CaseId;

/// The format of the [`TrustEvent`]s that this version writes. Fields are added under the same number. A change in the
/// meaning of a field raises it, and older readers then leave the event alone.
pub const TRUST_EVENT_FORMAT: u32 = 1;

/// An event of trust.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrustEvent {
    /// [`TRUST_EVENT_FORMAT`] of the version that wrote it.
    pub format: u32,
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
    /// The party that it is about, whose events keep their order. An edition is about the platform, with the id `*`.
    pub party: TrustParty,
    /// What happened.
    #[serde(flatten)]
    pub what: TrustChange,
}

/// What happened to a party.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum TrustChange {
    /// A verdict was ruled on.
    #[serde(rename = "ruling.made")]
    RulingMade {
        /// The case.
        case: CaseId,
        /// `not_upheld`, `minority`, `proposed` or `violation`.
        result: String,
        /// The share of the votes for the complaint, with four decimals.
        share: f64,
    },
    /// A moderator is to decide whether it is a violation.
    #[serde(rename = "violation.proposed")]
    ViolationProposed(ViolationChange),
    /// A violation counts.
    #[serde(rename = "violation.active")]
    ViolationActive(ViolationChange),
    /// A violation is as if it had never been.
    #[serde(rename = "violation.void")]
    ViolationVoid(ViolationChange),
    /// A measure is in force.
    #[serde(rename = "measure.taken")]
    MeasureTaken(MeasureChange),
    /// A measure was lifted before its end.
    #[serde(rename = "measure.lifted")]
    MeasureLifted(MeasureChange),
    /// Points or tier of a party changed.
    #[serde(rename = "standing.changed")]
    StandingChanged {
        /// The points.
        points: u32,
        /// The tier.
        tier: String,
    },
    /// A party appealed.
    #[serde(rename = "appeal.filed")]
    AppealFiled(AppealChange),
    /// An appeal was decided, or withdrawn.
    #[serde(rename = "appeal.decided")]
    AppealDecided(AppealChange),
    /// An application was decided, or its hold or probation ended.
    #[serde(rename = "application.decided")]
    ApplicationDecided(ApplicationChange),
    /// A listing is held or blocked, or a person decided on it.
    #[serde(rename = "listing.decided")]
    ListingDecided(ListingChange),
    /// A rule of the screening is in shadow from now on, after a decision on a listing of the party.
    #[serde(rename = "rule.demoted")]
    RuleDemoted {
        /// The rule.
        rule: String,
        /// The share of its decided hits that people confirmed, with four decimals.
        precision: f64,
        /// The lower end of the interval of it, with four decimals.
        low: f64,
    },
    /// The exposure of a merchant changed by 0.02 or more.
    #[serde(rename = "exposure.changed")]
    ExposureChanged {
        /// The factor from now on.
        m: f64,
        /// The factor that was last told.
        before: f64,
        /// `measure` while one limits it, `turn` while a signal shows one, else `index`.
        why: String,
    },
    /// A buyer claims what a promise gives.
    #[serde(rename = "claim.opened")]
    ClaimOpened(ClaimChange),
    /// The merchant owes what was promised.
    #[serde(rename = "claim.granted")]
    ClaimGranted(ClaimChange),
    /// The merchant refused a claim.
    #[serde(rename = "claim.refused")]
    ClaimRefused(ClaimChange),
    /// The buyer goes on after a refusal.
    #[serde(rename = "claim.escalated")]
    ClaimEscalated(ClaimChange),
    /// The merchant has not given in time what was promised. The platform pays.
    #[serde(rename = "claim.breached")]
    ClaimBreached(ClaimChange),
    /// Nothing happens to a claim any more.
    #[serde(rename = "claim.closed")]
    ClaimClosed(ClaimChange),
    /// A promise got into another state, or has other limits.
    #[serde(rename = "promise.changed")]
    PromiseChanged(PromiseChange),
    /// A remedy that a verdict ordered was not given in time.
    #[serde(rename = "remedy.late")]
    RemedyLate(RemedyChange),
    /// An edition of the public report was published.
    #[serde(rename = "edition.published")]
    EditionPublished(EditionChange),
}

/// A change of a claim. No buyer is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimChange {
    /// The claim.
    pub claim: Uuid,
    /// The platform's id.
    pub id: String,
    /// The order.
    pub order: String,
    /// The merchant.
    pub merchant: String,
    /// The kind of promise.
    pub kind: String,
    /// The amount, in the smallest unit of the currency.
    pub amount_minor: u64,
    /// The currency.
    pub currency: String,
    /// The state that the claim has now.
    pub state: String,
    /// The time by which somebody is to act, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_ms: Option<u64>,
    /// What made the change: `platform`, `terms`, `silence`, `merchant`, `jury`, `moderator`, `notice` or `server`.
    pub by: String,
}

/// A change of a promise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromiseChange {
    /// The merchant.
    pub merchant: String,
    /// The kind of promise.
    pub kind: String,
    /// `applied`, `active`, `suspended` or `ended`.
    pub state: String,
    /// The first moment of its last version, or of the application, in Unix milliseconds.
    pub from_ms: u64,
    /// The end after a notice, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<u64>,
}

/// A change of the clock of a remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemedyChange {
    /// The case.
    pub case: CaseId,
    /// The time by which the remedy was due, in Unix milliseconds.
    pub due_ms: u64,
}

/// A change of a violation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViolationChange {
    /// The violation.
    pub violation: Uuid,
    /// The policy.
    pub policy: String,
    /// The points, with the factor of a repeat.
    pub points: u32,
    /// The reason of a void one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A change of a measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeasureChange {
    /// The measure.
    pub measure: Uuid,
    /// `no_boost`, `limit`, `suspend` or `ban`; at the entry `probation` or `refuse`.
    pub kind: String,
    /// The first moment, in Unix milliseconds.
    pub from_ms: u64,
    /// The end, in Unix milliseconds; left out of a ban and a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<u64>,
    /// The id of its statement of reasons.
    pub statement: Uuid,
}

/// A change of an appeal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppealChange {
    /// The appeal.
    pub appeal: Uuid,
    /// The target.
    pub target: AppealTarget,
    /// The case before the second jury.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// The outcome: `confirmed`, `overturned` or `withdrawn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The time by which it is to be decided, in Unix milliseconds.
    pub due_ms: u64,
}

/// A decision on an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationChange {
    /// The application.
    pub application: Uuid,
    /// `pass`, `hold`, `probation` or `refuse`.
    pub outcome: String,
    /// The groups in which it meets a party that was closed, or other applications of the week.
    pub groups: Vec<String>,
    /// The measure that it led to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Uuid>,
}

/// A decision on a version of a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListingChange {
    /// The screening.
    pub screening: Uuid,
    /// The platform's id of the listing.
    pub listing: String,
    /// The platform's version.
    pub version: u64,
    /// `hold`, `block`, `release` or `remove`.
    pub outcome: String,
    /// The checks and kinds of what was found, without values.
    pub hits: Vec<String>,
    /// The violation that a confirmation made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub violation: Option<Uuid>,
}

impl TrustChange {
    /// The names of all changes, as targets of webhooks choose among them.
    pub const NAMES: [&'static str; 22] = [
        "ruling.made",
        "violation.proposed",
        "violation.active",
        "violation.void",
        "measure.taken",
        "measure.lifted",
        "standing.changed",
        "appeal.filed",
        "appeal.decided",
        "application.decided",
        "listing.decided",
        "rule.demoted",
        "exposure.changed",
        "claim.opened",
        "claim.granted",
        "claim.refused",
        "claim.escalated",
        "claim.breached",
        "claim.closed",
        "promise.changed",
        "remedy.late",
        "edition.published",
    ];

    /// The name in the outbox and on the wire.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        let place = match self {
            Self::RulingMade { .. } => 0,
            Self::ViolationProposed(_) => 1,
            Self::ViolationActive(_) => 2,
            Self::ViolationVoid(_) => 3,
            Self::MeasureTaken(_) => 4,
            Self::MeasureLifted(_) => 5,
            Self::StandingChanged { .. } => 6,
            Self::AppealFiled(_) => 7,
            Self::AppealDecided(_) => 8,
            Self::ApplicationDecided(_) => 9,
            Self::ListingDecided(_) => 10,
            Self::RuleDemoted { .. } => 11,
            Self::ExposureChanged { .. } => 12,
            Self::ClaimOpened(_) => 13,
            Self::ClaimGranted(_) => 14,
            Self::ClaimRefused(_) => 15,
            Self::ClaimEscalated(_) => 16,
            Self::ClaimBreached(_) => 17,
            Self::ClaimClosed(_) => 18,
            Self::PromiseChanged(_) => 19,
            Self::RemedyLate(_) => 20,
            Self::EditionPublished(_) => 21,
        };
        Self::NAMES[place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_back_under_its_name() {
        let party = TrustParty { kind: "merchant".into(), id: "shop".into() };
        let target = AppealTarget { kind: "violation".into(), id: Uuid::from_u128(3) };
        let violation =
            || ViolationChange { violation: Uuid::from_u128(1), policy: "abuse".into(), points: 4, reason: None };
        let measure = || MeasureChange {
            measure: Uuid::from_u128(2),
            kind: "limit".into(),
            from_ms: 1,
            until_ms: Some(2),
            statement: Uuid::from_u128(2),
        };
        let appeal = || AppealChange {
            appeal: Uuid::from_u128(4),
            target: target.clone(),
            case: None,
            outcome: None,
            due_ms: 9,
        };
        let claim = |state: &str| ClaimChange {
            claim: Uuid::from_u128(7),
            id: "c1".into(),
            order: "o1".into(),
            merchant: "shop".into(),
            kind: "free_return".into(),
            amount_minor: 990,
            currency: "CNY".into(),
            state: state.into(),
            due_ms: Some(9),
            by: "merchant".into(),
        };
        let changes = [
            TrustChange::RulingMade { case: CaseId(Uuid::from_u128(5)), result: "violation".into(), share: 0.75 },
            TrustChange::ViolationProposed(violation()),
            TrustChange::ViolationActive(violation()),
            TrustChange::ViolationVoid(violation()),
            TrustChange::MeasureTaken(measure()),
            TrustChange::MeasureLifted(measure()),
            TrustChange::StandingChanged { points: 12, tier: "warned".into() },
            TrustChange::AppealFiled(appeal()),
            TrustChange::AppealDecided(appeal()),
            TrustChange::ApplicationDecided(ApplicationChange {
                application: Uuid::from_u128(6),
                outcome: "refuse".into(),
                groups: vec!["self".into()],
                measure: Some(Uuid::from_u128(2)),
            }),
            TrustChange::ListingDecided(ListingChange {
                screening: Uuid::from_u128(8),
                listing: "l-1".into(),
                version: 3,
                outcome: "hold".into(),
                hits: vec!["term: counterfeit_phrase".into()],
                violation: None,
            }),
            TrustChange::RuleDemoted { rule: "r-1".into(), precision: 0.4, low: 0.3 },
            TrustChange::ExposureChanged { m: 0.85, before: 1.0, why: "measure".into() },
            TrustChange::ClaimOpened(claim("open")),
            TrustChange::ClaimGranted(claim("granted")),
            TrustChange::ClaimRefused(claim("refused")),
            TrustChange::ClaimEscalated(claim("escalated")),
            TrustChange::ClaimBreached(claim("breached")),
            TrustChange::ClaimClosed(claim("closed")),
            TrustChange::PromiseChanged(PromiseChange {
                merchant: "shop".into(),
                kind: "free_return".into(),
                state: "active".into(),
                from_ms: 1,
                until_ms: None,
            }),
            TrustChange::RemedyLate(RemedyChange { case: CaseId(Uuid::from_u128(5)), due_ms: 9 }),
            TrustChange::EditionPublished(EditionChange {
                edition: Uuid::from_u128(7),
                from: "2026-01-01".into(),
                to: "2026-03-31".into(),
            }),
        ];
        for (what, name) in changes.into_iter().zip(TrustChange::NAMES) {
            assert_eq!(what.name(), name);
            let event = TrustEvent { format: TRUST_EVENT_FORMAT, at_ms: 7, party: party.clone(), what };
            let json = serde_json::to_value(&event).unwrap();
            assert_eq!(json["type"], name);
            assert_eq!(serde_json::from_value::<TrustEvent>(json).unwrap(), event);
        }
    }
}
