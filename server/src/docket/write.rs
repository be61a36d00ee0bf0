//! The docket's writes. Each function runs in a transaction of its caller, who commits it.
//!
//! All of them take their locks in one order, so that no two transactions wait for each other: the request's key,
//! the room's drafts, the case, the room, the counter of verdicts, the log, the counter of events. SQLite has one
//! writer and needs no order.

use std::future::Future;

use live_jury_court::{Case, StoredBallot};
use live_jury_protocol::limits::{DRAFTS_PER_ROOM_MAX, LIVE_CASES_PER_ROOM_MAX, REQUEST_KEPT_MS};
use live_jury_protocol::{AuditEntry, CaseId, CaseState, RoomId};

use super::ballots::{SortedBallots, keep_if_whole};
use super::log::LogDb;
use super::row::{self, CaseBefore, CaseRow, StateChange};
use super::{Added, Attestation, DocketError, Request, attestation, log, outbox, read};
use crate::sql::outbox::OutboxDb;
use crate::sql::query::Db;
use crate::sql::row::{Columns, Malformed, count, json, signed, text};
use crate::sql::statements as sql;

/// The writes that differ between the dialects.
pub(super) trait WriteDb: LogDb + OutboxDb {
    /// Reads the state and the losses of a case by id, room and next version, and locks the case.
    const STATE_BEFORE: &'static str;
    /// Deletes requests created before `$1`.
    const DELETE_OLD_REQUESTS: &'static str;
    /// Inserts called jurors: `$1` case, `$2` stratum, `$3` pairs of ticket and pseudonym, as JSON of hex digits.
    const INSERT_CALLED: &'static str;
    /// Inserts the masked profiles of called jurors: `$1` case, `$2` pairs of pseudonym and masked profile, as JSON of
    /// hex digits.
    const INSERT_SERVING: &'static str;

    /// Locks a room's number of drafts.
    fn lock_drafts(&mut self, room: &RoomId) -> impl Future<Output = Result<(), DocketError>> + Send;

    /// Gives a recorded case the next place among the verdicts.
    fn give_place(&mut self, id: CaseId) -> impl Future<Output = Result<(), DocketError>> + Send;

    /// Inserts ballots of a sealed case, which are in order of pseudonym.
    fn insert_ballots(
        &mut self,
        id: CaseId,
        ballots: &[StoredBallot],
    ) -> impl Future<Output = Result<(), DocketError>> + Send;
}

/// The result of a transaction that files a step. It is to be committed either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filing {
    /// The step is filed.
    Done,
    /// The rows did not add up to the ballots and are deleted. The ballots must be filed again, and then the step.
    BallotsDeleted,
}

pub(super) async fn add<D: WriteDb>(
    db: &mut D,
    case: &Case,
    entries: &[AuditEntry],
    request: Option<&Request>,
) -> Result<Added, DocketError> {
    let row = CaseRow::of(case)?;
    let change = StateChange::between(None, Some(case.state.name()));
    if let Some(request) = request {
        if !insert_request(db, request, case.created_at_ms).await?
            && let Some(answer) = read::answered(db, request).await?
        {
            return Ok(Added::Replayed(answer));
        }
        delete_old_requests(db, case.created_at_ms).await?;
    }
    check_draft_limit(db, case).await?;
    changed_one(db.execute(sql::INSERT_CASE, &row.values()).await?, case.id)?;
    if let Some(appealed) = case.appeal_of {
        set_appeal_of(db, case.id, appealed).await?;
    }
    if change.opened {
        attestation::store_brief(db, case).await?;
    }
    for entry in entries {
        insert_audit(db, case.id, entry).await?;
    }
    publish(db, case, change).await?;
    if let Some(last) = entries.last() {
        outbox::insert(db, case, change, last).await?;
    }
    Ok(Added::Created)
}

/// Files that a draft is an appeal.
///
/// # Errors
/// [`DocketError::Appealed`] if the other case has one that is neither discarded nor void.
async fn set_appeal_of<D: Db>(db: &mut D, id: CaseId, appealed: CaseId) -> Result<(), DocketError> {
    match db.execute(sql::SET_APPEAL_OF, &[id.0.into(), appealed.0.into()]).await {
        Ok(rows) => changed_one(rows, id),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Err(DocketError::Appealed(appealed)),
        Err(error) => Err(error.into()),
    }
}

/// Files a step that does not record the case.
pub(super) async fn file<D: WriteDb>(db: &mut D, case: &Case, entry: &AuditEntry) -> Result<(), DocketError> {
    let row = CaseRow::of(case)?;
    let change = StateChange::filing(state_before(db, case).await?, case);
    if change.recorded {
        return Err(Malformed::new("state", "is of a record, which comes with its ballots").into());
    }
    changed_one(db.execute(sql::UPDATE_CASE, &row.values()).await?, case.id)?;
    if change.opened {
        attestation::store_brief(db, case).await?;
    }
    insert_audit(db, case.id, entry).await?;
    // Last, so that the room and the counters are locked no longer than a commit takes.
    publish(db, case, change).await?;
    outbox::insert(db, case, change, entry).await
}

