//! The page of the public report, made on the server: it needs no script, and it reads no token.

mod chart;
mod html;
mod numbers;
#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::extract::{PageQuery, TrustAnybody};
use super::reads::limit_anybody;
use super::{ApiResult, trust};
use crate::ledger::editions::EditionPage;
use crate::state::AppState;
use words::Lang;

/// The content policy: its own stylesheet and icon, and nothing else. No page frames it.
const CONTENT_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
const STYLE: &str = include_str!("../../../style/edition.css");
/// The seconds for which a browser keeps the stylesheet: a new program may have another one.
const STYLE_CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");
/// The earlier editions to which the page has links. The API lists all.
const EDITIONS_SHOWN_MAX: u32 = 24;

/// Parameters of the page.
#[derive(Deserialize)]
pub struct ReportQuery {
    edition: Option<String>,
    lang: Option<String>,
}

/// The routes of the page.
pub fn router(app: Arc<AppState>) -> Router {
    Router::new()
        .route("/trust/report", get(show))
        .route("/trust/report.css", get(style))
        .layer(middleware::from_fn_with_state(app.clone(), limit_anybody))
        .with_state(app)
}

/// The edition that is asked for, or the newest.
async fn show(
    TrustAnybody(trust): TrustAnybody,
    PageQuery(query): PageQuery<ReportQuery>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let lang = Lang::of(query.lang.as_deref(), &headers);
    let id = query.edition.as_deref().map(trust::id_of).transpose();
    let found = match id {
        Ok(id) => trust.edition(id).await?,
        Err(_) => None,
    };
    let others = trust.ledger.editions(EditionPage { before: None, limit: EDITIONS_SHOWN_MAX }).await?;
    let status = match (&found, &query.edition) {
        (None, Some(_)) => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    };
    let mut response = (status, html::page(found.as_ref(), &others, lang)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Language"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
    Ok(response)
}

async fn style() -> Response {
    let kind = HeaderValue::from_static("text/css; charset=utf-8");
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, STYLE_CACHE)], STYLE).into_response()
}
