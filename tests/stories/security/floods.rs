//! Floods of frames, joins, sockets, cases and edits: each is refused by its own limit, and counted in the metrics.

use futures_util::future::join_all;
use live_jury_protocol::limits::{DRAFTS_PER_ROOM_MAX, EXTENSION_S_MIN, LIVE_CASES_PER_ROOM_MAX};
use live_jury_protocol::{AuditEntry, ClientFrame, Page, Role, close};
use live_jury_tests::api::{Api, case};
use live_jury_tests::juror::Juror;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{moderator, token, viewer};
use serde_json::json;
use tokio::time::Instant;

use super::limited_server::{DISCONNECTED_MAX, Server};
use super::platform::ROOM;
use super::raw::Raw;

fn join(room: &str, sub: &str) -> ClientFrame {
    ClientFrame::Join { token: viewer(room, sub) }
}

/// A final text frame with an all-zero mask and its length in two bytes.
fn masked_text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap().to_be_bytes();
    [&[0x81, 0xfe], &length[..], &[0; 4], text.as_bytes()].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_and_pings_share_one_limit() {
    let server = Server::start(&["--max-frames-per-second", "1", "--max-frames-burst", "10"]).await;
    let (mut talker, mut pinger) = (server.viewer(ROOM, "ann").await, server.viewer(ROOM, "bob").await);
    let mut early = Juror::connect(server.address, ROOM).await;
    for _ in 0..30 {
        talker.send_cast("nonsense", "buyer", None).await;
        pinger.ping().await;
        early.ping().await;
    }
    for flooder in [talker, pinger, early] {
        assert_eq!(flooder.closed_with().await, close::TOO_MANY_FRAMES);
    }
    server.assert_closed(close::TOO_MANY_FRAMES, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_valid_joins_use_up_the_limit() {
    let server = Server::start(&["--max-joins-per-second", "1"]).await;
    // An invalid join does not count toward the limit.
    let bogus = ClientFrame::Join { token: "bogus".to_owned() };
    let codes = join_all((0..40).map(|_| server.close_code_after(ROOM, &bogus))).await;
    assert!(codes.iter().all(|code| *code == close::TOKEN_INVALID), "{codes:?}");
    server.viewer(ROOM, "ann").await;
    let mut crowd = Vec::new();
    for n in 0..30 {
        let mut juror = Juror::connect(server.address, ROOM).await;
        juror.send(&join(ROOM, &format!("juror-{n}"))).await;
        crowd.push(juror);
    }
    let mut turned_away = 0;
    for juror in &mut crowd {
        turned_away += u64::from(juror.wait_until_joined().await.is_err_and(|code| code == close::TRY_LATER));
    }
    assert!((5..=30).contains(&turned_away), "{turned_away} of 30, where one a second may come");
    server.assert_closed(close::TRY_LATER, turned_away).await;
    server.assert_rejected("joins_per_second", turned_away).await;
}

/// A juror whose page joins again and again with 12 sockets gets the joins of one juror, and leaves the rest to others:
/// the node's 40 are enough for the juror's 8 and 20 others, however fast they come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_juror_does_not_use_up_the_joins() {
    let server = Server::start(&["--max-joins-per-second", "40"]).await;
    let address = server.address;
    let flood: Vec<_> = (0..12)
        .map(|_| {
            tokio::spawn(async move {
                loop {
                    let mut greedy = Juror::connect(address, ROOM).await;
                    greedy.send(&join(ROOM, "greedy")).await;
                    let _ = greedy.wait_until_joined().await;
                }
            })
        })
        .collect();
    while server.counter("live_jury_closes_total", &close::TRY_LATER.to_string()).await < 100 {}
    let mut rejected = 0;
    for n in 0..20 {
        let mut other = Juror::connect(address, ROOM).await;
        other.send(&join(ROOM, &format!("juror-{n}"))).await;
        rejected += usize::from(other.wait_until_joined().await.is_err());
    }
    flood.iter().for_each(tokio::task::JoinHandle::abort);
    assert_eq!(rejected, 0, "others join");
    assert!(server.counter("live_jury_turned_away_total", "joins_per_juror").await >= 100, "the flood is refused");
    server.assert_rejected("joins_per_second", 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unjoined_sockets_are_limited_by_address() {
    let limits = ["--max-sockets-per-address", "3", "--trusted-proxies", "127.0.0.2,127.0.0.3"];
    let server = Server::start(&limits).await;
    let mut open_sockets = Vec::new();
    let mut status_of = async |own: [u8; 4], headers: &str| {
        let mut raw = Raw::connect_from(own.into(), server.address).await;
        let status = raw.upgrade(ROOM, headers).await;
        open_sockets.push(raw);
        status
    };
    // The client is not a trusted proxy, so its forwarding headers are ignored.
    for n in 0..3 {
        assert_eq!(status_of([127, 0, 0, 1], &format!("X-Forwarded-For: 198.51.100.{n}\r\n")).await, 101);
    }
    for n in 0..3 {
        assert_eq!(status_of([127, 0, 0, 1], &format!("X-Forwarded-For: 203.0.113.{n}\r\n")).await, 429);
        assert_eq!(status_of([127, 0, 0, 1], &format!("Forwarded: for=203.0.113.{n}\r\n")).await, 429);
    }
    // The client is a trusted proxy. Each of its clients counts separately, an IPv6 /64 as one client, and only the
    // nearest untrusted address counts.
    for line in ["X-Forwarded-For: 198.51.100.7", "Forwarded: for=198.51.100.8;proto=https"] {
        let line = format!("{line}\r\n");
        for expected in [101, 101, 101, 429, 429] {
            assert_eq!(status_of([127, 0, 0, 2], &line).await, expected, "{line}");
        }
    }
    for (n, expected) in [(1, 101), (2, 101), (3, 101), (4, 429)] {
        assert_eq!(status_of([127, 0, 0, 2], &format!("X-Forwarded-For: 2001:db8:0:7::{n}\r\n")).await, expected);
    }
    assert_eq!(status_of([127, 0, 0, 2], "X-Forwarded-For: 2001:db8:0:8::1\r\n").await, 101, "another /64");
    for n in 0..2 {
        let made_up = format!("X-Forwarded-For: 192.0.2.{n}, 198.51.100.7, 127.0.0.3\r\n");
        assert_eq!(status_of([127, 0, 0, 2], &made_up).await, 429, "the nearest that is no proxy");
    }
    // A request with both headers contains one from the client, so it counts as the proxy's own.
    for (n, expected) in [(0, 101), (1, 101), (2, 101), (3, 429)] {
        let both = format!("Forwarded: for=192.0.2.{n}\r\nX-Forwarded-For: 198.51.100.7\r\n");
        assert_eq!(status_of([127, 0, 0, 3], &both).await, expected, "{both}");
    }
    server.assert_rejected("sockets_per_address", 6 + 4 + 1 + 2 + 1).await;
    server.assert_problems("too_many_sockets", 14).await;
}

/// A socket that was asked to close still counts until it ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unjoined_socket_counts_until_it_joins_or_ends() {
    let server = Server::start(&["--max-sockets-per-address", "1"]).await;
    let mut ann = server.viewer(ROOM, "ann").await;
    let mut lingering = Raw::connect(server.address).await;
    assert_eq!(lingering.upgrade(ROOM, "").await, 101, "who has joined is not counted");
    // A masked text frame of two letters, which is not a join. The client does not answer the close frame.
    lingering.send_bytes(&[0x81, 0x82, 0, 0, 0, 0, b'h', b'i']).await;
    assert!(lingering.receive().await > 0, "a close frame");
    assert_eq!(Raw::connect(server.address).await.upgrade(ROOM, "").await, 429);
    drop(lingering);
    let retrying = async { while Raw::connect(server.address).await.upgrade(ROOM, "").await == 429 {} };
    tokio::time::timeout(DISCONNECTED_MAX, retrying).await.expect("it has ended, and no longer counts");
    ann.ping().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_of_a_juror_are_limited() {
    let server = Server::start(&["--max-sockets-per-juror", "2"]).await;
    let first = server.viewer(ROOM, "ann").await;
    let (_second, _third) = (server.viewer(ROOM, "ann").await, server.viewer("live-43", "ann").await);
    assert_eq!(first.closed_with().await, close::REPLACED);
    server.assert_closed(close::REPLACED, 1).await;
}

/// One overlay link in twenty browser sources: none of them replaces another one, until the limit of machines.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_overlay_link_may_be_in_many_sources() {
    let server = Server::start(&["--max-sockets-per-juror", "2", "--max-sockets-per-machine", "20"]).await;
    let link = token(Role::Overlay, ROOM, "scenes");
    let mut sources = Vec::new();
    for _ in 0..20 {
        sources.push(Juror::join(server.address, ROOM, &link).await);
    }
    for source in &mut sources {
        source.ping().await;
    }
    server.assert_closed(close::REPLACED, 0).await;
    let _one_more = Juror::join(server.address, ROOM, &link).await;
    assert_eq!(sources.remove(0).closed_with().await, close::REPLACED);
    for source in &mut sources {
        source.ping().await;
    }
    server.assert_closed(close::REPLACED, 1).await;
}

/// A message of endless empty fragments never completes, so the socket counts as silent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_message_counts_as_silence() {
    let server = Server::start(&["--silence-timeout", "3s"]).await;
    let mut endless = Raw::connect(server.address).await;
    assert_eq!(endless.upgrade(ROOM, "").await, 101);
    endless.send_bytes(&masked_text(&serde_json::to_string(&join(ROOM, "ann")).unwrap())).await;
    while server.counter("live_jury_joins_total", "viewer").await == 0 {}
    endless.send_bytes(&[0x01, 0x80, 0, 0, 0, 0]).await;
    let began = Instant::now();
    // They stay below the limit on bytes.
    let pieces = [0x00, 0x80, 0, 0, 0, 0].repeat(100);
    while endless.try_send(&pieces).await {
        assert!(began.elapsed() < 3 * DISCONNECTED_MAX, "it is still here");
        endless.is_closed().await;
    }
}

/// A socket that sends fragments of one message is closed by their bytes, however often it pings between them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fragments_are_counted_also_between_pings() {
    let server = Server::start(&[]).await;
    let mut flooder = Raw::connect(server.address).await;
    assert_eq!(flooder.upgrade(ROOM, "").await, 101);
    flooder.send_bytes(&masked_text(&serde_json::to_string(&join(ROOM, "ann")).unwrap())).await;
    while server.counter("live_jury_joins_total", "viewer").await == 0 {}
    flooder.send_bytes(&[0x01, 0x80, 0, 0, 0, 0]).await;
    let began = Instant::now();
    let fragments = [0x00, 0x80, 0, 0, 0, 0].repeat(10_000);
    let mut pinged_s = 0;
    while flooder.try_send(&fragments).await {
        if began.elapsed().as_secs() > pinged_s {
            pinged_s = began.elapsed().as_secs();
            flooder.send_bytes(&[0x89, 0x80, 0, 0, 0, 0]).await;
        }
        assert!(began.elapsed() < 2 * DISCONNECTED_MAX, "it is still connected");
    }
    server.assert_closed(close::TOO_MANY_FRAMES, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rooms_cases_and_drafts_are_limited() {
    let server = Server::start(&["--max-rooms", "3", "--max-sockets-per-address", "0"]).await;
    let (_a, _b) = (server.viewer("room-a", "ann").await, server.viewer("room-b", "ann").await);
    let mod_c = Api::new(server.address, Some(&moderator("room-c", "mod")));
    let _c = server.viewer("room-c", "ann").await;
    assert_eq!(server.close_code_after("room-d", &join("room-d", "ann")).await, close::TRY_LATER);
    server.assert_rejected("rooms", 1).await;
    server.assert_closed(close::TRY_LATER, 1).await;
    server.viewer("room-a", "bob").await;

    for _ in 0..LIVE_CASES_PER_ROOM_MAX {
        mod_c.create("room-c", case(json!({}))).await;
    }
    let refused = mod_c.post("/rooms/room-c/cases", case(json!({}))).await;
    assert_eq!(refused.problem(409).0, "too_many_cases");
    let draft = case(json!({ "open": false }));
    for _ in 0..DRAFTS_PER_ROOM_MAX {
        mod_c.create("room-c", draft.clone()).await;
    }
    assert_eq!(mod_c.post("/rooms/room-c/cases", draft).await.problem(409).0, "too_many_drafts");
    server.assert_problems("too_many_cases", 1).await;
    server.assert_problems("too_many_drafts", 1).await;
}

/// A moderator's edits and extensions are limited by the minute. Openings, closings and voids are not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_and_extensions_are_limited_by_moderator_and_minute() {
    /// Edits and extensions of one moderator in a minute.
    const PER_MINUTE: u64 = 60;
    let stores = Stores::embedded();
    let node = stores.node().await;
    let (mia, max) = (node.api(&moderator(ROOM, "mia")), node.api(&moderator(ROOM, "max")));
    let draft = mia.create(ROOM, case(json!({ "open": false }))).await.id;
    let opened = mia.create(ROOM, case(json!({}))).await.id;
    for n in 0..PER_MINUTE / 2 {
        assert_eq!(mia.patch(&format!("/cases/{draft}"), json!({ "title": format!("Case {n}") })).await.status, 200);
        assert_eq!(mia.extend(opened, EXTENSION_S_MIN).await.status, 200);
    }
    let seen = mia.case(opened).await.version;
    for reply in [mia.extend(opened, EXTENSION_S_MIN).await, mia.patch(&format!("/cases/{draft}"), json!({})).await] {
        assert_eq!(reply.problem(429).0, "too_many_requests");
        let retry_after_s: u64 = reply.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&retry_after_s), "{retry_after_s}");
    }
    assert_eq!(mia.case(opened).await.version, seen, "nothing was changed");
    assert_eq!(max.extend(opened, EXTENSION_S_MIN).await.status, 200);
    // Each of these ends a case or makes one, and others limit them.
    mia.open(draft).await;
    mia.close(opened).await;
    mia.void(draft, "wrong product").await;

    // The trail of many steps comes in pages.
    let (mut actions, mut pages, mut after) = (Vec::new(), 0, "0".to_owned());
    loop {
        let page: Page<AuditEntry> = mia.get(&format!("/cases/{opened}/audit?limit=10&after={after}")).await.read(200);
        assert!(page.items.len() <= 10);
        actions.extend(page.items.into_iter().map(|entry| entry.action.to_string()));
        pages += 1;
        let Some(next) = page.next else { break };
        after = next;
    }
    let extended = vec!["extended"; 1 + PER_MINUTE as usize / 2];
    assert_eq!(actions, [&["created", "opened"], &extended[..], &["closed", "decided"]].concat());
    assert_eq!(pages, 4);
    assert_eq!(mia.get(&format!("/cases/{opened}/audit?after=x")).await.problem(422).1, "after");
}
