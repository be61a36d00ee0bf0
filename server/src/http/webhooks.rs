//! The routes of events, and of the targets that are told of them. No route adds a target: that is the operator's file.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use live_jury_protocol::{FiledEvent, Page, ReplayWebhook, WebhookTarget, WebhookTargets};
use serde::Deserialize;

use super::cursor::Cursor;
use super::extract::{self, Json, PageQuery, ReaderOfAllRooms};
use super::page::page;
use super::response::json;
use super::{ApiError, ApiResult, App};
use crate::docket::{Event, History, TargetState};

/// Parameters of the list of events.
#[derive(Deserialize)]
pub struct EventsQuery {
    limit: Option<String>,
    after: Option<String>,
}

#[utoipa::path(get, path = "/trust/events", tag = "events", operation_id = "listEvents",
    params(("after" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, description = "A page of filed steps", body = Page<FiledEvent>), ApiError))]
/// The filed steps of all rooms' cases in the order of commits, of the last 30 days. A reader starts without `after`.
/// `next` is always present; as `after` of the next request it gives the steps filed since. A docket that is put back
/// to an older state refuses the cursors of before with 410 `cursor_gone`, as `GET /verdicts` does.
pub async fn events(
    State(app): App,
    _: ReaderOfAllRooms,
    PageQuery(query): PageQuery<EventsQuery>,
) -> ApiResult<Response> {
    let limit = extract::limit(query.limit.as_deref())?;
    // Read before the events: a cursor must not name a later incarnation than that of its event.
    let history = app.lifecycle.history().await?;
    let start = Cursor::at(history.current().id, 0);
    let after = query.after.as_deref().map_or(Ok(start), |text| known_cursor(text, &history))?;
    let found = app.lifecycle.reads.events(after.place, limit).await?;
    let places: Vec<u64> = found.iter().map(|event| event.seq).collect();
    let mut page = page(found.into_iter().map(|event| (filed(event), None)), limit);
    let last = page.items.len().checked_sub(1).and_then(|last| places.get(last));
    page.next = Some(Cursor { place: last.copied().unwrap_or(after.place), ..after }.to_string());
    Ok(json(&page))
}

/// The cursor in this text, if it is of the docket's incarnation.
fn known_cursor(text: &str, history: &History) -> ApiResult<Cursor> {
    let cursor =
        Cursor::parse(text).ok_or_else(|| ApiError::field("after", "must be the `next` of an earlier page"))?;
    if cursor.incarnation == history.current().id {
        return Ok(cursor);
    }
    let kept = history.events_kept_since(cursor.incarnation);
    Err(ApiError::cursor_gone(Cursor::at(history.current().id, kept).to_string()))
}

fn filed(event: Event) -> FiledEvent {
    FiledEvent { seq: event.seq, id: event.id, record: event.record, trust: event.trust }
}

#[utoipa::path(get, path = "/trust/webhooks", tag = "events", operation_id = "listWebhooks",
    responses((status = 200, description = "The targets, with what waits for them", body = WebhookTargets), ApiError))]
/// The servers that are told of events, and how far each is.
pub async fn list(State(app): App, _: ReaderOfAllRooms) -> ApiResult<Response> {
    let items = app.lifecycle.reads.targets().await?.into_iter().map(shown).collect();
    Ok(json(&WebhookTargets { items }))
}

#[utoipa::path(post, path = "/trust/webhooks/{name}/replay", tag = "events", operation_id = "replayWebhook",
    request_body = ReplayWebhook, params(("name" = String, Path)),
    responses((status = 204, description = "Events after the place are delivered once more"), ApiError))]
/// Makes a target begin again after a place. A target that said that it is gone is served again.
pub async fn replay(
    State(app): App,
    Path(name): Path<String>,
    ReaderOfAllRooms { sub: by }: ReaderOfAllRooms,
    Json { value: replay, .. }: Json<ReplayWebhook>,
) -> ApiResult<Response> {
    // PostgreSQL reads no text with a NUL, and no target has such a name.
    if name.contains('\0') || !app.lifecycle.reads.replay(&name, replay.after).await? {
        return Err(ApiError::not_found());
    }
    tracing::info!(by, target = name, after = replay.after, "a webhook's target begins again");
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn shown(target: TargetState) -> WebhookTarget {
    let TargetState { name, cursor, waiting, failed, stopped_at_ms } = target;
    WebhookTarget { name, after: cursor, waiting, failed, stopped_at_ms }
}
