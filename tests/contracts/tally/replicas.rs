//! What only a cluster can show: that nothing is said to be done which a replica does not have.

use live_jury_court::SealedBy;
use live_jury_server::tally::{Hosts, OpenParams, RecordResult, RedisTally, TallyError, TallyStore};
use live_jury_tests::redis::Redis;

use crate::lab::{ClusterLab, HOUR_MS, Lab, Lost, cast, keys, new_case, open, params};

fn is_away<T>(answer: &Result<T, TallyError>) -> bool {
    matches!(answer, Err(TallyError::Unavailable(_)))
}

/// One after another, as a cluster takes seconds to stand.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_says_what_a_replica_knows_too() {
    let mut lab = ClusterLab::start().await;
    it_is_as_durable_as_its_weakest_host(&lab).await;
    a_loss_is_believed_of_a_master_with_a_replica(&mut lab).await;
    nothing_is_done_that_no_replica_has(&mut lab).await;
    a_case_that_moves_to_another_master_is_whole_there(&lab).await;
    a_master_that_steps_down_leaves_nothing_behind(&lab).await;
}

async fn nothing_is_done_that_no_replica_has(lab: &mut ClusterLab) {
    let (store, case) = (lab.store(), open(lab).await);
    store.record(case, 1, 0, &[cast(1, 0)]).await.unwrap();
    let before = store.poll(case, 1, 1).await.unwrap();
    let by = SealedBy::Moderator { sub: "mod".into() };
    let anew = OpenParams { epoch: 2, ..params(lab).await };
    let later_ms = before.closes_at_ms + HOUR_MS;

    let frozen = lab.cluster.freeze(lab.cluster.replica_of(case));
    let casts = [cast(2, 1)];
    let (recording, looking) = (store.record(case, 1, 1, &casts), store.poll(case, 1, 1));
    tokio::pin!(recording);
    tokio::select! {
        biased;
        answer = &mut recording => panic!("{answer:?} without a replica"),
        // Who does not wait for the replica is not kept waiting by those who do.
        state = looking => assert_eq!(state.unwrap().epoch, 1),
    }
    assert!(is_away(&recording.await));
    let repeated = store.record(case, 1, 1, &[cast(2, 1)]).await;
    assert!(is_away(&repeated), "stored is not kept: {repeated:?}");
    assert!(is_away(&store.extend(case, 1, before.closes_at_ms, later_ms).await));
    assert!(is_away(&store.seal(case, 1, &by).await));
    assert!(is_away(&store.restore(case, &anew).await));
    lab.cluster.thaw(frozen);
    // Each of them is there, and may be repeated.
    assert_eq!(store.restore(case, &anew).await.unwrap().counts, [1, 1, 0]);
    let again = store.record(case, 2, 2, &[cast(2, 1)]).await.unwrap();
    assert_eq!(again.results, [RecordResult::Duplicate { option: 1, change: 0 }]);
}

/// A master that was cut off while another one took over does not know what happened since.
async fn a_loss_is_believed_of_a_master_with_a_replica(lab: &mut ClusterLab) {
    let (store, case) = (lab.store(), open(lab).await);
    let never_stood = new_case();
    let frozen = lab.cluster.freeze(lab.cluster.replica_of(case));
    lab.lose(case, Lost::All).await;
    assert!(is_away(&store.poll(case, 1, 0).await));
    lab.cluster.thaw(frozen);
    assert!(matches!(store.poll(case, 1, 0).await, Err(TallyError::Lost(lost)) if lost == case));
    assert!(matches!(store.poll(never_stood, 1, 0).await, Err(TallyError::Lost(_))));
}

/// As when a master is added, or taken out. Meanwhile each call is passed on by the one that kept the case before.
async fn a_case_that_moves_to_another_master_is_whole_there(lab: &ClusterLab) {
    let (store, case) = (lab.store(), open(lab).await);
    store.record(case, 1, 0, &[cast(1, 0)]).await.unwrap();
    let from = lab.cluster.master_of(case);
    let to = lab.cluster.masters().into_iter().find(|master| *master != from).unwrap();
    // It has never seen this program.
    lab.cluster.ask(to, &["SCRIPT", "FLUSH"]);
    lab.cluster.begin_move(case, to, &keys(case));
    assert_eq!(store.poll(case, 1, 1).await.unwrap().counts, [1, 0, 0]);
    store.record(case, 1, 1, &[cast(2, 1)]).await.unwrap();
    lab.cluster.end_move(case, to).await;
    let again = store.record(case, 1, 2, &[cast(2, 1), cast(3, 1)]).await.unwrap();
    assert_eq!(
        again.results,
        [RecordResult::Duplicate { option: 1, change: 0 }, RecordResult::Counted { option: 1, change: 0 }]
    );
    assert_eq!(again.state.counts, [1, 2, 0]);
}

/// As before it is restarted.
async fn a_master_that_steps_down_leaves_nothing_behind(lab: &ClusterLab) {
    let (store, case) = (lab.store(), open(lab).await);
    store.record(case, 1, 0, &[cast(1, 0)]).await.unwrap();
    let (master, replica) = (lab.cluster.master_of(case), lab.cluster.replica_of(case));
    assert_eq!(lab.cluster.ask(replica, &["CLUSTER", "FAILOVER"]), "OK");
    assert_eq!(lab.cluster.await_successor(case, master).await, replica);
    assert_eq!(store.poll(case, 1, 1).await.unwrap().counts, [1, 0, 0]);
    lab.cluster.await_whole().await;
    let again = store.record(case, 1, 1, &[cast(1, 0), cast(2, 1)]).await.unwrap();
    assert_eq!(
        again.results,
        [RecordResult::Duplicate { option: 0, change: 0 }, RecordResult::Counted { option: 1, change: 0 }]
    );
}

async fn it_is_as_durable_as_its_weakest_host(lab: &ClusterLab) {
    let durability = lab.tally.durability().await.unwrap();
    assert_eq!(durability.cluster, Some(Hosts { masters: 3, alone: 0, replicas: 3 }));
    assert!(durability.is_durable(), "{durability:?}");
    for host in lab.cluster.masters() {
        assert_eq!(lab.cluster.ask(host, &["CONFIG", "SET", "appendfsync", "everysec"]), "OK");
        let durability = lab.tally.durability().await.unwrap();
        assert_eq!((durability.appendfsync.as_deref(), durability.is_durable()), (Some("everysec"), false));
        assert_eq!(lab.cluster.ask(host, &["CONFIG", "SET", "appendfsync", "always"]), "OK");
    }
    assert!(lab.tally.durability().await.unwrap().is_durable());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_without_replicas_counts_and_is_not_durable() {
    let redis = Redis::start_cluster();
    let tally = RedisTally::connect(&redis.url()).await.unwrap();
    let (case, closes_at_ms) = (new_case(), tally.now_ms().await.unwrap() + HOUR_MS);
    tally
        .restore(case, &OpenParams { epoch: 1, draft: 1, closes_at_ms, options: 3, allow_change: false })
        .await
        .unwrap();
    let recorded = tally.record(case, 1, 0, &[cast(1, 0)]).await.unwrap();
    assert_eq!(recorded.results, [RecordResult::Counted { option: 0, change: 0 }]);
    let durability = tally.durability().await.unwrap();
    assert_eq!(durability.cluster, Some(Hosts { masters: 1, alone: 1, replicas: 0 }));
    assert!(!durability.is_durable());
}
