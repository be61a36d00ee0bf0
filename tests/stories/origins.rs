//! Origins: the server accepts its own pages and the listed ones, and refuses others before an upgrade. Tested through
//! the public surface only.

use live_jury_tests::api::{Api, Reply};
use live_jury_tests::juror::Juror;
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::viewer;

const ROOM: &str = "live-42";
const SHOP: &str = "https://shop.example.com";

async fn node(stores: &Stores) -> Node {
    stores.node_with(|settings| settings.allowed_origins = vec![SHOP.parse().unwrap()]).await
}

async fn from_page(node: &Node, origin: &str) -> Reply {
    let api = node.api(&viewer(ROOM, "ann"));
    api.send("GET", &format!("/rooms/{ROOM}/cases"), &[("Origin", origin)], None).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_origin_is_refused() {
    let stores = Stores::embedded();
    let node = node(&stores).await;
    for foreign in [
        "https://evil.example",
        "http://shop.example.com",
        "https://shop.example.com:8443",
        "https://shop.example.com.evil.example",
        "null",
    ] {
        let reply = from_page(&node, foreign).await;
        assert_eq!(reply.problem(403).0, "origin_not_allowed", "{foreign}");
        assert_eq!(reply.header("access-control-allow-origin"), "");
        let (status, body) = Juror::try_connect(node.address, ROOM, Some(foreign)).await.unwrap_err();
        assert_eq!(status, 403, "{foreign}: not upgraded");
        assert!(body.contains("origin_not_allowed"), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_and_listed_origins_are_allowed() {
    let stores = Stores::embedded();
    let node = node(&stores).await;
    let own = format!("http://{}", node.address);
    for origin in [SHOP, &own] {
        let reply = from_page(&node, origin).await;
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, origin));
        assert_eq!((reply.header("vary"), reply.header("cache-control")), ("Origin", "no-store"));
        Juror::try_connect(node.address, ROOM, Some(origin)).await.unwrap();
    }
    // A client that is not a page sends no origin; its token alone decides.
    assert_eq!(node.api(&viewer(ROOM, "ann")).get(&format!("/rooms/{ROOM}/cases")).await.status, 200);
    Juror::try_connect(node.address, ROOM, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preflight_lists_methods_and_headers() {
    let stores = Stores::embedded();
    let node = node(&stores).await;
    let ask = [("Origin", SHOP), ("Access-Control-Request-Method", "PATCH")];
    let told = Api::new(node.address, None).send("OPTIONS", &format!("/rooms/{ROOM}/cases"), &ask, None).await;
    assert_eq!((told.status, told.header("access-control-allow-origin")), (204, SHOP));
    assert_eq!(told.header("access-control-allow-methods"), "GET, POST, PUT, PATCH, DELETE");
    for header in ["Authorization", "Content-Type", "Idempotency-Key", "If-Match"] {
        assert!(told.header("access-control-allow-headers").contains(header), "{header}");
    }
    for (name, value) in [
        ("access-control-allow-headers", "Authorization, Content-Type, Idempotency-Key, If-Match"),
        ("access-control-expose-headers", "ETag, Retry-After, Location"),
        ("access-control-max-age", "600"),
        ("vary", "Origin"),
        ("cache-control", "no-store"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(told.header(name), value, "{name}");
    }
    assert_eq!(told.header("access-control-allow-credentials"), "", "tokens travel in headers, never in cookies");
    let refused = [("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST")];
    let told = Api::new(node.address, None).send("OPTIONS", &format!("/rooms/{ROOM}/cases"), &refused, None).await;
    assert_eq!(told.problem(403).0, "origin_not_allowed");
}