/// Records a case. Its ballots and seals were filed before; these are those that it must find.
pub(super) async fn record<D: WriteDb>(
    db: &mut D,
    case: &Case,
    entry: &AuditEntry,
    ballots: &SortedBallots<'_>,
    attestation: &Attestation,
) -> Result<Filing, DocketError> {
    let row = CaseRow::of(case)?;
    let change = StateChange::filing(state_before(db, case).await?, case);
    // A verdict without ballots needs no other check: what was filed before the tally was lost is deleted by now.
    if change.recorded && !keep_if_whole(db, case.id, ballots).await? && !ballots.is_empty() {
        return Ok(Filing::BallotsDeleted);
    }
    attestation::check_audit(db, case.id, attestation).await?;
    attestation::file(db, case.id, attestation).await?;
    changed_one(db.execute(sql::UPDATE_CASE, &row.values()).await?, case.id)?;
    insert_audit(db, case.id, entry).await?;
    publish(db, case, change).await?;
    log::append_case(db, attestation.log, case.id, &attestation.entry, &attestation.statement).await?;
    outbox::insert(db, case, change, entry).await?;
    Ok(Filing::Done)
}

/// Files the clock of a recorded case's remedy. The outbox has no event of it: trust tells what follows.
pub(super) async fn file_remedy<D: WriteDb>(db: &mut D, case: &Case, entry: &AuditEntry) -> Result<(), DocketError> {
    let Some(clock) = case.remedy_clock else { return Ok(()) };
    let row = CaseRow::of(case)?;
    let change = StateChange::filing(state_before(db, case).await?, case);
    changed_one(db.execute(sql::UPDATE_CASE, &row.values()).await?, case.id)?;
    let shown = json("clock", &clock)?;
    let values = [case.id.0.into(), shown.as_str().into(), clock.state.as_str().into()];
    changed_one(db.execute(sql::SHOW_REMEDY, &values).await?, case.id)?;
    insert_audit(db, case.id, entry).await?;
    publish(db, case, change).await
}

pub(super) async fn discard<D: WriteDb>(db: &mut D, case: &Case, entry: &AuditEntry) -> Result<(), DocketError> {
    let values = [case.id.0.into(), case.room.as_str().into(), signed("version", case.version)?.into()];
    changed_one(db.execute(sql::DISCARD_DRAFT, &values).await?, case.id)?;
    insert_audit(db, case.id, entry).await?;
    outbox::insert(db, case, StateChange::between(Some(CaseState::Draft), None), entry).await
}

/// Inserts a request and returns whether its key is new. It waits for another transaction with the same key.
async fn insert_request<D: Db>(db: &mut D, request: &Request, created_at_ms: u64) -> Result<bool, DocketError> {
    let values = [
        request.room.as_str().into(),
        text("key", &request.key)?.into(),
        text("digest", &request.digest)?.into(),
        text("answer", &request.answer)?.into(),
        signed("created_at_ms", created_at_ms)?.into(),
    ];
    Ok(db.execute(sql::INSERT_REQUEST, &values).await? > 0)
}

/// Deletes requests too old for a repeat.
async fn delete_old_requests<D: WriteDb>(db: &mut D, now_ms: u64) -> Result<(), DocketError> {
    let before = signed("created_at_ms", now_ms.saturating_sub(REQUEST_KEPT_MS))?;
    db.execute(D::DELETE_OLD_REQUESTS, &[before.into()]).await?;
    Ok(())
}

/// Checks that a draft fits its room. Drafts that come at the same time are checked one after the other.
async fn check_draft_limit<D: WriteDb>(db: &mut D, case: &Case) -> Result<(), DocketError> {
    if case.state.name() != CaseState::Draft {
        return Ok(());
    }
    db.lock_drafts(&case.room).await?;
    let found = db.fetch_optional(sql::DRAFTS_OF_ROOM, &[case.room.as_str().into()]).await?;
    let drafts = found.map_or(Ok(0), |found| found.number("drafts"))?;
    if drafts < DRAFTS_PER_ROOM_MAX as u64 { Ok(()) } else { Err(DocketError::TooManyDrafts(case.room.clone())) }
}

/// Reads the state of the version before this one. Until the end of the transaction no other one files the case.
pub(super) async fn state_before<D: WriteDb>(db: &mut D, case: &Case) -> Result<CaseBefore, DocketError> {
    let version = signed("version", case.version)?;
    let values = [case.id.0.into(), case.room.as_str().into(), version.into()];
    let found = db.fetch_optional(D::STATE_BEFORE, &values).await?;
    Ok(row::state_before(&found.ok_or(DocketError::Conflict(case.id))?)?)
}

fn changed_one(rows: u64, id: CaseId) -> Result<(), DocketError> {
    if rows == 0 { Err(DocketError::Conflict(id)) } else { Ok(()) }
}

pub(super) async fn insert_audit<D: Db>(db: &mut D, id: CaseId, entry: &AuditEntry) -> Result<(), DocketError> {
    let stored = attestation::stored_line(entry)?;
    let values = [
        id.0.into(),
        signed("at_ms", entry.at_ms)?.into(),
        text("who", &entry.by)?.into(),
        entry.by_kind.as_str().into(),
        text("action", &entry.action)?.into(),
        entry.detail.as_deref().map(|detail| text("detail", detail)).transpose()?.into(),
        signed("version", entry.version)?.into(),
        signed("epoch", entry.epoch)?.into(),
        stored.as_str().into(),
    ];
    db.execute(sql::INSERT_AUDIT, &values).await?;
    Ok(())
}

/// Shows a change to the room's public and to the readers of verdicts.
async fn publish<D: WriteDb>(db: &mut D, case: &Case, change: StateChange) -> Result<(), DocketError> {
    if !change.public {
        return Ok(());
    }
    let limit = count(LIVE_CASES_PER_ROOM_MAX);
    let values = [case.room.as_str().into(), change.live.into(), limit.into(), change.missing.into()];
    if db.execute(sql::RAISE_REV, &values).await? == 0 {
        return Err(DocketError::TooManyLive(case.room.clone()));
    }
    if change.recorded {
        db.give_place(case.id).await?;
    }
    Ok(())
}
