//! Entries of the lists: put, deleted, counted. Each change raises its list's number, so that all nodes read it again.

use std::collections::{BTreeMap, BTreeSet};

use live_jury_trust::listing::Hit;
use live_jury_trust::listing::list::{EntryName, List};
use live_jury_trust::listing::rules::{Precision, demoted};
use serde_json::{Value, json};

use super::rows;
use super::{EntryRow, PutEntry, StandingError};
use crate::sql::query::Db;
use crate::sql::row::{Columns, Malformed, json as to_json, signed, text};

/// The field of a rule that says whether it is counted alone, and the value of one that is.
const STATE: &str = "state";
const SHADOW: &str = "shadow";

const REVS: &str = "SELECT list, rev FROM trust_list";
const RAISE: &str = "UPDATE trust_list SET rev = rev + 1 WHERE list = $1";

/// The statements of one list's table.
struct Statements {
    all: &'static str,
    one: &'static str,
    count: &'static str,
    /// `$1` id, `$2` entry, `$3` time, `$4` author.
    insert: &'static str,
    /// The same. The hits of another entry are counted anew.
    replace: &'static str,
    delete: &'static str,
    hit: &'static str,
    /// `$1` id, `$2` more confirmed, `$3` more overturned.
    judge: &'static str,
    /// `$1` id, `$2` entry.
    demote: &'static str,
}

macro_rules! statements {
    ($table:literal) => {
        Statements {
            all: concat!("SELECT id, entry FROM ", $table, " ORDER BY id"),
            one: concat!(
                "SELECT id, version, entry, hits, confirmed, overturned, changed_ms, changed_by FROM ",
                $table,
                " WHERE id = $1"
            ),
            count: concat!("SELECT count(*) AS entries FROM ", $table),
            insert: concat!(
                "INSERT INTO ",
                $table,
                " (id, version, entry, hits, confirmed, overturned, changed_ms, changed_by) \
                 VALUES ($1, 1, $2, 0, 0, 0, $3, $4)"
            ),
            replace: concat!(
                "UPDATE ",
                $table,
                " SET version = version + 1, entry = $2, hits = 0, confirmed = 0, overturned = 0, changed_ms = $3, \
                 changed_by = $4 WHERE id = $1"
            ),
            delete: concat!("DELETE FROM ", $table, " WHERE id = $1"),
            hit: concat!("UPDATE ", $table, " SET hits = hits + 1 WHERE id = $1"),
            judge: concat!(
                "UPDATE ",
                $table,
                " SET confirmed = confirmed + $2, overturned = overturned + $3 WHERE id = $1 \
                 AND confirmed + $2 >= 0 AND overturned + $3 >= 0"
            ),
            demote: concat!("UPDATE ", $table, " SET version = version + 1, entry = $2 WHERE id = $1"),
        }
    };
}

static TERMS: Statements = statements!("trust_term");
static BRANDS: Statements = statements!("trust_brand");
static IMAGES: Statements = statements!("trust_bank");
static RULES: Statements = statements!("trust_rule");

fn of(list: List) -> &'static Statements {
    match list {
        List::Terms => &TERMS,
        List::Brands => &BRANDS,
        List::Images => &IMAGES,
        List::Rules => &RULES,
    }
}

pub(in crate::ledger) async fn revs<D: Db>(db: &mut D) -> Result<BTreeMap<List, u64>, StandingError> {
    let mut revs = BTreeMap::new();
    for row in &db.fetch_all(REVS, &[]).await? {
        if let Some(list) = List::from_name(&row.text("list")?) {
            revs.insert(list, row.number("rev")?);
        }
    }
    Ok(revs)
}

pub(in crate::ledger) async fn entries<D: Db>(db: &mut D, list: List) -> Result<Vec<(String, Value)>, StandingError> {
    let found = db.fetch_all(of(list).all, &[]).await?;
    found.iter().map(|row| Ok((row.text("id")?, row.json("entry")?))).collect()
}

pub(in crate::ledger) async fn entry<D: Db>(
    db: &mut D,
    list: List,
    id: &str,
) -> Result<Option<EntryRow>, StandingError> {
    let found = db.fetch_optional(of(list).one, &[id.into()]).await?;
    Ok(found.as_ref().map(rows::entry).transpose()?)
}

