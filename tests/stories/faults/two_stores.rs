//! Nodes on different Redis servers, and a Redis that was emptied, copied or exchanged: one of them counts.

use std::time::Duration;

use futures_util::future::join_all;
use live_jury_protocol::{BallotStatus, Case, CaseId, CaseState, Outcome, Refusal, TALLY_LOST};
use live_jury_server::config::Timeout;
use live_jury_tests::api::{Api, case};
use live_jury_tests::in_time;
use live_jury_tests::juror::Answer;
use live_jury_tests::node::Node;
use live_jury_tests::redis::Redis;
use live_jury_tests::stores::Stores;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::ROOM;

/// Limit for a takeover where no node has died.
const TAKEOVER_MAX: Duration = Duration::from_secs(2);
/// Limit for a takeover from the store of a node that has just died.
const TAKEOVER_AFTER_DEATH_MAX: Duration = Duration::from_secs(12);
/// Time for which a dead node holds its store.
const NODE_KEPT: Duration = Duration::from_secs(10);

/// The time for which a verdict waits for nodes that do not tell their last ballots.
const FINAL_ROWS_TIMEOUT: Duration = Duration::from_secs(1);
const ROUNDS: u32 = 6;
/// The wait for a tally that will not come back.
const LOST_HOLD: Timeout = Timeout(Duration::from_millis(1));
/// Time between two looks at what is waited for.
const PAUSE: Duration = Duration::from_millis(20);

/// A node on these stores, but on this Redis, that waits a moment only for a lost tally.
async fn node_on(stores: &Stores, redis: &Redis) -> Node {
    stores
        .node_with(|settings| {
            settings.redis = Some(redis.url().parse().unwrap());
            settings.lost_hold = LOST_HOLD;
        })
        .await
}

/// What `/readyz` says of this field, and whether the node is ready.
async fn readiness(node: &Node, field: &str) -> (bool, Value) {
    let reply = Api::new(node.admin, None).get("/readyz").await;
    let body: Value = serde_json::from_str(&reply.text).unwrap();
    assert_eq!(reply.status == 200, body["ready"] == json!(true), "{body}");
    (reply.status == 200, body[field].clone())
}

