//! A flood does not delay the ballots of other jurors.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures_util::future::join_all;
use live_jury_protocol::{AuditEntry, CaseId, Page};
use live_jury_tests::WAIT_MAX;
use live_jury_tests::api::{Api, case};
use live_jury_tests::juror::Juror;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{moderator, viewer};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::limited_server::Server;
use super::platform::ROOM;
use super::raw::Raw;

const JURORS: usize = 40;
/// Limit for a ballot's acknowledgement on a slow machine, where the flood loads both ends. Without a flood it takes a
/// few milliseconds.
const ACKNOWLEDGED_MAX: Duration = Duration::from_secs(2);
/// Address of the flood's raw connections.
const FLOODER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 66));
/// An empty, masked continuation frame: a message that never ends.
const EMPTY_PIECE: [u8; 6] = [0x00, 0x80, 0, 0, 0, 0];

/// Sends frames until the socket is closed, and starts again. Each time it is another juror, since the joins of one are
/// limited.
async fn flood_frames(address: SocketAddr, n: usize) {
    for round in 0.. {
        let sub = format!("flooder-{n}-{round}");
        let mut flooder = Juror::join(address, ROOM, &viewer(ROOM, &sub)).await;
        for _ in 0..200 {
            flooder.send_cast("nonsense", "buyer", None).await;
        }
        flooder.wait_closed().await;
    }
}

/// Sends a text message without an end.
async fn flood_pieces(address: SocketAddr) {
    loop {
        let mut raw = Raw::connect_from(FLOODER, address).await;
        if raw.upgrade(ROOM, "").await == 101 {
            raw.send_bytes(&[0x01, 0x80, 0, 0, 0, 0]).await;
            let pieces = EMPTY_PIECE.repeat(1_000);
            while raw.try_send(&pieces).await {}
        }
        tokio::task::yield_now().await;
    }
}

/// Opens sockets without a join, up to the address's limit and beyond it.
async fn flood_sockets(address: SocketAddr) {
    let mut open_sockets = Vec::new();
    loop {
        let mut raw = Raw::connect_from(FLOODER, address).await;
        if raw.upgrade(ROOM, "").await == 101 {
            open_sockets.push(raw);
        }
    }
}

async fn flood_requests(address: SocketAddr) {
    loop {
        let mut raw = Raw::connect_from(FLOODER, address).await;
        raw.send("GET /api/v1/rooms/live-42/cases HTTP/1.1\r\nHost: jury\r\nAuthorization: Bearer x\r\n\r\n").await;
        raw.status().await;
    }
}

