//! Extractors: each reads one part of a request and refuses it with a problem; none changes a case.
//!
//! A handler lists them in the order in which errors are found: token, room or case, role, headers, body.

mod body;
mod list;
mod trust;

use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts, Path};
use axum::http::header;
use axum::http::request::Parts;
use live_jury_protocol::{CaseId, Role, RoomId, limits};

use super::{ApiError, ApiResult};
use crate::auth::{Claims, Scope, TokenError};
use crate::docket::PolicyScope;
use crate::lifecycle::{LifecycleError, ModeratorRequest};
use crate::state::AppState;
use live_jury_court::{Audience, Case, State};
use live_jury_trust::Party;

pub use body::{Json, Lines, NoFields, Submission, parse};
pub use list::{PageQuery, limit, place};
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

/// The path's case, which the caller may read. Other rooms' cases are hidden, and drafts from all but moderators.
pub struct ReadableCase {
    /// The caller.
    pub caller: Caller,
    /// The case.
    pub case: Case,
}

/// The path's case, which the caller may moderate.
pub struct ModeratedCase {
    /// The moderator's `sub`.
    pub sub: String,
    /// Whether the moderator may act in all rooms.
    pub all_rooms: bool,
    /// Whether it is the platform, which takes steps on appeals only.
    pub is_platform: bool,
    /// The case.
    pub case: Case,
}

/// The path's case, which the caller may appeal: one who may moderate it, or the platform.
pub struct Appellant(pub ModeratedCase);

/// The path's draft, which the caller may edit: one who may moderate it, or the platform if it is an appeal.
pub struct EditedDraft(pub ModeratedCase);

/// The path's case, of which the caller may read everything.
pub struct DisclosedCase(pub Case);

/// The id of the path's case, whose audit trail the caller may read. The trail of an erased case stays.
pub struct DisclosedTrail(pub CaseId);

/// The platform, for the policy of the path's room or of all rooms.
pub struct PolicySetter {
    /// The caller's `sub`.
    pub sub: String,
    /// The rooms.
    pub scope: PolicyScope,
}

/// A caller who may read the policy of the path's room. That of all rooms is for those who read all of them.
pub struct PolicyReader(pub PolicyScope);

/// The version in `If-Match`; none without the header, or with `*`.
pub struct IfMatch(pub Option<u64>);

/// The `Idempotency-Key`.
pub struct IdempotencyKey(pub String);

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

    /// The case with the id in a path, if this caller may read it. Other rooms' cases are hidden, and drafts from all
    /// but moderators.
    pub async fn readable_case(&self, app: &AppState, id: &str) -> ApiResult<Case> {
        self.readable_or_erased(app, id).await?.map_err(|_| ApiError::erased())
    }

    /// The same, or the id of a case of such a room that was erased.
    pub async fn readable_or_erased(&self, app: &AppState, id: &str) -> ApiResult<Result<Case, CaseId>> {
        let id: CaseId = id.parse().map_err(|_| ApiError::not_found())?;
        let case = match app.lifecycle.read_case(id).await {
            Err(LifecycleError::NotFound) => {
                let room = app.lifecycle.read_erased(id).await?;
                let is_erased = room.is_some_and(|room| self.0.allows(&room));
                return if is_erased { Ok(Err(id)) } else { Err(ApiError::not_found()) };
            }
            found => found?,
        };
        let hidden = case.state == State::Draft && !self.reads_all();
        if hidden || !self.0.allows(&case.room) {
            return Err(ApiError::not_found());
        }
        Ok(Ok(case))
    }
}

impl ModeratedCase {
    /// The case, and the request to change it.
    pub fn request(self, IfMatch(version): IfMatch) -> (Case, ModeratorRequest) {
        let Self { sub, all_rooms, is_platform, case } = self;
        (case, ModeratorRequest { sub, version, all_rooms, is_platform })
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
        let segment = path_segment(parts).await?;
        let caller = Caller::from_request_parts(parts, app).await?;
        let room = room_of(&segment)?;
        caller.check_room(&room)?;
        Ok(Self { caller, room })
    }
}

