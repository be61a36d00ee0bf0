//! Bans: people decide on each, and people lift them.

use live_jury_trust::Party;
use live_jury_trust::exposure::Gate;
use live_jury_trust::ladder::{self, ACCOUNT_NOTICE_MS, BAN_POINTS_MIN, Standing};
use live_jury_trust::statement::Decider;
use uuid::Uuid;

use super::change::Change;
use super::lists::{measures_of, violations_of};
use super::settle::{Reasons, lift, settle, take};
use super::{Ban, By, MeasureRow, StandingDb, StandingError, ViolationRow};
use crate::ledger::identities::tokens;
use crate::sql::outbox::uuid_at;
use crate::sql::query::Db;
use crate::sql::row::{Columns, json, text};

/// `$1` measure, `$2` the ids of the violations for which it was taken.
const NAME: &str = "UPDATE trust_measure SET named = $2 WHERE id = $1";
const NAMED: &str = "SELECT named FROM trust_measure WHERE id = $1";

/// The reason of a ban that a moderator lifted.
const UNBANNED: &str = "unbanned";

pub(in crate::ledger) async fn ban<D: StandingDb>(
    db: &mut D,
    ban: &Ban,
    now_ms: u64,
) -> Result<MeasureRow, StandingError> {
    let mut change = Change::begin(db, [&ban.party], now_ms).await?;
    let measures = measures_of(db, &ban.party).await?;
    // A repeat bans nobody twice.
    if let Some(first) = measures.iter().find(|one| is_ban(one)) {
        return Ok(first.clone());
    }
    let rows = violations_of(db, &ban.party).await?;
    let violations: Vec<ladder::Violation> = rows.iter().map(ViolationRow::on_ladder).collect();
    let standing = Standing::of(&violations, now_ms);
    if standing.points < BAN_POINTS_MIN {
        return Err(StandingError::BelowBan(standing.points));
    }
    let mut named = Vec::new();
    for id in &ban.violations {
        let row = rows.iter().find(|row| row.id == *id).ok_or(StandingError::NotFound)?;
        if !row.state.counts() {
            return Err(StandingError::NotActive);
        }
        named.push(row);
    }
    // The gravest one gives the reasons.
    let grave = named.iter().max_by_key(|row| (row.policy.bans_at_once(), row.policy.points));
    let grave = grave.ok_or(StandingError::NotFound)?;
    let at_once = grave.policy.bans_at_once();
    let measure = MeasureRow {
        id: uuid_at(now_ms),
        party: ban.party.clone(),
        kind: Gate::Ban,
        entry: None,
        violation: None,
        points: standing.points,
        from_ms: now_ms,
        until_ms: None,
        account_ends_ms: Some(if at_once { now_ms } else { now_ms.saturating_add(ACCOUNT_NOTICE_MS) }),
        lifted_at_ms: None,
        reason: None,
        words: Some(text("words", &ban.words)?.to_owned()),
        by: Some(text("decided_by", &ban.by)?.to_owned()),
        appeal: None,
    };
    let by = By::moderator(&ban.by);
    let facts = named.iter().map(|row| row.facts.as_str()).collect::<Vec<_>>().join(" ");
    let reasons = Reasons { facts: &facts, ..Reasons::of(grave) };
    take(db, &mut change, &measure, &reasons, Decider::People, &by).await?;
    let named = json("named", &named.iter().map(|row| row.id).collect::<Vec<_>>())?;
    db.execute(NAME, &[measure.id.into(), named.as_str().into()]).await?;
    tokens::keep_while_banned(db, &ban.party, now_ms).await?;
    change.finish(db).await?;
    Ok(measure)
}

pub(in crate::ledger) async fn unban<D: StandingDb>(
    db: &mut D,
    party: &Party,
    by: &str,
    words: &str,
    now_ms: u64,
) -> Result<MeasureRow, StandingError> {
    let mut change = Change::begin(db, [party], now_ms).await?;
    let measures = measures_of(db, party).await?;
    let ban = measures.iter().find(|one| is_ban(one)).ok_or(StandingError::NotActive)?;
    let by = By::moderator(by);
    lift(db, &mut change, ban, &by, UNBANNED).await?;
    change.note(&by, UNBANNED, party, ban.id, Some(text("words", words)?.to_owned()));
    settle(db, &mut change, party, &by).await?;
    change.finish(db).await?;
    Ok(MeasureRow { lifted_at_ms: Some(now_ms), reason: Some(UNBANNED.to_owned()), ..ban.clone() })
}

/// The violations that led to a measure: the one that started it, or those for which a moderator banned. Of a ban by an
/// earlier program they are all that had been decided by then.
pub(in crate::ledger) async fn led_to<D: Db>(
    db: &mut D,
    measure: &MeasureRow,
) -> Result<Vec<ViolationRow>, StandingError> {
    let row = db.fetch_optional(NAMED, &[measure.id.into()]).await?;
    let named: Option<Vec<Uuid>> = row.map(|row| row.maybe_json("named")).transpose()?.flatten();
    let is_named = |row: &ViolationRow| match (&named, measure.violation) {
        (Some(named), _) => named.contains(&row.id),
        (None, Some(violation)) => row.id == violation,
        (None, None) => measure.entry.is_none() && row.decided_at_ms <= measure.from_ms,
    };
    Ok(violations_of(db, &measure.party).await?.into_iter().filter(is_named).collect())
}

fn is_ban(measure: &MeasureRow) -> bool {
    measure.kind == Gate::Ban && measure.lifted_at_ms.is_none()
}
