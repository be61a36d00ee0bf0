//! Policies of rooms in the docket, with their history; it checks none.

use live_jury_protocol::{PolicyChange, RoomPolicy};

use super::{DocketError, PolicyLine, PolicyScope};
use crate::sql::query::Db;
use crate::sql::row::{Columns, cursor, json, signed, text};
use crate::sql::statements as sql;

/// Reads the row of the policy that holds in a scope.
pub(super) async fn current<D: Db>(db: &mut D, scope: &PolicyScope) -> Result<Option<D::Row>, DocketError> {
    Ok(db.fetch_optional(sql::POLICY_OF_ROOM, &[scope.as_str().into()]).await?)
}

pub(super) fn policy(row: Option<&impl Columns>) -> Result<RoomPolicy, DocketError> {
    Ok(row.map(|row| row.json("policy")).transpose()?.unwrap_or_default())
}

pub(super) async fn set<D: Db>(db: &mut D, scope: &PolicyScope, change: &PolicyChange) -> Result<(), DocketError> {
    let policy = json("policy", &change.policy)?;
    let values = [
        scope.as_str().into(),
        signed("at_ms", change.at_ms)?.into(),
        text("who", &change.by)?.into(),
        policy.as_str().into(),
    ];
    db.execute(sql::INSERT_POLICY, &values).await?;
    Ok(())
}

pub(super) async fn changes<D: Db>(
    db: &mut D,
    scope: &PolicyScope,
    after: u64,
    limit: u32,
) -> Result<Vec<D::Row>, DocketError> {
    let values = [scope.as_str().into(), cursor(after).into(), i64::from(limit).into()];
    Ok(db.fetch_all(sql::POLICY_CHANGES, &values).await?)
}

pub(super) fn lines(rows: &[impl Columns]) -> Result<Vec<PolicyLine>, DocketError> {
    rows.iter().map(line).collect()
}

fn line(row: &impl Columns) -> Result<PolicyLine, DocketError> {
    let change = PolicyChange { at_ms: row.number("at_ms")?, by: row.text("who")?, policy: row.json("policy")? };
    Ok(PolicyLine { line: row.number("line")?, change })
}

/// Counts the recorded cases on a subject.
pub(super) async fn judged<D: Db>(db: &mut D, subject: &str) -> Result<u64, DocketError> {
    let found = db.fetch_optional(sql::JUDGED_ON_SUBJECT, &[text("subject", subject)?.into()]).await?;
    Ok(found.map_or(Ok(0), |found| found.number("judged"))?)
}
