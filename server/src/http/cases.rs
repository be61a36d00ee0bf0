//! The routes of a room's cases and of one case; the rules of a step are the lifecycle's.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use live_jury_protocol::{self as protocol, AuditEntry, CaseState, Extend, ListedCase, NewCase, Page, Tally, Void};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::extract::{
    self, DisclosedCase, DisclosedTrail, EditedDraft, IdempotencyKey, IfMatch, Json, ModeratedCase, Moderator,
    NoFields, PageQuery, ReadableCase, RoomReader,
};
use super::page::page;
use super::response::{case_json, json, json_text, versioned_json};
use super::{ApiError, ApiResult, App};
use crate::docket::{self, AuditLine, CaseChecks, CaseQuery};
use crate::lifecycle::{CloseRequest, Moderated};
use crate::room::tally_of;
use crate::state::AppState;
use live_jury_court::{Audience, Case};

#[utoipa::path(post, path = "/rooms/{room}/cases", tag = "cases", operation_id = "createCase", request_body = NewCase,
    params(("room" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, description = "The created case", body = protocol::Case), ApiError))]
/// Creates a case; with `"open": true` it is opened at once.
pub async fn create(
    State(app): App,
    Moderator { sub, room }: Moderator,
    key: Option<IdempotencyKey>,
    body: Json<NewCase>,
) -> ApiResult<Response> {
    let request = key.map(|IdempotencyKey(key)| docket::Request {
        room: room.clone(),
        key,
        digest: HEXLOWER.encode(&Sha256::digest(&body.bytes)),
        answer: String::new(),
    });
    let answer = |case: &Case| serde_json::to_string(&case.to_wire(Audience::Moderator)).unwrap_or_default();
    check_policy(&app, &body.value)?;
    let text = app.lifecycle.create(room, body.value, &sub, request, answer).await?;
    Ok(json_text(StatusCode::CREATED, text))
}

/// Parameters of a list of cases.
#[derive(Deserialize)]
pub struct ListQuery {
    state: Option<String>,
    limit: Option<String>,
    before: Option<String>,
}

#[utoipa::path(get, path = "/rooms/{room}/cases", tag = "cases", operation_id = "listCases",
    params(("room" = String, Path), ("state" = Option<String>, Query, description = "States, comma-separated"),
           ("limit" = Option<u32>, Query), ("before" = Option<String>, Query)),
    responses((status = 200, description = "A page of the room's cases", body = Page<ListedCase>), ApiError))]
/// A room's cases, newest first; drafts for moderators only.
pub async fn list(
    State(app): App,
    RoomReader { caller, room }: RoomReader,
    PageQuery(query): PageQuery<ListQuery>,
) -> ApiResult<Response> {
    let mut states = states_of(query.state.as_deref())?;
    if !caller.reads_all() {
        states.retain(|state| *state != CaseState::Draft);
    }
    let limit = extract::limit(query.limit.as_deref())?;
    let before = query.before.map(|text| text.parse()).transpose();
    let before = before.map_err(|_| ApiError::field("before", "must be the next of an earlier page"))?;
    let cases = match states.is_empty() {
        true => Vec::new(),
        false => app.lifecycle.read_cases(&CaseQuery { room, states, limit, before }).await?,
    };
    let audience = caller.audience();
    let items = cases.iter().map(|case| (case.to_wire(audience), Some(case.id.to_string())));
    Ok(json(&page(items, limit)))
}

fn states_of(text: Option<&str>) -> ApiResult<Vec<CaseState>> {
    match text {
        None | Some("") => Ok(CaseState::ALL.to_vec()),
        Some(text) => {
            text.split(',').map(|name| name.parse().map_err(|error: &str| ApiError::field("state", error))).collect()
        }
    }
}

#[utoipa::path(get, path = "/cases/{id}", tag = "cases", operation_id = "getCase", params(("id" = String, Path)),
    responses((status = 200, description = "The case", body = protocol::Case), ApiError))]
