//! Listings: screened before their first sale, listed, decided by moderators of all rooms or sent to a jury by them. It
//! decodes no picture.

use axum::extract::Path;
use axum::response::Response;
use live_jury_protocol::trust::{DecideListing, DraftListing, Listing, ListingAnswer, NewListing};
use live_jury_protocol::{Page, RoomId};
use live_jury_trust::listing::{DESCRIPTION_CHARS_MAX, IMAGES_MAX, TITLE_CHARS_MAX};
use live_jury_trust::{CURRENCY_FORM, is_currency};

use super::parties::{OfMerchantQuery, of_merchant};
use super::words::{before, check_id, check_text, check_words, id_of, state};
use crate::http::extract::{self, IfMatch, Json, PageQuery, Submission, TrustModerator, TrustParty, TrustPlatform};
use crate::http::page::page;
use crate::http::response::{json, versioned_json};
use crate::http::{ApiError, ApiResult};
use crate::ledger::listings::{ListingRow, ListingState, SendListing};
use crate::ledger::standing::Page as Part;
use crate::trust::Trust;
use crate::trust::screening::{Decision, shown};
use crate::trust::standing::Reader;

/// Limits the name of a brand, in characters.
const BRAND_CHARS_MAX: usize = 100;
/// Limits the text of a GTIN: 14 digits with signs between them.
const GTIN_CHARS_MAX: usize = 40;
/// Limits the platform's own figures about a listing.
const SIGNALS_MAX: usize = 20;

#[utoipa::path(post, path = "/trust/listings", tag = "trust", operation_id = "createListing",
    request_body = NewListing,
    responses((status = 200, description = "The outcome", body = ListingAnswer), ApiError))]
/// Screens a version of a listing before it goes live. Pictures come with the request, and only their hashes are kept.
/// The same id and version with the same fields gets the same answer.
pub async fn create(
    TrustPlatform { sub, trust }: TrustPlatform,
    Submission { value: new, permit: _permit }: Submission<NewListing>,
) -> ApiResult<Response> {
    check(&new)?;
    Ok(json(&trust.screen(new, &sub).await?))
}

#[utoipa::path(get, path = "/trust/listings", tag = "trust", operation_id = "listListings",
    params(("state" = Option<String>, Query, description = "passed, review, held, blocked, released or removed"),
           ("merchant" = Option<String>, Query, description = "One merchant's alone"),
           ("before" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, description = "A page of listings, newest first", body = Page<Listing>), ApiError))]
/// The screened listings of a merchant for the merchant itself; all, for the platform and moderators of all rooms.
pub async fn list(
    TrustParty { caller, trust }: TrustParty,
    PageQuery(query): PageQuery<OfMerchantQuery>,
) -> ApiResult<Response> {
    let limit = extract::limit(query.limit.as_deref())?;
    let state = state(query.state.as_deref(), &ListingState::ALL.map(ListingState::as_str))?;
    let part = Part { state, before: before(query.before.as_deref())?, limit };
    let (merchant, reader) = of_merchant(&caller, query.merchant.as_deref())?;
    let found = trust.ledger.listings(&part, merchant).await?;
    let items = found.iter().map(|row| (wire(&trust, row, reader), Some(row.screening.to_string())));
    Ok(json(&page(items, limit)))
}

#[utoipa::path(get, path = "/trust/listings/{id}", tag = "trust", operation_id = "getListing",
    params(("id" = String, Path, description = "Its screening")),
    responses((status = 200, description = "The listing", body = Listing), ApiError))]
/// One version of a listing, for its merchant, the platform and moderators of all rooms.
pub async fn get(TrustParty { caller, trust }: TrustParty, Path(id): Path<String>) -> ApiResult<Response> {
    let found = trust.ledger.listing(id_of(&id)?).await?.ok_or_else(ApiError::not_found)?;
    let reader = match caller.party() {
        Some(own) if *own == found.party => Reader::Party,
        Some(_) => return Err(ApiError::not_found()),
        None => Reader::Staff,
    };
    Ok(versioned_json(found.step, &wire(&trust, &found, reader)))
}

