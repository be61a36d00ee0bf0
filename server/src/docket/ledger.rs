//! The ledger in the docket: how many ballots each node has answered as counted. It decides about no case.

use async_trait::async_trait;
use live_jury_protocol::CaseId;
use serde::Serialize;
use uuid::Uuid;

use super::DocketError;
use super::nodes::NODE_KEPT_MS;
use crate::sql::query::Db;
use crate::sql::row::{Columns, json, signed};

/// The time for which a row stays after the record, in milliseconds: a day. It serves a docket that is restored from a
/// backup of the same day.
pub const LEDGER_KEPT_MS: u64 = 24 * 60 * 60 * 1_000;

/// The ballots that nodes have answered as counted, by case, epoch and node.
#[async_trait]
pub trait LedgerStore: Send + Sync {
    /// Files the rows of a node that grew or became final, in one statement. A filed number never shrinks.
    async fn file_ledger(&self, node: Uuid, rows: &[LedgerRow]) -> Result<(), DocketError>;

    /// Reads what all nodes but `node` have filed for an epoch of a case.
    async fn ledger_of_others(&self, case: CaseId, epoch: u64, node: Uuid) -> Result<LedgerSum, DocketError>;

    /// Deletes the rows of cases that were recorded more than [`LEDGER_KEPT_MS`] ago. A node calls this hourly.
    async fn sweep_ledger(&self) -> Result<(), DocketError>;
}

/// A row of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    /// The case.
    pub case: CaseId,
    /// The epoch in which the ballots were sent.
    pub epoch: u64,
    /// Ballots that the node has answered as counted.
    pub ballots: u64,
    /// Whether the node has seen the seal and waits for no answer of the store.
    pub is_final: bool,
}

/// The rows of several nodes, for one epoch of a case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerSum {
    /// The sum of their ballots.
    pub ballots: u64,
    /// Nodes seen within [`NODE_KEPT_MS`] whose row is not final.
    pub awaited: u64,
}

/// A row as the statement takes it, since it has no list of rows.
#[derive(Serialize)]
struct Filed {
    c: String,
    e: i64,
    b: i64,
    f: i64,
}

/// The statements on the ledger, which differ between the dialects.
pub(super) trait LedgerDb: Db {
    /// `$1` node, `$2` its rows in JSON, in order of their key: nodes wait for each other's locks in one order.
    const FILE_LEDGER: &'static str;
    /// `$1` case, `$2` epoch, `$3` a node that is left out, `$4` an age in milliseconds.
    const LEDGER_OF_OTHERS: &'static str;
    /// `$1` an age in milliseconds.
    const SWEEP_LEDGER: &'static str;
}

/// The statements of one dialect: its clock in milliseconds, the rows of a JSON text, and its larger of two numbers.
macro_rules! implement_ledger_db {
    ($connection:ty, $now_ms:literal, $rows:literal, $larger:literal) => {
        impl crate::docket::ledger::LedgerDb for $connection {
            const FILE_LEDGER: &'static str = concat!(
                "INSERT INTO ledger (node, case_id, epoch, ballots, is_final, filed_at_ms) SELECT $1, ",
                $rows,
                " ORDER BY 2, 3 ON CONFLICT (case_id, epoch, node) DO UPDATE SET ballots = ",
                $larger,
                "(ledger.ballots, excluded.ballots), is_final = excluded.is_final, filed_at_ms = excluded.filed_at_ms"
            );
            const LEDGER_OF_OTHERS: &'static str = concat!(
                "SELECT CAST(coalesce(sum(ballots), 0) AS BIGINT) AS ballots, (SELECT count(*) FROM nodes \
                 WHERE id <> $3 AND seen_at_ms >= ",
                $now_ms,
                " - $4 AND NOT EXISTS (SELECT 1 FROM ledger AS filed WHERE filed.case_id = $1 AND filed.epoch = $2 \
                 AND filed.node = nodes.id AND filed.is_final = 1)) AS awaited \
                 FROM ledger WHERE case_id = $1 AND epoch = $2 AND node <> $3"
            );
            const SWEEP_LEDGER: &'static str = concat!(
                "DELETE FROM ledger WHERE case_id IN (SELECT id FROM cases WHERE verdict_seq IS NOT NULL) \
                 AND NOT EXISTS (SELECT 1 FROM ledger AS late WHERE late.case_id = ledger.case_id \
                 AND late.filed_at_ms >= ",
                $now_ms,
                " - $1)"
            );
        }
    };
}
pub(super) use implement_ledger_db;

pub(super) async fn file<D: LedgerDb>(db: &mut D, node: Uuid, rows: &[LedgerRow]) -> Result<(), DocketError> {
    let mut filed = Vec::with_capacity(rows.len());
    for row in rows {
        filed.push(Filed {
            c: row.case.0.simple().to_string(),
            e: signed("epoch", row.epoch)?,
            b: signed("ballots", row.ballots)?,
            f: i64::from(row.is_final),
        });
    }
    let filed = json("rows", &filed)?;
    db.execute(D::FILE_LEDGER, &[node.into(), filed.as_str().into()]).await?;
    Ok(())
}

pub(super) async fn of_others<D: LedgerDb>(
    db: &mut D,
    case: CaseId,
    epoch: u64,
    node: Uuid,
) -> Result<LedgerSum, DocketError> {
    let epoch = signed("epoch", epoch)?;
    let values = [case.0.into(), epoch.into(), node.into(), NODE_KEPT_MS.cast_signed().into()];
    let Some(found) = db.fetch_optional(D::LEDGER_OF_OTHERS, &values).await? else {
        return Ok(LedgerSum::default());
    };
    Ok(LedgerSum { ballots: found.number("ballots")?, awaited: found.number("awaited")? })
}

pub(super) async fn sweep<D: LedgerDb>(db: &mut D) -> Result<(), DocketError> {
    db.execute(D::SWEEP_LEDGER, &[LEDGER_KEPT_MS.cast_signed().into()]).await?;
    Ok(())
}
