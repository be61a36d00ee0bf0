//! Steps of promises: set by their merchant, moved by points, breaches, a deposit and time.

use live_jury_protocol::trust::{PromiseChange, TrustChange};
use live_jury_trust::counter::Count;
use live_jury_trust::promise::{Conditions, Edit, PEAK_DAYS, Programme, PromiseKind, PromiseState, had_peak};
use live_jury_trust::signal::SignalId;
use live_jury_trust::{DAY_MS, Party};
use uuid::Uuid;

use super::lists::of_merchant;
use super::rows::ProgrammeRow;
use super::{PROMISES_AT_ONCE, PlaceOfPromise, SetPromises};
use crate::ledger::standing::change::Change;
use crate::ledger::standing::{By, StandingDb, StandingError};
use crate::ledger::{LedgerError, Merchants, parties};
use crate::sql::query::Db;
use crate::sql::row::{Columns, cursor, json, report_unreadable, signed, text};

/// The fewest points that suspend: those of the tier under which nothing new is listed.
const POINTS: i64 = 24;

/// `$1` merchant, `$2` kind, `$3` state, `$4` limits, `$5` now, `$6` time of the notice, `$7` end.
const PUT: &str = "INSERT INTO trust_programme (merchant, kind, version, state, limits, applied_ms, changed_ms, \
    notice_ms, ends_ms) VALUES ($1, $2, 1, $3, $4, $5, $5, $6, $7) ON CONFLICT (merchant, kind) DO UPDATE SET \
    version = trust_programme.version + 1, \
    applied_ms = CASE WHEN trust_programme.state = 'ended' THEN excluded.applied_ms \
    ELSE trust_programme.applied_ms END, \
    changed_ms = CASE WHEN trust_programme.state <> excluded.state THEN excluded.changed_ms \
    ELSE trust_programme.changed_ms END, \
    state = excluded.state, limits = excluded.limits, notice_ms = excluded.notice_ms, ends_ms = excluded.ends_ms";
const BEGIN: &str = "INSERT INTO trust_promise (merchant, kind, from_ms, until_ms, limits) VALUES ($1, $2, $3, $4, $5)";
const END: &str = "UPDATE trust_promise SET until_ms = $4 WHERE merchant = $1 AND kind = $2 AND from_ms = $3";

const POINTS_OF: &str =
    "SELECT coalesce(told_points, 0) AS points FROM trust_party WHERE kind = 'merchant' AND id = $1";
/// `$1` merchant, `$2` first day's first moment: the claims of each day.
const CLAIMS_BY_DAY: &str = "SELECT opened_ms / 86400000 AS day, count(*) AS claims FROM trust_claim \
    WHERE merchant = $1 AND opened_ms >= $2 GROUP BY 1";

/// `$1` now, `$2` the points that suspend, `$3` the time since which breaches are new, `$4` and `$5` the merchant and
/// the kind after which, `$6` limit.
const MAY_MOVE: &str = "SELECT made.merchant, made.kind FROM trust_programme AS made \
    JOIN trust_party AS shop ON shop.kind = 'merchant' AND shop.id = made.merchant \
    WHERE made.state <> 'ended' AND (made.ends_ms <= $1 \
    OR (made.state = 'active') = (coalesce(shop.told_points, 0) >= $2) \
    OR EXISTS (SELECT 1 FROM trust_claim AS claim WHERE claim.merchant = made.merchant AND claim.breached_ms >= $3)) \
    AND (made.merchant, made.kind) > ($4, $5) ORDER BY made.merchant, made.kind LIMIT $6";

