//! The route that revokes tokens before their end; it closes no socket itself.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use live_jury_protocol::{Revoke, limits};

use super::extract::{Json, ReaderOfAllRooms};
use super::{ApiError, ApiResult, App};
use crate::auth::Revocation;
use crate::revocations;
use live_jury_court::{ID_FORM, is_id};

#[utoipa::path(post, path = "/revocations", tag = "tokens", operation_id = "revokeTokens", request_body = Revoke,
    responses((status = 204, description = "The tokens are revoked on all nodes within 2 s"), ApiError))]
/// Revokes one token by its `jti`, or all tokens of a `sub` whose `iat` is missing or not later than now.
pub async fn revoke(
    State(app): App,
    ReaderOfAllRooms { sub: by }: ReaderOfAllRooms,
    Json { value: revoke, .. }: Json<Revoke>,
) -> ApiResult<Response> {
    let known = app.verifier.revocations();
    let hash = match (&revoke.jti, &revoke.sub) {
        (Some(jti), None) => {
            check_id("jti", jti, limits::JTI_BYTES_MAX)?;
            known.hash_of_jti(jti)
        }
        (None, Some(sub)) => {
            check_id("sub", sub, limits::SUB_BYTES_MAX)?;
            known.hash_of_sub(sub)
        }
        (None, None) => return Err(ApiError::field("jti", "is needed, or sub")),
        (Some(_), Some(_)) => return Err(ApiError::field("sub", "must not come with jti")),
    };
    revocations::revoke(&app, Revocation { hash, revoked_at_ms: app.clock.now_ms() }).await?;
    tracing::info!(by, all_of_a_sub = revoke.sub.is_some(), "tokens were revoked");
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Refuses an id that no token can have: it would revoke nothing.
fn check_id(field: &str, id: &str, bytes_max: usize) -> ApiResult<()> {
    if id.len() <= bytes_max && is_id(id) {
        Ok(())
    } else {
        Err(ApiError::field(field, format!("must be 1 to {bytes_max} bytes {ID_FORM}")))
    }
}
