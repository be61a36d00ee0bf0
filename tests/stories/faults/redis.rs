//! Redis killed, cut off or slow: no acknowledged ballot is lost, and no answer is wrong.

use std::time::Duration;

use futures_util::future::join_all;
use live_jury_protocol::{BallotStatus, CaseId, CaseState, Outcome, Refusal, close};
use live_jury_server::clock::{Clock, SystemClock};
use live_jury_tests::api::{Api, case};
use live_jury_tests::in_time;
use live_jury_tests::juror::{Answer, Juror};
use live_jury_tests::node::Node;
use live_jury_tests::program::Program;
use live_jury_tests::proxy::Proxy;
use live_jury_tests::redis::Redis;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{moderator, viewer};
use serde_json::json;
use tokio::time::Instant;

use super::{
    ROOM, assert_second_half_is_unanswered, choice, crowd, first_half_votes, second_half_casts, wait_for_stored,
};

const CROWD: usize = 90;
/// Duration of the outage.
const OUTAGE: Duration = Duration::from_secs(10);
/// Limit for a node's growth while a crowd casts during an outage, in KiB. Ballots that waited would exceed it.
const GROWTH_MAX_KIB: u64 = 32 * 1_024;

/// A node that reaches Redis through a proxy.
async fn node_behind_proxy(stores: &mut Stores) -> (Node, Proxy) {
    let (proxy, redis) = stores.redis_proxy().await;
    (stores.node_with(|settings| settings.redis = Some(redis)).await, proxy)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_killed_during_a_batch_keeps_every_acknowledged_ballot() {
    let mut stores = Stores::servers();
    let (node, proxy) = node_behind_proxy(&mut stores).await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    let mut jurors = crowd(node.address, opened, CROWD).await;
    first_half_votes(&mut jurors, opened).await;
    // Redis records further ballots, and its replies never reach the node.
    proxy.pause_replies();
    second_half_casts(&mut jurors, opened).await;
    wait_for_stored(stores.redis(), opened, CROWD / 2 + 1).await;
    assert_second_half_is_unanswered(&mut jurors);
    stores.redis().kill();
    proxy.cut();
    proxy.restore();
    for answer in join_all(jurors[CROWD / 2..].iter_mut().map(Juror::answer)).await {
        let is_retryable = matches!(answer, Answer::Refused(Refusal::Unavailable | Refusal::Busy, Some(_)));
        assert!(is_retryable, "{answer:?} without Redis");
    }
    stores.redis().restart();

    let tally = node.moderator(ROOM).tally(opened).await;
    assert!(tally.ballots > CROWD as u64 / 2, "recorded before the kill: {} ballots", tally.ballots);
    join_all(jurors.iter_mut().enumerate().map(|(n, juror)| juror.cast_until_recorded(opened, choice(n)))).await;
    let ended = node.moderator(ROOM).close(opened).await;
    assert_eq!((ended.epoch, ended.verdict.unwrap().ballots), (1, CROWD as u64), "nothing was lost");
    let audit = node.moderator(ROOM).audit(opened).await;
    assert_eq!(audit, ["mod created", "mod opened", "mod closed", "server decided"]);
}

/// The ballot is in the store, and the store's reply is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_reply_changes_nothing() {
    let mut stores = Stores::servers();
    let (node, proxy) = node_behind_proxy(&mut stores).await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.wait_for_case(opened, |_| true).await;
    // This loads the script into Redis. Without it, Redis would have to reply once before it records anything.
    node.viewer(ROOM, "bob").await.vote(opened, "buyer").await;

    proxy.pause_replies();
    ann.send_cast(&opened.to_string(), "buyer", None).await;
    wait_for_stored(stores.redis(), opened, 2).await;
    assert!(ann.is_unanswered(), "the reply is paused");
    proxy.cut();
    proxy.restore();
    let answer = ann.answer().await;
    assert!(
        matches!(answer, Answer::Recorded(BallotStatus::Counted | BallotStatus::Duplicate, _)),
        "the node asked again by itself: {answer:?}"
    );
    let tally = ann.wait_for_ballots(opened, 2).await;
    assert_eq!((tally.ballots, tally.rev, tally.epoch), (2, 2, 1));
}

