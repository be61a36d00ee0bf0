//! PostgreSQL stopped, cut off, slow or silent at the end of a case: the case stays sealed, and is recorded after the
//! recovery.

mod put_back;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use live_jury_court::{Marks, Pseudonym};
use live_jury_protocol::{BallotStatus, Case, CaseState, Outcome, Refusal};
use live_jury_server::config::Database;
use live_jury_server::tally::{Cast, StoreEpoch};
use live_jury_tests::api::{Api, case};
use live_jury_tests::in_time;
use live_jury_tests::juror::{Answer, Juror};
use live_jury_tests::node::Node;
use live_jury_tests::postgres::Postgres;
use live_jury_tests::program::Program;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{moderator, viewer};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tokio::time::Instant;

use super::ROOM;

/// Enough ballots for a recording that can be interrupted.
const MANY: u32 = 20_000;
/// Bytes of a recording before the cut: some thousand ballots, in the middle of the recording.
const HALF_WAY_BYTES: u64 = 200_000;
/// Ballots in three ranges, each of which is filed in a transaction of its own.
const LARGE: u32 = 60_000;
/// Bytes of a recording before the cut: 45,000 ballots, in the middle of the third range.
const THIRD_RANGE_BYTES: u64 = 3_700_000;
/// Limit for the end of a statement after its call has failed. The server looks for its client every second.
const STATEMENT_END_MAX: Duration = Duration::from_secs(3);
/// Limit for a request's answer. The server's own time-outs are shorter, also on a busy machine.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_stays_sealed_during_a_docket_outage_and_is_recorded_later() {
    let stores = Stores::servers();
    let mut postgres = Postgres::start();
    let database = postgres.fresh_database();
    let server = Program::serve(&stores, &["--database", &database]).await;
    let mod_api = Api::new(server.address, Some(&moderator(ROOM, "mod")));
    let opened = mod_api.create(ROOM, case(json!({ "duration_s": 5 }))).await;
    let mut ann = Juror::join(server.address, ROOM, &viewer(ROOM, "ann")).await;
    ann.vote(opened.id, "buyer").await;

    postgres.stop();
    let unrecorded = wait_for(&server, |body| body["unrecorded"] == 1).await;
    // Votes need the tally alone, so the node keeps its traffic.
    assert_eq!((&unrecorded["docket"], &unrecorded["ready"]), (&json!(false), &json!(true)));
    in_time("the metric", async {
        let shows_one = |metrics: String| metrics.lines().any(|line| line == "live_jury_unrecorded_cases 1");
        while !shows_one(server.admin().get("/metrics").await.text) {}
    })
    .await;
    let late = ann.cast(opened.id, "merchant").await;
    assert!(matches!(late, Answer::Refused(Refusal::Closed, None)), "{late:?}");
    assert!(ann.docket.iter().all(|case| case.verdict.is_none()), "nothing is shown that is not recorded");

    postgres.restart();
    let verdict = ann.wait_for_verdict(opened.id).await;
    assert_eq!((verdict.outcome, verdict.ballots), (Outcome::Decided, 1));
    let closes_at_ms = opened.closes_at_ms.unwrap();
    assert!(verdict.decided_at_ms >= closes_at_ms, "dated by the seal");
    assert!(
        verdict.decided_at_ms < closes_at_ms + 2_000,
        "{} after the deadline",
        verdict.decided_at_ms - closes_at_ms
    );
    wait_for(&server, |body| body["unrecorded"] == 0 && body["ready"] == true).await;
}

/// Polls `/readyz` until its body is as wanted.
async fn wait_for(server: &Program, wanted: impl Fn(&Value) -> bool) -> Value {
    in_time("a state of health", async {
        loop {
            let body: Value = serde_json::from_str(&server.admin().get("/readyz").await.text).unwrap();
            if wanted(&body) {
                return body;
            }
        }
    })
    .await
}

