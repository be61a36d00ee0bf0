//! Headers and answers of pages and assets, with a front end of a few files.

use axum::http::Request;
use tower::ServiceExt;

use super::*;

const SCRIPT: &str = "/embed/v1/widget-0123456789abcdef.js";

fn built(path: &str) -> Option<File> {
    let (bytes, kind, etag): (&'static [u8], _, _) = match path {
        "widget/index.html" => (b"<frame>", "text/html; charset=utf-8", "\"frame\""),
        "widget/loader.js" => (b"loader", "text/javascript; charset=utf-8", "\"loader\""),
        "widget/widget-0123456789abcdef.js" => (b"plain", "text/javascript; charset=utf-8", "\"plain\""),
        "widget/widget-0123456789abcdef.js.br" => (b"small", "application/octet-stream", "\"small\""),
        "check/module-0123456789abcdef.js" => (b"check", "text/javascript; charset=utf-8", "\"check\""),
        "receipts/module-0123456789abcdef.js" => (b"receipts", "text/javascript; charset=utf-8", "\"receipts\""),
        "report/module-0123456789abcdef.js" => (b"report", "text/javascript; charset=utf-8", "\"report\""),
        "verify/index.html" => (b"<verify>", "text/html; charset=utf-8", "\"verify\""),
        "console/index.html" => (b"<console>", "text/html; charset=utf-8", "\"console\""),
        "trust/index.html" => (b"<trust>", "text/html; charset=utf-8", "\"trust\""),
        "demo/index.html" => (b"<demo>", "text/html; charset=utf-8", "\"demo\""),
        _ => return None,
    };
    Some(File {
        bytes: Bytes::from_static(bytes),
        content_type: HeaderValue::from_static(kind),
        etag: HeaderValue::from_static(etag),
    })
}

fn policy(demo: bool) -> AssetPolicy {
    AssetPolicy {
        allowed_origins: vec!["https://live.example.com".to_owned(), "https://evil.example; script-src *".to_owned()],
        public_url: "https://jury.example.com/".to_owned(),
        demo,
    }
}

