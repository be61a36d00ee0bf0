//! Routes that hand out tokens; only the demo has them, and it answers this machine only.

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use live_jury_court::is_id;
use live_jury_protocol::{Role, limits};
use serde::Deserialize;

use super::Mint;
use super::rooms::{DemoRoom, ROOMS};
use crate::auth::TokenError;

/// Path of the page with every state of the widget.
pub const GALLERY: &str = "/gallery";

/// The query: a room of the demo, by default the first.
#[derive(Deserialize)]
struct RoomQuery {
    room: Option<String>,
}

impl RoomQuery {
    fn room(&self) -> Option<DemoRoom> {
        self.room.as_deref().map_or(Some(ROOMS[0]), DemoRoom::named)
    }
}

/// `POST /demo/token` (the body is the viewer id) and `GET /demo/links`, both with `?room=`.
pub fn router(mint: Mint) -> Router {
    Router::new().route("/demo/token", post(token)).route("/demo/links", get(links_as_json)).with_state(mint)
}

/// The pages other than the room, by name. Each link holds a token in its fragment, which browsers do not send.
pub fn links(mint: &Mint, room: DemoRoom) -> Result<Vec<(&'static str, String)>, TokenError> {
    let DemoRoom { name, lang, .. } = room;
    // Without it a page follows the browser's language.
    let query = if lang == ROOMS[0].lang { String::new() } else { format!("?lang={lang}") };
    let token = |role, sub| mint.token(room, role, sub);
    Ok(vec![
        ("moderator", format!("/console/{query}#token={}", token(Role::Moderator, "demo-moderator")?)),
        ("host", format!("/host/{name}{query}#token={}", token(Role::Host, "demo-host")?)),
        ("practice", format!("/practice/{query}#token={}", token(Role::Viewer, "demo-practice")?)),
        ("overlay", format!("/overlay/{name}{query}#token={}", token(Role::Overlay, "demo-overlay")?)),
    ])
}

async fn token(State(mint): State<Mint>, Query(query): Query<RoomQuery>, request: Request) -> Response {
    let Some(room) = query.room() else { return StatusCode::NOT_FOUND.into_response() };
    // A page elsewhere may post a form here but cannot read the answer.
    let read = axum::body::to_bytes(request.into_body(), limits::SUB_BYTES_MAX).await;
    let sub = read.ok().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()).map(|text| text.trim().to_owned());
    match sub.filter(|sub| is_id(sub)) {
        Some(sub) => match mint.token(room, Role::Viewer, &sub) {
            Ok(token) => ([(header::CACHE_CONTROL, "no-store")], token).into_response(),
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
        None => (StatusCode::UNPROCESSABLE_ENTITY, "the body must be a viewer id of 1 to 128 bytes").into_response(),
    }
}

async fn links_as_json(State(mint): State<Mint>, Query(query): Query<RoomQuery>) -> Response {
    let Some(room) = query.room() else { return StatusCode::NOT_FOUND.into_response() };
    match links(&mint, room) {
        Ok(links) => {
            let mut body: serde_json::Map<String, serde_json::Value> =
                links.into_iter().map(|(name, link)| (name.to_owned(), link.into())).collect();
            body.insert("console".to_owned(), body.get("moderator").cloned().unwrap_or_default());
            body.insert("room".to_owned(), "/".into());
            body.insert("gallery".to_owned(), format!("{GALLERY}?lang={}", room.lang).into());
            let headers = [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_TYPE, "application/json")];
            (headers, serde_json::Value::from(body).to_string()).into_response()
        }
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
