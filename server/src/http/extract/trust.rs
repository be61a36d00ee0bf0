//! Extractors of the routes of trust: who calls, on a node with trust. Without it there are no such routes.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use live_jury_protocol::Role;

use super::{Caller, ReaderOfAllRooms};
use crate::http::{ApiError, ApiResult};
use crate::state::AppState;
use crate::trust::Trust;

/// The platform, on a node with trust.
pub struct TrustPlatform {
    /// The caller's `sub`.
    pub sub: String,
    /// Trust.
    pub trust: Trust,
}

/// A moderator of all rooms or the platform, on a node with trust.
pub struct TrustReader(pub Trust);

/// Anybody, also without a token, on a node with trust.
pub struct TrustAnybody(pub Trust);

/// Anybody with a token, on a node with trust.
pub struct TrustUser(pub Trust);

/// A moderator of all rooms, on a node with trust.
pub struct TrustModerator {
    /// The moderator's `sub`.
    pub sub: String,
    /// Trust.
    pub trust: Trust,
}

/// One who may act for a party, or read about it, on a node with trust: the party itself, the platform, or a moderator
/// of all rooms.
pub struct TrustParty {
    /// The caller.
    pub caller: Caller,
    /// Trust.
    pub trust: Trust,
}

/// The node's trust. Without it there are no such routes.
fn trust_of(app: &AppState) -> ApiResult<Trust> {
    app.trust.clone().ok_or_else(ApiError::not_found)
}

impl FromRequestParts<Arc<AppState>> for TrustPlatform {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let trust = trust_of(app)?;
        let caller = Caller::from_request_parts(parts, app).await?;
        if caller.0.identity.role == Role::Platform {
            Ok(Self { sub: caller.0.identity.sub, trust })
        } else {
            Err(ApiError::forbidden("this is for the platform"))
        }
    }
}

impl FromRequestParts<Arc<AppState>> for TrustReader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let trust = trust_of(app)?;
        ReaderOfAllRooms::from_request_parts(parts, app).await?;
        Ok(Self(trust))
    }
}

impl FromRequestParts<Arc<AppState>> for TrustAnybody {
    type Rejection = ApiError;

    async fn from_request_parts(_: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        trust_of(app).map(Self)
    }
}

impl FromRequestParts<Arc<AppState>> for TrustUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let trust = trust_of(app)?;
        Caller::from_request_parts(parts, app).await?;
        Ok(Self(trust))
    }
}

impl FromRequestParts<Arc<AppState>> for TrustModerator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let trust = trust_of(app)?;
        let caller = Caller::from_request_parts(parts, app).await?;
        if caller.is_moderator() && caller.is_machine() {
            Ok(Self { sub: caller.0.identity.sub, trust })
        } else {
            Err(ApiError::forbidden("this is for moderators of all rooms"))
        }
    }
}

impl FromRequestParts<Arc<AppState>> for TrustParty {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let trust = trust_of(app)?;
        let caller = Caller::from_request_parts(parts, app).await?;
        if caller.is_machine() || caller.party().is_some() {
            Ok(Self { caller, trust })
        } else {
            Err(ApiError::forbidden("this is for merchants, hosts, the platform and moderators of all rooms"))
        }
    }
}
