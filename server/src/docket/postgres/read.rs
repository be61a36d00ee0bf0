//! What is asked of the docket in PostgreSQL; nothing here changes it.

use live_jury_court::{Case, Pseudonym, StoredBallot};
use live_jury_protocol::limits::ENDED_CASES_IN_DOCKET;
use live_jury_protocol::{AuditEntry, CaseId, RoomId};
use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection};

use super::super::row::{self, count, cursor, select_cases};
use super::super::{CaseQuery, DocketError, Request, RoomRecord, RoomRev, VerdictQuery};

pub(super) async fn answered(db: &mut PgConnection, request: &Request) -> Result<Option<String>, DocketError> {
    let sql = "SELECT digest, answer FROM requests WHERE room = $1 AND key = $2";
    let key = row::text("key", &request.key)?;
    let found = sqlx::query(sql).bind(request.room.as_str()).bind(key).fetch_optional(db).await?;
    found.map(|found| row::answer(&found, request)).transpose()
}

pub(super) async fn case(db: &mut PgConnection, id: CaseId) -> Result<Option<Case>, DocketError> {
    let found = sqlx::query(select_cases!("WHERE id = $1")).bind(id.0).fetch_optional(db).await?;
    found.as_ref().map(row::case).transpose()
}

pub(super) async fn room(db: &mut PgConnection, room: &RoomId) -> Result<RoomRecord, DocketError> {
    // One snapshot for all three statements.
    let mut tx = db.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let rev = sqlx::query("SELECT rev FROM rooms WHERE room = $1").bind(room.as_str());
    let Some(rev) = rev.fetch_optional(&mut *tx).await? else { return Ok(RoomRecord::default()) };
    let live = select_cases!("WHERE room = $1 AND state IN ('open', 'sealed') ORDER BY id");
    let live = sqlx::query(live).bind(room.as_str()).fetch_all(&mut *tx).await?;
    let ended = select_cases!("WHERE room = $1 AND verdict_seq IS NOT NULL ORDER BY verdict_seq DESC LIMIT $2");
    let ended = sqlx::query(ended).bind(room.as_str()).bind(count(ENDED_CASES_IN_DOCKET)).fetch_all(&mut *tx).await?;
    tx.commit().await?;
    Ok(RoomRecord { rev: row::rev(&rev)?, live: parsed(&live)?, ended: parsed(&ended)? })
}

pub(super) async fn revs(db: &mut PgConnection, known: &[RoomId]) -> Result<Vec<RoomRev>, DocketError> {
    let sql = "SELECT room, rev, live FROM rooms WHERE live > 0 \
               UNION SELECT room, rev, live FROM rooms WHERE room = ANY($1)";
    let names: Vec<&str> = known.iter().map(RoomId::as_str).collect();
    let found = sqlx::query(sql).bind(names).fetch_all(db).await?;
    let revs = found.iter().map(row::room_rev).collect::<Result<_, _>>()?;
    Ok(row::with_unknown(revs, known))
}

pub(super) async fn cases(db: &mut PgConnection, query: &CaseQuery) -> Result<Vec<Case>, DocketError> {
    let sql =
        select_cases!("WHERE room = $1 AND state = ANY($2) AND ($3 IS NULL OR id < $3) ORDER BY id DESC LIMIT $4");
    let states: Vec<&str> = query.states.iter().map(|state| state.as_str()).collect();
    let found = sqlx::query(sql)
        .bind(query.room.as_str())
        .bind(states)
        .bind(query.before.map(|id| id.0))
        .bind(i64::from(query.limit))
        .fetch_all(db)
        .await?;
    parsed(&found)
}

pub(super) async fn verdicts(db: &mut PgConnection, query: &VerdictQuery) -> Result<Vec<(u64, Case)>, DocketError> {
    let found = match query {
        VerdictQuery::OfRoom { room, before, limit } => {
            let sql = select_cases!("WHERE room = $1 AND verdict_seq < $2 ORDER BY verdict_seq DESC LIMIT $3");
            let before = before.map_or(i64::MAX, cursor);
            sqlx::query(sql).bind(room.as_str()).bind(before).bind(i64::from(*limit)).fetch_all(db).await?
        }
        VerdictQuery::After { after, limit } => {
            let sql = select_cases!("WHERE verdict_seq > $1 ORDER BY verdict_seq LIMIT $2");
            sqlx::query(sql).bind(cursor(*after)).bind(i64::from(*limit)).fetch_all(db).await?
        }
    };
    found.iter().map(row::verdict).collect()
}

pub(super) async fn audit(db: &mut PgConnection, id: CaseId) -> Result<Vec<AuditEntry>, DocketError> {
    let sql = "SELECT at_ms, who, action, detail, version, epoch FROM audit WHERE case_id = $1 ORDER BY line";
    let found = sqlx::query(sql).bind(id.0).fetch_all(db).await?;
    found.iter().map(row::audit_entry).collect()
}

pub(super) async fn ballots(db: &mut PgConnection, id: CaseId) -> Result<Vec<StoredBallot>, DocketError> {
    let sql = "SELECT juror, option, side, change, cast_at_min FROM ballots WHERE case_id = $1 ORDER BY juror";
    row::ballots(sqlx::query(sql).bind(id.0).fetch(db)).await
}

pub(super) async fn ballots_of(
    db: &mut PgConnection,
    id: CaseId,
    jurors: &[Pseudonym],
) -> Result<Vec<Option<StoredBallot>>, DocketError> {
    // One look into the index a juror. `= ANY` leaves the planner a choice, and after a large record, before the table
    // is analysed, it reads the whole case.
    let sql = "SELECT found.juror, found.option, found.side, found.change, found.cast_at_min \
               FROM UNNEST($2) AS asked (juror) CROSS JOIN LATERAL \
               (SELECT * FROM ballots WHERE case_id = $1 AND ballots.juror = asked.juror LIMIT 1) AS found";
    let names: Vec<&[u8]> = jurors.iter().map(|juror| &juror.0[..]).collect();
    let found = row::ballots(sqlx::query(sql).bind(id.0).bind(names).fetch(db)).await?;
    Ok(row::by_juror(found, jurors))
}

pub(super) async fn ping(db: &mut PgConnection) -> Result<(), DocketError> {
    sqlx::query("SELECT last FROM verdict_places").execute(db).await?;
    Ok(())
}

fn parsed(rows: &[PgRow]) -> Result<Vec<Case>, DocketError> {
    rows.iter().map(row::case).collect()
}
