//! Finds a client's address behind trusted proxies; it counts and refuses nobody.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

use super::origin::host_of;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address: the peer's, or, if the peer is a trusted proxy, the nearest address that is not one.
///
/// A proxy writes one of the two headers and may forward the other from the client. If both are present and disagree,
/// the peer's own address counts.
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

/// Whether a request came through a proxy: one of the trusted ones, or any that says so.
#[must_use]
pub fn is_proxied(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|net| net.contains(&peer.to_canonical()))
        || [header::FORWARDED, X_FORWARDED_FOR, header::VIA].iter().any(|name| headers.contains_key(name))
}

/// The last hop that is not a trusted proxy; each hop was written by the next one. A hop that is not an address ends
/// the search, since the origin of the hops before it is unknown.
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
    use axum::http::HeaderValue;

    #[test]
    fn a_proxy_is_known_by_its_address_or_its_header() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let of = |peer: &str, name: Option<&'static str>| {
            let headers = name.map(|name| (HeaderName::from_static(name), HeaderValue::from_static("x")));
            is_proxied(peer.parse().unwrap(), &headers.into_iter().collect(), &trusted)
        };
        assert!(of("10.1.2.3", None) && of("::ffff:10.1.2.3", None));
        assert!(["forwarded", "x-forwarded-for", "via"].iter().all(|name| of("192.0.2.1", Some(name))));
        assert!(!of("192.0.2.1", None) && !of("192.0.2.1", Some("x-other")));
    }

    fn client(peer: &str, name: &'static str, value: &'static str) -> String {
        client_of(peer, &[(name, value)])
    }

    fn client_of(peer: &str, given: &[(&'static str, &'static str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
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
    fn an_address_invented_by_a_client_is_ignored() {
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
}
