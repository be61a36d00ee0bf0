//! Violations that people find, confirm, dismiss and withdraw.

use live_jury_protocol::trust::{TrustChange, ViolationChange};
use live_jury_trust::ladder::State;
use live_jury_trust::policy::Policy;
use live_jury_trust::{Party, PartyKind};
use uuid::Uuid;

use super::change::Change;
use super::lists::violation;
use super::rows::{self, select_violations};
use super::rule::{INSERT_VIOLATION, WITHDRAWN, credit_reporters, made, void};
use super::settle::{settle, touched};
use super::{AuthorityFinding, By, FileViolation, StandingDb, StandingError, StepKind, ViolationRow, ViolationStep};
use crate::ledger::buckets::BucketEnd;
use crate::sql::outbox::uuid_at;
use crate::sql::row::{json, signed, text};

/// The sources of violations that people file.
pub(super) const AUTHORITY: &str = "authority";
const MODERATOR: &str = "moderator";
/// The reason of a proposed one that a moderator found to be none.
const DISMISSED: &str = "dismissed";

/// The beginning of the request of a violation that a fact made. Those of moderators begin with a `sub`, which has no
/// such character.
const OF_FACT: &str = "\u{1f}fact ";

const VIOLATION_OF_REQUEST: &str = select_violations!("WHERE request = $1");

/// Its points count from the moderator's decision on.
const CONFIRM: &str = "UPDATE trust_violation SET state = 'active', decided_at_ms = $2, decided_by = $3, words = $4, \
    version = version + 1 WHERE id = $1";

pub(in crate::ledger) async fn file_violation<D: StandingDb>(
    db: &mut D,
    new: &FileViolation,
    now_ms: u64,
) -> Result<ViolationRow, StandingError> {
    let mut change = Change::begin(db, [&new.party], now_ms).await?;
    if let Some(request) = &new.request
        && let Some(row) = db.fetch_optional(VIOLATION_OF_REQUEST, &[text("request", request)?.into()]).await?
    {
        let first = rows::violation(&row)?;
        let is_same = first.party == new.party && first.policy.id == new.policy.id && first.facts == new.facts;
        return if is_same { Ok(first) } else { Err(StandingError::KeyReused) };
    }
    let source = if new.authority { AUTHORITY } else { MODERATOR };
    let by = By::moderator(&new.by);
    let of = Found { party: &new.party, policy: &new.policy, source, facts: &new.facts, by: &by };
    let id = insert(db, &mut change, &of, new.request.as_deref()).await?;
    change.finish(db).await?;
    read(db, id).await
}

/// Files the violations that authorities found, one for each party that they fall on. A repeat of the fact files
/// nothing.
pub(in crate::ledger) async fn file_findings<D: StandingDb>(
    db: &mut D,
    findings: &[AuthorityFinding],
    now_ms: u64,
) -> Result<(), StandingError> {
    let mut change = Change::begin(db, findings.iter().flat_map(|finding| &finding.parties), now_ms).await?;
    let by = By::server();
    for finding in findings {
        for party in &finding.parties {
            let request = format!("{OF_FACT}{} {}", party.kind.as_str(), finding.fact);
            if db.fetch_optional(VIOLATION_OF_REQUEST, &[text("request", &request)?.into()]).await?.is_some() {
                continue;
            }
            let AuthorityFinding { policy, facts, .. } = finding;
            let of = Found { party, policy, source: AUTHORITY, facts, by: &by };
            insert(db, &mut change, &of, Some(&request)).await?;
        }
    }
    change.finish(db).await
}

/// A violation that a person found, or a jury without a policy.
pub(in crate::ledger) struct Found<'f> {
    pub party: &'f Party,
    pub policy: &'f Policy,
    pub source: &'static str,
    pub facts: &'f str,
    pub by: &'f By,
}

/// Makes a violation that was found, as a part of a change that has locked its party.
pub(in crate::ledger) async fn found_violation<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    found: &Found<'_>,
) -> Result<Uuid, StandingError> {
    insert(db, change, found, None).await
}

async fn insert<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    found: &Found<'_>,
    request: Option<&str>,
) -> Result<Uuid, StandingError> {
    let (id, policy) = (uuid_at(change.now_ms), json("policy", found.policy)?);
    let merchant = (found.party.kind == PartyKind::Merchant).then_some(found.party.id.as_str());
    let values = [
        id.into(),
        found.party.kind.as_str().into(),
        text("party", &found.party.id)?.into(),
        policy.as_str().into(),
        found.source.into(),
        None::<Uuid>.into(),
        None::<Uuid>.into(),
        None::<&str>.into(),
        merchant.into(),
        text("facts", found.facts)?.into(),
        signed("decided_at_ms", change.now_ms)?.into(),
        State::Active.as_str().into(),
        found.by.moderators_sub().map(|sub| text("decided_by", sub)).transpose()?.into(),
        None::<&str>.into(),
        request.into(),
    ];
    db.execute(INSERT_VIOLATION, &values).await?;
    made(change, found.party, id, found.policy, State::Active, found.by);
    settle(db, change, found.party, found.by).await?;
    Ok(id)
}

pub(in crate::ledger) async fn step_violation<D: StandingDb>(
    db: &mut D,
    step: &ViolationStep,
    now_ms: u64,
) -> Result<ViolationRow, StandingError> {
    let found = read(db, step.id).await?;
    let mut change = Change::begin(db, &touched(&found), now_ms).await?;
    // Read again behind the lock.
    let found = read(db, step.id).await?;
    if step.version.is_some_and(|version| version != found.version) {
        return Err(StandingError::VersionMismatch(found.version));
    }
    let by = By::moderator(&step.by);
    let words = text("words", &step.words)?;
    match (step.kind, found.state) {
        (StepKind::Confirm, State::Proposed) => {
            let values = [
                step.id.into(),
                signed("decided_at_ms", now_ms)?.into(),
                text("decided_by", &step.by)?.into(),
                words.into(),
            ];
            db.execute(CONFIRM, &values).await?;
            credit_reporters(db, &found, BucketEnd::UPHELD, now_ms).await?;
            let (policy, points) = (found.policy.id.clone(), found.policy.points);
            let told = ViolationChange { violation: step.id, policy, points, reason: None };
            change.tell(&found.party, TrustChange::ViolationActive(told));
            change.note(&by, "violation_active", &found.party, step.id, Some(step.words.clone()));
        }
        (StepKind::Dismiss, State::Proposed) => void(db, &mut change, &found, DISMISSED, Some(words), &by).await?,
        (StepKind::Confirm | StepKind::Dismiss, _) => return Err(StandingError::NotProposed),
        (StepKind::Withdraw, State::Active | State::Appealed { .. }) => {
            void(db, &mut change, &found, WITHDRAWN, Some(words), &by).await?;
        }
        (StepKind::Withdraw, _) => return Err(StandingError::NotActive),
    }
    settle(db, &mut change, &found.party, &by).await?;
    change.finish(db).await?;
    read(db, step.id).await
}

async fn read<D: StandingDb>(db: &mut D, id: Uuid) -> Result<ViolationRow, StandingError> {
    violation(db, id).await?.ok_or(StandingError::NotFound)
}
