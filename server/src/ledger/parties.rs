//! Reads what the ledger knows of merchants, written once for both dialects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use live_jury_trust::DAY_MS;
use live_jury_trust::counter::Counter;
use live_jury_trust::exposure::Gate;
use live_jury_trust::index::{Prior, Priors};
use live_jury_trust::signal::SignalId;
use live_jury_trust::sums::Sums;
use live_jury_trust::turn::HOLD_DAYS;

use super::identities::ApplicationState;
use super::{Attributes, Begun, HOST, Known, LedgerError, MERCHANT, Merchants};
use crate::sql::query::Db;
use crate::sql::row::{Columns, Malformed, cursor, report_unreadable};

/// An exposure has four decimals where it is told.
const TEN_THOUSAND: f64 = 10_000.0;

/// The statements that take a list, which each dialect reads from JSON in its own way.
pub(super) trait PartyDb: Db {
    /// `$1` kind, `$2` ids.
    const PARTIES: &'static str;
    /// `$1` kind, `$2` ids: the sums of facts.
    const SUMS: &'static str;
    /// `$1` kind, `$2` ids: the sums of rulings, and those of facts of an earlier schema.
    const COUNTERS: &'static str;
    /// `$1` categories, `$2` today: the priors of the last day that has all of them.
    const PRIORS: &'static str;
    /// `$1` ids, `$2` the last day that has begun.
    const LATER: &'static str;
    /// `$1` ids, `$2` a day: the last value of an earlier day.
    const LAST_DAY: &'static str;
    /// `$1` ids, `$2` a day: the last day since then on which signals showed a turn.
    const LAST_TURN: &'static str;
    /// `$1` kind, `$2` ids, `$3` now: the measures that have begun and are not lifted.
    const BEGUN: &'static str;
}

/// The columns of a party, for each dialect's query.
macro_rules! select_parties {
    ($rest:literal) => {
        concat!(
            "SELECT id, since_ms, category, completed, placed_day, placed, licences_needed, licences_verified, \
             licences_at_ms, deposit_asked, deposit_paid, deposit_at_ms, finding_at_ms, told_m, reversal_day, \
             before_reversal, (SELECT state FROM trust_application AS applied WHERE applied.kind = trust_party.kind \
             AND applied.party = trust_party.id AND applied.again = 0) AS application, \
             (SELECT sum(CASE WHEN made.state = 'active' THEN 1 ELSE 0 END) FROM trust_programme AS made \
             WHERE trust_party.kind = 'merchant' AND made.merchant = trust_party.id) AS promises FROM trust_party ",
            $rest
        )
    };
}
pub(super) use select_parties;

/// Reads merchants with all their sums. One that has a row that cannot be read hides no other.
pub(super) async fn merchants<D: PartyDb>(db: &mut D, ids: &[&str], now_ms: u64) -> Result<Merchants, LedgerError> {
    let list = list(ids);
    let mut read = Reading::default();
    for row in &db.fetch_all(D::PARTIES, &[MERCHANT.into(), list.as_str().into()]).await? {
        let id = row.text("id")?;
        let known = known(row, now_ms);
        read.known.insert(id.clone(), Known::default());
        read.put(&id, known, |known, row| *known = row);
    }
    for (party, begun) in begun(db, &list, now_ms).await? {
        read.put(&party, Ok(begun), |known, begun| known.measures.push(begun));
    }
    for row in &db.fetch_all(D::SUMS, &[MERCHANT.into(), list.as_str().into()]).await? {
        let sums = parse_sums(row).and_then(finite_sums);
        read.put(&row.text("party")?, sums, |known, sums| {
            known.counters.extend(sums.iter().map(|(key, sum)| (key.name(), sum)));
        });
    }
    let today = cursor(now_ms / DAY_MS);
    for row in &db.fetch_all(D::COUNTERS, &[MERCHANT.into(), list.as_str().into()]).await? {
        read.put(&row.text("party")?, named_counter(row), |known, (name, sum)| {
            add_counter(&mut known.counters, name, sum);
        });
    }
    for row in &db.fetch_all(D::LATER, &[list.as_str().into(), today.into()]).await? {
        read.put(&row.text("merchant")?, named_counter(row), |known, (name, sum)| {
            add_counter(&mut known.counters, name, sum);
        });
    }
    for row in &db.fetch_all(D::LAST_DAY, &[list.as_str().into(), today.into()]).await? {
        read.put(&row.text("merchant")?, finite(row, "kept"), |known, kept| known.last_day = Some(kept));
    }
    let day = now_ms / DAY_MS;
    let held_from = cursor((day + 1).saturating_sub(HOLD_DAYS));
    for row in &db.fetch_all(D::LAST_TURN, &[list.as_str().into(), held_from.into()]).await? {
        read.put(&row.text("merchant")?, row.number("day"), |known, turned| {
            known.turn_days_ago = Some(day.saturating_sub(turned));
        });
    }
    let mut known: Vec<Known> = read.known.into_values().collect();
    add_priors(db, &mut known, today).await?;
    Ok(Merchants { known, unreadable: read.unreadable.into_iter().collect() })
}

