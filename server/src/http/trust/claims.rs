//! Claims of buyers on a promise: filed by the platform, answered by the merchant, decided by moderators of all rooms.

use axum::extract::Path;
use axum::response::Response;
use live_jury_protocol::trust::{AnswerClaim, Claim, ClaimAnswer, DecideClaim, NewClaim, TrustParty as WireParty};
use live_jury_protocol::{Actor, Page, RoomId};
use live_jury_trust::claim::{About, ClaimState};
use live_jury_trust::promise::PromiseKind;
use live_jury_trust::{CURRENCY_FORM, PartyKind, is_currency};

use super::parties::{OfMerchantQuery, created, of_merchant};
use super::promises::limits;
use super::words::{before, check_evidence, check_id, check_text, check_words, id_of, state};
use crate::http::extract::{self, IfMatch, Json, NoFields, PageQuery, TrustModerator, TrustParty, TrustPlatform};
use crate::http::page::page;
use crate::http::response::{json, versioned_json};
use crate::http::{ApiError, ApiResult};
use crate::ledger::claims::{ClaimAct, ClaimRow, ClaimStepBy};
use crate::ledger::standing::{By, Page as Part};
use crate::trust::standing::Reader;
use crate::trust::{NewClaimOf, Trust};

/// The most characters of a reason and of words with a grant: a page.
const TEXT_CHARS_MAX: usize = 2_000;
/// The most by which an order may be ahead of the server's clock, in milliseconds, as in facts.
const AHEAD_MS_MAX: u64 = 5 * 60 * 1_000;

#[utoipa::path(post, path = "/trust/claims", tag = "trust", operation_id = "createClaim", request_body = NewClaim,
    responses((status = 201, description = "The claim; of a repeat, as it is now", body = Claim), ApiError))]
/// Files a buyer's claim on a promise that was in force when the order was placed. Its terms may grant it at once;
/// else the merchant has 48 hours, and silence grants it.
pub async fn create(
    TrustPlatform { sub, trust }: TrustPlatform,
    Json { value: new, .. }: Json<NewClaim>,
) -> ApiResult<Response> {
    let kind = PromiseKind::from_name(&new.kind).ok_or_else(|| {
        ApiError::field("kind", "must be refund_without_return, free_return, ship_within or authentic")
    })?;
    let about =
        About::from_name(&new.about).ok_or_else(|| ApiError::field("about", "must be quality, batch or other"))?;
    check_claim(&new, trust.clock.now_ms())?;
    let filed = trust.file_claim(NewClaimOf { new, kind, about }, &sub).await?;
    Ok(created(versioned_json(filed.version, &shown(&filed, Reader::Staff))))
}

fn check_claim(new: &NewClaim, now_ms: u64) -> ApiResult<()> {
    for (field, id) in [("id", &new.id), ("order", &new.order), ("merchant", &new.merchant), ("buyer", &new.buyer)] {
        check_id(field, id)?;
    }
    if !is_currency(&new.currency) {
        return Err(ApiError::field("currency", CURRENCY_FORM));
    }
    // Both dialects store signed numbers.
    for (field, number) in
        [("amount_minor", new.amount_minor), ("buyer_orders_90d", new.buyer_orders_90d.unwrap_or_default())]
    {
        if i64::try_from(number).is_err() {
            return Err(ApiError::field(field, "is too large"));
        }
    }
    if new.placed_at_ms > now_ms.saturating_add(AHEAD_MS_MAX) {
        return Err(ApiError::field("placed_at_ms", "is in the future"));
    }
    if new.room.as_ref().is_some_and(|room| room.parse::<RoomId>().is_err()) {
        return Err(ApiError::field("room", "is no id of a room"));
    }
    check_text("reason", &new.reason, 1..=TEXT_CHARS_MAX)?;
    check_evidence(&new.evidence)
}

