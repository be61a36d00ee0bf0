//! Reads of promises. They change nothing.

use std::collections::BTreeMap;

use live_jury_trust::promise::{PromiseKind, Version};
use sqlx::{PgConnection, SqliteConnection};

use super::rows::{self, ProgrammeRow};
use super::{PromiseDb, Promising};
use crate::ledger::LedgerError;
use crate::ledger::parties::list;
use crate::ledger::standing::StandingError;
use crate::sql::query::Db;
use crate::sql::row::{Columns, cursor};

/// `$1` merchant.
const OF_MERCHANT: &str = "SELECT merchant, kind, version, state, limits, applied_ms, changed_ms, notice_ms, ends_ms, \
    (SELECT max(from_ms) FROM trust_promise AS last WHERE last.merchant = made.merchant AND last.kind = made.kind) \
    AS since_ms FROM trust_programme AS made WHERE merchant = $1 ORDER BY kind";
/// `$1` merchant.
const VERSIONS_OF: &str = "SELECT kind, from_ms, until_ms, limits FROM trust_promise WHERE merchant = $1 \
    ORDER BY kind, from_ms";
/// `$1` merchant, `$2` kind, `$3` the time of placing.
const COVERING: &str = "SELECT kind, from_ms, until_ms, limits FROM trust_promise WHERE merchant = $1 AND kind = $2 \
    AND from_ms <= $3 AND (until_ms IS NULL OR until_ms > $3) ORDER BY from_ms DESC LIMIT 1";

impl PromiseDb for SqliteConnection {
    const VERSIONS: &'static str = "SELECT made.merchant, made.kind, from_ms, until_ms, limits, category \
        FROM trust_promise AS made LEFT JOIN trust_party AS shop ON shop.kind = 'merchant' AND shop.id = made.merchant \
        WHERE made.merchant IN (SELECT value FROM json_each($1))";
}

impl PromiseDb for PgConnection {
    const VERSIONS: &'static str = "SELECT made.merchant, made.kind, from_ms, until_ms, limits, category \
        FROM trust_promise AS made LEFT JOIN trust_party AS shop ON shop.kind = 'merchant' AND shop.id = made.merchant \
        WHERE made.merchant = ANY (ARRAY(SELECT json_array_elements_text(CAST($1 AS json))))";
}

/// The promises of a merchant with their versions.
pub(in crate::ledger) async fn of_merchant<D: Db>(
    db: &mut D,
    merchant: &str,
) -> Result<Vec<ProgrammeRow>, StandingError> {
    let mut promises = Vec::new();
    for row in &db.fetch_all(OF_MERCHANT, &[merchant.into()]).await? {
        promises.push(rows::programme(row)?);
    }
    if promises.is_empty() {
        return Ok(promises);
    }
    for row in &db.fetch_all(VERSIONS_OF, &[merchant.into()]).await? {
        let version = rows::version(row)?;
        let of = promises.iter_mut().find(|one: &&mut ProgrammeRow| one.programme.kind == version.kind);
        if let Some(promise) = of {
            promise.versions.push(version);
        }
    }
    Ok(promises)
}

/// The versions of merchants.
pub(in crate::ledger) async fn promising<D: PromiseDb>(
    db: &mut D,
    merchants: &[&str],
) -> Result<BTreeMap<String, Promising>, LedgerError> {
    let mut found: BTreeMap<String, Promising> = BTreeMap::new();
    for row in &db.fetch_all(D::VERSIONS, &[list(merchants).as_str().into()]).await? {
        let of = found.entry(row.text("merchant")?).or_default();
        of.category = row.maybe_text("category")?;
        of.versions.push(rows::version(row)?);
    }
    Ok(found)
}

/// The version of a kind that covers an order that was placed then.
pub(in crate::ledger) async fn covering<D: Db>(
    db: &mut D,
    merchant: &str,
    kind: PromiseKind,
    placed_ms: u64,
) -> Result<Option<Version>, StandingError> {
    let values = [merchant.into(), kind.as_str().into(), cursor(placed_ms).into()];
    let found = db.fetch_optional(COVERING, &values).await?;
    Ok(found.as_ref().map(rows::version).transpose()?)
}
