//! The admin listener, and a node with another ballot secret. Tested through the public surface and the admin listener
//! only.

use std::time::Duration;

use live_jury_protocol::{Refusal, close};
use live_jury_server::config::{AcceptLoss, Timeout};
use live_jury_tests::api::{Api, case};
use live_jury_tests::in_time;
use live_jury_tests::juror::{Answer, Juror};
use live_jury_tests::node::Node;
use live_jury_tests::postgres::Postgres;
use live_jury_tests::program::Program;
use live_jury_tests::stores::Stores;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

const ROOM: &str = "live-42";
/// Time between two readings of settings, and between two looks at `/readyz`.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

live_jury_tests::on_both! {
    a_node_is_alive_and_ready
    a_node_with_another_ballot_secret_records_nothing
}

async fn readiness(node: &Node) -> (u16, Value) {
    let reply = Api::new(node.admin, None).get("/readyz").await;
    (reply.status, serde_json::from_str(&reply.text).unwrap())
}

async fn a_node_is_alive_and_ready(stores: Stores) {
    let node = stores.node().await;
    let admin = Api::new(node.admin, None);
    assert_eq!(admin.get("/healthz").await.status, 200);
    assert_eq!(admin.get("/metrics").await.status, 200);
    let all = json!({
        "ready": true, "stopping": false, "tally": true, "docket": true, "ballot_key": true, "durable": true,
        "tally_writable": true, "docket_writable": true,
        "tally_current": true, "unrecorded": 0, "signed": stores.try_database().is_none(),
    });
    in_time("the log is signed where it has a key", async { while readiness(&node).await != (200, all.clone()) {} })
        .await;
    assert_eq!(Api::new(node.address, None).get("/metrics").await.status, 404, "not for the public");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_series_is_there_at_the_start() {
    let stores = Stores::embedded();
    let server = Program::serve(&stores, &[]).await;
    let text = server.admin().get("/metrics").await.text;
    for series in [
        "live_jury_tally_losses_total",
        "live_jury_turned_away_total{reason=\"origin\"}",
        "live_jury_http_problems_total{code=\"unavailable\"}",
        "live_jury_casts_total{answer=\"busy\"}",
        "live_jury_verdicts_total{outcome=\"void\"}",
        "live_jury_closes_total{code=\"4510\"}",
        "live_jury_record_seconds_count",
    ] {
        assert!(text.lines().any(|line| line == format!("{series} 0")), "{series}: {text}");
    }
}

/// With another secret, a juror would have a second pseudonym and could vote twice.
async fn a_node_with_another_ballot_secret_records_nothing(stores: Stores) {
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    node.viewer(ROOM, "ann").await.vote(opened.id, "buyer").await;
    node.kill().await;

    let other = stores
        .node_with(|settings| {
            settings.ballot_secret = Some("another secret, as long as the real one is".parse().unwrap())
        })
        .await;
    let mut ann = other.viewer(ROOM, "ann").await;
    ann.wait_for_case(opened.id, |_| true).await;
    assert!(matches!(ann.cast(opened.id, "buyer").await, Answer::Refused(Refusal::Unavailable, Some(_))));
    let (status, body) = readiness(&other).await;
    assert_eq!((status, &body["ballot_key"], &body["tally"]), (503, &json!(false), &json!(true)));
    other.kill().await;

    let node = stores.node().await;
    node.moderator(ROOM).close(opened.id).await;
    assert_eq!(node.moderator(ROOM).case(opened.id).await.verdict.unwrap().ballots, 1);
}

/// Waits until `/readyz` has this value.
async fn until_ready_says(node: &Node, field: &str, value: Value) {
    in_time(field, async {
        while readiness(node).await.1[field] != value {
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    })
    .await;
}

async fn set_redis(stores: &mut Stores, name: &str, value: &str) {
    assert_eq!(stores.redis().command(&["CONFIG", "SET", name, value]), "OK");
}

async fn set_postgres(admin: &mut PgConnection, name: &str, value: &str) {
    let sql = format!("ALTER SYSTEM SET {name} = {value}");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *admin).await.unwrap();
    sqlx::raw_sql("SELECT pg_reload_conf()").execute(admin).await.unwrap();
}

/// Starts a node that reads the stores' settings all the time, on a PostgreSQL of its own.
async fn node_that_reads_settings(stores: &Stores, postgres: &Postgres, accept_loss: AcceptLoss) -> (Node, String) {
    let database = postgres.fresh_database();
    let node = stores
        .node_with(|settings| {
            settings.database = database.parse().unwrap();
            settings.durability_interval = Timeout(LOOK_INTERVAL);
            settings.accept_loss = accept_loss;
        })
        .await;
    (node, database)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_weaken_are_seen_and_no_case_opens() {
    let (mut stores, postgres) = (Stores::servers(), Postgres::start());
    let (node, database) = node_that_reads_settings(&stores, &postgres, AcceptLoss::No).await;
    let mut admin = PgConnection::connect(&database).await.unwrap();
    let moderator = node.moderator(ROOM);
    let cases = format!("/rooms/{ROOM}/cases");
    let opened = moderator.create(ROOM, case(json!({}))).await.id;
    let draft = moderator.create(ROOM, case(json!({ "open": false }))).await.id;
    let mut votes = 0;
    for (is_redis, name, weak, strong) in [
        (true, "appendonly", "no", "yes"),
        (true, "appendfsync", "everysec", "always"),
        (true, "no-appendfsync-on-rewrite", "yes", "no"),
        (true, "maxmemory-policy", "allkeys-lru", "noeviction"),
        (false, "fsync", "off", "on"),
        (false, "full_page_writes", "off", "on"),
    ] {
        match is_redis {
            true => set_redis(&mut stores, name, weak).await,
            false => set_postgres(&mut admin, name, weak).await,
        }
        until_ready_says(&node, "durable", json!(false)).await;
        assert_eq!(readiness(&node).await.0, 200, "{name}");
        let refused = moderator.post(&cases, case(json!({}))).await;
        assert_eq!(refused.problem(503).0, "not_durable", "{name}");
        assert_eq!(moderator.act(draft, "open").await.problem(503).0, "not_durable", "{name}");
        // The open case goes on, and drafts are written.
        node.viewer(ROOM, name).await.vote(opened, "buyer").await;
        votes += 1;
        assert_eq!(moderator.patch(&format!("/cases/{draft}"), json!({ "remedy": name })).await.status, 200, "{name}");
        match is_redis {
            true => set_redis(&mut stores, name, strong).await,
            false => set_postgres(&mut admin, name, strong).await,
        }
        until_ready_says(&node, "durable", json!(true)).await;
        let another = moderator.create(ROOM, case(json!({}))).await.id;
        moderator.void(another, "enough").await;
    }
    assert_eq!(moderator.close(opened).await.verdict.unwrap().ballots, votes);
}

/// The node's sessions wait for the disk at each commit, whatever the server's own setting is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_commit_to_the_disk() {
    let (stores, postgres) = (Stores::servers(), Postgres::start());
    let mut admin = PgConnection::connect(&postgres.fresh_database()).await.unwrap();
    set_postgres(&mut admin, "synchronous_commit", "off").await;
    let (node, _) = node_that_reads_settings(&stores, &postgres, AcceptLoss::No).await;
    assert_eq!(readiness(&node).await.1["durable"], true);
    node.moderator(ROOM).create(ROOM, case(json!({}))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_may_accept_a_loss() {
    let mut stores = Stores::servers();
    // A Redis that does not tell its settings.
    assert_eq!(stores.redis().command(&["ACL", "SETUSER", "default", "-config"]), "OK");
    for (accept_loss, opens, is_durable) in
        [(AcceptLoss::No, false, false), (AcceptLoss::Unknown, true, true), (AcceptLoss::Yes, true, false)]
    {
        let node = stores.node_with(|settings| settings.accept_loss = accept_loss).await;
        assert_eq!(readiness(&node).await.1["durable"], is_durable, "{accept_loss}");
        let created = node.moderator(ROOM).post(&format!("/rooms/{ROOM}/cases"), case(json!({}))).await;
        assert_eq!(created.status, if opens { 201 } else { 503 }, "{accept_loss}: {}", created.text);
        let ann = node.viewer(ROOM, "ann").await;
        assert_eq!(ann.welcome.as_ref().unwrap().durable, is_durable, "{accept_loss}");
        node.stop().await;
    }
}

/// During a docket outage no case opens and no room is read, but ballots need the tally only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_counts_ballots_during_a_docket_outage() {
    let stores = Stores::servers();
    let mut postgres = Postgres::start();
    let database = postgres.fresh_database();
    let node = stores.node_with(|settings| settings.database = database.parse().unwrap()).await;
    let moderator = node.moderator(ROOM);
    let opened = moderator.create(ROOM, case(json!({}))).await;
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.wait_for_case(opened.id, |_| true).await;

    postgres.stop();
    ann.vote(opened.id, "buyer").await;
    let refused = moderator.post(&format!("/rooms/{ROOM}/cases"), case(json!({}))).await;
    assert_eq!((refused.problem(503).0.as_str(), refused.header("retry-after")), ("unavailable", "2"));
    let (status, body) = readiness(&node).await;
    assert_eq!((status, &body["docket"], &body["tally"]), (200, &json!(false), &json!(true)));
    until_ready_says(&node, "docket_writable", json!(false)).await;
    let mut stranger = Juror::connect(node.address, "live-43").await;
    let join = json!({ "type": "join", "token": live_jury_tests::tokens::viewer("live-43", "bob") });
    stranger.send_text(&join.to_string()).await;
    assert_eq!(stranger.closed_with().await, close::TRY_LATER);

    postgres.restart();
    assert_eq!(moderator.close(opened.id).await.verdict.unwrap().ballots, 1);
}

/// Where no other node can write either, this one stays in traffic: it serves what can be served.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_tells_that_a_full_redis_cannot_be_written() {
    let mut stores = Stores::servers();
    let node = stores.node().await;
    until_ready_says(&node, "tally_writable", json!(true)).await;
    set_redis(&mut stores, "maxmemory", "1").await;
    until_ready_says(&node, "tally_writable", json!(false)).await;
    let (status, body) = readiness(&node).await;
    assert_eq!((status, &body["tally"], &body["docket_writable"]), (200, &json!(true), &json!(true)));
    set_redis(&mut stores, "maxmemory", "0").await;
    until_ready_says(&node, "tally_writable", json!(true)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_tells_that_a_read_only_postgres_cannot_be_written() {
    let (stores, postgres) = (Stores::servers(), Postgres::start());
    let (node, database) = node_that_reads_settings(&stores, &postgres, AcceptLoss::No).await;
    let mut admin = PgConnection::connect(&database).await.unwrap();
    set_postgres(&mut admin, "default_transaction_read_only", "on").await;
    until_ready_says(&node, "docket_writable", json!(false)).await;
    let (status, body) = readiness(&node).await;
    assert_eq!((status, &body["docket"], &body["tally_writable"]), (200, &json!(true), &json!(true)));
    let refused = node.moderator(ROOM).post(&format!("/rooms/{ROOM}/cases"), case(json!({}))).await;
    assert_eq!(refused.problem(503).0, "unavailable");
    set_postgres(&mut admin, "default_transaction_read_only", "off").await;
    until_ready_says(&node, "docket_writable", json!(true)).await;
    node.moderator(ROOM).create(ROOM, case(json!({}))).await;
}

/// Each node has a user of its own in Redis, and loses the right to write with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_alone_cannot_write_gets_no_traffic() {
    let mut stores = Stores::servers();
    let mut nodes = Vec::new();
    for user in ["here", "there"] {
        assert_eq!(stores.redis().command(&["ACL", "SETUSER", user, "on", ">secret", "~*", "&*", "+@all"]), "OK");
        let url = format!("redis://{user}:secret@{}", stores.redis().address()).parse().unwrap();
        nodes.push(stores.node_with(|settings| settings.redis = Some(url)).await);
    }
    let mut may_write = |user: &str, right: &str| {
        assert_eq!(stores.redis().command(&["ACL", "SETUSER", user, right]), "OK");
    };
    let [here, there] = &nodes[..] else { panic!("two nodes") };
    until_ready_says(here, "ready", json!(true)).await;
    may_write("here", "-set");
    until_ready_says(here, "ready", json!(false)).await;
    assert_eq!(readiness(here).await.1["tally_writable"], false);
    assert_eq!(readiness(there).await.0, 200);

    may_write("there", "-set");
    until_ready_says(there, "tally_writable", json!(false)).await;
    until_ready_says(here, "ready", json!(true)).await;
    assert_eq!(readiness(there).await.0, 200, "nobody is helped if both get no traffic");
    may_write("here", "+set");
    until_ready_says(here, "tally_writable", json!(true)).await;
}
