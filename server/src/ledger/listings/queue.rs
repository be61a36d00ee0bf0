//! Reads of screened listings. They change nothing.

use live_jury_protocol::CaseId;
use uuid::Uuid;

use super::rows::{self, select_listings};
use super::{ListingRow, Page, Prices, PricesOf, StandingError};
use crate::sql::query::{Db, Value};
use crate::sql::row::{Columns, Malformed, cursor, report_unreadable};

/// The drafts that one step of a node files.
const DRAFTS_AT_ONCE: i64 = 100;

const ONE: &str = select_listings!("WHERE screening = $1");
const OF_VERSION: &str = select_listings!("WHERE id = $1 AND version = $2");
const OF_VIOLATION: &str = select_listings!("WHERE violation = $1");
/// `$1` state or NULL, `$2` id before which or NULL, `$3` limit.
const LIST: &str = select_listings!(
    "WHERE (CAST($1 AS TEXT) IS NULL OR state = $1) AND (CAST($2 AS UUID) IS NULL OR screening < $2) \
     ORDER BY screening DESC LIMIT $3"
);
/// `$1` merchant, `$2` state or NULL, `$3` id before which or NULL, `$4` limit.
const LIST_OF_MERCHANT: &str = select_listings!(
    "WHERE merchant = $1 AND (CAST($2 AS TEXT) IS NULL OR state = $2) \
     AND (CAST($3 AS UUID) IS NULL OR screening < $3) ORDER BY screening DESC LIMIT $4"
);
const OF_JURY: &str = select_listings!("WHERE jury_case = $1");
/// `$1` limit. A listing that a person decided meanwhile needs no draft.
const TO_DRAFT: &str = select_listings!(
    "WHERE jury_case IS NOT NULL AND jury_drafted_ms IS NULL AND jury_result IS NULL \
     AND state IN ('review', 'held') ORDER BY screening LIMIT $1"
);
const HITS: &str = "SELECT hit FROM trust_hit WHERE screening = $1 ORDER BY place";
/// `$1` form, `$2` currency, `$3` listing that is left out, `$4` limit. Prices of listings that did not go live count
/// nothing.
const PRICES_OF_BRAND: &str = "SELECT price_minor FROM trust_listing WHERE brand_form = $1 AND currency = $2 \
    AND id <> $3 AND state IN ('passed', 'review', 'released') ORDER BY screening DESC LIMIT $4";
const PRICES_OF_CATEGORY: &str = "SELECT price_minor FROM trust_listing WHERE category = $1 AND currency = $2 \
    AND id <> $3 AND state IN ('passed', 'review', 'released') ORDER BY screening DESC LIMIT $4";

pub(in crate::ledger) async fn listing<D: Db>(
    db: &mut D,
    screening: Uuid,
) -> Result<Option<ListingRow>, StandingError> {
    let found = db.fetch_optional(ONE, &[screening.into()]).await?;
    with_hits(db, found).await
}

pub(in crate::ledger) async fn listing_of<D: Db>(
    db: &mut D,
    id: &str,
    version: u64,
) -> Result<Option<ListingRow>, StandingError> {
    let found = db.fetch_optional(OF_VERSION, &[id.into(), cursor(version).into()]).await?;
    with_hits(db, found).await
}

pub(in crate::ledger) async fn of_violation<D: Db>(
    db: &mut D,
    violation: Uuid,
) -> Result<Option<ListingRow>, StandingError> {
    let found = db.fetch_optional(OF_VIOLATION, &[violation.into()]).await?;
    with_hits(db, found).await
}

/// The listing whose name a case is about.
pub(super) async fn of_jury<D: Db>(db: &mut D, case: CaseId) -> Result<Option<ListingRow>, StandingError> {
    let found = db.fetch_optional(OF_JURY, &[case.0.into()]).await?;
    with_hits(db, found).await
}

pub(in crate::ledger) async fn to_draft<D: Db>(db: &mut D) -> Result<Vec<ListingRow>, StandingError> {
    let mut listings = Vec::new();
    for row in db.fetch_all(TO_DRAFT, &[DRAFTS_AT_ONCE.into()]).await? {
        match with_hits(db, Some(row)).await {
            Ok(found) => listings.extend(found),
            Err(error) if error.is_unreadable() => report_unreadable(&error),
            Err(error) => return Err(error),
        }
    }
    Ok(listings)
}

pub(in crate::ledger) async fn listings<D: Db>(
    db: &mut D,
    page: &Page<'_>,
    merchant: Option<&str>,
) -> Result<Vec<ListingRow>, StandingError> {
    let (state, before, limit) = (page.state.into(), page.before.into(), i64::from(page.limit).into());
    match merchant {
        // Its index has the merchant first, so that a page needs few rows.
        Some(merchant) => list(db, LIST_OF_MERCHANT, &[merchant.into(), state, before, limit]).await,
        None => list(db, LIST, &[state, before, limit]).await,
    }
}

async fn list<D: Db>(db: &mut D, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<ListingRow>, StandingError> {
    let mut listings = Vec::new();
    for row in db.fetch_all(sql, values).await? {
        listings.extend(with_hits(db, Some(row)).await?);
    }
    Ok(listings)
}

pub(in crate::ledger) async fn prices<D: Db>(db: &mut D, of: &PricesOf<'_>) -> Result<Prices, StandingError> {
    let read = |row: &D::Row| row.number("price_minor");
    let of_brand = match of.brand_form {
        Some(form) => db.fetch_all(PRICES_OF_BRAND, &values(form, of)).await?,
        None => Vec::new(),
    };
    let of_category = db.fetch_all(PRICES_OF_CATEGORY, &values(of.category, of)).await?;
    let prices = |rows: &[D::Row]| rows.iter().map(read).collect::<Result<Vec<u64>, Malformed>>();
    Ok([prices(&of_brand)?, prices(&of_category)?])
}

fn values<'v>(of_what: &'v str, of: &PricesOf<'v>) -> [Value<'v>; 4] {
    [of_what.into(), of.currency.into(), of.listing.into(), i64::from(of.limit).into()]
}

async fn with_hits<D: Db>(db: &mut D, row: Option<D::Row>) -> Result<Option<ListingRow>, StandingError> {
    let Some(mut listing) = row.as_ref().map(rows::listing).transpose()? else { return Ok(None) };
    for row in &db.fetch_all(HITS, &[listing.screening.into()]).await? {
        listing.hits.push(row.json("hit")?);
    }
    Ok(Some(listing))
}
