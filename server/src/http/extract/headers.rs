//! Extractors of headers: the version that a change is for, and the key of a request that is carried out once.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use live_jury_protocol::limits;

use crate::http::{ApiError, ApiResult};

/// The version in `If-Match`; none without the header, or with `*`.
pub struct IfMatch(pub Option<u64>);

/// The `Idempotency-Key`.
pub struct IdempotencyKey(pub String);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> ApiResult<Self> {
        let Some(given) = parts.headers.get(header::IF_MATCH) else { return Ok(Self(None)) };
        let text = given.to_str().unwrap_or_default().trim();
        let text = text.strip_prefix("W/").unwrap_or(text);
        if text == "*" {
            return Ok(Self(None));
        }
        match text.trim_matches('"').parse() {
            Ok(version) => Ok(Self(Some(version))),
            Err(_) => Err(ApiError::field("If-Match", "must be a case's version in quotes")),
        }
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> ApiResult<Option<Self>> {
        let Some(given) = parts.headers.get("idempotency-key") else { return Ok(None) };
        match given.to_str() {
            Ok(key) if (1..=limits::IDEMPOTENCY_KEY_BYTES_MAX).contains(&key.len()) => Ok(Some(Self(key.to_owned()))),
            _ => Err(ApiError::field(
                "Idempotency-Key",
                format!("must be 1 to {} bytes of ASCII", limits::IDEMPOTENCY_KEY_BYTES_MAX),
            )),
        }
    }
}
