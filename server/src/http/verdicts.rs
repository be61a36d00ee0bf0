//! The routes of recorded cases: verdicts of a room, verdicts of all rooms, and the export of a case's ballots.

use std::fmt::Write;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use live_jury_protocol::{ListedCase, Page, Side};
use serde::Deserialize;

use super::cursor::Cursor;
use super::extract::{self, ModeratedCase, ModeratorOfAllRooms, PageQuery, RoomReader};
use super::response::json;
use super::{ApiError, ApiResult, App};
use crate::docket::{History, StoredCase, VerdictQuery};
use live_jury_court::{Audience, Case, StoredBallot};

/// Ballots are dated by the minute.
const SECONDS_PER_MINUTE: u64 = 60;

/// Parameters of a list of verdicts.
#[derive(Deserialize)]
pub struct VerdictsQuery {
    limit: Option<String>,
    before: Option<String>,
    after: Option<String>,
}

#[utoipa::path(get, path = "/rooms/{room}/verdicts", tag = "verdicts", operation_id = "listRoomVerdicts",
    params(("room" = String, Path), ("limit" = Option<u32>, Query), ("before" = Option<String>, Query)),
    responses((status = 200, description = "A page of the room's recorded cases", body = Page<ListedCase>),
              ApiError))]
/// A room's decided and void cases, the last recorded first.
pub async fn of_room(
    State(app): App,
    RoomReader { caller, room }: RoomReader,
    PageQuery(query): PageQuery<VerdictsQuery>,
) -> ApiResult<Response> {
    let limit = extract::limit(query.limit.as_deref())?;
    let before = extract::place("before", query.before.as_deref())?;
    let found = app.lifecycle.verdicts(&VerdictQuery::OfRoom { room, before, limit }).await?;
    Ok(json(&page(&found, limit, caller.audience())))
}

#[utoipa::path(get, path = "/verdicts", tag = "verdicts", operation_id = "listVerdicts",
    params(("after" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, description = "A page of all recorded cases", body = Page<ListedCase>), ApiError))]
/// All rooms' decided and void cases, the first recorded first, for a platform that follows them. A reader starts
/// without `after`. `next` is always present; as `after` of the next request it gives the cases recorded since. A
/// docket that is put back to an older state refuses the cursors of before with 410 `cursor_gone`; the problem's `next`
/// leads to the place up to which nothing was lost.
pub async fn all(
    State(app): App,
    _: ModeratorOfAllRooms,
    PageQuery(query): PageQuery<VerdictsQuery>,
) -> ApiResult<Response> {
    let limit = extract::limit(query.limit.as_deref())?;
    // Read before the cases: a cursor must not name a later incarnation than that of its case.
    let history = app.lifecycle.history().await?;
    let after = query.after.as_deref().map_or_else(|| Ok(start(&history)), |text| known_cursor(text, &history))?;
    // The case of the cursor is read, too, and compared.
    let read_again = u32::from(after.case.is_some());
    let query = VerdictQuery::After { after: after.place.saturating_sub(read_again.into()), limit: limit + read_again };
    let mut found = app.lifecycle.verdicts(&query).await?;
    if let Some(case) = after.case {
        if found.first().is_none_or(|first| (first.place, first.id) != (Some(after.place), case)) {
            // The docket went back, and no node has noticed it yet.
            let kept = app.lifecycle.verdicts_kept(history.docket_id()).await?;
            return Err(gone(&history, kept.min(after.place.saturating_sub(1))));
        }
        found.remove(0);
    }
    let last = found.last().and_then(|last| Some(Cursor { place: last.place?, case: Some(last.id), ..after }));
    let mut page = page(&found, limit, Audience::Moderator);
    page.next = Some(last.unwrap_or(after).to_string());
    Ok(json(&page))
}

/// The cursor of a reader who has no verdict yet.
fn start(history: &History) -> Cursor {
    Cursor::at(history.current().id, 0)
}

/// The cursor in this text, if it is of the docket's incarnation. A number is a cursor of an earlier version and names no
/// incarnation.
fn known_cursor(text: &str, history: &History) -> ApiResult<Cursor> {
    match Cursor::parse(text) {
        Some(cursor) if cursor.incarnation == history.current().id => Ok(cursor),
        Some(cursor) => Err(gone(history, history.verdicts_kept_since(cursor.incarnation))),
        None if text.parse::<u64>().is_ok() => Err(gone(history, 0)),
        None => Err(ApiError::field("after", "must be the `next` of an earlier page")),
    }
}

/// The refusal of a cursor, with the one to go on from: its reader may see a case twice, and misses none.
fn gone(history: &History, kept: u64) -> ApiError {
    ApiError::cursor_gone(Cursor::at(history.current().id, kept).to_string())
}

fn page(found: &[StoredCase], limit: u32, audience: Audience) -> Page<ListedCase> {
    let full = found.len() == limit as usize;
    let next = found.last().filter(|_| full).and_then(|last| last.place).map(|place| place.to_string());
    Page { items: found.iter().map(|stored| stored.to_wire(audience)).collect(), next }
}

#[utoipa::path(get, path = "/cases/{id}/ballots.csv", tag = "verdicts", operation_id = "exportBallots",
    params(("id" = String, Path)),
    responses((status = 200, description = "One line per ballot, with a header line", body = String,
               content_type = "text/csv"), ApiError))]
/// A recorded case's ballots, in order of pseudonym.
pub async fn ballots(State(app): App, ModeratedCase { case, .. }: ModeratedCase) -> ApiResult<Response> {
    if case.state.ended().is_none() {
        return Err(ApiError::not_recorded());
    }
    let ballots = app.lifecycle.ballots(case.id).await?;
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

/// An option's id as a cell of text. A spreadsheet reads a leading `-` as a formula; ids start with no other such sign.
fn as_cell(id: &str) -> String {
    if id.starts_with('-') { format!("'{id}") } else { id.to_owned() }
}

/// A minute since 1970 as `2026-05-04T09:30Z`; empty beyond the calendar's range.
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
