//! Routes that hand out tokens; they exist in the demo alone, which answers this machine alone.

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use live_jury_protocol::{Role, limits};
use serde::Deserialize;

use super::Mint;
use super::rooms::{DemoRoom, ROOMS};
use crate::auth::TokenError;

/// Where the demo shows every state of the widget.
pub const GALLERY: &str = "/gallery";

/// What is asked for: a room of the demo, by name; the first where none is named.
#[derive(Deserialize)]
struct Asked {
    room: Option<String>,
}

impl Asked {
    fn room(&self) -> Option<DemoRoom> {
        self.room.as_deref().map_or(Some(ROOMS[0]), DemoRoom::named)
    }
}

/// `POST /demo/token` (the body is the viewer id) and `GET /demo/links`, both with `?room=`.
pub fn router(mint: Mint) -> Router {
    Router::new().route("/demo/token", post(token)).route("/demo/links", get(all_links)).with_state(mint)
}

/// The pages beside the room, by name, each with a token in its fragment, which browsers do not send.
pub fn links(mint: &Mint, room: DemoRoom) -> Result<Vec<(&'static str, String)>, TokenError> {
    let DemoRoom { name, lang, .. } = room;
    // A browser of another language would be spoken to in that.
    let query = if lang == ROOMS[0].lang { String::new() } else { format!("?lang={lang}") };
    let token = |role, sub| mint.token(room, role, sub);
    Ok(vec![
        ("moderator", format!("/console/{query}#token={}", token(Role::Moderator, "demo-moderator")?)),
        ("host", format!("/host/{name}{query}#token={}", token(Role::Host, "demo-host")?)),
        ("overlay", format!("/overlay/{name}{query}#token={}", token(Role::Overlay, "demo-overlay")?)),
    ])
}

async fn token(State(mint): State<Mint>, Query(asked): Query<Asked>, request: Request) -> Response {
    let Some(room) = asked.room() else { return StatusCode::NOT_FOUND.into_response() };
    // A page elsewhere may send a form here, but may not read the answer; a viewer id of its choice gains it nothing.
    let read = axum::body::to_bytes(request.into_body(), limits::SUB_BYTES_MAX).await;
    let sub = read.ok().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()).map(|text| text.trim().to_owned());
    match sub.filter(|sub| !sub.is_empty() && !sub.chars().any(char::is_control)) {
        Some(sub) => match mint.token(room, Role::Viewer, &sub) {
            Ok(token) => ([(header::CACHE_CONTROL, "no-store")], token).into_response(),
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
        None => (StatusCode::UNPROCESSABLE_ENTITY, "the body must be a viewer id of 1 to 128 bytes").into_response(),
    }
}

async fn all_links(State(mint): State<Mint>, Query(asked): Query<Asked>) -> Response {
    let Some(room) = asked.room() else { return StatusCode::NOT_FOUND.into_response() };
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