/// The network delivers a request after its sender has given up and repeated it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delayed_requests_count_once() {
    let mut stores = Stores::servers();
    let (here, proxy) = node_behind_proxy(&mut stores).await;
    let there = stores.node().await;
    let opened = here.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    let mut ann = here.viewer(ROOM, "ann").await;
    ann.wait_for_case(opened, |_| true).await;

    proxy.pause_requests();
    assert!(matches!(ann.cast(opened, "buyer").await, Answer::Refused(Refusal::Unavailable, Some(_))));
    // Ann casts another option on the other node, while the first request is still delayed.
    let mut elsewhere = there.viewer(ROOM, "ann").await;
    elsewhere.vote(opened, "merchant").await;
    proxy.restore();
    let late = ann.cast_until_settled(opened, "buyer").await;
    assert_eq!(late, Answer::Refused(Refusal::AlreadyVoted, None));
    let ended = there.moderator(ROOM).close(opened).await;
    assert_eq!((ended.verdict.clone().unwrap().ballots, ended.epoch), (1, 1));
    assert_eq!(ended.verdict.unwrap().option.unwrap().as_str(), "merchant");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_cut_within_a_message_loses_nothing() {
    let mut stores = Stores::servers();
    let (node, proxy) = node_behind_proxy(&mut stores).await;
    for (round, bytes) in [1, 40, 300, 500].into_iter().enumerate() {
        let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
        let mut jurors = crowd(node.address, opened, CROWD).await;
        if round % 2 == 0 {
            proxy.cut_requests_after(bytes)
        } else {
            proxy.cut_replies_after(bytes)
        }
        join_all(jurors.iter_mut().enumerate().map(|(n, juror)| juror.cast_until_recorded(opened, choice(n)))).await;
        assert_eq!(proxy.cut_short(), round as u64 + 1);
        let ended = node.moderator(ROOM).close(opened).await;
        assert_eq!((ended.epoch, ended.verdict.unwrap().ballots), (1, CROWD as u64));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ten_second_redis_outage_is_reported_and_survived() {
    let mut stores = Stores::servers();
    let (proxy, redis) = stores.redis_proxy().await;
    let server = Program::serve(&stores, &["--redis", redis.as_str()]).await;
    let mod_api = Api::new(server.address, Some(&moderator(ROOM, "mod")));
    let opened = mod_api.create(ROOM, case(json!({}))).await.id;
    let mut jurors = crowd(server.address, opened, CROWD).await;
    let before_kib = server.memory_kib();

    proxy.pause();
    let began = Instant::now();
    let refused =
        join_all(jurors.iter_mut().enumerate().map(|(n, juror)| cast_during_outage(juror, opened, n, began))).await;
    assert!(refused.iter().all(|refusals| *refusals > 0), "everybody was acknowledged: {refused:?}");
    let ready = server.admin().get("/readyz").await;
    assert_eq!(ready.status, 503);
    assert!(ready.text.contains(r#""tally":false"#), "{}", ready.text);
    let mut late = Juror::connect(server.address, ROOM).await;
    late.send(&live_jury_protocol::ClientFrame::Join { token: viewer(ROOM, "late") }).await;
    assert_eq!(late.closed_with().await, close::TRY_LATER);
    let grown_kib = server.memory_kib().saturating_sub(before_kib);
    assert!(grown_kib < GROWTH_MAX_KIB, "{grown_kib} KiB");

    proxy.restore();
    join_all(jurors.iter_mut().enumerate().map(|(n, juror)| juror.cast_until_recorded(opened, choice(n)))).await;
    let ended = mod_api.close(opened).await;
    assert_eq!((ended.epoch, ended.verdict.unwrap().ballots), (1, CROWD as u64), "nothing was lost");
}

/// Casts during the whole outage with the delay that each refusal names. Returns the number of refusals.
async fn cast_during_outage(juror: &mut Juror, case: CaseId, n: usize, began: Instant) -> usize {
    let mut refused = 0;
    while began.elapsed() < OUTAGE {
        match juror.cast(case, choice(n)).await {
            Answer::Refused(Refusal::Unavailable | Refusal::Busy, Some(after_ms)) => {
                refused += 1;
                tokio::time::sleep(Duration::from_millis(after_ms)).await;
            }
            other => panic!("nothing can be recorded: {other:?}"),
        }
    }
    refused
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loss_before_the_deadline_extends_the_case() {
    let mut stores = Stores::servers();
    let (here, there) = (stores.node().await, stores.node().await);
    let opened = here.moderator(ROOM).create(ROOM, case(json!({ "duration_s": 5 }))).await;
    let (mut ann, mut bob) = (here.viewer(ROOM, "ann").await, there.viewer(ROOM, "bob").await);
    ann.vote(opened.id, "buyer").await;
    bob.vote(opened.id, "buyer").await;
    let left_ms = opened.closes_at_ms.unwrap().saturating_sub(SystemClock.now_ms());
    tokio::time::sleep(Duration::from_millis(left_ms.saturating_sub(50))).await;
    stores.redis().flush();
    let wiped_at_ms = SystemClock.now_ms();

    for juror in [&mut ann, &mut bob] {
        let again = juror.wait_for_case(opened.id, |case| case.epoch == 2).await;
        assert_eq!(again.state, CaseState::Open, "no verdict out of an empty store");
        assert!(again.closes_at_ms.unwrap() >= wiped_at_ms + 10_000);
        juror.cast_until_recorded(opened.id, "buyer").await;
    }
    let verdict = ann.wait_for_verdict(opened.id).await;
    assert_eq!((verdict.outcome, verdict.ballots), (Outcome::Decided, 2));
    let audit = there.moderator(ROOM).audit(opened.id).await;
    assert_eq!(audit, ["mod created", "mod opened", "server tally_lost", "server sealed", "server decided"]);
}

/// A node that notices a loss after another node has raised the epoch must not raise it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loss_noticed_late_raises_no_second_epoch() {
    let mut stores = Stores::servers();
    let (there, proxy) = node_behind_proxy(&mut stores).await;
    let here = stores.node().await;
    let opened = here.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    let (mut ann, mut bob) = (here.viewer(ROOM, "ann").await, there.viewer(ROOM, "bob").await);
    let mut cat = there.viewer(ROOM, "cat").await;
    for juror in [&mut ann, &mut bob, &mut cat] {
        juror.vote(opened, "buyer").await;
    }

    // Bob's node gets no reply that would report the loss.
    proxy.pause_replies();
    stores.redis().flush();
    bob.send_cast(&opened.to_string(), "buyer", None).await;
    ann.wait_for_case(opened, |case| case.epoch == 2).await;
    ann.cast_until_recorded(opened, "buyer").await;
    // Cat's cast is on a case that the node does not know, so the node reads the docket and finds the new epoch.
    let second = here.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    cat.send_cast(&second.to_string(), "buyer", None).await;
    cat.wait_for_case(opened, |case| case.epoch == 2).await;
    proxy.restore();

    bob.cast_until_recorded(opened, "buyer").await;
    cat.cast_until_recorded(opened, "buyer").await;
    let ended = here.moderator(ROOM).close_after_loss(opened).await;
    assert_eq!((ended.epoch, ended.verdict.unwrap().ballots), (2, 3));
    let audit = here.moderator(ROOM).audit(opened).await;
    assert_eq!(audit, ["mod created", "mod opened", "server tally_lost", "mod closed", "server decided"]);
}

/// A full Redis takes no ballots. What ends a case, or keeps it alive, it takes all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_redis_still_ends_its_cases() {
    const JURORS: usize = 20;
    let mut stores = Stores::servers();
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let short = moderator.create(ROOM, case(json!({ "duration_s": 8 }))).await.id;
    let long = moderator.create(ROOM, case(json!({}))).await.id;
    let mut jurors = crowd(node.address, short, JURORS).await;
    join_all(jurors.iter_mut().enumerate().map(|(n, juror)| async move { juror.vote(short, choice(n)).await })).await;
    jurors[0].vote(long, "buyer").await;

    stores.redis().command(&["CONFIG", "SET", "maxmemory", "1"]);
    let answer = jurors[1].cast(long, "buyer").await;
    assert!(matches!(answer, Answer::Refused(Refusal::Unavailable, Some(_))), "{answer:?} in a full Redis");
    assert_eq!(moderator.extend(long, 60).await.status, 200);
    let ended = node.wait_for_verdict(&moderator.case(short).await).await;
    assert_eq!(ended.verdict.unwrap().ballots, JURORS as u64);
    stores.redis().flush();
    jurors[1].wait_for_case(long, |case| case.epoch == 2).await;

    stores.redis().command(&["CONFIG", "SET", "maxmemory", "0"]);
    jurors[1].cast_until_recorded(long, "buyer").await;
    let tally = moderator.tally(long).await;
    assert_eq!((tally.epoch, tally.ballots, moderator.case(long).await.extended_s), (2, 1, 60));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nearly_full_redis_opens_none() {
    let mut stores = Stores::servers();
    let server = Program::serve(&stores, &[]).await;
    let mod_api = Api::new(server.address, Some(&moderator(ROOM, "mod")));
    let opened = mod_api.create(ROOM, case(json!({}))).await.id;
    let draft = mod_api.create(ROOM, case(json!({ "open": false }))).await.id;
    let mut jurors = crowd(server.address, opened, 2).await;
    jurors[0].vote(opened, "buyer").await;

    limit_memory(stores.redis(), 0.9);
    let cases = format!("/rooms/{ROOM}/cases");
    let refused = mod_api.post(&cases, case(json!({}))).await;
    assert_eq!((refused.problem(503).0.as_str(), refused.header("retry-after")), ("store_full", "2"));
    assert_eq!(mod_api.act(draft, "open").await.problem(503).0, "store_full");
    mod_api.create(ROOM, case(json!({ "open": false }))).await;
    jurors[1].vote(opened, "buyer").await;
    in_time("the share of the memory", async {
        while memory_share(&server).await < 0.8 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;

    limit_memory(stores.redis(), 0.5);
    mod_api.open(draft).await;
    assert_eq!(mod_api.close(opened).await.verdict.unwrap().ballots, 2);
}

/// Sets `maxmemory` so that Redis uses this part of it.
fn limit_memory(redis: &Redis, share: f64) {
    let used: f64 = redis.info("used_memory").unwrap().parse().unwrap();
    assert_eq!(redis.command(&["CONFIG", "SET", "maxmemory", &format!("{:.0}", used / share)]), "OK");
}

async fn memory_share(server: &Program) -> f64 {
    let text = server.admin().get("/metrics").await.text;
    let line = text.lines().find_map(|line| line.strip_prefix("live_jury_tally_memory_share "));
    line.expect("the gauge").parse().unwrap()
}

/// The first answers of a connection are to the client's own questions. A cut within them must not end the connection's
/// replacement.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_cut_within_its_first_answers_is_replaced() {
    let mut stores = Stores::servers();
    let (node, proxy) = node_behind_proxy(&mut stores).await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    for bytes in 1..=12 {
        let mut juror = node.viewer(ROOM, &format!("u_{bytes}")).await;
        let cut_short = proxy.cut_short();
        proxy.cut_replies_after(bytes);
        proxy.cut();
        in_time("a cut answer", async {
            while proxy.cut_short() == cut_short {
                tokio::task::yield_now().await;
            }
        })
        .await;
        in_time("a ballot", juror.cast_until_recorded(opened, "buyer")).await;
    }
    assert_eq!(node.moderator(ROOM).close(opened).await.verdict.unwrap().ballots, 12);
}
