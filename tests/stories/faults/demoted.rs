//! A store that is no primary any more, or took over without the last write: a node goes on with the successor.

use std::time::Duration;

use live_jury_protocol::{AuditAction, Case, CaseId, Outcome, Verdict};
use live_jury_tests::api::case;
use live_jury_tests::in_time;
use live_jury_tests::redis::Redis;
use live_jury_tests::stores::Stores;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::time::Instant;

use super::ROOM;

/// Limit for the first acknowledged ballot after a fail-over, also on a busy machine.
const GOES_ON_AFTER_MAX: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_to_a_demoted_redis_is_given_up() {
    let mut stores = Stores::servers();
    let (proxy, redis) = stores.redis_proxy().await;
    let node = stores.node_with(|settings| settings.redis = Some(redis)).await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await.id;
    let (mut ann, mut bob) = (node.viewer(ROOM, "ann").await, node.viewer(ROOM, "bob").await);
    ann.vote(opened, "buyer").await;
    bob.wait_for_ballots(opened, 1).await;
    let successor = Redis::start();
    successor.follow(stores.redis());

    successor.promote();
    stores.redis().follow(&successor);
    proxy.lead_to(successor.address());
    let began = Instant::now();
    bob.cast_until_recorded(opened, "merchant").await;
    assert!(began.elapsed() < GOES_ON_AFTER_MAX, "{:?}", began.elapsed());
    let ended = node.moderator(ROOM).close(opened).await;
    assert_eq!((ended.epoch, ended.verdict.unwrap().ballots), (1, 2), "nothing was lost");
    assert_eq!(successor.command(&["HLEN", &format!("lj:{{{opened}}}:ballots")]), "2");
}

/// The sessions of a database whose default is read-only are as those to a replica: the default was read at their
/// start, and later sessions may write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_to_a_read_only_postgres_is_given_up() {
    let stores = Stores::servers();
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let opened = moderator.create(ROOM, case(json!({}))).await.id;
    node.viewer(ROOM, "ann").await.vote(opened, "buyer").await;

    let mut admin = PgConnection::connect(stores.database()).await.unwrap();
    let name: String = sqlx::query_scalar("SELECT current_database()").fetch_one(&mut admin).await.unwrap();
    let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    sqlx::raw_sql(AssertSqlSafe(set)).execute(&mut admin).await.unwrap();
    end_other_sessions(&mut admin).await;
    in_time("a read-only database", async {
        let refused = moderator.post(&format!("/rooms/{ROOM}/cases"), case(json!({ "open": false }))).await;
        assert_eq!(refused.problem(503).0, "unavailable");
    })
    .await;

    let reset = format!("ALTER DATABASE {name} RESET default_transaction_read_only");
    sqlx::raw_sql("SET default_transaction_read_only = off").execute(&mut admin).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(reset)).execute(&mut admin).await.unwrap();
    let verdict = moderator.close(opened).await.verdict.unwrap();
    assert_eq!((verdict.outcome, verdict.ballots), (Outcome::Decided, 1));
}

/// The call waits for a lock when its session is ended, and is made again on another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_of_an_ended_session_is_made_again() {
    let stores = Stores::servers();
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let draft = moderator.create(ROOM, case(json!({ "open": false }))).await.id;
    let mut admin = PgConnection::connect(stores.database()).await.unwrap();
    let mut lock = PgConnection::connect(stores.database()).await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE audit").execute(&mut lock).await.unwrap();

    let opening = tokio::spawn(async move { moderator.open(draft).await });
    in_time("a call that waits", async {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                       AND datname = current_database()";
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut admin).await.unwrap() == 0 {}
    })
    .await;
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
               AND datname = current_database()";
    sqlx::query(end).execute(&mut admin).await.unwrap();
    lock.close().await.unwrap();
    assert_eq!(opening.await.unwrap().id, draft);
}

async fn end_other_sessions(admin: &mut PgConnection) {
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    sqlx::query(end).execute(admin).await.unwrap();
}

/// Whether a node waits for the place of its verdict.
const IS_WAITING: &str =
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'verdict_places'::regclass)";

