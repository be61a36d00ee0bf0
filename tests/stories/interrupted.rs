//! Steps of a case that a killed node left half done; the stories do the first half on the stores with the server's own
//! code.

use live_jury_court::SealedBy;
use live_jury_protocol::{Actor, AuditAction, AuditEntry, Case, CaseId, CaseState, ClosedBy, Outcome};
use live_jury_server::docket::Docket;
use live_jury_server::tally::{Extension, OpenParams, StoreEpoch};
use live_jury_tests::api::case;
use live_jury_tests::juror::counts;
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use serde_json::json;

const ROOM: &str = "live-42";

live_jury_tests::on_both! {
    a_sealed_case_is_recorded_by_the_next_node
    a_filed_seal_is_recorded_by_the_next_node
    an_interrupted_void_keeps_its_reason
    an_interrupted_extension_is_kept
    an_interrupted_opening_leaves_nothing
}

/// A case with two ballots and no running node.
async fn open_with_two_ballots(stores: &Stores) -> Case {
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

async fn assert_decided_for_the_buyer(node: &Node, opened: &Case) {
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
    let opened = open_with_two_ballots(&stores).await;
    let (tally, docket) = stores.open().await;
    tally.seal(opened.id, StoreEpoch::from(1), &by_mia()).await.unwrap();
    drop((tally, docket));
    assert_decided_for_the_buyer(&stores.node().await, &opened).await;
}

async fn a_filed_seal_is_recorded_by_the_next_node(stores: Stores) {
    let opened = open_with_two_ballots(&stores).await;
    let (tally, docket) = stores.open().await;
    let seal = tally.seal(opened.id, StoreEpoch::from(1), &by_mia()).await.unwrap().seal.unwrap();
    file_seal(&*docket, opened.id, seal.at_ms).await;
    drop((tally, docket));
    assert_decided_for_the_buyer(&stores.node().await, &opened).await;
}

/// Files the seal, as a node does between the seal and the verdict.
async fn file_seal(docket: &dyn Docket, id: CaseId, at_ms: u64) {
    let case = docket.case(id).await.unwrap().unwrap().seal(by_mia(), at_ms).unwrap();
    let (by, by_kind, action) = ("mia".to_owned(), Actor::Moderator, AuditAction::Closed);
    let entry = AuditEntry { at_ms, by, by_kind, action, detail: None, version: case.version, epoch: 1 };
    docket.file(&case, &entry, &[]).await.unwrap();
}

async fn an_interrupted_void_keeps_its_reason(stores: Stores) {
    let opened = open_with_two_ballots(&stores).await;
    let (tally, docket) = stores.open().await;
    let void = SealedBy::Void { sub: "mia".to_owned(), reason: "the wrong product was shown".to_owned() };
    tally.seal(opened.id, StoreEpoch::from(1), &void).await.unwrap();
    drop((tally, docket));
    let node = stores.node().await;
    let ended = node.wait_for_verdict(&opened).await;
    let verdict = ended.verdict.unwrap();
    assert_eq!((ended.state, verdict.outcome), (CaseState::Void, Outcome::Void));
    assert_eq!(verdict.reason.as_deref(), Some("the wrong product was shown"));
    let audit = node.moderator(ROOM).audit(opened.id).await;
    assert_eq!(audit, ["mod created", "mod opened", "mia voided", "server voided"]);
}

async fn an_interrupted_extension_is_kept(stores: Stores) {
    let opened = open_with_two_ballots(&stores).await;
    let closes_at_ms = opened.closes_at_ms.unwrap();
    let (tally, docket) = stores.open().await;
    let by_mia = Extension { by: "mia".to_owned(), from_ms: closes_at_ms, to_ms: closes_at_ms + 30_000 };
    tally.extend(opened.id, StoreEpoch::from(1), &by_mia).await.unwrap();
    drop((tally, docket));
    let node = stores.node().await;
    let repaired = node.wait_for_case(&opened, |case| case.extended_s > 0).await;
    assert_eq!((repaired.extended_s, repaired.closes_at_ms), (30, Some(closes_at_ms + 30_000)));
    assert_eq!(node.moderator(ROOM).audit(opened.id).await, ["mod created", "mod opened", "mia repaired"]);
}

/// Keys without a filed case belong to nobody. Their draft opens as if they did not exist.
async fn an_interrupted_opening_leaves_nothing(stores: Stores) {
    let node = stores.node().await;
    let draft = node.moderator(ROOM).create(ROOM, case(json!({ "open": false }))).await;
    node.kill().await;
    let (tally, docket) = stores.open().await;
    let now_ms = tally.now_ms().await.unwrap();
    let (draft_version, allow_change) = (draft.version, false);
    let params =
        OpenParams { epoch: 1, store: None, draft: draft_version, closes_at_ms: now_ms, options: 3, allow_change };
    tally.restore(draft.id, &params).await.unwrap();
    drop((tally, docket));

    let node = stores.node().await;
    let opened = node.moderator(ROOM).open(draft.id).await;
    assert_eq!(opened.closes_at_ms.unwrap() - opened.opened_at_ms.unwrap(), 600_000);
    assert_eq!(node.viewer(ROOM, "ann").await.vote(opened.id, "buyer").await.epoch, 1);
}
