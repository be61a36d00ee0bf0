//! Tokens that are revoked before their end: refused by all nodes, also after a restart, and named nowhere.

use std::time::Duration;

use live_jury_protocol::{ClientFrame, FrameError, Role, close};
use live_jury_tests::WAIT_MAX;
use live_jury_tests::api::{Api, case};
use live_jury_tests::juror::{Answer, Juror};
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{Claims, claims, merchant, moderator, now_s, sign, token};
use serde_json::{Value, json};
use tokio::time::Instant;

const ROOM: &str = "live-42";
/// The time in which all nodes follow a revocation, and another second for a slow machine.
const FOLLOWED_MAX: Duration = Duration::from_secs(3);

live_jury_tests::on_both! {
    a_revoked_token_is_refused_also_after_a_restart
    tokens_of_a_sub_are_revoked_up_to_now
    only_machines_revoke_tokens
    the_platform_reads_all_and_changes_nothing
    a_merchant_reads_no_room_and_opens_no_socket
}

fn with(sub: &str, jti: Option<&str>, iat: Option<u64>) -> String {
    sign(&Claims { jti: jti.map(str::to_owned), iat, ..claims(Role::Viewer, ROOM, sub) })
}

fn platform(node: &Node) -> Api {
    node.api(&token(Role::Platform, "*", "shop"))
}

async fn revoke(api: &Api, body: Value) {
    let reply = api.post("/revocations", body).await;
    assert_eq!((reply.status, reply.text.as_str()), (204, ""));
}

async fn status(node: &Node, token: &str) -> u16 {
    node.api(token).get(&format!("/rooms/{ROOM}/cases")).await.status
}

/// Requires that a socket is still answered.
async fn is_served(juror: &mut Juror) {
    juror.send_text("{}").await;
    assert_eq!(juror.answer().await, Answer::Error(FrameError::Malformed));
}

/// Waits until a node refuses the token.
async fn refused(node: &Node, token: &str) {
    let waiting = async { while status(node, token).await == 200 {} };
    tokio::time::timeout(WAIT_MAX, waiting).await.expect("the token is refused");
}

async fn a_revoked_token_is_refused_also_after_a_restart(stores: Stores) {
    let node = stores.node().await;
    let (stolen, own) = (with("ann", Some("t-1"), None), with("ann", Some("t-2"), None));
    let robbed = Juror::join(node.address, ROOM, &stolen).await;
    let mut kept = Juror::join(node.address, ROOM, &own).await;
    let mut renewed = Juror::join(node.address, ROOM, &stolen).await;
    renewed.renew(&own).await;
    revoke(&platform(&node), json!({ "jti": "t-1" })).await;
    assert_eq!(robbed.closed_with().await, close::TOKEN_INVALID);
    assert_eq!((status(&node, &stolen).await, status(&node, &own).await), (401, 200));
    is_served(&mut kept).await;
    is_served(&mut renewed).await;
    kept.send(&ClientFrame::Renew { token: stolen.clone() }).await;
    assert_eq!(kept.closed_with().await, close::TOKEN_INVALID);
    // A repeat is no error, and a restart forgets nothing.
    revoke(&node.moderator("*"), json!({ "jti": "t-1" })).await;
    node.stop().await;
    let node = stores.node().await;
    assert_eq!((status(&node, &stolen).await, status(&node, &own).await), (401, 200));
    let mut again = Juror::connect(node.address, ROOM).await;
    again.send(&ClientFrame::Join { token: stolen }).await;
    assert_eq!(again.closed_with().await, close::TOKEN_INVALID);
}

async fn tokens_of_a_sub_are_revoked_up_to_now(stores: Stores) {
    let node = stores.node().await;
    let now_s = now_s();
    let before = [with("ann", None, None), with("ann", Some("t-1"), Some(now_s)), with("ann", None, Some(0))];
    let later = [with("ann", None, Some(now_s + 60)), with("bob", None, None)];
    revoke(&platform(&node), json!({ "sub": "ann" })).await;
    for token in &before {
        assert_eq!(status(&node, token).await, 401);
    }
    for token in &later {
        assert_eq!(status(&node, token).await, 200);
    }
}

