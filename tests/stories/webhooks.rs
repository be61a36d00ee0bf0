//! Webhooks: a platform's servers are told of each step, in order, until they say that they have it.

use std::path::PathBuf;
use std::time::Duration;

use live_jury_protocol::CaseId;
use live_jury_tests::api::case;
use live_jury_tests::in_time;
use live_jury_tests::node::Node;
use live_jury_tests::program::Program;
use live_jury_tests::receiver::{Received, Receiver};
use live_jury_tests::stores::Stores;
use serde_json::{Value, json};

const ROOM: &str = "live-42";
/// The name of the target in its file.
const TARGET: &str = "shop";
/// A time after which the first repeat is due.
const FIRST_PAUSE: Duration = Duration::from_secs(7);
/// A time after which the second repeat is due.
const SECOND_PAUSE: Duration = Duration::from_secs(6 * 60);

live_jury_tests::on_both! {
    a_platform_is_told_of_each_step
    a_target_that_was_down_gets_everything_in_order
    a_party_whose_delivery_fails_holds_back_no_other
    a_target_that_is_gone_is_replayed
    an_operator_lists_tries_and_replays_a_target
}

/// A node that tells this receiver of all events.
async fn telling_node(stores: &Stores, folder: &tempfile::TempDir, receiver: &Receiver) -> Node {
    let file: PathBuf = folder.path().join("webhooks.json");
    std::fs::write(&file, receiver.targets_file(TARGET)).unwrap();
    let node = stores.node_with(|settings| settings.webhooks = Some(file)).await;
    // A new target begins after the last event, so its first look must come before the first step.
    wait_for_target(&node, "the target is served", |target| target.is_object()).await;
    node
}

/// Waits until this holds for the target's state.
async fn wait_for_target(node: &Node, what: &str, holds: impl Fn(&Value) -> bool) {
    let moderator = node.moderator("*");
    in_time(what, async {
        loop {
            let targets: Value = serde_json::from_str(&moderator.get("/trust/webhooks").await.text).unwrap();
            if holds(&targets["items"][0]) {
                break;
            }
        }
    })
    .await;
}

fn about(merchant: &str) -> Value {
    case(json!({ "subject": { "merchant": merchant }, "rules": { "quorum": 1 } }))
}

/// Opens a case on a merchant, lets one viewer vote, and closes it.
async fn judged(node: &Node, merchant: &str) -> CaseId {
    let moderator = node.moderator(ROOM);
    let opened = moderator.create(ROOM, about(merchant)).await.id;
    node.viewer(ROOM, merchant).await.vote(opened, "buyer").await;
    moderator.close(opened).await;
    opened
}

fn kinds(of: &[Value]) -> Vec<String> {
    of.iter().map(|body| body["type"].as_str().unwrap().to_owned()).collect()
}

fn merchant_of(received: &Received) -> &str {
    received.body["data"]["subject"]["merchant"].as_str().unwrap_or_default()
}