#[utoipa::path(get, path = "/trust/claims", tag = "trust", operation_id = "listClaims",
    params(("state" = Option<String>, Query, description = "open, granted, refused, escalated, in_court, in_review, \
                denied, closed, fulfilled, breached, fulfilled_by_platform or withdrawn"),
           ("merchant" = Option<String>, Query, description = "One merchant's alone"),
           ("before" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, description = "A page of claims, newest first", body = Page<Claim>), ApiError))]
/// The claims on a merchant's promises for the merchant itself; on all, for the platform and moderators of all rooms.
pub async fn list(
    TrustParty { caller, trust }: TrustParty,
    PageQuery(query): PageQuery<OfMerchantQuery>,
) -> ApiResult<Response> {
    let limit = extract::limit(query.limit.as_deref())?;
    let state = state(query.state.as_deref(), &ClaimState::ALL.map(ClaimState::as_str))?;
    let part = Part { state, before: before(query.before.as_deref())?, limit };
    let (merchant, reader) = of_merchant(&caller, query.merchant.as_deref())?;
    let found = trust.ledger.claims(&part, merchant).await?;
    Ok(json(&page(found.iter().map(|row| (shown(row, reader), Some(row.id.to_string()))), limit)))
}

#[utoipa::path(get, path = "/trust/claims/{id}", tag = "trust", operation_id = "getClaim",
    params(("id" = String, Path)),
    responses((status = 200, description = "The claim", body = Claim), ApiError))]
/// One claim, for its merchant, the platform and moderators of all rooms.
pub async fn get(TrustParty { caller, trust }: TrustParty, Path(id): Path<String>) -> ApiResult<Response> {
    let found = trust.ledger.claim(id_of(&id)?).await?.ok_or_else(ApiError::not_found)?;
    let reader = match caller.party() {
        Some(own) if own.kind == PartyKind::Merchant && own.id == found.merchant => Reader::Party,
        Some(_) => return Err(ApiError::not_found()),
        None => Reader::Staff,
    };
    Ok(versioned_json(found.version, &shown(&found, reader)))
}

#[utoipa::path(post, path = "/trust/claims/{id}/answer", tag = "trust", operation_id = "answerClaim",
    request_body = AnswerClaim, params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, description = "The claim", body = Claim), ApiError))]
/// Grants or refuses a claim, by the merchant itself. It counts until silence has granted the claim.
pub async fn answer(
    TrustParty { caller, trust }: TrustParty,
    Path(id): Path<String>,
    IfMatch(version): IfMatch,
    Json { value: AnswerClaim { answer, words, evidence }, .. }: Json<AnswerClaim>,
) -> ApiResult<Response> {
    let party = caller.party().filter(|party| party.kind == PartyKind::Merchant);
    let party = party.ok_or_else(|| ApiError::forbidden("this is for the merchant that promised"))?.clone();
    let grant = match answer.as_str() {
        "grant" => true,
        "refuse" => false,
        _ => return Err(ApiError::field("answer", "must be grant or refuse")),
    };
    if grant {
        check_text("words", &words, 0..=TEXT_CHARS_MAX)?;
    } else {
        check_words(&words)?;
    }
    check_evidence(&evidence)?;
    let by = By { kind: Actor::Merchant, who: party.id.clone() };
    let act = ClaimAct::Answer { grant, words, evidence };
    let step = ClaimStepBy { id: id_of(&id)?, party: Some(party), act, by, version };
    let taken = trust.ledger.step_claim(&step, trust.clock.now_ms()).await?;
    Ok(versioned_json(taken.version, &shown(&taken, Reader::Party)))
}

#[utoipa::path(post, path = "/trust/claims/{id}/escalate", tag = "trust", operation_id = "escalateClaim",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, description = "The claim", body = Claim), ApiError))]
/// Takes a refused claim on, for the buyer: to the viewers of its room, or to a moderator.
pub async fn escalate(
    TrustPlatform { sub, trust }: TrustPlatform,
    Path(id): Path<String>,
    IfMatch(version): IfMatch,
    _: NoFields,
) -> ApiResult<Response> {
    step_for_buyer(&trust, &sub, &id, ClaimAct::Escalate, version).await
}

