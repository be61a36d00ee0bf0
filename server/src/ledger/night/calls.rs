//! The calls of the nightly job, written once for both dialects.

use std::collections::BTreeMap;

use live_jury_trust::claim::BUYER_DAYS;
use live_jury_trust::counter::{Count, Counter};
use live_jury_trust::identity::weights::Weights;
use live_jury_trust::product::{PRODUCT_DAYS, Returns};
use live_jury_trust::{DAY_MS, Party};
use serde_json::json;

use super::{LEASE_MS, NIGHT_ROWS_MAX, Night, NightDb, NightStep, PriorRow, Snapshot};
use crate::ledger::batch::Batch;
use crate::ledger::identities::{ApplicationDb, weights};
use crate::ledger::parties::list;
use crate::ledger::standing::StandingDb;
use crate::ledger::{LedgerError, MERCHANT};
use crate::sql::outbox::uuid_at;
use crate::sql::query::{Db, Value};
use crate::sql::row::{Columns, Malformed, count, cursor, signed};

/// The days for which priors and rows of the job are kept, so that a change of an index can be explained.
const KEPT_DAYS: u64 = 30;
/// The days for which a host who sold for a merchant counts.
const HOST_DAYS: u64 = 180;
/// The days of which granted claims about a product count.
const CLAIM_DAYS: u64 = 30;
/// The days for which orders of merchants with promises are kept: no fact is older.
const ORDER_DAYS: u64 = 400;
/// `$1` day: the job of the day.
const JOB: &str = "SELECT step, place, until_ms FROM trust_job WHERE name = 'night' AND day = $1";
/// `$1` day, `$2` owner, `$3` end of the lease.
const BEGIN: &str = "INSERT INTO trust_job (name, day, step, place, owner, until_ms) \
    VALUES ('night', $1, 'priors', '', $2, $3) ON CONFLICT (name, day) DO NOTHING";
/// The same, and `$4` now.
const TAKE_OVER: &str = "UPDATE trust_job SET owner = $2, until_ms = $3 \
    WHERE name = 'night' AND day = $1 AND step <> 'done' AND until_ms <= $4";
/// `$1` day, `$2` owner, `$3` and `$4` the place that was read, `$5` and `$6` the next one, `$7` end of the lease.
const MOVE: &str = "UPDATE trust_job SET step = $5, place = $6, until_ms = $7 \
    WHERE name = 'night' AND day = $1 AND owner = $2 AND step = $3 AND place = $4";
/// `$1` kind, `$2` id after which, `$3` limit.
const AFTER: &str = "SELECT id FROM trust_party WHERE kind = $1 AND id > $2 ORDER BY id LIMIT $3";
/// `$1` day.
const TYPICAL_RETURNS: &str = "SELECT category, typical FROM trust_prior WHERE day = $1 AND signal = 'returned'";
/// `$1` day, `$2` limit.
const DELETE_PRIORS_OF: &str = "DELETE FROM trust_prior WHERE (day, category, signal) IN \
    (SELECT day, category, signal FROM trust_prior WHERE day = $1 LIMIT $2)";
/// `$1` day before which, `$2` limit.
const DELETE_PRIORS: &str = "DELETE FROM trust_prior WHERE (day, category, signal) IN \
    (SELECT day, category, signal FROM trust_prior WHERE day < $1 LIMIT $2)";
const DELETE_PRODUCTS: &str = "DELETE FROM trust_product WHERE (merchant, product, day) IN \
    (SELECT merchant, product, day FROM trust_product WHERE day < $1 LIMIT $2)";
const DELETE_FACTS: &str = "DELETE FROM trust_fact WHERE (day, id) IN \
    (SELECT day, id FROM trust_fact WHERE day < $1 LIMIT $2)";
const DELETE_JOBS: &str = "DELETE FROM trust_job WHERE (name, day) IN \
    (SELECT name, day FROM trust_job WHERE day < $1 LIMIT $2)";
/// `$1` time before which, `$2` limit.
const DELETE_HOSTS: &str = "DELETE FROM trust_host WHERE (merchant, host) IN \
    (SELECT merchant, host FROM trust_host WHERE last_ms < $1 LIMIT $2)";

const DELETE_ORDERS: &str = "DELETE FROM trust_order WHERE (merchant, order_id) IN \
    (SELECT merchant, order_id FROM trust_order WHERE coalesce(placed_ms, shipped_ms, completed_ms) < $1 LIMIT $2)";
