//! Keys of the tally that no node releases: each expires by itself, so that none lives for ever.

use futures_util::future::join_all;
use live_jury_protocol::limits::LIVE_CASES_PER_ROOM_MAX;
use live_jury_protocol::{CaseId, CaseState};
use live_jury_server::clock::Clock;
use live_jury_server::tally::{RELEASED_KEPT_MS, UNRECORDED_KEPT_MS};
use live_jury_tests::api::case;
use live_jury_tests::in_time;
use live_jury_tests::stores::Stores;
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};

use super::ROOM;

/// Duration of a case of the stories, in milliseconds.
const DURATION_MS: u64 = 600_000;
/// Longest time of a story between a call and its look, in milliseconds.
const SLACK_MS: u64 = 60_000;
/// Creations that fail, so that each leaves a key.
const FAILED: usize = 5;
/// Whether a node waits for the place of its verdict.
const IS_WAITING: &str =
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'verdict_places'::regclass)";

live_jury_tests::on_both! {
    keys_of_a_draft_that_a_full_room_did_not_open_expire
}

/// Milliseconds until the keys of these cases expire. It fails where a key never does.
fn left_in_redis(stores: &mut Stores, pattern: &str) -> Vec<u64> {
    let script = "local left = {} for _, key in ipairs(redis.call('KEYS', ARGV[1])) do \
                  left[#left + 1] = tostring(redis.call('PTTL', key)) end return table.concat(left, ' ')";
    let found = stores.redis().command(&["EVAL", script, "0", pattern]);
    found.split_whitespace().map(|left| left.parse().expect("the key expires")).collect()
}

/// The same for one case, in either store. No node may run.
async fn left_of(stores: &mut Stores, case: CaseId) -> Vec<u64> {
    if stores.try_database().is_some() {
        return left_in_redis(stores, &format!("lj:{{{case}}}:*"));
    }
    let mut file = SqliteConnectOptions::new().filename(stores.file()).read_only(true).connect().await.unwrap();
    let query = sqlx::query_scalar("SELECT expires_at_ms FROM tally_case WHERE id = ?1");
    let found: Vec<i64> = query.bind(case.0.as_bytes().to_vec()).fetch_all(&mut file).await.unwrap();
    found.into_iter().map(|at_ms| u64::try_from(at_ms).unwrap() - stores.clock().now_ms()).collect()
}

#[track_caller]
fn assert_expire(found: &[u64], keys: usize, after_ms: u64) {
    assert_eq!(found.len(), keys, "{found:?}");
    for left_ms in found {
        assert!((after_ms - SLACK_MS..=after_ms).contains(left_ms), "{left_ms} ms are left of {after_ms}");
    }
}

/// The node is killed when the verdict is committed and the keys are not released.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_a_verdict_whose_node_died_expire() {
    let mut stores = Stores::servers();
    let (proxy, redis) = stores.redis_proxy().await;
    let node = stores.node_with(|settings| settings.redis = Some(redis)).await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    node.viewer(ROOM, "ann").await.vote(opened.id, "buyer").await;

    let mut lock = PgConnection::connect(stores.database()).await.unwrap();
    let mut watch = PgConnection::connect(stores.database()).await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE verdict_places IN EXCLUSIVE MODE").execute(&mut lock).await.unwrap();
    let moderator = node.moderator(ROOM);
    let closing = tokio::spawn(async move { moderator.try_send("POST", &close_of(opened.id), &[], None).await });
    in_time("the recording", async {
        while !sqlx::query_scalar::<_, bool>(IS_WAITING).fetch_one(&mut watch).await.unwrap() {}
    })
    .await;
    proxy.pause();
    sqlx::raw_sql("COMMIT").execute(&mut lock).await.unwrap();
    let (_, docket) = stores.open().await;
    in_time("the verdict", async {
        while docket.case(opened.id).await.unwrap().unwrap().state.name() != CaseState::Decided {}
    })
    .await;
    node.kill().await;
    closing.abort();
    drop(proxy);
    let left = left_of(&mut stores, opened.id).await;
    assert_expire(&left, 2, DURATION_MS + UNRECORDED_KEPT_MS);

    // The next node has nothing to do for the case, and the keys still expire.
    let node = stores.node().await;
    assert_eq!(node.moderator(ROOM).case(opened.id).await.state, CaseState::Decided);
    assert!(left_of(&mut stores, opened.id).await.iter().all(|left| *left <= DURATION_MS + UNRECORDED_KEPT_MS));
}

/// The database reads, and takes no further case.
const REFUSE_CASES: &str = "CREATE FUNCTION refuse_cases() RETURNS trigger LANGUAGE plpgsql AS \
    $$ BEGIN RAISE EXCEPTION 'no further case'; END $$; \
    CREATE TRIGGER refuse_cases BEFORE INSERT ON cases FOR EACH ROW EXECUTE FUNCTION refuse_cases()";

fn close_of(case: CaseId) -> String {
    format!("/cases/{case}/close")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_cases_that_were_never_filed_expire() {
    let mut stores = Stores::servers();
    let node = stores.node().await;
    let filed = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    node.moderator(ROOM).close(filed.id).await;
    let released = left_in_redis(&mut stores, "lj:{*}:case");
    assert_expire(&released, 1, RELEASED_KEPT_MS);

    let mut db = PgConnection::connect(stores.database()).await.unwrap();
    sqlx::raw_sql(REFUSE_CASES).execute(&mut db).await.unwrap();
    let moderator = node.moderator(ROOM);
    let path = format!("/rooms/{ROOM}/cases");
    let refused = join_all((0..FAILED).map(|_| moderator.post(&path, case(json!({}))))).await;
    assert!(refused.iter().all(|answer| answer.problem(503).0 == "unavailable"));
    let mut left = left_in_redis(&mut stores, "lj:{*}:case");
    left.retain(|left| *left > RELEASED_KEPT_MS);
    assert_expire(&left, FAILED, DURATION_MS + UNRECORDED_KEPT_MS);
}

async fn keys_of_a_draft_that_a_full_room_did_not_open_expire(mut stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    for _ in 0..LIVE_CASES_PER_ROOM_MAX {
        moderator.create(ROOM, case(json!({}))).await;
    }
    let draft = moderator.create(ROOM, case(json!({ "open": false }))).await;
    assert_eq!(moderator.act(draft.id, "open").await.problem(409).0, "too_many_cases");
    node.kill().await;
    assert_expire(&left_of(&mut stores, draft.id).await, 1, DURATION_MS + UNRECORDED_KEPT_MS);
}
