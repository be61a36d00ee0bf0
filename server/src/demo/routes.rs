//! Routes that hand out tokens; they exist in the demo alone, which answers this machine alone.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use live_jury_protocol::{Role, limits};

use super::{Mint, ROOM};
use crate::http::auth::TokenError;

/// `POST /demo/token` (the body is the viewer id) and `GET /demo/links`.
pub fn router(mint: Mint) -> Router {
    Router::new().route("/demo/token", post(token)).route("/demo/links", get(all_links)).with_state(mint)
}

/// The pages beside the room, by name, each with a token in its fragment, which browsers do not send.
pub fn links(mint: &Mint) -> Result<Vec<(&'static str, String)>, TokenError> {
    Ok(vec![
        ("moderator", format!("/console/#token={}", mint.token(Role::Moderator, "demo-moderator")?)),
        ("host", format!("/host/{ROOM}#token={}", mint.token(Role::Host, "demo-host")?)),
        ("overlay", format!("/overlay/{ROOM}#token={}", mint.token(Role::Overlay, "demo-overlay")?)),
    ])
}

async fn token(State(mint): State<Mint>, request: Request) -> Response {
    // A page elsewhere may send a form here, but may not read the answer; a viewer id of its choice gains it nothing.
    let read = axum::body::to_bytes(request.into_body(), limits::SUB_BYTES_MAX).await;
    let sub = read.ok().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()).map(|text| text.trim().to_owned());
    match sub.filter(|sub| !sub.is_empty() && !sub.chars().any(char::is_control)) {
        Some(sub) => match mint.token(Role::Viewer, &sub) {
            Ok(token) => ([(header::CACHE_CONTROL, "no-store")], token).into_response(),
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
        None => (StatusCode::UNPROCESSABLE_ENTITY, "the body must be a viewer id of 1 to 128 bytes").into_response(),
    }
}

async fn all_links(State(mint): State<Mint>) -> Response {
    match links(&mint) {
        Ok(links) => {
            let mut body: serde_json::Map<String, serde_json::Value> =
                links.into_iter().map(|(name, link)| (name.to_owned(), link.into())).collect();
            body.insert("console".to_owned(), body.get("moderator").cloned().unwrap_or_default());
            body.insert("room".to_owned(), "/".into());
            let headers = [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_TYPE, "application/json")];
            (headers, serde_json::Value::from(body).to_string()).into_response()
        }
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
