//! Extractors: each reads one part of a request and refuses it with a problem; none changes a case.
//!
//! A handler lists them in the order in which errors are found: token, room or case, role, headers, body.

mod body;
mod case;
mod headers;
mod list;
mod policy;
mod trust;

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::header;
use axum::http::request::Parts;
use live_jury_court::Audience;
use live_jury_protocol::{Role, RoomId};
use live_jury_trust::Party;

use super::{ApiError, ApiResult};
use crate::auth::{Claims, Scope, TokenError};
use crate::state::AppState;

pub use body::{Json, Lines, NoFields, Submission, parse};
pub use case::{Appellant, DisclosedCase, DisclosedTrail, EditedDraft, ModeratedCase, ReadableCase};
pub use headers::{IdempotencyKey, IfMatch};
pub use list::{PageQuery, limit, place};
pub use policy::{PolicyReader, PolicySetter};
pub use trust::{TrustAnybody, TrustModerator, TrustParty, TrustPlatform, TrustReader, TrustUser};

/// The claims of the token in `Authorization`.
pub struct Caller(pub Claims);

/// A caller whose token is good in the path's room.
pub struct RoomReader {
    /// The caller.
    pub caller: Caller,
    /// The room.
    pub room: RoomId,
}

/// A caller who may moderate the path's room.
pub struct Moderator {
    /// The caller's `sub`.
    pub sub: String,
    /// The room.
    pub room: RoomId,
}

/// A moderator of all rooms, or the platform.
pub struct ReaderOfAllRooms {
    /// The caller's `sub`.
    pub sub: String,
}

/// The platform.
pub struct Platform {
    /// The caller's `sub`.
    pub sub: String,
}

impl Caller {
    /// The parts of a case that this caller may read.
    pub fn audience(&self) -> Audience {
        if self.reads_all() { Audience::Moderator } else { Audience::Public }
    }

    /// Whether the bearer is a machine of the platform rather than a person.
    pub fn is_machine(&self) -> bool {
        self.0.scope == Scope::Everywhere
    }

    /// Whether the role reads what moderators read, in whichever room.
    pub fn reads_all(&self) -> bool {
        matches!(self.0.identity.role, Role::Moderator | Role::Platform)
    }

    /// The party that the bearer acts for, if it is one.
    pub fn party(&self) -> Option<&Party> {
        self.0.party.as_deref()
    }

    /// Whether the role is moderator, in whichever room.
    pub fn is_moderator(&self) -> bool {
        self.0.identity.role == Role::Moderator
    }

    fn check_room(&self, room: &RoomId) -> ApiResult<()> {
        if self.0.allows(room) { Ok(()) } else { Err(ApiError::forbidden("the token is for another room")) }
    }

    /// Refuses all but the platform.
    fn check_platform(&self) -> ApiResult<()> {
        match self.0.identity.role {
            Role::Platform => Ok(()),
            _ => Err(ApiError::forbidden("this is for the platform")),
        }
    }

    /// Refuses callers who moderate no room.
    fn check_moderator(&self) -> ApiResult<()> {
        if self.is_moderator() { Ok(()) } else { Err(ApiError::forbidden("this is for moderators")) }
    }

    /// The moderator's `sub`; refuses callers who may not moderate the room.
    fn moderator_of(self, room: &RoomId) -> ApiResult<String> {
        self.check_moderator()?;
        self.check_room(room)?;
        Ok(self.0.identity.sub)
    }
}

impl FromRequestParts<Arc<AppState>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        // A read's token was verified when the read was counted.
        if let Some(claims) = parts.extensions.remove::<Claims>() {
            return Ok(Self(claims));
        }
        let given = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer =
            given.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let Some((_, token)) = bearer else {
            return Err(ApiError::token_invalid("Authorization must be Bearer and a token"));
        };
        match app.verifier.verify(token.trim()).await {
            Ok(claims) => Ok(Self(claims)),
            Err(error @ TokenError::Unchecked(_)) => {
                crate::telemetry::log_limited!(warn, %error, "a token could not be checked");
                Err(ApiError::unavailable())
            }
            Err(error) => Err(ApiError::token_invalid(error.to_string())),
        }
    }
}

impl FromRequestParts<Arc<AppState>> for RoomReader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let (segment, caller) = segment_and_caller(parts, app).await?;
        let room = room_of(&segment)?;
        caller.check_room(&room)?;
        Ok(Self { caller, room })
    }
}

impl FromRequestParts<Arc<AppState>> for Moderator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let (segment, caller) = segment_and_caller(parts, app).await?;
        let room = room_of(&segment)?;
        Ok(Self { sub: caller.moderator_of(&room)?, room })
    }
}

impl FromRequestParts<Arc<AppState>> for ReaderOfAllRooms {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let caller = Caller::from_request_parts(parts, app).await?;
        if caller.is_machine() {
            Ok(Self { sub: caller.0.identity.sub })
        } else {
            Err(ApiError::forbidden("this is for the platform and for moderators of all rooms"))
        }
    }
}

impl FromRequestParts<Arc<AppState>> for Platform {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let caller = Caller::from_request_parts(parts, app).await?;
        caller.check_platform()?;
        Ok(Self { sub: caller.0.identity.sub })
    }
}

/// The room in a path.
pub fn room_of(segment: &str) -> ApiResult<RoomId> {
    segment.parse().map_err(|error| ApiError::field("room", format!("{error}")))
}

/// The only parameter of a route's path.
async fn path_segment(parts: &mut Parts) -> ApiResult<String> {
    let segment = <Path<String> as FromRequestParts<()>>::from_request_parts(parts, &()).await;
    segment.map(|Path(text)| text).map_err(|error| ApiError::malformed(error.body_text()))
}

/// The only parameter of a route's path, and the caller. A path that cannot be read is refused first.
async fn segment_and_caller(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<(String, Caller)> {
    let segment = path_segment(parts).await?;
    Ok((segment, Caller::from_request_parts(parts, app).await?))
}