pub(in crate::ledger) async fn set<D: StandingDb>(
    db: &mut D,
    new: &SetPromises,
    now_ms: u64,
) -> Result<Vec<ProgrammeRow>, StandingError> {
    let merchant = text("merchant", &new.merchant)?;
    let party = Party::merchant(merchant);
    let mut change = Change::begin(db, [&party], now_ms).await?;
    let promises = of_merchant(db, merchant).await?;
    let conditions = conditions(db, merchant, new.deposit_minor, now_ms).await?;
    for kind in PromiseKind::ALL {
        let read = promises.iter().find(|one| one.programme.kind == kind).map(|one| &one.programme);
        // The steps by time come first: a promise that has ended is applied for again.
        let mut found = None;
        if let Some(read) = read {
            let (moved, edits) = read.clone().step(&conditions, now_ms);
            put(db, &mut change, &party, Some(read), &moved, &edits, &By::server()).await?;
            found = Some(moved);
        }
        let (next, mut edits) = match (found.clone(), new.promises.get(&kind)) {
            (None, None) => continue,
            (None, Some(limits)) => (Programme::applied(kind, limits.clone()), Vec::new()),
            (Some(found), Some(limits)) => found.change(limits.clone(), now_ms)?,
            (Some(found), None) => found.give_notice(now_ms),
        };
        let (next, further) = next.step(&conditions, now_ms);
        edits.extend(further);
        put(db, &mut change, &party, found.as_ref(), &next, &edits, &new.by).await?;
    }
    change.finish(db).await?;
    of_merchant(db, merchant).await
}

/// Moves the next promises that may have to move.
pub(in crate::ledger) async fn move_due<D: StandingDb>(
    db: &mut D,
    after: &PlaceOfPromise,
    deposit_minor: Option<u64>,
    now_ms: u64,
) -> Result<Option<PlaceOfPromise>, StandingError> {
    let values = [
        cursor(now_ms).into(),
        POINTS.into(),
        cursor(now_ms.saturating_sub(DAY_MS)).into(),
        after.0.as_str().into(),
        after.1.as_str().into(),
        PROMISES_AT_ONCE.into(),
    ];
    let mut places: Vec<PlaceOfPromise> = Vec::new();
    for row in &db.fetch_all(MAY_MOVE, &values).await? {
        places.push((row.text("merchant")?, row.text("kind")?));
    }
    let Some(last) = places.last().cloned() else { return Ok(None) };
    let mut merchants: Vec<&str> = places.iter().map(|(merchant, _)| merchant.as_str()).collect();
    merchants.dedup();
    let parties: Vec<Party> = merchants.into_iter().map(Party::merchant).collect();
    let mut moved = Vec::new();
    for party in parties {
        match may_move(db, &party.id, deposit_minor, now_ms).await {
            Ok(true) => moved.push(party),
            Ok(false) => {}
            // The promises of the others move.
            Err(error) if error.is_unreadable() => report_unreadable(&error),
            Err(error) => return Err(error),
        }
    }
    let mut change = Change::begin(db, &moved, now_ms).await?;
    for party in &moved {
        // Read again behind the lock.
        let conditions = conditions(db, &party.id, deposit_minor, now_ms).await?;
        for found in of_merchant(db, &party.id).await? {
            let (next, edits) = found.programme.clone().step(&conditions, now_ms);
            put(db, &mut change, party, Some(&found.programme), &next, &edits, &By::server()).await?;
        }
    }
    change.finish(db).await?;
    Ok(Some(last))
}

/// Whether one of a merchant's promises is to move.
async fn may_move<D: StandingDb>(
    db: &mut D,
    merchant: &str,
    deposit_minor: Option<u64>,
    now_ms: u64,
) -> Result<bool, StandingError> {
    let conditions = conditions(db, merchant, deposit_minor, now_ms).await?;
    let moves = |found: &Programme| found.clone().step(&conditions, now_ms).0 != *found;
    Ok(of_merchant(db, merchant).await?.iter().any(|found| moves(&found.programme)))
}

