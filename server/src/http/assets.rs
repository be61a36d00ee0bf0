//! Serves the built front end with its cache and security headers; it checks no token.

mod csp;

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use data_encoding::HEXLOWER;

/// Files with a hash in their name never change.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Files with a stable name are revalidated each time; an unchanged one costs no body, thanks to its `ETag`.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const EMBEDDER_POLICY: HeaderName = HeaderName::from_static("cross-origin-embedder-policy");
/// The frame's own embedder policy. A page with `require-corp` or `credentialless` blocks frames without one. This
/// value satisfies both, and evidence of other hosts still loads, without cookies.
const FRAME_EMBEDDER_POLICY: HeaderValue = HeaderValue::from_static("credentialless");
/// Hex digits of the hash in an immutable file's name, as the build writes them.
const NAME_HASH_DIGITS: usize = 16;
/// Bytes of a file's SHA-256 in its `ETag`; 128 bits make a collision between two builds practically impossible.
const ETAG_BYTES: usize = 16;
const NOT_BUILT: &str = "The front end is not built into this server. In the checkout, `make run` builds it and starts \
                         a demo, `make build` builds a release.\n";

/// The pages' content policy: the addresses they may reach, and the origins that may frame the widget.
pub struct AssetPolicy {
    /// Exact origins that may frame the widget, besides the server's own.
    pub allowed_origins: Vec<String>,
    /// The server's own origin, as browsers see it.
    pub public_url: String,
    /// Whether to serve the demo room, and to show evidence from this machine over plain HTTP.
    pub demo: bool,
}

#[derive(rust_embed::RustEmbed)]
#[folder = "../dist"]
#[allow_missing = true]
struct Dist;

/// A built file.
struct File {
    bytes: Bytes,
    content_type: HeaderValue,
    etag: HeaderValue,
}

/// The source of files: the embedded front end, or a test's.
type Files = fn(&str) -> Option<File>;

/// The pages and their assets: `/embed/v1/…`, `/console/…`, `/practice/`, `/host/{room}`, `/overlay/{room}`,
/// `/trust/…`, `/verify` and the icon. A demo adds `/`, `/demo/…` and the gallery. Without a built front end a page
/// answers 503 and names the command to run.
pub fn router<S: Clone + Send + Sync + 'static>(policy: AssetPolicy) -> Router<S> {
    router_over(&policy, embedded)
}

fn router_over<S: Clone + Send + Sync + 'static>(policy: &AssetPolicy, files: Files) -> Router<S> {
    let page = |file: &'static str, csp: String| {
        // A policy holds only characters that a header allows.
        let csp = Arc::new(HeaderValue::try_from(csp).unwrap_or(HeaderValue::from_static("default-src 'none'")));
        get(move |request: HeaderMap| async move { serve_page(files, file, &csp, &request) })
    };
    let folder = |folder: &'static str, shared: bool| {
        get(move |Path(name): Path<String>, request: HeaderMap| async move {
            serve_asset(files, &format!("{folder}/{name}"), shared, &request)
        })
    };
    let frame = page("widget/index.html", csp::frame(policy)).layer(axum::middleware::map_response(embeddable));
    let icon = get(move |request: HeaderMap| async move { serve_asset(files, "icon.svg", false, &request) });

    let mut router = Router::new()
        .route("/embed/v1/frame", frame)
        .route("/embed/v1/check/{*file}", folder("check", true))
        .route("/embed/v1/receipts/{*file}", folder("receipts", true))
        .route("/embed/v1/report/{*file}", folder("report", true))
        .route("/embed/v1/{*file}", folder("widget", true))
        .route("/console", get(|| async { Redirect::permanent("/console/") }))
        .route("/console/", page("console/index.html", csp::standalone(policy)))
        .route("/console/{*file}", folder("console", false))
        .route("/practice", get(|| async { Redirect::permanent("/practice/") }))
        .route("/practice/", page("console/index.html", csp::standalone(policy)))
        .route("/host/{room}", page("console/index.html", csp::standalone(policy)))
        .route("/overlay/{room}", page("console/index.html", csp::standalone(policy)))
        .route("/trust", get(|| async { Redirect::permanent("/trust/") }))
        .route("/trust/", page("trust/index.html", csp::standalone(policy)))
        .route("/trust/me", page("trust/index.html", csp::standalone(policy)))
        .route("/trust/{*file}", folder("trust", false))
        .route("/verify", page("verify/index.html", csp::standalone(policy)))
        .route("/verify/{*file}", folder("verify", false))
        .route("/icon.svg", icon.clone())
        .route("/favicon.ico", icon);
    if policy.demo {
        router = router
            .route("/", page("demo/index.html", csp::demo_room(policy)))
            .route("/demo/platform", page("demo/platform.html", csp::standalone(policy)))
            .route("/gallery", page("console/index.html", csp::standalone(policy)))
            .route("/demo/{*file}", folder("demo", false));
    }
    router
}

