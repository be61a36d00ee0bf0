//! Killed processes with casts in flight: every acknowledged ballot is in the record.

use std::path::PathBuf;

use futures_util::future::join_all;
use live_jury_protocol::{Case, CaseId, Outcome};
use live_jury_tests::api::{Api, case};
use live_jury_tests::juror::Juror;
use live_jury_tests::program::Program;
use live_jury_tests::proxy::Proxy;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{moderator, viewer};
use serde_json::json;
use sqlx::{Connection, Executor, SqliteConnection};

use super::{
    ROOM, assert_second_half_is_unanswered, choice, crowd, first_half_votes, name, second_half_casts, wait_for_stored,
};

const CROWD: usize = 90;
const ROUNDS: usize = 10;

live_jury_tests::on_both! {
    a_killed_process_loses_no_acknowledged_ballot
}

/// The link between a program and its tally, which a story can pause.
enum TallyLink {
    Redis(Proxy),
    Sqlite(PathBuf),
}

impl TallyLink {
    /// Starts a program on these stores, with such a link.
    async fn serve(stores: &mut Stores) -> (Program, Self) {
        if stores.try_database().is_none() {
            return (Program::serve(stores, &[]).await, Self::Sqlite(stores.file()));
        }
        let (proxy, redis) = stores.redis_proxy().await;
        (Program::serve(stores, &["--redis", redis.as_str()]).await, Self::Redis(proxy))
    }

    /// Pauses Redis's replies, or locks the SQLite file for writers until the connection returned is closed.
    async fn pause(&self) -> Option<SqliteConnection> {
        match self {
            Self::Redis(proxy) => {
                proxy.pause_replies();
                None
            }
            Self::Sqlite(file) => {
                let mut lock = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
                lock.execute("BEGIN IMMEDIATE").await.unwrap();
                Some(lock)
            }
        }
    }
}

/// Kills a program with casts in flight: one half of the crowd is acknowledged and the other half is not. In Redis, a
/// part of the other half is recorded.
async fn kill_with_casts_in_flight(stores: &mut Stores, server: Program, link: &TallyLink, case: CaseId) {
    let mut jurors = crowd(server.address, case, CROWD).await;
    first_half_votes(&mut jurors, case).await;
    let lock = link.pause().await;
    second_half_casts(&mut jurors, case).await;
    if matches!(link, TallyLink::Redis(_)) {
        wait_for_stored(stores.redis(), case, CROWD / 2 + 1).await;
    }
    assert_second_half_is_unanswered(&mut jurors);
    server.signal("KILL").await;
    assert!(!server.end().await.success());
    for juror in &mut jurors[CROWD / 2..] {
        juror.wait_closed().await;
        assert!(juror.is_unanswered(), "a dead server acknowledges nothing");
    }
    if let Some(lock) = lock {
        lock.close().await.unwrap();
    }
}

async fn a_killed_process_loses_no_acknowledged_ballot(mut stores: Stores) {
    let (server, link) = TallyLink::serve(&mut stores).await;
    let opened = Api::new(server.address, Some(&moderator(ROOM, "mod"))).create(ROOM, case(json!({}))).await.id;
    kill_with_casts_in_flight(&mut stores, server, &link, opened).await;

    let server = Program::serve(&stores, &[]).await;
    join_all((0..CROWD).map(|n| rejoin(&server, opened, n))).await;
    let mod_again = Api::new(server.address, Some(&moderator(ROOM, "mod")));
    let verdict = mod_again.close(opened).await.verdict.unwrap();
    assert_eq!((verdict.outcome, verdict.ballots), (Outcome::Hung, CROWD as u64));
    assert!(verdict.counts.unwrap().values().all(|count| *count == CROWD as u64 / 3));
    assert_eq!(mod_again.ballots(opened).await.len(), CROWD);
}

/// Joins again. The welcome must hold a ballot of the first half; a ballot of the second half is cast again.
async fn rejoin(server: &Program, case: CaseId, n: usize) {
    let mut juror = Juror::join(server.address, ROOM, &viewer(ROOM, &name(n))).await;
    if n < CROWD / 2 {
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
    let mut stores = Stores::servers();
    let ((here, link), there) = (TallyLink::serve(&mut stores).await, Program::serve(&stores, &[]).await);
    let opened = Api::new(here.address, Some(&moderator(ROOM, "mod"))).create(ROOM, case(json!({}))).await.id;
    kill_with_casts_in_flight(&mut stores, here, &link, opened).await;
    join_all((0..CROWD).map(|n| rejoin(&there, opened, n))).await;
    let verdict = Api::new(there.address, Some(&moderator(ROOM, "mod"))).close(opened).await.verdict.unwrap();
    assert_eq!(verdict.ballots, CROWD as u64);
}