pub(in crate::ledger) async fn put<D: Db>(db: &mut D, new: &PutEntry, now_ms: u64) -> Result<EntryRow, StandingError> {
    // The first statement locks the list, so that two changes of it follow each other.
    raise(db, new.list).await?;
    let found = entry(db, new.list, &new.id).await?;
    check_version(found.as_ref(), new.version)?;
    let encoded = to_json("entry", &new.entry)?;
    let values = [
        text("id", &new.id)?.into(),
        text("entry", &encoded)?.into(),
        signed("changed_ms", now_ms)?.into(),
        text("changed_by", &new.by)?.into(),
    ];
    let statements = of(new.list);
    match found {
        Some(found) if found.entry == new.entry => return Ok(found),
        Some(_) => db.execute(statements.replace, &values).await?,
        None => {
            let entries =
                db.fetch_optional(statements.count, &[]).await?.map(|row| row.number("entries")).transpose()?;
            if entries.unwrap_or(0) >= new.list.entries_max() {
                return Err(StandingError::ListFull(new.list.entries_max()));
            }
            db.execute(statements.insert, &values).await?
        }
    };
    entry(db, new.list, &new.id).await?.ok_or(StandingError::NotFound)
}

pub(in crate::ledger) async fn delete<D: Db>(
    db: &mut D,
    list: List,
    id: &str,
    version: Option<u64>,
) -> Result<(), StandingError> {
    raise(db, list).await?;
    let found = entry(db, list, id).await?.ok_or(StandingError::NotFound)?;
    check_version(Some(&found), version)?;
    db.execute(of(list).delete, &[id.into()]).await?;
    Ok(())
}

fn check_version(found: Option<&EntryRow>, version: Option<u64>) -> Result<(), StandingError> {
    let is_at = found.map_or(0, |found| found.version);
    match version {
        Some(version) if version != is_at => Err(StandingError::VersionMismatch(is_at)),
        _ => Ok(()),
    }
}

async fn raise<D: Db>(db: &mut D, list: List) -> Result<(), StandingError> {
    db.execute(RAISE, &[list.as_str().into()]).await?;
    Ok(())
}

/// The entries of hits, each once, in one order on all nodes.
fn names(hits: &[Hit]) -> BTreeSet<&EntryName> {
    hits.iter().filter_map(|hit| hit.list.as_ref()).collect()
}

/// Counts a listing for each entry that it hits.
pub(super) async fn hit<D: Db>(db: &mut D, hits: &[Hit]) -> Result<(), StandingError> {
    for name in names(hits) {
        db.execute(of(name.list).hit, &[name.entry.as_str().into()]).await?;
    }
    Ok(())
}

/// A rule that was demoted.
pub(super) struct Demoted {
    pub rule: String,
    pub precision: Precision,
}

/// Counts a decision, or its reversal, for each entry that the listing hits. Returns the rules that are demoted by it.
pub(super) async fn judge<D: Db>(
    db: &mut D,
    hits: &[Hit],
    confirmed: i64,
    overturned: i64,
) -> Result<Vec<Demoted>, StandingError> {
    let mut found = Vec::new();
    for name in names(hits) {
        let values = [name.entry.as_str().into(), confirmed.into(), overturned.into()];
        db.execute(of(name.list).judge, &values).await?;
        if name.list == List::Rules {
            found.extend(demote(db, &name.entry).await?);
        }
    }
    if !found.is_empty() {
        raise(db, List::Rules).await?;
    }
    Ok(found)
}

/// Puts a rule into shadow whose hits are more often wrong than right.
async fn demote<D: Db>(db: &mut D, id: &str) -> Result<Option<Demoted>, StandingError> {
    let Some(mut found) = entry(db, List::Rules, id).await? else { return Ok(None) };
    let Some(precision) = demoted(found.confirmed, found.overturned) else { return Ok(None) };
    let fields = found.entry.as_object_mut().ok_or_else(|| Malformed::new("entry", "is no object"))?;
    if fields.get(STATE).and_then(Value::as_str) == Some(SHADOW) {
        return Ok(None);
    }
    fields.insert(STATE.to_owned(), json!(SHADOW));
    let encoded = to_json("entry", &found.entry)?;
    db.execute(RULES.demote, &[id.into(), encoded.as_str().into()]).await?;
    Ok(Some(Demoted { rule: id.to_owned(), precision }))
}