#[utoipa::path(post, path = "/trust/listings/{id}/decide", tag = "trust", operation_id = "decideListing",
    request_body = DecideListing, params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, description = "The listing", body = Listing), ApiError))]
/// Decides a listing that waits: `release`, or `confirm`, which makes a violation of the named policy, or else of the
/// one that its hits name.
pub async fn decide(
    TrustModerator { sub, trust }: TrustModerator,
    Path(id): Path<String>,
    IfMatch(version): IfMatch,
    Json { value: DecideListing { decision, policy, words }, .. }: Json<DecideListing>,
) -> ApiResult<Response> {
    let id = id_of(&id)?;
    let decision = match (decision.as_str(), policy) {
        ("confirm", policy) => Decision::Confirm(policy),
        ("release", None) => Decision::Release,
        ("release", Some(_)) => return Err(ApiError::field("policy", "stands with confirm alone")),
        _ => return Err(ApiError::field("decision", "must be confirm or release")),
    };
    check_words(&words)?;
    let decided = trust.decide_listing(id, decision, sub, words, version).await?;
    Ok(json(&wire(&trust, &decided, Reader::Staff)))
}

#[utoipa::path(post, path = "/trust/listings/{id}/draft", tag = "trust", operation_id = "draftListing",
    request_body = DraftListing, params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, description = "The listing; of a repeat, as it is now", body = Listing), ApiError))]
/// Sends a listing that waits for its look-alike name alone to the viewers of a room. Its case is drafted within a
/// second, and its verdict decides the listing, unless a moderator does so before.
pub async fn draft(
    TrustModerator { sub, trust }: TrustModerator,
    Path(id): Path<String>,
    IfMatch(version): IfMatch,
    Json { value: DraftListing { room }, .. }: Json<DraftListing>,
) -> ApiResult<Response> {
    let screening = id_of(&id)?;
    let room = room.parse::<RoomId>().map_err(|_| ApiError::field("room", "is no id of a room"))?;
    let sent = trust.send_listing(&SendListing { screening, room, by: sub, version }).await?;
    Ok(json(&wire(&trust, &sent, Reader::Staff)))
}

fn wire(trust: &Trust, row: &ListingRow, reader: Reader) -> Listing {
    shown(row, trust.policy_of(&row.hits), reader)
}

/// Checks the fields that are stored as they are.
fn check(new: &NewListing) -> ApiResult<()> {
    for (field, id) in [("id", &new.id), ("merchant", &new.merchant), ("category", &new.category)] {
        check_id(field, id)?;
    }
    // Both dialects store signed numbers.
    for (field, number) in [("version", new.version), ("price_minor", new.price_minor)] {
        if i64::try_from(number).is_err() {
            return Err(ApiError::field(field, "is too large"));
        }
    }
    check_text("title", &new.title, 1..=TITLE_CHARS_MAX)?;
    check_text("description", &new.description, 0..=DESCRIPTION_CHARS_MAX)?;
    if let Some(brand) = &new.brand {
        check_text("brand", brand, 1..=BRAND_CHARS_MAX)?;
    }
    if let Some(gtin) = &new.gtin {
        check_text("gtin", gtin, 1..=GTIN_CHARS_MAX)?;
    }
    if !is_currency(&new.currency) {
        return Err(ApiError::field("currency", CURRENCY_FORM));
    }
    if new.images.len() > IMAGES_MAX {
        return Err(ApiError::field("images", format!("has at most {IMAGES_MAX} pictures")));
    }
    if new.signals.len() > SIGNALS_MAX {
        return Err(ApiError::field("signals", format!("has at most {SIGNALS_MAX} figures")));
    }
    new.signals.keys().try_for_each(|name| check_id("signals", name))
}
