//! The routes of the log of verdicts, which anybody may read: checkpoints, tiles, entries, keys. It signs nothing.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use live_jury_proof::tiles::{Tile, parse_entries_path};

use super::reads::limit_anybody;
use super::{ApiError, ApiResult, App};
use crate::state::AppState;

/// The seconds for which a checkpoint may be kept: an entry is signed within about as long.
const CHECKPOINT_CACHE: HeaderValue = HeaderValue::from_static("public, max-age=2");
/// A tile never changes.
const TILE_CACHE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// The routes of the logs. Pages of any origin may read them, and nobody needs a token.
pub fn router(app: Arc<AppState>) -> Router {
    Router::new()
        .route("/log/keys", get(keys))
        .route("/log/{log}/checkpoint", get(checkpoint))
        .route("/log/{log}/tile/{*path}", get(tile))
        .layer(middleware::from_fn_with_state(app.clone(), limit_anybody))
        .layer(middleware::map_response(open_to_all))
        .with_state(app)
}

/// Lets pages of every origin read the answer.
async fn open_to_all(mut response: Response) -> Response {
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// The last signed checkpoint.
async fn checkpoint(State(app): App, Path(log): Path<String>) -> ApiResult<Response> {
    let note = app.logs.checkpoint(number(&log)?).await?.ok_or_else(ApiError::not_found)?;
    Ok(answer(TEXT, CHECKPOINT_CACHE, note.note))
}

/// A tile of hashes, or a bundle of entries.
async fn tile(State(app): App, Path((log, path)): Path<(String, String)>) -> ApiResult<Response> {
    let (log, path) = (number(&log)?, format!("tile/{path}"));
    let bytes = match (Tile::parse(&path), parse_entries_path(&path)) {
        (Ok(tile), _) => app.logs.tile(log, tile).await?,
        (_, Ok((index, width))) => app.logs.entries(log, index, width).await?,
        _ => None,
    };
    Ok(answer(BYTES, TILE_CACHE, bytes.ok_or_else(ApiError::not_found)?))
}

/// The public keys of all logs, one a line.
async fn keys(State(app): App) -> ApiResult<Response> {
    let vkeys = app.logs.vkeys().await?;
    let text: String = vkeys.iter().map(|vkey| format!("{vkey}\n")).collect();
    Ok(answer(TEXT, CHECKPOINT_CACHE, text))
}

/// The number of a log in a path.
fn number(text: &str) -> ApiResult<u64> {
    let number = text.parse::<u32>().ok().filter(|number| number.to_string() == text);
    number.map(u64::from).ok_or_else(ApiError::not_found)
}

fn answer(kind: HeaderValue, cache: HeaderValue, body: impl IntoResponse) -> Response {
    let headers: [(HeaderName, HeaderValue); 2] = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)];
    (headers, body).into_response()
}