async fn a_platform_is_told_of_each_step(stores: Stores) {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    let node = telling_node(&stores, &folder, &receiver).await;
    let id = judged(&node, "m_1").await;
    receiver.wait_until("both events", |received| received.len() == 2).await;
    let told = receiver.accepted();
    assert_eq!(kinds(&told), ["case.opened", "case.recorded"]);
    assert!(told[0]["data"].get("ballots").is_none(), "no count before the record: {}", told[0]);
    let data = &told[1]["data"];
    assert_eq!((&data["case"], &data["outcome"], &data["share"]), (&json!(id), &json!("decided"), &json!(1.0)));

    // The platform can read the same events, and is told their ids.
    let moderator = node.moderator("*");
    let events: Value = serde_json::from_str(&moderator.get("/trust/events").await.text).unwrap();
    let recorded = events["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&recorded["seq"], &recorded["id"]), (&data["seq"], &json!(receiver.received()[1].id)));
    let next = events["next"].as_str().unwrap();
    let later: Value = serde_json::from_str(&moderator.get(&format!("/trust/events?after={next}")).await.text).unwrap();
    assert_eq!((&later["items"], &later["next"]), (&json!([]), &json!(next)));
    assert_eq!(moderator.get("/trust/events?after=7").await.problem(422).0, "invalid_field");
    assert_eq!(node.moderator(ROOM).get("/trust/events").await.status, 403);
    assert_eq!(node.moderator(ROOM).get("/trust/webhooks").await.status, 403);
}

async fn a_target_that_was_down_gets_everything_in_order(stores: Stores) {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    receiver.answer(|_| 503);
    let node = telling_node(&stores, &folder, &receiver).await;
    judged(&node, "m_1").await;
    receiver.wait_until("an attempt", |received| !received.is_empty()).await;
    stores.clock().advance(FIRST_PAUSE);
    receiver.wait_until("a second attempt", |received| received.len() >= 2).await;
    assert!(receiver.received().iter().all(|received| received.body["type"] == "case.opened"), "the order is kept");
    // Another node goes on where this one stopped.
    node.stop().await;
    receiver.answer(|_| 200);
    stores.clock().advance(SECOND_PAUSE);
    let node = telling_node(&stores, &folder, &receiver).await;
    judged(&node, "m_1").await;
    receiver.wait_until("all events", |received| received.iter().filter(|one| one.status == 200).count() >= 4).await;
    let told = receiver.accepted();
    assert_eq!(kinds(&told), ["case.opened", "case.recorded", "case.opened", "case.recorded"]);
    let ids: Vec<String> = receiver.received().into_iter().take(2).map(|received| received.id).collect();
    assert_eq!(ids[0], ids[1], "a repeat has the id of the first attempt");
}

async fn a_party_whose_delivery_fails_holds_back_no_other(stores: Stores) {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    receiver.answer(|body| if body["data"]["subject"]["merchant"] == "m_1" { 500 } else { 200 });
    let node = telling_node(&stores, &folder, &receiver).await;
    judged(&node, "m_1").await;
    judged(&node, "m_2").await;
    let of_other = |received: &Received| received.status == 200;
    receiver.wait_until("the other's", |received| received.iter().filter(|one| of_other(one)).count() == 2).await;
    assert!(receiver.accepted().iter().all(|body| body["data"]["subject"]["merchant"] == "m_2"));
    let first = receiver.received().into_iter().filter(|received| merchant_of(received) == "m_1");
    assert!(first.into_iter().all(|received| received.body["type"] == "case.opened"));
    wait_for_target(&node, "both of the first wait", |target| {
        (&target["name"], &target["waiting"], &target["failed"]) == (&json!(TARGET), &json!(2), &json!(0))
    })
    .await;
}

async fn a_target_that_is_gone_is_replayed(stores: Stores) {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    receiver.answer(|_| 410);
    let node = telling_node(&stores, &folder, &receiver).await;
    judged(&node, "m_1").await;
    let moderator = node.moderator("*");
    wait_for_target(&node, "the stop", |target| target["stopped_at_ms"].is_u64()).await;
    receiver.answer(|_| 200);
    assert_eq!(moderator.post("/trust/webhooks/nobody/replay", json!({ "after": 0 })).await.status, 404);
    assert_eq!(moderator.post(&format!("/trust/webhooks/{TARGET}/replay"), json!({ "after": 0 })).await.status, 204);
    receiver.wait_until("both events", |received| received.iter().filter(|one| one.status == 200).count() == 2).await;
    assert_eq!(kinds(&receiver.accepted()), ["case.opened", "case.recorded"]);
}

/// Runs a command on webhooks, and returns its exit code and what it printed.
async fn webhooks(words: &[&str]) -> (i32, String) {
    let output = Program::run(&[&["webhooks"], words].concat()).await;
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code().unwrap(), printed)
}

async fn an_operator_lists_tries_and_replays_a_target(stores: Stores) {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    let node = telling_node(&stores, &folder, &receiver).await;
    judged(&node, "m_1").await;
    receiver.wait_until("both events", |received| received.len() == 2).await;
    // Opened, sealed and recorded.
    wait_for_target(&node, "the cursor", |target| target["after"] == 3 && target["waiting"] == 0).await;
    // A SQLite file has one program at a time.
    node.stop().await;
    let arguments: Vec<String> = stores.arguments().into_iter().skip_while(|word| word != "--database").collect();
    let database = arguments[1].as_str();
    let (code, printed) = webhooks(&["list", "--database", database]).await;
    assert_eq!((code, printed.as_str()), (0, "shop: has the events up to 3, 0 wait, 0 were given up\n"));
    let (code, printed) = webhooks(&["replay", "nobody", "--after", "0", "--database", database]).await;
    assert!(code == 1 && printed.contains("there is no target nobody"), "{printed}");
    let (code, printed) = webhooks(&["replay", TARGET, "--after", "1", "--database", database]).await;
    assert_eq!((code, printed.as_str()), (0, "shop begins again after 1\n"));

    let file = folder.path().join("webhooks.json");
    let (code, printed) = webhooks(&["test", "--webhooks", file.to_str().unwrap()]).await;
    assert_eq!((code, printed.as_str()), (0, "shop: has the message\n"));
    receiver.answer(|_| 500);
    let (code, printed) = webhooks(&["test", "--webhooks", file.to_str().unwrap()]).await;
    assert!(code == 1 && printed.starts_with("shop: ") && !printed.contains("has the message"), "{printed}");

    receiver.answer(|_| 200);
    let _again = telling_node(&stores, &folder, &receiver).await;
    let is_record = |one: &&Received| one.status < 300 && one.body["type"] == "case.recorded";
    receiver.wait_until("the record again", |received| received.iter().filter(is_record).count() == 2).await;
}