/// Merchants while their rows are read.
#[derive(Default)]
struct Reading {
    known: BTreeMap<String, Known>,
    unreadable: BTreeSet<String>,
}

impl Reading {
    /// Adds a row to its merchant. A row that cannot be read is reported, and its merchant is left out.
    fn put<T>(&mut self, id: &str, row: Result<T, Malformed>, add: impl FnOnce(&mut Known, T)) {
        match row {
            Ok(row) => {
                if let Some(known) = self.known.get_mut(id) {
                    add(known, row);
                }
            }
            Err(error) => {
                report_unreadable(&format_args!("merchant {id}: {error}"));
                self.known.remove(id);
                self.unreadable.insert(id.to_owned());
            }
        }
    }
}

fn known(row: &impl Columns, now_ms: u64) -> Result<Known, Malformed> {
    let is_today = row.maybe_number("reversal_day")? == Some(now_ms / DAY_MS);
    let before_reversal = row.maybe_real("before_reversal")?.filter(|_| is_today);
    Ok(Known { attributes: parse(row, now_ms)?, before_reversal, ..Known::default() })
}

fn named_counter(row: &impl Columns) -> Result<(String, Counter), Malformed> {
    Ok((row.text("signal")?, counter(row)?))
}

fn add_counter(counters: &mut Vec<(String, Counter)>, name: String, sum: Counter) {
    match counters.iter_mut().find(|(other, _)| *other == name) {
        Some((_, counter)) => counter.add(sum),
        None => counters.push((name, sum)),
    }
}

/// Reads the sums of a host: those of facts and of rulings.
pub(super) async fn host_counters<D: PartyDb>(db: &mut D, id: &str) -> Result<Vec<(String, Counter)>, LedgerError> {
    let (list, mut counters) = (list(&[id]), Vec::new());
    for row in &db.fetch_all(D::SUMS, &[HOST.into(), list.as_str().into()]).await? {
        counters.extend(parse_sums(row)?.iter().map(|(key, sum)| (key.name(), sum)));
    }
    for row in &db.fetch_all(D::COUNTERS, &[HOST.into(), list.as_str().into()]).await? {
        add_counter(&mut counters, row.text("signal")?, counter(row)?);
    }
    Ok(counters)
}

/// Adds the priors of the categories. Merchants of one category share them.
async fn add_priors<D: PartyDb>(db: &mut D, known: &mut [Known], today: i64) -> Result<(), LedgerError> {
    let category = |known: &Known| known.attributes.category.clone().unwrap_or_default();
    let categories: BTreeSet<String> = known.iter().map(category).collect();
    let list = serde_json::json!(categories).to_string();
    let mut priors: BTreeMap<String, Priors> = BTreeMap::new();
    for row in &db.fetch_all(D::PRIORS, &[list.as_str().into(), today.into()]).await? {
        // The rate of returns is among them, and a later program may know further signals.
        if let Some(signal) = SignalId::from_name(&row.text("signal")?) {
            let prior = Prior { typical: row.real("typical")?, sigma: row.real("sigma")? };
            priors.entry(row.text("category")?).or_default().set(signal, prior);
        }
    }
    let shared: BTreeMap<String, Arc<Priors>> = priors.into_iter().map(|(id, priors)| (id, Arc::new(priors))).collect();
    for one in known {
        if let Some(priors) = shared.get(&category(one)) {
            one.priors = priors.clone();
        }
    }
    Ok(())
}

