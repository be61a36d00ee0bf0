//! Killed processes with casts in flight: every acknowledged ballot is in the record.

use futures_util::future::join_all;
use live_jury_protocol::{Case, CaseId, Outcome};
use live_jury_tests::api::{Api, case};
use live_jury_tests::juror::{Answer, Juror};
use live_jury_tests::program::Program;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{moderator, viewer};
use serde_json::json;

use super::{ROOM, choice, crowd, name};

const CROWD: usize = 90;
const ROUNDS: usize = 10;

live_jury_tests::on_both! {
    a_killed_process_loses_no_acknowledged_ballot
}

async fn a_killed_process_loses_no_acknowledged_ballot(stores: Stores) {
    let server = Program::serve(&stores, &[]).await;
    let opened = Api::new(server.address, Some(&moderator(ROOM, "mod"))).create(ROOM, case(json!({}))).await.id;
    let mut jurors = crowd(server.address, opened, CROWD).await;
    for (n, juror) in jurors.iter_mut().enumerate() {
        juror.send_cast(&opened.to_string(), choice(n), None).await;
    }
    // Now some ballots are recorded and acknowledged, some are only recorded, and some are neither.
    jurors[0].wait("an answer", |juror| (!juror.answers.is_empty()).then_some(())).await;
    server.signal("KILL").await;
    let acknowledged = join_all(jurors.into_iter().map(was_acknowledged)).await;
    assert!(acknowledged[0]);
    assert!(!server.end().await.success());

    let server = Program::serve(&stores, &[]).await;
    join_all((0..CROWD).map(|n| rejoin(&server, opened, n, acknowledged[n]))).await;
    let mod_again = Api::new(server.address, Some(&moderator(ROOM, "mod")));
    let verdict = mod_again.close(opened).await.verdict.unwrap();
    assert_eq!((verdict.outcome, verdict.ballots), (Outcome::Hung, CROWD as u64));
    assert!(verdict.counts.unwrap().values().all(|count| *count == CROWD as u64 / 3));
    assert_eq!(mod_again.ballots(opened).await.len(), CROWD);
}

/// Whether the ballot was acknowledged before the socket ended.
async fn was_acknowledged(mut juror: Juror) -> bool {
    juror.wait_closed().await;
    juror.answers.iter().any(|answer| matches!(answer, Answer::Recorded(..)))
}

/// Joins again. The welcome must hold an acknowledged ballot; any other ballot is cast again.
async fn rejoin(server: &Program, case: CaseId, n: usize, acknowledged: bool) {
    let mut juror = Juror::join(server.address, ROOM, &viewer(ROOM, &name(n))).await;
    if acknowledged {
        let ballots = &juror.welcome.as_ref().unwrap().ballots;
        assert_eq!(ballots[0].option.as_str(), choice(n), "{}", name(n));
    }
    juror.wait_for_case(case, |_| true).await;
    juror.cast_until_recorded(case, choice(n)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_seal_at_once_make_one_verdict() {
    let stores = Stores::servers();
    let (here, there) = (stores.node().await, stores.node().await);
    let (mia, noa) = (here.api(&moderator(ROOM, "mia")), there.api(&moderator(ROOM, "noa")));
    for round in 0..ROUNDS {
        let opened = mia.create(ROOM, case(json!({}))).await.id;
        let juror = name(round);
        here.viewer(ROOM, &juror).await.vote(opened, "buyer").await;
        let (by_mia, by_noa) = futures_util::future::join(mia.act(opened, "close"), noa.act(opened, "close")).await;
        let (closed, late) = if by_mia.status == 200 { (by_mia, by_noa) } else { (by_noa, by_mia) };
        assert_eq!(late.problem(409).0, "not_open", "one of them was first");
        let closed: Case = closed.read(200);
        let (at_mias, at_noas) = (mia.case(opened).await, noa.case(opened).await);
        assert_eq!((&at_mias.verdict, &at_noas.verdict), (&closed.verdict, &closed.verdict));
        assert_eq!(closed.verdict.unwrap().ballots, 1);
        let audit = mia.audit(opened).await;
        assert_eq!(audit.len(), 4, "created, opened, closed, decided, once each: {audit:?}");
        assert_eq!(mia.ballots(opened).await, noa.ballots(opened).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jurors_of_a_killed_node_continue_on_the_other() {
    let stores = Stores::servers();
    let (here, there) = (Program::serve(&stores, &[]).await, Program::serve(&stores, &[]).await);
    let opened = Api::new(here.address, Some(&moderator(ROOM, "mod"))).create(ROOM, case(json!({}))).await.id;
    let mut jurors = crowd(here.address, opened, CROWD).await;
    for (n, juror) in jurors.iter_mut().enumerate() {
        juror.send_cast(&opened.to_string(), choice(n), None).await;
    }
    jurors[0].wait("an answer", |juror| (!juror.answers.is_empty()).then_some(())).await;
    here.signal("KILL").await;
    let acknowledged = join_all(jurors.into_iter().map(was_acknowledged)).await;
    join_all((0..CROWD).map(|n| rejoin(&there, opened, n, acknowledged[n]))).await;
    let verdict = Api::new(there.address, Some(&moderator(ROOM, "mod"))).close(opened).await.verdict.unwrap();
    assert_eq!(verdict.ballots, CROWD as u64);
}
