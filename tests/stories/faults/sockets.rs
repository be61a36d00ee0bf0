//! Viewers who stop reading, and viewers who vanish: neither costs the others anything.

use std::time::Duration;

use futures_util::future::join_all;
use live_jury_protocol::Case;
use live_jury_protocol::limits::EXTENSION_S_MIN;
use live_jury_tests::api::{Api, case};
use live_jury_tests::juror::Juror;
use live_jury_tests::program::Program;
use live_jury_tests::proxy::Proxy;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{moderator, viewer};
use serde_json::json;
use tokio::time::Instant;

use super::{ROOM, name};

/// Number of sockets that stop reading.
const STALLED: usize = 40;
/// Changes of the room meanwhile. Each is a view of some 90 KB.
const CHANGES: u64 = 60;
/// Limit for views that a stopped reader still receives: those in both kernels' buffers, and one half written.
const VIEWS_IN_FLIGHT_MAX: usize = 4;
/// Limit for the memory of a socket that does not read, in KiB: a half-written view and its buffer.
const STALLED_KIB_MAX: u64 = 512;
/// The silence timeout of these stories. The default would make them long.
const SILENCE: Duration = Duration::from_secs(6);
/// The one of the slow readers: all changes fit into two thirds of it, also on a busy machine.
const LONG_SILENCE: Duration = Duration::from_secs(24);

/// A case of nearly the largest size.
fn large(n: usize) -> serde_json::Value {
    let statement = "It is not what was shown. ".repeat(70);
    let evidence: Vec<_> = (0..4).map(|_| json!({ "type": "text", "text": statement, "by": "buyer" })).collect();
    case(json!({
        "title": format!("Case {n}"),
        "statements": { "buyer": statement, "merchant": statement },
        "evidence": evidence,
    }))
}

