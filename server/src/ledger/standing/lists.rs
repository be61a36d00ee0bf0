//! Reads of the standing of parties. They change nothing.

use live_jury_protocol::trust::{FiledStatement, TrustAuditEntry, TrustParty};
use live_jury_trust::Party;
use live_jury_trust::ladder::POINTS_KEPT_MS;
use uuid::Uuid;

use super::rows::{self, listed, select_appeals, select_measures, select_violations};
use super::{AppealRow, DRAFT_KEPT_MS, ListedRow, MeasureRow, Page, ROWS_OF_PARTY, StandingError, ViolationRow};
use crate::sql::query::Db;
use crate::sql::row::{Columns, Malformed, cursor, readable};

const VIOLATION: &str = select_violations!("WHERE id = $1");
const VIOLATIONS_OF: &str = select_violations!("WHERE kind = $1 AND party = $2 ORDER BY decided_at_ms, id");
const VIOLATIONS_OF_ROOT: &str = select_violations!("WHERE root_id = $1 ORDER BY id");
const MEASURES_OF: &str = select_measures!("WHERE kind = $1 AND party = $2 ORDER BY from_ms, id");
const APPEAL: &str = select_appeals!("WHERE id = $1");
const APPEALS_OF: &str = select_appeals!("WHERE kind = $1 AND party = $2 ORDER BY id DESC LIMIT $3");
const KNOWS: &str = "SELECT id FROM trust_party WHERE kind = $1 AND id = $2";

/// `$1` state or NULL, `$2` id before which or NULL, `$3` limit, `$4` the time of decisions whose points are over.
const VIOLATIONS: &str = select_violations!(
    "WHERE (CAST($1 AS TEXT) IS NULL OR $1 = CASE WHEN state = 'active' AND decided_at_ms <= $4 THEN 'expired' \
     ELSE state END) AND (CAST($2 AS UUID) IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
);
/// The same, but `$4` now. `in_force`, `over` and `lifted` are told by the times.
const MEASURES: &str = select_measures!(
    "WHERE (CAST($1 AS TEXT) IS NULL OR $1 = CASE WHEN lifted_at_ms IS NOT NULL THEN 'lifted' \
     WHEN until_ms IS NOT NULL AND until_ms <= $4 THEN 'over' ELSE 'in_force' END) \
     AND (CAST($2 AS UUID) IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
);
const APPEALS: &str = select_appeals!(
    "WHERE (CAST($1 AS TEXT) IS NULL OR state = $1) AND (CAST($2 AS UUID) IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
);
/// `$1` the time before which a draft must have been opened.
const TO_MOVE: &str = select_appeals!(
    "WHERE state = 'filed' OR (state = 'in_court' AND opened_at_ms IS NULL AND drafted_at_ms <= $1) ORDER BY id \
     LIMIT 100"
);
/// The appeals whose case has ended or is gone, and whose end no event will tell any more. The docket files a case and
/// its event in one transaction, so that an event that is not taken yet is there.
const LEFT_BEHIND: &str = select_appeals!(
    "WHERE state = 'in_court' AND case_id IS NOT NULL \
     AND NOT EXISTS (SELECT 1 FROM cases WHERE cases.id = trust_appeal.case_id \
     AND cases.state IN ('draft', 'open', 'sealed')) \
     AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.case_id = trust_appeal.case_id \
     AND outbox.seq > (SELECT seq FROM trust_cursor WHERE name = 'rulings')) ORDER BY id LIMIT 100"
);
const OVERDUE: &str = "SELECT count(*) AS appeals FROM trust_appeal \
    WHERE state IN ('filed', 'in_court', 'in_review') AND due_ms <= $1";
const STATEMENTS: &str = "SELECT seq, measure, kind, party, at_ms, statement FROM trust_statement \
    WHERE seq > $1 ORDER BY seq LIMIT $2";
const STATEMENTS_OF: &str = "SELECT seq, measure, kind, party, at_ms, statement FROM trust_statement \
    WHERE kind = $1 AND party = $2 ORDER BY seq DESC LIMIT $3";
/// `$1` line before which, `$2` limit.
const TRAIL: &str = "SELECT line, at_ms, by_kind, who, action, kind, party, target, detail FROM trust_audit \
    WHERE line < $1 ORDER BY line DESC LIMIT $2";

pub(in crate::ledger) async fn violation<D: Db>(db: &mut D, id: Uuid) -> Result<Option<ViolationRow>, StandingError> {
    let found = db.fetch_optional(VIOLATION, &[id.into()]).await?;
    Ok(found.as_ref().map(rows::violation).transpose()?)
}

pub(in crate::ledger) async fn violations_of<D: Db>(
    db: &mut D,
    party: &Party,
) -> Result<Vec<ViolationRow>, StandingError> {
    let found = db.fetch_all(VIOLATIONS_OF, &[party.kind.as_str().into(), party.id.as_str().into()]).await?;
    found.iter().map(|row| Ok(rows::violation(row)?)).collect()
}

/// The violations of a party that can be read, for a reader of all parties.
pub(in crate::ledger) async fn readable_violations_of<D: Db>(
    db: &mut D,
    party: &Party,
) -> Result<Vec<ViolationRow>, StandingError> {
    let found = db.fetch_all(VIOLATIONS_OF, &[party.kind.as_str().into(), party.id.as_str().into()]).await?;
    Ok(readable(&found, rows::violation))
}

/// The violations that came of a case and of its appeals.
pub(super) async fn violations_of_root<D: Db>(db: &mut D, root: Uuid) -> Result<Vec<ViolationRow>, StandingError> {
    let found = db.fetch_all(VIOLATIONS_OF_ROOT, &[root.into()]).await?;
    found.iter().map(|row| Ok(rows::violation(row)?)).collect()
}

