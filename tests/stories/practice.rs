//! Practice: made-up cases with known answers, what they give a juror, and how it is forgotten.

use std::path::PathBuf;
use std::sync::Arc;

use live_jury_protocol::{Case, Practice, PracticeItem, PracticeResult, Role};
use live_jury_tests::api::{Api, case};
use live_jury_tests::clock::TestClock;
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{claims, sign, token, viewer};
use serde_json::{Value, json};
use tempfile::TempDir;

const ROOM: &str = "live-42";
/// Items in the tests' file, of which the last one is Chinese only.
const ITEMS: usize = 12;

live_jury_tests::on_both! {
    a_juror_passes_practice_and_has_a_level
    a_level_by_practice_opens_a_panel
    an_item_is_answered_once_by_each_juror
    practice_is_for_viewers_with_a_name
    a_juror_is_forgotten_by_the_platform_alone
    a_node_does_not_start_with_items_that_moved
    a_node_without_items_has_no_practice
}

fn item(n: usize) -> Value {
    let texts = |lang: &str| {
        json!({
            "title": format!("{lang} {n}"), "summary": "s", "buyer": "b", "merchant": "m", "why": format!("{lang} why"),
            "options": [{ "id": "buyer", "label": "B" }, { "id": "merchant", "label": "M" }]
        })
    };
    let right = if n.is_multiple_of(2) { "buyer" } else { "merchant" };
    match n + 1 < ITEMS {
        true => json!({ "id": format!("i{n}"), "right": right, "texts": { "en": texts("en"), "zh-CN": texts("zh") } }),
        false => json!({ "id": format!("i{n}"), "right": right, "texts": { "zh-CN": texts("zh") } }),
    }
}

fn right(item: &PracticeItem) -> &'static str {
    let n: usize = item.id.as_str()[1..].parse().expect("a number");
    if n.is_multiple_of(2) { "buyer" } else { "merchant" }
}

/// A file of these items.
fn file(items: &[Value]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("practice.json");
    std::fs::write(&path, serde_json::to_vec(items).expect("JSON")).expect("the file is written");
    (folder, path)
}

pub async fn practising(stores: &Stores) -> Node {
    let (_folder, path) = file(&(0..ITEMS).map(item).collect::<Vec<_>>());
    stores.node_with(|settings| settings.practice = Some(path)).await
}

pub fn juror(node: &Node, sub: &str) -> Api {
    node.api(&viewer(ROOM, sub))
}

pub async fn next(api: &Api) -> Practice {
    api.get("/practice").await.read(200)
}

async fn answer(api: &Api, item: &PracticeItem, option: &str) -> PracticeResult {
    api.post(&format!("/practice/{}", item.id), json!({ "option": option })).await.read(200)
}

async fn a_juror_passes_practice_and_has_a_level(stores: Stores) {
    let node = practising(&stores).await;
    let ann = juror(&node, "ann");
    let mut orders = Vec::new();
    for answered in 0..7 {
        let practice = next(&ann).await;
        assert_eq!((practice.answered, practice.level), (answered, 0));
        let item = practice.item.expect("an item");
        let given = answer(&ann, &item, right(&item)).await;
        assert_eq!((given.right.as_str(), given.why.as_str()), (right(&item), "en why"));
        assert_eq!(given.level, u8::from(answered == 6), "seven of seven pass");
        orders.push(item.id);
    }
    // The level stays, whatever comes after it.
    let mut last = next(&ann).await;
    assert!(last.e > 11.0 && last.e < 12.0, "{}", last.e);
    while let Some(item) = last.item {
        let wrong = if right(&item) == "buyer" { "merchant" } else { "buyer" };
        assert_eq!(answer(&ann, &item, wrong).await.level, 1);
        last = next(&ann).await;
    }
    assert_eq!((last.answered, last.level), (ITEMS as u64 - 1, 1), "one item has no English text");
    let chinese: Practice = ann.get("/practice?lang=zh-CN").await.read(200);
    assert_eq!(chinese.item.expect("an item").title, format!("zh {}", ITEMS - 1));
    let bob = next(&juror(&node, "bob")).await.item.expect("an item");
    let carl = next(&juror(&node, "carl")).await.item.expect("an item");
    let dora = next(&juror(&node, "dora")).await.item.expect("an item");
    let firsts = [&bob.id, &carl.id, &dora.id];
    assert!(firsts.iter().any(|first| **first != orders[0]), "each juror has an own order");
}

/// Passes practice: seven of seven are right.
pub async fn pass(juror: &Api) {
    for _ in 0..7 {
        let item = next(juror).await.item.expect("an item");
        answer(juror, &item, right(&item)).await;
    }
}

async fn a_level_by_practice_opens_a_panel(stores: Stores) {
    let node = practising(&stores).await;
    pass(&juror(&node, "ann")).await;
    let mut present = node.viewer(ROOM, "ann").await;
    let _bob = node.viewer(ROOM, "bob").await;
    let panel = json!({ "other": 7, "present_s": 0, "min_level": 1 });
    let opened = node.moderator(ROOM).create(ROOM, case(json!({ "rules": { "panel": panel } }))).await;
    let is_called = |case: &Case| case.draw.as_ref().is_some_and(|draw| draw.called.is_some());
    let called = present.wait_for_case(opened.id, is_called).await.draw.unwrap().called.unwrap();
    assert_eq!(called.other, 1, "bob has not passed");
    let told = present.wait("the call", |juror| juror.called.first().copied()).await;
    assert_eq!(told, (opened.id, 1, None));
}

