//! One ballot for each juror and case, on any number of sockets and nodes. Tested through the public surface only.

use futures_util::future::join;
use live_jury_protocol::{BallotStatus, Case, Refusal};
use live_jury_tests::api::case;
use live_jury_tests::juror::{Answer, Juror, counts};
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use serde_json::json;

const ROOM: &str = "live-42";
/// Enough jurors for both orders of two concurrent casts.
const PEOPLE: usize = 20;

live_jury_tests::on_both! {
    concurrent_casts_on_two_sockets_count_once
    a_repeated_cast_counts_once
    a_ballot_counts_as_soon_as_the_opening_is_answered
}

/// Requires that one of two concurrent casts counts and that the other gets the stored ballot or a refusal.
fn assert_one_counts(first: &Answer, second: &Answer, same: bool) {
    let is_counted = |answer: &Answer| matches!(answer, Answer::Recorded(BallotStatus::Counted, _));
    let (winner, loser) = if is_counted(first) { (first, second) } else { (second, first) };
    let Answer::Recorded(BallotStatus::Counted, counted) = winner else { panic!("none counts: {first:?}, {second:?}") };
    match loser {
        Answer::Recorded(BallotStatus::Duplicate, stored) if same => assert_eq!(stored, counted),
        Answer::Refused(Refusal::AlreadyVoted, None) if !same => {}
        other => panic!("besides {counted:?}, {other:?}"),
    }
}

/// Each juror casts on both nodes at once: one half the same option, the other half two options.
async fn everybody_votes_twice(first: &Node, second: &Node, opened: &Case) {
    for n in 0..PEOPLE {
        let sub = format!("juror-{n}");
        let mut sockets: [Juror; 2] = [first.viewer(ROOM, &sub).await, second.viewer(ROOM, &sub).await];
        let same = n % 2 == 0;
        let [one, other] = &mut sockets;
        let choice = if same { "buyer" } else { "merchant" };
        let (one, other) = join(one.cast(opened.id, "buyer"), other.cast(opened.id, choice)).await;
        assert_one_counts(&one, &other, same);
    }
    for node in [first, second] {
        let tally = node.moderator(ROOM).tally(opened.id).await;
        assert_eq!(tally.ballots, PEOPLE as u64);
    }
}

async fn concurrent_casts_on_two_sockets_count_once(stores: Stores) {
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    everybody_votes_twice(&node, &node, &opened).await;
    let ended = node.moderator(ROOM).close(opened.id).await;
    assert_eq!(ended.verdict.unwrap().ballots, PEOPLE as u64);
    assert_eq!(node.moderator(ROOM).ballots(opened.id).await.len(), PEOPLE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_casts_on_two_nodes_count_once() {
    let stores = Stores::servers();
    let (first, second) = (stores.node().await, stores.node().await);
    let opened = first.moderator(ROOM).create(ROOM, case(json!({}))).await;
    second.viewer(ROOM, "waits").await.wait_for_case(opened.id, |_| true).await;
    everybody_votes_twice(&first, &second, &opened).await;
    let ended = second.moderator(ROOM).close(opened.id).await;
    assert_eq!(ended.verdict.unwrap().ballots, PEOPLE as u64);
}

async fn a_repeated_cast_counts_once(stores: Stores) {
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    let mut juror = node.viewer(ROOM, "ann").await;
    // A client that does not wait for answers.
    for _ in 0..30 {
        juror.send_cast(&opened.id.to_string(), "merchant", None).await;
    }
    let first = juror.answer().await;
    assert!(matches!(first, Answer::Recorded(BallotStatus::Counted, _)), "{first:?}");
    for _ in 1..30 {
        let again = juror.answer().await;
        assert!(matches!(again, Answer::Recorded(BallotStatus::Duplicate, _)), "{again:?}");
    }
    let tally = juror.wait_for_ballots(opened.id, 1).await;
    assert_eq!(tally.counts, counts([("buyer", 0), ("merchant", 1), ("abstain", 0)]));
    assert_eq!(node.moderator(ROOM).tally(opened.id).await, tally);
}

/// The answer to the opening is final: a node that has not read of the opening yet must not refuse a ballot.
async fn a_ballot_counts_as_soon_as_the_opening_is_answered(stores: Stores) {
    let node = stores.node().await;
    let mut juror: Juror = node.viewer(ROOM, "early").await;
    for _ in 0..PEOPLE / 4 {
        let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
        let answer = juror.cast(opened.id, "buyer").await;
        assert!(matches!(answer, Answer::Recorded(BallotStatus::Counted, _)), "{answer:?}");
    }
}
