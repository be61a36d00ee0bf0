//! Late ballots: nothing counts after the deadline, and earlier ballots stay known. Tested through the public surface
//! only, except that stories set the nodes' clock.

use live_jury_protocol::{BallotStatus, Refusal};
use live_jury_tests::api::case;
use live_jury_tests::juror::Juror;
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use serde_json::json;

const ROOM: &str = "live-42";

live_jury_tests::on_both! {
    no_ballot_counts_after_the_deadline
    no_ballot_counts_after_a_moderators_close
}

/// Ann's ballot gets its answer again. A new ballot and another option are refused.
async fn assert_too_late(ann: &mut Juror, bob: &mut Juror, case: live_jury_protocol::CaseId) {
    ann.expect_ballot(case, "buyer", BallotStatus::Duplicate).await;
    ann.expect_refused(&case.to_string(), "merchant", Refusal::Closed).await;
    bob.expect_refused(&case.to_string(), "buyer", Refusal::Closed).await;
}

async fn two_jurors(node: &Node) -> (Juror, Juror) {
    (node.viewer(ROOM, "ann").await, node.viewer(ROOM, "bob").await)
}

async fn no_ballot_counts_after_the_deadline(stores: Stores) {
    let node = stores.node().await;
    let (mut ann, mut bob) = two_jurors(&node).await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({ "duration_s": 5 }))).await;
    ann.wait_for_case(opened.id, |_| true).await;
    ann.vote(opened.id, "buyer").await;

    stores.pass_deadline(&opened);
    let verdict = ann.wait_for_verdict(opened.id).await;
    assert_eq!(verdict.ballots, 1);
    assert_too_late(&mut ann, &mut bob, opened.id).await;

    node.kill().await;
    let node = stores.node().await;
    let (mut ann, mut bob) = two_jurors(&node).await;
    assert_eq!(ann.welcome.as_ref().unwrap().ballots, [], "a welcome names ballots of open and sealed cases only");
    assert_too_late(&mut ann, &mut bob, opened.id).await;
    assert_eq!(node.moderator(ROOM).case(opened.id).await.verdict, Some(verdict));
}

async fn no_ballot_counts_after_a_moderators_close(stores: Stores) {
    let node = stores.node().await;
    let (mut ann, mut bob) = two_jurors(&node).await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    ann.vote(opened.id, "buyer").await;
    let ended = node.moderator(ROOM).close(opened.id).await;
    // The room on this node may or may not know of the close yet.
    assert_too_late(&mut ann, &mut bob, opened.id).await;
    assert_eq!(ended.verdict.unwrap().ballots, 1);
    assert_eq!(node.moderator(ROOM).ballots(opened.id).await.len(), 1);
}

/// The deadline has passed and no node has sealed the case yet. The store's clock decides.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cast_right_after_the_deadline_is_refused() {
    let stores = Stores::embedded();
    let node = stores.node().await;
    let (mut ann, mut bob) = two_jurors(&node).await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    ann.vote(opened.id, "buyer").await;
    stores.pass_deadline(&opened);
    assert_too_late(&mut ann, &mut bob, opened.id).await;
}
