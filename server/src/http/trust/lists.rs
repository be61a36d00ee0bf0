//! The lists that listings meet: terms, brands, pictures, rules. An entry shows its hits, and how right they were.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use live_jury_trust::four_decimals;
use live_jury_trust::listing::list::List;
use live_jury_trust::listing::rules::precision;
use serde::Serialize;
use serde_json::Value;

use super::words::check_id;
use crate::http::extract::{IfMatch, Json, Submission, TrustModerator, TrustReader};
use crate::http::response::json;
use crate::http::{ApiError, ApiResult};
use crate::ledger::listings::EntryRow;
use crate::trust::Trust;

/// An entry of a list.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ListEntry {
    /// The id.
    id: String,
    /// The version. It grows with every change, and `If-Match` compares it.
    version: u64,
    /// The entry, as it was put; of a picture its hashes.
    #[schema(value_type = Object)]
    entry: Value,
    /// The listings that it hit since its last change.
    hits: u64,
    /// Those that people confirmed.
    confirmed: u64,
    /// Those that people released, or that an appeal did.
    overturned: u64,
    /// The share of the decided ones that people confirmed, with four decimals.
    #[serde(skip_serializing_if = "Option::is_none")]
    precision: Option<f64>,
    /// The lower end of its interval (Wilson, 95 %), with four decimals.
    #[serde(skip_serializing_if = "Option::is_none")]
    low: Option<f64>,
    /// The time of the last change, in Unix milliseconds.
    changed_ms: u64,
    /// The `sub` of the moderator who made it.
    by: String,
}

fn shown(row: EntryRow) -> ListEntry {
    let precision = precision(row.confirmed, row.overturned);
    ListEntry {
        id: row.id,
        version: row.version,
        entry: row.entry,
        hits: row.hits,
        confirmed: row.confirmed,
        overturned: row.overturned,
        precision: precision.map(|one| four_decimals(one.share)),
        low: precision.map(|one| four_decimals(one.low)),
        changed_ms: row.changed_ms,
        by: row.changed_by,
    }
}

async fn get(trust: &Trust, list: List, id: &str) -> ApiResult<Response> {
    let found = trust.ledger.list_entry(list, known(id)?).await?.ok_or_else(ApiError::not_found)?;
    Ok(json(&shown(found)))
}

async fn put(
    TrustModerator { sub, trust }: TrustModerator,
    list: List,
    id: String,
    version: Option<u64>,
    entry: Value,
) -> ApiResult<Response> {
    check_id("id", &id)?;
    Ok(json(&shown(trust.put_entry(list, id, entry, sub, version).await?)))
}

async fn delete(trust: &Trust, list: List, id: &str, version: Option<u64>) -> ApiResult<Response> {
    trust.ledger.delete_list_entry(list, known(id)?, version).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The id of an entry in a path. PostgreSQL reads no text with a NUL.
fn known(id: &str) -> ApiResult<&str> {
    if id.contains('\0') { Err(ApiError::not_found()) } else { Ok(id) }
}

/// The three handlers of a list.
macro_rules! list {
    ($list:expr, $path:literal, $what:literal, $body:ident,
     $get:ident $get_id:literal, $put:ident $put_id:literal, $delete:ident $delete_id:literal) => {
        #[utoipa::path(get, path = $path, tag = "trust", operation_id = $get_id,
                                            params(("entry" = String, Path)),
                                            responses((status = 200, description = $what, body = ListEntry), ApiError))]
        /// An entry with its hits, and how right they were.
        pub async fn $get(TrustReader(trust): TrustReader, Path(id): Path<String>) -> ApiResult<Response> {
            get(&trust, $list, &id).await
        }

        #[utoipa::path(put, path = $path, tag = "trust", operation_id = $put_id, request_body = serde_json::Value,
                                            params(("entry" = String, Path), ("If-Match" = Option<String>, Header)),
                                            responses((status = 200, description = $what, body = ListEntry), ApiError))]
        /// Puts an entry in the place of an earlier one. The hits of a changed one are counted anew.
        pub async fn $put(
            caller: TrustModerator,
            Path(id): Path<String>,
            IfMatch(version): IfMatch,
            $body { value: entry, .. }: $body<Value>,
        ) -> ApiResult<Response> {
            put(caller, $list, id, version, entry).await
        }

        #[utoipa::path(delete, path = $path, tag = "trust", operation_id = $delete_id,
                                            params(("entry" = String, Path), ("If-Match" = Option<String>, Header)),
                                            responses((status = 204, description = "It is deleted"), ApiError))]
        /// Deletes an entry. Its hits in listings stay.
        pub async fn $delete(
            TrustModerator { trust, .. }: TrustModerator,
            Path(id): Path<String>,
            IfMatch(version): IfMatch,
        ) -> ApiResult<Response> {
            delete(&trust, $list, &id, version).await
        }
    };
}

list!(List::Terms, "/trust/terms/{entry}", "The term", Json,
    term "getTerm", put_term "setTerm", delete_term "discardTerm");
list!(List::Brands, "/trust/brands/{entry}", "The brand", Json,
    brand "getBrand", put_brand "setBrand", delete_brand "discardBrand");
list!(List::Images, "/trust/images/{entry}", "The picture", Submission,
    image "getImage", put_image "setImage", delete_image "discardImage");
list!(List::Rules, "/trust/rules/{entry}", "The rule", Json,
    rule "getRule", put_rule "setRule", delete_rule "discardRule");
