//! The later steps of a bucket, written once for both dialects. The bucket's row is locked before the reporters'.

use live_jury_protocol::CaseId;
use live_jury_trust::Party;
use uuid::Uuid;

use super::row::{bucket, bucket_columns};
use super::{Bucket, BucketEnd, BucketRefusal, BucketState, Closing, Credit, LedgerError};
use crate::sql::query::{Db, Value};
use crate::sql::row::{cursor, signed, text};

/// The statement that differs between the dialects.
pub(in crate::ledger) trait EndDb: Db {
    /// `$1` bucket: reads its reporters, in one order on all nodes, and locks their rows.
    const LOCK_REPORTERS: &'static str;
}

/// `$1` id. A change of nothing locks the row in both dialects.
const LOCK: &str = bucket_columns!("UPDATE trust_bucket SET version = version WHERE id = $1 RETURNING", "");
/// `$1` case, `$2` place in the outbox.
const LOCK_OF_CASE: &str =
    bucket_columns!("UPDATE trust_bucket SET settled_seq = $2 WHERE case_id = $1 AND settled_seq < $2 RETURNING", "");
/// `$1` case, `$2` kind, `$3` party. The step on the violation follows from the verdict, which the bucket may not have
/// seen yet. So no event changes its end that was filed before.
const LOCK_OF_VIOLATION: &str = bucket_columns!(
    "UPDATE trust_bucket SET opened = 1, settled_seq = coalesce((SELECT max(seq) FROM outbox), settled_seq) \
     WHERE case_id = $1 AND kind = $2 AND party = $3 RETURNING",
    ""
);
/// `$1` id, `$2` case.
const RESERVE: &str = "UPDATE trust_bucket SET case_id = $2, version = version + 1 WHERE id = $1";
/// `$1` id. A bucket whose policy viewers do not judge is drafted by a moderator.
const SET_DRAFTED: &str = "UPDATE trust_bucket SET state = 'drafted', version = version + 1 \
    WHERE id = $1 AND state IN ('open', 'queued') AND case_id IS NOT NULL";
/// `$1` id, `$2` time, `$3` words, `$4` moderator.
const DISMISS: &str = "UPDATE trust_bucket SET state = 'closed', credit = 'dismissed', ended_ms = $2, words = $3, \
    closed_by = $4, version = version + 1 WHERE id = $1";
/// `$1` case, `$2` place in the outbox.
const SET_OPENED: &str = "UPDATE trust_bucket SET opened = 1, settled_seq = $2, \
    state = CASE WHEN state IN ('open', 'queued') THEN 'drafted' ELSE state END \
    WHERE case_id = $1 AND settled_seq < $2";
/// `$1` id, `$2` state, `$3` credit, `$4` time.
const END: &str = "UPDATE trust_bucket SET state = $2, credit = $3, ended_ms = COALESCE(ended_ms, $4), \
    version = version + 1 WHERE id = $1";
/// `$1` bucket, `$2` and `$3` what upheld and dismissed change by, `$4` time.
const CREDIT: &str = "UPDATE trust_reporter SET upheld = upheld + $2, dismissed = dismissed + $3, \
    last_ms = CASE WHEN last_ms < $4 THEN $4 ELSE last_ms END \
    WHERE reporter IN (SELECT reporter FROM trust_report WHERE bucket = $1)";
/// `$1` time of the last report, `$2` now, `$3` limit.
const CLOSE_QUIET: &str = "UPDATE trust_bucket SET state = 'closed', ended_ms = $2, version = version + 1 \
    WHERE id IN (SELECT id FROM trust_bucket WHERE ended_ms IS NULL AND state IN ('open', 'queued') \
    AND last_ms < $1 LIMIT $3)";
/// `$1` time of the end, `$2` limit.
const DELETE_REPORTS: &str = "DELETE FROM trust_report WHERE (reporter, kind, party, product, policy, day) IN \
    (SELECT one.reporter, one.kind, one.party, one.product, one.policy, one.day FROM trust_report AS one \
    JOIN trust_bucket AS bucket ON bucket.id = one.bucket WHERE bucket.ended_ms < $1 LIMIT $2)";
/// `$1` time of the end, `$2` limit.
const DELETE_BUCKETS: &str = "DELETE FROM trust_bucket WHERE id IN (SELECT id FROM trust_bucket AS old \
    WHERE ended_ms < $1 AND NOT EXISTS (SELECT 1 FROM trust_report WHERE bucket = old.id) LIMIT $2)";
/// `$1` time, `$2` limit.
const DELETE_REPORTERS: &str = "DELETE FROM trust_reporter WHERE reporter IN (SELECT reporter FROM trust_reporter \
    AS one WHERE last_ms < $1 AND NOT EXISTS (SELECT 1 FROM trust_report WHERE reporter = one.reporter) LIMIT $2)";
/// `$1` place.
const MOVE_CURSOR: &str = "UPDATE trust_report_cursor SET seq = $1 WHERE seq < $1";

/// A bucket that waits, with its row locked.
async fn lock_waiting<D: Db>(db: &mut D, id: Uuid, version: Option<u64>) -> Result<Bucket, LedgerError> {
    let locked = db.fetch_all(LOCK, &[id.into()]).await?;
    let found = bucket(locked.first().ok_or(BucketRefusal::NotFound)?)?;
    match version {
        Some(version) if version != found.version => Err(BucketRefusal::Version(found.version).into()),
        _ if !found.state.waits() => Err(BucketRefusal::Decided.into()),
        _ => Ok(found),
    }
}

