//! Routes only: what is served where, and what every request must pass; a handler parses, calls, answers.

pub mod admin;
pub mod assets;
mod cases;
mod error;
mod extract;
pub mod listener;
mod openapi;
mod origin;
mod socket;
mod verdicts;

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::{any, get, patch, post};

use crate::state::AppState;
pub use error::{ApiError, ApiResult};
pub use openapi::document;

/// The public listener's routes: the API behind its gate, and the pages.
pub fn router(shared: Arc<AppState>, assets: assets::AssetPolicy, extra: Option<Router>) -> Router {
    let api = Router::new()
        .route("/rooms/{room}/cases", post(cases::create).get(cases::list))
        .route("/rooms/{room}/verdicts", get(verdicts::of_room))
        .route("/rooms/{room}/socket", any(socket::open))
        .route("/cases/{id}", get(cases::read))
        .route("/cases/{id}", patch(cases::edit).delete(cases::discard))
        .route("/cases/{id}/open", post(cases::open))
        .route("/cases/{id}/extend", post(cases::extend))
        .route("/cases/{id}/close", post(cases::close))
        .route("/cases/{id}/void", post(cases::void))
        .route("/cases/{id}/tally", get(cases::tally))
        .route("/cases/{id}/audit", get(cases::audit))
        .route("/cases/{id}/ballots.csv", get(verdicts::ballots))
        .route("/verdicts", get(verdicts::all))
        .route("/openapi.json", get(openapi::serve))
        .fallback(async || ApiError::not_found())
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(middleware::from_fn_with_state(shared.clone(), origin::check_origin))
        .with_state(shared.clone());
    Router::new()
        .nest("/api/v1", api)
        .merge(assets::router(assets))
        .merge(extra.unwrap_or_default())
        .layer(middleware::from_fn_with_state(shared, origin::check_host))
        .layer(middleware::map_response(origin::guard))
}