/// A step that the platform takes for the buyer.
async fn step_for_buyer(
    trust: &Trust,
    sub: &str,
    id: &str,
    act: ClaimAct,
    version: Option<u64>,
) -> ApiResult<Response> {
    let step = ClaimStepBy { id: id_of(id)?, party: None, act, by: By::platform(sub), version };
    let taken = trust.ledger.step_claim(&step, trust.clock.now_ms()).await?;
    Ok(versioned_json(taken.version, &shown(&taken, Reader::Staff)))
}

#[utoipa::path(post, path = "/trust/claims/{id}/withdraw", tag = "trust", operation_id = "withdrawClaim",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, description = "The claim", body = Claim), ApiError))]
/// Takes a claim back, for the buyer, before it is decided.
pub async fn withdraw(
    TrustPlatform { sub, trust }: TrustPlatform,
    Path(id): Path<String>,
    IfMatch(version): IfMatch,
    _: NoFields,
) -> ApiResult<Response> {
    step_for_buyer(&trust, &sub, &id, ClaimAct::Withdraw, version).await
}

#[utoipa::path(post, path = "/trust/claims/{id}/decide", tag = "trust", operation_id = "decideClaim",
    request_body = DecideClaim, params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, description = "The claim", body = Claim), ApiError))]
/// Decides a claim that is in review.
pub async fn decide(
    TrustModerator { sub, trust }: TrustModerator,
    Path(id): Path<String>,
    IfMatch(version): IfMatch,
    Json { value: DecideClaim { decision, words }, .. }: Json<DecideClaim>,
) -> ApiResult<Response> {
    let grant = match decision.as_str() {
        "grant" => true,
        "deny" => false,
        _ => return Err(ApiError::field("decision", "must be grant or deny")),
    };
    check_words(&words)?;
    let (id, by) = (id_of(&id)?, By { kind: Actor::Moderator, who: sub });
    let step = ClaimStepBy { id, party: None, act: ClaimAct::Decide { grant, words }, by, version };
    let taken = trust.ledger.step_claim(&step, trust.clock.now_ms()).await?;
    Ok(versioned_json(taken.version, &shown(&taken, Reader::Staff)))
}

/// A claim as this reader gets it.
fn shown(row: &ClaimRow, reader: Reader) -> Claim {
    let answer = row.answered_ms.map(|at_ms| ClaimAnswer {
        words: row.answer.clone().unwrap_or_default(),
        evidence: row.answer_evidence.clone(),
        at_ms,
    });
    Claim {
        claim: row.id,
        id: row.claim.clone(),
        version: row.version,
        party: WireParty { kind: PartyKind::Merchant.as_str().to_owned(), id: row.merchant.clone() },
        order: row.order.clone(),
        placed_at_ms: row.placed_ms,
        kind: row.kind.as_str().to_owned(),
        limits: limits(&row.limits),
        about: row.about.as_str().to_owned(),
        amount_minor: row.amount_minor,
        currency: row.currency.clone(),
        room: row.room.clone(),
        reason: row.reason.clone(),
        evidence: row.evidence.clone(),
        at_ms: row.opened_ms,
        state: row.state.as_str().to_owned(),
        due_ms: row.due_ms,
        answer,
        escalated_at_ms: row.escalated_ms,
        case: row.case,
        review_reason: row.review_reason.clone(),
        granted_by: row.granted_by.map(|by| by.as_str().to_owned()),
        granted_at_ms: row.granted_ms,
        breached_at_ms: row.breached_ms,
        fulfilled_at_ms: row.fulfilled_ms,
        ended_at_ms: row.ended_ms,
        words: row.words.clone(),
        by: row.by.clone().filter(|_| reader == Reader::Staff),
    }
}