impl FromRequestParts<Arc<AppState>> for Moderator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let segment = path_segment(parts).await?;
        let caller = Caller::from_request_parts(parts, app).await?;
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

impl FromRequestParts<Arc<AppState>> for ReadableCase {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let segment = path_segment(parts).await?;
        let caller = Caller::from_request_parts(parts, app).await?;
        let case = caller.readable_case(app, &segment).await?;
        Ok(Self { caller, case })
    }
}

impl FromRequestParts<Arc<AppState>> for ModeratedCase {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let segment = path_segment(parts).await?;
        let caller = Caller::from_request_parts(parts, app).await?;
        // The role is checked before the case is read; its room is known only then.
        caller.check_moderator()?;
        let case = caller.readable_case(app, &segment).await?;
        let all_rooms = caller.0.scope == Scope::Everywhere;
        Ok(Self { sub: caller.moderator_of(&case.room)?, all_rooms, is_platform: false, case })
    }
}

impl FromRequestParts<Arc<AppState>> for Appellant {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        moderated_or_platform(parts, app, |_| true).await.map(Self)
    }
}

impl FromRequestParts<Arc<AppState>> for EditedDraft {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        moderated_or_platform(parts, app, |case| case.appeal_of.is_some()).await.map(Self)
    }
}

/// The path's case for one who may moderate it, or for the platform if `may_platform` says so.
async fn moderated_or_platform(
    parts: &mut Parts,
    app: &Arc<AppState>,
    may_platform: fn(&Case) -> bool,
) -> ApiResult<ModeratedCase> {
    let segment = path_segment(parts).await?;
    let caller = Caller::from_request_parts(parts, app).await?;
    let is_platform = caller.0.identity.role == Role::Platform;
    if !is_platform {
        caller.check_moderator()?;
    }
    let case = caller.readable_case(app, &segment).await?;
    if is_platform && !may_platform(&case) {
        return Err(ApiError::forbidden("this is for moderators"));
    }
    let all_rooms = caller.0.scope == Scope::Everywhere;
    Ok(ModeratedCase { sub: caller.0.identity.sub, all_rooms, is_platform, case })
}

impl FromRequestParts<Arc<AppState>> for DisclosedCase {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let segment = path_segment(parts).await?;
        let caller = Caller::from_request_parts(parts, app).await?;
        if !caller.reads_all() {
            return Err(ApiError::forbidden("this is for moderators"));
        }
        let case = caller.readable_case(app, &segment).await?;
        caller.check_room(&case.room)?;
        Ok(Self(case))
    }
}

impl FromRequestParts<Arc<AppState>> for DisclosedTrail {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let segment = path_segment(parts).await?;
        let caller = Caller::from_request_parts(parts, app).await?;
        if !caller.reads_all() {
            return Err(ApiError::forbidden("this is for moderators"));
        }
        Ok(Self(caller.readable_or_erased(app, &segment).await?.map_or_else(|id| id, |case| case.id)))
    }
}

impl FromRequestParts<Arc<AppState>> for PolicySetter {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let segment = path_segment(parts).await?;
        let caller = Caller::from_request_parts(parts, app).await?;
        caller.check_platform()?;
        Ok(Self { scope: scope_of(&segment)?, sub: caller.0.identity.sub })
    }
}

impl FromRequestParts<Arc<AppState>> for PolicyReader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let segment = path_segment(parts).await?;
        let caller = Caller::from_request_parts(parts, app).await?;
        let scope = scope_of(&segment)?;
        match &scope {
            PolicyScope::Room(room) => caller.check_room(room)?,
            PolicyScope::AllRooms if caller.is_machine() => {}
            PolicyScope::AllRooms => return Err(ApiError::forbidden("the token is for one room")),
        }
        Ok(Self(scope))
    }
}

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

/// The rooms of a policy in a path.
fn scope_of(segment: &str) -> ApiResult<PolicyScope> {
    if segment == "*" { Ok(PolicyScope::AllRooms) } else { room_of(segment).map(PolicyScope::Room) }
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
