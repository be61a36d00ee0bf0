//! Steps of claims by time. Any node takes them: behind the lock on the merchant a second node finds nothing.

use std::collections::{BTreeMap, BTreeSet};

use live_jury_trust::Party;
use live_jury_trust::claim::{ClaimState, Hour, due_told_ms};

use super::CLAIMS_AT_ONCE;
use super::lists::{list, read};
use super::rows::{ClaimRow, select_claims};
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
/// `$1` limit, `$2` the place after which: the claims whose event some target may lack.
const UNTOLD: &str = select_claims!("WHERE told_seq > $2 ORDER BY told_seq LIMIT $1");
const TOLD: &str = "UPDATE trust_claim SET told_seq = NULL, due_ms = $2 WHERE id = $1 AND told_seq IS NOT NULL";
const TARGETS: &str = "SELECT name, cursor FROM webhook_targets WHERE stopped_at_ms IS NULL";
/// `$1` the first place, `$2` the last one. A message that was given up is not delivered, either: nobody was told, and
/// silence must not grant before the latest time.
const WAITING: &str = "SELECT name, seq FROM webhook_waiting WHERE seq >= $1 AND seq <= $2";

/// Whether the time of a claim has come.
pub(in crate::ledger) async fn is_due<D: Db>(db: &mut D, now_ms: u64) -> Result<bool, StandingError> {
    Ok(!list(db, DUE, &[cursor(now_ms).into(), 1_i64.into()]).await?.is_empty())
}

/// Whether a claim waits for the delivery of its event.
pub(in crate::ledger) async fn is_untold<D: Db>(db: &mut D) -> Result<bool, StandingError> {
    Ok(!list(db, UNTOLD, &[1_i64.into(), 0_i64.into()]).await?.is_empty())
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

/// Begins the time for an answer to claims whose first event these targets have by now. A target that has stopped is
/// waited for no longer; for one to which the event was given up, the time begins at its latest.
pub(in crate::ledger) async fn begin_time<D: Db>(
    db: &mut D,
    targets: &[String],
    hour: Hour,
    now_ms: u64,
) -> Result<u64, StandingError> {
    let mut cursors = BTreeMap::new();
    for row in &db.fetch_all(TARGETS, &[]).await? {
        cursors.insert(row.text("name")?, row.number("cursor")?);
    }
    // Claims of a shop whose messages wait for days stand before those of others, and hold up none.
    let (mut begun, mut after) = (0, 0);
    loop {
        let untold = list(db, UNTOLD, &[CLAIMS_AT_ONCE.into(), cursor(after).into()]).await?;
        let places = untold.iter().filter_map(|claim| claim.told_seq);
        let Some((first, last)) = places.clone().min().zip(places.max()) else { return Ok(begun) };
        begun += begin_page(db, &untold, (first, last), targets, &cursors, hour, now_ms).await?;
        after = last;
    }
}

/// Begins the time for an answer to these claims, whose events have the places from first to last.
async fn begin_page<D: Db>(
    db: &mut D,
    untold: &[ClaimRow],
    (first, last): (u64, u64),
    targets: &[String],
    cursors: &BTreeMap<String, u64>,
    hour: Hour,
    now_ms: u64,
) -> Result<u64, StandingError> {
    let mut waiting = BTreeSet::new();
    for row in &db.fetch_all(WAITING, &[cursor(first).into(), cursor(last).into()]).await? {
        waiting.insert((row.text("name")?, row.number("seq")?));
    }
    let has = |name: &String, seq: u64| {
        cursors.get(name).is_none_or(|cursor| seq <= *cursor) && !waiting.contains(&(name.clone(), seq))
    };
    let mut begun = 0;
    for claim in untold {
        if claim.told_seq.is_some_and(|seq| targets.iter().all(|name| has(name, seq))) {
            let due_ms = due_told_ms(claim.opened_ms, now_ms, hour);
            begun += db.execute(TOLD, &[claim.id.into(), signed("due_ms", due_ms)?.into()]).await?;
        }
    }
    Ok(begun)
}
