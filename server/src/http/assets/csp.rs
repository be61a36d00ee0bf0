//! The content security policies of the pages; it knows no page's content.

use super::AssetPolicy;

/// Evidence of a demo: another port of this machine may serve it without TLS.
const THIS_MACHINE: &str = " http://localhost:* http://127.0.0.1:*";

/// The widget's frame: only this server's pages and the allowed origins may frame it.
pub(super) fn frame(policy: &AssetPolicy) -> String {
    let mut ancestors = String::from("'self'");
    for origin in policy.allowed_origins.iter().filter(|origin| is_source(origin)) {
        ancestors.push(' ');
        ancestors.push_str(origin);
    }
    format!("{}; frame-ancestors {ancestors}", front_end(policy))
}

/// Console, host and overlay pages: nobody may frame them, since a frame could steal a moderator's clicks.
pub(super) fn standalone(policy: &AssetPolicy) -> String {
    format!("{}; frame-ancestors 'none'", front_end(policy))
}

/// The demo room: it has the widget's rights as well, since the widget may run inside it (`mode="inline"`).
pub(super) fn demo_room(policy: &AssetPolicy) -> String {
    format!("{}; frame-src 'self'; frame-ancestors 'none'", front_end(policy))
}

fn front_end(policy: &AssetPolicy) -> String {
    let machine = if policy.demo { THIS_MACHINE } else { "" };
    let socket = socket_origin(&policy.public_url).map(|origin| format!(" {origin}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'{socket}; \
         img-src 'self' https:{machine}; media-src https:{machine}; base-uri 'none'; form-action 'none'"
    )
}

/// The origin of this server's sockets. Safari before 15.4 does not count them as `'self'`.
fn socket_origin(public_url: &str) -> Option<String> {
    let (scheme, rest) = public_url.split_once("://")?;
    let scheme = match scheme {
        "https" => "wss",
        "http" => "ws",
        _ => return None,
    };
    let origin = format!("{scheme}://{}", rest.split('/').next()?);
    is_source(&origin).then_some(origin)
}

/// Whether a policy can hold `origin` unquoted. Another one is left out, which allows less.
fn is_source(origin: &str) -> bool {
    !origin.is_empty() && origin.bytes().all(|b| b.is_ascii_alphanumeric() || b":/.-_[]".contains(&b))
}