async fn an_item_is_answered_once_by_each_juror(stores: Stores) {
    let node = practising(&stores).await;
    let ann = juror(&node, "ann");
    let body = || json!({ "option": "buyer" });
    let _ = ann.post("/practice/i0", body()).await.read::<PracticeResult>(200);
    assert_eq!(ann.post("/practice/i0", json!({ "option": "merchant" })).await.problem(409).0, "answered");
    let _ = juror(&node, "bob").post("/practice/i0", body()).await.read::<PracticeResult>(200);
    assert_eq!(ann.post("/practice/i99", body()).await.problem(404).0, "not_found");
    assert_eq!(ann.post("/practice/i1", json!({ "option": "both" })).await.problem(422).0, "invalid_field");
    assert_eq!(ann.post("/practice/i1?lang=fr", body()).await.problem(422).0, "invalid_field");
    assert_eq!(ann.get("/practice?lang=fr").await.problem(422).0, "invalid_field");
    assert_eq!(next(&ann).await.answered, 1);
}

async fn practice_is_for_viewers_with_a_name(stores: Stores) {
    let node = practising(&stores).await;
    let mut anonymous = claims(Role::Viewer, ROOM, "ann");
    anonymous.anon = true;
    let others = [
        sign(&anonymous),
        token(Role::Moderator, ROOM, "mia"),
        token(Role::Host, ROOM, "host"),
        token(Role::Platform, "*", "shop"),
    ];
    for token in others {
        let api = node.api(&token);
        assert_eq!(api.get("/practice").await.problem(403).0, "forbidden");
        assert_eq!(api.post("/practice/i0", json!({ "option": "buyer" })).await.problem(403).0, "forbidden");
    }
    let mut claimed = claims(Role::Viewer, ROOM, "bob");
    claimed.level = Some(3);
    assert_eq!(next(&node.api(&sign(&claimed))).await.level, 3, "the higher of claim and record");
    claimed.level = Some(4);
    assert_eq!(node.api(&sign(&claimed)).get("/practice").await.problem(401).0, "token_invalid");
}

async fn a_juror_is_forgotten_by_the_platform_alone(stores: Stores) {
    let node = practising(&stores).await;
    let ann = juror(&node, "ann");
    let _ = ann.post("/practice/i0", json!({ "option": "buyer" })).await.read::<PracticeResult>(200);
    let body = || json!({ "sub": "ann" });
    for token in [token(Role::Moderator, "*", "mia"), viewer(ROOM, "ann")] {
        assert_eq!(node.api(&token).post("/jurors/forget", body()).await.problem(403).0, "forbidden");
    }
    let platform = node.api(&token(Role::Platform, "*", "shop"));
    assert_eq!(platform.post("/jurors/forget", json!({ "sub": " " })).await.problem(422).0, "invalid_field");
    for _ in 0..2 {
        assert_eq!(platform.post("/jurors/forget", body()).await.status, 204, "a repeat changes nothing");
    }
    assert_eq!(next(&ann).await.answered, 0);
    let _ = ann.post("/practice/i0", json!({ "option": "buyer" })).await.read::<PracticeResult>(200);
}

async fn a_node_does_not_start_with_items_that_moved(stores: Stores) {
    let node = practising(&stores).await;
    node.stop().await;
    let refusal = async |items: &[Value]| {
        let (_folder, path) = file(items);
        let mut settings = stores.settings();
        settings.practice = Some(path);
        Node::try_start(settings, Arc::new(TestClock::default())).await.err().expect("it does not start")
    };
    let refused = refusal(&[item(1), item(0)]).await;
    assert!(refused.contains("--practice") && refused.contains("[0]: another item was at this place"), "{refused}");
    let mut wrong = item(0);
    wrong["right"] = json!("nobody");
    let refused = refusal(&[wrong]).await;
    assert!(refused.contains("--practice") && refused.contains("[0].right: is no option"), "{refused}");
    // Emptied and appended items are fine.
    let mut items: Vec<Value> = (0..ITEMS).map(item).collect();
    items[0] = json!({ "id": "i0" });
    items.push(item(ITEMS));
    let (_folder, path) = file(&items);
    let node = stores.node_with(|settings| settings.practice = Some(path)).await;
    let ann = juror(&node, "ann");
    assert_eq!(ann.post("/practice/i0", json!({ "option": "buyer" })).await.problem(404).0, "not_found");
}

async fn a_node_without_items_has_no_practice(stores: Stores) {
    let node = stores.node().await;
    let ann = juror(&node, "ann");
    assert_eq!(ann.get("/practice").await.problem(404).0, "not_found");
    assert_eq!(ann.post("/practice/i0", json!({ "option": "buyer" })).await.problem(404).0, "not_found");
}
