//! Hosts of a Redis Cluster that are killed, frozen or behind, with two nodes: a successor has every acknowledged
//! ballot, or a loss is announced.

use std::ops::RangeInclusive;

use futures_util::future::join_all;
use live_jury_protocol::{BallotStatus, CaseId, Refusal};
use live_jury_tests::api::case;
use live_jury_tests::juror::{Answer, Juror};
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::pseudonym;
use serde_json::json;

use super::{ROOM, choice, crowd, name};

const CROWD: usize = 60;

/// Two nodes on a cluster, with an open case.
struct ClusterSetup {
    stores: Stores,
    here: Node,
    there: Node,
    case: CaseId,
}

impl ClusterSetup {
    async fn start() -> Self {
        let stores = Stores::clustered().await;
        let (here, there) = (stores.node().await, stores.node().await);
        let case = here.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
        Self { stores, here, there, case }
    }

    /// Jurors who see the case, one half on each node.
    async fn crowd(&self) -> Vec<Juror> {
        let (mut all, others) =
            tokio::join!(crowd(self.here.address, self.case, CROWD / 2), crowd(self.there.address, self.case, CROWD));
        all.extend(others.into_iter().skip(CROWD / 2));
        all
    }

    /// Opens a case on another master.
    async fn case_elsewhere(&mut self) -> CaseId {
        let master = self.stores.cluster().master_of(self.case);
        loop {
            let found = self.there.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
            if self.stores.cluster().master_of(found) != master {
                return found;
            }
            self.there.moderator(ROOM).close(found).await;
        }
    }

    /// Requires that the record holds each juror's ballot once, and that the verdict and both nodes agree. After a
    /// failover, a node may have seen a rev that no replica had. The rev raises an epoch and loses no acknowledged
    /// ballot.
    async fn assert_all_recorded(&self, epoch: RangeInclusive<u64>) {
        let ended = self.here.moderator(ROOM).close_after_loss(self.case).await;
        assert!(epoch.contains(&ended.epoch), "epoch {}", ended.epoch);
        let verdict = ended.verdict.expect("it is closed");
        assert_eq!(verdict.ballots, CROWD as u64);
        let counts = verdict.counts.clone().expect("it is decided");
        assert!(counts.values().all(|count| *count == CROWD as u64 / 3), "{counts:?}");
        for node in [&self.here, &self.there] {
            assert_eq!(node.moderator(ROOM).case(self.case).await.verdict.as_ref(), Some(&verdict));
            let ballots = node.moderator(ROOM).ballots(self.case).await;
            assert_eq!(ballots.len(), CROWD);
            for n in 0..CROWD {
                let ballot = format!("{},{},", pseudonym(self.case, &name(n)), choice(n));
                let found = ballots.iter().filter(|row| row.starts_with(&ballot)).count();
                assert_eq!(found, 1, "{}: {ballots:#?}", name(n));
            }
        }
    }
}

async fn send_all(jurors: &mut [Juror], case: CaseId) {
    for (n, juror) in jurors.iter_mut().enumerate() {
        juror.send_cast(&case.to_string(), choice(n), None).await;
    }
}

/// Whether each juror's ballot was acknowledged. Every other juror must have been asked to retry.
async fn acknowledged(jurors: &mut [Juror]) -> Vec<bool> {
    let answers = join_all(jurors.iter_mut().map(Juror::answer)).await;
    let is_told = |answer| match answer {
        Answer::Recorded(..) => true,
        Answer::Refused(Refusal::Unavailable | Refusal::Busy, Some(_)) => false,
        other => panic!("neither recorded nor to be tried again: {other:?}"),
    };
    answers.into_iter().map(is_told).collect()
}

