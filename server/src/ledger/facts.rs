//! Adds facts to the ledger in one transaction, written once for both dialects.

use std::collections::{BTreeMap, BTreeSet};

use live_jury_trust::DAY_MS;
use live_jury_trust::counter::Count;
use live_jury_trust::fact::{Fact, Tally};
use serde_json::json;

use super::batch::{Batch, COMPLETED, Rows};
use super::{Added, FACT_IDS_KEPT_DAYS, LedgerError};
use crate::sql::query::Db;
use crate::sql::row::{Columns, signed};

/// The number of old ids that one request deletes. It is more than a request adds, so that they become fewer.
const IDS_DELETED_AT_ONCE: i64 = 2_000;

/// The statements that differ between the dialects: their lists come as JSON, which each reads in its own way.
pub(super) trait FactDb: Db {
    /// `$1` ids, `$2` day. Returns the ids that were not there.
    const INSERT_IDS: &'static str;
    /// `$1` rows of counters.
    const ADD_COUNTERS: &'static str;
    /// `$1` rows of later sums.
    const ADD_LATER: &'static str;
    /// `$1` rows of parties.
    const ADD_PARTIES: &'static str;
    /// `$1` rows of tallies: makes those that are missing, with nothing in them.
    const MAKE_TALLIES: &'static str;
    /// `$1` rows of tallies: reads and locks them.
    const LOCK_TALLIES: &'static str;
    /// `$1` rows of tallies: sets their counts.
    const SET_TALLIES: &'static str;
}

/// `$1` day before which, `$2` limit.
const DELETE_OLD_IDS: &str = "DELETE FROM trust_fact_seen \
    WHERE id IN (SELECT id FROM trust_fact_seen WHERE day < $1 LIMIT $2)";

/// The part of an upsert that both dialects share.
macro_rules! on_counter_conflict {
    () => {
        " ON CONFLICT (kind, party, signal) DO UPDATE SET n = trust_counter.n + excluded.n, \
         k = trust_counter.k + excluded.k"
    };
}
macro_rules! on_later_conflict {
    () => {
        " ON CONFLICT (merchant, signal, day) DO UPDATE SET n = trust_later.n + excluded.n, \
         k = trust_later.k + excluded.k"
    };
}
/// What is told later in time wins, whatever comes first.
macro_rules! on_party_conflict {
    () => {
        " ON CONFLICT (kind, id) DO UPDATE SET \
         since_ms = CASE WHEN excluded.since_ms < trust_party.since_ms THEN excluded.since_ms \
             ELSE trust_party.since_ms END, \
         category = COALESCE(excluded.category, trust_party.category), \
         completed = trust_party.completed + excluded.completed, \
         placed = CASE WHEN excluded.placed_day > trust_party.placed_day THEN excluded.placed \
             WHEN excluded.placed_day = trust_party.placed_day THEN trust_party.placed + excluded.placed \
             ELSE trust_party.placed END, \
         placed_day = CASE WHEN excluded.placed_day > trust_party.placed_day THEN excluded.placed_day \
             ELSE trust_party.placed_day END, \
         licences_needed = CASE WHEN excluded.licences_at_ms > trust_party.licences_at_ms \
             THEN excluded.licences_needed ELSE trust_party.licences_needed END, \
         licences_verified = CASE WHEN excluded.licences_at_ms > trust_party.licences_at_ms \
             THEN excluded.licences_verified ELSE trust_party.licences_verified END, \
         licences_at_ms = CASE WHEN excluded.licences_at_ms > trust_party.licences_at_ms \
             THEN excluded.licences_at_ms ELSE trust_party.licences_at_ms END, \
         deposit_asked = CASE WHEN excluded.deposit_at_ms > trust_party.deposit_at_ms \
             THEN excluded.deposit_asked ELSE trust_party.deposit_asked END, \
         deposit_paid = CASE WHEN excluded.deposit_at_ms > trust_party.deposit_at_ms \
             THEN excluded.deposit_paid ELSE trust_party.deposit_paid END, \
         deposit_at_ms = CASE WHEN excluded.deposit_at_ms > trust_party.deposit_at_ms \
             THEN excluded.deposit_at_ms ELSE trust_party.deposit_at_ms END, \
         finding_at_ms = CASE WHEN excluded.finding_at_ms > trust_party.finding_at_ms \
             THEN excluded.finding_at_ms ELSE trust_party.finding_at_ms END, \
         touched_ms = CASE WHEN excluded.touched_ms > trust_party.touched_ms THEN excluded.touched_ms \
             ELSE trust_party.touched_ms END"
    };
}
pub(super) use {on_counter_conflict, on_later_conflict, on_party_conflict};

/// A request's facts, summed before their transaction begins: the one writer of SQLite, for whom ballots wait too, is
/// not held meanwhile.
pub(super) struct Prepared<'f> {
    facts: &'f [Fact],
    now_ms: u64,
    /// The ids of events, in one order on all nodes, so that two of them never wait for each other.
    ids: BTreeSet<&'f str>,
    /// The outcome and rows if no id is known, the usual case. With tallies there are none: they replace former values.
    expected: Option<(Added, Rows)>,
}

