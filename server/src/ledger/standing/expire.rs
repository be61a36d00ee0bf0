//! Ends violations whose points are over, and tells the standing that is left. Their measures stay as they are.

use live_jury_trust::Party;
use live_jury_trust::ladder::POINTS_KEPT_MS;

use super::change::Change;
use super::lists::{measures_of, violations_of};
use super::settle::settle;
use super::{By, StandingDb, StandingError, rows};
use crate::sql::row::{Columns, cursor, report_unreadable, signed};

/// Limits the parties of one transaction: on SQLite ballots wait for its one writer. The next call takes further ones.
const EXPIRED_AT_ONCE: u32 = 100;

/// `$1` the time of decisions whose points are over, `$2` limit. All nodes lock the parties in this order.
const DUE: &str = "SELECT DISTINCT kind, party FROM trust_violation WHERE expired_ms IS NULL \
    AND state IN ('active', 'appealed') AND decided_at_ms <= $1 ORDER BY kind, party LIMIT $2";

/// `$1` kind, `$2` party, `$3` the time of decisions whose points are over, `$4` now. An appeal that is still open then
/// changes the state at its end, and the points have ended before.
const EXPIRE: &str = "UPDATE trust_violation SET expired_ms = $4, version = version + 1 WHERE kind = $1 AND party = $2 \
    AND expired_ms IS NULL AND state IN ('active', 'appealed') AND decided_at_ms <= $3 RETURNING id";

/// Ends what is due, and returns the number of parties whose rows can be read. Behind the lock on the parties, a second
/// node finds nothing.
pub(in crate::ledger) async fn expire<D: StandingDb>(db: &mut D, now_ms: u64) -> Result<u64, StandingError> {
    let decided = cursor(now_ms.saturating_sub(POINTS_KEPT_MS));
    let found = db.fetch_all(DUE, &[decided.into(), i64::from(EXPIRED_AT_ONCE).into()]).await?;
    let parties = found.iter().map(rows::party).collect::<Result<Vec<_>, _>>()?;
    if parties.is_empty() {
        return Ok(0);
    }
    let mut change = Change::begin(db, &parties, now_ms).await?;
    let mut moved = 0;
    for party in &parties {
        // The points of the others end.
        match readable(db, party).await {
            Ok(()) => moved += 1,
            Err(error) if error.is_unreadable() => {
                report_unreadable(&error);
                continue;
            }
            Err(error) => return Err(error),
        }
        let values = [
            party.kind.as_str().into(),
            party.id.as_str().into(),
            decided.into(),
            signed("expired_ms", now_ms)?.into(),
        ];
        let expired = db.fetch_all(EXPIRE, &values).await?;
        for row in &expired {
            change.note(&By::server(), "violation_expired", party, row.uuid("id")?, None);
        }
        if !expired.is_empty() {
            settle(db, &mut change, party, &By::server()).await?;
        }
    }
    change.finish(db).await?;
    Ok(moved)
}

/// Checks that all rows can be read of which the points of a party are made.
async fn readable<D: StandingDb>(db: &mut D, party: &Party) -> Result<(), StandingError> {
    violations_of(db, party).await?;
    measures_of(db, party).await?;
    Ok(())
}
