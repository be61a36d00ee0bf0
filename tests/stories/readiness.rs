//! The admin listener, and a node with another ballot secret. Tested through the public surface and the admin listener
//! only.

use live_jury_protocol::{Refusal, close};
use live_jury_tests::api::{Api, case};
use live_jury_tests::juror::{Answer, Juror};
use live_jury_tests::node::Node;
use live_jury_tests::program::Program;
use live_jury_tests::stores::Stores;
use serde_json::{Value, json};

const ROOM: &str = "live-42";

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
        "tally_current": true, "unrecorded": 0,
    });
    assert_eq!(readiness(&node).await, (200, all));
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_without_durability_is_reported() {
    let mut stores = Stores::servers();
    stores.redis().command(&["CONFIG", "SET", "appendfsync", "everysec"]);
    let node = stores.node().await;
    let (status, body) = readiness(&node).await;
    assert_eq!((status, &body["durable"]), (200, &json!(false)));
}

/// During a docket outage no case opens and no room is read, but ballots need the tally only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_counts_ballots_during_a_docket_outage() {
    let stores = Stores::servers();
    let mut postgres = live_jury_tests::postgres::Postgres::start();
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
    assert_eq!((status, &body["docket"], &body["tally"]), (503, &json!(false), &json!(true)));
    let mut stranger = Juror::connect(node.address, "live-43").await;
    let join = json!({ "type": "join", "token": live_jury_tests::tokens::viewer("live-43", "bob") });
    stranger.send_text(&join.to_string()).await;
    assert_eq!(stranger.closed_with().await, close::TRY_LATER);

    postgres.restart();
    assert_eq!(moderator.close(opened.id).await.verdict.unwrap().ballots, 1);
}
