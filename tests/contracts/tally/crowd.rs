//! Concurrent casts of many nodes on one case: the acknowledgements add up to the stored ballots.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use live_jury_court::SealedBy;
use live_jury_protocol::CaseId;
use live_jury_server::tally::{RecordResult, TallyStore};
use tokio::sync::Notify;

use super::fixture::{TallyFixture, cast, end_time, in_epoch, open};

const NODES: u64 = 6;
const BATCHES: u64 = 30;
const BATCH: u64 = 40;
/// Fewer than there are casts, so that jurors meet on several nodes.
const JURORS: u64 = 3_000;

/// One node: it casts batches of jurors who also cast elsewhere. Returns the number of ballots that it was told are
/// counted.
async fn node(store: Arc<dyn TallyStore>, case: CaseId, node: u64, counted: Arc<AtomicU64>, some: Arc<Notify>) -> u64 {
    let (mut chance, mut mine, mut rev) = (fastrand::Rng::with_seed(node), 0, 0);
    for _ in 0..BATCHES {
        let batch: Vec<_> = (0..BATCH).map(|_| cast(chance.u64(0..JURORS), chance.u8(0..3))).collect();
        let recorded = store.record(case, in_epoch(1), rev, &batch).await.unwrap();
        assert!(recorded.state.rev >= rev);
        rev = recorded.state.rev;
        let new =
            recorded.results.iter().filter(|answer| matches!(answer, RecordResult::Counted { .. })).count() as u64;
        mine += new;
        if counted.fetch_add(new, Ordering::SeqCst) + new > JURORS / 4 {
            some.notify_one();
        }
    }
    mine
}

async fn crowd<F: TallyFixture>(fixture: &F, case: CaseId, some: &Arc<Notify>) -> Vec<tokio::task::JoinHandle<u64>> {
    let counted = Arc::new(AtomicU64::new(0));
    (0..NODES).map(|n| tokio::spawn(node(fixture.store(), case, n, counted.clone(), some.clone()))).collect()
}

async fn assert_adds_up<F: TallyFixture>(fixture: &F, case: CaseId, crowd: Vec<tokio::task::JoinHandle<u64>>) -> u64 {
    let mut counted = 0;
    for node in crowd {
        counted += node.await.unwrap();
    }
    let store = fixture.store();
    let sealed = store.seal(case, in_epoch(1), &SealedBy::Deadline).await.unwrap();
    assert!(sealed.seal.is_some());
    assert_eq!(sealed.ballots(), counted);
    let ballots = store.ballots(case, in_epoch(1)).await.unwrap();
    assert_eq!(ballots.len() as u64, counted);
    for (option, count) in sealed.counts.iter().enumerate() {
        assert_eq!(ballots.iter().filter(|ballot| usize::from(ballot.option) == option).count() as u64, *count);
    }
    counted
}

pub async fn concurrent_casts_add_up<F: TallyFixture>(fixture: &mut F) {
    let case = open(fixture).await;
    let nodes = crowd(fixture, case, &Arc::default()).await;
    let mut done = Vec::new();
    for node in nodes {
        let mine = node.await.unwrap();
        done.push(tokio::spawn(async move { mine }));
    }
    end_time(fixture, case).await;
    let counted = assert_adds_up(fixture, case, done).await;
    let mut jurors = std::collections::HashSet::new();
    for node in 0..NODES {
        let mut chance = fastrand::Rng::with_seed(node);
        jurors.extend((0..BATCHES * BATCH).map(|_| (chance.u64(0..JURORS), chance.u8(0..3)).0));
    }
    assert_eq!(counted, jurors.len() as u64);
}

pub async fn a_seal_separates_concurrent_casts<F: TallyFixture>(fixture: &mut F) {
    let (case, some) = (open(fixture).await, Arc::new(Notify::new()));
    let nodes = crowd(fixture, case, &some).await;
    some.notified().await;
    let store = fixture.store();
    let by = SealedBy::Moderator { sub: "mod".into() };
    let (one, other) = tokio::join!(store.seal(case, in_epoch(1), &by), store.seal(case, in_epoch(1), &by));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!((&one.seal, &one.counts), (&other.seal, &other.counts));
    let counted = assert_adds_up(fixture, case, nodes).await;
    assert_eq!(counted, one.ballots());
}