/// Waits until the node counts, and returns the time.
async fn wait_until_ready(node: &Node) -> Duration {
    let began = Instant::now();
    in_time("readiness", async {
        while !readiness(node, "tally_current").await.0 {
            tokio::time::sleep(PAUSE).await;
        }
    })
    .await;
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_on_another_redis_counts_nothing_and_is_not_ready() {
    let (stores, other) = (Stores::servers(), Redis::start());
    let here = stores.node().await;
    let opened = here.moderator(ROOM).create(ROOM, case(json!({ "rules": { "quorum": 1 } }))).await;
    let there = node_on(&stores, &other).await;
    assert_eq!(readiness(&here, "tally_current").await, (true, json!(true)));
    assert_eq!(readiness(&there, "tally_current").await, (false, json!(false)));

    here.viewer(ROOM, "ann").await.vote(opened.id, "buyer").await;
    let mut bob = there.viewer(ROOM, "bob").await;
    bob.wait_for_case(opened.id, |_| true).await;
    assert!(matches!(bob.cast(opened.id, "merchant").await, Answer::Refused(Refusal::Unavailable, Some(_))));
    let elsewhere = there.moderator(ROOM);
    let opening = elsewhere.post(&format!("/rooms/{ROOM}/cases"), case(json!({ "open": true }))).await;
    assert_eq!(opening.problem(503).0, "unavailable");
    assert_eq!(elsewhere.act(opened.id, "close").await.problem(503).0, "unavailable");
    assert_eq!(other.command(&["DBSIZE"]), other.command(&["EVAL", OWN_KEYS, "0"]), "no key of a case");

    let ended = here.moderator(ROOM).close(opened.id).await;
    assert_eq!((ended.epoch, ended.state, ended.verdict.unwrap().ballots), (1, CaseState::Decided, 1));
    let audit = here.moderator(ROOM).audit(opened.id).await;
    assert_eq!(audit, ["mod created", "mod opened", "mod closed", "server decided"]);
}

/// Counts the keys that a node has for itself: the store's id, the docket's mark and presence.
const OWN_KEYS: &str = "
local n = 0
for _, key in ipairs(redis.call('KEYS', '*')) do
  if not string.find(key, '{', 1, true) or string.find(key, '^lj:docket:') then n = n + 1 end
end
return n
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_stops_in_order_leaves_its_store_at_once() {
    let (stores, other) = (Stores::servers(), Redis::start());
    let here = stores.node().await;
    let opened = here.moderator(ROOM).create(ROOM, case(json!({}))).await;
    here.viewer(ROOM, "ann").await.vote(opened.id, "buyer").await;
    let there = node_on(&stores, &other).await;
    let mut bob = there.viewer(ROOM, "bob").await;
    here.stop().await;

    let took = wait_until_ready(&there).await;
    assert!(took <= TAKEOVER_MAX, "{took:?}");
    // The other Redis lacks the case: its ballots are lost, and it goes on there.
    assert_eq!(bob.wait_for_case(opened.id, |case| case.epoch > 1).await.epoch, 2);
    assert_eq!(bob.cast_until_recorded(opened.id, "merchant").await, BallotStatus::Counted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_of_a_dead_node_is_taken_over_within_twelve_seconds() {
    let (stores, other) = (Stores::servers(), Redis::start());
    let here = stores.node().await;
    let there = node_on(&stores, &other).await;
    here.kill().await;
    let took = wait_until_ready(&there).await;
    assert!(took <= TAKEOVER_AFTER_DEATH_MAX, "{took:?}");
    assert!(took >= NODE_KEPT - Duration::from_secs(3), "the node might be alive: {took:?}");
}

/// In a cluster the id lies on one master. Its loss alone tells nothing about the cases of the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_store_id_alone_loses_no_case() {
    let mut stores = Stores::servers();
    let (here, there) = (stores.node().await, stores.node().await);
    let opened = here.moderator(ROOM).create(ROOM, case(json!({ "rules": { "quorum": 1 } }))).await;
    let (mut ann, mut bob) = (here.viewer(ROOM, "ann").await, there.viewer(ROOM, "bob").await);
    ann.vote(opened.id, "buyer").await;
    let before = stores.redis().command(&["GET", "lj:store"]);
    assert_eq!(stores.redis().command(&["DEL", "lj:store"]), "1");
    in_time("a new id", async {
        while stores.redis().command(&["EXISTS", "lj:store"]) == "0" {
            tokio::time::sleep(PAUSE).await;
        }
    })
    .await;
    assert_ne!(stores.redis().command(&["GET", "lj:store"]), before);

    for node in [&here, &there] {
        let took = wait_until_ready(node).await;
        assert!(took <= TAKEOVER_MAX, "{took:?}");
    }
    bob.cast_until_recorded(opened.id, "buyer").await;
    let ended = there.moderator(ROOM).close(opened.id).await;
    assert_eq!((ended.epoch, ended.verdict.unwrap().ballots), (1, 2), "nothing was lost");
    let second = here.moderator(ROOM).create(ROOM, case(json!({}))).await;
    ann.vote(second.id, "buyer").await;
}

/// Jurors of this node vote for an option, and all ballots are acknowledged.
async fn vote(node: &Node, prefix: &str, jurors: usize, case: CaseId, option: &str) {
    let voting = (0..jurors).map(|n| async move {
        let mut juror = node.viewer(ROOM, &format!("{prefix}-{n}")).await;
        juror.wait_for_case(case, |_| true).await;
        juror.vote(case, option).await;
    });
    join_all(voting).await;
}

fn assert_lost(ended: &Case) {
    let verdict = ended.verdict.as_ref().expect("it has ended");
    assert_eq!((ended.state, verdict.outcome), (CaseState::Void, Outcome::Void));
    assert_eq!((verdict.reason.as_deref(), &verdict.counts), (Some(TALLY_LOST), &None));
}

/// Each node counts on its own copy: neither tally has all ballots that jurors were told to count.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promoted_copy_decides_nothing() {
    let mut stores = Stores::servers();
    let here = stores.node_with(|settings| settings.lost_hold = LOST_HOLD).await;
    let opened = here.moderator(ROOM).create(ROOM, case(json!({}))).await;
    let copy = stores.redis().start_replica();
    copy.promote();
    let there = node_on(&stores, &copy).await;
    for node in [&here, &there] {
        assert_eq!(readiness(node, "tally_current").await, (true, json!(true)), "both have one id");
    }
    vote(&here, "ann", 20, opened.id, "buyer").await;
    vote(&there, "bob", 25, opened.id, "merchant").await;
    here.moderator(ROOM).act(opened.id, "close").await;
    assert_lost(&there.wait_for_verdict(&opened).await);
}

/// The file of an hour ago is put back while nobody looks: the id is right, and ballots are missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_rolled_back_while_all_nodes_were_down_is_noticed() {
    let mut stores = Stores::servers();
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    vote(&node, "early", 3, opened.id, "buyer").await;
    let copy = stores.redis().start_replica();
    copy.promote();
    vote(&node, "late", 2, opened.id, "merchant").await;
    node.stop().await;

    *stores.redis() = copy;
    let node = stores.node_with(|settings| settings.lost_hold = LOST_HOLD).await;
    assert_eq!(readiness(&node, "tally_current").await, (true, json!(true)), "the copy has the id");
    node.moderator(ROOM).act(opened.id, "close").await;
    assert_lost(&node.wait_for_verdict(&opened).await);
}