const DELETE_BUYER_CLAIMS: &str = "DELETE FROM trust_buyer_claim WHERE (buyer, at_ms, claim_id) IN \
    (SELECT buyer, at_ms, claim_id FROM trust_buyer_claim WHERE at_ms < $1 LIMIT $2)";

/// Whether a claim could succeed, read without a lock: a node asks each minute.
pub(super) async fn may_claim<D: Db>(db: &mut D, day: u64, now_ms: u64) -> Result<bool, LedgerError> {
    let found = db.fetch_optional(JOB, &[signed("day", day)?.into()]).await?;
    Ok(match found {
        Some(row) => row.text("step")? != NightStep::Done.as_str() && row.number("until_ms")? <= now_ms,
        None => true,
    })
}

pub(super) async fn claim<D: Db>(db: &mut D, day: u64, now_ms: u64) -> Result<Option<Night>, LedgerError> {
    let owner = uuid_at(now_ms);
    let (number, until) = (signed("day", day)?, cursor(now_ms.saturating_add(LEASE_MS)));
    let values: [Value<'_>; 4] = [number.into(), owner.into(), until.into(), cursor(now_ms).into()];
    if db.execute(BEGIN, &values[..3]).await? == 0 && db.execute(TAKE_OVER, &values).await? == 0 {
        return Ok(None);
    }
    let Some(row) = db.fetch_optional(JOB, &[number.into()]).await? else { return Ok(None) };
    let step = row.text("step")?;
    let step = NightStep::ALL.into_iter().find(|one| one.as_str() == step);
    let step = step.ok_or_else(|| Malformed::new("step", "is no step of the job"))?;
    Ok(Some(Night { day, owner, step, place: row.text("place")? }))
}

/// Moves the job, and locks its row until the end of the transaction.
pub(super) async fn moved<D: Db>(db: &mut D, from: &Night, to: &Night, now_ms: u64) -> Result<bool, LedgerError> {
    let values = [
        signed("day", from.day)?.into(),
        from.owner.into(),
        from.step.as_str().into(),
        from.place.as_str().into(),
        to.step.as_str().into(),
        to.place.as_str().into(),
        cursor(now_ms.saturating_add(LEASE_MS)).into(),
    ];
    Ok(db.execute(MOVE, &values).await? > 0)
}

pub(super) async fn merchants_after<D: Db>(db: &mut D, after: &str, limit: usize) -> Result<Vec<String>, LedgerError> {
    let found = db.fetch_all(AFTER, &[MERCHANT.into(), after.into(), count(limit).into()]).await?;
    found.iter().map(|row| Ok(row.text("id")?)).collect()
}

pub(super) async fn returns_of<D: NightDb>(
    db: &mut D,
    merchants: &[&str],
    day: u64,
) -> Result<Vec<(String, Returns)>, LedgerError> {
    let (first, list) = (cursor(day.saturating_sub(PRODUCT_DAYS)), list(merchants));
    let found = db.fetch_all(D::RETURNS_OF, &[list.as_str().into(), first.into(), cursor(day).into()]).await?;
    let one = |row: &D::Row| {
        Ok((row.text("merchant")?, Returns { sold: row.number("sold")?, returned: row.number("returned")? }))
    };
    found.iter().map(one).collect()
}

pub(super) async fn typical_returns<D: Db>(db: &mut D, day: u64) -> Result<BTreeMap<String, f64>, LedgerError> {
    let found = db.fetch_all(TYPICAL_RETURNS, &[cursor(day).into()]).await?;
    found.iter().map(|row| Ok((row.text("category")?, row.real("typical")?))).collect()
}

pub(super) async fn hosts_of<D: NightDb>(
    db: &mut D,
    merchants: &[&str],
    at_ms: u64,
) -> Result<Vec<(String, Count)>, LedgerError> {
    let since = cursor(at_ms.saturating_sub(HOST_DAYS * DAY_MS));
    let over = cursor(at_ms.saturating_sub(live_jury_trust::ladder::POINTS_KEPT_MS));
    let found = db.fetch_all(D::HOSTS_OF, &[list(merchants).as_str().into(), since.into(), over.into()]).await?;
    let one = |row: &D::Row| {
        let count = Count::new(row.number("hosts")? as f64, row.number("violating")? as f64);
        Ok((row.text("merchant")?, count))
    };
    found.iter().map(one).collect()
}

pub(super) async fn claimed_of<D: NightDb>(
    db: &mut D,
    merchants: &[&str],
    at_ms: u64,
) -> Result<Vec<(String, Count)>, LedgerError> {
    let since = cursor(at_ms.saturating_sub(CLAIM_DAYS * DAY_MS));
    let list = list(merchants);
    let found = db.fetch_all(D::CLAIMED_OF, &[list.as_str().into(), since.into(), cursor(at_ms).into()]).await?;
    let one = |row: &D::Row| {
        Ok((row.text("merchant")?, Count::new(row.number("sold")? as f64, row.number("claimed")? as f64)))
    };
    found.iter().map(one).collect()
}

pub(super) async fn delete_priors<D: Db>(db: &mut D, night: &Night, now_ms: u64) -> Result<Option<u64>, LedgerError> {
    if !moved(db, night, night, now_ms).await? {
        return Ok(None);
    }
    let values = [signed("day", night.day)?.into(), count(NIGHT_ROWS_MAX).into()];
    Ok(Some(db.execute(DELETE_PRIORS_OF, &values).await?))
}

pub(super) async fn file_priors<D: NightDb>(
    db: &mut D,
    from: &Night,
    to: &Night,
    rows: &[PriorRow],
    now_ms: u64,
) -> Result<bool, LedgerError> {
    if !moved(db, from, to, now_ms).await? {
        return Ok(false);
    }
    let row = |one: &PriorRow| json!([one.category, one.signal, one.typical, one.sigma]);
    let rows = serde_json::Value::Array(rows.iter().map(row).collect()).to_string();
    db.execute(D::FILE_PRIORS, &[signed("day", from.day)?.into(), rows.as_str().into()]).await?;
    Ok(true)
}

pub(super) async fn file_weights<D: ApplicationDb>(
    db: &mut D,
    night: &Night,
    estimated: &Weights,
    now_ms: u64,
) -> Result<bool, LedgerError> {
    if !moved(db, night, night, now_ms).await? {
        return Ok(false);
    }
    weights::file(db, night.day, estimated).await?;
    Ok(true)
}

pub(super) async fn file_snapshots<D: StandingDb + NightDb>(
    db: &mut D,
    (from, to): (&Night, &Night),
    merchants: &[&str],
    rows: &[Snapshot],
    now_ms: u64,
) -> Result<bool, LedgerError> {
    if !moved(db, from, to, now_ms).await? {
        return Ok(false);
    }
    // The rows of the parties are locked before their sums, in one order on all nodes.
    let mut batch = Batch::default();
    rows.iter().for_each(|row| batch.touch(&Party::merchant(row.merchant.as_str()), now_ms));
    db.execute(D::ADD_PARTIES, &[batch.parties(now_ms).as_str().into()]).await?;
    db.execute(D::RESET_SNAPSHOTS, &[MERCHANT.into(), list(merchants).as_str().into()]).await?;
    let row = |one: &Snapshot| {
        let sum = Counter::of(one.count, from.at_ms(), one.signal.signal().half_life_days);
        json!([MERCHANT, one.merchant, one.signal.to_string(), sum.n, sum.k])
    };
    let rows = serde_json::Value::Array(rows.iter().map(row).collect()).to_string();
    db.execute(D::SET_COUNTERS, &[rows.as_str().into()]).await?;
    Ok(true)
}

pub(super) async fn clean<D: Db>(
    db: &mut D,
    night: &Night,
    keep_facts_days: u64,
    now_ms: u64,
) -> Result<Option<u64>, LedgerError> {
    if !moved(db, night, night, now_ms).await? {
        return Ok(None);
    }
    let day = |days: u64| night.day.saturating_sub(days);
    for (sql, before) in [
        (DELETE_PRIORS, day(KEPT_DAYS)),
        (DELETE_PRODUCTS, day(PRODUCT_DAYS)),
        (DELETE_JOBS, day(KEPT_DAYS)),
        (DELETE_FACTS, day(keep_facts_days)),
        (DELETE_HOSTS, day(HOST_DAYS) * DAY_MS),
        (DELETE_ORDERS, day(ORDER_DAYS) * DAY_MS),
        (DELETE_BUYER_CLAIMS, day(BUYER_DAYS) * DAY_MS),
    ] {
        let deleted = db.execute(sql, &[cursor(before).into(), count(NIGHT_ROWS_MAX).into()]).await?;
        if deleted > 0 {
            return Ok(Some(deleted));
        }
    }
    Ok(Some(0))
}
