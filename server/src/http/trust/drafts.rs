//! A merchant's statement to a draft about it.

use axum::extract::{Path, State};
use axum::response::Response;
use live_jury_court::check_needed_text;
use live_jury_protocol::trust::{PartyDraft, SideStatement};
use live_jury_protocol::{CaseId, limits};
use live_jury_trust::PartyKind;

use crate::http::extract::{IfMatch, Json, TrustParty};
use crate::http::response::versioned_json;
use crate::http::{ApiError, ApiResult, App};

#[utoipa::path(put, path = "/trust/cases/{id}/statement", tag = "trust", operation_id = "setStatement",
    request_body = SideStatement, params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, description = "The draft with the statement", body = PartyDraft), ApiError))]
/// Gives the merchant's side to a draft about it, before the case opens. It becomes the statement of that side, in the
/// place of an earlier one.
pub async fn state(
    State(app): App,
    TrustParty { caller, trust }: TrustParty,
    Path(id): Path<String>,
    IfMatch(version): IfMatch,
    Json { value: SideStatement { text }, .. }: Json<SideStatement>,
) -> ApiResult<Response> {
    let party = caller.party().filter(|party| party.kind == PartyKind::Merchant);
    let party = party.ok_or_else(|| ApiError::forbidden("this is for the merchant that a draft is about"))?;
    let id: CaseId = id.parse().map_err(|_| ApiError::not_found())?;
    let text = text.trim();
    check_needed_text("text", text, limits::STATEMENT_CHARS_MAX)?;
    app.steps.take(&caller.0.identity.sub, app.clock.instant()).map_err(ApiError::too_many_steps)?;
    let case = app.lifecycle.state_side(id, &party.id, text, version).await?;
    let draft = trust.draft(&party.id, &case).ok_or_else(ApiError::not_found)?;
    Ok(versioned_json(case.version, &draft))
}
