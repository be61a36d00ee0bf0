//! The docket's reads that are the same in both dialects. They return rows, which the caller parses after it has given
//! its connection back.

use live_jury_court::{Pseudonym, StoredBallot};
use live_jury_protocol::limits::ENDED_CASES_IN_DOCKET;
use live_jury_protocol::{CaseId, RoomId};

use super::{DocketError, Request, RoomRecord, VerdictQuery, row};
use crate::sql::query::Db;
use crate::sql::row::{Columns, Malformed, count, cursor, text};
use crate::sql::statements as sql;

/// The rows of a room in one snapshot.
pub(super) struct RoomRows<R> {
    /// The docket's incarnation and the room's rev, which is missing for a room that the docket does not know.
    head: R,
    live: Vec<R>,
    ended: Vec<R>,
}

impl<R: Columns> RoomRows<R> {
    pub(super) fn parse(&self) -> Result<RoomRecord, DocketError> {
        let incarnation = self.head.uuid("incarnation")?;
        let Some(rev) = self.head.maybe_number("rev")? else {
            return Ok(RoomRecord { incarnation, ..RoomRecord::default() });
        };
        let (live, ended) = (row::readable_cases(&self.live), row::readable_cases(&self.ended));
        Ok(RoomRecord { incarnation, rev, live, ended })
    }
}

pub(super) async fn answered<D: Db>(db: &mut D, request: &Request) -> Result<Option<String>, DocketError> {
    let key = text("key", &request.key)?;
    let found = db.fetch_optional(sql::REQUEST, &[request.room.as_str().into(), key.into()]).await?;
    found.map(|found| row::answer(&found, request)).transpose()
}

pub(super) async fn case<D: Db>(db: &mut D, id: CaseId) -> Result<Option<D::Row>, DocketError> {
    Ok(db.fetch_optional(sql::CASE, &[id.0.into()]).await?)
}

/// Reads a room. The caller's transaction makes the three statements one snapshot.
pub(super) async fn room<D: Db>(db: &mut D, room: &RoomId) -> Result<RoomRows<D::Row>, DocketError> {
    let name = room.as_str();
    let head = db.fetch_optional(sql::REV_OF_ROOM, &[name.into()]).await?;
    let head = head.ok_or_else(|| Malformed::new("rev", "was not read"))?;
    if head.maybe_number("rev")?.is_none() {
        return Ok(RoomRows { head, live: Vec::new(), ended: Vec::new() });
    }
    let live = db.fetch_all(sql::LIVE_CASES, &[name.into()]).await?;
    let ended = db.fetch_all(sql::LAST_ENDED_CASES, &[name.into(), count(ENDED_CASES_IN_DOCKET).into()]).await?;
    Ok(RoomRows { head, live, ended })
}

pub(super) async fn verdicts<D: Db>(db: &mut D, query: &VerdictQuery) -> Result<Vec<D::Row>, DocketError> {
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
    Ok(found)
}

pub(super) async fn audit<D: Db>(db: &mut D, id: CaseId) -> Result<Vec<D::Row>, DocketError> {
    Ok(db.fetch_all(sql::AUDIT, &[id.0.into()]).await?)
}

pub(super) async fn audit_after<D: Db>(
    db: &mut D,
    id: CaseId,
    after: u64,
    limit: u32,
) -> Result<Vec<D::Row>, DocketError> {
    Ok(db.fetch_all(sql::AUDIT_AFTER, &[id.0.into(), cursor(after).into(), i64::from(limit).into()]).await?)
}

pub(super) async fn ballots<D: Db>(db: &mut D, id: CaseId) -> Result<Vec<StoredBallot>, DocketError> {
    row::ballots(db.fetch(sql::BALLOTS, &[id.0.into()])).await
}

pub(super) async fn ballots_after<D: Db>(
    db: &mut D,
    id: CaseId,
    after: Option<Pseudonym>,
    limit: u32,
) -> Result<Vec<D::Row>, DocketError> {
    // Every pseudonym is greater than no bytes.
    let after = after.as_ref().map_or(&[][..], |juror| &juror.0);
    Ok(db.fetch_all(sql::BALLOTS_AFTER, &[id.0.into(), after.into(), i64::from(limit).into()]).await?)
}

pub(super) async fn ping<D: Db>(db: &mut D) -> Result<(), DocketError> {
    db.execute(sql::PING, &[]).await?;
    Ok(())
}
