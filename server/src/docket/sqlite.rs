//! The docket in the SQLite file that a node without servers beside it keeps; it decides nothing.

use std::fmt::Write;

use async_trait::async_trait;
use live_jury_court::{Case, Pseudonym, StoredBallot};
use live_jury_protocol::limits::{
    DRAFTS_PER_ROOM_MAX, ENDED_CASES_IN_DOCKET, LIVE_CASES_PER_ROOM_MAX, REQUEST_KEPT_MS,
};
use live_jury_protocol::{AuditEntry, CaseId, CaseState, RoomId};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, Sqlite as Dialect, SqliteConnection, Transaction};

use super::row::{self, CaseRow, Step, count, cursor, select_cases, signed, text};
use super::{Added, CaseQuery, Docket, DocketError, Request, RoomRecord, RoomRev, VerdictQuery};
use crate::sqlite::Sqlite;

/// Ballots written by one statement: enough that its cost is the rows', with six parameters each far below the 32,766
/// that a statement may have.
const BALLOTS_PER_INSERT: usize = 500;

/// A docket in a SQLite file. Writers queue for the file's one writing connection, so that a transaction never finds
/// anything locked and no order of locks is needed.
#[derive(Clone, Debug)]
pub struct SqliteDocket {
    file: Sqlite,
}

impl SqliteDocket {
    /// The docket in this file, whose schema is up to date.
    #[must_use]
    pub fn new(file: Sqlite) -> Self {
        Self { file }
    }

    /// A transaction that writes: with the write lock from its beginning, so that what it reads stays true.
    async fn begin(&self) -> Result<Transaction<'static, Dialect>, DocketError> {
        Ok(self.file.write.begin_with("BEGIN IMMEDIATE").await?)
    }
}