/// Lets pages with an embedder policy frame the answer.
async fn embeddable(mut response: Response) -> Response {
    response.headers_mut().insert(EMBEDDER_POLICY, FRAME_EMBEDDER_POLICY);
    response.headers_mut().insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    response
}

fn serve_page(files: Files, path: &str, csp: &HeaderValue, request: &HeaderMap) -> Response {
    let Some(file) = encoded(files, path, request) else {
        return (StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT).into_response();
    };
    let mut response = answer(file, REVALIDATE, request);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, csp.clone());
    response
}

/// An asset. Pages of other origins load the `shared` ones.
fn serve_asset(files: Files, path: &str, shared: bool, request: &HeaderMap) -> Response {
    // Pages are served under addresses of their own, with their content policy.
    let asked = if path.ends_with(".html") { None } else { encoded(files, path, request) };
    let Some(file) = asked else {
        return (StatusCode::NOT_FOUND, "There is no such file.\n").into_response();
    };
    let mut response = answer(file, if is_hashed(path) { IMMUTABLE } else { REVALIDATE }, request);
    let headers = response.headers_mut();
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static(if shared { "cross-origin" } else { "same-origin" }));
    if shared {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    response
}

/// A file in an encoding that the client accepts.
struct Encoded {
    file: File,
    brotli: bool,
    varies: bool,
}

fn encoded(files: Files, path: &str, request: &HeaderMap) -> Option<Encoded> {
    let plain = files(path)?;
    let Some(small) = files(&format!("{path}.br")) else {
        return Some(Encoded { file: plain, brotli: false, varies: false });
    };
    let brotli = accepts_brotli(request);
    let file = if brotli { File { content_type: plain.content_type, ..small } } else { plain };
    Some(Encoded { file, brotli, varies: true })
}

fn answer(encoded: Encoded, cache: HeaderValue, request: &HeaderMap) -> Response {
    let Encoded { file, brotli, varies } = encoded;
    let fresh = holds_etag(request, &file.etag);
    let mut response =
        if fresh { StatusCode::NOT_MODIFIED.into_response() } else { Response::new(Body::from(file.bytes)) };
    let headers = response.headers_mut();
    headers.insert(ETAG, file.etag);
    headers.insert(CACHE_CONTROL, cache);
    if varies {
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    if !fresh {
        headers.insert(CONTENT_TYPE, file.content_type);
        if brotli {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
        }
    }
    response
}

fn embedded(path: &str) -> Option<File> {
    let file = <Dist as rust_embed::RustEmbed>::get(path)?;
    let etag = format!("\"{}\"", HEXLOWER.encode(&file.metadata.sha256_hash()[..ETAG_BYTES]));
    let mut kind = file.metadata.mimetype().to_owned();
    // The extension alone would make TypeScript a video (MPEG-2 TS).
    if path.ends_with(".ts") {
        "text/typescript".clone_into(&mut kind);
    }
    if kind.starts_with("text/") {
        kind.push_str("; charset=utf-8");
    }
    let bytes = match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    Some(File { bytes, content_type: HeaderValue::try_from(kind).ok()?, etag: HeaderValue::try_from(etag).ok()? })
}

fn accepts_brotli(request: &HeaderMap) -> bool {
    listed(request, &ACCEPT_ENCODING).any(|offer| {
        let (coding, weight) = offer.split_once(';').unwrap_or((offer, ""));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
        coding.trim().eq_ignore_ascii_case("br") && weight.trim().parse::<f32>().is_ok_and(|q| q > 0.0)
    })
}

fn holds_etag(request: &HeaderMap, etag: &HeaderValue) -> bool {
    listed(request, &IF_NONE_MATCH)
        .any(|held| held == "*" || held.trim_start_matches("W/").as_bytes() == etag.as_bytes())
}

fn listed<'a>(request: &'a HeaderMap, name: &'a HeaderName) -> impl Iterator<Item = &'a str> {
    request
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

/// Whether the name holds a hash of the content: `widget-0123456789abcdef.js`, `…_bg.wasm`.
fn is_hashed(path: &str) -> bool {
    let stem = path.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    stem.rsplit_once('-').is_some_and(|(_, hash)| {
        hash.len() == NAME_HASH_DIGITS && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

#[cfg(test)]
mod tests;
