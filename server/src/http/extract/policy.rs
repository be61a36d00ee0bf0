//! Extractors of the rooms of a policy in a path, for those who may set or read it.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::{room_of, segment_and_caller};
use crate::docket::PolicyScope;
use crate::http::{ApiError, ApiResult};
use crate::state::AppState;

/// The platform, for the policy of the path's room or of all rooms.
pub struct PolicySetter {
    /// The caller's `sub`.
    pub sub: String,
    /// The rooms.
    pub scope: PolicyScope,
}

/// A caller who may read the policy of the path's room. The policy of all rooms is for those who read all of them.
pub struct PolicyReader(pub PolicyScope);

impl FromRequestParts<Arc<AppState>> for PolicySetter {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let (segment, caller) = segment_and_caller(parts, app).await?;
        caller.check_platform()?;
        Ok(Self { scope: scope_of(&segment)?, sub: caller.0.identity.sub })
    }
}

impl FromRequestParts<Arc<AppState>> for PolicyReader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let (segment, caller) = segment_and_caller(parts, app).await?;
        let scope = scope_of(&segment)?;
        match &scope {
            PolicyScope::Room(room) => caller.check_room(room)?,
            PolicyScope::AllRooms if caller.is_machine() => {}
            PolicyScope::AllRooms => return Err(ApiError::forbidden("the token is for one room")),
        }
        Ok(Self(scope))
    }
}

/// The rooms of a policy in a path.
fn scope_of(segment: &str) -> ApiResult<PolicyScope> {
    if segment == "*" { Ok(PolicyScope::AllRooms) } else { room_of(segment).map(PolicyScope::Room) }
}
