//! Adds facts to the ledger in one transaction, written once for both dialects.

use std::collections::{BTreeMap, BTreeSet};

use live_jury_trust::counter::Count;
use live_jury_trust::fact::{Fact, Tally};
use live_jury_trust::sums::Sums;
use live_jury_trust::{DAY_MS, PartyKind};
use serde_json::json;

use super::batch::{Batch, COMPLETED, Rows};
use super::daily;
use super::parties::{PartyDb, list, parse_sums};
use super::{Added, FACT_IDS_KEPT_DAYS, KeptFact, LedgerError};
use crate::sql::row::{Columns, signed};

/// The number of old ids that one request deletes. It is more than a request adds, so that they become fewer.
const IDS_DELETED_AT_ONCE: i64 = 2_000;

/// The statements that differ between the dialects: their lists come as JSON, which each reads in its own way.
pub(super) trait FactDb: PartyDb {
    /// `$1` ids: those that are there, read before the others are inserted. Only for a writer that is alone.
    const KNOWN_IDS: Option<&'static str>;
    /// `$1` ids, `$2` day. Inserts the ids that are not there.
    const INSERT_IDS: &'static str;
    /// `$1` ids: those that this transaction has inserted. Only where there may be several writers.
    const INSERTED_IDS: Option<&'static str>;
    /// `$1` kind, `$2` parties, each with a place in the bytes and a length, `$3` the bytes of all their sums.
    const SET_SUMS: &'static str;
    /// `$1` rows of products.
    const ADD_PRODUCTS: &'static str;
    /// `$1` rows of hosts.
    const ADD_HOSTS: &'static str;
    /// `$1` rows of orders.
    const ADD_ORDERS: &'static str;
    /// `$1` rows of covered orders of categories.
    const ADD_COVER: &'static str;
    /// `$1` day, `$2` rows of kept facts: id, merchant, host, buyer, line.
    const KEEP_FACTS: &'static str;
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
macro_rules! on_product_conflict {
    () => {
        " ON CONFLICT (merchant, product, day) DO UPDATE SET sold = trust_product.sold + excluded.sold, \
         returned = trust_product.returned + excluded.returned"
    };
}
macro_rules! on_host_conflict {
    () => {
        " ON CONFLICT (merchant, host) DO UPDATE SET last_ms = CASE WHEN excluded.last_ms > trust_host.last_ms \
         THEN excluded.last_ms ELSE trust_host.last_ms END"
    };
}
macro_rules! on_later_conflict {
    () => {
        " ON CONFLICT (merchant, signal, day) DO UPDATE SET n = trust_later.n + excluded.n, \
         k = trust_later.k + excluded.k"
    };
}
/// Facts about an order come in any sequence.
macro_rules! on_order_conflict {
    () => {
        " ON CONFLICT (merchant, order_id) DO UPDATE SET product = coalesce(trust_order.product, excluded.product), \
         placed_ms = coalesce(trust_order.placed_ms, excluded.placed_ms), \
         covered = CASE WHEN trust_order.covered = 1 THEN 1 ELSE excluded.covered END, \
         shipped_ms = coalesce(trust_order.shipped_ms, excluded.shipped_ms), \
         completed_ms = coalesce(trust_order.completed_ms, excluded.completed_ms)"
    };
}
macro_rules! on_cover_conflict {
    () => {
        " ON CONFLICT (category, day) DO UPDATE SET covered = trust_cover.covered + excluded.covered, \
         granted = trust_cover.granted + excluded.granted"
    };
}
/// The word that is dated later wins, whichever arrives first.
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
pub(super) use {
    on_counter_conflict, on_cover_conflict, on_host_conflict, on_later_conflict, on_order_conflict, on_party_conflict,
    on_product_conflict,
};

/// A request's facts, summed before their transaction begins: the one writer of SQLite, for whom ballots wait too, is
/// not held meanwhile.
pub(super) struct Prepared<'f> {
    facts: &'f [Fact],
    kept: &'f [KeptFact],
    now_ms: u64,
    /// The ids of events, in one order on all nodes, so that two of them never wait for each other.
    ids: BTreeSet<&'f str>,
    /// The same, as a statement takes them.
    list: String,
    /// The outcome and rows if no id is known, the usual case. With tallies there are none: they replace former values.
    expected: Option<(Added, Rows)>,
}

impl<'f> Prepared<'f> {
    /// Sums facts.
    pub fn of(facts: &'f [Fact], kept: &'f [KeptFact], now_ms: u64) -> Self {
        let id = |fact: &'f Fact| match fact {
            Fact::Event(event) => Some(event.id.as_str()),
            Fact::Tally(_) | Fact::Badge(_) => None,
        };
        let ids: BTreeSet<&str> = facts.iter().filter_map(id).collect();
        let has_tallies = facts.iter().any(|fact| matches!(fact, Fact::Tally(_)));
        let expected = (!has_tallies).then(|| {
            let (added, batch) = sum(facts, ids.clone(), now_ms);
            (added, batch.rows(now_ms))
        });
        let list = json!(ids).to_string();
        Self { facts, kept, now_ms, ids, list, expected }
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
            Fact::Tally(_) | Fact::Badge(_) => added.accepted += 1,
        }
    }
    (added, batch)
}

