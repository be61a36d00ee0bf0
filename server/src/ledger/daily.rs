//! Plain counts of each day, which the public report adds up. No half-life weakens them, and none names anybody.

use std::collections::BTreeMap;

use live_jury_trust::fact::Badge;

use super::LedgerError;
use crate::sql::query::Db;
use crate::sql::row::signed;

/// Sessions of viewers of ten seconds or more, in rooms that showed a product.
pub(super) const SESSIONS: &str = "sessions";
/// Pairs of a viewer and a session with a report.
pub(super) const REPORTING: &str = "reporting";
/// Surveys about after-sales service: those answered, and those with a yes.
pub(super) const AFTER_SALES: &str = "after_sales";
/// Surveys about after-sales service that were sent.
pub(super) const AFTER_SALES_ASKED: &str = "after_sales_asked";
/// The beginning of the names of reports by policy.
pub(super) const REPORTS_OF_POLICY: &str = "reports:";

/// The rows of a name and a day. Two requests at once meet in one with this small chance, and then one waits.
const SHARDS: u64 = 16;

/// `$1` day, `$2` name, `$3` shard, `$4` n, `$5` k. A count that would not fit its column stays, so that no request
/// with it is refused for ever.
const ADD: &str = "INSERT INTO trust_daily (day, name, shard, n, k) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (day, name, shard) DO UPDATE SET \
    n = CASE WHEN trust_daily.n > 9223372036854775807 - excluded.n THEN trust_daily.n \
    ELSE trust_daily.n + excluded.n END, \
    k = CASE WHEN trust_daily.k > 9223372036854775807 - excluded.k THEN trust_daily.k \
    ELSE trust_daily.k + excluded.k END";

/// `$1` day, `$2` arm, `$3` n, `$4` k.
const SET_BADGE: &str = "INSERT INTO trust_badge (day, arm, n, k) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (day, arm) DO UPDATE SET n = excluded.n, k = excluded.k";

/// Counts by day and name, in the order of the rows' keys, so that two nodes lock alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Daily(BTreeMap<(u64, String), (u64, u64)>);

impl Daily {
    /// Adds to a count.
    pub fn count(&mut self, day: u64, name: &str, n: u64, k: u64) {
        let count = self.0.entry((day, name.to_owned())).or_default();
        *count = (count.0.saturating_add(n), count.1.saturating_add(k));
    }
}

/// Adds counts. They are the last rows that a transaction locks, but for events.
pub(super) async fn add<D: Db>(db: &mut D, daily: &Daily, now_ms: u64) -> Result<(), LedgerError> {
    let shard = signed("shard", now_ms % SHARDS)?;
    for ((day, name), (n, k)) in &daily.0 {
        let (day, n, k) = (signed("day", *day)?, signed("n", *n)?, signed("k", *k)?);
        db.execute(ADD, &[day.into(), name.as_str().into(), shard.into(), n.into(), k.into()]).await?;
    }
    Ok(())
}

/// Sets the sums of a random badge, of each day and arm the last.
pub(super) async fn set_badges<'b, D: Db>(
    db: &mut D,
    badges: impl Iterator<Item = &'b Badge>,
) -> Result<(), LedgerError> {
    let arm = |badge: &Badge| if badge.is_shown { "with" } else { "without" };
    let last: BTreeMap<(u64, &str), &Badge> = badges.map(|badge| ((badge.day, arm(badge)), badge)).collect();
    for ((day, arm), badge) in last {
        let values = [signed("day", day)?.into(), arm.into(), badge.count.n.into(), badge.count.k.into()];
        db.execute(SET_BADGE, &values).await?;
    }
    Ok(())
}
