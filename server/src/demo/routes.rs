//! Routes that hand out tokens; only the demo has them, and it answers this machine only.

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use live_jury_court::is_id;
use live_jury_protocol::{Role, limits};
use serde::Deserialize;

use super::Mint;
use super::platform::Platform;
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

/// The headers of an answer in JSON that changes.
const JSON_HEADERS: [(HeaderName, &str); 2] =
    [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_TYPE, "application/json")];
/// Path of the page with the newest edition of the public report.
const REPORT: &str = "/trust/report";
/// Path of the page with what the demo's platform was told.
const PLATFORM: &str = "/demo/platform";

/// `POST /demo/token` (the body is the viewer id), `GET /demo/links`, and `GET /demo/told`: what the platform was told.
/// All take `?room=`.
pub fn router(mint: Mint, platform: Platform) -> Router {
    let told = Router::new().route("/demo/told", get(told)).with_state(platform);
    let router = Router::new().route("/demo/token", post(token)).route("/demo/links", get(links_as_json));
    router.with_state(mint).merge(told)
}

/// The pages other than the room, by name. A link holds a token in its fragment, which browsers do not send; the
/// platform's page needs none.
pub fn links(mint: &Mint, room: DemoRoom) -> Result<Vec<(&'static str, String)>, TokenError> {
    let DemoRoom { name, lang, .. } = room;
    // Without it a page follows the browser's language.
    let query = if lang == ROOMS[0].lang { String::new() } else { format!("?lang={lang}") };
    let token = |role, sub| mint.token(room, role, sub);
    let desk = mint.token_of_all(Role::Moderator, "demo-judge", None)?;
    let shop = mint.token_of_all(Role::Merchant, "demo-shop", room.shop().merchant)?;
    Ok(vec![
        ("moderator", format!("/console/{query}#token={}", token(Role::Moderator, "demo-moderator")?)),
        ("host", format!("/host/{name}{query}#token={}", token(Role::Host, "demo-host")?)),
        ("practice", format!("/practice/{query}#token={}", token(Role::Viewer, "demo-practice")?)),
        ("overlay", format!("/overlay/{name}{query}#token={}", token(Role::Overlay, "demo-overlay")?)),
        ("desk", format!("/trust/{query}#token={desk}")),
        ("shop", format!("/trust/me{query}#token={shop}")),
        ("platform", format!("{PLATFORM}{query}")),
        ("report", format!("{REPORT}{query}")),
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

async fn told(State(platform): State<Platform>, Query(query): Query<RoomQuery>) -> Response {
    let Some(room) = query.room() else { return StatusCode::NOT_FOUND.into_response() };
    match serde_json::to_string(&platform.told_of(room)) {
        Ok(told) => (JSON_HEADERS, told).into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
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
            (JSON_HEADERS, serde_json::Value::from(body).to_string()).into_response()
        }
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
