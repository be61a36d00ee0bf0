//! What every request must pass before a handler sees it: the host it names, the origin it comes from.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;

use super::ApiError;
use crate::state::AppState;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
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

fn host_of(authority: &str) -> &str {
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
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PATCH, DELETE"));
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

/// The client's address: the peer's, or, where the peer is a trusted proxy, the nearest one that is none.
///
/// A proxy writes one of the two headers, and may pass on the other as a client made it up. So where both are there and
/// do not agree, neither is believed.
#[must_use]
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(&address.to_canonical()));
    if !is_trusted(&peer) {
        return peer;
    }
    let standard = listed(headers, header::FORWARDED).map(|hop| {
        let node =
            hop.split(';').map(str::trim).find(|pair| pair.get(..4).is_some_and(|n| n.eq_ignore_ascii_case("for=")));
        node.and_then(|node| address_of(node[4..].trim_matches('"')))
    });
    let common = listed(headers, X_FORWARDED_FOR).map(address_of);
    let standard = nearest(standard.collect(), is_trusted);
    let common = nearest(common.collect(), is_trusted);
    let both = headers.contains_key(header::FORWARDED) && headers.contains_key(X_FORWARDED_FOR);
    if both && standard != common { peer } else { standard.or(common).unwrap_or(peer) }
}

/// From the right, as each hop was written by the one after it, the first that is no proxy; a hop that is no address
/// ends the search, as nobody knows who wrote what stands before it.
fn nearest(hops: Vec<Option<IpAddr>>, is_trusted: impl Fn(&IpAddr) -> bool) -> Option<IpAddr> {
    let mut nearest = None;
    for hop in hops.into_iter().rev() {
        nearest = Some(hop?);
        if nearest.is_some_and(|hop| !is_trusted(&hop)) {
            break;
        }
    }
    nearest
}

fn listed(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

fn address_of(node: &str) -> Option<IpAddr> {
    let bare = |text: &str| text.trim_start_matches('[').trim_end_matches(']').parse().ok();
    bare(node).or_else(|| bare(host_of(node)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, name: &'static str, value: &'static str) -> String {
        client_of(peer, &[(name, value)])
    }

    fn client_of(peer: &str, said: &[(&'static str, &'static str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in said {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(client("192.0.2.1", "x-forwarded-for", "198.51.100.7"), "192.0.2.1");
        assert_eq!(client("10.1.1.1", "x-forwarded-for", "203.0.113.9, 198.51.100.7, 10.2.2.2"), "198.51.100.7");
        assert_eq!(
            client("10.1.1.1", "forwarded", "for=203.0.113.9;proto=https, for=\"[2001:db8::7]:4711\""),
            "2001:db8::7"
        );
        assert_eq!(client("::1", "x-forwarded-for", "nonsense"), "::1");
        assert_eq!(client("10.1.1.1", "x-forwarded-for", "10.9.9.9"), "10.9.9.9");
        assert_eq!(client("10.1.1.1", "forwarded", "proto=https; FOR=198.51.100.7"), "198.51.100.7");
    }

    #[test]
    fn what_a_client_made_up_is_not_believed() {
        let real = ("x-forwarded-for", "198.51.100.7");
        assert_eq!(
            client_of("10.1.1.1", &[("forwarded", "for=203.0.113.9"), real]),
            "10.1.1.1",
            "one of them is false"
        );
        assert_eq!(client_of("10.1.1.1", &[("forwarded", "for=198.51.100.7"), real]), "198.51.100.7");
        assert_eq!(client_of("10.1.1.1", &[("x-forwarded-for", "203.0.113.9"), real]), "198.51.100.7", "two lines");
        assert_eq!(client("10.1.1.1", "x-forwarded-for", "203.0.113.9, unknown"), "10.1.1.1");
        assert_eq!(client("10.1.1.1", "x-forwarded-for", "203.0.113.9, nonsense, 10.2.2.2"), "10.1.1.1");
        assert_eq!(client("10.1.1.1", "forwarded", "for=203.0.113.9, by=10.2.2.2"), "10.1.1.1");
        assert_eq!(client("10.1.1.1", "forwarded", "for=\"a, for=203.0.113.9"), "203.0.113.9", "a quote hides nothing");
    }

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
