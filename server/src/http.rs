//! The HTTP surface: which route leads to which handler, and the layers that every request passes. It decides no case.

pub mod admin;
mod appeals;
pub mod assets;
mod ballots;
mod cases;
mod client_address;
mod cursor;
mod error;
mod extract;
mod file_body;
pub mod listener;
mod log;
mod objections;
mod openapi;
mod origin;
mod page;
mod policies;
mod practice;
mod proofs;
mod reads;
mod report_page;
mod reports;
mod response;
mod revocations;
mod socket;
mod steps;
mod trust;
mod verdicts;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::middleware;
use axum::routing::any;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::AppState;
pub use error::{ApiError, ApiResult, PROBLEM_CODES};
pub use openapi::document;

/// A node's shared state, as handlers take it.
type App = State<Arc<AppState>>;

/// The path of the API's version.
const API: &str = "/api/v1";

/// The content security policy of the API's answers: a browser that shows one runs nothing of it.
const API_CONTENT_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// The public listener's routes: the API behind its origin check, and the pages.
pub fn router(app: Arc<AppState>, assets: assets::AssetPolicy, extra: Option<Router>) -> Router {
    let (described, _) = described_routes().split_for_parts();
    let (public, _) = public_routes().split_for_parts();
    let api = described
        .layer(middleware::from_fn_with_state(app.clone(), reads::limit))
        .merge(public.layer(middleware::from_fn_with_state(app.clone(), reads::limit_anybody)))
        .route("/rooms/{room}/socket", any(socket::open))
        .route("/openapi.json", openapi::route(&assets.public_url))
        .fallback(async || ApiError::not_found())
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(middleware::from_fn_with_state(app.clone(), steps::run_to_the_end))
        .layer(middleware::from_fn_with_state(app.clone(), origin::check_origin))
        // An answer of the API is data for one reader: it is not cached, and no page frames it.
        .layer(SetResponseHeaderLayer::overriding(header::VARY, HeaderValue::from_static("Origin")))
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .layer(SetResponseHeaderLayer::overriding(header::CONTENT_SECURITY_POLICY, API_CONTENT_POLICY))
        .with_state(app.clone());
    Router::new()
        .nest(API, api)
        .merge(log::router(app.clone()))
        .merge(report_page::router(app.clone()))
        .merge(assets::router(assets))
        .merge(extra.unwrap_or_default())
        .layer(middleware::from_fn_with_state(app, origin::check_host))
        // No browser guesses another type, and no link on a page tells the page's address.
        .layer(SetResponseHeaderLayer::overriding(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .layer(SetResponseHeaderLayer::overriding(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
}

/// The routes of the OpenAPI document. Each handler's attribute names its method and path.
fn described_routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(routes!(cases::create, cases::list))
        .routes(routes!(cases::read, cases::edit, cases::discard))
        .routes(routes!(cases::open))
        .routes(routes!(cases::extend))
        .routes(routes!(cases::close))
        .routes(routes!(cases::void))
        .routes(routes!(cases::tally))
        .routes(routes!(cases::audit))
        .routes(routes!(appeals::appeal))
        .routes(routes!(ballots::ballots))
        .routes(routes!(proofs::statement))
        .routes(routes!(proofs::brief))
        .routes(routes!(proofs::tlog_proof))
        .routes(routes!(proofs::proof))
        .routes(routes!(proofs::seal))
        .routes(routes!(proofs::bundle))
        .routes(routes!(proofs::rows))
        .routes(routes!(proofs::seals))
        .routes(routes!(objections::create))
        .routes(routes!(verdicts::of_room))
        .routes(routes!(verdicts::all))
        .routes(routes!(revocations::revoke))
        .routes(routes!(policies::get, policies::set))
        .routes(routes!(policies::changes))
        .routes(routes!(practice::next))
        .routes(routes!(practice::answer))
        .routes(routes!(practice::forget))
        .routes(routes!(webhooks::events))
        .routes(routes!(webhooks::list))
        .routes(routes!(webhooks::replay))
        .routes(routes!(reports::send))
        .routes(routes!(reports::own))
        .routes(routes!(reports::buckets))
        .routes(routes!(reports::bucket))
        .routes(routes!(reports::draft))
        .routes(routes!(reports::close))
        .routes(routes!(trust::facts::add))
        .routes(routes!(trust::index::index))
        .routes(routes!(trust::index::signals))
        .routes(routes!(trust::index::policies))
        .routes(routes!(trust::exposure::exposure))
        .routes(routes!(trust::exposure::rank))
        .routes(routes!(trust::applications::list, trust::applications::create))
        .routes(routes!(trust::applications::weights))
        .routes(routes!(trust::applications::decide))
        .routes(routes!(trust::applications::put))
        .routes(routes!(trust::listings::list, trust::listings::create))
        .routes(routes!(trust::listings::get))
        .routes(routes!(trust::listings::decide))
        .routes(routes!(trust::listings::draft))
        .routes(routes!(trust::lists::term, trust::lists::put_term, trust::lists::delete_term))
        .routes(routes!(trust::lists::brand, trust::lists::put_brand, trust::lists::delete_brand))
        .routes(routes!(trust::lists::image, trust::lists::put_image, trust::lists::delete_image))
        .routes(routes!(trust::lists::rule, trust::lists::put_rule, trust::lists::delete_rule))
        .routes(routes!(trust::promises::get, trust::promises::put))
        .routes(routes!(trust::claims::list, trust::claims::create))
        .routes(routes!(trust::claims::get))
        .routes(routes!(trust::claims::answer))
        .routes(routes!(trust::claims::escalate))
        .routes(routes!(trust::claims::withdraw))
        .routes(routes!(trust::claims::decide))
        .routes(routes!(trust::parties::me))
        .routes(routes!(trust::parties::standing))
        .routes(routes!(trust::parties::ban))
        .routes(routes!(trust::parties::unban))
        .routes(routes!(trust::parties::measures))
        .routes(routes!(trust::parties::statements))
        .routes(routes!(trust::parties::audit))
        .routes(routes!(trust::violations::list, trust::violations::create))
        .routes(routes!(trust::violations::confirm))
        .routes(routes!(trust::violations::dismiss))
        .routes(routes!(trust::violations::withdraw))
        .routes(routes!(trust::appeals::list, trust::appeals::create))
        .routes(routes!(trust::appeals::withdraw))
        .routes(routes!(trust::appeals::decide))
        .routes(routes!(trust::drafts::state))
        .routes(routes!(trust::editions::preview))
        .routes(routes!(trust::editions::create))
}

/// The routes that anybody reads, without a token.
fn public_routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new().routes(routes!(trust::editions::list)).routes(routes!(trust::editions::read))
}