/// Reads the measures of merchants that have begun and are not lifted. One that cannot be read hides no other.
pub(super) async fn begun<D: PartyDb>(db: &mut D, ids: &str, now_ms: u64) -> Result<Vec<(String, Begun)>, LedgerError> {
    let found = db.fetch_all(D::BEGUN, &[MERCHANT.into(), ids.into(), cursor(now_ms).into()]).await?;
    let one = |row: &D::Row| {
        let kind = Gate::from_name(&row.text("measure")?).ok_or_else(|| Malformed::new("measure", "is no measure"))?;
        Ok((row.text("party")?, Begun { kind, until_ms: row.maybe_number("until_ms")? }))
    };
    let read = |row| one(row).inspect_err(|error: &Malformed| report_unreadable(error)).ok();
    Ok(found.iter().filter_map(read).collect())
}

/// Reads merchants' attributes. One that cannot be read hides no other: its measures and its last exposure count, and
/// it is no newcomer.
pub(super) async fn attributes<D: PartyDb>(
    db: &mut D,
    ids: &[&str],
    now_ms: u64,
) -> Result<Vec<Attributes>, LedgerError> {
    let found = db.fetch_all(D::PARTIES, &[MERCHANT.into(), list(ids).as_str().into()]).await?;
    let read = |row: &D::Row| {
        let id = row.text("id")?;
        Ok(parse(row, now_ms).unwrap_or_else(|error| {
            report_unreadable(&format_args!("merchant {id}: {error}"));
            Attributes { id, completed: u64::MAX, ..Attributes::default() }
        }))
    };
    found.iter().map(read).collect()
}

/// Ids as a JSON array.
pub(super) fn list(ids: &[&str]) -> String {
    serde_json::json!(ids).to_string()
}

/// The sums in a row.
pub(super) fn parse_sums(row: &impl Columns) -> Result<Sums, Malformed> {
    Sums::decode(row.bytes("sums")?).ok_or_else(|| Malformed::new("sums", "has another form"))
}

fn counter(row: &impl Columns) -> Result<Counter, Malformed> {
    Ok(Counter { n: finite(row, "n")?, k: finite(row, "k")? })
}

/// Sums with which one can count on.
fn finite_sums(sums: Sums) -> Result<Sums, Malformed> {
    let are_finite = sums.iter().all(|(_, sum)| sum.n.is_finite() && sum.k.is_finite());
    if are_finite { Ok(sums) } else { Err(Malformed::new("sums", "is not finite")) }
}

/// A number with which one can count on.
fn finite(row: &impl Columns, column: &'static str) -> Result<f64, Malformed> {
    let number = row.real(column)?;
    if number.is_finite() { Ok(number) } else { Err(Malformed::new(column, "is not finite")) }
}

fn parse(row: &impl Columns, now_ms: u64) -> Result<Attributes, Malformed> {
    let is_today = row.number("placed_day")? == now_ms / DAY_MS;
    let told = |first, second, at_ms| -> Result<Option<(u64, u64)>, Malformed> {
        let pair = (row.number(first)?, row.number(second)?);
        Ok(Some(pair).filter(|_| row.number(at_ms).is_ok_and(|at_ms| at_ms > 0)))
    };
    Ok(Attributes {
        id: row.text("id")?,
        since_ms: row.number("since_ms")?,
        category: row.maybe_text("category")?,
        completed: row.number("completed")?,
        placed_today: if is_today { row.number("placed")? } else { 0 },
        licences: told("licences_needed", "licences_verified", "licences_at_ms")?,
        deposit: told("deposit_asked", "deposit_paid", "deposit_at_ms")?,
        finding_at_ms: Some(row.number("finding_at_ms")?).filter(|at_ms| *at_ms > 0),
        application: row.maybe_text("application")?.as_deref().and_then(ApplicationState::from_name),
        promises: row.maybe_number("promises")?,
        told: row.maybe_real("told_m")?.map(|told| (told * TEN_THOUSAND).round() as u32),
    })
}