/// The database accepts requests and never answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_time_out_while_the_docket_is_silent() {
    let stores = Stores::servers();
    let (proxy, database) = stores.database_proxy().await;
    let node = stores.node_with(|settings| settings.database = database).await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({ "duration_s": 5 }))).await;
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.wait_for_case(opened.id, |_| true).await;

    proxy.pause();
    ann.vote(opened.id, "buyer").await;
    let began = Instant::now();
    let created = node.moderator(ROOM).post(&format!("/rooms/{ROOM}/cases"), case(json!({}))).await;
    assert_eq!(created.problem(503).0, "unavailable");
    assert!(began.elapsed() < ANSWER_TIME_MAX, "{:?}", began.elapsed());
    let began = Instant::now();
    let health: Value = Api::new(node.admin, None).get("/readyz").await.read(200);
    assert_eq!(health["docket"], false);
    assert!(began.elapsed() < ANSWER_TIME_MAX, "{:?}", began.elapsed());

    proxy.restore();
    let verdict = ann.wait_for_verdict(opened.id).await;
    assert_eq!((verdict.outcome, verdict.ballots), (Outcome::Decided, 1));
}

/// A case with many ballots, past its deadline, that no node has sealed yet.
async fn many_ballots(stores: &Stores, many: u32) -> Case {
    let node = stores.node().await;
    // The ballots must be in before the deadline, also on a busy machine.
    let duration_s = 5 + many / 4_000;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({ "duration_s": duration_s }))).await;
    node.kill().await;
    let (tally, _) = stores.open().await;
    let ballots: Vec<Cast> = (0..many)
        .map(|n| {
            let juror = Pseudonym(u128::from(n).to_be_bytes());
            Cast { juror, option: u8::from(n % 3 == 0), side: None, marks: Marks::default(), change: 0 }
        })
        .collect();
    for batch in ballots.chunks(1_000) {
        tally.record(opened.id, StoreEpoch::from(1), 0, batch).await.unwrap();
    }
    in_time("the deadline", async {
        while tally.now_ms().await.unwrap() < opened.closes_at_ms.unwrap() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    opened
}

async fn decided_by_many(node: &Node, opened: &Case, many: u32) {
    let ended = node.wait_for_verdict(opened).await;
    let verdict = ended.verdict.unwrap();
    assert_eq!((ended.state, verdict.outcome), (CaseState::Decided, Outcome::Decided));
    assert_eq!(verdict.ballots, u64::from(many));
    assert_eq!(verdict.option.unwrap().as_str(), "buyer");
    assert_eq!(
        verdict.counts.unwrap()[&"merchant".parse::<live_jury_protocol::OptionId>().unwrap()],
        u64::from(many.div_ceil(3))
    );
    assert_eq!(node.moderator(ROOM).ballots(opened.id).await.len(), many as usize);
    let audit = node.moderator(ROOM).audit(opened.id).await;
    assert_eq!(audit, ["mod created", "mod opened", "server sealed", "server decided"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_node_finishes_a_recording_that_a_killed_node_began() {
    let stores = Stores::servers();
    let opened = many_ballots(&stores, MANY).await;
    let (proxy, database) = stores.database_proxy().await;
    let dying = stores.node_with(|settings| settings.database = database).await;
    proxy.cut_requests_after(HALF_WAY_BYTES);
    in_time("the cut", async {
        while proxy.cut_short() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    dying.kill().await;
    decided_by_many(&stores.node().await, &opened, MANY).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_is_retried_after_its_connection_was_cut() {
    let stores = Stores::servers();
    let opened = many_ballots(&stores, MANY).await;
    let (proxy, database) = stores.database_proxy().await;
    let node = Arc::new(stores.node_with(|settings| settings.database = database).await);
    proxy.cut_requests_after(HALF_WAY_BYTES);
    decided_by_many(&node, &opened, MANY).await;
    assert_eq!(proxy.cut_short(), 1);
}

/// The database commits, and its reply is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verdict_with_a_lost_commit_reply_is_recorded_once() {
    let stores = Stores::servers();
    let (proxy, database) = stores.database_proxy().await;
    let here = stores.node_with(|settings| settings.database = database).await;
    let there = stores.node().await;
    let opened = here.moderator(ROOM).create(ROOM, case(json!({ "duration_s": 5 }))).await;
    let (mut ann, mut bob) = (here.viewer(ROOM, "ann").await, there.viewer(ROOM, "bob").await);
    ann.vote(opened.id, "buyer").await;
    proxy.pause_replies();
    let verdict = bob.wait_for_verdict(opened.id).await;
    proxy.cut();
    proxy.restore();
    assert_eq!(ann.wait_for_verdict(opened.id).await, verdict);
    let audit = here.moderator(ROOM).audit(opened.id).await;
    assert_eq!(audit, ["mod created", "mod opened", "server sealed", "server decided"]);
}

/// A database that slows down within a transaction: each row after the first 20,000 takes 10 ms. It counts all rows
/// that it was sent, also those of transactions that were rolled back.
const SLOW_ROWS: &str = "
    CREATE SEQUENCE rows_sent;
    CREATE FUNCTION delay_row() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        rows_before BIGINT := coalesce(nullif(current_setting('test.rows', true), ''), '0');
    BEGIN
        PERFORM nextval('rows_sent');
        PERFORM set_config('test.rows', (rows_before + 1)::text, true);
        IF rows_before >= 20000 THEN
            PERFORM pg_sleep(0.01);
        END IF;
        RETURN NEW;
    END
    $$;
    CREATE TRIGGER rows_are_slow BEFORE INSERT ON ballots FOR EACH ROW EXECUTE FUNCTION delay_row();
";

/// In one statement the ballots would take 400 s. Each try keeps what it has filed, also if its connection is cut.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_database_records_a_large_case() {
    let stores = Stores::servers();
    let opened = many_ballots(&stores, LARGE).await;
    let mut db = PgConnection::connect(stores.database()).await.unwrap();
    sqlx::raw_sql(SLOW_ROWS).execute(&mut db).await.unwrap();
    let (proxy, database) = stores.database_proxy().await;
    proxy.cut_requests_after(THIRD_RANGE_BYTES);
    let node = stores.node_with(|settings| settings.database = database).await;
    decided_by_many(&node, &opened, LARGE).await;
    assert_eq!(proxy.cut_short(), 1);
    let sent: i64 = sqlx::query_scalar("SELECT last_value FROM rows_sent").fetch_one(&mut db).await.unwrap();
    assert!(sent < i64::from(LARGE) + 20_000, "{sent} rows were sent: ranges that were there were sent again");
}

/// Two statements of a call, or one, that take longer than the call may.
const SLOW_STATEMENTS: &str = "
    CREATE FUNCTION delay_statement() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_sleep(TG_ARGV[0]::float);
        RETURN NEW;
    END
    $$;
    CREATE TRIGGER case_is_slow BEFORE INSERT ON cases FOR EACH ROW
        WHEN (NEW.room = 'slow-twice') EXECUTE FUNCTION delay_statement('6');
    CREATE TRIGGER line_is_slow BEFORE INSERT ON audit FOR EACH ROW
        WHEN (NEW.who = 'slow-twice') EXECUTE FUNCTION delay_statement('60');
    CREATE TRIGGER case_is_slower BEFORE INSERT ON cases FOR EACH ROW
        WHEN (NEW.room = 'slow-once') EXECUTE FUNCTION delay_statement('60');
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timed_out_call_leaves_nothing_running() {
    let stores = Stores::servers();
    let node = stores.node().await;
    let mut db = PgConnection::connect(stores.database()).await.unwrap();
    sqlx::raw_sql(SLOW_STATEMENTS).execute(&mut db).await.unwrap();
    let creating = ["slow-once", "slow-twice"].map(|room| {
        let moderator = node.api(&moderator(room, room));
        async move { moderator.post(&format!("/rooms/{room}/cases"), case(json!({}))).await }
    });
    let began = Instant::now();
    for created in join_all(creating).await {
        assert_eq!(created.problem(503).0, "unavailable");
    }
    assert!(began.elapsed() < ANSWER_TIME_MAX, "{:?}", began.elapsed());
    let running = "SELECT count(*) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'";
    let wait = async { while sqlx::query_scalar::<_, i64>(running).fetch_one(&mut db).await.unwrap() > 0 {} };
    tokio::time::timeout(STATEMENT_END_MAX, wait).await.expect("a statement runs on after its call has failed");
}

/// The docket of before a loss is put back. It has the first epoch, and Redis has the second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_docket_behind_the_epoch_catches_up() {
    let mut stores = Stores::servers();
    let node = stores.node().await;
    let by_hand = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    let by_itself = node.moderator(ROOM).create(ROOM, case(json!({ "duration_s": 15 }))).await;
    node.viewer(ROOM, "ann").await.vote(by_hand.id, "buyer").await;
    node.stop().await;
    let before = Postgres::copy_of(stores.database());

    let node = stores.node().await;
    let mut ann = node.viewer(ROOM, "ann").await;
    stores.redis().flush();
    for case in [by_hand.id, by_itself.id] {
        ann.wait_for_case(case, |case| case.epoch == 2).await;
        ann.cast_until_recorded(case, "merchant").await;
    }
    node.stop().await;

    let node = stores.node_with(|settings| settings.database = Database::Postgres(before)).await;
    let mut bob = node.viewer(ROOM, "bob").await;
    for case in [by_hand.id, by_itself.id] {
        assert_eq!(bob.cast_until_recorded(case, "merchant").await, BallotStatus::Counted);
        assert_eq!(bob.wait_for_case(case, |case| case.epoch > 1).await.epoch, 2);
    }
    let extended: Case = node.moderator(ROOM).extend(by_hand.id, 30).await.read(200);
    assert_eq!(extended.epoch, 2);
    // Nobody knows more of the ballots before the loss than what is in the store, and in the ledger of then.
    let ended = node.wait_for_verdict(&by_itself).await;
    let verdict = ended.verdict.unwrap();
    assert_eq!((ended.epoch, verdict.ballots, verdict.ballots_before_loss), (2, 2, Some(1)));
    let audit = node.moderator(ROOM).audit(by_itself.id).await;
    assert_eq!(audit, ["mod created", "mod opened", "server repaired", "server sealed", "server decided"]);
    let ended = node.moderator(ROOM).close_after_loss(by_hand.id).await;
    let verdict = ended.verdict.unwrap();
    assert_eq!((ended.epoch, verdict.ballots, verdict.ballots_before_loss), (2, 2, Some(1)));
}

/// The same docket, and the moderator is the first to act on the case.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_of_a_docket_behind_the_epoch_can_be_closed() {
    let mut stores = Stores::servers();
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    node.stop().await;
    let before = Postgres::copy_of(stores.database());
    let node = stores.node().await;
    let mut ann = node.viewer(ROOM, "ann").await;
    stores.redis().flush();
    ann.cast_until_recorded(opened.id, "buyer").await;
    ann.wait_for_case(opened.id, |case| case.epoch == 2).await;
    node.stop().await;

    let node = stores.node_with(|settings| settings.database = Database::Postgres(before)).await;
    let closing = async {
        loop {
            let reply = node.moderator(ROOM).act(opened.id, "close").await;
            // The node may have to take the store over first.
            if reply.status != 503 {
                return reply.problem(409).0;
            }
        }
    };
    assert_eq!(in_time("an answer", closing).await, "too_early", "jurors get the time to cast again");
    let ended = node.moderator(ROOM).close_after_loss(opened.id).await;
    assert_eq!((ended.epoch, ended.verdict.unwrap().ballots), (2, 1));
}
