//! Counts what figures are made of, in SQL over the ledger, written once for both dialects but for JSON. All of it is
//! read; nothing is typed in.

use std::collections::BTreeMap;

use live_jury_trust::DAY_MS;
use live_jury_trust::counter::Count;
use live_jury_trust::figure::{
    AppealCounts, BanCounts, ClaimCounts, Counts, Decile, InterceptedCounts, JuryCounts, MeasureGroup, NewcomerCounts,
    Participants, PolicyReports, RefusalCounts, ReportingCounts, RuleCounts, SurveyCounts,
};

use super::{EditionDb, sketch};
use crate::ledger::LedgerError;
use crate::ledger::daily::{AFTER_SALES, AFTER_SALES_ASKED, REPORTING, REPORTS_OF_POLICY, SESSIONS};
use crate::sql::query::{Db, Value};
use crate::sql::row::{Columns, signed};

/// The rule that compares applicants with those who were banned.
const IDENTITY: &str = "identity";

// Statements take `$1` the first time and `$2` the time before which, or `$1` the first day and `$2` the last one.

const LISTINGS: &str = "SELECT (SELECT count(*) FROM trust_listing WHERE at_ms >= $1 AND at_ms < $2) AS screened, \
    count(*) AS listings, COALESCE(sum(CASE WHEN decision = 'confirmed' THEN 1 ELSE 0 END), 0) AS confirmed, \
    COALESCE(sum(CASE WHEN decision = 'overturned' THEN 1 ELSE 0 END), 0) AS overturned, \
    CAST(COALESCE(sum(before_sale), 0) AS BIGINT) AS before_sale \
    FROM trust_listing WHERE stopped_ms >= $1 AND stopped_ms < $2";

const BANS: &str = "SELECT count(*) AS measures, \
    COALESCE(sum(CASE WHEN measure = 'ban' AND act IS NULL THEN 1 ELSE 0 END), 0) AS bans, \
    count(DISTINCT CASE WHEN measure = 'ban' AND act IS NULL THEN kind || ' ' || party END) AS parties, \
    COALESCE(sum(CASE WHEN reason = 'overturned' THEN 1 ELSE 0 END), 0) AS overturned, \
    COALESCE(sum(CASE WHEN act = 'refuse' THEN 1 ELSE 0 END), 0) AS refused, \
    COALESCE(sum(CASE WHEN act = 'refuse' AND reason = 'overturned' THEN 1 ELSE 0 END), 0) AS let_in \
    FROM trust_measure WHERE from_ms >= $1 AND from_ms < $2";

/// A person who released a hold took it back, and one who refused confirmed it. A hold that ended by its time is
/// neither.
const APPLICATIONS: &str = "SELECT count(*) AS applications, \
    COALESCE(sum(CASE WHEN outcome <> 'pass' THEN 1 ELSE 0 END), 0) AS hits, \
    COALESCE(sum(CASE WHEN outcome <> 'pass' AND state = 'refused' THEN 1 ELSE 0 END), 0) AS confirmed, \
    COALESCE(sum(CASE WHEN state = 'passed' AND (outcome = 'refuse' OR (outcome = 'hold' AND decided_by IS NOT NULL \
    AND measure IS NULL)) THEN 1 ELSE 0 END), 0) AS overturned \
    FROM trust_application WHERE again = 0 AND at_ms >= $1 AND at_ms < $2";

/// A row counts 10,000,000,000,000 at most, more than all people do in a day. So the sums of 50,000 days fit.
const DAILY: &str = "SELECT name, \
    CAST(sum(CASE WHEN n < 10000000000000 THEN n ELSE 10000000000000 END) AS BIGINT) AS n, \
    CAST(sum(CASE WHEN k < 10000000000000 THEN k ELSE 10000000000000 END) AS BIGINT) AS k FROM trust_daily \
    WHERE day >= $1 AND day <= $2 GROUP BY name ORDER BY name";

/// Sums that the platform made itself.
const TALLIES: &str = "SELECT signal, sum(n) AS n, sum(k) AS k FROM trust_tally \
    WHERE signal IN ('p01', 'p09', 'completed') AND day >= $1 AND day <= $2 GROUP BY signal";

const BADGE: &str = "SELECT arm, sum(n) AS n, sum(k) AS k FROM trust_badge WHERE day >= $1 AND day <= $2 GROUP BY arm";

const SKETCHES: &str = "SELECT day, registers FROM trust_sketch WHERE day >= $1 AND day <= $2 ORDER BY day";