/// Adds facts. An id that comes twice in one request counts once.
pub(super) async fn add<D: FactDb>(db: &mut D, prepared: &Prepared<'_>) -> Result<Added, LedgerError> {
    let known = insert_ids(db, prepared).await?;
    keep(db, prepared, &known).await?;
    let Prepared { facts, now_ms, .. } = prepared;
    let badge = |fact: &'_ Fact| match fact {
        Fact::Badge(badge) => Some(*badge),
        Fact::Event(_) | Fact::Tally(_) => None,
    };
    let badges: Vec<_> = facts.iter().filter_map(badge).collect();
    daily::set_badges(db, badges.iter()).await?;
    if let Some((added, rows)) = prepared.expected.as_ref().filter(|_| known.is_empty()) {
        write(db, rows, *now_ms).await?;
        return Ok(*added);
    }
    let new = prepared.ids.iter().copied().filter(|id| !known.contains(*id)).collect();
    let (added, mut batch) = sum(facts, new, *now_ms);
    replace_tallies(db, facts, &mut batch).await?;
    write(db, &batch.rows(*now_ms), *now_ms).await?;
    Ok(added)
}

/// Keeps the lines of events that were not known; of those that come twice in a request, the first.
async fn keep<D: FactDb>(db: &mut D, prepared: &Prepared<'_>, known: &BTreeSet<String>) -> Result<(), LedgerError> {
    let row = |one: &KeptFact| json!([one.id, one.merchant, one.host, one.buyer, one.line]);
    let rows: Vec<serde_json::Value> = prepared.kept.iter().filter(|one| !known.contains(&one.id)).map(row).collect();
    if !rows.is_empty() {
        let day = signed("day", prepared.now_ms / DAY_MS)?;
        db.execute(D::KEEP_FACTS, &[day.into(), json!(rows).to_string().as_str().into()]).await?;
    }
    Ok(())
}

async fn write<D: FactDb>(db: &mut D, rows: &Rows, now_ms: u64) -> Result<(), LedgerError> {
    db.execute(D::ADD_PARTIES, &[rows.parties.as_str().into()]).await?;
    for (kind, sums) in &rows.sums {
        add_sums(db, *kind, sums).await?;
    }
    for (sql, rows) in [
        (D::ADD_LATER, &rows.later),
        (D::ADD_PRODUCTS, &rows.products),
        (D::ADD_HOSTS, &rows.hosts),
        (D::ADD_ORDERS, &rows.orders),
        (D::ADD_COVER, &rows.cover),
    ] {
        if !rows.is_empty() {
            db.execute(sql, &[json!(rows).to_string().as_str().into()]).await?;
        }
    }
    daily::add(db, &rows.daily, now_ms).await
}

/// Adds to the sums of parties, whose rows the transaction has locked: nobody else changes them until its end. A party
/// has one row with the bytes of all its sums, since a row for each sum took most of the time.
async fn add_sums<D: FactDb>(db: &mut D, kind: PartyKind, added: &BTreeMap<String, Sums>) -> Result<(), LedgerError> {
    if added.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = added.keys().map(String::as_str).collect();
    let mut before = BTreeMap::new();
    for row in &db.fetch_all(D::SUMS, &[kind.as_str().into(), list(&ids).as_str().into()]).await? {
        before.insert(row.text("party")?, parse_sums(row)?);
    }
    let (mut places, mut bytes) = (Vec::with_capacity(added.len()), Vec::new());
    for (id, added) in added {
        let begin = bytes.len();
        match before.remove(id) {
            Some(mut sums) => {
                sums.merge(added);
                sums.encode(&mut bytes);
            }
            None => added.encode(&mut bytes),
        }
        // SQL counts bytes from 1.
        places.push(json!([id, begin + 1, bytes.len() - begin]));
    }
    let places = json!(places).to_string();
    db.execute(D::SET_SUMS, &[kind.as_str().into(), places.as_str().into(), bytes.as_slice().into()]).await?;
    Ok(())
}

/// Inserts the ids of events, and returns those that were there. Old ids are deleted.
async fn insert_ids<D: FactDb>(db: &mut D, prepared: &Prepared<'_>) -> Result<BTreeSet<String>, LedgerError> {
    let day = prepared.now_ms / DAY_MS;
    let before = signed("day", day.saturating_sub(FACT_IDS_KEPT_DAYS))?;
    db.execute(DELETE_OLD_IDS, &[before.into(), IDS_DELETED_AT_ONCE.into()]).await?;
    let (ids, list) = (&prepared.ids, prepared.list.as_str());
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let known = match D::KNOWN_IDS {
        Some(sql) => ids_of(db, sql, list).await?,
        None => BTreeSet::new(),
    };
    let inserted = db.execute(D::INSERT_IDS, &[list.into(), signed("day", day)?.into()]).await?;
    match D::INSERTED_IDS.filter(|_| inserted < ids.len() as u64) {
        Some(sql) => {
            let new = ids_of(db, sql, list).await?;
            Ok(ids.iter().filter(|id| !new.contains(**id)).map(|id| (*id).to_owned()).collect())
        }
        None => Ok(known),
    }
}

async fn ids_of<D: FactDb>(db: &mut D, sql: &'static str, list: &str) -> Result<BTreeSet<String>, LedgerError> {
    let found = db.fetch_all(sql, &[list.into()]).await?;
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
            Fact::Event(_) | Fact::Badge(_) => None,
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
