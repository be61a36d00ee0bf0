//! The routes of one case and of a room's cases: parse, call, answer.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use live_jury_court::{Audience, Case};
use live_jury_protocol::{
    self as protocol, AuditEntry, CaseState, Extend, ListedCase, NewCase, Page, Role, Tally, Void, limits,
};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{ApiError, ApiResult, extract};
use crate::docket::{self, CaseQuery};
use crate::lifecycle::CloseRequest;
use crate::room::tally_of;
use crate::state::AppState;

type Shared = State<Arc<AppState>>;

/// Parameters of a list of cases.
#[derive(Deserialize)]
pub struct ListQuery {
    state: Option<String>,
    limit: Option<String>,
    before: Option<String>,
}

#[utoipa::path(post, path = "/api/v1/rooms/{room}/cases", tag = "cases", request_body = NewCase,
    params(("room" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = protocol::Case), (status = "4XX", body = protocol::Problem, content_type = "application/problem+json"),
              (status = 503, body = protocol::Problem, content_type = "application/problem+json")))]
/// Creates a case; with `"open": true` it is opened at once.
pub async fn create(State(shared): Shared, Path(room): Path<String>, request: Request) -> ApiResult<Response> {
    let claims = extract::caller(&shared, request.headers()).await?;
    let room = extract::room(&room)?;
    extract::moderates(&claims, &room)?;
    let key = extract::idempotency_key(request.headers())?;
    let bytes = extract::bytes(&shared, request).await?;
    let new: NewCase = extract::parse(extract::json_value(&bytes)?)?;
    let request = key.map(|key| docket::Request {
        room: room.clone(),
        key,
        digest: Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect(),
        answer: String::new(),
    });
    let answer = |case: &Case| serde_json::to_string(&case.to_wire(Audience::Moderator)).unwrap_or_default();
    let text = shared.lifecycle.create(room, new, &claims.juror.sub, request, answer).await?;
    Ok(json_text(StatusCode::CREATED, text))
}

#[utoipa::path(get, path = "/api/v1/rooms/{room}/cases", tag = "cases",
    params(("room" = String, Path), ("state" = Option<String>, Query, description = "States, comma-separated"),
           ("limit" = Option<u32>, Query), ("before" = Option<String>, Query)),
    responses((status = 200, body = Page<ListedCase>), (status = "4XX", body = protocol::Problem, content_type = "application/problem+json"),
              (status = 503, body = protocol::Problem, content_type = "application/problem+json")))]
/// A room's cases, newest first; drafts for moderators only.
pub async fn list(
    State(shared): Shared,
    Path(room): Path<String>,
    query: Result<Query<ListQuery>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let claims = extract::caller(&shared, &headers).await?;
    let room = extract::room(&room)?;
    extract::in_room(&claims, &room)?;
    let Query(query) = query.map_err(|error| ApiError::malformed(error.body_text()))?;
    let mut states = wanted_states(query.state.as_deref())?;
    if claims.juror.role != Role::Moderator {
        states.retain(|state| *state != CaseState::Draft);
    }
    let limit = extract::limit(query.limit.as_deref())?;
    let before = query.before.map(|text| text.parse()).transpose();
    let before = before.map_err(|_| ApiError::field("before", "must be the next of an earlier page"))?;
    let cases = match states.is_empty() {
        true => Vec::new(),
        false => shared.lifecycle.docket.cases(&CaseQuery { room, states, limit, before }).await?,
    };
    let next = (cases.len() == limit as usize).then(|| cases.last().map(|case| case.id.to_string())).flatten();
    let audience = extract::audience(&claims);
    Ok(json(&Page { items: cases.iter().map(|case| case.to_wire(audience)).collect(), next }))
}

fn wanted_states(text: Option<&str>) -> ApiResult<Vec<CaseState>> {
    match text {
        None | Some("") => Ok(CaseState::ALL.to_vec()),
        Some(text) => {
            text.split(',').map(|name| name.parse().map_err(|error: &str| ApiError::field("state", error))).collect()
        }
    }
}

#[utoipa::path(get, path = "/api/v1/cases/{id}", tag = "cases", params(("id" = String, Path)),
    responses((status = 200, body = protocol::Case), (status = "4XX", body = protocol::Problem, content_type = "application/problem+json"),
              (status = 503, body = protocol::Problem, content_type = "application/problem+json")))]
/// One case, with its verdict if there is one.
pub async fn read(State(shared): Shared, Path(id): Path<String>, headers: HeaderMap) -> ApiResult<Response> {
    let (claims, case) = readable(&shared, &id, &headers).await?;
    Ok(case_json(&case, extract::audience(&claims)))
}

#[utoipa::path(patch, path = "/api/v1/cases/{id}", tag = "cases", request_body = Object,
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = protocol::Case), (status = "4XX", body = protocol::Problem, content_type = "application/problem+json"),
              (status = 503, body = protocol::Problem, content_type = "application/problem+json")))]
