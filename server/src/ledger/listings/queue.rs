//! Reads of screened listings. They change nothing.

use uuid::Uuid;

use super::rows::{self, select_listings};
use super::{ListingRow, Page, Prices, PricesOf, StandingError};
use crate::sql::query::{Db, Value};
use crate::sql::row::{Columns, Malformed, cursor};

const ONE: &str = select_listings!("WHERE screening = $1");
const OF_VERSION: &str = select_listings!("WHERE id = $1 AND version = $2");
const OF_VIOLATION: &str = select_listings!("WHERE violation = $1");
/// `$1` state or NULL, `$2` id before which or NULL, `$3` limit.
const LIST: &str = select_listings!(
    "WHERE (CAST($1 AS TEXT) IS NULL OR state = $1) AND (CAST($2 AS UUID) IS NULL OR screening < $2) \
     ORDER BY screening DESC LIMIT $3"
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

pub(super) async fn of_violation<D: Db>(db: &mut D, violation: Uuid) -> Result<Option<ListingRow>, StandingError> {
    let found = db.fetch_optional(OF_VIOLATION, &[violation.into()]).await?;
    with_hits(db, found).await
}

pub(in crate::ledger) async fn listings<D: Db>(db: &mut D, page: &Page<'_>) -> Result<Vec<ListingRow>, StandingError> {
    let values = [page.state.into(), page.before.into(), i64::from(page.limit).into()];
    let mut listings = Vec::new();
    for row in db.fetch_all(LIST, &values).await? {
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
