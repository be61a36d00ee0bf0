//! Security headers of the shipped pages, tested on the built front end.

use live_jury_tests::api::{Api, Reply};
use live_jury_tests::program::Program;
use live_jury_tests::stores::Stores;

const SHOP: &str = "https://shop.example.com";
const OTHER: &str = "https://live.example.org:8443";

/// A directive's sources in a policy.
fn sources<'p>(policy: &'p str, directive: &str) -> Option<Vec<&'p str>> {
    let mut found = policy.split(';').map(str::trim).filter_map(|part| {
        let (name, sources) = part.split_once(' ').unwrap_or((part, ""));
        (name == directive).then(|| sources.split_whitespace().collect())
    });
    let first = found.next();
    assert!(found.next().is_none(), "{directive} occurs twice, and the second is ignored: {policy}");
    first
}

fn assert_is_guarded(path: &str, reply: &Reply) {
    assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
    assert_eq!(reply.header("referrer-policy"), "no-referrer", "{path}");
}

fn assert_is_strict(path: &str, policy: &str, machine: &[&str]) {
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
    assert_eq!(sources(policy, "default-src"), Some(vec!["'none'"]), "{path}");
    assert_eq!(sources(policy, "script-src"), Some(vec!["'self'", "'wasm-unsafe-eval'"]), "{path}");
    assert_eq!(sources(policy, "style-src"), Some(vec!["'self'"]), "{path}");
    assert_eq!(sources(policy, "img-src"), Some([&["'self'", "https:"], machine].concat()), "{path}");
    assert_eq!(sources(policy, "media-src"), Some([&["https:"], machine].concat()), "{path}");
    assert_eq!(sources(policy, "base-uri"), Some(vec!["'none'"]), "{path}");
    assert_eq!(sources(policy, "form-action"), Some(vec!["'none'"]), "{path}");
    for open in ["object-src", "worker-src", "script-src-elem", "script-src-attr", "style-src-attr"] {
        assert_eq!(sources(policy, open), None, "{path}: {open} falls back to what is stricter");
    }
}

/// Requires that the page needs nothing that its policy blocks: no inline script, no inline style, and nothing from
/// other origins.
fn assert_runs_nothing_of_its_own(path: &str, page: &str) {
    let lower = page.to_ascii_lowercase();
    let tags = lower.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default());
    let mut scripts = 0;
    for tag in tags {
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        assert!(name != "style" && name != "base" && name != "iframe" && name != "object", "{path}: <{tag}>");
        if name == "script" {
            scripts += 1;
            assert!(attributes.contains("src="), "{path}: a script in the page: <{tag}>");
        }
        for attribute in attributes.split_whitespace() {
            let name = attribute.split('=').next().unwrap_or_default();
            assert!(!name.starts_with("on") && name != "style" && name != "srcdoc", "{path}: <{tag}>");
            let foreign = ["src=\"http", "src=\"//", "href=\"http", "href=\"//", "javascript:", "data:"];
            assert!(!foreign.iter().any(|start| attribute.contains(start)), "{path}: <{tag}>");
        }
    }
    assert!(scripts > 0, "{path} is the built page: {page}");
    for open in lower.split("<script").skip(1) {
        let body = open.split_once('>').and_then(|(_, rest)| rest.split_once("</script>")).map(|(body, _)| body);
        assert_eq!(body.map(str::trim), Some(""), "{path}: a script in the page");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_limits_its_scripts_and_its_frames() {
    let stores = Stores::embedded();
    let origins = format!("{SHOP},{OTHER}");
    let outside = ["--public-url", "https://jury.example.com", "--allowed-origins", &origins];
    let server = Program::serve(&stores, &outside).await;
    let api = Api::new(server.address, None);
    for (path, ancestors) in [
        ("/embed/v1/frame", vec!["'self'", SHOP, OTHER]),
        ("/console/", vec!["'none'"]),
        ("/host/live-42", vec!["'none'"]),
        ("/overlay/live-42", vec!["'none'"]),
    ] {
        let reply = api.get(path).await;
        assert_eq!(reply.status, 200, "{path}: build the front end first: tools/build.sh dev");
        let policy = reply.header("content-security-policy");
        assert_is_guarded(path, &reply);
        assert_is_strict(path, policy, &[]);
        assert_eq!(sources(policy, "connect-src"), Some(vec!["'self'", "wss://jury.example.com"]), "{path}");
        assert_eq!(sources(policy, "frame-ancestors"), Some(ancestors), "{path}");
        assert_runs_nothing_of_its_own(path, &reply.text);
    }
    for path in [
        "/embed/v1/loader.js",
        "/embed/v1/absent.js",
        "/console",
        "/icon.svg",
        "/absent",
        "/api/v1/openapi.json",
        "/api/v1/absent",
        "/api/v1/rooms/live-42/cases",
    ] {
        assert_is_guarded(path, &api.get(path).await);
    }
    let answer = api.get("/api/v1/rooms/live-42/cases").await;
    assert_eq!(answer.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_room_has_the_same_policy() {
    let demo = Program::start(&["demo", "--bind", "127.0.0.1:0", "--viewers", "0"]).await;
    assert!(demo.address.ip().is_loopback());
    let api = Api::new(demo.address, None);
    let machine = ["http://localhost:*", "http://127.0.0.1:*"];
    for path in ["/", "/console/", "/embed/v1/frame"] {
        let reply = api.get(path).await;
        assert_eq!(reply.status, 200, "{path}: build the front end first: tools/build.sh dev");
        assert_is_guarded(path, &reply);
        assert_is_strict(path, reply.header("content-security-policy"), &machine);
    }
    let room = api.get("/").await;
    assert_eq!(sources(room.header("content-security-policy"), "frame-ancestors"), Some(vec!["'none'"]));
    assert_eq!(sources(room.header("content-security-policy"), "frame-src"), Some(vec!["'self'"]));
    // The demo issues tokens to pages of this machine only. A page of another origin cannot read the answer.
    let foreign = [("Origin", "https://evil.example")];
    let reply = api.send("POST", "/demo/token", &foreign, Some(b"ann".to_vec())).await;
    assert_eq!(reply.header("access-control-allow-origin"), "");
    assert_is_guarded("/demo/token", &reply);
    for bind in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let refused = Program::run(&["demo", "--bind", bind]).await;
        assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("--bind"), "{bind}");
    }
}
