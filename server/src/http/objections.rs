//! The route by which a juror objects to a verdict; it changes none.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use live_jury_protocol::{Objection, ObjectionKind, Role};

use super::extract::{Json, ReadableCase};
use super::{ApiError, ApiResult, App};

#[utoipa::path(post, path = "/cases/{id}/objections", tag = "verdicts", operation_id = "createObjection",
    request_body = Objection, params(("id" = String, Path)),
    responses((status = 204, description = "The objection is counted, or one of this juror was before"), ApiError))]
/// Counts an objection of the caller's device to a verdict, one in each case. All but `dropped` need a recorded ballot.
pub async fn create(
    State(app): App,
    ReadableCase { caller, case }: ReadableCase,
    Json { value: Objection { kind }, .. }: Json<Objection>,
) -> ApiResult<Response> {
    let identity = &caller.0.identity;
    if identity.role != Role::Viewer || identity.anonymous {
        return Err(ApiError::forbidden("this is for viewers who vote"));
    }
    if kind == ObjectionKind::Unknown {
        return Err(ApiError::field("kind", "must be statement, shown, seal, line, draw or dropped"));
    }
    if !app.reads.may_prove(&identity.sub, app.clock.instant()) {
        return Err(ApiError::too_many_reads());
    }
    let juror = app.lifecycle.attestor.key.pseudonym(case.id, &identity.sub);
    if kind != ObjectionKind::Dropped {
        let is_recorded = match case.state.ended() {
            Some(_) => app.lifecycle.reads.ballots_of(case.id, &[juror]).await?.iter().any(Option::is_some),
            None => false,
        };
        if !is_recorded {
            return Err(ApiError::no_ballot());
        }
    }
    app.lifecycle.docket.object(case.id, &juror, kind).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
