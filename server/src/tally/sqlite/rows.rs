//! The embedded tally's SQL, and its rows as they are parsed: a row that is not of its form is an error, never a guess.

use live_jury_court::{Pseudonym, SealedBy, StoredBallot};
use live_jury_protocol::{CaseId, Side};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::tally::{OpenParams, Seal, TallyError, TallyState};

const CASE: &str = "
    SELECT epoch, draft, rev, counts, allow_change, closes_at_ms, sealed_by, sealed_at_ms,
        EXISTS (SELECT 1 FROM tally_ballot WHERE case_id = ?1) AS has_ballots
    FROM tally_case WHERE id = ?1";

const COUNTED: &str = "SELECT option, count(*) AS ballots FROM tally_ballot WHERE case_id = ?1 GROUP BY option";

const STAND: &str = "
    INSERT OR REPLACE INTO tally_case (id, epoch, draft, rev, counts, allow_change, closes_at_ms)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

// CROSS JOIN keeps SQLite to this order: a look-up for each juror asked for, never a walk over all ballots.
const BALLOTS_OF: &str = "
    SELECT juror, option, side, change, cast_at_min
    FROM json_each(?2) AS asked CROSS JOIN tally_ballot ON case_id = ?1 AND juror = unhex(asked.value)";

const PUT_BALLOTS: &str = "
    INSERT OR REPLACE INTO tally_ballot (case_id, juror, option, side, change, cast_at_min)
    SELECT ?1, unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, ?3 FROM json_each(?2)";

const ALL_BALLOTS: &str = "
    SELECT juror, option, side, change, cast_at_min FROM tally_ballot WHERE case_id = ?1 ORDER BY juror";

/// A case as it stands in the file.
pub(super) struct CaseRow {
    pub epoch: u64,
    /// The draft that it was opened from.
    pub draft: u64,
    pub rev: u64,
    pub counts: Vec<u64>,
    pub allow_change: bool,
    pub closes_at_ms: u64,
    pub seal: Option<Seal>,
    has_ballots: bool,
}

impl CaseRow {
    /// Reads a case, if it stands.
    pub async fn read(db: &mut SqliteConnection, case: CaseId) -> Result<Option<Self>, TallyError> {
        let row = sqlx::query(CASE).bind(key(&case)).fetch_optional(db).await?;
        row.as_ref().map(Self::parse).transpose()
    }

    /// Reads a case that the caller knows in this epoch and rev.
    pub async fn known(db: &mut SqliteConnection, case: CaseId, epoch: u64, seen_rev: u64) -> Result<Self, TallyError> {
        match Self::read(db, case).await? {
            Some(row) if row.epoch > epoch => Err(TallyError::Superseded { case, epoch: row.epoch }),
            Some(row) if row.epoch == epoch && row.rev >= seen_rev && row.is_whole() => Ok(row),
            _ => Err(TallyError::Lost(case)),
        }
    }

    fn parse(row: &SqliteRow) -> Result<Self, TallyError> {
        let seal = match row.try_get::<Option<String>, _>("sealed_by")? {
            None => None,
            Some(json) => Some(Seal { by: sealed_by(&json)?, at_ms: number(row, "sealed_at_ms")? }),
        };
        let counts: String = row.try_get("counts")?;
        Ok(Self {
            epoch: number(row, "epoch")?,
            draft: number(row, "draft")?,
            rev: number(row, "rev")?,
            counts: serde_json::from_str(&counts).map_err(malformed)?,
            allow_change: row.try_get("allow_change")?,
            closes_at_ms: number(row, "closes_at_ms")?,
            seal,
            has_ballots: row.try_get("has_ballots")?,
        })
    }

    /// Whether there are ballots where some were counted. Not all are counted again: that would be a walk over them
    /// for each batch; whoever reads them all in the end does so.
    pub fn is_whole(&self) -> bool {
        self.has_ballots == self.counts.iter().any(|&ballots| ballots > 0)
    }

    /// Whether nothing has happened to the case since it stands, and `params` is a later one in the same epoch.
    pub fn yields_to(&self, params: &OpenParams) -> bool {
        let is_untouched = self.seal.is_none() && !self.has_ballots && self.is_whole();
        is_untouched && params.supersedes(self.draft, self.closes_at_ms)
    }

    pub fn is_open(&self, now_ms: u64) -> bool {
        self.seal.is_none() && now_ms < self.closes_at_ms
    }

    pub fn state(self, now_ms: u64) -> TallyState {
        let Self { epoch, rev, counts, closes_at_ms, seal, .. } = self;
        TallyState { epoch, rev, counts, closes_at_ms, seal, now_ms }
    }
}

