//! The embedded tally's statements and its rows.

use live_jury_court::{Pseudonym, StoreId, StoredBallot};
use live_jury_protocol::{CaseId, Side};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::sql::row::{Columns, ballot, json, signed};
use crate::tally::{Extension, OpenParams, Seal, StoreEpoch, TallyError, TallyState};

const CASE: &str = "
    SELECT epoch, draft, rev, counts, allow_change, closes_at_ms, sealed_by, sealed_at_ms, expires_at_ms,
        released_at_ms, store,
        EXISTS (SELECT 1 FROM tally_ballot WHERE case_id = ?1) AS has_ballots
    FROM tally_case WHERE id = ?1";

const COUNTED: &str = "SELECT option, count(*) AS ballots FROM tally_ballot WHERE case_id = ?1 GROUP BY option";

const PUT_CASE: &str = "
    INSERT OR REPLACE INTO tally_case (id, epoch, draft, rev, counts, allow_change, closes_at_ms, expires_at_ms, store)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

const PUT_EXTENSION: &str = "
    UPDATE tally_case SET closes_at_ms = ?2, expires_at_ms = ?3, extended_by = ?4, extended_from_ms = ?5 WHERE id = ?1";

const EXTENSION: &str = "SELECT extended_by, extended_from_ms, closes_at_ms FROM tally_case WHERE id = ?1";

// CROSS JOIN keeps SQLite to this order: one look-up for each juror, never a scan of all ballots.
const BALLOTS_OF: &str = "
    SELECT juror, option, side, marks, change, cast_at_min
    FROM json_each(?2) AS asked CROSS JOIN tally_ballot ON case_id = ?1 AND juror = unhex(asked.value)";

const PUT_BALLOTS: &str = "
    INSERT OR REPLACE INTO tally_ballot (case_id, juror, option, side, marks, change, cast_at_min)
    SELECT ?1, unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, ?3 FROM json_each(?2)";

const ALL_BALLOTS: &str = "
    SELECT juror, option, side, marks, change, cast_at_min FROM tally_ballot WHERE case_id = ?1 ORDER BY juror";

/// Finds a case that has ballots and no row. It steps from case to case and skips the ballots between.
const ORPHANED: &str = "
    WITH RECURSIVE has_ballots (id) AS (
        SELECT min(case_id) FROM tally_ballot
        UNION ALL
        SELECT (SELECT min(case_id) FROM tally_ballot WHERE case_id > id) FROM has_ballots WHERE id IS NOT NULL
    )
    SELECT id FROM has_ballots WHERE id IS NOT NULL AND id NOT IN (SELECT id FROM tally_case) LIMIT 1";
/// Deletes some ballots of a case.
const SWEEP: &str = "
    DELETE FROM tally_ballot WHERE case_id = ?1
        AND juror IN (SELECT juror FROM tally_ballot WHERE case_id = ?1 LIMIT ?2)";

/// A case's row, and whether the case has ballots.
pub(super) struct CaseRow {
    pub epoch: u64,
    /// The store that the epoch was filed with; none if an earlier version opened the case.
    pub store: Option<StoreId>,
    /// The version of the draft that the case was opened from.
    pub draft: u64,
    pub rev: u64,
    pub counts: Vec<u64>,
    pub allow_change: bool,
    pub closes_at_ms: u64,
    pub seal: Option<Seal>,
    pub expires_at_ms: u64,
    is_released: bool,
    has_ballots: bool,
}

impl CaseRow {
    /// Reads a case, if it exists.
    pub async fn read(db: &mut SqliteConnection, case: CaseId) -> Result<Option<Self>, TallyError> {
        let row = sqlx::query(CASE).bind(key(&case)).fetch_optional(db).await?;
        row.as_ref().map(Self::parse).transpose()
    }

    /// Reads a case whose epoch and rev the caller knows.
    pub async fn known(
        db: &mut SqliteConnection,
        case: CaseId,
        epoch: StoreEpoch,
        seen_rev: u64,
    ) -> Result<Self, TallyError> {
        let StoreEpoch { number: epoch, store } = epoch;
        let is_of = |row: &Self| row.store.is_none() || store.is_none() || row.store == store;
        match Self::read(db, case).await? {
            Some(row) if row.epoch > epoch => Err(TallyError::Superseded { case, epoch: row.epoch }),
            Some(row) if row.epoch == epoch && row.rev >= seen_rev && row.is_whole() && is_of(&row) => Ok(row),
            _ => Err(TallyError::Lost(case)),
        }
    }

    fn parse(row: &SqliteRow) -> Result<Self, TallyError> {
        let seal = match row.maybe_json("sealed_by")? {
            None => None,
            Some(by) => Some(Seal { by, at_ms: row.number("sealed_at_ms")? }),
        };
        Ok(Self {
            epoch: row.number("epoch")?,
            store: row.maybe_parsed("store")?,
            draft: row.number("draft")?,
            rev: row.number("rev")?,
            counts: row.json("counts")?,
            allow_change: row.try_get("allow_change")?,
            closes_at_ms: row.number("closes_at_ms")?,
            seal,
            expires_at_ms: row.number("expires_at_ms")?,
            is_released: row.maybe_number("released_at_ms")?.is_some(),
            has_ballots: row.try_get("has_ballots")?,
        })
    }

