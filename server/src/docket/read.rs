//! The docket's reads that are the same in both dialects.

use live_jury_court::{Case, StoredBallot};
use live_jury_protocol::limits::ENDED_CASES_IN_DOCKET;
use live_jury_protocol::{AuditEntry, CaseId, RoomId};

use super::{DocketError, Request, RoomRecord, StoredCase, VerdictQuery, row};
use crate::sql::query::Db;
use crate::sql::row::{Columns, Malformed, count, cursor, text};
use crate::sql::statements as sql;

pub(super) async fn answered<D: Db>(db: &mut D, request: &Request) -> Result<Option<String>, DocketError> {
    let key = text("key", &request.key)?;
    let found = db.fetch_optional(sql::REQUEST, &[request.room.as_str().into(), key.into()]).await?;
    found.map(|found| row::answer(&found, request)).transpose()
}

pub(super) async fn case<D: Db>(db: &mut D, id: CaseId) -> Result<Option<Case>, DocketError> {
    let found = db.fetch_optional(sql::CASE, &[id.0.into()]).await?;
    found.as_ref().map(row::case).transpose()
}

/// Reads a room. The caller's transaction makes the three statements one snapshot.
pub(super) async fn room<D: Db>(db: &mut D, room: &RoomId) -> Result<RoomRecord, DocketError> {
    let name = room.as_str();
    let head = db.fetch_optional(sql::REV_OF_ROOM, &[name.into()]).await?;
    let head = head.ok_or_else(|| Malformed::new("rev", "was not read"))?;
    let incarnation = head.uuid("incarnation")?;
    let Some(rev) = head.maybe_number("rev")? else {
        return Ok(RoomRecord { incarnation, ..RoomRecord::default() });
    };
    let live = db.fetch_all(sql::LIVE_CASES, &[name.into()]).await?;
    let ended = db.fetch_all(sql::LAST_ENDED_CASES, &[name.into(), count(ENDED_CASES_IN_DOCKET).into()]).await?;
    Ok(RoomRecord { incarnation, rev, live: row::readable_cases(&live), ended: row::readable_cases(&ended) })
}

pub(super) async fn verdicts<D: Db>(db: &mut D, query: &VerdictQuery) -> Result<Vec<StoredCase>, DocketError> {
    let found = match query {
        VerdictQuery::OfRoom { room, before, limit } => {
            let before = before.map_or(i64::MAX, cursor);
            db.fetch_all(sql::VERDICTS_OF_ROOM, &[room.as_str().into(), before.into(), i64::from(*limit).into()])
                .await?
        }
        VerdictQuery::After { after, limit } => {
            db.fetch_all(sql::VERDICTS_AFTER, &[cursor(*after).into(), i64::from(*limit).into()]).await?
        }
    };
    Ok(row::stored_cases(&found))
}

pub(super) async fn audit<D: Db>(db: &mut D, id: CaseId) -> Result<Vec<AuditEntry>, DocketError> {
    let found = db.fetch_all(sql::AUDIT, &[id.0.into()]).await?;
    found.iter().map(row::audit_entry).collect()
}

pub(super) async fn ballots<D: Db>(db: &mut D, id: CaseId) -> Result<Vec<StoredBallot>, DocketError> {
    row::ballots(db.fetch(sql::BALLOTS, &[id.0.into()])).await
}

pub(super) async fn ping<D: Db>(db: &mut D) -> Result<(), DocketError> {
    db.execute(sql::PING, &[]).await?;
    Ok(())
}
