//! Steps of a case that a killed node left half done; the stories do the first half on the stores with the server's own
//! code.

use live_jury_court::SealedBy;
use live_jury_proof::policy::Policy;
use live_jury_protocol::{
    Actor, AuditAction, AuditEntry, Case, CaseId, CaseState, ClosedBy, Outcome, Page, TALLY_LOST,
};
use live_jury_server::docket::Docket;
use live_jury_server::tally::{Extension, OpenParams, Seal, StoreEpoch};
use live_jury_tests::api::{Api, case};
use live_jury_tests::juror::counts;
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_verify::{Known, verify};
use serde_json::json;

use crate::verdict_log::{last_key, proof_of, signing_node};

const ROOM: &str = "live-42";

live_jury_tests::on_both! {
    a_sealed_case_is_recorded_by_the_next_node
    a_filed_seal_is_recorded_by_the_next_node
    an_interrupted_void_keeps_its_reason
    a_void_with_a_reserved_reason_is_recorded
    an_interrupted_extension_is_kept
    an_interrupted_opening_leaves_nothing
}

/// A case with two ballots and no running node.
async fn open_with_two_ballots(stores: &Stores) -> Case {
    with_two_ballots(stores.node().await).await
}

/// A case with two ballots, opened at a node that is killed then.
async fn with_two_ballots(node: Node) -> Case {
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
    file_seal(&*docket, opened.id, seal).await;
    drop((tally, docket));
    assert_decided_for_the_buyer(&stores.node().await, &opened).await;
}