    /// Whether ballots exist exactly where some were counted. The number of ballots is not compared, since that would
    /// scan them for each batch; the read of all ballots compares it.
    pub fn is_whole(&self) -> bool {
        self.has_ballots == self.counts.iter().any(|&ballots| ballots > 0)
    }

    /// Whether the case is unsealed and without a ballot, and `params` are later ones in the same epoch.
    pub fn yields_to(&self, params: &OpenParams) -> bool {
        let is_untouched = self.seal.is_none() && !self.has_ballots && self.is_whole();
        is_untouched && params.supersedes(self.draft, self.closes_at_ms)
    }

    /// Whether a poll moves the expiry on: the case is sealed, not released, and expires in less than this time.
    pub fn must_be_renewed(&self, now_ms: u64, within_ms: u64) -> bool {
        self.seal.is_some() && !self.is_released && self.expires_at_ms < now_ms + within_ms
    }

    pub fn is_open(&self, now_ms: u64) -> bool {
        self.seal.is_none() && now_ms < self.closes_at_ms
    }

    pub fn state(self, now_ms: u64) -> TallyState {
        let Self { epoch, rev, counts, closes_at_ms, seal, .. } = self;
        TallyState { epoch, rev, counts, closes_at_ms, seal, now_ms }
    }
}

/// Writes an open case anew, and counts the ballots that exist.
pub(super) async fn put_case(
    db: &mut SqliteConnection,
    case: CaseId,
    params: &OpenParams,
    now_ms: u64,
) -> Result<CaseRow, TallyError> {
    let mut counts: Vec<u64> = vec![0; params.options.into()];
    for row in sqlx::query(COUNTED).bind(key(&case)).fetch_all(&mut *db).await? {
        let option: u8 = row.small("option")?;
        let count = counts.get_mut(usize::from(option));
        *count.ok_or_else(|| malformed("a ballot names an option that the case lacks"))? = row.number("ballots")?;
    }
    let ballots: u64 = counts.iter().sum();
    let OpenParams { epoch, store, draft, closes_at_ms, allow_change, .. } = *params;
    let expires_at_ms = params.expires_at_ms(now_ms);
    sqlx::query(PUT_CASE)
        .bind(key(&case))
        .bind(signed("epoch", epoch)?)
        .bind(signed("draft", draft)?)
        .bind(signed("rev", ballots)?)
        .bind(json("counts", &counts)?)
        .bind(allow_change)
        .bind(signed("closes_at_ms", closes_at_ms)?)
        .bind(signed("expires_at_ms", expires_at_ms)?)
        .bind(store.map(|store| store.to_string()))
        .execute(db)
        .await?;
    Ok(CaseRow {
        epoch,
        store,
        draft,
        rev: ballots,
        counts,
        allow_change,
        closes_at_ms,
        seal: None,
        expires_at_ms,
        is_released: false,
        has_ballots: ballots > 0,
    })
}

/// Reads the store's id, which becomes `fresh` if it has none.
pub(super) async fn store_id(db: &mut SqliteConnection, fresh: StoreId) -> Result<StoreId, TallyError> {
    let make = "INSERT INTO tally_store (one, id) VALUES (1, ?1) ON CONFLICT (one) DO NOTHING";
    sqlx::query(make).bind(fresh.to_string()).execute(&mut *db).await?;
    let row = sqlx::query("SELECT id FROM tally_store").fetch_one(db).await?;
    Ok(row.parsed("id")?)
}

