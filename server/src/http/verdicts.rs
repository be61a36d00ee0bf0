//! The routes of recorded cases: verdicts of a room, and of all rooms; it decides none.

use axum::extract::State;
use axum::response::Response;
use live_jury_protocol::{ListedCase, Page};
use serde::Deserialize;

use super::cursor::Cursor;
use super::extract::{self, PageQuery, ReaderOfAllRooms, RoomReader};
use super::page::page;
use super::response::json;
use super::{ApiError, ApiResult, App};
use crate::docket::{History, StoredCase, VerdictQuery};
use live_jury_court::Audience;

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
    let found = app.lifecycle.read_verdicts(&VerdictQuery::OfRoom { room, before, limit }).await?;
    Ok(json(&page(items(&found, caller.audience()), limit)))
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
    _: ReaderOfAllRooms,
    PageQuery(query): PageQuery<VerdictsQuery>,
) -> ApiResult<Response> {
    let limit = extract::limit(query.limit.as_deref())?;
    // Read before the cases: a cursor must not name a later incarnation than that of its case.
    let history = app.lifecycle.history().await?;
    let after = query.after.as_deref().map_or_else(|| Ok(start(&history)), |text| known_cursor(text, &history))?;
    // The case of the cursor is read, too, and compared.
    let read_again = u32::from(after.case.is_some());
    let query = VerdictQuery::After { after: after.place.saturating_sub(read_again.into()), limit: limit + read_again };
    let mut found = app.lifecycle.read_verdicts(&query).await?;
    if let Some(case) = after.case {
        if found.first().is_none_or(|first| (first.place, first.id) != (Some(after.place), case)) {
            // The docket went back, and no node has noticed it yet.
            let kept = app.lifecycle.verdicts_kept(history.docket_id()).await?;
            return Err(gone(&history, kept.min(after.place.saturating_sub(1))));
        }
        found.remove(0);
    }
    let mut page = page(items(&found, Audience::Moderator), limit);
    let last = page.items.len().checked_sub(1).and_then(|last| found.get(last));
    let last = last.and_then(|last| Some(Cursor { place: last.place?, case: Some(last.id), ..after }));
    page.next = Some(last.unwrap_or(after).to_string());
    Ok(json(&page))
}

/// The cursor of a reader who has no verdict yet.
fn start(history: &History) -> Cursor {
    Cursor::at(history.current().id, 0)
}

/// The cursor in this text, if it is of the docket's incarnation. A number is a cursor of an earlier version and names
/// no incarnation.
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

/// Recorded cases with the cursors after them.
fn items(found: &[StoredCase], audience: Audience) -> impl Iterator<Item = (ListedCase, Option<String>)> {
    found.iter().map(move |stored| (stored.to_wire(audience), stored.place.map(|place| place.to_string())))
}
