//! The route that appeals a verdict; what an appeal may be is the lifecycle's.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use live_jury_protocol as protocol;

use super::extract::{Appellant, IfMatch, NoFields};
use super::response::case_json;
use super::{ApiError, ApiResult, App};
use live_jury_court::Audience;

#[utoipa::path(post, path = "/cases/{id}/appeal", tag = "cases", operation_id = "appealCase",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 201, description = "The draft of the appeal", body = protocol::Case), ApiError))]
/// Appeals a decided or hung case within 72 h: files a draft with the same brief, for a larger panel.
pub async fn appeal(
    State(app): App,
    Appellant(appellant): Appellant,
    if_match: IfMatch,
    _: NoFields,
) -> ApiResult<Response> {
    let (case, request) = appellant.request(if_match);
    let draft = app.lifecycle.appeal(&case, &request).await?;
    let mut response = case_json(&draft, Audience::Moderator);
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}