pub(super) async fn reserve<D: Db>(
    db: &mut D,
    id: Uuid,
    case: CaseId,
    version: Option<u64>,
) -> Result<Bucket, LedgerError> {
    let mut found = lock_waiting(db, id, version).await?;
    if found.case.is_none() {
        db.execute(RESERVE, &[id.into(), case.0.into()]).await?;
        found.case = Some(case);
        found.version += 1;
    }
    Ok(found)
}

pub(super) async fn set_drafted<D: Db>(db: &mut D, id: Uuid) -> Result<(), LedgerError> {
    db.execute(SET_DRAFTED, &[id.into()]).await?;
    Ok(())
}

pub(super) async fn dismiss<D: EndDb>(db: &mut D, id: Uuid, closing: &Closing<'_>) -> Result<Bucket, LedgerError> {
    let mut found = lock_waiting(db, id, closing.version).await?;
    let values = [
        id.into(),
        signed("ended_ms", closing.at_ms)?.into(),
        text("words", closing.words)?.into(),
        text("closed_by", closing.by)?.into(),
    ];
    db.execute(DISMISS, &values).await?;
    exchange(db, &found, Credit::Dismissed, closing.at_ms).await?;
    found.state = BucketState::Closed;
    found.credit = Credit::Dismissed;
    found.words = Some(closing.words.to_owned());
    found.version += 1;
    Ok(found)
}

pub(super) async fn set_opened<D: Db>(db: &mut D, case: CaseId, seq: u64) -> Result<(), LedgerError> {
    db.execute(SET_OPENED, &[case.0.into(), signed("seq", seq)?.into()]).await?;
    Ok(())
}

pub(super) async fn settle<D: EndDb>(
    db: &mut D,
    case: CaseId,
    seq: u64,
    end: BucketEnd,
    now_ms: u64,
) -> Result<bool, LedgerError> {
    let locked = db.fetch_all(LOCK_OF_CASE, &[case.0.into(), signed("seq", seq)?.into()]).await?;
    let Some(row) = locked.first() else { return Ok(false) };
    end_locked(db, &bucket(row)?, end, now_ms).await
}

/// Ends the bucket of a case by a step on the violation that came of it. A case may have violations of two parties, and
/// the bucket is about one of them.
pub(in crate::ledger) async fn settle_violation<D: EndDb>(
    db: &mut D,
    case: CaseId,
    party: &Party,
    end: BucketEnd,
    now_ms: u64,
) -> Result<(), LedgerError> {
    let values = [case.0.into(), party.kind.as_str().into(), party.id.as_str().into()];
    let locked = db.fetch_all(LOCK_OF_VIOLATION, &values).await?;
    if let Some(row) = locked.first() {
        end_locked(db, &bucket(row)?, end, now_ms).await?;
    }
    Ok(())
}

/// Ends a bucket whose row is locked, with the records of its reporters. Returns whether it changed.
async fn end_locked<D: EndDb>(db: &mut D, found: &Bucket, end: BucketEnd, now_ms: u64) -> Result<bool, LedgerError> {
    if (BucketEnd { state: found.state, credit: found.credit }) == end {
        return Ok(false);
    }
    let values =
        [found.id.into(), end.state.as_str().into(), end.credit.as_str().into(), signed("ended_ms", now_ms)?.into()];
    db.execute(END, &values).await?;
    exchange(db, found, end.credit, now_ms).await?;
    Ok(true)
}

/// Takes back what the bucket's credit did to its reporters' records, and gives the new one.
async fn exchange<D: EndDb>(db: &mut D, bucket: &Bucket, credit: Credit, now_ms: u64) -> Result<(), LedgerError> {
    let counts = |credit| (i64::from(credit == Credit::Upheld), i64::from(credit == Credit::Dismissed));
    let (before, after) = (counts(bucket.credit), counts(credit));
    if before == after {
        return Ok(());
    }
    db.fetch_all(D::LOCK_REPORTERS, &[bucket.id.into()]).await?;
    let values =
        [bucket.id.into(), (after.0 - before.0).into(), (after.1 - before.1).into(), signed("last_ms", now_ms)?.into()];
    db.execute(CREDIT, &values).await?;
    Ok(())
}

pub(super) async fn close_quiet<D: Db>(db: &mut D, since_ms: u64, now_ms: u64, limit: u32) -> Result<u64, LedgerError> {
    let values = [cursor(since_ms).into(), cursor(now_ms).into(), i64::from(limit).into()];
    Ok(db.execute(CLOSE_QUIET, &values).await?)
}

pub(super) async fn delete_old<D: Db>(db: &mut D, before_ms: u64, limit: u32) -> Result<u64, LedgerError> {
    let values: [Value<'_>; 2] = [cursor(before_ms).into(), i64::from(limit).into()];
    let mut deleted = 0;
    for sql in [DELETE_REPORTS, DELETE_BUCKETS, DELETE_REPORTERS] {
        deleted += db.execute(sql, &values).await?;
    }
    Ok(deleted)
}

pub(super) async fn move_cursor<D: Db>(db: &mut D, seq: u64) -> Result<(), LedgerError> {
    db.execute(MOVE_CURSOR, &[signed("seq", seq)?.into()]).await?;
    Ok(())
}