/// Whether a node has filed how many ballots it has acknowledged.
const IS_COUNTED: &str = "SELECT EXISTS (SELECT 1 FROM ledger WHERE ballots > 0)";

/// A node stops between the seal and the record. The store that takes over lacks what these commands undo.
async fn recorded_after(close: &str, body: Option<Vec<u8>>, undone: impl FnOnce(&mut Redis, CaseId)) -> Verdict {
    let mut stores = Stores::servers();
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({ "rules": { "quorum": 1 } }))).await.id;
    node.viewer(ROOM, "ann").await.vote(opened, "buyer").await;
    let mut lock = PgConnection::connect(stores.database()).await.unwrap();
    let mut watch = PgConnection::connect(stores.database()).await.unwrap();
    in_time("the count of acknowledged ballots", async {
        while !sqlx::query_scalar::<_, bool>(IS_COUNTED).fetch_one(&mut watch).await.unwrap() {}
    })
    .await;
    sqlx::raw_sql("BEGIN; LOCK TABLE verdict_places IN EXCLUSIVE MODE").execute(&mut lock).await.unwrap();
    let (moderator, path) = (node.moderator(ROOM), format!("/cases/{opened}/{close}"));
    let closing = tokio::spawn(async move { moderator.try_send("POST", &path, &[], body).await });
    in_time("the recording", async {
        while !sqlx::query_scalar::<_, bool>(IS_WAITING).fetch_one(&mut watch).await.unwrap() {}
    })
    .await;
    node.kill().await;
    closing.abort();
    drop(lock);
    undone(stores.redis(), opened);

    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    in_time("the record", async {
        loop {
            if let Some(verdict) = moderator.case(opened).await.verdict {
                break verdict;
            }
        }
    })
    .await
}

/// Undoes the seal, which was the last write.
fn undo_seal(redis: &mut Redis, case: CaseId) {
    assert_eq!(redis.command(&["HDEL", &format!("lj:{{{case}}}:case"), "sealed_by", "sealed_at_ms"]), "2");
}

fn reason() -> Option<Vec<u8>> {
    Some(json!({ "reason": "the wrong product" }).to_string().into_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_case_whose_seal_is_lost_is_sealed_again() {
    let verdict = recorded_after("close", None, undo_seal).await;
    assert_eq!((verdict.outcome, verdict.ballots), (Outcome::Decided, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voided_case_whose_seal_is_lost_is_void() {
    let verdict = recorded_after("void", reason(), undo_seal).await;
    assert_eq!((verdict.outcome, verdict.ballots), (Outcome::Void, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voided_case_names_the_ballots_that_a_fail_over_lost() {
    let undone = |redis: &mut Redis, case: CaseId| {
        let key = format!("lj:{{{case}}}:case");
        redis.command(&["DEL", &format!("lj:{{{case}}}:ballots")]);
        redis.command(&["HSET", &key, "counts", "0,0", "rev", "0"]);
        undo_seal(redis, case);
    };
    let verdict = recorded_after("void", reason(), undone).await;
    assert_eq!((verdict.outcome, verdict.ballots, verdict.ballots_before_loss), (Outcome::Void, 0, Some(1)));
    assert_eq!(verdict.reason.as_deref(), Some("the wrong product"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_extension_that_a_fail_over_lost_is_made_again() {
    let mut stores = Stores::servers();
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let opened = moderator.create(ROOM, case(json!({}))).await;
    let extended: Case = moderator.extend(opened.id, 600).await.read(200);
    let key = format!("lj:{{{}}}:case", opened.id);
    let before = opened.closes_at_ms.unwrap().to_string();
    stores.redis().command(&["HSET", &key, "closes_at_ms", &before]);
    stores.redis().command(&["HDEL", &key, "extended_from_ms", "extended_by"]);

    let must = extended.closes_at_ms.unwrap().to_string();
    assert!(must > before);
    in_time("the extension", async { while stores.redis().command(&["HGET", &key, "closes_at_ms"]) != must {} }).await;
    assert_eq!(moderator.case(opened.id).await.closes_at_ms, extended.closes_at_ms);
    let trail = moderator.audit(opened.id).await;
    assert!(trail.iter().all(|line| !line.ends_with(AuditAction::Repaired.as_str())), "{trail:?}");
}
