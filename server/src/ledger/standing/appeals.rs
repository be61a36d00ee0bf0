//! Appeals: filed once a target, decided by a second jury or by a moderator. A lost one changes nothing.

use live_jury_protocol::CaseId;
use live_jury_protocol::record::EventRecord;
use live_jury_protocol::trust::{AppealChange, AppealTarget, TrustChange};
use live_jury_trust::Party;
use uuid::Uuid;

use super::change::Change;
use super::lists::appeal;
use super::rows::{self, select_appeals};
use super::rule::{JURY, void};
use super::settle::{OVERTURNED, lift, settle};
use super::target::Target;
use super::{
    APPEAL_DUE_MS, APPEAL_KEPT_MS, AppealRow, AppealState, By, DecideAppealBy, FileAppeal, StandingDb, StandingError,
};
use crate::ledger::listings::calls::{self as listings, Conclusion};
use crate::sql::outbox::uuid_at;
use crate::sql::row::{json, signed, text};

/// `$1` the case before the second jury.
const APPEALS_IN_COURT: &str = select_appeals!("WHERE case_id = $1 AND state = 'in_court' ORDER BY id");
/// `$1` the case whose verdict is appealed.
const APPEALS_FILED: &str = select_appeals!("WHERE appealed_case = $1 AND state = 'filed' ORDER BY id");

const INSERT: &str = "INSERT INTO trust_appeal (id, version, kind, party, target_kind, target, text, evidence, state, \
    appealed_case, filed_at_ms, due_ms) VALUES ($1, 1, $2, $3, $4, $5, $6, $7, 'filed', $8, $9, $10)";
const HOLD: &str = "UPDATE trust_violation SET state = 'appealed', appealed_at_ms = $2, version = version + 1 \
    WHERE id = $1 AND state = 'active'";
const RELEASE: &str = "UPDATE trust_violation SET state = 'active', appealed_at_ms = NULL, version = version + 1 \
    WHERE id = $1 AND state = 'appealed'";
const TO_COURT: &str = "UPDATE trust_appeal SET state = 'in_court', case_id = $2, drafted_at_ms = $3, \
    version = version + 1 WHERE id = $1 AND state = 'filed'";
const OPENED: &str = "UPDATE trust_appeal SET opened_at_ms = $2 WHERE case_id = $1";
const TO_REVIEW: &str = "UPDATE trust_appeal SET state = 'in_review', review_reason = $3, version = version + 1 \
    WHERE id = $1 AND state = $2";
const DECIDE: &str = "UPDATE trust_appeal SET state = $2, decided_at_ms = $3, words = $4, decided_by = $5, \
    version = version + 1 WHERE id = $1 AND state IN ('filed', 'in_court', 'in_review')";

pub(in crate::ledger) async fn file_appeal<D: StandingDb>(
    db: &mut D,
    new: &FileAppeal,
    now_ms: u64,
) -> Result<AppealRow, StandingError> {
    let target = Target::read(db, new.target_kind, new.target).await?;
    if new.party.as_ref().is_some_and(|party| party != target.party()) {
        return Err(StandingError::NotFound);
    }
    let mut change = Change::begin(db, &target.touched(), now_ms).await?;
    // Read again behind the lock.
    let target = Target::read(db, new.target_kind, new.target).await?;
    if target.appeal().is_some() {
        return Err(StandingError::Appealed);
    }
    if !target.is_active() {
        return Err(StandingError::NotActive);
    }
    if target.since_ms().saturating_add(APPEAL_KEPT_MS) <= now_ms {
        return Err(StandingError::AppealTooLate);
    }
    let appealed_case = match &target {
        Target::Violation(violation) if violation.source == JURY => violation.case,
        _ => None,
    };
    let (id, party) = (uuid_at(now_ms), target.party().clone());
    let evidence = json("evidence", &new.evidence)?;
    let due_ms = now_ms.saturating_add(APPEAL_DUE_MS);
    let values = [
        id.into(),
        party.kind.as_str().into(),
        party.id.as_str().into(),
        new.target_kind.as_str().into(),
        new.target.into(),
        text("text", &new.text)?.into(),
        text("evidence", &evidence)?.into(),
        appealed_case.map(|case| case.0).into(),
        signed("filed_at_ms", now_ms)?.into(),
        signed("due_ms", due_ms)?.into(),
    ];
    db.execute(INSERT, &values).await?;
    if let Some(violation) = target.violation() {
        db.execute(HOLD, &[violation.id.into(), signed("appealed_at_ms", now_ms)?.into()]).await?;
    }
    let filed = read(db, id).await?;
    change.tell(&party, TrustChange::AppealFiled(told(&filed, None)));
    change.note(&new.by, "appeal_filed", &party, id, None);
    settle(db, &mut change, &party, &new.by).await?;
    change.finish(db).await?;
    Ok(filed)
}