/// One case, with its verdict if there is one. A moderator also reads what jurors' devices did with it, and the bucket
/// of reports that it was drafted from.
pub async fn read(State(app): App, ReadableCase { caller, case }: ReadableCase) -> ApiResult<Response> {
    let audience = caller.audience();
    let mut shown = case.to_wire(audience);
    if let (Audience::Moderator, Some(reports)) = (audience, &app.reports) {
        shown.from_reports = reports.ledger.bucket_of(case.id).await?.map(|bucket| bucket.id);
    }
    if let (Audience::Moderator, Some(trust)) = (audience, &app.trust) {
        shown.claim = trust.ledger.claim_of_case(case.id).await?;
    }
    if let Some(verdict) = &mut shown.verdict {
        verdict.log = app.logs.place(case.id).await?;
        if audience == Audience::Moderator {
            let checks = app.lifecycle.reads.checks(case.id).await?;
            if checks != CaseChecks::default() {
                let details = verdict.details.get_or_insert_default();
                details.proofs = Some(checks.proofs);
                details.objections = checks.objections;
            }
        }
    }
    Ok(versioned_json(case.version, &shown))
}

#[utoipa::path(patch, path = "/cases/{id}", tag = "cases", operation_id = "editCase", request_body = Object,
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, description = "The edited draft", body = protocol::Case), ApiError))]
/// Edits a draft: a JSON Merge Patch (RFC 7396) of its brief.
pub async fn edit(
    State(app): App,
    EditedDraft(moderated): EditedDraft,
    if_match: IfMatch,
    Json { value: patch, .. }: Json<Value>,
) -> ApiResult<Response> {
    if patch.get("open").is_some() {
        return Err(ApiError::field("open", "a draft is opened by POST /cases/{id}/open"));
    }
    let (case, request) = moderated.request(if_match);
    app.steps.take(&request.sub, app.clock.instant()).map_err(ApiError::too_many_steps)?;
    let change = |brief: &NewCase| {
        let new = extract::parse::<NewCase>(merged(brief, &patch))?;
        check_policy(&app, &new).map(|()| new)
    };
    let case = app.lifecycle.edit(case, &request, change).await?;
    Ok(case_json(&case, Audience::Moderator))
}

/// Checks the policy that a case names. A server without trust has no policies, and keeps what it is given.
fn check_policy(app: &AppState, new: &NewCase) -> ApiResult<()> {
    match &app.trust {
        Some(trust) => Ok(trust.check_case(new)?),
        None => Ok(()),
    }
}

/// A brief with a merge patch applied. A case has either a duration or a fixed end, so a new one removes the other.
fn merged(brief: &NewCase, patch: &Value) -> Value {
    let mut whole = serde_json::to_value(brief).unwrap_or_default();
    if let Some(fields) = whole.as_object_mut() {
        for (name, other) in [("duration_s", "closes_at_ms"), ("closes_at_ms", "duration_s")] {
            if patch.get(name).is_some_and(|value| !value.is_null()) && patch.get(other).is_none() {
                fields.remove(other);
            }
        }
    }
    json_patch::merge(&mut whole, patch);
    whole
}

#[utoipa::path(delete, path = "/cases/{id}", tag = "cases", operation_id = "discardCase",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 204, description = "The draft is discarded"), ApiError))]
/// Discards a draft. Its audit trail stays in the docket.
pub async fn discard(State(app): App, moderated: ModeratedCase, if_match: IfMatch, _: NoFields) -> ApiResult<Response> {
    let (case, request) = moderated.request(if_match);
    app.lifecycle.discard(case, &request).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[utoipa::path(post, path = "/cases/{id}/open", tag = "cases", operation_id = "openCase",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, description = "The open case", body = protocol::Case), ApiError))]
/// Opens a draft.
pub async fn open(State(app): App, moderated: ModeratedCase, if_match: IfMatch, _: NoFields) -> ApiResult<Response> {
    let (case, request) = moderated.request(if_match);
    let case = app.lifecycle.open(case, &request).await?;
    Ok(case_json(&case, Audience::Moderator))
}

#[utoipa::path(post, path = "/cases/{id}/extend", tag = "cases", operation_id = "extendCase", request_body = Extend,
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, description = "The case with its new deadline", body = protocol::Case),
              (status = 202, description = "The case, which waits for another moderator", body = protocol::Case),
              ApiError))]
