//! Files a report in its bucket, written once for both dialects. The bucket's row is locked before the reporter's.

use live_jury_protocol::limits::REPORTS_A_DAY_MAX;
use live_jury_trust::DAY_MS;
use live_jury_trust::report::{LATEST_READ, Record, Report};

use super::row::{bucket, bucket_columns};
use super::{Bucket, BucketState, LedgerError, NewReport, ReportRefusal, Reported};
use crate::ledger::daily::{self, Daily, REPORTING, REPORTS_OF_POLICY};
use crate::sql::query::Db;
use crate::sql::row::{Columns, count, cursor, signed};

/// `$1` id, `$2` room, `$3` kind, `$4` party, `$5` policy, `$6` session, `$7` merchant, `$8` host, `$9` product, `$10`
/// lang, `$11` time. Locks the bucket's row.
const LOCK_BUCKET: &str = bucket_columns!(
    "INSERT INTO trust_bucket (id, room, kind, party, policy, session, merchant, host, product, lang, state, case_id, \
     opened, credit, settled_seq, version, reports, reporters, proven, new_accounts, fast, score, first_ms, last_ms) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'open', NULL, 0, 'none', 0, 1, 0, 0, 0, 0, 0, 0, $11, $11) \
     ON CONFLICT (room, kind, party, policy, session) WHERE ended_ms IS NULL \
     DO UPDATE SET merchant = COALESCE(trust_bucket.merchant, excluded.merchant), \
     host = COALESCE(trust_bucket.host, excluded.host), \
     product = CASE WHEN trust_bucket.product = excluded.product THEN excluded.product END, \
     last_ms = CASE WHEN excluded.last_ms > trust_bucket.last_ms THEN excluded.last_ms ELSE trust_bucket.last_ms END \
     RETURNING",
    ""
);

/// `$1` reporter, `$2` time. Locks the reporter's row, so that two reports of one viewer are counted one after another.
const LOCK_REPORTER: &str = "INSERT INTO trust_reporter (reporter, upheld, dismissed, last_ms) VALUES ($1, 0, 0, $2) \
    ON CONFLICT (reporter) DO UPDATE SET last_ms = excluded.last_ms RETURNING upheld, dismissed";

/// `$1` reporter, `$2` bucket.
const BEFORE: &str = "SELECT count(*) AS reports, COALESCE(max(proven), 0) AS proven FROM trust_report \
    WHERE reporter = $1 AND bucket = $2";

/// `$1` reporter, `$2` room, `$3` session: reports of the viewer in the session, about whatever.
const OF_SESSION: &str = "SELECT count(*) AS reports FROM trust_report JOIN trust_bucket ON trust_bucket.id = bucket \
    WHERE reporter = $1 AND room = $2 AND session = $3";

/// `$1` bucket, `$2` limit.
const LATEST: &str = "SELECT at_ms FROM trust_report WHERE bucket = $1 ORDER BY at_ms DESC LIMIT $2";

/// `$1` reporter, `$2` kind, `$3` party, `$4` product, `$5` policy, `$6` day.
const SAME: &str = "SELECT at_ms FROM trust_report \
    WHERE reporter = $1 AND kind = $2 AND party = $3 AND product = $4 AND policy = $5 AND day = $6";

/// `$1` reporter, `$2` day.
const TODAY: &str = "SELECT count(*) AS reports FROM trust_report WHERE reporter = $1 AND day = $2";

const INSERT: &str = "INSERT INTO trust_report \
    (reporter, kind, party, product, policy, day, bucket, text, stream_at_ms, proven, new_account, at_ms) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

/// `$1` id, `$2` reports, `$3` reporters, `$4` proven, `$5` new accounts, `$6` fast, `$7` score, `$8` state, `$9` case,
/// `$10` version.
const UPDATE_BUCKET: &str = "UPDATE trust_bucket SET reports = $2, reporters = $3, proven = $4, new_accounts = $5, \
    fast = $6, score = $7, state = $8, case_id = COALESCE(case_id, $9), version = $10 WHERE id = $1";
/// The same without a case. PostgreSQL takes no parameter that may be NULL as an id.
const UPDATE_BUCKET_ALONE: &str = "UPDATE trust_bucket SET reports = $2, reporters = $3, proven = $4, \
    new_accounts = $5, fast = $6, score = $7, state = $8, version = $9 WHERE id = $1";