/// No node has seen the tally before the loss, but the docket knows what was acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ballots_that_only_the_ledger_knows_are_those_before_the_loss() {
    let mut stores = Stores::servers();
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({ "duration_s": 15 }))).await;
    vote(&node, "ann", 4, opened.id, "buyer").await;
    node.stop().await;
    stores.redis().flush();

    let node = stores.node().await;
    let mut bob = node.viewer(ROOM, "bob").await;
    bob.wait_for_case(opened.id, |case| case.epoch > 1).await;
    assert_eq!(bob.cast_until_recorded(opened.id, "merchant").await, BallotStatus::Counted);
    let verdict = node.wait_for_verdict(&opened).await.verdict.unwrap();
    assert_eq!((verdict.outcome, verdict.ballots_before_loss), (Outcome::Void, Some(4)), "one of four decides nothing");
}

/// A node that cannot reach the docket goes on counting, here on another copy. It tells so afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ballots_that_a_cut_off_node_counted_elsewhere_are_reported() {
    let mut stores = Stores::servers();
    let here = stores.node().await;
    let opened = here.moderator(ROOM).create(ROOM, case(json!({}))).await;
    let copy = stores.redis().start_replica();
    copy.promote();
    let (proxy, database) = stores.database_proxy().await;
    let url = copy.url().parse().unwrap();
    let there = stores
        .node_with(|settings| {
            settings.redis = Some(url);
            settings.database = database;
        })
        .await;
    let mut jurors = Vec::new();
    for n in 0..5 {
        let mut juror = there.viewer(ROOM, &format!("bob-{n}")).await;
        juror.wait_for_case(opened.id, |_| true).await;
        jurors.push(juror);
    }
    proxy.pause();
    for juror in &mut jurors {
        juror.vote(opened.id, "merchant").await;
    }
    vote(&here, "ann", 3, opened.id, "buyer").await;
    let ended = here.moderator(ROOM).close(opened.id).await;
    assert_eq!(ended.verdict.unwrap().ballots, 3, "nobody could know more");
    proxy.restore();

    let found = in_time("the report", async {
        loop {
            let audit = here.moderator(ROOM).audit(opened.id).await;
            if audit.last().is_some_and(|line| line == "server ballots_missing") {
                return audit;
            }
            tokio::time::sleep(PAUSE).await;
        }
    })
    .await;
    assert_eq!(found, ["mod created", "mod opened", "mod closed", "server decided", "server ballots_missing"]);
}

/// If each verdict waited until the time is up, that alone would take longer than all rounds may.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verdict_waits_for_no_node_that_has_told_its_last_ballots() {
    let stores = Stores::servers();
    let (here, there) = (stores.node().await, stores.node().await);
    let mut waited = Duration::ZERO;
    for round in 0..ROUNDS {
        let opened = here.moderator(ROOM).create(ROOM, case(json!({}))).await;
        vote(&here, &format!("ann-{round}"), 3, opened.id, "buyer").await;
        vote(&there, &format!("bob-{round}"), 3, opened.id, "buyer").await;
        let began = Instant::now();
        let ended = there.moderator(ROOM).close(opened.id).await;
        waited += began.elapsed();
        assert_eq!(ended.verdict.unwrap().ballots, 6);
    }
    assert!(waited < FINAL_ROWS_TIMEOUT * ROUNDS, "{waited:?} for {ROUNDS} verdicts");
}
