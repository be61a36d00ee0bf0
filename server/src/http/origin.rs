//! Checks the host and the origin of each request before a handler runs, and answers browsers' CORS questions.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::ApiError;
use crate::state::AppState;

/// Longest time in seconds for which a browser caches a preflight's answer. A changed list of origins holds at once all
/// the same, since every request is checked.
const PREFLIGHT_MAX_AGE_S: &str = "600";

/// Refuses a demo's request whose host is not a loopback name, so that no page elsewhere reaches the demo by a name of
/// its own that resolves to this machine.
pub async fn check_host(State(app): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    if app.network.demo && !has_loopback_host(request.headers(), request.uri()) {
        metrics::counter!("live_jury_turned_away_total", "reason" => "host").increment(1);
        return ApiError::host_not_allowed().into_response();
    }
    next.run(request).await
}

fn has_loopback_host(headers: &HeaderMap, uri: &Uri) -> bool {
    let authority =
        headers.get(header::HOST).and_then(|host| host.to_str().ok()).or_else(|| uri.authority().map(|a| a.as_str()));
    authority.is_some_and(|authority| is_loopback_name(host_of(authority)))
}

/// An authority without its port.
pub(super) fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn is_loopback_name(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

/// Refuses pages of foreign origins before any upgrade, and answers the preflights of allowed ones.
///
/// A request without `Origin` comes from no page; its token alone decides. tower-http's `CorsLayer` does not fit: it
/// lets foreign origins pass to the handler, answers every `OPTIONS`, and adds headers to requests without `Origin`.
pub async fn check_origin(State(app): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else {
        return next.run(request).await;
    };
    let allowed = origin.to_str().is_ok_and(|origin| {
        app.network.origins.iter().any(|own| own == origin)
            || (app.network.demo && origin.strip_prefix("http://").is_some_and(|host| is_loopback_name(host_of(host))))
    });
    if !allowed {
        metrics::counter!("live_jury_turned_away_total", "reason" => "origin").increment(1);
        return ApiError::origin_not_allowed().into_response();
    }
    let preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag, Retry-After, Location"));
    if preflight {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE"));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("Authorization, Content-Type, Idempotency-Key, If-Match"),
        );
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_MAX_AGE_S));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_has_three_host_names() {
        for host in ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "[::1]"] {
            assert!(is_loopback_name(host_of(host)), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:80", "127.0.0.1.evil.example", "", "[::1"] {
            assert!(!is_loopback_name(host_of(host)), "{host}");
        }
    }
}