/// Edits a draft: a JSON Merge Patch (RFC 7396) of what was written.
pub async fn edit(State(shared): Shared, Path(id): Path<String>, request: Request) -> ApiResult<Response> {
    let (claims, case) = moderated(&shared, &id, request.headers()).await?;
    let asked_by = extract::moderator_request(&claims, request.headers())?;
    let patch = extract::json_value(&extract::bytes(&shared, request).await?)?;
    if !patch.is_object() {
        return Err(ApiError::malformed("the body must be a JSON object"));
    }
    if patch.get("open").is_some() {
        return Err(ApiError::field("open", "a draft is opened by POST /cases/{id}/open"));
    }
    let change = |brief: &NewCase| extract::parse::<NewCase>(merged(brief, &patch));
    let case = shared.lifecycle.edit(case, &asked_by, change).await?;
    Ok(case_json(&case, Audience::Moderator))
}

/// A brief with a merge patch applied; a new term takes the old one's place, as a case has one of the two.
fn merged(brief: &NewCase, patch: &Value) -> Value {
    let mut whole = serde_json::to_value(brief).unwrap_or_default();
    if let Some(fields) = whole.as_object_mut() {
        for (name, other) in [("duration_s", "closes_at_ms"), ("closes_at_ms", "duration_s")] {
            if patch.get(name).is_some_and(|value| !value.is_null()) && patch.get(other).is_none() {
                fields.remove(other);
            }
        }
    }
    merge(&mut whole, patch);
    whole
}

fn merge(whole: &mut Value, patch: &Value) {
    let Some(changes) = patch.as_object() else {
        *whole = patch.clone();
        return;
    };
    if !whole.is_object() {
        *whole = Value::Object(serde_json::Map::new());
    }
    let Some(fields) = whole.as_object_mut() else { return };
    for (name, change) in changes {
        if change.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), change);
        }
    }
}

#[utoipa::path(delete, path = "/api/v1/cases/{id}", tag = "cases",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 204, description = "discarded"), (status = "4XX", body = protocol::Problem, content_type = "application/problem+json"),
              (status = 503, body = protocol::Problem, content_type = "application/problem+json")))]
/// Discards a draft. Its audit trail stays in the docket.
pub async fn discard(State(shared): Shared, Path(id): Path<String>, request: Request) -> ApiResult<Response> {
    let (claims, case) = moderated(&shared, &id, request.headers()).await?;
    let asked_by = extract::moderator_request(&claims, request.headers())?;
    without_fields(&shared, request).await?;
    shared.lifecycle.discard(case, &asked_by).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[utoipa::path(post, path = "/api/v1/cases/{id}/open", tag = "cases",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = protocol::Case), (status = "4XX", body = protocol::Problem, content_type = "application/problem+json"),
              (status = 503, body = protocol::Problem, content_type = "application/problem+json")))]
/// Opens a draft.
pub async fn open(State(shared): Shared, Path(id): Path<String>, request: Request) -> ApiResult<Response> {
    let (claims, case) = moderated(&shared, &id, request.headers()).await?;
    let asked_by = extract::moderator_request(&claims, request.headers())?;
    without_fields(&shared, request).await?;
    let case = shared.lifecycle.open(case, &asked_by).await?;
    Ok(case_json(&case, Audience::Moderator))
}

#[utoipa::path(post, path = "/api/v1/cases/{id}/extend", tag = "cases", request_body = Extend,
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = protocol::Case), (status = "4XX", body = protocol::Problem, content_type = "application/problem+json"),
              (status = 503, body = protocol::Problem, content_type = "application/problem+json")))]
/// Moves an open case's deadline.
pub async fn extend(State(shared): Shared, Path(id): Path<String>, request: Request) -> ApiResult<Response> {
    let (claims, case) = moderated(&shared, &id, request.headers()).await?;
    let asked_by = extract::moderator_request(&claims, request.headers())?;
    let Extend { by_s } = extract::parse(extract::json_value(&extract::bytes(&shared, request).await?)?)?;
    let case = shared.lifecycle.extend(case, by_s, &asked_by).await?;
    Ok(case_json(&case, Audience::Moderator))
}

#[utoipa::path(post, path = "/api/v1/cases/{id}/close", tag = "cases",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = protocol::Case), (status = "4XX", body = protocol::Problem, content_type = "application/problem+json"),
              (status = 503, body = protocol::Problem, content_type = "application/problem+json")))]
/// Closes an open case now and records its verdict.
pub async fn close(State(shared): Shared, Path(id): Path<String>, request: Request) -> ApiResult<Response> {
    let (claims, case) = moderated(&shared, &id, request.headers()).await?;
    let asked_by = extract::moderator_request(&claims, request.headers())?;
    without_fields(&shared, request).await?;
    let case = shared.lifecycle.close(case, CloseRequest::Close, &asked_by).await?;
    Ok(case_json(&case, Audience::Moderator))
}

