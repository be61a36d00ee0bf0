//! Wrong clocks of nodes: deadlines follow the store's clock.

use std::sync::Arc;
use std::time::Duration;

use live_jury_protocol::{ClosedBy, Outcome};
use live_jury_server::clock::{Clock, SystemClock};
use live_jury_tests::api::case;
use live_jury_tests::clock::TestClock;
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use serde_json::json;

use super::ROOM;

const APART: Duration = Duration::from_secs(5);
/// Largest error of a reading of the store's clock: one round trip on a busy machine.
const CLOCK_READ_ERROR_MAX_MS: u64 = 1_500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_follows_the_stores_clock_not_the_nodes() {
    let stores = Stores::servers();
    let fast = Arc::new(TestClock::default());
    fast.advance(APART);
    let slow = Arc::new(TestClock::behind(APART));
    let (early, late) = (Node::start(stores.settings(), fast).await, Node::start(stores.settings(), slow).await);
    let began_ms = SystemClock.now_ms();
    let opened = early.moderator(ROOM).create(ROOM, case(json!({ "duration_s": 5 }))).await;
    let closes_at_ms = opened.closes_at_ms.unwrap();
    assert!(
        closes_at_ms.abs_diff(began_ms + 5_000) < CLOCK_READ_ERROR_MAX_MS,
        "five seconds by Redis's clock, which is right"
    );

    // One node's clock is past the deadline, the other's is before the opening. Both nodes accept ballots.
    let (mut ann, mut bob) = (early.viewer(ROOM, "ann").await, late.viewer(ROOM, "bob").await);
    for juror in [&mut ann, &mut bob] {
        let told_ms = juror.welcome.as_ref().unwrap().server_time_ms;
        assert!(
            told_ms.abs_diff(SystemClock.now_ms()) < CLOCK_READ_ERROR_MAX_MS,
            "viewers count down by the store's clock"
        );
        juror.vote(opened.id, "buyer").await;
    }
    let verdict = ann.wait_for_verdict(opened.id).await;
    assert_eq!(bob.wait_for_verdict(opened.id).await, verdict);
    let now_ms = SystemClock.now_ms();
    assert!(now_ms >= closes_at_ms, "not before the deadline");
    assert!(verdict.decided_at_ms >= closes_at_ms && verdict.decided_at_ms < closes_at_ms + CLOCK_READ_ERROR_MAX_MS);
    assert_eq!((verdict.outcome, verdict.ballots), (Outcome::Decided, 2));
    assert_eq!(early.moderator(ROOM).case(opened.id).await.closed_by, Some(ClosedBy::Deadline));
}
