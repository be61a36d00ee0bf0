//! Steps of claims by time. Any node takes them: behind the lock on the merchant a second node finds nothing.

use std::collections::{BTreeMap, BTreeSet};

use live_jury_trust::Party;
use live_jury_trust::claim::{ClaimState, Hour, due_told_ms};

use super::CLAIMS_AT_ONCE;
use super::lists::{list, read};
use super::rows::select_claims;
use super::steps::{Taken, take};
use crate::ledger::standing::change::Change;
use crate::ledger::standing::{By, StandingDb, StandingError};
use crate::sql::query::Db;
use crate::sql::row::{Columns, cursor, signed};

/// Why a moderator decides on a claim whose draft nobody opened.
const NOT_OPENED: &str = "not_opened";

/// `$1` now, `$2` limit. What is in review moves by no time.
const DUE: &str = select_claims!(
    "WHERE due_ms <= $1 AND state IN ('open', 'refused', 'escalated', 'granted') ORDER BY due_ms, id LIMIT $2"
);
/// `$1` limit: the claims whose event some target may lack.
const UNTOLD: &str = select_claims!("WHERE told_seq IS NOT NULL ORDER BY told_seq LIMIT $1");
const TOLD: &str = "UPDATE trust_claim SET told_seq = NULL, due_ms = $2 WHERE id = $1 AND told_seq IS NOT NULL";
const TARGETS: &str = "SELECT name, cursor FROM webhook_targets WHERE stopped_at_ms IS NULL";
/// `$1` the first place, `$2` the last one.
const WAITING: &str = "SELECT name, seq FROM webhook_waiting WHERE seq >= $1 AND seq <= $2 AND failed_at_ms IS NULL";

/// Whether the time of a claim has come.
pub(in crate::ledger) async fn is_due<D: Db>(db: &mut D, now_ms: u64) -> Result<bool, StandingError> {
    Ok(!list(db, DUE, &[cursor(now_ms).into(), 1_i64.into()]).await?.is_empty())
}

/// Whether a claim waits for the delivery of its event.
pub(in crate::ledger) async fn is_untold<D: Db>(db: &mut D) -> Result<bool, StandingError> {
    Ok(!list(db, UNTOLD, &[1_i64.into()]).await?.is_empty())
}

/// Moves claims whose time has come. Returns the number of those that were looked at.
pub(in crate::ledger) async fn move_due<D: StandingDb>(
    db: &mut D,
    hour: Hour,
    now_ms: u64,
) -> Result<u64, StandingError> {
    let due = list(db, DUE, &[cursor(now_ms).into(), CLAIMS_AT_ONCE.into()]).await?;
    let parties: Vec<Party> = due.iter().map(|claim| Party::merchant(claim.merchant.as_str())).collect();
    let mut change = Change::begin(db, &parties, now_ms).await?;
    let server = By::server();
    for found in &due {
        // Read again behind the lock.
        let found = read(db, found.id).await?;
        if found.due_ms.is_none_or(|due_ms| due_ms > now_ms) {
            continue;
        }
        let Some(step) = found.state.by_time() else { continue };
        let reason = (found.state == ClaimState::Escalated).then_some(NOT_OPENED);
        take(db, &mut change, &found, &Taken { reason, ..Taken::plain(step, &server, hour, now_ms) }).await?;
    }
    change.finish(db).await?;
    Ok(due.len() as u64)
}

/// Begins the time for an answer to claims whose first event these targets have by now. A target that has stopped, or
/// that gave the event up, is waited for no longer.
pub(in crate::ledger) async fn begin_time<D: Db>(
    db: &mut D,
    targets: &[String],
    hour: Hour,
    now_ms: u64,
) -> Result<u64, StandingError> {
    let untold = list(db, UNTOLD, &[CLAIMS_AT_ONCE.into()]).await?;
    let places = untold.iter().filter_map(|claim| claim.told_seq);
    let Some((first, last)) = places.clone().min().zip(places.max()) else { return Ok(0) };
    let mut cursors = BTreeMap::new();
    for row in &db.fetch_all(TARGETS, &[]).await? {
        cursors.insert(row.text("name")?, row.number("cursor")?);
    }
    let mut waiting = BTreeSet::new();
    for row in &db.fetch_all(WAITING, &[cursor(first).into(), cursor(last).into()]).await? {
        waiting.insert((row.text("name")?, row.number("seq")?));
    }
    let has = |name: &String, seq: u64| {
        cursors.get(name).is_none_or(|cursor| seq <= *cursor) && !waiting.contains(&(name.clone(), seq))
    };
    let mut begun = 0;
    for claim in &untold {
        if claim.told_seq.is_some_and(|seq| targets.iter().all(|name| has(name, seq))) {
            let due_ms = due_told_ms(claim.opened_ms, now_ms, hour);
            begun += db.execute(TOLD, &[claim.id.into(), signed("due_ms", due_ms)?.into()]).await?;
        }
    }
    Ok(begun)
}