/// Covered orders, of the days on which a promise was in force or an order was covered.
const COVERED: &str = "SELECT CAST(COALESCE(sum(covered), 0) AS BIGINT) AS covered, \
    (SELECT count(*) FROM trust_promise) AS promises FROM trust_cover WHERE day >= $1 AND day <= $2";

const CLAIMS: &str = "SELECT (SELECT count(*) FROM trust_claim WHERE opened_ms >= $1 AND opened_ms < $2) AS claims, \
    (SELECT count(*) FROM trust_claim WHERE escalated_ms >= $1 AND escalated_ms < $2) AS escalated, \
    (SELECT count(*) FROM trust_order WHERE covered = 1 AND completed_ms >= $1 AND completed_ms < $2) AS completed";

const TENTHS: &str = "SELECT min(points) AS low, avg(signals) AS exposure FROM (SELECT points, signals, \
    ntile(10) OVER (ORDER BY points, merchant) AS tenth FROM trust_exposure AS one WHERE day >= $1 AND day = \
    (SELECT max(day) FROM trust_exposure WHERE merchant = one.merchant AND day <= $2)) AS shops \
    GROUP BY tenth ORDER BY tenth";

const NEWCOMERS: &str = "SELECT count(*) AS shops, \
    COALESCE(sum(CASE WHEN completed < 50 THEN 1 ELSE 0 END), 0) AS newcomers \
    FROM trust_party WHERE kind = 'merchant' AND since_ms < $1";

/// `$1` first day, `$2` first time, `$3` time before which. The sum of the places of shops with an upheld claim, by the
/// index at the end of the period before; shops with the same index share a place.
const WARNED: &str = "SELECT count(*) AS shops, COALESCE(sum(bad), 0) AS bad, \
    CAST(COALESCE(sum(CASE WHEN bad = 1 THEN place ELSE 0 END), 0) AS DOUBLE PRECISION) AS places \
    FROM (SELECT bad, rank() OVER (ORDER BY points) + (count(*) OVER (PARTITION BY points) - 1) / 2.0 AS place \
    FROM (SELECT points, CASE WHEN EXISTS (SELECT 1 FROM trust_claim WHERE trust_claim.merchant = one.merchant \
    AND escalated_ms IS NOT NULL AND granted_ms >= $2 AND granted_ms < $3) THEN 1 ELSE 0 END AS bad \
    FROM trust_exposure AS one WHERE day = (SELECT max(day) FROM trust_exposure \
    WHERE merchant = one.merchant AND day < $1)) AS shops) AS ranked";

const APPEALS: &str = "SELECT count(*) AS filed, \
    COALESCE(sum(CASE WHEN state = 'overturned' THEN 1 ELSE 0 END), 0) AS overturned, \
    COALESCE(sum(CASE WHEN state = 'confirmed' THEN 1 ELSE 0 END), 0) AS confirmed \
    FROM trust_appeal WHERE filed_at_ms >= $1 AND filed_at_ms < $2";

const APPEAL_MS: &str = super::median!(
    "ms",
    "SELECT decided_at_ms - filed_at_ms AS ms FROM trust_appeal \
     WHERE filed_at_ms >= $1 AND filed_at_ms < $2 AND state IN ('overturned', 'confirmed')"
);

/// The hits of each check, and of each rule of the platform. A rule in shadow stops nothing.
const RULES: &str = "SELECT name, count(*) AS hits, \
    COALESCE(sum(CASE WHEN decision = 'confirmed' THEN 1 ELSE 0 END), 0) AS confirmed, \
    COALESCE(sum(CASE WHEN decision = 'overturned' THEN 1 ELSE 0 END), 0) AS overturned \
    FROM (SELECT DISTINCT CASE WHEN list = 'rules' THEN 'rule-' || entry ELSE check_of END AS name, \
    trust_hit.screening, decision FROM trust_hit JOIN trust_listing ON trust_listing.screening = trust_hit.screening \
    WHERE shadow = 0 AND at_ms >= $1 AND at_ms < $2) AS hits GROUP BY name ORDER BY name";