#[utoipa::path(post, path = "/api/v1/cases/{id}/void", tag = "cases", request_body = Void,
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = protocol::Case), (status = "4XX", body = protocol::Problem, content_type = "application/problem+json"),
              (status = 503, body = protocol::Problem, content_type = "application/problem+json")))]
/// Voids an open case, with the reason.
pub async fn void(State(shared): Shared, Path(id): Path<String>, request: Request) -> ApiResult<Response> {
    let (claims, case) = moderated(&shared, &id, request.headers()).await?;
    let asked_by = extract::moderator_request(&claims, request.headers())?;
    let Void { reason } = extract::parse(extract::json_value(&extract::bytes(&shared, request).await?)?)?;
    live_jury_court::check_text("reason", &reason, limits::REASON_CHARS_MAX)?;
    if reason.trim().is_empty() {
        return Err(ApiError::field("reason", "is needed"));
    }
    let case = shared.lifecycle.close(case, CloseRequest::Void(reason), &asked_by).await?;
    Ok(case_json(&case, Audience::Moderator))
}

#[utoipa::path(get, path = "/api/v1/cases/{id}/tally", tag = "cases", params(("id" = String, Path)),
    responses((status = 200, body = Tally), (status = "4XX", body = protocol::Problem, content_type = "application/problem+json"),
              (status = 503, body = protocol::Problem, content_type = "application/problem+json")))]
/// A case's tally, counts always. Of a recorded case it is the recorded one, `rev` then being the number of ballots.
pub async fn tally(State(shared): Shared, Path(id): Path<String>, headers: HeaderMap) -> ApiResult<Response> {
    let (_, case) = moderated(&shared, &id, &headers).await?;
    let Some(opened) = case.state.opened() else {
        return Err(ApiError::no_tally("a draft has no tally"));
    };
    if let Some(ended) = case.state.ended() {
        let verdict = &ended.verdict;
        let (case, epoch) = (case.id, opened.epoch);
        let ballots = verdict.ballots;
        return Ok(json(&Tally { case, epoch, rev: ballots, ballots, counts: verdict.counts.clone() }));
    }
    let state = shared.lifecycle.tally.poll(case.id, opened.epoch, 0).await;
    let state = state.map_err(|error| {
        tracing::warn!(case = %case.id, %error, "a tally cannot be read");
        ApiError::unavailable()
    })?;
    Ok(json(&tally_of(&case, &state)))
}

#[utoipa::path(get, path = "/api/v1/cases/{id}/audit", tag = "cases", params(("id" = String, Path)),
    responses((status = 200, body = Page<AuditEntry>), (status = "4XX", body = protocol::Problem, content_type = "application/problem+json"),
              (status = 503, body = protocol::Problem, content_type = "application/problem+json")))]
/// Who did what and when, oldest first.
pub async fn audit(State(shared): Shared, Path(id): Path<String>, headers: HeaderMap) -> ApiResult<Response> {
    let (_, case) = moderated(&shared, &id, &headers).await?;
    let items = shared.lifecycle.docket.audit(case.id).await?;
    Ok(json(&Page { items, next: None }))
}

/// A case that this caller may read: a draft is for moderators, another room's case is none.
async fn readable(shared: &Arc<AppState>, id: &str, headers: &HeaderMap) -> ApiResult<(crate::auth::Claims, Case)> {
    let claims = extract::caller(shared, headers).await?;
    let case = shared.lifecycle.case(extract::case_id(id)?).await?;
    let hidden = case.state == live_jury_court::State::Draft && claims.juror.role != Role::Moderator;
    if hidden || !claims.allows(&case.room) {
        return Err(ApiError::not_found());
    }
    Ok((claims, case))
}

/// A case that this caller may moderate.
pub(super) async fn moderated(
    shared: &Arc<AppState>,
    id: &str,
    headers: &HeaderMap,
) -> ApiResult<(crate::auth::Claims, Case)> {
    let (claims, case) = readable(shared, id, headers).await?;
    extract::moderates(&claims, &case.room)?;
    Ok((claims, case))
}

/// A transition without fields needs no body; one that comes must be empty of fields.
async fn without_fields(shared: &AppState, request: Request) -> ApiResult<()> {
    #[derive(Deserialize)]
    struct Nothing {}
    let bytes = extract::bytes(shared, request).await?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    extract::parse(extract::json_value(&bytes)?).map(|Nothing {}| ())
}

fn case_json(case: &Case, audience: Audience) -> Response {
    let mut response = json(&case.to_wire(audience));
    if let Ok(version) = HeaderValue::from_str(&format!("\"{}\"", case.version)) {
        response.headers_mut().insert(header::ETAG, version);
    }
    response
}

pub(super) fn json(value: &impl serde::Serialize) -> Response {
    json_text(StatusCode::OK, serde_json::to_string(value).unwrap_or_default())
}

fn json_text(status: StatusCode, text: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}
