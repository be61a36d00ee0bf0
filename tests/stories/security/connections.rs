//! Connections and requests that are too many, too slow, too large or unusual: each ends by its own limit.

use live_jury_protocol::{ClientFrame, close};
use live_jury_tests::api::{Api, case};
use live_jury_tests::juror::Juror;
use live_jury_tests::tokens::moderator;
use live_jury_tests::{WAIT_MAX, in_time};
use serde_json::json;
use tokio::time::Instant;

use super::limited_server::{DISCONNECTED_MAX, Server};
use super::platform::ROOM;
use super::raw::Raw;

/// Time-outs of a test's server.
const SHORT_TIMEOUT: &str = "300ms";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_limited_by_address() {
    let limits = ["--max-connections-per-address", "4", "--trusted-proxies", "127.0.0.2"];
    let server = Server::start(&limits).await;
    let joined = server.viewer(ROOM, "ann").await;
    let mut idle = Vec::new();
    for _ in 0..4 {
        idle.push(Raw::connect(server.address).await);
    }
    for _ in 0..6 {
        assert_eq!(Raw::connect(server.address).await.read_to_end().await, "", "dropped at once, without a word");
    }
    let mut behind_a_proxy = Vec::new();
    for _ in 0..12 {
        let mut raw = Raw::connect_from([127, 0, 0, 2].into(), server.address).await;
        raw.send("GET /api/v1/openapi.json HTTP/1.1\r\nHost: jury\r\n\r\n").await;
        assert_eq!(raw.status().await, 200, "a proxy has as many as it wants");
        behind_a_proxy.push(raw);
    }
    server.assert_rejected("connections_per_address", 6).await;
    drop((joined, idle));
    let retrying = async { while Raw::connect(server.address).await.upgrade(ROOM, "").await != 101 {} };
    tokio::time::timeout(DISCONNECTED_MAX, retrying).await.expect("room again");
}

/// A client that has read the answer to its upgrade may connect again at once, as a browser does for the next page.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upgraded_connection_is_not_counted_once_the_client_knows() {
    let server = Server::start(&["--max-connections-per-address", "1", "--max-sockets-per-address", "0"]).await;
    let mut sockets = Vec::new();
    for n in 0..300 {
        let mut raw = Raw::connect(server.address).await;
        assert_eq!(raw.upgrade(ROOM, "").await, 101, "socket {n}");
        sockets.push(raw);
    }
    server.assert_rejected("connections_per_address", 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_client_is_disconnected() {
    let limits =
        ["--headers-timeout", "--idle-timeout", "--body-timeout", "--join-timeout"].map(|limit| [limit, SHORT_TIMEOUT]);
    let server = Server::start(limits.as_flattened()).await;
    let began = Instant::now();
    let mut never = Raw::connect(server.address).await;
    let mut half = Raw::connect(server.address).await;
    half.send("GET /api/v1/openapi.json HTTP/1.1\r\nHost: jury\r\nX-Slow: ").await;
    let mut once = Raw::connect(server.address).await;
    once.send("GET /console HTTP/1.1\r\nHost: jury\r\n\r\n").await;
    assert_eq!(once.status().await, 308);
    for raw in [&mut never, &mut half, &mut once] {
        raw.read_to_end().await;
    }
    // Further headers do not extend the time-out.
    let mut dripping = Raw::connect(server.address).await;
    dripping.send("GET / HTTP/1.1\r\nHost: jury\r\n").await;
    let drip = async {
        loop {
            dripping.send("X-Drip: 1\r\n").await;
            if dripping.is_closed().await {
                break;
            }
        }
    };
    tokio::time::timeout(DISCONNECTED_MAX, drip).await.expect("it is disconnected");

    let token = moderator(ROOM, "mod");
    let mut body = Raw::connect(server.address).await;
    let head = format!("POST /api/v1/rooms/{ROOM}/cases HTTP/1.1\r\nHost: jury\r\nAuthorization: Bearer {token}\r\n");
    body.send(&format!("{head}Content-Length: 100\r\n\r\n{{\"title\":")).await;
    assert_eq!(body.status().await, 408);
    let silent = Juror::connect(server.address, ROOM).await;
    assert_eq!(silent.closed_with().await, close::JOIN_TIMEOUT);
    let mut pinging = Juror::connect(server.address, ROOM).await;
    pinging.ping().await;
    assert_eq!(pinging.closed_with().await, close::JOIN_TIMEOUT, "a ping is no join");
    assert!(began.elapsed() < 4 * DISCONNECTED_MAX, "{:?}", began.elapsed());
    // An idle connection between two requests ends as well, and is not refused.
    server.assert_rejected("headers_timeout", 3).await;
    server.assert_problems("body_timeout", 1).await;
    server.assert_closed(close::JOIN_TIMEOUT, 2).await;
}

/// A balancer keeps its connection for the next client, for longer than a client may take over its headers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_outlives_the_time_for_headers() {
    let server = Server::start(&["--headers-timeout", SHORT_TIMEOUT]).await;
    let mut kept = Raw::connect(server.address).await;
    kept.send("GET /console HTTP/1.1\r\nHost: jury\r\n\r\n").await;
    assert_eq!(kept.status().await, 308);
    // Another one is slow for as long as the first is idle.
    let mut slow = Raw::connect(server.address).await;
    slow.send("GET /console HTTP/1.1\r\n").await;
    slow.read_to_end().await;
    kept.send("GET /console HTTP/1.1\r\nHost: jury\r\n\r\n").await;
    assert_eq!(kept.status().await, 308);
}

