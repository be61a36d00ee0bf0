//! What every request must pass before a handler sees it: the host it names, the origin it comes from.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::ApiError;
use crate::state::AppState;

/// How long a browser may remember what a preflight said, in seconds.
const PREFLIGHT_S: &str = "600";

/// Lets the demo answer to this machine's own names only, so that no page elsewhere can reach it by a name of its own
/// that leads here.
pub async fn check_host(State(shared): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    if shared.network.demo && !names_loopback(request.headers(), request.uri()) {
        metrics::counter!("live_jury_turned_away_total", "reason" => "host").increment(1);
        return ApiError::host_not_allowed().into_response();
    }
    next.run(request).await
}

fn names_loopback(headers: &HeaderMap, uri: &Uri) -> bool {
    let named =
        headers.get(header::HOST).and_then(|host| host.to_str().ok()).or_else(|| uri.authority().map(|a| a.as_str()));
    named.is_some_and(|host| is_loopback_name(host_of(host)))
}

pub(super) fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn is_loopback_name(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

/// Refuses pages of foreign origins, before any upgrade, and tells browsers what the allowed ones may do.
///
/// A request without `Origin` comes from no page; it is judged by its token alone.
pub async fn check_origin(State(shared): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else {
        return plain(next.run(request).await);
    };
    let allowed = origin.to_str().is_ok_and(|origin| {
        shared.network.origins.iter().any(|own| own == origin)
            || (shared.network.demo
                && origin.strip_prefix("http://").is_some_and(|host| is_loopback_name(host_of(host))))
    });
    if !allowed {
        metrics::counter!("live_jury_turned_away_total", "reason" => "origin").increment(1);
        return plain(ApiError::origin_not_allowed().into_response());
    }
    let preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag, Retry-After, Location"));
    if preflight {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PATCH"));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("Authorization, Content-Type, Idempotency-Key, If-Match"),
        );
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_S));
    }
    plain(response)
}

/// Answers of the API are data for one reader: not kept, not guessed at, not framed.
fn plain(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
    response
}

/// What every answer says, whoever made it: it is what it says it is, and tells nobody where a link on it was followed.
pub async fn guard(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_has_three_names() {
        for host in ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "[::1]"] {
            assert!(is_loopback_name(host_of(host)), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:80", "127.0.0.1.evil.example", "", "[::1"] {
            assert!(!is_loopback_name(host_of(host)), "{host}");
        }
    }
}
