//! Properties of a cluster only: an acknowledged write is on a replica.

use live_jury_court::SealedBy;
use live_jury_server::health::Durability;
use live_jury_server::tally::{Hosts, OpenParams, RecordResult, RedisTally, TallyError, TallyStore};
use live_jury_tests::redis::Redis;

use super::fixture::{
    ClusterFixture, HOUR_MS, Lost, TallyFixture, cast, extension, in_epoch, keys, new_case, open, params,
};

fn is_away<T>(answer: &Result<T, TallyError>) -> bool {
    matches!(answer, Err(TallyError::Unavailable(_)))
}

/// Sequential, as a cluster takes seconds to start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_acknowledges_only_replicated_writes() {
    let mut fixture = ClusterFixture::start().await;
    a_cluster_is_as_durable_as_its_weakest_host(&fixture).await;
    a_loss_is_reported_by_a_replicated_master_only(&mut fixture).await;
    a_write_without_a_replica_is_unavailable(&mut fixture).await;
    a_moved_case_is_complete(&fixture).await;
    a_planned_failover_loses_nothing(&fixture).await;
}

async fn a_write_without_a_replica_is_unavailable(fixture: &mut ClusterFixture) {
    let (store, case) = (fixture.store(), open(fixture).await);
    store.record(case, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    let before = store.poll(case, in_epoch(1), 1).await.unwrap();
    let by = SealedBy::Moderator { sub: "mod".into() };
    let anew = OpenParams { epoch: 2, ..params(fixture).await };
    let later_ms = before.closes_at_ms + HOUR_MS;

    let frozen = fixture.cluster.freeze(fixture.cluster.replica_of(case));
    let casts = [cast(2, 1)];
    let (recording, looking) = (store.record(case, in_epoch(1), 1, &casts), store.poll(case, in_epoch(1), 1));
    tokio::pin!(recording);
    tokio::select! {
        biased;
        answer = &mut recording => panic!("{answer:?} without a replica"),
        // A read does not wait for writes that wait for the replica.
        state = looking => assert_eq!(state.unwrap().epoch, 1),
    }
    assert!(is_away(&recording.await));
    let repeated = store.record(case, in_epoch(1), 1, &[cast(2, 1)]).await;
    assert!(is_away(&repeated), "stored is not kept: {repeated:?}");
    assert!(is_away(&store.extend(case, in_epoch(1), &extension(before.closes_at_ms, later_ms)).await));
    assert!(is_away(&store.seal(case, in_epoch(1), &by).await));
    assert!(is_away(&store.restore(case, &anew).await));
    fixture.cluster.thaw(frozen);
    // Each write is stored, and may be repeated.
    assert_eq!(store.restore(case, &anew).await.unwrap().counts, [1, 1, 0]);
    let again = store.record(case, in_epoch(2), 2, &[cast(2, 1)]).await.unwrap();
    assert_eq!(again.results, [RecordResult::Duplicate { option: 1, change: 0 }]);
}

/// A master that was cut off during a failover does not know the writes since, so its loss is not believed.
async fn a_loss_is_reported_by_a_replicated_master_only(fixture: &mut ClusterFixture) {
    let (store, case) = (fixture.store(), open(fixture).await);
    let never_stood = new_case();
    let frozen = fixture.cluster.freeze(fixture.cluster.replica_of(case));
    fixture.lose(case, Lost::All).await;
    assert!(is_away(&store.poll(case, in_epoch(1), 0).await));
    fixture.cluster.thaw(frozen);
    assert!(matches!(store.poll(case, in_epoch(1), 0).await, Err(TallyError::Lost(lost)) if lost == case));
    assert!(matches!(store.poll(never_stood, in_epoch(1), 0).await, Err(TallyError::Lost(_))));
}

/// A new master is added or an old one removed. Meanwhile the old owner of the slot redirects each call.
async fn a_moved_case_is_complete(fixture: &ClusterFixture) {
    let (store, case) = (fixture.store(), open(fixture).await);
    store.record(case, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    let from = fixture.cluster.master_of(case);
    let to = fixture.cluster.masters().into_iter().find(|master| *master != from).unwrap();
    // The new owner has never loaded this script.
    fixture.cluster.command(to, &["SCRIPT", "FLUSH"]);
    fixture.cluster.begin_move(case, to, &keys(case));
    assert_eq!(store.poll(case, in_epoch(1), 1).await.unwrap().counts, [1, 0, 0]);
    store.record(case, in_epoch(1), 1, &[cast(2, 1)]).await.unwrap();
    fixture.cluster.end_move(case, to).await;
    let again = store.record(case, in_epoch(1), 2, &[cast(2, 1), cast(3, 1)]).await.unwrap();
    assert_eq!(
        again.results,
        [RecordResult::Duplicate { option: 1, change: 0 }, RecordResult::Counted { option: 1, change: 0 }]
    );
    assert_eq!(again.state.counts, [1, 2, 0]);
}

/// A planned failover, as before a restart.
async fn a_planned_failover_loses_nothing(fixture: &ClusterFixture) {
    let (store, case) = (fixture.store(), open(fixture).await);
    store.record(case, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    let (master, replica) = (fixture.cluster.master_of(case), fixture.cluster.replica_of(case));
    assert_eq!(fixture.cluster.command(replica, &["CLUSTER", "FAILOVER"]), "OK");
    assert_eq!(fixture.cluster.await_successor(case, master).await, replica);
    assert_eq!(store.poll(case, in_epoch(1), 1).await.unwrap().counts, [1, 0, 0]);
    fixture.cluster.await_healthy().await;
    let again = store.record(case, in_epoch(1), 1, &[cast(1, 0), cast(2, 1)]).await.unwrap();
    assert_eq!(
        again.results,
        [RecordResult::Duplicate { option: 0, change: 0 }, RecordResult::Counted { option: 1, change: 0 }]
    );
}

async fn a_cluster_is_as_durable_as_its_weakest_host(fixture: &ClusterFixture) {
    let settings = fixture.tally.settings().await.unwrap();
    assert_eq!(settings.cluster, Some(Hosts { masters: 3, alone: 0, replicas: 3 }));
    assert_eq!(settings.durability(), Durability::Durable, "{settings:?}");
    for host in fixture.cluster.masters() {
        assert_eq!(fixture.cluster.command(host, &["CONFIG", "SET", "appendfsync", "everysec"]), "OK");
        let settings = fixture.tally.settings().await.unwrap();
        assert_eq!(settings.found["appendfsync"].as_deref(), Some("everysec"));
        assert_eq!(settings.durability(), Durability::Weak);
        assert_eq!(fixture.cluster.command(host, &["CONFIG", "SET", "appendfsync", "always"]), "OK");
    }
    assert_eq!(fixture.tally.settings().await.unwrap().durability(), Durability::Durable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_without_replicas_counts_but_is_not_durable() {
    let redis = Redis::start_cluster();
    let tally = RedisTally::connect(&redis.url()).await.unwrap();
    let (case, closes_at_ms) = (new_case(), tally.now_ms().await.unwrap() + HOUR_MS);
    tally
        .restore(case, &OpenParams { epoch: 1, store: None, draft: 1, closes_at_ms, options: 3, allow_change: false })
        .await
        .unwrap();
    let recorded = tally.record(case, in_epoch(1), 0, &[cast(1, 0)]).await.unwrap();
    assert_eq!(recorded.results, [RecordResult::Counted { option: 0, change: 0 }]);
    let settings = tally.settings().await.unwrap();
    assert_eq!(settings.cluster, Some(Hosts { masters: 1, alone: 1, replicas: 0 }));
    assert_eq!(settings.durability(), Durability::Weak);
}