/// Counts a period.
pub(in crate::ledger) async fn counts<D: EditionDb>(db: &mut D, from: u64, to: u64) -> Result<Counts, LedgerError> {
    let days: [Value<'_>; 2] = [signed("day", from)?.into(), signed("day", to)?.into()];
    let until: Value<'_> = signed("at_ms", (to + 1) * DAY_MS)?.into();
    let times: [Value<'_>; 2] = [signed("at_ms", from * DAY_MS)?.into(), until];
    let mut counts = Counts { participants: participants(db, &days).await?, ..Counts::default() };
    goods_and_sellers(db, &times, &mut counts).await?;
    let tallies = named(db, TALLIES, "signal", &days).await?;
    viewers(db, &days, tallies.get("p09").copied(), &mut counts).await?;
    orders(db, &days, &times, &tallies, &mut counts).await?;
    for row in &db.fetch_all(TENTHS, &days).await? {
        counts.deciles.push(Decile { low: row.real("low")?, exposure: row.real("exposure")? });
    }
    if let Some(row) = db.fetch_optional(NEWCOMERS, &[until]).await? {
        counts.newcomers = NewcomerCounts { shops: row.number("shops")?, newcomers: row.number("newcomers")? };
    }
    if let Some(row) = db.fetch_optional(WARNED, &[days[0], times[0], until]).await? {
        counts.auc = auc(row.number("shops")?, row.number("bad")?, row.real("places")?);
    }
    court(db, &times, &mut counts).await?;
    for row in &db.fetch_all(RULES, &times).await? {
        counts.rules.push(rule(row.text("name")?, row)?);
    }
    for row in &db.fetch_all(D::MEASURES, &times).await? {
        counts.measures.push(MeasureGroup {
            category: row.text("category")?,
            measure: row.text("name")?,
            automated: row.text("automated")?,
            measures: row.number("measures")?,
            overturned: row.number("overturned")?,
        });
    }
    Ok(counts)
}

async fn participants<D: Db>(db: &mut D, days: &[Value<'_>]) -> Result<Vec<Participants>, LedgerError> {
    let found = db.fetch_all(SKETCHES, days).await?;
    let day = |row: &D::Row| {
        let viewers = sketch::parse(row)?.estimate().round() as u64;
        Ok(Participants { day: row.number("day")?, viewers })
    };
    found.iter().map(day).collect()
}

async fn goods_and_sellers<D: Db>(db: &mut D, times: &[Value<'_>], counts: &mut Counts) -> Result<(), LedgerError> {
    if let Some(row) = db.fetch_optional(LISTINGS, times).await? {
        let found = InterceptedCounts {
            listings: row.number("listings")?,
            confirmed: row.number("confirmed")?,
            overturned: row.number("overturned")?,
            before_sale: row.number("before_sale")?,
        };
        let is_known = row.number("screened")? > 0 || found.listings > 0;
        counts.intercepted = Some(found).filter(|_| is_known);
    }
    let (mut refused, mut applications) = (RefusalCounts::default(), 0);
    if let Some(row) = db.fetch_optional(BANS, times).await? {
        counts.bans = BanCounts {
            bans: row.number("bans")?,
            parties: row.number("parties")?,
            measures: row.number("measures")?,
            overturned: row.number("overturned")?,
        };
        refused = RefusalCounts { refused: row.number("refused")?, overturned: row.number("let_in")? };
    }
    if let Some(row) = db.fetch_optional(APPLICATIONS, times).await? {
        applications = row.number("applications")?;
        if applications > 0 {
            counts.rules.push(rule(IDENTITY.to_owned(), &row)?);
        }
    }
    counts.refusals = Some(refused.clone()).filter(|_| applications > 0 || refused.refused > 0);
    Ok(())
}

async fn viewers<D: Db>(
    db: &mut D,
    days: &[Value<'_>],
    tallied: Option<Count>,
    counts: &mut Counts,
) -> Result<(), LedgerError> {
    let mut daily: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for row in &db.fetch_all(DAILY, days).await? {
        daily.insert(row.text("name")?, (row.number("n")?, row.number("k")?));
    }
    let of = |name: &str| daily.get(name).copied().unwrap_or_default();
    counts.reporting = ReportingCounts { reporters: of(REPORTING).0, sessions: of(SESSIONS).0 };
    let ((answered, yes), tallied) = (of(AFTER_SALES), tallied.unwrap_or_default());
    // The number of those asked is known only if each answer is an event.
    let asked = daily.get(AFTER_SALES_ASKED).filter(|_| tallied.n == 0.0).map(|(asked, _)| *asked as f64);
    counts.after_sales = SurveyCounts { asked, answered: answered as f64 + tallied.n, yes: yes as f64 + tallied.k };
    let of_policy = |(name, (reports, _)): (&String, &(u64, u64))| {
        let policy = name.strip_prefix(REPORTS_OF_POLICY)?.to_owned();
        Some(PolicyReports { policy, reports: *reports })
    };
    counts.reports = daily.iter().filter_map(of_policy).collect();
    Ok(())
}

async fn orders<D: Db>(
    db: &mut D,
    days: &[Value<'_>],
    times: &[Value<'_>],
    tallies: &BTreeMap<String, Count>,
    counts: &mut Counts,
) -> Result<(), LedgerError> {
    let badge = named(db, BADGE, "arm", days).await?;
    let arm = |name: &str| badge.get(name).copied().unwrap_or_default();
    (counts.with_badge, counts.without_badge) = (arm("with"), arm("without"));
    let covered_of = |name: &str| tallies.get(name).map(|count| count.k.round() as u64);
    let (placed, completed) = (covered_of("p01"), covered_of("completed").filter(|covered| *covered > 0));
    let Some(row) = db.fetch_optional(COVERED, days).await? else { return Ok(()) };
    let is_known = row.number("promises")? > 0 || placed.is_some();
    let covered = row.number("covered")? + placed.unwrap_or_default();
    counts.covered_orders = Some(covered).filter(|_| is_known);
    let Some(found) = db.fetch_optional(CLAIMS, times).await? else { return Ok(()) };
    let claims = ClaimCounts {
        claims: found.number("claims")?,
        escalated: found.number("escalated")?,
        covered_completed: found.number("completed")? + completed.unwrap_or_default(),
    };
    counts.claims = Some(claims).filter(|_| row.number("promises").is_ok_and(|promises| promises > 0));
    Ok(())
}

async fn court<D: EditionDb>(db: &mut D, times: &[Value<'_>], counts: &mut Counts) -> Result<(), LedgerError> {
    let mut jury = JuryCounts::default();
    for row in &db.fetch_all(D::JURY_CASES, times).await? {
        let cases = row.number("cases")?;
        jury.cases += cases;
        match row.text("outcome")?.as_str() {
            "decided" => jury.decided = cases,
            "hung" => jury.hung = cases,
            _ => {}
        }
    }
    jury.median_ballots = median(db, D::JURY_BALLOTS, times).await?;
    jury.median_ms = median(db, D::JURY_MS, times).await?;
    counts.jury = jury;
    if let Some(row) = db.fetch_optional(APPEALS, times).await? {
        counts.appeals = AppealCounts {
            filed: row.number("filed")?,
            overturned: row.number("overturned")?,
            confirmed: row.number("confirmed")?,
            median_ms: median(db, APPEAL_MS, times).await?,
        };
    }
    Ok(())
}

async fn median<D: Db>(db: &mut D, sql: &'static str, times: &[Value<'_>]) -> Result<Option<f64>, LedgerError> {
    let found = db.fetch_optional(sql, times).await?;
    Ok(found.map_or(Ok(None), |row| row.maybe_real("median"))?)
}

/// Counts by the name in a column.
async fn named<D: Db>(
    db: &mut D,
    sql: &'static str,
    column: &'static str,
    days: &[Value<'_>],
) -> Result<BTreeMap<String, Count>, LedgerError> {
    let found = db.fetch_all(sql, days).await?;
    found.iter().map(|row| Ok((row.text(column)?, Count::new(row.real("n")?, row.real("k")?)))).collect()
}

fn rule(name: String, row: &impl Columns) -> Result<RuleCounts, LedgerError> {
    let (confirmed, overturned) = (row.number("confirmed")?, row.number("overturned")?);
    Ok(RuleCounts { name, hits: row.number("hits")?, confirmed, overturned })
}

/// The area under the curve by the sum of the places of bad shops (Mann and Whitney); none without shops of both kinds.
fn auc(shops: u64, bad: u64, places: f64) -> Option<f64> {
    let (bad, good) = (bad as f64, shops.saturating_sub(bad) as f64);
    (bad > 0.0 && good > 0.0).then(|| (bad * good + bad * (bad + 1.0) / 2.0 - places) / (bad * good))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shops_that_turn_out_bad_have_the_lowest_places() {
        assert_eq!(auc(5, 2, 1.0 + 2.0), Some(1.0));
        assert_eq!(auc(5, 2, 4.0 + 5.0), Some(0.0));
        assert_eq!(auc(4, 2, 2.5 + 2.5), Some(0.5), "all have the same index");
        assert_eq!((auc(5, 0, 0.0), auc(5, 5, 15.0), auc(0, 0, 0.0)), (None, None, None));
    }
}