async fn serve(stores: &Stores, silence: Duration) -> Program {
    Program::serve(stores, &["--silence-timeout", &format!("{}s", silence.as_secs())]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_gets_the_newest_view_and_no_backlog() {
    let stores = Stores::servers();
    let server = serve(&stores, LONG_SILENCE).await;
    let mod_api = Api::new(server.address, Some(&moderator(ROOM, "mod")));
    let mut cases: Vec<Case> = Vec::new();
    for n in 0..8 {
        cases.push(mod_api.create(ROOM, large(n)).await);
    }
    let address = server.address;
    let joining = (0..STALLED)
        .map(|n| async move { Juror::connect_narrow(address, ROOM).await.joined(&viewer(ROOM, &name(n))).await });
    let mut stalled = join_all(joining).await;
    let mut quick = Juror::join(server.address, ROOM, &viewer(ROOM, "quick")).await;
    let before_kib = server.memory_kib();

    // The pause lasts for most of the silence timeout.
    let began = Instant::now();
    let mut last = None;
    for change in 1..=CHANGES {
        last = Some(mod_api.extend(cases[0].id, EXTENSION_S_MIN).await.read::<Case>(200));
        assert_eq!(last.as_ref().map(|case| case.extended_s), Some(change * EXTENSION_S_MIN));
    }
    let last = last.unwrap();
    quick.wait_for_case(last.id, |case| case.version == last.version).await;
    quick.vote(last.id, "buyer").await;
    tokio::time::sleep((LONG_SILENCE * 2 / 3).saturating_sub(began.elapsed())).await;
    let grown_kib = server.memory_kib().saturating_sub(before_kib);
    assert!(grown_kib < STALLED as u64 * STALLED_KIB_MAX, "{grown_kib} KiB for {STALLED} sockets");

    for juror in &mut stalled {
        let before = juror.dockets();
        juror.wait_for_case(last.id, |case| case.version == last.version).await;
        let views = juror.dockets() - before;
        assert!(views <= VIEWS_IN_FLIGHT_MAX, "{views} views of {CHANGES}");
    }
    // The sockets are still open, and their jurors vote.
    join_all(stalled.iter_mut().map(|juror| juror.vote(last.id, "buyer"))).await;
    let tally = quick.wait_for_ballots(last.id, STALLED as u64 + 1).await;
    assert_eq!(tally.ballots, STALLED as u64 + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vanished_viewer_is_dropped_after_the_silence_timeout() {
    let stores = Stores::embedded();
    let server = serve(&stores, SILENCE).await;
    let proxy = Proxy::to(server.address).await;
    let mut ann = Juror::join(server.address, ROOM, &viewer(ROOM, "ann")).await;
    let vanishing = Juror::join(proxy.address, ROOM, &viewer(ROOM, "bob")).await;
    ann.wait("both", |ann| ann.viewers.filter(|viewers| *viewers == 2)).await;

    // The connection is dead and neither end is notified: pings go out, and no pong returns.
    proxy.pause();
    let began = Instant::now();
    ann.wait("one", |ann| ann.viewers.filter(|viewers| *viewers == 1)).await;
    let took = began.elapsed();
    assert!(took >= SILENCE / 2, "not before it had time to answer a ping: {took:?}");
    assert!(took < SILENCE * 2, "{took:?}");
    drop(vanishing);
    // A viewer who answers pings stays connected.
    ann.wait("presence", |ann| ann.viewers).await;
    assert_eq!(
        server.admin().get("/metrics").await.text.lines().find(|line| line.starts_with("live_jury_sockets ")),
        Some("live_jury_sockets 1")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_active_socket_is_not_pinged() {
    let stores = Stores::embedded();
    let server = serve(&stores, SILENCE).await;
    let mut quiet = Juror::join(server.address, ROOM, &viewer(ROOM, "quiet")).await;
    let mut lively = Juror::join(server.address, ROOM, &viewer(ROOM, "lively")).await;

    // Pongs count as activity, and only one ping is outstanding. Each socket has slots for pings at an own time, a
    // third of the timeout apart, so the first ping comes after half of that at the soonest.
    let began = Instant::now();
    for asked in 1..=2 {
        while quiet.pings < asked {
            lively.ping().await;
            tokio::select! {
                () = quiet.wait("a ping", |quiet| (quiet.pings >= asked).then_some(())) => {}
                () = tokio::time::sleep(SILENCE / 12) => {}
            }
        }
        let soonest = SILENCE / 3 * u32::try_from(asked).unwrap() - SILENCE / 6 - SILENCE / 12;
        assert!(began.elapsed() >= soonest, "{:?}", began.elapsed());
    }
    assert!(began.elapsed() < SILENCE, "{:?}", began.elapsed());
    lively.wait("what came so far", |lively| lively.viewers).await;
    assert_eq!(lively.pings, 0);
}

/// A proxy ends a connection without frames, also one whose ends are alive.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_socket_behind_a_proxy_gets_signs_of_life() {
    let stores = Stores::embedded();
    let server = Program::serve(&stores, &["--keep-alive", "1s", "--trusted-proxies", "127.0.0.2"]).await;
    let mut direct = Juror::join(server.address, ROOM, &viewer(ROOM, "direct")).await;
    let mut proxied = Vec::new();
    for header in ["Via: 1.1 proxy", "X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.2"] {
        let (name, value) = header.split_once(": ").unwrap();
        let juror = Juror::connect_with(server.address, ROOM, name, value).await;
        proxied.push(juror.joined(&viewer(ROOM, name)).await);
    }
    for juror in &mut proxied {
        let began = Instant::now();
        juror.wait("two signs of life", |juror| (juror.pongs >= 2).then_some(())).await;
        assert!(began.elapsed() < SILENCE, "{:?}", began.elapsed());
        assert_eq!(juror.pings, 0, "a ping would have to be answered");
    }
    assert!(direct.is_unanswered(), "what came so far is read");
    assert_eq!((direct.pings, direct.pongs), (0, 0));
}
