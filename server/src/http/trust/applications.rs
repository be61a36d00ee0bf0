//! Applications: weighed at once, listed, decided by moderators of all rooms. No answer repeats a value.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use live_jury_protocol::Page;
use live_jury_protocol::trust::{
    Application, ApplicationAnswer, DecideApplication, IdentityAnswer, IdentityFields, IdentityWeights, NewApplication,
};

use super::parties::ListQuery;
use super::words::{before, check_id, check_words, id_of, state};
use crate::http::extract::{self, IfMatch, Json, PageQuery, TrustModerator, TrustPlatform, TrustReader};
use crate::http::page::page;
use crate::http::response::json;
use crate::http::{ApiError, ApiResult};
use crate::ledger::identities::{ApplicationState, DecideApplicationBy};
use crate::ledger::standing::Page as Part;
use crate::trust::standing::{Reader, party_of};
use crate::trust::{shown, shown_weights};

#[utoipa::path(post, path = "/trust/applications", tag = "trust", operation_id = "createApplication",
    request_body = NewApplication,
    responses((status = 200, description = "The outcome", body = ApplicationAnswer), ApiError))]
/// Weighs whether the applicant was banned before. Values are compared as keyed hashes and are not stored. The same id
/// with the same fields gets the same answer.
pub async fn create(
    TrustPlatform { sub, trust }: TrustPlatform,
    Json { value: new, .. }: Json<NewApplication>,
) -> ApiResult<Response> {
    check_id("id", &new.id)?;
    new.category.as_ref().map_or(Ok(()), |category| check_id("category", category))?;
    Ok(json(&trust.apply(&new, &sub).await?))
}

#[utoipa::path(get, path = "/trust/applications", tag = "trust", operation_id = "listApplications",
    params(("state" = Option<String>, Query, description = "passed, held, probation or refused"),
           ("before" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, description = "A page of applications", body = Page<Application>), ApiError))]
/// The applications, newest first, with later looks at parties that a person must see.
pub async fn list(TrustReader(trust): TrustReader, PageQuery(query): PageQuery<ListQuery>) -> ApiResult<Response> {
    let limit = extract::limit(query.limit.as_deref())?;
    let state = state(query.state.as_deref(), &ApplicationState::ALL.map(ApplicationState::as_str))?;
    let part = Part { state, before: before(query.before.as_deref())?, limit };
    let found = trust.ledger.applications(&part).await?;
    Ok(json(&page(found.iter().map(|row| (shown(row, Reader::Staff), Some(row.id.to_string()))), limit)))
}

#[utoipa::path(get, path = "/trust/applications/weights", tag = "trust", operation_id = "getIdentityWeights",
    responses((status = 200, description = "The weights of all fields", body = IdentityWeights), ApiError))]
/// The probabilities and weights by which applications are compared: those of the table, or those that the last night
/// estimated from the decisions of moderators.
pub async fn weights(TrustReader(trust): TrustReader) -> ApiResult<Response> {
    Ok(json(&shown_weights(&trust.ledger.weights().await?)))
}

#[utoipa::path(post, path = "/trust/applications/{id}/decide", tag = "trust", operation_id = "decideApplication",
    request_body = DecideApplication, params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, description = "The application", body = Application), ApiError))]
/// Decides an application that is held: released, on probation or refused. A later look at a party is never a refusal.
pub async fn decide(
    TrustModerator { sub, trust }: TrustModerator,
    Path(id): Path<String>,
    IfMatch(version): IfMatch,
    Json { value: DecideApplication { decision, words }, .. }: Json<DecideApplication>,
) -> ApiResult<Response> {
    let id = id_of(&id)?;
    let state = match decision.as_str() {
        "release" => ApplicationState::Passed,
        "probation" => ApplicationState::Probation,
        "refuse" => ApplicationState::Refused,
        _ => return Err(ApiError::field("decision", "must be release, probation or refuse")),
    };
    check_words(&words)?;
    let found = trust.ledger.application(id).await?.ok_or_else(ApiError::not_found)?;
    if found.again && state == ApplicationState::Refused {
        return Err(ApiError::field("decision", "a party that sells is banned, not refused"));
    }
    let decided = trust.decide_application(&DecideApplicationBy { id, state, by: sub, words, version }).await?;
    Ok(json(&shown(&decided, Reader::Staff)))
}

#[utoipa::path(post, path = "/trust/parties/{kind}/{party}/identity", tag = "trust", operation_id = "setIdentity",
    request_body = IdentityFields,
    params(("kind" = String, Path, description = "merchant or host"), ("party" = String, Path)),
    responses((status = 200, description = "What the look found", body = IdentityAnswer), ApiError))]
/// Looks again at the identity of a party, such as when its account or its devices change. All fields are given, and
/// take the place of the earlier ones. A hit waits for a moderator, and closes nothing.
pub async fn put(
    TrustPlatform { sub, trust }: TrustPlatform,
    Path((kind, id)): Path<(String, String)>,
    Json { value: given, .. }: Json<IdentityFields>,
) -> ApiResult<Response> {
    let party = party_of(&kind, &id).ok_or_else(ApiError::not_found)?;
    Ok((StatusCode::OK, json(&trust.look_again(&party, &given, &sub).await?)).into_response())
}
