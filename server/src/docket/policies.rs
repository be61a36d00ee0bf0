//! Policies of rooms in the docket, with their history; it checks none.

use async_trait::async_trait;
use live_jury_protocol::{PolicyChange, RoomId, RoomPolicy};

use super::DocketError;
use crate::sql::query::Db;
use crate::sql::row::{Columns, cursor, json, signed, text};
use crate::sql::statements as sql;

/// Policies of rooms, and the number of cases on a subject, which a policy may limit.
#[async_trait]
pub trait PolicyStore: Send + Sync {
    /// Reads the policy that holds in a scope: a room's own, else that of all rooms, else one with every field off.
    async fn policy(&self, scope: &PolicyScope) -> Result<RoomPolicy, DocketError>;

    /// Sets a scope's own policy. The earlier ones stay as its history.
    async fn set_policy(&self, scope: &PolicyScope, change: &PolicyChange) -> Result<(), DocketError>;

    /// Reads at most `limit` changes of a scope's own policy after this line, oldest first; 0 reads from the first.
    async fn policy_changes(&self, scope: &PolicyScope, after: u64, limit: u32)
    -> Result<Vec<PolicyLine>, DocketError>;

    /// Counts the decided and void cases on a subject, in all rooms.
    async fn judged(&self, subject: &str) -> Result<u64, DocketError>;
}

/// The rooms that a policy is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyScope {
    /// One room.
    Room(RoomId),
    /// All rooms without a policy of their own, `*`.
    AllRooms,
}

impl PolicyScope {
    /// The scope's name in paths and in the docket.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Room(room) => room.as_str(),
            Self::AllRooms => "*",
        }
    }
}

/// A line of a policy's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyLine {
    /// The number of the line. It grows, and has gaps.
    pub line: u64,
    /// The change.
    pub change: PolicyChange,
}

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