pub(in crate::ledger) async fn withdraw_appeal<D: StandingDb>(
    db: &mut D,
    id: Uuid,
    party: Option<&Party>,
    by: &By,
    version: Option<u64>,
    now_ms: u64,
) -> Result<AppealRow, StandingError> {
    let (found, mut change) = locked(db, id, version, now_ms).await?;
    if party.is_some_and(|party| *party != found.party) {
        return Err(StandingError::NotFound);
    }
    if !found.state.is_open() {
        return Err(StandingError::Decided);
    }
    end(db, &mut change, &found, AppealState::Withdrawn, None, by).await?;
    change.finish(db).await?;
    read(db, id).await
}

pub(in crate::ledger) async fn decide_appeal<D: StandingDb>(
    db: &mut D,
    decision: &DecideAppealBy,
    now_ms: u64,
) -> Result<AppealRow, StandingError> {
    let (found, mut change) = locked(db, decision.id, decision.version, now_ms).await?;
    if found.state != AppealState::InReview {
        return Err(StandingError::Decided);
    }
    let target = Target::read(db, found.target_kind, found.target).await?;
    let had_hand = target.hands() == Some(decision.by.as_str()) || decision.openers.contains(&decision.by);
    if had_hand {
        return Err(StandingError::SameModerator);
    }
    let by = By::moderator(&decision.by);
    let state = if decision.overturned { AppealState::Overturned } else { AppealState::Confirmed };
    end(db, &mut change, &found, state, Some(text("words", &decision.words)?), &by).await?;
    change.finish(db).await?;
    read(db, decision.id).await
}

pub(in crate::ledger) async fn review_appeal<D: StandingDb>(
    db: &mut D,
    id: Uuid,
    was: AppealState,
    reason: &'static str,
    now_ms: u64,
) -> Result<(), StandingError> {
    let (found, mut change) = locked(db, id, None, now_ms).await?;
    to_review(db, &mut change, &found, was, reason).await?;
    change.finish(db).await
}

async fn to_review<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    found: &AppealRow,
    was: AppealState,
    reason: &'static str,
) -> Result<(), StandingError> {
    if db.execute(TO_REVIEW, &[found.id.into(), was.as_str().into(), reason.into()]).await? > 0 {
        change.note(&By::server(), "appeal_in_review", &found.party, found.id, Some(reason.to_owned()));
    }
    Ok(())
}

/// The draft of a second jury was filed: the appeals that wait for it are in court.
pub(super) async fn drafted<D: StandingDb>(
    db: &mut D,
    of: CaseId,
    record: &EventRecord,
    now_ms: u64,
) -> Result<(), StandingError> {
    let waiting = list(db, APPEALS_FILED, of).await?;
    let mut change = Change::begin(db, &parties(&waiting), now_ms).await?;
    let at_ms = signed("drafted_at_ms", record.at_ms)?;
    for found in &waiting {
        if db.execute(TO_COURT, &[found.id.into(), record.case.0.into(), at_ms.into()]).await? > 0 {
            change.note(&By::server(), "appeal_in_court", &found.party, found.id, Some(record.case.to_string()));
        }
    }
    change.finish(db).await
}

/// The second jury's case was opened.
pub(super) async fn opened<D: StandingDb>(db: &mut D, record: &EventRecord) -> Result<(), StandingError> {
    db.execute(OPENED, &[record.case.0.into(), signed("opened_at_ms", record.at_ms)?.into()]).await?;
    Ok(())
}

/// The second jury's draft was discarded: a moderator decides.
pub(super) async fn discarded<D: StandingDb>(
    db: &mut D,
    record: &EventRecord,
    now_ms: u64,
) -> Result<(), StandingError> {
    let in_court = list(db, APPEALS_IN_COURT, record.case).await?;
    let mut change = Change::begin(db, &parties(&in_court), now_ms).await?;
    for found in &in_court {
        to_review(db, &mut change, found, AppealState::InCourt, "discarded").await?;
    }
    change.finish(db).await
}

/// The second jury has decided whether a complaint stays overturned, or nothing. The caller settles the parties.
pub(super) async fn judged<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    case: CaseId,
    overturned: Option<bool>,
) -> Result<(), StandingError> {
    for found in list(db, APPEALS_IN_COURT, case).await? {
        match overturned {
            None => to_review(db, change, &found, AppealState::InCourt, "no_verdict").await?,
            Some(overturned) => {
                let state = if overturned { AppealState::Overturned } else { AppealState::Confirmed };
                decided(db, change, &found, state, None, &By::server()).await?;
                db.execute(RELEASE, &[found.target.into()]).await?;
            }
        }
    }
    Ok(())
}