/// Every juror casts at once. Returns the longest time to an answer.
async fn slowest(jurors: &mut [Juror], case: CaseId) -> Duration {
    let casts = jurors.iter_mut().map(async |juror| {
        juror.wait_for_case(case, |_| true).await;
        let began = Instant::now();
        juror.vote(case, "buyer").await;
        began.elapsed()
    });
    join_all(casts).await.into_iter().max().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_does_not_delay_other_voters() {
    let server = Server::start(&["--max-sockets-per-address", "64"]).await;
    let address = server.address;
    let mod_api = Api::new(address, Some(&moderator(ROOM, "mod")));
    let mut jurors = Vec::new();
    for n in 0..JURORS {
        jurors.push(Juror::join(address, ROOM, &viewer(ROOM, &format!("juror-{n}"))).await);
    }
    let quiet = slowest(&mut jurors, mod_api.create(ROOM, case(json!({}))).await.id).await;

    let mut floods = JoinSet::new();
    for n in 0..3 {
        floods.spawn(flood_frames(address, n));
    }
    floods.spawn(flood_pieces(address));
    floods.spawn(flood_sockets(address));
    floods.spawn(flood_requests(address));
    // The flood has begun when each of its parts was refused once.
    let counts = async || {
        let closed = server.counter("live_jury_closes_total", "4429").await;
        (closed, server.counter("live_jury_turned_away_total", "sockets_per_address").await)
    };
    let begun = async { while matches!(counts().await, (0, _) | (_, 0)) {} };
    tokio::time::timeout(WAIT_MAX, begun).await.expect("each part of the flood is refused");
    let before = counts().await;
    let mut flooded = Duration::ZERO;
    for _ in 0..5 {
        let id = mod_api.create(ROOM, case(json!({}))).await.id;
        flooded = flooded.max(slowest(&mut jurors, id).await);
        // A new juror can still join.
        jurors.push(Juror::join(address, ROOM, &viewer(ROOM, &format!("newcomer-{id}"))).await);
        assert_eq!(mod_api.close(id).await.verdict.unwrap().ballots as usize, jurors.len() - 1, "none was lost");
    }
    let after = counts().await;
    floods.shutdown().await;
    assert!(after.0 > before.0 && after.1 > before.1, "the flood went on: {before:?}, {after:?}");
    println!("slowest ballot: {quiet:?} in quiet, {flooded:?} in a flood");
    assert!(flooded < ACKNOWLEDGED_MAX, "{flooded:?}, in quiet {quiet:?}");
}

/// One viewer asks for large pages over many connections, and takes them as fast as the node answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_reads_delays_no_verdict() {
    /// Limit for the time from a deadline to the record, in milliseconds.
    const RECORDED_MAX_MS: u64 = 3_000;
    const OPEN_S: u64 = 8;
    /// More than half of those that an address may have.
    const CONNECTIONS: usize = 600;
    const ENDED_CASES: usize = 60;
    let server = Server::start_on(Stores::servers(), &[]).await;
    let address = server.address;
    let mod_api = Api::new(address, Some(&moderator(ROOM, "mod")));
    let statement = "It is not what was shown. ".repeat(70);
    let evidence: Vec<_> = (0..5).map(|_| json!({ "type": "text", "text": statement, "by": "buyer" })).collect();
    for _ in 0..ENDED_CASES {
        let id = mod_api.create(ROOM, case(json!({ "evidence": evidence }))).await.id;
        mod_api.close(id).await;
    }
    let open = mod_api.create(ROOM, case(json!({ "duration_s": OPEN_S }))).await;
    let mut ann = Juror::join(address, ROOM, &viewer(ROOM, "ann")).await;
    ann.vote(open.id, "buyer").await;

    let request = format!(
        "GET /api/v1/rooms/{ROOM}/cases?limit=100 HTTP/1.1\r\nHost: jury\r\nConnection: close\r\n\
         Authorization: Bearer {}\r\n\r\n",
        viewer(ROOM, "reader")
    );
    let mut flood = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let request = request.clone();
        flood.spawn(async move {
            loop {
                let mut raw = Raw::connect_from(FLOODER, address).await;
                raw.send(&request).await;
                raw.read_to_end().await;
            }
        });
    }
    let began = Instant::now();
    let (verdict, ready) = tokio::join!(ann.wait_for_verdict(open.id), async {
        let mut ready = true;
        while began.elapsed() < Duration::from_secs(OPEN_S) {
            ready &= server.is_ready().await;
        }
        ready
    });
    let refused = server.counter("live_jury_http_problems_total", "too_many_requests").await;
    flood.shutdown().await;
    assert_eq!(verdict.ballots, 1);
    assert!(ready, "the node stays ready");
    assert!(refused > 0, "the flood is refused");
    // The node dates the record itself: this test's own process is busy with the flood.
    let trail: Page<AuditEntry> = mod_api.get(&format!("/cases/{}/audit", open.id)).await.read(200);
    let recorded_at_ms = trail.items.iter().find(|entry| *entry.action == *"decided").unwrap().at_ms;
    let late_ms = recorded_at_ms.saturating_sub(open.closes_at_ms.unwrap());
    println!("{late_ms} ms after the deadline; {refused} refused");
    assert!(late_ms < RECORDED_MAX_MS, "{late_ms} ms after the deadline");
}
