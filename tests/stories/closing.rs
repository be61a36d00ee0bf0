//! Close codes: each reason to close a socket has its own. Tested through the public surface only, except that stories
//! set the nodes' clock and kill Redis.

use live_jury_protocol::{Role, close};
use live_jury_tests::api::case;
use live_jury_tests::juror::Juror;
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{Claims, claims, moderator, now_s, sign, sign_with, token, viewer};
use serde_json::json;
use std::time::Duration;

const ROOM: &str = "live-42";

live_jury_tests::on_both! {
    a_stopping_node_sends_draining_before_it_closes
}

async fn connect_and_send(node: &Node, first: &str) -> Juror {
    let mut juror = Juror::connect(node.address, ROOM).await;
    juror.send_text(first).await;
    juror
}

async fn join_code(node: &Node, token: &str) -> u16 {
    let first = json!({ "type": "join", "token": token }).to_string();
    connect_and_send(node, &first).await.closed_with().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_does_not_join_in_time_is_closed() {
    let stores = Stores::embedded();
    let node = stores.node().await;
    assert_eq!(Juror::connect(node.address, ROOM).await.closed_with().await, close::JOIN_TIMEOUT);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_must_be_valid_for_the_room() {
    let stores = Stores::embedded();
    let node = stores.node().await;
    let ended = Claims { exp: now_s() - 31, ..claims(Role::Viewer, ROOM, "ann") };
    let early = Claims { nbf: Some(now_s() + 60), ..claims(Role::Viewer, ROOM, "ann") };
    let nameless = claims(Role::Viewer, ROOM, "");
    let everywhere = claims(Role::Viewer, "*", "ann");
    for bad in [&ended, &early, &nameless, &everywhere] {
        assert_eq!(join_code(&node, &sign(bad)).await, close::TOKEN_INVALID, "{bad:?}");
    }
    let forged = sign_with(b"another secret, as long as the real one is", &claims(Role::Viewer, ROOM, "ann"));
    let unsigned =
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIiwicm9vbSI6ImxpdmUtNDIiLCJyb2xlIjoidmlld2VyIiwiZXhwIjo5OTk5OTk5OTk5fQ.";
    for bad in ["", "nonsense", unsigned, &forged] {
        assert_eq!(join_code(&node, bad).await, close::TOKEN_INVALID, "{bad}");
    }
    assert_eq!(join_code(&node, &viewer("live-43", "ann")).await, close::NOT_ALLOWED);
    assert_eq!(join_code(&node, &moderator("live-43", "mia")).await, close::NOT_ALLOWED);
    Juror::join(node.address, ROOM, &moderator("*", "max")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_token_closes_its_socket_unless_renewed() {
    let stores = Stores::embedded();
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    let short = |sub: &str| sign(&Claims { exp: now_s() + 60, ..claims(Role::Viewer, ROOM, sub) });
    let ann = Juror::join(node.address, ROOM, &short("ann")).await;
    let mut bob = Juror::join(node.address, ROOM, &short("bob")).await;
    let cast = bob.vote(opened.id, "buyer").await;
    let ends_at_ms = bob.welcome.as_ref().unwrap().token_expires_at_ms;
    let renewed = bob.renew(&viewer(ROOM, "bob")).await;
    assert!(renewed.token_expires_at_ms > ends_at_ms);
    assert_eq!(renewed.ballots, [cast]);

    // Past the expiry and the leeway for different clocks.
    stores.clock().advance(Duration::from_secs(60 + 31));
    assert_eq!(ann.closed_with().await, close::TOKEN_INVALID);
    bob.expect_ballot(opened.id, "buyer", live_jury_protocol::BallotStatus::Duplicate).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewal_needs_the_same_person_room_and_role() {
    let stores = Stores::embedded();
    let node = stores.node().await;
    for other in [viewer(ROOM, "bob"), viewer("live-43", "ann"), token(Role::Host, ROOM, "ann"), "nonsense".to_owned()]
    {
        let mut ann = node.viewer(ROOM, "ann").await;
        ann.send_text(&json!({ "type": "renew", "token": other }).to_string()).await;
        assert_eq!(ann.closed_with().await, close::TOKEN_INVALID);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_protocol_violation_closes_the_socket() {
    let stores = Stores::embedded();
    let node = stores.node().await;
    for first in ["nonsense", "{}", r#"{"type":"cast","case":"c","option":"o"}"#, r#"{"type":"renew","token":"t"}"#] {
        assert_eq!(connect_and_send(&node, first).await.closed_with().await, close::PROTOCOL, "{first}");
    }
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.send_bytes(vec![1, 2, 3]).await;
    assert_eq!(ann.closed_with().await, close::PROTOCOL);
    let mut bob = node.viewer(ROOM, "bob").await;
    bob.send_text(&"x".repeat(4 * 1024 + 1)).await;
    assert_eq!(bob.closed_with().await, close::TOO_LARGE);
    assert_eq!(connect_and_send(&node, &"x".repeat(64 * 1024)).await.closed_with().await, close::TOO_LARGE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_limit_of_a_juror_has_its_own_refusal() {
    let stores = Stores::embedded();
    let node = stores
        .node_with(|settings| {
            settings.limits.max_frames_burst = 10;
            settings.limits.max_frames_per_second = 1;
            settings.limits.max_sockets_per_juror = 2;
            settings.limits.max_sockets_per_address = 1;
        })
        .await;
    let mut flood = node.viewer(ROOM, "flood").await;
    for _ in 0..20 {
        flood.send_text("{}").await;
    }
    assert_eq!(flood.wait_closed().await, close::TOO_MANY_FRAMES);
    let understood_not = flood.texts.iter().filter(|text| text.contains("malformed")).count();
    assert_eq!(understood_not, 9, "the join was the first of ten");

    let oldest = node.viewer(ROOM, "ann").await;
    let _second = node.viewer(ROOM, "ann").await;
    let _third = node.viewer(ROOM, "ann").await;
    assert_eq!(oldest.closed_with().await, close::REPLACED);

    let _waiting = Juror::connect(node.address, ROOM).await;
    let refused = Juror::try_connect(node.address, ROOM, None).await.unwrap_err();
    assert_eq!(refused.0, 429, "{}", refused.1);
    assert!(refused.1.contains("too_many_sockets"), "{}", refused.1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joins_above_the_limit_are_closed_with_try_later() {
    let stores = Stores::embedded();
    let node = stores.node_with(|settings| settings.limits.max_joins_per_second = 1).await;
    let _first = node.viewer(ROOM, "ann").await;
    assert_eq!(join_code(&node, &viewer(ROOM, "bob")).await, close::TRY_LATER);

    let full = Stores::embedded();
    let node = full.node_with(|settings| settings.limits.max_rooms = 1).await;
    let _first = node.viewer("live-1", "ann").await;
    assert_eq!(join_code(&node, &viewer(ROOM, "bob")).await, close::TRY_LATER);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_socket_joins_during_a_redis_outage() {
    let mut stores = Stores::servers();
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.wait_for_case(opened.id, |_| true).await;
    stores.redis().kill();
    assert_eq!(join_code(&node, &viewer(ROOM, "bob")).await, close::TRY_LATER);
    assert_eq!(live_jury_tests::api::Api::new(node.admin, None).get("/readyz").await.status, 503);
    // Joined sockets stay open.
    ann.send_cast(&opened.id.to_string(), "buyer", None).await;
    ann.answer().await;
}

async fn a_stopping_node_sends_draining_before_it_closes(stores: Stores) {
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    let mut jurors = Vec::new();
    for n in 0..10 {
        let mut juror = node.viewer(ROOM, &format!("juror-{n}")).await;
        juror.vote(opened.id, "buyer").await;
        jurors.push(juror);
    }
    let stopping = tokio::spawn(node.stop());
    for juror in &mut jurors {
        assert_eq!(juror.wait_closed().await, close::RESTART);
        assert!(juror.draining, "announced before the close");
        assert!(juror.texts.last().unwrap().contains("draining"), "nothing follows the announcement");
    }
    stopping.await.unwrap();
    let tally = stores.node().await.moderator(ROOM).tally(opened.id).await;
    assert_eq!(tally.ballots, 10);
}