async fn fetch(files: Files, demo: bool, path: &str, header: Option<(HeaderName, &str)>) -> Response {
    let mut request = Request::get(path);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    router_over::<()>(&policy(demo), files).oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn text(response: Response) -> String {
    String::from_utf8(axum::body::to_bytes(response.into_body(), 4096).await.unwrap().to_vec()).unwrap()
}

fn header(response: &Response, name: HeaderName) -> &str {
    response.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

#[tokio::test]
async fn a_hashed_file_is_immutable_and_readable_by_other_origins() {
    let response = fetch(built, false, SCRIPT, None).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, CACHE_CONTROL), "public, max-age=31536000, immutable");
    assert_eq!(header(&response, ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    assert_eq!(header(&response, RESOURCE_POLICY), "cross-origin");
    assert_eq!(header(&response, VARY), "accept-encoding");
    assert_eq!(header(&response, CONTENT_ENCODING), "");
    assert_eq!(text(response).await, "plain");
}

#[tokio::test]
async fn the_modules_of_a_widget_are_for_pages_of_other_origins_too() {
    for name in ["check", "receipts", "report"] {
        let response = fetch(built, false, &format!("/embed/v1/{name}/module-0123456789abcdef.js"), None).await;
        assert_eq!(header(&response, ACCESS_CONTROL_ALLOW_ORIGIN), "*");
        assert_eq!(header(&response, CACHE_CONTROL), "public, max-age=31536000, immutable");
        assert_eq!(text(response).await, name);
    }
}

#[tokio::test]
async fn brotli_is_sent_to_clients_that_accept_it() {
    for (accept, expected) in [("gzip, br", "small"), ("BR;q=0.5", "small"), ("gzip", "plain"), ("br;q=0", "plain")] {
        let response = fetch(built, false, SCRIPT, Some((ACCEPT_ENCODING, accept))).await;
        assert_eq!(header(&response, CONTENT_TYPE), "text/javascript; charset=utf-8", "{accept}");
        assert_eq!(header(&response, CONTENT_ENCODING), if expected == "small" { "br" } else { "" }, "{accept}");
        assert_eq!(text(response).await, expected, "{accept}");
    }
}

#[tokio::test]
async fn an_unchanged_file_is_revalidated_without_a_body() {
    let first = fetch(built, false, "/embed/v1/loader.js", None).await;
    assert_eq!(header(&first, CACHE_CONTROL), "no-cache");
    assert_eq!(header(&first, ETAG), "\"loader\"");
    let again = fetch(built, false, "/embed/v1/loader.js", Some((IF_NONE_MATCH, "\"other\", W/\"loader\""))).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(header(&again, CACHE_CONTROL), "no-cache");
    assert_eq!(text(again).await, "");
    let changed = fetch(built, false, "/embed/v1/loader.js", Some((IF_NONE_MATCH, "\"other\""))).await;
    assert_eq!(text(changed).await, "loader");
}

#[tokio::test]
async fn the_frame_opens_on_allowed_origins_only() {
    let response = fetch(built, false, "/embed/v1/frame", None).await;
    let csp = header(&response, CONTENT_SECURITY_POLICY);
    assert!(csp.ends_with("frame-ancestors 'self' https://live.example.com"), "{csp}");
    assert!(csp.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "), "{csp}");
    assert!(csp.contains("connect-src 'self' wss://jury.example.com; "), "{csp}");
    assert!(!csp.contains("localhost") && !csp.contains("evil") && !csp.contains("unsafe-inline"), "{csp}");
}

#[tokio::test]
async fn a_page_with_an_embedder_policy_may_embed_the_frame_alone() {
    for request in [None, Some((IF_NONE_MATCH, "\"frame\""))] {
        let response = fetch(built, false, "/embed/v1/frame", request).await;
        assert_eq!(header(&response, EMBEDDER_POLICY), "credentialless");
        assert_eq!(header(&response, RESOURCE_POLICY), "cross-origin");
    }
    for path in ["/console/", "/host/live-42", "/overlay/live-42"] {
        assert_eq!(header(&fetch(built, false, path, None).await, EMBEDDER_POLICY), "", "{path}");
    }
}

#[tokio::test]
async fn the_page_of_saved_files_is_never_framed() {
    let response = fetch(built, false, "/verify", None).await;
    let csp = header(&response, CONTENT_SECURITY_POLICY);
    assert!(csp.ends_with("frame-ancestors 'none'") && csp.starts_with("default-src 'none'"), "{csp}");
    assert_eq!(text(response).await, "<verify>");
}

#[tokio::test]
async fn console_host_and_overlay_are_never_framed() {
    for path in ["/console/", "/host/live-42", "/overlay/live-42"] {
        let response = fetch(built, false, path, None).await;
        let csp = header(&response, CONTENT_SECURITY_POLICY);
        assert!(csp.ends_with("frame-ancestors 'none'"), "{path}: {csp}");
        assert_eq!(text(response).await, "<console>", "{path}");
    }
    assert_eq!(header(&fetch(built, false, "/console", None).await, axum::http::header::LOCATION), "/console/");
}

#[tokio::test]
async fn the_trust_desk_and_the_merchants_page_are_one_program_and_never_framed() {
    for path in ["/trust/", "/trust/me"] {
        let response = fetch(built, false, path, None).await;
        let csp = header(&response, CONTENT_SECURITY_POLICY);
        assert!(csp.ends_with("frame-ancestors 'none'") && csp.starts_with("default-src 'none'"), "{path}: {csp}");
        assert_eq!(header(&response, CACHE_CONTROL), "no-cache", "{path}");
        assert_eq!(text(response).await, "<trust>", "{path}");
    }
    assert_eq!(header(&fetch(built, false, "/trust", None).await, axum::http::header::LOCATION), "/trust/");
    assert_eq!(fetch(built, false, "/trust/elsewhere", None).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn only_a_demo_serves_its_room_and_the_gallery() {
    for path in ["/", "/gallery"] {
        assert_eq!(fetch(built, false, path, None).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(text(fetch(built, true, "/gallery", None).await).await, "<console>");
    let response = fetch(built, true, "/", None).await;
    assert!(header(&response, CONTENT_SECURITY_POLICY).contains("img-src 'self' https: http://localhost:*"));
    assert_eq!(text(response).await, "<demo>");
}

#[tokio::test]
async fn a_page_has_one_address_and_a_missing_file_is_404() {
    for path in ["/embed/v1/index.html", "/console/index.html", "/embed/v1/absent.js", "/embed/v1/../Cargo.toml"] {
        assert_eq!(fetch(built, true, path, None).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_server_without_a_front_end_names_the_command_to_run() {
    for path in ["/embed/v1/frame", "/console/", "/host/r", "/overlay/r", "/trust/", "/trust/me", "/"] {
        let response = fetch(|_| None, true, path, None).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(text(response).await.contains("make run"), "{path}");
    }
}

#[test]
fn only_files_with_a_hash_are_immutable() {
    for name in [
        "a-0123456789abcdef.js",
        "widget/widget-0123456789abcdef_bg.wasm",
        "tokens-00aa00aa00aa00aa.css",
        "widget/texts-zh-CN-0123456789abcdef.txt",
    ] {
        assert!(is_hashed(name), "{name}");
    }
    for name in
        ["loader.js", "icon.svg", "a-0123456789abcdeF.js", "a-0123456789abcde.js", "manifest.json", "live-jury.js"]
    {
        assert!(!is_hashed(name), "{name}");
    }
}