/// Files what a promise has become, with what follows.
async fn put<D: StandingDb>(
    db: &mut D,
    change: &mut Change,
    party: &Party,
    found: Option<&Programme>,
    next: &Programme,
    edits: &[Edit],
    by: &By,
) -> Result<(), StandingError> {
    if found == Some(next) {
        return Ok(());
    }
    let (merchant, kind) = (party.id.as_str(), next.kind.as_str());
    let limits = json("limits", &next.limits)?;
    let maybe = |column, time: Option<u64>| time.map(|ms| signed(column, ms)).transpose();
    let values = [
        merchant.into(),
        kind.into(),
        next.state.as_str().into(),
        text("limits", &limits)?.into(),
        signed("changed_ms", change.now_ms)?.into(),
        maybe("notice_ms", next.notice_ms)?.into(),
        maybe("ends_ms", next.ends_ms)?.into(),
    ];
    db.execute(PUT, &values).await?;
    for edit in edits {
        match edit {
            Edit::Begin(version) => {
                let limits = json("limits", &version.limits)?;
                let values = [
                    merchant.into(),
                    kind.into(),
                    signed("from_ms", version.from_ms)?.into(),
                    maybe("until_ms", version.until_ms)?.into(),
                    limits.as_str().into(),
                ];
                db.execute(BEGIN, &values).await?;
            }
            Edit::End { from_ms, until_ms } => {
                let (from_ms, until_ms) = (signed("from_ms", *from_ms)?, signed("until_ms", *until_ms)?);
                db.execute(END, &[merchant.into(), kind.into(), from_ms.into(), until_ms.into()]).await?;
            }
        }
    }
    let was_in_force = found.is_some_and(|found| matches!(found.state, PromiseState::Active | PromiseState::Suspended));
    if next.state == PromiseState::Ended && was_in_force {
        let peak = had_peak(&claims_by_day(db, merchant, change.now_ms).await?);
        change.count(party, SignalId::P12, Count::new(1.0, f64::from(u8::from(peak))), change.now_ms);
    }
    let (from_ms, until_ms) = (next.since_ms.unwrap_or(change.now_ms), next.ends_ms);
    let told = PromiseChange {
        merchant: merchant.to_owned(),
        kind: kind.to_owned(),
        state: next.state.as_str().to_owned(),
        from_ms,
        until_ms,
    };
    change.tell(party, TrustChange::PromiseChanged(told));
    change.note(by, action(next), party, Uuid::nil(), Some(kind.to_owned()));
    Ok(())
}

const fn action(next: &Programme) -> &'static str {
    match (next.state, next.ends_ms.is_some()) {
        (PromiseState::Applied, _) => "promise_applied",
        (PromiseState::Active, false) => "promise_active",
        (PromiseState::Suspended, false) => "promise_suspended",
        (PromiseState::Active | PromiseState::Suspended, true) => "promise_notice",
        (PromiseState::Ended, _) => "promise_ended",
    }
}

/// The claims of each of the last 90 days, the newest last.
async fn claims_by_day<D: Db>(db: &mut D, merchant: &str, now_ms: u64) -> Result<Vec<u64>, StandingError> {
    let first = (now_ms / DAY_MS).saturating_sub(PEAK_DAYS as u64 - 1);
    let mut days = vec![0; PEAK_DAYS];
    for row in &db.fetch_all(CLAIMS_BY_DAY, &[merchant.into(), cursor(first * DAY_MS).into()]).await? {
        let day = usize::try_from(row.number("day")?.saturating_sub(first)).unwrap_or(PEAK_DAYS);
        if let Some(claims) = days.get_mut(day) {
            *claims = row.number("claims")?;
        }
    }
    Ok(days)
}

/// The facts about a merchant on which its promises depend.
async fn conditions<D: StandingDb>(
    db: &mut D,
    merchant: &str,
    deposit_minor: Option<u64>,
    now_ms: u64,
) -> Result<Conditions, StandingError> {
    let points = db.fetch_optional(POINTS_OF, &[merchant.into()]).await?;
    let Merchants { known, unreadable } = parties::merchants(db, &[merchant], now_ms).await?;
    if !unreadable.is_empty() {
        return Err(LedgerError::Malformed(format!("merchant {merchant}")).into());
    }
    let known = known.into_iter().next().unwrap_or_default();
    let (breaches, half_life_days) = (SignalId::P06.to_string(), SignalId::P06.signal().half_life_days);
    let count = known.counters.iter().find(|(name, _)| *name == breaches);
    let count = count.map_or_else(Count::default, |(_, sum)| sum.read(now_ms, half_life_days));
    Ok(Conditions {
        points: points.map_or(Ok(0), |row| row.small("points"))?,
        deposit: Conditions::deposit(known.attributes.deposit, deposit_minor),
        covered: count.n,
        breaches: count.k,
    })
}

#[cfg(test)]
mod tests {
    use live_jury_trust::ladder::Tier;

    use super::*;

    #[test]
    fn the_statement_looks_for_the_points_that_suspend() {
        let points = u32::try_from(POINTS).unwrap();
        assert!(Tier::of(points) == Tier::Limited && Tier::of(points - 1) < Tier::Limited);
    }
}
