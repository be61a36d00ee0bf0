//! What is filed in the docket in PostgreSQL, each call one transaction. Locks are taken in one order: the request's
//! key, the room's drafts, the case, the room, the counter of verdicts.

use live_jury_court::{Case, StoredBallot};
use live_jury_protocol::limits::{DRAFTS_PER_ROOM_MAX, LIVE_CASES_PER_ROOM_MAX, REQUEST_KEPT_MS};
use live_jury_protocol::{AuditEntry, CaseId, CaseState};
use sqlx::{Connection, PgConnection, Row};

use super::super::row::{self, CaseRow, Step, count, signed, text};
use super::super::{Added, DocketError, Request};
use super::read;

/// Bytes of ballots handed to the socket at once.
const COPY_CHUNK_BYTES: usize = 256 * 1024;
/// What binary data begins with: the signature, no flags, no extension.
const COPY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What binary data ends with, where the number of a row's fields would be.
const COPY_TRAILER: i16 = -1;
/// Old requests that one call lets go of: more than it brings, so that they become fewer.
const FORGOTTEN_AT_ONCE: i64 = 100;
/// Fields of a ballot's row.
const BALLOT_FIELDS: i16 = 6;

pub(super) async fn add(
    db: &mut PgConnection,
    case: &Case,
    entries: &[AuditEntry],
    request: Option<&Request>,
) -> Result<Added, DocketError> {
    let row = CaseRow::of(case)?;
    let step = Step::between(None, case.state.name());
    let mut tx = db.begin().await?;
    if let Some(request) = request {
        if !keep(&mut tx, request, case.created_at_ms).await?
            && let Some(answer) = read::answered(&mut tx, request).await?
        {
            return Ok(Added::Replayed(answer));
        }
        forget(&mut tx, case.created_at_ms).await?;
    }
    leave_room(&mut tx, case).await?;
    insert(&mut tx, case.id, row).await?;
    for entry in entries {
        note(&mut tx, case.id, entry).await?;
    }
    publish(&mut tx, case, step).await?;
    tx.commit().await?;
    Ok(Added::Created)
}

pub(super) async fn file(
    db: &mut PgConnection,
    case: &Case,
    entry: &AuditEntry,
    ballots: &[StoredBallot],
) -> Result<(), DocketError> {
    let row = CaseRow::of(case)?;
    let mut tx = db.begin().await?;
    let was = state_before(&mut tx, case).await?;
    let step = Step::between(Some(was), case.state.name());
    let ballots = row::in_order(ballots, step)?;
    update(&mut tx, case.id, row).await?;
    note(&mut tx, case.id, entry).await?;
    if !ballots.is_empty() {
        keep_ballots(&mut tx, case.id, &ballots).await?;
    }
    // Last, so that the room and all who record wait for this no longer than a commit takes.
    publish(&mut tx, case, step).await?;
    tx.commit().await?;
    Ok(())
}

/// Keeps a request, unless its key came before. Waits for one with the same key that is being carried out.
async fn keep(db: &mut PgConnection, request: &Request, created_at_ms: u64) -> Result<bool, DocketError> {
    let sql = "INSERT INTO requests (room, key, digest, answer, created_at_ms) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (room, key) DO NOTHING";
    let kept = sqlx::query(sql)
        .bind(request.room.as_str())
        .bind(text("key", &request.key)?)
        .bind(text("digest", &request.digest)?)
        .bind(text("answer", &request.answer)?)
        .bind(signed("created_at_ms", created_at_ms)?)
        .execute(db)
        .await?;
    Ok(kept.rows_affected() > 0)
}

/// Lets go of some requests that nobody repeats any more, but for those that another call has in hand.
async fn forget(db: &mut PgConnection, now_ms: u64) -> Result<(), DocketError> {
    let sql = "DELETE FROM requests WHERE (room, key) IN (SELECT room, key FROM requests WHERE created_at_ms < $1 \
               LIMIT $2 FOR UPDATE SKIP LOCKED)";
    let before = signed("created_at_ms", now_ms.saturating_sub(REQUEST_KEPT_MS))?;
    sqlx::query(sql).bind(before).bind(FORGOTTEN_AT_ONCE).execute(db).await?;
    Ok(())
}

/// Whether the room takes one more, if this is a draft; those who bring one at once are let in one after the other.
async fn leave_room(db: &mut PgConnection, case: &Case) -> Result<(), DocketError> {
    if case.state.name() != CaseState::Draft {
        return Ok(());
    }
    let lock = sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))");
    lock.bind(case.room.as_str()).execute(&mut *db).await?;
    let sql = "SELECT count(*) AS drafts FROM cases WHERE room = $1 AND state = 'draft'";
    let drafts: i64 = sqlx::query(sql).bind(case.room.as_str()).fetch_one(db).await?.try_get("drafts")?;
    if drafts < count(DRAFTS_PER_ROOM_MAX) { Ok(()) } else { Err(DocketError::TooManyDrafts(case.room.clone())) }
}