/// Moves an open case's deadline.
pub async fn extend(
    State(app): App,
    moderated: ModeratedCase,
    if_match: IfMatch,
    body: Json<Extend>,
) -> ApiResult<Response> {
    let (case, request) = moderated.request(if_match);
    app.steps.take(&request.sub, app.clock.instant()).map_err(ApiError::too_many_steps)?;
    Ok(moderated_json(&app.lifecycle.extend(case, body.value.by_s, &request).await?))
}

#[utoipa::path(post, path = "/cases/{id}/close", tag = "cases", operation_id = "closeCase",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, description = "The recorded case with its verdict", body = protocol::Case),
              (status = 202, description = "The case, which waits for another moderator", body = protocol::Case),
              ApiError))]
/// Closes an open case now and records its verdict.
pub async fn close(State(app): App, moderated: ModeratedCase, if_match: IfMatch, _: NoFields) -> ApiResult<Response> {
    let (case, request) = moderated.request(if_match);
    Ok(moderated_json(&app.lifecycle.close(case, CloseRequest::Close, &request).await?))
}

#[utoipa::path(post, path = "/cases/{id}/void", tag = "cases", operation_id = "voidCase", request_body = Void,
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, description = "The void case", body = protocol::Case),
              (status = 202, description = "The case, which waits for another moderator", body = protocol::Case),
              ApiError))]
/// Voids an open case, with the reason.
pub async fn void(
    State(app): App,
    moderated: ModeratedCase,
    if_match: IfMatch,
    Json { value: Void { reason }, .. }: Json<Void>,
) -> ApiResult<Response> {
    live_jury_court::check_void_reason(&reason)?;
    let (case, request) = moderated.request(if_match);
    Ok(moderated_json(&app.lifecycle.close(case, CloseRequest::Void(reason), &request).await?))
}

#[utoipa::path(get, path = "/cases/{id}/tally", tag = "cases", operation_id = "getTally", params(("id" = String, Path)),
    responses((status = 200, description = "The tally", body = Tally), ApiError))]
/// A case's tally, with counts unless nobody may see them yet. The `rev` of a recorded case is its number of ballots.
pub async fn tally(State(app): App, DisclosedCase(case): DisclosedCase) -> ApiResult<Response> {
    let Some(opened) = case.state.opened() else {
        return Err(ApiError::no_tally("a draft has no tally"));
    };
    let epoch = opened.epoch;
    let tally = match case.state.ended() {
        Some(ended) => {
            let verdict = &ended.verdict;
            let (rev, ballots) = (verdict.ballots, verdict.ballots);
            Tally { case: case.id, epoch, rev, ballots, counts: verdict.counts.clone() }
        }
        None => tally_of(&case, &app.lifecycle.current_tally(case.id, opened).await?),
    };
    Ok(json(&tally))
}

/// 200 with the case after the step, or 202 with the case that waits for another moderator.
fn moderated_json(moderated: &Moderated) -> Response {
    let (status, case) = match moderated {
        Moderated::Done(case) => (StatusCode::OK, case),
        Moderated::Asked(case) => (StatusCode::ACCEPTED, case),
    };
    let mut response = case_json(case, Audience::Moderator);
    *response.status_mut() = status;
    response
}

/// Parameters of an audit trail.
#[derive(Deserialize)]
pub struct AuditQuery {
    limit: Option<String>,
    after: Option<String>,
}

#[utoipa::path(get, path = "/cases/{id}/audit", tag = "cases", operation_id = "listAuditEntries",
    params(("id" = String, Path), ("after" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, description = "A page of the audit trail", body = Page<AuditEntry>), ApiError))]
/// The actor, action and time of each step, oldest first.
pub async fn audit(
    State(app): App,
    DisclosedTrail(id): DisclosedTrail,
    PageQuery(query): PageQuery<AuditQuery>,
) -> ApiResult<Response> {
    let limit = extract::limit(query.limit.as_deref())?;
    let after = extract::place("after", query.after.as_deref())?.unwrap_or(0);
    let lines = app.lifecycle.read_audit(id, after, limit).await?;
    let items = lines.into_iter().map(|AuditLine { line, entry }| (entry, Some(line.to_string())));
    Ok(json(&page(items, limit)))
}