/// Writes a case's counts and rev.
pub(super) async fn put_counts(db: &mut SqliteConnection, case: CaseId, row: &CaseRow) -> Result<(), TallyError> {
    sqlx::query("UPDATE tally_case SET rev = ?2, counts = ?3 WHERE id = ?1")
        .bind(key(&case))
        .bind(signed("rev", row.rev)?)
        .bind(json("counts", &row.counts)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Writes a case's deadline and expiry, and the extension that made them.
pub(super) async fn put_extension(
    db: &mut SqliteConnection,
    case: CaseId,
    row: &CaseRow,
    extension: &Extension,
) -> Result<(), TallyError> {
    sqlx::query(PUT_EXTENSION)
        .bind(key(&case))
        .bind(signed("closes_at_ms", row.closes_at_ms)?)
        .bind(signed("expires_at_ms", row.expires_at_ms)?)
        .bind(&extension.by)
        .bind(signed("extended_from_ms", extension.from_ms)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Reads the extension that made a case's deadline, if one did.
pub(super) async fn extension(db: &mut SqliteConnection, case: CaseId) -> Result<Option<Extension>, TallyError> {
    let Some(row) = sqlx::query(EXTENSION).bind(key(&case)).fetch_optional(db).await? else { return Ok(None) };
    let (by, from_ms): (Option<String>, _) = (row.try_get("extended_by")?, row.maybe_number("extended_from_ms")?);
    let to_ms = row.number("closes_at_ms")?;
    Ok(by.zip(from_ms).map(|(by, from_ms)| Extension { by, from_ms, to_ms }))
}

/// Writes a case's seal.
pub(super) async fn put_seal(db: &mut SqliteConnection, case: CaseId, seal: &Seal) -> Result<(), TallyError> {
    sqlx::query("UPDATE tally_case SET sealed_by = ?2, sealed_at_ms = ?3 WHERE id = ?1")
        .bind(key(&case))
        .bind(json("sealed_by", &seal.by)?)
        .bind(signed("sealed_at_ms", seal.at_ms)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Moves the expiry of a case that is not released.
pub(super) async fn renew(db: &mut SqliteConnection, case: CaseId, expires_at_ms: u64) -> Result<(), TallyError> {
    sqlx::query("UPDATE tally_case SET expires_at_ms = ?2 WHERE id = ?1 AND released_at_ms IS NULL")
        .bind(key(&case))
        .bind(signed("expires_at_ms", expires_at_ms)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Marks a case as released, and moves its expiry no later than `expires_at_ms`. A repeat changes nothing.
pub(super) async fn release(
    db: &mut SqliteConnection,
    case: CaseId,
    now_ms: u64,
    expires_at_ms: u64,
) -> Result<(), TallyError> {
    let sql = "UPDATE tally_case SET released_at_ms = ?2, expires_at_ms = min(expires_at_ms, ?3) \
               WHERE id = ?1 AND released_at_ms IS NULL";
    sqlx::query(sql)
        .bind(key(&case))
        .bind(signed("released_at_ms", now_ms)?)
        .bind(signed("expires_at_ms", expires_at_ms)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Deletes the rows of expired cases. Their ballots stay.
pub(super) async fn delete_expired(db: &mut SqliteConnection, now_ms: u64) -> Result<(), TallyError> {
    sqlx::query("DELETE FROM tally_case WHERE expires_at_ms < ?1")
        .bind(signed("expires_at_ms", now_ms)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Deletes a case. Its ballots are then those of a case without a row.
pub(super) async fn delete_case(db: &mut SqliteConnection, case: CaseId) -> Result<(), TallyError> {
    sqlx::query("DELETE FROM tally_case WHERE id = ?1").bind(key(&case)).execute(db).await?;
    Ok(())
}

/// Deletes at most so many ballots of a case without a row. Returns whether there was such a case.
pub(super) async fn delete_some_orphans(db: &mut SqliteConnection, ballots: u32) -> Result<bool, TallyError> {
    let Some(case) = sqlx::query_scalar::<_, Vec<u8>>(ORPHANED).fetch_optional(&mut *db).await? else {
        return Ok(false);
    };
    sqlx::query(SWEEP).bind(case).bind(ballots).execute(db).await?;
    Ok(true)
}

/// Reads the ballots that these jurors have, in no order.
pub(super) async fn ballots_of(
    db: &mut SqliteConnection,
    case: CaseId,
    jurors: impl Iterator<Item = Pseudonym>,
) -> Result<Vec<StoredBallot>, TallyError> {
    let jurors: Vec<String> = jurors.map(|juror| juror.to_string()).collect();
    let rows = sqlx::query(BALLOTS_OF).bind(key(&case)).bind(json("jurors", &jurors)?).fetch_all(db).await?;
    ballots(&rows)
}

/// Writes ballots of this minute, each over an earlier one of the same juror.
pub(super) async fn put_ballots<'a>(
    db: &mut SqliteConnection,
    case: CaseId,
    ballots: impl Iterator<Item = &'a StoredBallot>,
    now_min: u64,
) -> Result<(), TallyError> {
    let ballots: Vec<_> = ballots
        .map(|ballot| {
            let StoredBallot { juror, option, side, marks, change, .. } = ballot;
            (juror.to_string(), option, side.map(Side::as_str), marks.byte(), change)
        })
        .collect();
    sqlx::query(PUT_BALLOTS)
        .bind(key(&case))
        .bind(json("ballots", &ballots)?)
        .bind(signed("cast_at_min", now_min)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Reads all ballots, in order of pseudonym.
pub(super) async fn all_ballots(db: &mut SqliteConnection, case: CaseId) -> Result<Vec<StoredBallot>, TallyError> {
    ballots(&sqlx::query(ALL_BALLOTS).bind(key(&case)).fetch_all(db).await?)
}

fn ballots(rows: &[SqliteRow]) -> Result<Vec<StoredBallot>, TallyError> {
    rows.iter().map(|row| Ok(ballot(row)?)).collect()
}

pub(super) fn key(case: &CaseId) -> &[u8] {
    case.0.as_bytes()
}

pub(super) fn malformed(why: impl ToString) -> TallyError {
    TallyError::Malformed(why.to_string())
}
