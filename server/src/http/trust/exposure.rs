//! Exposures and orders for a recommender.

use axum::response::Response;
use live_jury_protocol::trust::{
    ExposureAnswer, ExposureItem, ExposureRequest, GateInForce, RankAnswer, RankCandidate, RankRequest, RankedItem,
};
use live_jury_trust::rank::CANDIDATES_MAX;
use live_jury_trust::{four_decimals, index};

use super::words::{check_id, check_once};
use crate::http::extract::{Json, TrustPlatform};
use crate::http::response::json;
use crate::http::{ApiError, ApiResult};
use crate::trust::{MODEL, Offer};

/// Limits the seed of a draw, in bytes: an id.
const SEED_BYTES_MAX: usize = 128;

#[utoipa::path(post, path = "/trust/exposure", tag = "trust", operation_id = "readExposures",
    request_body = ExposureRequest,
    responses((status = 200, description = "The exposures, in the order of the question", body = ExposureAnswer),
        ApiError))]
/// The exposures of at most 500 merchants. One that no fact has named has 1.
pub async fn exposure(
    TrustPlatform { trust, .. }: TrustPlatform,
    Json { value: request, .. }: Json<ExposureRequest>,
) -> ApiResult<Response> {
    check_merchants("merchants", "", request.merchants.iter().map(String::as_str))?;
    let offers = trust.offers(&request.merchants).await?;
    let as_of_ms = offers.iter().map(|offer| offer.at_ms).min().unwrap_or(0);
    Ok(json(&ExposureAnswer { as_of_ms, model: MODEL.to_owned(), items: offers.into_iter().map(item).collect() }))
}

fn item(offer: Offer) -> ExposureItem {
    ExposureItem {
        m: four_decimals(offer.m),
        signals: four_decimals(offer.signals),
        assured: offer.assured,
        explore: offer.explore,
        turn: offer.turn,
        evidence: index::Evidence::of(offer.sd).as_str().to_owned(),
        gate: offer.gate.map(|gate| GateInForce { measure: gate.as_str().to_owned(), max: gate.max() }),
        merchant: offer.merchant,
    }
}

#[utoipa::path(post, path = "/trust/rank", tag = "trust", operation_id = "rankMerchants", request_body = RankRequest,
    responses((status = 200, description = "The slots, the first one first", body = RankAnswer), ApiError))]
/// Orders at most 500 candidates by relevance and exposure. Every twentieth slot goes to a new shop.
pub async fn rank(
    TrustPlatform { trust, .. }: TrustPlatform,
    Json { value: request, .. }: Json<RankRequest>,
) -> ApiResult<Response> {
    let merchants = request.candidates.iter().map(|candidate| candidate.merchant.as_str());
    check_merchants("candidates", ".merchant", merchants)?;
    let is_wrong = |candidate: &RankCandidate| !candidate.relevance.is_finite() || candidate.relevance < 0.0;
    let wrong = request.candidates.iter().position(is_wrong);
    if let Some(place) = wrong {
        return Err(ApiError::field(format!("candidates[{place}].relevance"), "must be a number, 0 or more"));
    }
    let slots = usize::try_from(request.slots).ok().filter(|slots| (1..=CANDIDATES_MAX).contains(slots));
    let slots = slots.ok_or_else(|| ApiError::field("slots", format!("must be from 1 to {CANDIDATES_MAX}")))?;
    if request.seed.len() > SEED_BYTES_MAX {
        return Err(ApiError::field("seed", format!("must have at most {SEED_BYTES_MAX} bytes")));
    }
    let candidate = |candidate: RankCandidate| (candidate.merchant, candidate.relevance);
    let candidates: Vec<(String, f64)> = request.candidates.into_iter().map(candidate).collect();
    let placed = trust.rank(&candidates, slots, &request.seed).await?;
    let items = placed.into_iter().map(|placed| RankedItem { merchant: placed.merchant, explore: placed.explore });
    Ok(json(&RankAnswer { model: MODEL.to_owned(), items: items.collect() }))
}

/// Checks a list of merchants: 1 to 500, each once, each an id. `at` names an id within its item.
fn check_merchants<'m>(
    field: &str,
    at: &str,
    merchants: impl ExactSizeIterator<Item = &'m str> + Clone,
) -> ApiResult<()> {
    if !(1..=CANDIDATES_MAX).contains(&merchants.len()) {
        return Err(ApiError::field(field, format!("must have 1 to {CANDIDATES_MAX} items")));
    }
    for (place, merchant) in merchants.clone().enumerate() {
        check_id(&format!("{field}[{place}]{at}"), merchant)?;
    }
    check_once(field, merchants)
}
