//! Two nodes on one Redis and one PostgreSQL act as one, without a leader. Tested through the public surface only,
//! except that a node's own hints end some waits.

use live_jury_protocol::{CaseState, ClosedBy, Outcome, Page, Role};
use live_jury_server::config::{AcceptLoss, Settings};
use live_jury_tests::api::case;
use live_jury_tests::juror::counts;
use live_jury_tests::node::Node;
use live_jury_tests::redis::Redis;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens;
use serde_json::json;

use crate::faults::{
    assert_second_half_is_unanswered, choice, crowd, first_half_votes, second_half_casts, wait_for_stored,
};

const ROOM: &str = "live-42";
const CROWD: usize = 60;

async fn two_nodes(stores: &Stores) -> (Node, Node) {
    (stores.node().await, stores.node().await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_on_one_node_shows_on_the_other() {
    let stores = Stores::servers();
    let (here, there) = two_nodes(&stores).await;
    let mut ann = here.viewer(ROOM, "ann").await;
    let mut bob = there.viewer(ROOM, "bob").await;
    let mut cid = there.viewer(ROOM, "cid").await;
    let mut moderators = [here.join_as(Role::Moderator, ROOM).await, there.join_as(Role::Moderator, ROOM).await];

    let opened = here.moderator(ROOM).create(ROOM, case(json!({}))).await;
    for juror in [&mut ann, &mut bob, &mut cid] {
        assert_eq!(juror.wait_for_case(opened.id, |_| true).await.state, CaseState::Open);
    }
    ann.vote(opened.id, "buyer").await;
    bob.vote(opened.id, "merchant").await;
    cid.vote(opened.id, "buyer").await;
    let mut tallies = Vec::new();
    for moderator in &mut moderators {
        tallies.push(moderator.wait_for_ballots(opened.id, 3).await);
        let stats =
            moderator.wait("stats", |moderator| moderator.stats.clone().filter(|stats| stats.viewers == 3)).await;
        assert_eq!(stats.nodes, 2);
    }
    assert_eq!(tallies[0], tallies[1]);
    assert_eq!(tallies[0].counts, counts([("buyer", 2), ("merchant", 1), ("abstain", 0)]));
    ann.wait("presence", |ann| ann.viewers.filter(|viewers| *viewers == 3)).await;
    bob.wait("presence", |bob| bob.viewers.filter(|viewers| *viewers == 3)).await;

    let ended = there.moderator(ROOM).close(opened.id).await;
    assert_eq!(Some(ann.wait_for_verdict(opened.id).await), ended.verdict);
    assert_eq!(Some(bob.wait_for_verdict(opened.id).await), ended.verdict);
    assert_eq!(ann.docket_rev, bob.docket_rev);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_juror_who_changes_nodes_keeps_the_ballot() {
    let stores = Stores::servers();
    let (here, there) = two_nodes(&stores).await;
    let opened = here.moderator(ROOM).create(ROOM, case(json!({}))).await;
    let cast = here.viewer(ROOM, "ann").await.vote(opened.id, "buyer").await;
    here.kill().await;
    let ann = there.viewer(ROOM, "ann").await;
    assert_eq!(ann.welcome.unwrap().ballots, [cast]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ballots_survive_a_node_killed_during_casts() {
    let mut stores = Stores::servers();
    let (proxy, redis) = stores.redis_proxy().await;
    let here = stores.node_with(|settings| settings.redis = Some(redis)).await;
    let there = stores.node().await;
    let opened = here.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    let mut jurors = crowd(here.address, opened, CROWD).await;
    first_half_votes(&mut jurors, opened).await;
    // Redis records further ballots, and its replies never reach the node.
    proxy.pause_replies();
    second_half_casts(&mut jurors, opened).await;
    wait_for_stored(stores.redis(), opened, CROWD / 2 + 1).await;
    assert_second_half_is_unanswered(&mut jurors);
    here.kill().await;
    let mut jurors = crowd(there.address, opened, CROWD).await;
    for (n, juror) in jurors.iter_mut().enumerate() {
        let known = juror.welcome.as_ref().unwrap().ballots.iter().any(|ballot| ballot.case == opened);
        assert!(known || n >= CROWD / 2, "an acknowledged ballot is missing");
        juror.cast_until_recorded(opened, choice(n)).await;
    }
    assert_eq!(there.moderator(ROOM).close(opened).await.verdict.unwrap().ballots, CROWD as u64);
    assert_eq!(there.moderator(ROOM).ballots(opened).await.len(), CROWD);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_cluster_serves_like_a_single_redis() {
    let mut stores = Stores::servers();
    *stores.redis() = Redis::start_cluster();
    // A cluster without replicas may lose acknowledged ballots.
    let accepting = |settings: &mut Settings| settings.accept_loss = AcceptLoss::Yes;
    let (here, there) = (stores.node_with(accepting).await, stores.node_with(accepting).await);
    let (mut ann, mut bob) = (here.viewer(ROOM, "ann").await, there.viewer(ROOM, "bob").await);
    let opened = there.moderator(ROOM).create(ROOM, case(json!({}))).await;
    ann.vote(opened.id, "buyer").await;
    bob.vote(opened.id, "buyer").await;
    ann.wait_for_ballots(opened.id, 2).await;
    let ended = here.moderator(ROOM).close(opened.id).await;
    assert_eq!(ended.verdict.clone().unwrap().ballots, 2);
    assert_eq!(Some(bob.wait_for_verdict(opened.id).await), ended.verdict);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_at_the_deadline_make_one_verdict() {
    let stores = Stores::servers();
    let (here, there) = two_nodes(&stores).await;
    let mut ann = here.viewer(ROOM, "ann").await;
    let mut bob = there.viewer(ROOM, "bob").await;
    let opened = here.moderator(ROOM).create(ROOM, case(json!({ "duration_s": 5 }))).await;
    ann.wait_for_case(opened.id, |_| true).await;
    bob.wait_for_case(opened.id, |_| true).await;
    ann.vote(opened.id, "merchant").await;
    bob.vote(opened.id, "merchant").await;

    let verdict = ann.wait_for_verdict(opened.id).await;
    assert_eq!(bob.wait_for_verdict(opened.id).await, verdict);
    assert_eq!((verdict.outcome, verdict.ballots), (Outcome::Decided, 2));
    assert!(verdict.decided_at_ms >= opened.closes_at_ms.unwrap());
    let audit = here.moderator(ROOM).audit(opened.id).await;
    assert_eq!(audit, ["mod created", "mod opened", "server sealed", "server decided"]);
    let platform = there.api(&tokens::moderator("*", "platform"));
    let verdicts: Page<live_jury_protocol::Case> = platform.get("/verdicts").await.read(200);
    assert_eq!(verdicts.items.len(), 1);
}

live_jury_tests::on_both! {
    a_case_closes_at_its_deadline_without_viewers
    a_case_closes_after_its_node_was_killed
}

async fn a_case_closes_at_its_deadline_without_viewers(stores: Stores) {
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({ "duration_s": 5 }))).await;
    stores.pass_deadline(&opened);
    let ended = node.wait_for_verdict(&opened).await;
    assert_eq!((ended.state, ended.closed_by), (CaseState::Decided, Some(ClosedBy::Deadline)));
    assert_eq!(ended.verdict.unwrap().outcome, Outcome::NoQuorum);
}

async fn a_case_closes_after_its_node_was_killed(stores: Stores) {
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({ "duration_s": 5 }))).await;
    node.viewer(ROOM, "ann").await.vote(opened.id, "buyer").await;
    node.kill().await;
    stores.pass_deadline(&opened);
    let ended = stores.node().await.wait_for_verdict(&opened).await;
    assert_eq!(ended.verdict.unwrap().option.unwrap().as_str(), "buyer");
}
