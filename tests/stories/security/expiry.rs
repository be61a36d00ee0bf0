//! Expiring and renewed tokens: no socket outlives its token, and no renewal changes an identity.

use live_jury_protocol::{ClientFrame, FrameError, Role, close};
use live_jury_server::auth::LEEWAY_S;
use live_jury_tests::juror::{Answer, Juror};
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{Claims, claims, now_s, sign, sign_with, viewer};

const ROOM: &str = "live-42";

/// A token that is accepted for another one to two seconds.
fn ending(sub: &str) -> String {
    sign(&Claims { exp: now_s() + 2 - LEEWAY_S, ..claims(Role::Viewer, ROOM, sub) })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_closes_when_its_token_expires() {
    let stores = Stores::embedded();
    let node = stores.node().await;
    let mut renewed = Juror::join(node.address, ROOM, &ending("ann")).await;
    let mut shortened = node.viewer(ROOM, "bob").await;
    let ends = renewed.welcome.as_ref().unwrap().token_expires_at_ms;
    assert!(renewed.renew(&viewer(ROOM, "ann")).await.token_expires_at_ms > ends);
    shortened.renew(&ending("bob")).await;
    let ended = Juror::join(node.address, ROOM, &ending("cem")).await;
    // These sockets send nothing more, so the server's timer closes them.
    assert_eq!(ended.closed_with().await, close::TOKEN_INVALID);
    assert_eq!(shortened.closed_with().await, close::TOKEN_INVALID, "a renewal may shorten, too");
    renewed.send_text("{}").await;
    assert_eq!(renewed.answer().await, Answer::Error(FrameError::Malformed), "who renewed in time is still here");
}

async fn renewal_is_closed_with(node: &Node, token: String) -> u16 {
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.send(&ClientFrame::Renew { token }).await;
    ann.closed_with().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewal_cannot_change_the_identity() {
    let now_s = now_s();
    let own = claims(Role::Viewer, ROOM, "ann");
    let attempts = [
        ("another sub", viewer(ROOM, "bob")),
        ("a longer sub", viewer(ROOM, "ann2")),
        ("another room", viewer("live-43", "ann")),
        ("another role", sign(&claims(Role::Host, ROOM, "ann"))),
        ("more power", sign(&claims(Role::Moderator, ROOM, "ann"))),
        ("all rooms", sign(&claims(Role::Moderator, "*", "ann"))),
        ("an ended token", sign(&Claims { exp: now_s - LEEWAY_S - 1, ..own.clone() })),
        ("an early token", sign(&Claims { nbf: Some(now_s + LEEWAY_S + 30), ..own.clone() })),
        ("no token", "nonsense".to_owned()),
        ("a forged token", sign_with(&[b'x'; 32], &own)),
    ];
    // One juror may join a node eight times at once, so a few attempts share one.
    for attempts in attempts.chunks(5) {
        let stores = Stores::embedded();
        let node = stores.node().await;
        for (why, token) in attempts {
            assert_eq!(renewal_is_closed_with(&node, token.clone()).await, close::TOKEN_INVALID, "{why}");
        }
    }
}

/// A token for all rooms cannot be renewed by one for this room, nor the reverse.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewal_cannot_change_the_scope() {
    let stores = Stores::embedded();
    let node = stores.node().await;
    let (here, everywhere) = (claims(Role::Moderator, ROOM, "mia"), claims(Role::Moderator, "*", "mia"));
    for (first, then) in [(&here, &everywhere), (&everywhere, &here)] {
        let mut mia = Juror::join(node.address, ROOM, &sign(first)).await;
        mia.renew(&sign(first)).await;
        mia.send(&ClientFrame::Renew { token: sign(then) }).await;
        assert_eq!(mia.closed_with().await, close::TOKEN_INVALID);
    }
}
