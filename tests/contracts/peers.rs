//! The peers' contract: hints and presence of several nodes through a real Redis, and of a single node without one.

use std::collections::BTreeMap;
use std::sync::Arc;

use live_jury_protocol::{Refusal, RoomId};
use live_jury_server::peers::{NoPeers, Peers, RedisPeers, RoomPresence};
use live_jury_tests::cluster::Cluster;
use live_jury_tests::redis::Redis;

async fn node(redis: &Redis, id: &str) -> Arc<dyn Peers> {
    node_at(&redis.url(), id).await
}

async fn node_at(url: &str, id: &str) -> Arc<dyn Peers> {
    Arc::new(RedisPeers::connect(url, id.into()).await.unwrap())
}

fn room() -> RoomId {
    "live-42".parse().unwrap()
}

fn viewers(viewers: u64) -> RoomPresence {
    let refused = BTreeMap::from([(Refusal::Busy, viewers), (Refusal::Closed, 1)]);
    RoomPresence { viewers, buyers: viewers - 1, merchants: 1, refused }
}

/// Announces until the receiver gets the hint, as a subscription takes an unknown time.
async fn assert_receives(from: &dyn Peers, to: &dyn Peers) {
    let (mut hints, room) = (to.hints(), room());
    while hints.is_empty() {
        from.announce(&room);
        // One round trip to Redis, in which a hint may arrive.
        let _ = from.count().await;
    }
    assert_eq!(hints.recv().await.unwrap(), room);
}

#[tokio::test]
async fn a_single_node_receives_its_own_hints() {
    let node = NoPeers::new();
    assert_receives(&node, &node).await;
    assert_eq!(node.report_presence(&room(), &viewers(3)).await.unwrap(), viewers(3));
    assert_eq!(node.count().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hints_reach_all_nodes_after_a_redis_outage() {
    for mut redis in [Redis::start(), Redis::start_cluster()] {
        let (one, other) = (node(&redis, "one").await, node(&redis, "other").await);
        assert_receives(&*one, &*other).await;
        assert_receives(&*one, &*one).await;
        redis.kill();
        // A hint that cannot be published is dropped. The node still receives it itself.
        assert_receives(&*one, &*one).await;
        redis.restart();
        assert_receives(&*other, &*one).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_receives_its_own_hint_once() {
    let redis = Redis::start();
    let (one, other) = (node(&redis, "one").await, node(&redis, "other").await);
    assert_receives(&*one, &*other).await;
    assert_receives(&*other, &*one).await;
    let (mine, last): (RoomId, RoomId) = ("mine".parse().unwrap(), "last".parse().unwrap());
    let (mut at_one, mut at_other) = (one.hints(), other.hints());
    one.announce(&mine);
    while at_other.recv().await.unwrap() != mine {}
    // Published last, so every echo of the first hint arrives before it.
    other.announce(&last);
    let mut received = Vec::new();
    while !received.contains(&last) {
        received.push(at_one.recv().await.unwrap());
    }
    assert_eq!(received.iter().filter(|&room| *room == mine).count(), 1, "{received:?}");
}

#[tokio::test]
async fn a_rooms_presence_is_the_sum_of_its_nodes() {
    for redis in [Redis::start(), Redis::start_cluster()] {
        assert_adds_up(&redis.url()).await;
    }
}

async fn assert_adds_up(url: &str) {
    let (one, other, room) = (node_at(url, "one").await, node_at(url, "other").await, room());
    assert_eq!(one.report_presence(&room, &viewers(3)).await.unwrap(), viewers(3));
    let both = other.report_presence(&room, &viewers(4)).await.unwrap();
    assert_eq!((both.viewers, both.buyers, both.merchants), (7, 5, 2));
    assert_eq!(both.refused, BTreeMap::from([(Refusal::Busy, 7), (Refusal::Closed, 2)]));
    assert_eq!(one.report_presence(&room, &viewers(5)).await.unwrap().viewers, 9);
    assert_eq!(one.report_presence(&"else".parse().unwrap(), &viewers(1)).await.unwrap().viewers, 1);
    assert_eq!(other.report_presence(&room, &RoomPresence::default()).await.unwrap(), viewers(5));
    assert_eq!((one.count().await.unwrap(), other.count().await.unwrap()), (1, 2));
    assert_eq!(one.count().await.unwrap(), 2);
}

/// The nodes subscribe at different hosts, and a hint published at one host reaches both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hints_cross_a_redis_cluster() {
    let mut cluster = Cluster::start().await;
    assert_adds_up(&cluster.url()).await;
    let url = cluster.url();
    let (scheme, hosts) = url.split_once("://").unwrap();
    let backwards = format!("{scheme}://{}", hosts.rsplit(',').collect::<Vec<_>>().join(","));
    let (one, other) = (node_at(&cluster.url(), "one").await, node_at(&backwards, "other").await);
    assert_receives(&*one, &*other).await;
    assert_receives(&*other, &*one).await;
    cluster.restart_all().await;
    assert_receives(&*one, &*other).await;
    assert_receives(&*other, &*one).await;
}

#[tokio::test]
async fn a_silent_node_is_not_counted() {
    let redis = Redis::start();
    let (one, room) = (node(&redis, "one").await, room());
    // An entry of a node that was killed long ago, and one that no node writes.
    redis.command(&["HSET", "lj:presence:live-42", "gone", r#"1000 {"viewers":9,"refused":{}}"#, "odd", "?"]);
    redis.command(&["HSET", "lj:nodes", "gone", "1000 here"]);
    assert_eq!(one.report_presence(&room, &viewers(2)).await.unwrap().viewers, 2);
    assert_eq!(one.count().await.unwrap(), 1);
    assert_eq!(redis.command(&["HLEN", "lj:presence:live-42"]), "1");
    let ends_in_ms: i64 = redis.command(&["PTTL", "lj:presence:live-42"]).parse().unwrap();
    assert!((1..=10_000).contains(&ends_in_ms));
}