/// Every juror casts until the ballot is recorded. An acknowledged ballot must be found.
async fn cast_all(jurors: &mut [Juror], case: CaseId, acknowledged: &[bool]) {
    let casting = jurors.iter_mut().enumerate().map(|(n, juror)| async move {
        let status = juror.cast_until_recorded(case, choice(n)).await;
        assert!(
            !acknowledged[n] || status == BallotStatus::Duplicate,
            "{} was acknowledged, and is {status:?}",
            name(n)
        );
    });
    join_all(casting).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_takes_over_from_a_master_killed_during_casts() {
    let mut setup = ClusterSetup::start().await;
    let elsewhere = setup.case_elsewhere().await;
    let (case, mut jurors) = (setup.case, setup.crowd().await);
    send_all(&mut jurors, case).await;
    jurors[0].wait("an answer", |juror| (!juror.answers.is_empty()).then_some(())).await;
    let master = setup.stores.cluster().master_of(case);
    setup.stores.cluster().kill(master);
    let acknowledged = acknowledged(&mut jurors).await;
    assert!(acknowledged[0]);

    // No replica has taken over yet. Cases on other masters are not affected.
    for juror in [0, CROWD - 1] {
        jurors[juror].vote(elsewhere, choice(juror)).await;
    }
    setup.stores.cluster().await_successor(case, master).await;
    for juror in [1, CROWD - 2] {
        jurors[juror].vote(elsewhere, choice(juror)).await;
    }
    // The new master has no replica, and acknowledges nothing until the old one has become its replica.
    setup.stores.cluster().restart(master);
    cast_all(&mut jurors, case, &acknowledged).await;
    setup.assert_all_recorded(1..=2).await;
}

/// The frozen master does not know that another host has taken over and that it has no replica any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_master_acknowledges_nothing_alone() {
    let mut setup = ClusterSetup::start().await;
    let (case, mut jurors) = (setup.case, setup.crowd().await);
    let master = setup.stores.cluster().master_of(case);
    let frozen = setup.stores.cluster().freeze(master);
    send_all(&mut jurors, case).await;
    let acknowledged = acknowledged(&mut jurors).await;
    assert_eq!(acknowledged, [false; CROWD]);
    setup.stores.cluster().await_successor(case, master).await;

    // Jurors cast on both nodes while the old master resumes.
    let (cluster, casting_all) = (setup.stores.cluster(), cast_all(&mut jurors, case, &acknowledged));
    tokio::join!(casting_all, async { cluster.thaw(frozen) });
    setup.assert_all_recorded(1..=2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_without_a_replica_acknowledges_nothing() {
    let mut setup = ClusterSetup::start().await;
    let (case, mut jurors) = (setup.case, setup.crowd().await);
    let replica = setup.stores.cluster().replica_of(case);
    setup.stores.cluster().kill(replica);
    send_all(&mut jurors, case).await;
    let acknowledged = acknowledged(&mut jurors).await;
    assert_eq!(acknowledged, [false; CROWD]);
    setup.stores.cluster().restart(replica);
    cast_all(&mut jurors, case, &acknowledged).await;
    setup.assert_all_recorded(1..=1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_cluster_has_every_acknowledged_ballot() {
    let mut setup = ClusterSetup::start().await;
    let (case, mut jurors) = (setup.case, setup.crowd().await);
    let (voted, voting) = jurors.split_at_mut(CROWD / 2);
    cast_all(voted, case, &[false; CROWD]).await;
    send_all(voting, case).await;
    setup.stores.cluster().restart_all().await;
    let acknowledged = [vec![true; CROWD / 2], acknowledged(voting).await].concat();
    cast_all(&mut jurors, case, &acknowledged).await;
    setup.assert_all_recorded(1..=2).await;
}

/// The replica lacks a ballot when the master dies, so the nodes must not take its tally for complete.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_successor_with_missing_ballots_is_a_loss() {
    let mut setup = ClusterSetup::start().await;
    let (case, mut jurors) = (setup.case, setup.crowd().await);
    let (last, first) = jurors.split_last_mut().expect("a crowd");
    cast_all(first, case, &[false; CROWD]).await;

    let cluster = setup.stores.cluster();
    let (master, replica) = (cluster.master_of(case), cluster.replica_of(case));
    let frozen = cluster.freeze(replica);
    // Writes after this line reach no replica.
    assert_eq!(cluster.command(master, &["CLIENT", "KILL", "TYPE", "replica"]), "1");
    let answer = last.cast(case, choice(CROWD - 1)).await;
    assert!(matches!(answer, Answer::Refused(Refusal::Unavailable, Some(_))), "{answer:?}");
    first[0].wait_for_ballots(case, CROWD as u64).await;
    cluster.kill(master);
    cluster.thaw(frozen);
    assert_eq!(cluster.await_successor(case, master).await, replica);
    cluster.restart(master);

    for juror in &mut jurors {
        assert_eq!(juror.wait_for_case(case, |case| case.epoch > 1).await.epoch, 2, "one loss is one epoch");
    }
    // The successor has every ballot but the last.
    let acknowledged: Vec<bool> = (0..CROWD).map(|n| n < CROWD - 1).collect();
    cast_all(&mut jurors, case, &acknowledged).await;
    setup.assert_all_recorded(2..=2).await;
    let audit = setup.there.moderator(ROOM).audit(case).await;
    assert_eq!(audit, ["mod created", "mod opened", "server tally_lost", "mod closed", "server decided"]);
}
