//! Reads buckets and reports, written once for both dialects. No answer names a reporter.

use live_jury_protocol::{CaseId, RoomId};
use uuid::Uuid;

use super::row::{bucket, bucket_columns, own, shown};
use super::{Bucket, LedgerError, OwnReport, ReportShown};
use crate::reporter::Reporter;
use crate::sql::query::Db;
use crate::sql::row::Columns;

/// `$1` id.
const BUCKET: &str = bucket_columns!("SELECT", "FROM trust_bucket WHERE id = $1");
/// `$1` case.
const OF_CASE: &str = bucket_columns!("SELECT", "FROM trust_bucket WHERE case_id = $1");
/// `$1` room, `$2` limit.
const OF_ROOM: &str = bucket_columns!(
    "SELECT",
    "FROM trust_bucket WHERE room = $1 AND ended_ms IS NULL ORDER BY score DESC, id LIMIT $2"
);
/// `$1` limit.
const UNDRAFTED: &str = bucket_columns!(
    "SELECT",
    "FROM trust_bucket WHERE state IN ('open', 'queued') AND case_id IS NOT NULL ORDER BY id LIMIT $1"
);
/// `$1` reporter, `$2` limit.
const OWN: &str = "SELECT one.at_ms, one.policy, one.kind, one.party, one.product, bucket.state, bucket.opened, \
    bucket.case_id FROM trust_report AS one JOIN trust_bucket AS bucket ON bucket.id = one.bucket \
    WHERE one.reporter = $1 ORDER BY one.at_ms DESC, one.policy LIMIT $2";
/// `$1` bucket, `$2` limit. The order of reports in one moment tells nothing about their reporters.
const OF_BUCKET: &str = "SELECT text, stream_at_ms, proven, new_account, at_ms FROM trust_report \
    WHERE bucket = $1 ORDER BY at_ms DESC, stream_at_ms, text LIMIT $2";
const CURSOR: &str = "SELECT seq FROM trust_report_cursor";

pub(super) async fn one<D: Db>(db: &mut D, id: Uuid) -> Result<Option<Bucket>, LedgerError> {
    let found = db.fetch_optional(BUCKET, &[id.into()]).await?;
    Ok(found.as_ref().map(bucket).transpose()?)
}

pub(super) async fn of_case<D: Db>(db: &mut D, case: CaseId) -> Result<Option<Bucket>, LedgerError> {
    let found = db.fetch_optional(OF_CASE, &[case.0.into()]).await?;
    Ok(found.as_ref().map(bucket).transpose()?)
}

pub(super) async fn of_room<D: Db>(db: &mut D, room: &RoomId, limit: u32) -> Result<Vec<Bucket>, LedgerError> {
    let found = db.fetch_all(OF_ROOM, &[room.as_str().into(), i64::from(limit).into()]).await?;
    found.iter().map(|row| Ok(bucket(row)?)).collect()
}

pub(super) async fn undrafted<D: Db>(db: &mut D, limit: u32) -> Result<Vec<Bucket>, LedgerError> {
    let found = db.fetch_all(UNDRAFTED, &[i64::from(limit).into()]).await?;
    found.iter().map(|row| Ok(bucket(row)?)).collect()
}

pub(super) async fn own_reports<D: Db>(
    db: &mut D,
    reporter: Reporter,
    limit: u32,
) -> Result<Vec<OwnReport>, LedgerError> {
    let found = db.fetch_all(OWN, &[reporter.0.as_slice().into(), i64::from(limit).into()]).await?;
    found.iter().map(|row| Ok(own(row)?)).collect()
}

pub(super) async fn reports<D: Db>(db: &mut D, bucket: Uuid, limit: u32) -> Result<Vec<ReportShown>, LedgerError> {
    let found = db.fetch_all(OF_BUCKET, &[bucket.into(), i64::from(limit).into()]).await?;
    found.iter().map(|row| Ok(shown(row)?)).collect()
}

pub(super) async fn cursor<D: Db>(db: &mut D) -> Result<u64, LedgerError> {
    let found = db.fetch_optional(CURSOR, &[]).await?;
    Ok(found.map(|row| row.number("seq")).transpose()?.unwrap_or(0))
}