#[async_trait]
impl Docket for SqliteDocket {
    async fn add(&self, case: &Case, entries: &[AuditEntry], request: Option<&Request>) -> Result<Added, DocketError> {
        let row = CaseRow::of(case)?;
        let step = Step::between(None, case.state.name());
        let mut tx = self.begin().await?;
        if let Some(request) = request {
            if let Some(answer) = answered(&mut tx, request).await? {
                return Ok(Added::Replayed(answer));
            }
            forget(&mut tx, case.created_at_ms).await?;
            keep(&mut tx, request, case.created_at_ms).await?;
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

    async fn answered(&self, request: &Request) -> Result<Option<String>, DocketError> {
        answered(&mut *self.file.read.acquire().await?, request).await
    }

    async fn case(&self, id: CaseId) -> Result<Option<Case>, DocketError> {
        let sql = select_cases!("WHERE id = ?1");
        let found = sqlx::query(sql).bind(id.0).fetch_optional(&self.file.read).await?;
        found.as_ref().map(row::case).transpose()
    }

    async fn file(&self, case: &Case, entry: &AuditEntry, ballots: &[StoredBallot]) -> Result<(), DocketError> {
        let row = CaseRow::of(case)?;
        let mut tx = self.begin().await?;
        let was = state_before(&mut tx, case).await?;
        let step = Step::between(Some(was), case.state.name());
        let ballots = row::in_order(ballots, step)?;
        update(&mut tx, case.id, row).await?;
        note(&mut tx, case.id, entry).await?;
        keep_ballots(&mut tx, case.id, &ballots).await?;
        publish(&mut tx, case, step).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn room(&self, room: &RoomId) -> Result<RoomRecord, DocketError> {
        // A transaction, for one snapshot: it is taken by the first statement and holds for the others.
        let mut tx = self.file.read.begin().await?;
        let rev = sqlx::query("SELECT rev FROM rooms WHERE room = ?1").bind(room.as_str());
        let Some(rev) = rev.fetch_optional(&mut *tx).await? else { return Ok(RoomRecord::default()) };
        let live = select_cases!("WHERE room = ?1 AND state IN ('open', 'sealed') ORDER BY id");
        let live = sqlx::query(live).bind(room.as_str()).fetch_all(&mut *tx).await?;
        let ended = select_cases!("WHERE room = ?1 AND verdict_seq IS NOT NULL ORDER BY verdict_seq DESC LIMIT ?2");
        let ended =
            sqlx::query(ended).bind(room.as_str()).bind(count(ENDED_CASES_IN_DOCKET)).fetch_all(&mut *tx).await?;
        tx.commit().await?;
        Ok(RoomRecord { rev: row::rev(&rev)?, live: cases(&live)?, ended: cases(&ended)? })
    }

    async fn revs(&self, known: &[RoomId]) -> Result<Vec<RoomRev>, DocketError> {
        let sql = "SELECT room, rev, live FROM rooms WHERE live > 0 \
                   UNION SELECT room, rev, live FROM rooms WHERE room IN (SELECT value FROM json_each(?1))";
        let found = sqlx::query(sql).bind(list(known.iter().map(RoomId::as_str))).fetch_all(&self.file.read).await?;
        let revs = found.iter().map(row::room_rev).collect::<Result<_, _>>()?;
        Ok(row::with_unknown(revs, known))
    }

    async fn cases(&self, query: &CaseQuery) -> Result<Vec<Case>, DocketError> {
        let sql = select_cases!(
            "WHERE room = ?1 AND state IN (SELECT value FROM json_each(?2)) AND (?3 IS NULL OR id < ?3) \
             ORDER BY id DESC LIMIT ?4"
        );
        let found = sqlx::query(sql)
            .bind(query.room.as_str())
            .bind(list(query.states.iter().map(|state| state.as_str())))
            .bind(query.before.map(|id| id.0))
            .bind(query.limit)
            .fetch_all(&self.file.read)
            .await?;
        cases(&found)
    }

    async fn verdicts(&self, query: &VerdictQuery) -> Result<Vec<(u64, Case)>, DocketError> {
        let found = match query {
            VerdictQuery::OfRoom { room, before, limit } => {
                let sql = select_cases!("WHERE room = ?1 AND verdict_seq < ?2 ORDER BY verdict_seq DESC LIMIT ?3");
                let before = before.map_or(i64::MAX, cursor);
                sqlx::query(sql).bind(room.as_str()).bind(before).bind(limit).fetch_all(&self.file.read).await?
            }
            VerdictQuery::After { after, limit } => {
                let sql = select_cases!("WHERE verdict_seq > ?1 ORDER BY verdict_seq LIMIT ?2");
                sqlx::query(sql).bind(cursor(*after)).bind(limit).fetch_all(&self.file.read).await?
            }
        };
        found.iter().map(row::verdict).collect()
    }

    async fn audit(&self, id: CaseId) -> Result<Vec<AuditEntry>, DocketError> {
        let sql = "SELECT at_ms, who, action, detail, version, epoch FROM audit WHERE case_id = ?1 ORDER BY line";
        let found = sqlx::query(sql).bind(id.0).fetch_all(&self.file.read).await?;
        found.iter().map(row::audit_entry).collect()
    }

    async fn ballots(&self, id: CaseId) -> Result<Vec<StoredBallot>, DocketError> {
        let sql = "SELECT juror, option, side, change, cast_at_min FROM ballots WHERE case_id = ?1 ORDER BY juror";
        row::ballots(sqlx::query(sql).bind(id.0).fetch(&self.file.read)).await
    }

    async fn ballots_of(&self, id: CaseId, jurors: &[Pseudonym]) -> Result<Vec<Option<StoredBallot>>, DocketError> {
        let sql = "SELECT juror, option, side, change, cast_at_min FROM ballots \
                   WHERE case_id = ?1 AND juror IN (SELECT unhex(value) FROM json_each(?2))";
        let found = sqlx::query(sql).bind(id.0).bind(list(jurors)).fetch(&self.file.read);
        Ok(row::by_juror(row::ballots(found).await?, jurors))
    }

    async fn ping(&self) -> Result<(), DocketError> {
        sqlx::query("SELECT last FROM verdict_places").execute(&self.file.read).await?;
        Ok(())
    }
}

/// Names as a JSON array: the one way to hand SQLite a list as one parameter. None of them needs an escape.
fn list(names: impl IntoIterator<Item = impl std::fmt::Display>) -> String {
    let mut json = String::from("[");
    for (index, name) in names.into_iter().enumerate() {
        // Writing to a String does not fail.
        let _ = write!(json, "{}\"{name}\"", if index == 0 { "" } else { "," });
    }
    json.push(']');
    json
}

fn cases(rows: &[SqliteRow]) -> Result<Vec<Case>, DocketError> {
    rows.iter().map(row::case).collect()
}

async fn answered(db: &mut SqliteConnection, request: &Request) -> Result<Option<String>, DocketError> {
    let sql = "SELECT digest, answer FROM requests WHERE room = ?1 AND key = ?2";
    let key = text("key", &request.key)?;
    let found = sqlx::query(sql).bind(request.room.as_str()).bind(key).fetch_optional(db).await?;
    found.map(|found| row::answer(&found, request)).transpose()
}

async fn keep(db: &mut SqliteConnection, request: &Request, created_at_ms: u64) -> Result<(), DocketError> {
    sqlx::query("INSERT INTO requests (room, key, digest, answer, created_at_ms) VALUES (?1, ?2, ?3, ?4, ?5)")
        .bind(request.room.as_str())
        .bind(text("key", &request.key)?)
        .bind(text("digest", &request.digest)?)
        .bind(text("answer", &request.answer)?)
        .bind(signed("created_at_ms", created_at_ms)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Lets go of the requests that nobody repeats any more.
async fn forget(db: &mut SqliteConnection, now_ms: u64) -> Result<(), DocketError> {
    let before = signed("created_at_ms", now_ms.saturating_sub(REQUEST_KEPT_MS))?;
    sqlx::query("DELETE FROM requests WHERE created_at_ms < ?1").bind(before).execute(db).await?;
    Ok(())
}

/// Whether the room takes one more, if this is a draft.
async fn leave_room(db: &mut SqliteConnection, case: &Case) -> Result<(), DocketError> {
    if case.state.name() != CaseState::Draft {
        return Ok(());
    }
    let sql = "SELECT count(*) AS drafts FROM cases WHERE room = ?1 AND state = 'draft'";
    let drafts: i64 = sqlx::query(sql).bind(case.room.as_str()).fetch_one(db).await?.try_get("drafts")?;
    if drafts < count(DRAFTS_PER_ROOM_MAX) { Ok(()) } else { Err(DocketError::TooManyDrafts(case.room.clone())) }
}

/// Where the case stands, if the version filed last is the one before this.
async fn state_before(db: &mut SqliteConnection, case: &Case) -> Result<CaseState, DocketError> {
    let sql = "SELECT state FROM cases WHERE id = ?1 AND room = ?2 AND version + 1 = ?3";
    let version = signed("version", case.version)?;
    let found = sqlx::query(sql).bind(case.id.0).bind(case.room.as_str()).bind(version).fetch_optional(db).await?;
    row::state_name(found.as_ref().ok_or(DocketError::Conflict(case.id))?)
}

async fn insert(db: &mut SqliteConnection, id: CaseId, row: CaseRow) -> Result<(), DocketError> {
    let sql = "INSERT INTO cases (id, room, state, version, epoch, brief, created_at_ms, opened_at_ms, closes_at_ms, \
               extended_s, key_fingerprint, sealed_by, sealed_at_ms, verdict) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT (id) DO NOTHING";
    match row.bind(sqlx::query(sql)).execute(db).await?.rows_affected() {
        0 => Err(DocketError::Conflict(id)),
        _ => Ok(()),
    }
}

async fn update(db: &mut SqliteConnection, id: CaseId, row: CaseRow) -> Result<(), DocketError> {
    let sql = "UPDATE cases SET state = ?3, version = ?4, epoch = ?5, brief = ?6, opened_at_ms = ?8, \
               closes_at_ms = ?9, extended_s = ?10, key_fingerprint = ?11, sealed_by = ?12, sealed_at_ms = ?13, \
               verdict = ?14 WHERE id = ?1 AND room = ?2 AND version + 1 = ?4 AND created_at_ms = ?7";
    match row.bind(sqlx::query(sql)).execute(db).await?.rows_affected() {
        0 => Err(DocketError::Conflict(id)),
        _ => Ok(()),
    }
}

async fn note(db: &mut SqliteConnection, id: CaseId, entry: &AuditEntry) -> Result<(), DocketError> {
    let sql = "INSERT INTO audit (case_id, at_ms, who, action, detail, version, epoch) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
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

async fn keep_ballots(db: &mut SqliteConnection, id: CaseId, ballots: &[StoredBallot]) -> Result<(), DocketError> {
    let full = insert_of(BALLOTS_PER_INSERT);
    for chunk in ballots.chunks(BALLOTS_PER_INSERT) {
        let sql = if chunk.len() == BALLOTS_PER_INSERT { full.clone() } else { insert_of(chunk.len()) };
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for ballot in chunk {
            query = query
                .bind(id.0)
                .bind(&ballot.juror.0[..])
                .bind(ballot.option)
                .bind(ballot.side.map(|side| side.as_str()))
                .bind(ballot.change)
                .bind(signed("cast_at_min", ballot.cast_at_min)?);
        }
        query.execute(&mut *db).await?;
    }
    Ok(())
}

/// The statement that inserts so many ballots; nothing of a caller's is in its text. Its parameters have no numbers:
/// SQLite looks for a numbered one among all that are, which takes longer than the insert.
fn insert_of(ballots: usize) -> String {
    let rows = vec!["(?,?,?,?,?,?)"; ballots].join(",");
    format!("INSERT INTO ballots (case_id, juror, option, side, change, cast_at_min) VALUES {rows}")
}

/// Shows a step to the room's public and to those who follow verdicts.
async fn publish(db: &mut SqliteConnection, case: &Case, step: Step) -> Result<(), DocketError> {
    if !step.public {
        return Ok(());
    }
    let sql = "INSERT INTO rooms (room, rev, live) VALUES (?1, 1, max(?2, 0)) \
               ON CONFLICT (room) DO UPDATE SET rev = rev + 1, live = live + ?2 WHERE ?2 <= 0 OR live < ?3";
    let shown = sqlx::query(sql).bind(case.room.as_str()).bind(step.live).bind(count(LIVE_CASES_PER_ROOM_MAX));
    if shown.execute(&mut *db).await?.rows_affected() == 0 {
        return Err(DocketError::TooManyLive(case.room.clone()));
    }
    if step.recorded {
        let sql = "UPDATE verdict_places SET last = last + 1 RETURNING last";
        let place: i64 = sqlx::query(sql).fetch_one(&mut *db).await?.try_get("last")?;
        sqlx::query("UPDATE cases SET verdict_seq = ?2 WHERE id = ?1").bind(case.id.0).bind(place).execute(db).await?;
    }
    Ok(())
}