/// The case before a second jury ended, and rules on nothing: a moderator decides.
pub(super) async fn not_judged<D: StandingDb>(db: &mut D, case: CaseId, now_ms: u64) -> Result<(), StandingError> {
    let in_court = list(db, APPEALS_IN_COURT, case).await?;
    if in_court.is_empty() {
        return Ok(());
    }
    let mut change = Change::begin(db, &parties(&in_court), now_ms).await?;
    judged(db, &mut change, case, None).await?;
    change.finish(db).await
}

/// Decides an open appeal whose target is gone.
pub(in crate::ledger) async fn overturn<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    id: Uuid,
    by: &By,
) -> Result<(), StandingError> {
    let found = read(db, id).await?;
    if found.state.is_open() {
        decided(db, change, &found, AppealState::Overturned, None, by).await?;
    }
    Ok(())
}

/// Ends an appeal, with what follows for its target, and settles its party.
async fn end<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    found: &AppealRow,
    state: AppealState,
    words: Option<&str>,
    by: &By,
) -> Result<(), StandingError> {
    decided(db, change, found, state, words, by).await?;
    let target = Target::read(db, found.target_kind, found.target).await?;
    match (&target, target.violation(), state) {
        // A listing that was confirmed is released with its violation.
        (_, Some(violation), AppealState::Overturned) => void(db, change, violation, OVERTURNED, None, by).await?,
        (Target::Measure(measure), _, AppealState::Overturned) => lift(db, change, measure, by, OVERTURNED).await?,
        (Target::Listing(listing, _), None, AppealState::Overturned) if listing.state.waits() => {
            listings::conclude(db, change, listing, &Conclusion { confirm: None, by, words }).await?;
        }
        (_, Some(violation), _) => {
            db.execute(RELEASE, &[violation.id.into()]).await?;
        }
        _ => {}
    }
    settle(db, change, &found.party, by).await?;
    Ok(())
}

async fn decided<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    found: &AppealRow,
    state: AppealState,
    words: Option<&str>,
    by: &By,
) -> Result<(), StandingError> {
    let values = [
        found.id.into(),
        state.as_str().into(),
        signed("decided_at_ms", change.now_ms)?.into(),
        words.into(),
        by.moderators_sub().into(),
    ];
    if db.execute(DECIDE, &values).await? > 0 {
        change.tell(&found.party, TrustChange::AppealDecided(told(found, Some(state))));
        let action = match state {
            AppealState::Overturned => "appeal_overturned",
            AppealState::Withdrawn => "appeal_withdrawn",
            _ => "appeal_confirmed",
        };
        change.note(by, action, &found.party, found.id, words.map(str::to_owned));
    }
    Ok(())
}

/// An appeal behind the lock on its party.
async fn locked<D: StandingDb>(
    db: &mut D,
    id: Uuid,
    version: Option<u64>,
    now_ms: u64,
) -> Result<(AppealRow, Change), StandingError> {
    let found = read(db, id).await?;
    let target = Target::read(db, found.target_kind, found.target).await?;
    let change = Change::begin(db, &target.touched(), now_ms).await?;
    let found = read(db, id).await?;
    match version {
        Some(version) if version != found.version => Err(StandingError::VersionMismatch(found.version)),
        _ => Ok((found, change)),
    }
}

fn parties(appeals: &[AppealRow]) -> Vec<Party> {
    appeals.iter().map(|appeal| appeal.party.clone()).collect()
}

async fn list<D: StandingDb>(db: &mut D, sql: &'static str, case: CaseId) -> Result<Vec<AppealRow>, StandingError> {
    let found = db.fetch_all(sql, &[case.0.into()]).await?;
    found.iter().map(|row| Ok(rows::appeal(row)?)).collect()
}

async fn read<D: StandingDb>(db: &mut D, id: Uuid) -> Result<AppealRow, StandingError> {
    appeal(db, id).await?.ok_or(StandingError::NotFound)
}

fn told(found: &AppealRow, outcome: Option<AppealState>) -> AppealChange {
    AppealChange {
        appeal: found.id,
        target: AppealTarget { kind: found.target_kind.as_str().to_owned(), id: found.target },
        case: found.case,
        outcome: outcome.map(|state| state.as_str().to_owned()),
        due_ms: found.due_ms,
    }
}