async fn only_machines_revoke_tokens(stores: Stores) {
    let node = stores.node().await;
    for token in [token(Role::Viewer, ROOM, "ann"), token(Role::Host, ROOM, "hal"), moderator(ROOM, "mia")] {
        let reply = node.api(&token).post("/revocations", json!({ "sub": "bob" })).await;
        assert_eq!(reply.problem(403).0, "forbidden");
    }
    let shop = platform(&node);
    for (body, field) in [
        (json!({}), "jti"),
        (json!({ "jti": "t", "sub": "s" }), "sub"),
        (json!({ "jti": "" }), "jti"),
        (json!({ "jti": "t-1\n" }), "jti"),
        (json!({ "sub": "bob " }), "sub"),
        (json!({ "sub": "x".repeat(129) }), "sub"),
        (json!({ "sub": 7 }), "sub"),
    ] {
        assert_eq!(shop.post("/revocations", body).await.problem(422), ("invalid_field".into(), field.into()));
    }
}

async fn the_platform_reads_all_and_changes_nothing(stores: Stores) {
    let node = stores.node().await;
    let mia = node.moderator(ROOM);
    let (draft, opened) =
        (mia.create(ROOM, case(json!({ "open": false }))).await.id, mia.create(ROOM, case(json!({}))).await.id);
    let shop = platform(&node);
    for path in [
        format!("/rooms/{ROOM}/cases?state=draft"),
        format!("/cases/{draft}"),
        format!("/cases/{opened}/tally"),
        format!("/cases/{opened}/audit"),
        "/verdicts".to_owned(),
    ] {
        assert_eq!(shop.get(&path).await.status, 200, "{path}");
    }
    for reply in [
        shop.post(&format!("/rooms/{ROOM}/cases"), case(json!({}))).await,
        shop.patch(&format!("/cases/{draft}"), json!({})).await,
        shop.act(draft, "open").await,
        shop.extend(opened, 60).await,
        shop.act(opened, "close").await,
        shop.post(&format!("/cases/{opened}/void"), json!({ "reason": "no" })).await,
    ] {
        assert_eq!(reply.problem(403).0, "forbidden");
    }
    let mut socket = Juror::connect(node.address, ROOM).await;
    socket.send(&ClientFrame::Join { token: token(Role::Platform, "*", "shop") }).await;
    assert_eq!(socket.closed_with().await, close::NOT_ALLOWED);
}

async fn a_merchant_reads_no_room_and_opens_no_socket(stores: Stores) {
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    let shop = node.api(&merchant("m-1"));
    assert_eq!(shop.get(&format!("/cases/{opened}")).await.problem(404).0, "not_found");
    for path in [format!("/rooms/{ROOM}/cases"), format!("/rooms/{ROOM}/verdicts"), "/verdicts".to_owned()] {
        assert_eq!(shop.get(&path).await.problem(403).0, "forbidden", "{path}");
    }
    for reply in [
        shop.post(&format!("/rooms/{ROOM}/cases"), case(json!({}))).await,
        shop.act(opened, "close").await,
        shop.act(opened, "appeal").await,
        shop.post("/revocations", json!({ "sub": "ann" })).await,
    ] {
        assert_eq!(reply.problem(403).0, "forbidden");
    }
    let mut socket = Juror::connect(node.address, ROOM).await;
    socket.send(&ClientFrame::Join { token: merchant("m-1") }).await;
    assert_eq!(socket.closed_with().await, close::NOT_ALLOWED);
    let nameless = sign(&Claims { role: "merchant".to_owned(), ..claims(Role::Platform, "*", "owner") });
    assert_eq!(node.api(&nameless).get("/trust/signals").await.problem(401).0, "token_invalid");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_is_followed_by_all_nodes() {
    let stores = Stores::servers();
    let (here, there) = (stores.node().await, stores.node().await);
    let (one, all) = (with("ann", Some("t-1"), None), with("bob", None, None));
    let sockets = [Juror::join(there.address, ROOM, &one).await, Juror::join(there.address, ROOM, &all).await];
    let mut other = there.viewer(ROOM, "cem").await;
    let began = Instant::now();
    revoke(&platform(&here), json!({ "jti": "t-1" })).await;
    revoke(&platform(&here), json!({ "sub": "bob" })).await;
    for socket in sockets {
        assert_eq!(socket.closed_with().await, close::TOKEN_INVALID);
    }
    refused(&there, &one).await;
    refused(&there, &all).await;
    assert!(began.elapsed() < FOLLOWED_MAX, "{:?}", began.elapsed());
    is_served(&mut other).await;
    assert!(there.viewer(ROOM, "dan").await.welcome.is_some());
}
