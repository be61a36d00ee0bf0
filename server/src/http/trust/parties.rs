//! The standing of parties, bans, measures, statements, and the trail of what was done.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use live_jury_protocol::Page;
use live_jury_protocol::trust::{
    FiledStatement, Measure, NewBan, PartyStanding, SignalPoints, StepWords, TrustAuditEntry,
};
use live_jury_trust::index::Prior;
use live_jury_trust::{Party, PartyKind};
use serde::Deserialize;

use super::index::points;
use super::words::{before, check_id, check_once, check_words, state};
use crate::http::extract::{self, Caller, Json, PageQuery, TrustModerator, TrustParty, TrustReader};
use crate::http::page::{Listed, page};
use crate::http::response::json;
use crate::http::{ApiError, ApiResult, App};
use crate::ledger::standing::{Ban, Page as Part};
use crate::trust::standing::{Reader, measure, party_of};
use crate::trust::{DRAFTS_SHOWN_MAX, REMEDIES_SHOWN_MAX, Trust, read_owed, shown};

/// The most violations of a ban. A person reads each.
const VIOLATIONS_OF_BAN_MAX: usize = 20;
/// The states of measures that a list can be asked for.
const MEASURE_STATES: [&str; 3] = ["in_force", "over", "lifted"];

/// Parameters of a list, newest first.
#[derive(Deserialize)]
pub struct ListQuery {
    pub(super) state: Option<String>,
    pub(super) before: Option<String>,
    pub(super) limit: Option<String>,
}

/// Parameters of a list of merchants' things, newest first.
#[derive(Deserialize)]
pub struct OfMerchantQuery {
    pub(super) state: Option<String>,
    pub(super) merchant: Option<String>,
    pub(super) before: Option<String>,
    pub(super) limit: Option<String>,
}

/// The merchant whose things a caller reads, and how: a merchant its own, staff those of any merchant.
pub(super) fn of_merchant<'q>(caller: &'q Caller, asked: Option<&'q str>) -> ApiResult<(Option<&'q str>, Reader)> {
    match caller.party() {
        Some(own) if own.kind == PartyKind::Merchant => Ok((Some(own.id.as_str()), Reader::Party)),
        Some(_) => Err(ApiError::forbidden("this is for merchants, the platform and moderators of all rooms")),
        None => {
            asked.map_or(Ok(()), |merchant| check_id("merchant", merchant))?;
            Ok((asked, Reader::Staff))
        }
    }
}

/// Parameters of a list, oldest first.
#[derive(Deserialize)]
pub struct AfterQuery {
    after: Option<String>,
    limit: Option<String>,
}

#[utoipa::path(get, path = "/trust/me", tag = "trust", operation_id = "getOwnStanding",
    responses((status = 200, description = "The standing", body = PartyStanding), ApiError))]
/// The standing of the merchant or host that the token names: with the remedies that it owes, and with the drafts about
/// the merchant and its application, or with the host's signals.
pub async fn me(State(app): App, TrustParty { caller, trust }: TrustParty) -> ApiResult<Response> {
    let party = caller.party().ok_or_else(|| ApiError::forbidden("the token names no merchant and no host"))?;
    let mut standing = trust.standing(party, Reader::Party).await?.ok_or_else(ApiError::not_found)?;
    if party.kind == PartyKind::Merchant {
        let ids = trust.ledger.drafts_of(&party.id, DRAFTS_SHOWN_MAX).await?;
        standing.drafts = trust.drafts(&app.lifecycle, &party.id, &ids).await?;
        let applied = trust.ledger.application_of(party).await?;
        standing.application = applied.map(|row| shown(&row, Reader::Party));
    }
    let owed = trust.ledger.remedies_owed_by(party, REMEDIES_SHOWN_MAX).await?;
    standing.remedies = read_owed(&app.lifecycle, owed).await?;
    standing.signals = signals(&trust, party).await?;
    Ok(json(&standing))
}

/// The signals of a host; none of a merchant, whose index has them.
async fn signals(trust: &Trust, party: &Party) -> ApiResult<Vec<SignalPoints>> {
    if party.kind == PartyKind::Merchant {
        return Ok(Vec::new());
    }
    let found = trust.host_signals(&party.id).await?;
    Ok(found.iter().map(|one| points(one, Prior::of_table(one.id.signal()))).collect())
}

#[utoipa::path(get, path = "/trust/parties/{kind}/{party}", tag = "trust", operation_id = "getStanding",
    params(("kind" = String, Path, description = "merchant or host"), ("party" = String, Path)),
    responses((status = 200, description = "The standing", body = PartyStanding), ApiError))]
/// The standing of a party, for itself, the platform and moderators of all rooms.
pub async fn standing(
    TrustParty { caller, trust }: TrustParty,
    Path((kind, id)): Path<(String, String)>,
) -> ApiResult<Response> {
    let party = party_of(&kind, &id).ok_or_else(ApiError::not_found)?;
    let reader = match caller.party() {
        Some(own) if *own == party => Reader::Party,
        Some(_) => return Err(ApiError::not_found()),
        None => Reader::Staff,
    };
    let mut standing = trust.standing(&party, reader).await?.ok_or_else(ApiError::not_found)?;
    standing.signals = signals(&trust, &party).await?;
    Ok(json(&standing))
}

