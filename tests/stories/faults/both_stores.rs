//! Redis and PostgreSQL unavailable at once: each cast is answered in time, and counts after the recovery.

use futures_util::future::join_all;
use live_jury_protocol::Refusal;
use live_jury_tests::api::case;
use live_jury_tests::juror::{Answer, Juror};
use live_jury_tests::stores::Stores;
use serde_json::json;
use tokio::time::{Duration, Instant};
use uuid::Uuid;

use super::{ROOM, choice, crowd};

const CROWD: usize = 5;
/// Limit for the answer to a cast, whatever has failed.
const ANSWERED_MAX: Duration = Duration::from_secs(5);

/// Each juror casts on the case, or on a case that the room does not show. Requires that each is asked to come back, in
/// time, and that its socket answers a ping meanwhile.
async fn all_are_refused_in_time(jurors: &mut [Juror], case: &str, moment: &str) {
    join_all(jurors.iter_mut().enumerate().map(|(n, juror)| async move {
        let pongs = juror.pongs;
        let began = Instant::now();
        juror.send_cast(case, choice(n), None).await;
        juror.ping().await;
        let answer = juror.answer().await;
        let after = began.elapsed();
        assert!(matches!(answer, Answer::Refused(Refusal::Unavailable, Some(_))), "{moment}: {answer:?}");
        assert!(after < ANSWERED_MAX, "{moment}: answered after {after:?}");
        juror.wait("a pong", |juror| (juror.pongs > pongs).then_some(())).await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn casts_are_refused_while_both_stores_are_unavailable() {
    let mut stores = Stores::servers();
    let (to_redis, redis) = stores.redis_proxy().await;
    let (to_database, database) = stores.database_proxy().await;
    let node = stores
        .node_with(|settings| {
            settings.redis = Some(redis);
            settings.database = database;
        })
        .await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    let mut jurors = crowd(node.address, opened, CROWD).await;
    let (shown, unknown) = (opened.to_string(), Uuid::now_v7().to_string());

    to_database.pause();
    stores.redis().flush();
    for _ in 0..2 {
        all_are_refused_in_time(&mut jurors, &shown, "Redis is empty and the docket silent").await;
        all_are_refused_in_time(&mut jurors, &unknown, "the docket is silent").await;
    }
    to_redis.pause();
    for _ in 0..2 {
        all_are_refused_in_time(&mut jurors, &shown, "both are silent").await;
    }

    to_redis.restore();
    to_database.restore();
    join_all(jurors.iter_mut().enumerate().map(|(n, juror)| juror.cast_until_recorded(opened, choice(n)))).await;
    let ended = node.moderator(ROOM).close_after_loss(opened).await;
    assert_eq!((ended.epoch, ended.verdict.unwrap().ballots), (2, CROWD as u64));
}

/// A cast waits for Redis, and the socket is read all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_answers_pings_while_its_cast_waits() {
    let mut stores = Stores::servers();
    let (to_redis, redis) = stores.redis_proxy().await;
    let node = stores.node_with(|settings| settings.redis = Some(redis)).await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.wait_for_case(opened, |_| true).await;

    to_redis.pause();
    ann.send_cast(&opened.to_string(), "buyer", None).await;
    for pongs in 1..=3 {
        ann.ping().await;
        ann.wait("a pong", |ann| (ann.pongs == pongs).then_some(())).await;
    }
    assert!(ann.is_unanswered(), "Redis is silent");
    // The next frame is held, and is answered in its turn.
    ann.send_cast("nonsense", "buyer", None).await;
    let first = ann.answer().await;
    assert!(matches!(first, Answer::Refused(Refusal::Unavailable, Some(_))), "{first:?}");
    assert_eq!(ann.answer().await, Answer::Refused(Refusal::UnknownCase, None));
    to_redis.restore();
    ann.cast_until_recorded(opened, "buyer").await;
}
