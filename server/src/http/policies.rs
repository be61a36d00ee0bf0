//! The routes of a room's policy; what a policy means is the lifecycle's.

use axum::extract::State;
use axum::response::Response;
use live_jury_protocol::{Page, PolicyChange, RoomPolicy};
use serde::Deserialize;

use super::extract::{self, Json, PageQuery, PolicyReader, PolicySetter};
use super::page::page;
use super::response::json;
use super::{ApiError, ApiResult, App};
use crate::docket::PolicyLine;

#[utoipa::path(put, path = "/rooms/{room}/policy", tag = "policies", operation_id = "setPolicy",
    request_body = RoomPolicy, params(("room" = String, Path, description = "A room, or * for all rooms")),
    responses((status = 200, description = "The policy from now on", body = RoomPolicy), ApiError))]
/// Sets a room's policy as a whole. Open cases keep the one of their opening.
pub async fn set(
    State(app): App,
    PolicySetter { sub, scope }: PolicySetter,
    Json { value: policy, .. }: Json<RoomPolicy>,
) -> ApiResult<Response> {
    live_jury_court::check_policy(&policy)?;
    let change = PolicyChange { at_ms: app.clock.now_ms(), by: sub, policy };
    app.lifecycle.docket.set_policy(&scope, &change).await?;
    tracing::info!(by = change.by, room = scope.as_str(), "a policy was set");
    Ok(json(&change.policy))
}

#[utoipa::path(get, path = "/rooms/{room}/policy", tag = "policies", operation_id = "getPolicy",
    params(("room" = String, Path, description = "A room, or * for all rooms")),
    responses((status = 200, description = "The policy of cases that are opened now", body = RoomPolicy), ApiError))]
/// A room's policy: its own, else that of all rooms, else one with every field off.
pub async fn get(State(app): App, PolicyReader(scope): PolicyReader) -> ApiResult<Response> {
    Ok(json(&app.lifecycle.reads.policy(&scope).await?))
}

/// Parameters of a policy's history.
#[derive(Deserialize)]
pub struct ChangesQuery {
    limit: Option<String>,
    after: Option<String>,
}

#[utoipa::path(get, path = "/rooms/{room}/policy/audit", tag = "policies", operation_id = "listPolicyChanges",
    params(("room" = String, Path, description = "A room, or * for all rooms"), ("after" = Option<String>, Query),
           ("limit" = Option<u32>, Query)),
    responses((status = 200, description = "A page of the policy's history", body = Page<PolicyChange>), ApiError))]
/// Each change of a room's own policy, with its author and time, oldest first.
pub async fn changes(
    State(app): App,
    PolicyReader(scope): PolicyReader,
    PageQuery(query): PageQuery<ChangesQuery>,
) -> ApiResult<Response> {
    let limit = extract::limit(query.limit.as_deref())?;
    let after = extract::place("after", query.after.as_deref())?.unwrap_or(0);
    let lines = app.lifecycle.reads.policy_changes(&scope, after, limit).await?;
    let items = lines.into_iter().map(|PolicyLine { line, change }| (change, Some(line.to_string())));
    Ok(json(&page(items, limit)))
}