/// Files a report.
pub(super) async fn add<D: Db>(db: &mut D, report: &NewReport) -> Result<Reported, LedgerError> {
    let at_ms = signed("at_ms", report.at_ms)?;
    let values = [
        report.bucket.into(),
        report.room.as_str().into(),
        report.party.kind.as_str().into(),
        report.party.id.as_str().into(),
        report.policy.as_str().into(),
        report.session.as_str().into(),
        report.merchant.as_deref().into(),
        report.host.as_deref().into(),
        report.product.as_deref().into(),
        report.lang.as_str().into(),
        at_ms.into(),
    ];
    let locked = db.fetch_all(LOCK_BUCKET, &values).await?;
    let found = locked.first().ok_or_else(|| LedgerError::Malformed("a bucket was not returned".to_owned()))?;
    let mut found = bucket(found)?;
    let reporter = report.reporter.0.as_slice();
    let locked = db.fetch_all(LOCK_REPORTER, &[reporter.into(), at_ms.into()]).await?;
    let record = locked.first().ok_or_else(|| LedgerError::Malformed("a reporter was not returned".to_owned()))?;
    let record = Record { upheld: record.number("upheld")?, dismissed: record.number("dismissed")? };
    match refusal(db, report).await? {
        // The call was repeated after its answer was lost, and the first one had been carried out.
        Some(ReportRefusal::Repeated) if same_at_ms(db, report).await? == Some(report.at_ms) => {
            return Ok(Reported { is_first: found.id == report.bucket, bucket: found });
        }
        Some(refusal) => return Err(refusal.into()),
        None => {}
    }
    let before = db.fetch_optional(BEFORE, &[reporter.into(), found.id.into()]).await?;
    let before = match before {
        Some(row) if row.number("reports")? > 0 => Some(row.number("proven")? == 1),
        _ => None,
    };
    let latest = db.fetch_all(LATEST, &[found.id.into(), count(LATEST_READ).into()]).await?;
    let latest: Vec<u64> = latest.iter().map(|row| row.number("at_ms")).collect::<Result<_, _>>()?;
    let weighed = Report { record, proven: report.proven, new_account: report.new_account, at_ms: report.at_ms };
    found.sums.add(&weighed, before, &latest);
    found.reports += 1;
    let is_first_of_session = of_session(db, report).await? == 0;
    insert(db, report, &found).await?;
    advance(&mut found, report);
    update(db, &found).await?;
    let mut daily = Daily::default();
    let day = report.at_ms / DAY_MS;
    daily.count(day, &format!("{REPORTS_OF_POLICY}{}", report.policy), 1, 0);
    if is_first_of_session {
        daily.count(day, REPORTING, 1, 0);
    }
    daily::add(db, &daily, report.at_ms).await?;
    Ok(Reported { is_first: found.id == report.bucket, bucket: found })
}

/// The reports that the viewer has filed in the session.
async fn of_session<D: Db>(db: &mut D, report: &NewReport) -> Result<u64, LedgerError> {
    let reporter = report.reporter.0.as_slice();
    let values = [reporter.into(), report.room.as_str().into(), report.session.as_str().into()];
    let found = db.fetch_optional(OF_SESSION, &values).await?;
    Ok(found.map_or(Ok(0), |row| row.number("reports"))?)
}

/// The step that a bucket with enough takes by itself.
fn advance(bucket: &mut Bucket, report: &NewReport) {
    if bucket.state != BucketState::Open || bucket.case.is_some() || !bucket.sums.is_enough() {
        return;
    }
    bucket.version += 1;
    if report.is_judged {
        bucket.case = Some(report.case);
    } else {
        bucket.state = BucketState::Queued;
    }
}

/// The refusal that a report gets.
pub(super) async fn refusal<D: Db>(db: &mut D, report: &NewReport) -> Result<Option<ReportRefusal>, LedgerError> {
    if same_at_ms(db, report).await?.is_some() {
        return Ok(Some(ReportRefusal::Repeated));
    }
    let day = cursor(report.at_ms / DAY_MS);
    let found = db.fetch_optional(TODAY, &[report.reporter.0.as_slice().into(), day.into()]).await?;
    let today = found.map(|row| row.number("reports")).transpose()?.unwrap_or(0);
    Ok((today >= REPORTS_A_DAY_MAX).then_some(ReportRefusal::TooMany))
}

/// The time of the reporter's report of the same today, if there is one.
async fn same_at_ms<D: Db>(db: &mut D, report: &NewReport) -> Result<Option<u64>, LedgerError> {
    let values = [
        report.reporter.0.as_slice().into(),
        report.party.kind.as_str().into(),
        report.party.id.as_str().into(),
        report.product.as_deref().unwrap_or_default().into(),
        report.policy.as_str().into(),
        cursor(report.at_ms / DAY_MS).into(),
    ];
    let found = db.fetch_optional(SAME, &values).await?;
    Ok(found.map(|row| row.number("at_ms")).transpose()?)
}

async fn insert<D: Db>(db: &mut D, report: &NewReport, bucket: &Bucket) -> Result<(), LedgerError> {
    let stream_at_ms = report.stream_at_ms.map(|at_ms| signed("stream_at_ms", at_ms)).transpose()?;
    let values = [
        report.reporter.0.as_slice().into(),
        report.party.kind.as_str().into(),
        report.party.id.as_str().into(),
        report.product.as_deref().unwrap_or_default().into(),
        report.policy.as_str().into(),
        cursor(report.at_ms / DAY_MS).into(),
        bucket.id.into(),
        report.text.as_deref().into(),
        stream_at_ms.into(),
        i64::from(report.proven).into(),
        i64::from(report.new_account).into(),
        signed("at_ms", report.at_ms)?.into(),
    ];
    db.execute(INSERT, &values).await?;
    Ok(())
}

async fn update<D: Db>(db: &mut D, bucket: &Bucket) -> Result<(), LedgerError> {
    let sums = &bucket.sums;
    let mut values = vec![
        bucket.id.into(),
        signed("reports", bucket.reports)?.into(),
        signed("reporters", sums.reporters)?.into(),
        signed("proven", sums.proven)?.into(),
        signed("new_accounts", sums.new_accounts)?.into(),
        i64::from(sums.fast).into(),
        sums.score.into(),
        bucket.state.as_str().into(),
    ];
    let version = signed("version", bucket.version)?.into();
    let sql = match bucket.case {
        Some(case) => {
            values.push(case.0.into());
            UPDATE_BUCKET
        }
        None => UPDATE_BUCKET_ALONE,
    };
    values.push(version);
    db.execute(sql, &values).await?;
    Ok(())
}
