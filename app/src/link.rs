//! Decides which evidence addresses become links and pictures; it never loads one.

/// Returns the address if it is safe to follow: `https:`, or `http:` to this machine if the server is local.
#[must_use]
pub fn safe_link(url: &str, server_is_local: bool) -> Option<&str> {
    if url.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return None;
    }
    let https = url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://")) && url.len() > 8;
    (https || (server_is_local && is_local(url))).then_some(url)
}

/// Whether an origin or address is `http:` to this machine.
#[must_use]
pub fn is_local(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    ["localhost", "127.0.0.1", "[::1]"].into_iter().filter_map(|host| rest.strip_prefix(host)).any(|rest| {
        let rest = match rest.strip_prefix(':') {
            Some(port) => port.trim_start_matches(|c: char| c.is_ascii_digit()),
            None => rest,
        };
        rest.is_empty() || rest.starts_with(['/', '?', '#'])
    })
}

/// The host of an address, shown so that a person sees the target of a link.
#[must_use]
pub fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_is_followed() {
        assert!(safe_link("https://a.example/x?y#z", false).is_some());
        assert!(safe_link("HTTPS://a.example", false).is_some());
        for bad in [
            "http://a.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "//a.example",
            "https://",
            " https://a.example",
            "https:\\\\a.example",
            "java\nscript:x",
            "http://localhost/x",
            "",
        ] {
            assert_eq!(safe_link(bad, false), None, "{bad}");
        }
    }

    #[test]
    fn a_local_server_may_link_to_this_machine() {
        for good in ["http://localhost/x", "http://127.0.0.1:8080/a", "http://[::1]:1", "http://localhost"] {
            assert!(safe_link(good, true).is_some(), "{good}");
        }
        for bad in ["http://localhost.evil/x", "http://localhost:80@evil/x", "http://127.0.0.1@evil", "http://10.0.0.1"]
        {
            assert_eq!(safe_link(bad, true), None, "{bad}");
        }
    }

    #[test]
    fn the_host_is_the_target_of_a_link() {
        assert_eq!(host_of("https://shop.example:8443/p?q"), "shop.example:8443");
        assert_eq!(host_of("https://trusted.example@evil.example/"), "evil.example");
    }
}