/// Files the seal, as a node does between the seal and the verdict.
async fn file_seal(docket: &dyn Docket, id: CaseId, seal: Seal) {
    let case = docket.case(id).await.unwrap().unwrap().seal(seal.by.clone(), seal.at_ms).unwrap();
    let is_void = matches!(seal.by, SealedBy::Void { .. });
    let action = if is_void { AuditAction::Voided } else { AuditAction::Closed };
    let (at_ms, by, by_kind) = (seal.at_ms, "mia".to_owned(), Actor::Moderator);
    let entry = AuditEntry { at_ms, by, by_kind, action, detail: None, version: case.version, epoch: 1 };
    docket.file(&case, &entry).await.unwrap();
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

/// The bundle of a recorded case is good, and its statement has this line.
async fn assert_verified(node: &Node, id: CaseId, outcome: &str) {
    let mia = node.moderator("*");
    proof_of(&mia, id).await;
    let bundle = mia.get(&format!("/cases/{id}/bundle")).await.text;
    assert!(bundle.contains(outcome), "{bundle}");
    let key = last_key(&Api::new(node.address, None)).await;
    let report = verify(bundle.as_bytes(), &Known { policy: Some(Policy::of_log(key)), ..Known::default() }).unwrap();
    assert_eq!(report.exit_code(), 0, "{report}");
}

/// A moderator voided a case with the server's own words, before they were refused.
async fn a_void_with_a_reserved_reason_is_recorded(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let opened = with_two_ballots(signing_node(&stores, folder.path()).await).await;
    let (tally, docket) = stores.open().await;
    let void = SealedBy::Void { sub: "mia".to_owned(), reason: TALLY_LOST.to_owned() };
    let seal = tally.seal(opened.id, StoreEpoch::from(1), &void).await.unwrap().seal.unwrap();
    file_seal(&*docket, opened.id, seal).await;
    drop((tally, docket));
    let node = signing_node(&stores, folder.path()).await;
    let ended = node.wait_for_verdict(&opened).await;
    let verdict = ended.verdict.unwrap();
    assert_eq!((ended.state, ended.closed_by), (CaseState::Void, Some(ClosedBy::Moderator)));
    assert_eq!((verdict.reason.as_deref(), verdict.ballots), (Some("moderator: tally_lost"), 2));
    assert_verified(&node, opened.id, "\\noutcome void - moderator\\n").await;
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

/// A case with two ballots that is sealed and not recorded. Redis has lost its data, and it is kept aside.
async fn sealed_without_its_store(by: SealedBy) -> (Stores, Case) {
    let mut stores = Stores::servers();
    let opened = open_with_two_ballots(&stores).await;
    let (tally, docket) = stores.open().await;
    let seal = tally.seal(opened.id, StoreEpoch::from(1), &by).await.unwrap().seal.unwrap();
    file_seal(&*docket, opened.id, seal).await;
    drop((tally, docket));
    stores.redis().restart_empty();
    (stores, opened)
}

/// Nobody can cast again, but the ballots exist: one look at an empty store must not end the case.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_case_waits_for_its_store() {
    let (mut stores, opened) = sealed_without_its_store(by_mia()).await;
    let node = stores.node().await;
    let missing = node.wait_for_case(&opened, |case| case.tally_missing).await;
    assert_eq!((missing.state, missing.verdict), (CaseState::Sealed, None));
    let admin = Api::new(node.admin, None);
    let ready = admin.get("/readyz").await;
    assert!(ready.text.contains(r#""unrecorded":1"#), "{}", ready.text);
    let moderator = node.moderator(ROOM);
    assert_eq!(moderator.act(opened.id, "close").await.problem(409).0, "not_open");
    let page: Page<AuditEntry> = moderator.get(&format!("/cases/{}/audit", opened.id)).await.read(200);
    let detail = page.items.last().unwrap().detail.clone().unwrap();
    assert!(detail.contains("lost_since_ms") && detail.contains("ballots_before_loss"), "{detail}");

    stores.redis().restart_with_kept_data();
    let ended = node.wait_for_verdict(&opened).await;
    let verdict = ended.verdict.unwrap();
    assert_eq!((ended.state, verdict.outcome, verdict.ballots), (CaseState::Decided, Outcome::Decided, 2));
    assert_eq!(verdict.counts, counts([("buyer", 2), ("merchant", 0), ("abstain", 0)]));
    assert_eq!((verdict.decided_at_ms, ended.tally_missing), (decided_at(&page), false));
    let audit = moderator.audit(opened.id).await;
    assert_eq!(audit, ["mod created", "mod opened", "mia closed", "server tally_missing", "server decided"]);
    assert_eq!(moderator.ballots(opened.id).await.len(), 2);
}

/// The time of the seal, which dates the verdict.
fn decided_at(audit: &Page<AuditEntry>) -> u64 {
    audit.items.iter().find(|line| line.action == AuditAction::Closed).unwrap().at_ms
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_case_without_its_store_is_voided_by_a_moderator_of_all_rooms() {
    let folder = tempfile::tempdir().unwrap();
    let (stores, opened) = sealed_without_its_store(by_mia()).await;
    let node = signing_node(&stores, folder.path()).await;
    node.wait_for_case(&opened, |case| case.tally_missing).await;
    let (void, reason) = (format!("/cases/{}/void", opened.id), json!({ "reason": "we cannot wait" }));
    assert_eq!(node.moderator(ROOM).post(&void, reason.clone()).await.problem(403).0, "forbidden");
    let ended: Case = node.moderator("*").post(&void, reason).await.read(200);
    let verdict = ended.verdict.unwrap();
    assert_eq!((ended.state, verdict.reason.as_deref()), (CaseState::Void, Some("we cannot wait")));
    assert_eq!((verdict.ballots, verdict.counts), (0, None));
    let audit = node.moderator(ROOM).audit(opened.id).await;
    assert_eq!(audit, ["mod created", "mod opened", "mia closed", "server tally_missing", "mod voided"]);
    assert_verified(&node, opened.id, "\\noutcome void - moderator\\n").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voided_case_waits_for_nothing() {
    let by = SealedBy::Void { sub: "mia".to_owned(), reason: "the wrong product was shown".to_owned() };
    let (stores, opened) = sealed_without_its_store(by).await;
    let node = stores.node().await;
    let ended = node.wait_for_verdict(&opened).await;
    let verdict = ended.verdict.unwrap();
    assert_eq!((ended.state, verdict.reason.as_deref()), (CaseState::Void, Some("the wrong product was shown")));
    assert_eq!((verdict.ballots, verdict.counts), (0, None));
    let audit = node.moderator(ROOM).audit(opened.id).await;
    assert_eq!(audit, ["mod created", "mod opened", "mia voided", "server voided"], "it waited for nothing");
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
