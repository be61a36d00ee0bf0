//! Reads of claims. They change nothing.

use live_jury_protocol::CaseId;
use uuid::Uuid;

use super::CLAIMS_AT_ONCE;
use super::rows::{self, ClaimRow, select_claims};
use crate::ledger::standing::{Page, StandingError};
use crate::sql::query::{Db, Value};
use crate::sql::row::{Columns, cursor, readable};

const ONE: &str = select_claims!("WHERE id = $1");
const OF_PLATFORM: &str = select_claims!("WHERE claim = $1");
/// `$1` state or NULL, `$2` id before which or NULL, `$3` merchant or NULL, `$4` limit.
const LIST: &str = select_claims!(
    "WHERE (CAST($1 AS TEXT) IS NULL OR state = $1) AND (CAST($2 AS UUID) IS NULL OR id < $2) \
     AND (CAST($3 AS TEXT) IS NULL OR merchant = $3) ORDER BY id DESC LIMIT $4"
);
const TO_DRAFT: &str =
    select_claims!("WHERE state = 'escalated' AND case_id IS NOT NULL AND drafted_ms IS NULL ORDER BY id LIMIT $1");
/// The claims whose case has ended or is gone, and whose end no event will tell any more. The docket files a case and
/// its event in one transaction, so that an event that is not taken yet is there.
const LEFT_BEHIND: &str = select_claims!(
    "WHERE state = 'in_court' AND case_id IS NOT NULL \
     AND NOT EXISTS (SELECT 1 FROM cases WHERE cases.id = trust_claim.case_id \
     AND cases.state IN ('draft', 'open', 'sealed')) \
     AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.case_id = trust_claim.case_id \
     AND outbox.seq > (SELECT seq FROM trust_cursor WHERE name = 'rulings')) ORDER BY id LIMIT $1"
);
const OF_CASE: &str = "SELECT id FROM trust_claim WHERE case_id = $1";
const OVERDUE: &str = "SELECT count(*) AS claims FROM trust_claim WHERE state = 'in_review' AND due_ms <= $1";

pub(in crate::ledger) async fn claim<D: Db>(db: &mut D, id: Uuid) -> Result<Option<ClaimRow>, StandingError> {
    let found = db.fetch_optional(ONE, &[id.into()]).await?;
    Ok(found.as_ref().map(rows::claim).transpose()?)
}

/// The claim with this id of the platform.
pub(super) async fn of_platform<D: Db>(db: &mut D, claim: &str) -> Result<Option<ClaimRow>, StandingError> {
    let found = db.fetch_optional(OF_PLATFORM, &[claim.into()]).await?;
    Ok(found.as_ref().map(rows::claim).transpose()?)
}

pub(in crate::ledger) async fn claim_of_case<D: Db>(db: &mut D, case: CaseId) -> Result<Option<Uuid>, StandingError> {
    let found = db.fetch_optional(OF_CASE, &[case.0.into()]).await?;
    Ok(found.map(|row| row.uuid("id")).transpose()?)
}

pub(in crate::ledger) async fn claims<D: Db>(
    db: &mut D,
    page: &Page<'_>,
    merchant: Option<&str>,
) -> Result<Vec<ClaimRow>, StandingError> {
    let values = [page.state.into(), page.before.into(), merchant.into(), i64::from(page.limit).into()];
    // A page with fewer rows than asked for is the last one, so that none may be left out.
    let found = db.fetch_all(LIST, &values).await?;
    found.iter().map(|row| Ok(rows::claim(row)?)).collect()
}

pub(in crate::ledger) async fn to_draft<D: Db>(db: &mut D) -> Result<Vec<ClaimRow>, StandingError> {
    list(db, TO_DRAFT, &[CLAIMS_AT_ONCE.into()]).await
}

pub(in crate::ledger) async fn left_behind<D: Db>(db: &mut D) -> Result<Vec<ClaimRow>, StandingError> {
    list(db, LEFT_BEHIND, &[CLAIMS_AT_ONCE.into()]).await
}

pub(in crate::ledger) async fn overdue<D: Db>(db: &mut D, now_ms: u64) -> Result<u64, StandingError> {
    let found = db.fetch_optional(OVERDUE, &[cursor(now_ms).into()]).await?;
    Ok(found.map_or(Ok(0), |row| row.number("claims"))?)
}

/// The claims that can be read. The others are reported, and stop none.
pub(super) async fn list<D: Db>(
    db: &mut D,
    sql: &'static str,
    values: &[Value<'_>],
) -> Result<Vec<ClaimRow>, StandingError> {
    Ok(readable(&db.fetch_all(sql, values).await?, rows::claim))
}

/// A claim that is there.
pub(super) async fn read<D: Db>(db: &mut D, id: Uuid) -> Result<ClaimRow, StandingError> {
    claim(db, id).await?.ok_or(StandingError::NotFound)
}