#[utoipa::path(post, path = "/trust/parties/{kind}/{party}/ban", tag = "trust", operation_id = "banParty",
    request_body = NewBan,
    params(("kind" = String, Path, description = "merchant or host"), ("party" = String, Path)),
    responses((status = 200, description = "The ban; an earlier one, if it is in force", body = Measure), ApiError))]
/// Bans a party with 48 points or more. Its listings go at once, and its account at once or after 30 days.
pub async fn ban(
    TrustModerator { sub, trust }: TrustModerator,
    Path((kind, id)): Path<(String, String)>,
    Json { value: NewBan { violations, words }, .. }: Json<NewBan>,
) -> ApiResult<Response> {
    let party = known(&kind, &id)?;
    check_words(&words)?;
    if violations.is_empty() || violations.len() > VIOLATIONS_OF_BAN_MAX {
        return Err(ApiError::field("violations", format!("must have 1 to {VIOLATIONS_OF_BAN_MAX} items")));
    }
    check_once("violations", &violations)?;
    let now_ms = trust.clock.now_ms();
    let banned = trust.ledger.ban(&Ban { party, violations, by: sub, words }, now_ms).await?;
    Ok(json(&measure(&banned, Reader::Staff, now_ms)))
}

#[utoipa::path(post, path = "/trust/parties/{kind}/{party}/unban", tag = "trust", operation_id = "unbanParty",
    request_body = StepWords,
    params(("kind" = String, Path, description = "merchant or host"), ("party" = String, Path)),
    responses((status = 200, description = "The ban, which is lifted", body = Measure), ApiError))]
/// Lifts a ban. Other measures stay.
pub async fn unban(
    TrustModerator { sub, trust }: TrustModerator,
    Path((kind, id)): Path<(String, String)>,
    Json { value: StepWords { words }, .. }: Json<StepWords>,
) -> ApiResult<Response> {
    let party = known(&kind, &id)?;
    check_words(&words)?;
    let now_ms = trust.clock.now_ms();
    let lifted = trust.ledger.unban(&party, &sub, &words, now_ms).await?;
    Ok(json(&measure(&lifted, Reader::Staff, now_ms)))
}

fn known(kind: &str, id: &str) -> ApiResult<Party> {
    party_of(kind, id).ok_or_else(ApiError::not_found)
}

#[utoipa::path(get, path = "/trust/measures", tag = "trust", operation_id = "listMeasures",
    params(("state" = Option<String>, Query, description = "in_force, over or lifted"),
           ("before" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Page<Measure>,
        description = "A page of measures, newest first. An unreadable one is `{id, unreadable: true}`"), ApiError))]
/// The measures against all parties, newest first.
pub async fn measures(TrustReader(trust): TrustReader, PageQuery(query): PageQuery<ListQuery>) -> ApiResult<Response> {
    let limit = extract::limit(query.limit.as_deref())?;
    let state = state(query.state.as_deref(), &MEASURE_STATES)?;
    let now_ms = trust.clock.now_ms();
    let part = Part { state, before: before(query.before.as_deref())?, limit };
    let found = trust.ledger.measures(&part, now_ms).await?;
    let items = found.iter().map(|listed| Listed::of(listed, |row| measure(row, Reader::Staff, now_ms)));
    Ok(json(&page(items, limit)))
}

#[utoipa::path(get, path = "/trust/statements", tag = "trust", operation_id = "listStatements",
    params(("after" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, description = "A page of statements", body = Page<FiledStatement>), ApiError))]
/// The statements of reasons in the order of commits, with the field names of the EU's transparency database. A reader
/// who goes on after `next` misses none.
pub async fn statements(
    TrustReader(trust): TrustReader,
    PageQuery(query): PageQuery<AfterQuery>,
) -> ApiResult<Response> {
    let limit = extract::limit(query.limit.as_deref())?;
    let after = extract::place("after", query.after.as_deref())?.unwrap_or(0);
    let found = trust.ledger.statements(after, limit).await?;
    let items = found.into_iter().map(|filed| {
        let next = filed.seq.to_string();
        (filed, Some(next))
    });
    Ok(json(&page(items, limit)))
}

#[utoipa::path(get, path = "/trust/audit", tag = "trust", operation_id = "listTrustAudit",
    params(("before" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, description = "A page of the trail, newest first", body = Page<TrustAuditEntry>),
        ApiError))]
/// The steps about parties and who took them, newest first.
pub async fn audit(TrustReader(trust): TrustReader, PageQuery(query): PageQuery<ListQuery>) -> ApiResult<Response> {
    let limit = extract::limit(query.limit.as_deref())?;
    let before = extract::place("before", query.before.as_deref())?;
    let found = trust.ledger.trail(before, limit).await?;
    let items = found.into_iter().map(|entry| {
        let next = entry.line.to_string();
        (entry, Some(next))
    });
    Ok(json(&page(items, limit)))
}

/// The answer to a thing that was created.
pub(super) fn created(answer: Response) -> Response {
    (StatusCode::CREATED, answer).into_response()
}