pub(in crate::ledger) async fn measures_of<D: Db>(db: &mut D, party: &Party) -> Result<Vec<MeasureRow>, StandingError> {
    let found = db.fetch_all(MEASURES_OF, &[party.kind.as_str().into(), party.id.as_str().into()]).await?;
    found.iter().map(|row| Ok(rows::measure(row)?)).collect()
}

pub(in crate::ledger) async fn appeal<D: Db>(db: &mut D, id: Uuid) -> Result<Option<AppealRow>, StandingError> {
    let found = db.fetch_optional(APPEAL, &[id.into()]).await?;
    Ok(found.as_ref().map(rows::appeal).transpose()?)
}

pub(in crate::ledger) async fn appeals_of<D: Db>(db: &mut D, party: &Party) -> Result<Vec<AppealRow>, StandingError> {
    let values = [party.kind.as_str().into(), party.id.as_str().into(), i64::from(ROWS_OF_PARTY).into()];
    let found = db.fetch_all(APPEALS_OF, &values).await?;
    found.iter().map(|row| Ok(rows::appeal(row)?)).collect()
}

pub(in crate::ledger) async fn knows<D: Db>(db: &mut D, party: &Party) -> Result<bool, StandingError> {
    Ok(db.fetch_optional(KNOWS, &[party.kind.as_str().into(), party.id.as_str().into()]).await?.is_some())
}

pub(in crate::ledger) async fn violations<D: Db>(
    db: &mut D,
    page: &Page<'_>,
    now_ms: u64,
) -> Result<Vec<ListedRow<ViolationRow>>, StandingError> {
    let ended = cursor(now_ms.saturating_sub(POINTS_KEPT_MS));
    let values = [page.state.into(), page.before.into(), i64::from(page.limit).into(), ended.into()];
    Ok(listed(&db.fetch_all(VIOLATIONS, &values).await?, rows::violation))
}

pub(in crate::ledger) async fn measures<D: Db>(
    db: &mut D,
    page: &Page<'_>,
    now_ms: u64,
) -> Result<Vec<ListedRow<MeasureRow>>, StandingError> {
    let values = [page.state.into(), page.before.into(), i64::from(page.limit).into(), cursor(now_ms).into()];
    Ok(listed(&db.fetch_all(MEASURES, &values).await?, rows::measure))
}

pub(in crate::ledger) async fn appeals<D: Db>(
    db: &mut D,
    page: &Page<'_>,
) -> Result<Vec<ListedRow<AppealRow>>, StandingError> {
    let values = [page.state.into(), page.before.into(), i64::from(page.limit).into()];
    Ok(listed(&db.fetch_all(APPEALS, &values).await?, rows::appeal))
}

pub(in crate::ledger) async fn appeals_to_move<D: Db>(
    db: &mut D,
    now_ms: u64,
) -> Result<Vec<AppealRow>, StandingError> {
    let found = db.fetch_all(TO_MOVE, &[cursor(now_ms.saturating_sub(DRAFT_KEPT_MS)).into()]).await?;
    Ok(readable(&found, rows::appeal))
}

pub(in crate::ledger) async fn appeals_left_behind<D: Db>(db: &mut D) -> Result<Vec<AppealRow>, StandingError> {
    Ok(readable(&db.fetch_all(LEFT_BEHIND, &[]).await?, rows::appeal))
}

pub(in crate::ledger) async fn overdue_appeals<D: Db>(db: &mut D, now_ms: u64) -> Result<u64, StandingError> {
    let found = db.fetch_optional(OVERDUE, &[cursor(now_ms).into()]).await?;
    Ok(found.map_or(Ok(0), |row| row.number("appeals"))?)
}

pub(in crate::ledger) async fn statements<D: Db>(
    db: &mut D,
    after: u64,
    limit: u32,
) -> Result<Vec<FiledStatement>, StandingError> {
    let found = db.fetch_all(STATEMENTS, &[cursor(after).into(), i64::from(limit).into()]).await?;
    found.iter().map(|row| Ok(statement(row)?)).collect()
}

pub(in crate::ledger) async fn statements_of<D: Db>(
    db: &mut D,
    party: &Party,
) -> Result<Vec<FiledStatement>, StandingError> {
    let values = [party.kind.as_str().into(), party.id.as_str().into(), i64::from(ROWS_OF_PARTY).into()];
    let found = db.fetch_all(STATEMENTS_OF, &values).await?;
    found.iter().map(|row| Ok(statement(row)?)).collect()
}

pub(in crate::ledger) async fn trail<D: Db>(
    db: &mut D,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<TrustAuditEntry>, StandingError> {
    let before = cursor(before.unwrap_or(u64::MAX));
    let found = db.fetch_all(TRAIL, &[before.into(), i64::from(limit).into()]).await?;
    let line = |row: &D::Row| {
        Ok(TrustAuditEntry {
            line: row.number("line")?,
            at_ms: row.number("at_ms")?,
            by_kind: row.text("by_kind")?,
            by: row.text("who")?,
            action: row.text("action")?,
            party: wire_party(row)?,
            target: row.uuid("target")?,
            detail: row.maybe_text("detail")?,
        })
    };
    found.iter().map(line).collect()
}

fn wire_party(row: &impl Columns) -> Result<TrustParty, Malformed> {
    Ok(TrustParty { kind: row.text("kind")?, id: row.text("party")? })
}

fn statement(row: &impl Columns) -> Result<FiledStatement, Malformed> {
    Ok(FiledStatement {
        seq: row.number("seq")?,
        measure: row.uuid("measure")?,
        party: wire_party(row)?,
        at_ms: row.number("at_ms")?,
        statement: row.json("statement")?,
    })
}