/// Writes a case that stands anew, open, over the ballots that are found.
pub(super) async fn stand(db: &mut SqliteConnection, case: CaseId, params: &OpenParams) -> Result<CaseRow, TallyError> {
    let mut counts = vec![0; params.options.into()];
    for row in sqlx::query(COUNTED).bind(key(&case)).fetch_all(&mut *db).await? {
        let option: u8 = row.try_get("option")?;
        let place = counts.get_mut(usize::from(option));
        *place.ok_or_else(|| malformed("a ballot for an option that the case has not"))? = number(&row, "ballots")?;
    }
    let ballots: u64 = counts.iter().sum();
    let OpenParams { epoch, draft, closes_at_ms, allow_change, .. } = *params;
    sqlx::query(STAND)
        .bind(key(&case))
        .bind(int(epoch)?)
        .bind(int(draft)?)
        .bind(int(ballots)?)
        .bind(json(&counts)?)
        .bind(allow_change)
        .bind(int(closes_at_ms)?)
        .execute(db)
        .await?;
    Ok(CaseRow { epoch, draft, rev: ballots, counts, allow_change, closes_at_ms, seal: None, has_ballots: ballots > 0 })
}

/// Writes a case's counts and rev.
pub(super) async fn put_counts(db: &mut SqliteConnection, case: CaseId, row: &CaseRow) -> Result<(), TallyError> {
    sqlx::query("UPDATE tally_case SET rev = ?2, counts = ?3 WHERE id = ?1")
        .bind(key(&case))
        .bind(int(row.rev)?)
        .bind(json(&row.counts)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Writes a case's deadline.
pub(super) async fn put_deadline(db: &mut SqliteConnection, case: CaseId, row: &CaseRow) -> Result<(), TallyError> {
    sqlx::query("UPDATE tally_case SET closes_at_ms = ?2 WHERE id = ?1")
        .bind(key(&case))
        .bind(int(row.closes_at_ms)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Writes a case's seal.
pub(super) async fn put_seal(db: &mut SqliteConnection, case: CaseId, seal: &Seal) -> Result<(), TallyError> {
    sqlx::query("UPDATE tally_case SET sealed_by = ?2, sealed_at_ms = ?3 WHERE id = ?1")
        .bind(key(&case))
        .bind(json(&seal.by)?)
        .bind(int(seal.at_ms)?)
        .execute(db)
        .await?;
    Ok(())
}

/// The ballots of those jurors who have one, in no order.
pub(super) async fn ballots_of(
    db: &mut SqliteConnection,
    case: CaseId,
    jurors: impl Iterator<Item = Pseudonym>,
) -> Result<Vec<StoredBallot>, TallyError> {
    let jurors: Vec<String> = jurors.map(|juror| juror.to_string()).collect();
    let rows = sqlx::query(BALLOTS_OF).bind(key(&case)).bind(json(&jurors)?).fetch_all(db).await?;
    rows.iter().map(ballot).collect()
}

/// Writes ballots cast in this minute, each over an earlier one of the same juror.
pub(super) async fn put_ballots<'a>(
    db: &mut SqliteConnection,
    case: CaseId,
    ballots: impl Iterator<Item = &'a StoredBallot>,
    now_min: u64,
) -> Result<(), TallyError> {
    let ballots: Vec<_> = ballots
        .map(|ballot| (ballot.juror.to_string(), ballot.option, ballot.side.map(Side::as_str), ballot.change))
        .collect();
    sqlx::query(PUT_BALLOTS).bind(key(&case)).bind(json(&ballots)?).bind(int(now_min)?).execute(db).await?;
    Ok(())
}

/// All ballots, in order of pseudonym.
pub(super) async fn ballots(db: &mut SqliteConnection, case: CaseId) -> Result<Vec<StoredBallot>, TallyError> {
    let rows = sqlx::query(ALL_BALLOTS).bind(key(&case)).fetch_all(db).await?;
    rows.iter().map(ballot).collect()
}

fn ballot(row: &SqliteRow) -> Result<StoredBallot, TallyError> {
    let juror: &[u8] = row.try_get("juror")?;
    let side: Option<&str> = row.try_get("side")?;
    Ok(StoredBallot {
        juror: Pseudonym(juror.try_into().map_err(malformed)?),
        option: row.try_get("option")?,
        side: side.map(str::parse).transpose().map_err(malformed)?,
        change: row.try_get("change")?,
        cast_at_min: number(row, "cast_at_min")?,
    })
}

fn sealed_by(json: &str) -> Result<SealedBy, TallyError> {
    serde_json::from_str(json).map_err(malformed)
}

fn key(case: &CaseId) -> &[u8] {
    case.0.as_bytes()
}

fn number(row: &SqliteRow, column: &str) -> Result<u64, TallyError> {
    row.try_get::<i64, _>(column)?.try_into().map_err(malformed)
}

/// SQLite's integers are signed.
pub(super) fn int(value: u64) -> Result<i64, TallyError> {
    value.try_into().map_err(malformed)
}

fn json(value: &impl serde::Serialize) -> Result<String, TallyError> {
    serde_json::to_string(value).map_err(malformed)
}

pub(super) fn malformed(why: impl ToString) -> TallyError {
    TallyError::Malformed(why.to_string())
}

impl From<sqlx::Error> for TallyError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
                malformed(error)
            }
            error => Self::Unavailable(error.to_string()),
        }
    }
}