impl<'f> Prepared<'f> {
    /// Sums facts.
    pub fn of(facts: &'f [Fact], now_ms: u64) -> Self {
        let id = |fact: &'f Fact| match fact {
            Fact::Event(event) => Some(event.id.as_str()),
            Fact::Tally(_) => None,
        };
        let ids: BTreeSet<&str> = facts.iter().filter_map(id).collect();
        let has_tallies = facts.iter().any(|fact| matches!(fact, Fact::Tally(_)));
        let expected = (!has_tallies).then(|| {
            let (added, batch) = sum(facts, ids.clone(), now_ms);
            (added, batch.rows(now_ms))
        });
        Self { facts, now_ms, ids, expected }
    }
}

/// Sums the events whose ids are new, each once.
fn sum(facts: &[Fact], mut new: BTreeSet<&str>, now_ms: u64) -> (Added, Batch) {
    let (mut batch, mut added) = (Batch::default(), Added::default());
    for fact in facts {
        match fact {
            Fact::Event(event) if new.remove(event.id.as_str()) => {
                added.accepted += 1;
                batch.add_event(event, now_ms);
            }
            Fact::Event(_) => added.duplicate += 1,
            Fact::Tally(_) => added.accepted += 1,
        }
    }
    (added, batch)
}

/// Adds facts. An id that comes twice in one request counts once.
pub(super) async fn add<D: FactDb>(db: &mut D, prepared: &Prepared<'_>) -> Result<Added, LedgerError> {
    let new = insert_ids(db, prepared).await?;
    if let Some((added, rows)) = prepared.expected.as_ref().filter(|_| new.len() == prepared.ids.len()) {
        write(db, rows).await?;
        return Ok(*added);
    }
    let Prepared { facts, now_ms, .. } = prepared;
    let (added, mut batch) = sum(facts, new.iter().map(String::as_str).collect(), *now_ms);
    replace_tallies(db, facts, &mut batch).await?;
    write(db, &batch.rows(*now_ms)).await?;
    Ok(added)
}

async fn write<D: FactDb>(db: &mut D, rows: &Rows) -> Result<(), LedgerError> {
    db.execute(D::ADD_PARTIES, &[rows.parties.as_str().into()]).await?;
    db.execute(D::ADD_COUNTERS, &[rows.counters.as_str().into()]).await?;
    db.execute(D::ADD_LATER, &[rows.later.as_str().into()]).await?;
    Ok(())
}

/// Inserts the ids of events, and returns those that were not there. Old ids are deleted.
async fn insert_ids<D: FactDb>(db: &mut D, prepared: &Prepared<'_>) -> Result<BTreeSet<String>, LedgerError> {
    let day = prepared.now_ms / DAY_MS;
    let before = signed("day", day.saturating_sub(FACT_IDS_KEPT_DAYS))?;
    db.execute(DELETE_OLD_IDS, &[before.into(), IDS_DELETED_AT_ONCE.into()]).await?;
    if prepared.ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let list = json!(prepared.ids).to_string();
    let found = db.fetch_all(D::INSERT_IDS, &[list.as_str().into(), signed("day", day)?.into()]).await?;
    found.iter().map(|row| Ok(row.text("id")?)).collect()
}

/// Sets the tallies, the last of each key, and adds the differences to the batch.
async fn replace_tallies<D: FactDb>(db: &mut D, facts: &[Fact], batch: &mut Batch) -> Result<(), LedgerError> {
    type Key = (String, String, u64);
    let key = |tally: &Tally| -> Key {
        let name = tally.signal.map_or_else(|| COMPLETED.to_owned(), |signal| signal.to_string());
        (tally.merchant.clone(), name, tally.day)
    };
    let tallies: BTreeMap<Key, &Tally> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Tally(tally) => Some((key(tally), tally)),
            Fact::Event(_) => None,
        })
        .collect();
    if tallies.is_empty() {
        return Ok(());
    }
    let row =
        |((merchant, name, day), tally): (&Key, &&Tally)| json!([merchant, name, day, tally.count.n, tally.count.k]);
    let rows = serde_json::Value::Array(tallies.iter().map(row).collect()).to_string();
    db.execute(D::MAKE_TALLIES, &[rows.as_str().into()]).await?;
    let found = db.fetch_all(D::LOCK_TALLIES, &[rows.as_str().into()]).await?;
    for row in &found {
        let key = (row.text("merchant")?, row.text("signal")?, row.number("day")?);
        if let Some(tally) = tallies.get(&key) {
            batch.replace_tally(tally, Count::new(row.real("n")?, row.real("k")?));
        }
    }
    db.execute(D::SET_TALLIES, &[rows.as_str().into()]).await?;
    Ok(())
}