/// Where the case stands, if the version filed last is the one before this; from here on nobody else files it.
async fn state_before(db: &mut PgConnection, case: &Case) -> Result<CaseState, DocketError> {
    let sql = "SELECT state FROM cases WHERE id = $1 AND room = $2 AND version + 1 = $3 FOR UPDATE";
    let version = signed("version", case.version)?;
    let found = sqlx::query(sql).bind(case.id.0).bind(case.room.as_str()).bind(version).fetch_optional(db).await?;
    row::state_name(found.as_ref().ok_or(DocketError::Conflict(case.id))?)
}

async fn insert(db: &mut PgConnection, id: CaseId, row: CaseRow) -> Result<(), DocketError> {
    let sql = "INSERT INTO cases (id, room, state, version, epoch, brief, created_at_ms, opened_at_ms, closes_at_ms, \
               extended_s, key_fingerprint, sealed_by, sealed_at_ms, verdict) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (id) DO NOTHING";
    match row.bind(sqlx::query(sql)).execute(db).await?.rows_affected() {
        0 => Err(DocketError::Conflict(id)),
        _ => Ok(()),
    }
}

async fn update(db: &mut PgConnection, id: CaseId, row: CaseRow) -> Result<(), DocketError> {
    let sql = "UPDATE cases SET state = $3, version = $4, epoch = $5, brief = $6, opened_at_ms = $8, \
               closes_at_ms = $9, extended_s = $10, key_fingerprint = $11, sealed_by = $12, sealed_at_ms = $13, \
               verdict = $14 WHERE id = $1 AND room = $2 AND version + 1 = $4 AND created_at_ms = $7";
    match row.bind(sqlx::query(sql)).execute(db).await?.rows_affected() {
        0 => Err(DocketError::Conflict(id)),
        _ => Ok(()),
    }
}

async fn note(db: &mut PgConnection, id: CaseId, entry: &AuditEntry) -> Result<(), DocketError> {
    let sql = "INSERT INTO audit (case_id, at_ms, who, action, detail, version, epoch) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    sqlx::query(sql)
        .bind(id.0)
        .bind(signed("at_ms", entry.at_ms)?)
        .bind(text("who", &entry.by)?)
        .bind(text("action", &entry.action)?)
        .bind(entry.detail.as_deref().map(|detail| text("detail", detail)).transpose()?)
        .bind(signed("version", entry.version)?)
        .bind(signed("epoch", entry.epoch)?)
        .execute(db)
        .await?;
    Ok(())
}

/// One COPY: a million rows in seconds, where a million inserts take minutes.
async fn keep_ballots(db: &mut PgConnection, id: CaseId, ballots: &[StoredBallot]) -> Result<(), DocketError> {
    let sql = "COPY ballots (case_id, juror, option, side, change, cast_at_min) FROM STDIN (FORMAT binary)";
    let mut copy = db.copy_in_raw(sql).await?;
    let mut chunk = COPY_HEADER.to_vec();
    for ballot in ballots {
        push_ballot(&mut chunk, id, ballot)?;
        if chunk.len() >= COPY_CHUNK_BYTES {
            copy.send(&chunk[..]).await?;
            chunk.clear();
        }
    }
    chunk.extend(COPY_TRAILER.to_be_bytes());
    copy.send(&chunk[..]).await?;
    copy.finish().await?;
    Ok(())
}

fn push_ballot(chunk: &mut Vec<u8>, id: CaseId, ballot: &StoredBallot) -> Result<(), DocketError> {
    chunk.extend(BALLOT_FIELDS.to_be_bytes());
    push_field(chunk, Some(id.0.as_bytes()));
    push_field(chunk, Some(&ballot.juror.0));
    push_field(chunk, Some(&i64::from(ballot.option).to_be_bytes()));
    push_field(chunk, ballot.side.map(|side| side.as_str().as_bytes()));
    push_field(chunk, Some(&i64::from(ballot.change).to_be_bytes()));
    push_field(chunk, Some(&signed("cast_at_min", ballot.cast_at_min)?.to_be_bytes()));
    Ok(())
}

/// A field is its length and its bytes; a length of -1 is NULL.
fn push_field(chunk: &mut Vec<u8>, field: Option<&[u8]>) {
    let length = field.and_then(|field| i32::try_from(field.len()).ok()).unwrap_or(-1);
    chunk.extend(length.to_be_bytes());
    chunk.extend(field.unwrap_or_default());
}

/// Shows a step to the room's public and to those who follow verdicts.
async fn publish(db: &mut PgConnection, case: &Case, step: Step) -> Result<(), DocketError> {
    if !step.public {
        return Ok(());
    }
    let sql = "INSERT INTO rooms (room, rev, live) VALUES ($1, 1, GREATEST($2, 0)) \
               ON CONFLICT (room) DO UPDATE SET rev = rooms.rev + 1, live = rooms.live + $2 \
               WHERE $2 <= 0 OR rooms.live < $3";
    let shown = sqlx::query(sql).bind(case.room.as_str()).bind(step.live).bind(count(LIVE_CASES_PER_ROOM_MAX));
    if shown.execute(&mut *db).await?.rows_affected() == 0 {
        return Err(DocketError::TooManyLive(case.room.clone()));
    }
    if step.recorded {
        let sql = "WITH place AS (UPDATE verdict_places SET last = last + 1 RETURNING last) \
                   UPDATE cases SET verdict_seq = place.last FROM place WHERE id = $1";
        sqlx::query(sql).bind(case.id.0).execute(db).await?;
    }
    Ok(())
}
