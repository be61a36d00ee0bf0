//! Appeals of parties: filed, withdrawn, decided by a moderator, listed.

use axum::extract::{Path, State};
use axum::response::Response;
use live_jury_protocol::trust::{Appeal, DecideAppeal, NewAppeal};
use live_jury_protocol::{Actor, Page, Role};
use live_jury_trust::PartyKind;

use super::parties::{ListQuery, created};
use super::words::{before, check_evidence, check_text, check_words, id_of, state};
use crate::http::extract::{self, Caller, IfMatch, Json, NoFields, PageQuery, TrustModerator, TrustParty, TrustReader};
use crate::http::page::{Listed, page};
use crate::http::response::json;
use crate::http::{ApiError, ApiResult, App};
use crate::ledger::standing::{AppealState, By, DecideAppealBy, FileAppeal, Page as Part, TargetKind};
use crate::trust::standing::{Reader, appeal};

/// The most characters of an appeal: a page.
const TEXT_CHARS_MAX: usize = 2_000;

#[utoipa::path(post, path = "/trust/appeals", tag = "trust", operation_id = "createAppeal", request_body = NewAppeal,
    responses((status = 201, description = "The appeal", body = Appeal), ApiError))]
/// Appeals a violation, a measure or a listing that is kept from buyers, free of charge and once for each. A second
/// jury decides within 72 hours of a verdict, and else another moderator.
pub async fn create(
    TrustParty { caller, trust }: TrustParty,
    Json { value: new, .. }: Json<NewAppeal>,
) -> ApiResult<Response> {
    let (by, reader) = appellant(&caller)?;
    let target_kind = TargetKind::from_name(&new.target.kind)
        .ok_or_else(|| ApiError::field("target.kind", "must be violation, measure or listing"))?;
    check_text("text", &new.text, 1..=TEXT_CHARS_MAX)?;
    check_evidence(&new.evidence)?;
    let party = caller.party().cloned();
    let NewAppeal { target, text, evidence } = new;
    let filing = FileAppeal { target_kind, target: target.id, party, by, text, evidence };
    let filed = trust.ledger.file_appeal(&filing, trust.clock.now_ms()).await?;
    Ok(created(json(&appeal(&filed, reader))))
}

#[utoipa::path(post, path = "/trust/appeals/{id}/withdraw", tag = "trust", operation_id = "withdrawAppeal",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, description = "The appeal", body = Appeal), ApiError))]
/// Takes an open appeal back. Its target stays, and cannot be appealed again.
pub async fn withdraw(
    TrustParty { caller, trust }: TrustParty,
    Path(id): Path<String>,
    IfMatch(version): IfMatch,
    _: NoFields,
) -> ApiResult<Response> {
    let (by, reader) = appellant(&caller)?;
    let (id, now_ms) = (id_of(&id)?, trust.clock.now_ms());
    let withdrawn = trust.ledger.withdraw_appeal(id, caller.party(), &by, version, now_ms).await?;
    Ok(json(&appeal(&withdrawn, reader)))
}

#[utoipa::path(post, path = "/trust/appeals/{id}/decide", tag = "trust", operation_id = "decideAppeal",
    request_body = DecideAppeal, params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, description = "The appeal", body = Appeal), ApiError))]
/// Decides an appeal that is in review. A moderator who opened, filed, confirmed or banned in it does not decide.
pub async fn decide(
    State(app): App,
    TrustModerator { sub, trust }: TrustModerator,
    Path(id): Path<String>,
    IfMatch(version): IfMatch,
    Json { value: DecideAppeal { outcome, words }, .. }: Json<DecideAppeal>,
) -> ApiResult<Response> {
    let id = id_of(&id)?;
    let overturned = match outcome.as_str() {
        "overturned" => true,
        "confirmed" => false,
        _ => return Err(ApiError::field("outcome", "must be confirmed or overturned")),
    };
    check_words(&words)?;
    let decision = DecideAppealBy { id, overturned, by: sub, words, version, openers: Vec::new() };
    let decided = trust.decide_appeal(&app.lifecycle, decision).await?;
    Ok(json(&appeal(&decided, Reader::Staff)))
}

#[utoipa::path(get, path = "/trust/appeals", tag = "trust", operation_id = "listAppeals",
    params(("state" = Option<String>, Query,
                description = "filed, in_court, in_review, confirmed, overturned or withdrawn"),
           ("before" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Page<Appeal>,
        description = "A page of appeals, newest first. An unreadable one is `{id, unreadable: true}`"), ApiError))]
/// The appeals of all parties, newest first.
pub async fn list(TrustReader(trust): TrustReader, PageQuery(query): PageQuery<ListQuery>) -> ApiResult<Response> {
    let limit = extract::limit(query.limit.as_deref())?;
    let state = state(query.state.as_deref(), &AppealState::ALL.map(AppealState::as_str))?;
    let part = Part { state, before: before(query.before.as_deref())?, limit };
    let found = trust.ledger.appeals(&part).await?;
    let items = found.iter().map(|listed| Listed::of(listed, |row| appeal(row, Reader::Staff)));
    Ok(json(&page(items, limit)))
}

/// The actor of an appeal: a party, or the platform for any of them.
fn appellant(caller: &Caller) -> ApiResult<(By, Reader)> {
    if let Some(party) = caller.party() {
        let kind = match party.kind {
            PartyKind::Merchant => Actor::Merchant,
            PartyKind::Host => Actor::Host,
        };
        return Ok((By { kind, who: party.id.clone() }, Reader::Party));
    }
    if caller.0.identity.role != Role::Platform {
        return Err(ApiError::forbidden("this is for merchants, hosts and the platform"));
    }
    Ok((By { kind: Actor::Platform, who: caller.0.identity.sub.clone() }, Reader::Staff))
}