/// A client that asks for large pages and takes nothing of them holds neither its connection nor their memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_reads_nothing_is_dropped() {
    const CLIENTS: u64 = 16;
    let server = Server::start(&["--body-timeout", "1s"]).await;
    let token = moderator(ROOM, "mod");
    let api = Api::new(server.address, Some(&token));
    let statement = "It is not what was shown. ".repeat(70);
    let evidence: Vec<_> = (0..4).map(|_| json!({ "type": "text", "text": statement, "by": "buyer" })).collect();
    for _ in 0..80 {
        api.create(ROOM, case(json!({ "open": false, "summary": "s".repeat(900), "evidence": evidence }))).await;
    }
    let request = |token: &str| {
        format!(
            "GET /api/v1/rooms/{ROOM}/cases?state=draft&limit=80 HTTP/1.1\r\nHost: jury\r\nConnection: close\r\n\
             Authorization: Bearer {token}\r\n\r\n"
        )
    };
    let mut reader = Raw::connect(server.address).await;
    reader.send(&request(&token)).await;
    let page = reader.read_to_end().await.len();
    let before_kib = server.program.memory_kib();
    let mut silent = Vec::new();
    for n in 0..CLIENTS {
        let mut raw = Raw::connect(server.address).await;
        // A moderator may have four reads at a time.
        raw.send(&request(&moderator(ROOM, &format!("mod-{}", n / 4)))).await;
        silent.push(raw);
    }
    let began = Instant::now();
    while server.counter("live_jury_turned_away_total", "slow_reader").await < CLIENTS {
        assert!(began.elapsed() < WAIT_MAX, "they are still connected");
    }
    let grown_kib = server.program.memory_kib().saturating_sub(before_kib);
    let asked_kib = CLIENTS * page as u64 / 1_024;
    assert!(grown_kib < asked_kib, "{grown_kib} KiB remain of {asked_kib}");
    drop(silent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oversized_input_is_not_read() {
    let server = Server::start(&[]).await;
    let token = moderator(ROOM, "mod");
    let head = format!("POST /api/v1/rooms/{ROOM}/cases HTTP/1.1\r\nHost: jury\r\nAuthorization: Bearer {token}\r\n");
    let mut announced = Raw::connect(server.address).await;
    announced.send(&format!("{head}Content-Length: 65537\r\n\r\n")).await;
    assert_eq!(announced.status().await, 413, "before any of it has come");
    let mut chunked = Raw::connect(server.address).await;
    chunked.send(&format!("{head}Transfer-Encoding: chunked\r\n\r\n")).await;
    for _ in 0..17 {
        chunked.send(&format!("1000\r\n{}\r\n", " ".repeat(4_096))).await;
    }
    assert_eq!(chunked.status().await, 413);
    server.assert_problems("body_too_large", 2).await;

    let mut nobody = Raw::connect(server.address).await;
    nobody
        .send(&format!("POST /api/v1/rooms/{ROOM}/cases HTTP/1.1\r\nHost: jury\r\nContent-Length: 60000\r\n\r\n"))
        .await;
    assert_eq!(nobody.status().await, 401, "who has no token is not read at all");

    for (what, request) in [
        ("a header", format!("GET /console HTTP/1.1\r\nHost: jury\r\nX-Long: {}\r\n\r\n", "x".repeat(20_000))),
        ("many headers", format!("GET /console HTTP/1.1\r\nHost: jury\r\n{}\r\n", "X-Many: 1\r\n".repeat(2_000))),
        ("a query", format!("GET /console?{} HTTP/1.1\r\nHost: jury\r\n\r\n", "x".repeat(70_000))),
    ] {
        let mut raw = Raw::connect(server.address).await;
        raw.send(&request).await;
        let status = raw.status().await;
        assert!(matches!(status, 414 | 431), "{what}: {status}");
    }
    // Counted once the connection has ended; the client may read the answer before.
    let counted = async { while server.counter("live_jury_turned_away_total", "headers_too_large").await < 3 {} };
    in_time("the three are counted", counted).await;
    server.assert_rejected("headers_too_large", 3).await;

    let mut long = Juror::connect(server.address, ROOM).await;
    long.send(&ClientFrame::Join { token: "x".repeat(4_097) }).await;
    assert_eq!(long.closed_with().await, close::TOO_LARGE);
    let mut joined = server.viewer(ROOM, "ann").await;
    joined.send_cast(&"c".repeat(4_097), "buyer", None).await;
    assert_eq!(joined.closed_with().await, close::TOO_LARGE);
    server.assert_closed(close::TOO_LARGE, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deep_or_unusual_input_is_answered() {
    let server = Server::start(&[]).await;
    let api = Api::new(server.address, Some(&moderator(ROOM, "mod")));
    let path = format!("/rooms/{ROOM}/cases");
    let deep = |open: &str, close: &str, depth: usize| format!("{}{}", open.repeat(depth), close.repeat(depth));
    for body in [
        deep("[", "]", 30_000),
        deep("{\"a\":", "}", 10_000),
        format!("{{\"title\":{}}}", deep("[", "]", 20_000)),
        format!("{{\"duration_s\":{}}}", "9".repeat(60_000)),
        format!("{{\"title\":\"{}\"}}", "\\u0000".repeat(10_000)),
        format!("{{{}}}", "\"title\":\"x\",".repeat(5_000)),
    ] {
        let reply = api.send("POST", &path, &[], Some(body.into_bytes())).await;
        assert!(matches!(reply.status, 400 | 422), "{}", reply.text);
    }
    for query in ["limit=99999999999999999999", "limit=-1", "before=%00", "state=%ff", "limit=1&limit=2"] {
        let reply = api.get(&format!("{path}?{query}")).await;
        assert!(matches!(reply.status, 400 | 422), "{query}: {}", reply.text);
    }
    let mut ann = server.viewer(ROOM, "ann").await;
    for text in [deep("[", "]", 2_000), deep("{\"a\":", "}", 600), "\u{0}\u{1b}[2J".to_owned()] {
        ann.send_text(&text).await;
        ann.answer().await;
    }
    assert_eq!(server.counter("live_jury_http_problems_total", "unavailable").await, 0);
}
