//! Extractors of the case in a path, each for those who may do something with it.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use live_jury_court::{Case, State};
use live_jury_protocol::{CaseId, Role};

use super::{Caller, IfMatch, segment_and_caller};
use crate::auth::Scope;
use crate::http::{ApiError, ApiResult};
use crate::lifecycle::{LifecycleError, ModeratorRequest};
use crate::state::AppState;

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

impl ModeratedCase {
    /// The case, and the request to change it.
    pub fn request(self, IfMatch(version): IfMatch) -> (Case, ModeratorRequest) {
        let Self { sub, all_rooms, is_platform, case } = self;
        (case, ModeratorRequest { sub, version, all_rooms, is_platform })
    }
}

impl Caller {
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

impl FromRequestParts<Arc<AppState>> for ReadableCase {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let (segment, caller) = segment_and_caller(parts, app).await?;
        let case = caller.readable_case(app, &segment).await?;
        Ok(Self { caller, case })
    }
}

impl FromRequestParts<Arc<AppState>> for ModeratedCase {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> ApiResult<Self> {
        let (segment, caller) = segment_and_caller(parts, app).await?;
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
    let (segment, caller) = segment_and_caller(parts, app).await?;
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
        let (segment, caller) = segment_and_caller(parts, app).await?;
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
        let (segment, caller) = segment_and_caller(parts, app).await?;
        if !caller.reads_all() {
            return Err(ApiError::forbidden("this is for moderators"));
        }
        Ok(Self(caller.readable_or_erased(app, &segment).await?.map_or_else(|id| id, |case| case.id)))
    }
}
