//! The routes of what is recorded: verdicts of a room, of all rooms, and a case's ballots.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use live_jury_court::{Audience, Case, StoredBallot};
use live_jury_protocol::{self as protocol, ListedCase, Page, Role, Side};
use serde::Deserialize;

use super::cases::{json, moderated};
use super::{ApiError, ApiResult, extract};
use crate::auth::Scope;
use crate::docket::{StoredCase, VerdictQuery};
use crate::state::AppState;

const SECONDS_PER_MINUTE: u64 = 60;

/// Parameters of a list of verdicts.
#[derive(Deserialize)]
pub struct PageQuery {
    limit: Option<String>,
    before: Option<String>,
    after: Option<String>,
}

#[utoipa::path(get, path = "/api/v1/rooms/{room}/verdicts", tag = "verdicts",
    params(("room" = String, Path), ("limit" = Option<u32>, Query), ("before" = Option<String>, Query)),
    responses((status = 200, body = Page<ListedCase>), (status = "4XX", body = protocol::Problem, content_type = "application/problem+json"),
              (status = 503, body = protocol::Problem, content_type = "application/problem+json")))]
/// A room's decided and void cases, the last recorded first.
pub async fn of_room(
    State(shared): State<Arc<AppState>>,
    Path(room): Path<String>,
    query: Result<Query<PageQuery>, QueryRejection>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let claims = extract::caller(&shared, &headers).await?;
    let room = extract::room(&room)?;
    extract::in_room(&claims, &room)?;
    let Query(query) = query.map_err(|error| ApiError::malformed(error.body_text()))?;
    let limit = extract::limit(query.limit.as_deref())?;
    let before = match query.before.as_deref() {
        Some(text) => Some(extract::number("before", Some(text), 0, i64::MAX.unsigned_abs())?),
        None => None,
    };
    let found = shared.lifecycle.docket.verdicts(&VerdictQuery::OfRoom { room, before, limit }).await?;
    Ok(json(&page(&found, limit, extract::audience(&claims))))
}

#[utoipa::path(get, path = "/api/v1/verdicts", tag = "verdicts",
    params(("after" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Page<ListedCase>), (status = "4XX", body = protocol::Problem, content_type = "application/problem+json"),
              (status = 503, body = protocol::Problem, content_type = "application/problem+json")))]
/// All rooms' decided and void cases, the first recorded first, for a platform that follows along: `next` is always
/// there, and passed as `after` it gives what has been recorded since.
pub async fn all(
    State(shared): State<Arc<AppState>>,
    query: Result<Query<PageQuery>, QueryRejection>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let claims = extract::caller(&shared, &headers).await?;
    if claims.juror.role != Role::Moderator || claims.scope != Scope::Everywhere {
        return Err(ApiError::forbidden("this is for moderators of all rooms"));
    }
    let Query(query) = query.map_err(|error| ApiError::malformed(error.body_text()))?;
    let limit = extract::limit(query.limit.as_deref())?;
    let after = extract::number("after", query.after.as_deref(), 0, i64::MAX.unsigned_abs())?;
    let found = shared.lifecycle.docket.verdicts(&VerdictQuery::After { after, limit }).await?;
    let mut page = page(&found, limit, Audience::Moderator);
    page.next = Some(found.last().and_then(|last| last.place).unwrap_or(after).to_string());
    Ok(json(&page))
}

fn page(found: &[StoredCase], limit: u32, audience: Audience) -> Page<ListedCase> {
    let full = found.len() == limit as usize;
    let next = found.last().filter(|_| full).and_then(|last| last.place).map(|place| place.to_string());
    Page { items: found.iter().map(|stored| stored.to_wire(audience)).collect(), next }
}

#[utoipa::path(get, path = "/api/v1/cases/{id}/ballots.csv", tag = "verdicts", params(("id" = String, Path)),
    responses((status = 200, body = String, content_type = "text/csv"), (status = "4XX", body = protocol::Problem, content_type = "application/problem+json"),
              (status = 503, body = protocol::Problem, content_type = "application/problem+json")))]
/// A recorded case's ballots, in order of pseudonym.
pub async fn ballots(
    State(shared): State<Arc<AppState>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let (_, case) = moderated(&shared, &id, &headers).await?;
    if case.state.ended().is_none() {
        return Err(ApiError::not_recorded());
    }
    let ballots = shared.lifecycle.docket.ballots(case.id).await?;
    let mut response = csv(&case, &ballots).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let name = format!("attachment; filename=\"ballots-{}.csv\"", case.id);
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

fn csv(case: &Case, ballots: &[StoredBallot]) -> String {
    let mut text = String::with_capacity(64 * (ballots.len() + 1));
    text.push_str("pseudonym,option,side,cast_at\r\n");
    for ballot in ballots {
        let option = case.brief.options.get(usize::from(ballot.option)).map_or("", |option| option.id.as_str());
        let side = ballot.side.map_or("", Side::as_str);
        let cast_at = utc_minute(ballot.cast_at_min);
        // Writing to a String does not fail.
        let _ = write!(text, "{},{},{side},{cast_at}\r\n", ballot.juror, as_cell(option));
    }
    text
}

/// An id that a spreadsheet would take for a formula is quoted as text; of what ids may start with, that is `-`.
fn as_cell(id: &str) -> String {
    if id.starts_with('-') { format!("'{id}") } else { id.to_owned() }
}

/// A minute since 1970 as `2026-05-04T09:30Z`; empty for one that no calendar has.
fn utc_minute(minute: u64) -> String {
    let second = i64::try_from(minute.saturating_mul(SECONDS_PER_MINUTE)).unwrap_or(i64::MAX);
    let time = jiff::Timestamp::from_second(second);
    time.map(|time| time.strftime("%Y-%m-%dT%H:%MZ").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_dates() {
        assert_eq!(utc_minute(0), "1970-01-01T00:00Z");
        assert_eq!(utc_minute(1_582_934_400 / 60), "2020-02-29T00:00Z");
        assert_eq!(utc_minute(1_798_761_599 / 60), "2026-12-31T23:59Z");
        assert_eq!(utc_minute(951_827_400 / 60), "2000-02-29T12:30Z");
    }

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(as_cell("-1"), "'-1");
        assert_eq!(as_cell("buyer"), "buyer");
    }
}
