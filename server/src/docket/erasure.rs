//! The erasure of a recorded case: its texts, rows, seals and key are deleted. Its entry in the log and its audit trail
//! stay.

use async_trait::async_trait;
use live_jury_court::Case;
use live_jury_protocol::limits::LIVE_CASES_PER_ROOM_MAX;
use live_jury_protocol::{AuditEntry, CaseId, RoomId};

use super::DocketError;
use super::write::insert_audit;
use crate::sql::query::Db;
use crate::sql::row::{Columns, count, signed};
use crate::sql::statements as sql;

/// Erased cases.
#[async_trait]
pub trait EraseStore: Send + Sync {
    /// Erases a recorded case, with an audit entry, all or nothing. `case` is its next version. From then on it is
    /// neither read nor listed. Its place among the verdicts and its entry in the log stay.
    ///
    /// # Errors
    /// [`DocketError::UnderAppeal`] while an appeal that the case led to is a draft, open or sealed;
    /// [`DocketError::Conflict`] unless the version filed before is recorded, at `case.version - 1`.
    async fn erase(&self, case: &Case, entry: &AuditEntry) -> Result<(), DocketError>;

    /// Reads the room of an erased case; none of any other case.
    async fn erased_in(&self, id: CaseId) -> Result<Option<RoomId>, DocketError>;
}

/// Erases a case and inserts its audit entry, in a transaction of the caller.
pub(super) async fn erase<D: Db>(db: &mut D, case: &Case, entry: &AuditEntry) -> Result<(), DocketError> {
    let (id, room) = (case.id.0.into(), case.room.as_str().into());
    if db.fetch_optional(sql::LIVE_APPEAL, &[id]).await?.is_some() {
        return Err(DocketError::UnderAppeal(case.id));
    }
    // Before the rest, since triggers keep the ballots of a recorded case that is not erased.
    if db.execute(sql::ERASE_CASE, &[id, room, signed("version", case.version)?.into()]).await? == 0 {
        return Err(DocketError::Conflict(case.id));
    }
    for statement in [
        sql::DELETE_BALLOTS,
        sql::DELETE_SEALS,
        sql::DELETE_PROOFS,
        sql::DELETE_PANEL,
        sql::DELETE_SERVING,
        sql::DELETE_OBJECTIONS,
        sql::DELETE_DELIVERIES,
        sql::DELETE_EVENTS,
    ] {
        db.execute(statement, &[id]).await?;
    }
    // The stored answers to requests with an Idempotency-Key hold the case.
    let pattern = format!("%{}%", case.id);
    db.execute(sql::DELETE_REQUESTS_ABOUT, &[room, pattern.as_str().into()]).await?;
    insert_audit(db, case.id, entry).await?;
    // Nodes read the room again, and show the case no more.
    db.execute(sql::RAISE_REV, &[room, 0.into(), count(LIVE_CASES_PER_ROOM_MAX).into(), 0.into()]).await?;
    Ok(())
}

pub(super) async fn erased_in<D: Db>(db: &mut D, id: CaseId) -> Result<Option<RoomId>, DocketError> {
    let found = db.fetch_optional(sql::ERASED_CASE, &[id.0.into()]).await?;
    Ok(found.map(|row| row.parsed("room")).transpose()?)
}
