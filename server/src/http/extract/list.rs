//! Reads the parameters of a list: its filter, its page size and the place to go on from.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use live_jury_protocol::limits;
use serde::de::DeserializeOwned;

use crate::http::{ApiError, ApiResult};

/// The parameters of a list, as text; the handler checks each.
pub struct PageQuery<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for PageQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> ApiResult<Self> {
        let query = Query::try_from_uri(&parts.uri).map_err(|error| ApiError::malformed(error.body_text()))?;
        Ok(Self(query.0))
    }
}

/// The `limit` of a list, or its default.
pub fn limit(text: Option<&str>) -> ApiResult<u32> {
    let number = number("limit", text, limits::PAGE_ITEMS_MAX.into())?;
    match number.map(u32::try_from) {
        None => Ok(limits::PAGE_ITEMS_DEFAULT),
        Some(Ok(number)) if number > 0 => Ok(number),
        Some(_) => Err(ApiError::field("limit", "must be 1 or more")),
    }
}

/// A place in the order of recording, as `next` of an earlier page named it. The stores count up to `i64::MAX`.
pub fn place(name: &str, text: Option<&str>) -> ApiResult<Option<u64>> {
    number(name, text, i64::MAX.unsigned_abs())
}

fn number(name: &str, text: Option<&str>, max: u64) -> ApiResult<Option<u64>> {
    let Some(text) = text else { return Ok(None) };
    match text.parse() {
        Ok(number) if number <= max => Ok(Some(number)),
        _ => Err(ApiError::field(name, format!("must be a number up to {max}"))),
    }
}
