//! Nodes that died half-way, each step's half done through the stores themselves; the next node finishes what they began.

use live_jury_protocol::{AuditEntry, Case, CaseId, CaseState, ClosedBy, Outcome};
use live_jury_server::court::SealedBy;
use live_jury_server::docket::Docket;
use live_jury_server::tally::OpenParams;
use live_jury_tests::api::case;
use live_jury_tests::juror::counts;
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use serde_json::json;

const ROOM: &str = "live-42";

live_jury_tests::on_both! {
    a_sealed_case_is_recorded_by_the_next_node
    a_seal_that_the_docket_has_is_recorded_by_the_next_node
    a_void_half_done_is_finished_with_its_reason
    an_extension_half_done_stands
    an_opening_half_done_leaves_nothing
}

/// A case with two ballots, and nobody to conduct it.
async fn left_alone(stores: &Stores) -> Case {
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    node.viewer(ROOM, "ann").await.vote(opened.id, "buyer").await;
    node.viewer(ROOM, "bob").await.vote(opened.id, "buyer").await;
    node.kill().await;
    opened
}

fn by_mia() -> SealedBy {
    SealedBy::Moderator { sub: "mia".to_owned() }
}

async fn decided_for_the_buyer(node: &Node, opened: &Case) {
    let ended = node.wait_for_verdict(opened).await;
    let verdict = ended.verdict.unwrap();
    assert_eq!((ended.state, ended.closed_by), (CaseState::Decided, Some(ClosedBy::Moderator)));
    assert_eq!((verdict.outcome, verdict.ballots), (Outcome::Decided, 2));
    assert_eq!(verdict.counts, counts([("buyer", 2), ("merchant", 0), ("abstain", 0)]));
    let moderator = node.moderator(ROOM);
    assert_eq!(moderator.audit(opened.id).await, ["mod created", "mod opened", "mia closed", "server decided"]);
    assert_eq!(moderator.ballots(opened.id).await.len(), 2);
}

async fn a_sealed_case_is_recorded_by_the_next_node(stores: Stores) {
    let opened = left_alone(&stores).await;
    let (tally, docket) = stores.open().await;
    tally.seal(opened.id, 1, &by_mia()).await.unwrap();
    drop((tally, docket));
    decided_for_the_buyer(&stores.node().await, &opened).await;
}

async fn a_seal_that_the_docket_has_is_recorded_by_the_next_node(stores: Stores) {
    let opened = left_alone(&stores).await;
    let (tally, docket) = stores.open().await;
    let seal = tally.seal(opened.id, 1, &by_mia()).await.unwrap().seal.unwrap();
    file_seal(&*docket, opened.id, seal.at_ms).await;
    drop((tally, docket));
    decided_for_the_buyer(&stores.node().await, &opened).await;
}

/// What a node files between the seal and the verdict.
async fn file_seal(docket: &dyn Docket, id: CaseId, at_ms: u64) {
    let case = docket.case(id).await.unwrap().unwrap().seal(by_mia(), at_ms).unwrap();
    let (by, action) = ("mia".to_owned(), "closed".to_owned());
    let entry = AuditEntry { at_ms, by, action, detail: None, version: case.version, epoch: 1 };
    docket.file(&case, &entry, &[]).await.unwrap();
}

async fn a_void_half_done_is_finished_with_its_reason(stores: Stores) {
    let opened = left_alone(&stores).await;
    let (tally, docket) = stores.open().await;
    let void = SealedBy::Void { sub: "mia".to_owned(), reason: "the wrong product was shown".to_owned() };
    tally.seal(opened.id, 1, &void).await.unwrap();
    drop((tally, docket));
    let node = stores.node().await;
    let ended = node.wait_for_verdict(&opened).await;
    let verdict = ended.verdict.unwrap();
    assert_eq!((ended.state, verdict.outcome), (CaseState::Void, Outcome::Void));
    assert_eq!(verdict.reason.as_deref(), Some("the wrong product was shown"));
    let audit = node.moderator(ROOM).audit(opened.id).await;
    assert_eq!(audit, ["mod created", "mod opened", "mia voided", "server voided"]);
}

async fn an_extension_half_done_stands(stores: Stores) {
    let opened = left_alone(&stores).await;
    let closes_at_ms = opened.closes_at_ms.unwrap();
    let (tally, docket) = stores.open().await;
    tally.extend(opened.id, 1, closes_at_ms, closes_at_ms + 30_000).await.unwrap();
    drop((tally, docket));
    let node = stores.node().await;
    let repaired = node.wait_for_case(&opened, |case| case.extended_s > 0).await;
    assert_eq!((repaired.extended_s, repaired.closes_at_ms), (30, Some(closes_at_ms + 30_000)));
    assert_eq!(node.moderator(ROOM).audit(opened.id).await, ["mod created", "mod opened", "server repaired"]);
}

/// Keys without a case in the docket are nobody's; the draft they were made for is opened as if they were not there.
async fn an_opening_half_done_leaves_nothing(stores: Stores) {
    let node = stores.node().await;
    let draft = node.moderator(ROOM).create(ROOM, case(json!({ "open": false }))).await;
    node.kill().await;
    let (tally, docket) = stores.open().await;
    let now_ms = tally.now_ms().await.unwrap();
    let opening = OpenParams { epoch: 1, draft: draft.version, closes_at_ms: now_ms, options: 3, allow_change: false };
    tally.restore(draft.id, &opening).await.unwrap();
    drop((tally, docket));

    let node = stores.node().await;
    let opened = node.moderator(ROOM).open(draft.id).await;
    assert_eq!(opened.closes_at_ms.unwrap() - opened.opened_at_ms.unwrap(), 600_000);
    assert_eq!(node.viewer(ROOM, "ann").await.vote(opened.id, "buyer").await.epoch, 1);
}
