//! A drawn panel decides: it is drawn from those present, told so, and counted. Tested through the public surface only.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use live_jury_proof::note::VerifierKey;
use live_jury_proof::policy::Policy;
use live_jury_proof::statement::Statement;
use live_jury_proof::text::{array_from_hex, hex};
use live_jury_proof::ticket::{commitment, seed, ticket};
use live_jury_protocol::{CalledJurors, Case, CaseId, CaseProof, ClosedBy, Outcome, Role, Side, Stratum, Why};
use live_jury_tests::api::{Api, case};
use live_jury_tests::in_time;
use live_jury_tests::juror::{Juror, counts};
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{self, claims, sign};
use live_jury_verify::{Known, verify};
use serde_json::{Value, json};

const ROOM: &str = "live-42";
/// The time between two questions whether the log is signed.
const SIGNED_RETRY: Duration = Duration::from_millis(100);

live_jury_tests::on_both! {
    a_panel_decides_and_the_gallery_does_not
    a_panel_with_too_few_ballots_decides_nothing
    a_case_ends_once_the_rest_of_its_panel_changes_nothing
    strata_are_drawn_by_side_and_by_level
    a_panel_that_nobody_called_is_short
    a_draft_keeps_its_commitment_and_hides_its_nonce
}

pub fn panel(rules: Value) -> Value {
    case(json!({ "duration_s": 600, "rules": { "quorum": 1, "panel": rules } }))
}

/// A viewer with an open socket.
pub struct Present {
    pub sub: String,
    pub juror: Juror,
}

pub async fn crowd(node: &Node, prefix: &str, number: usize) -> Vec<Present> {
    let mut present = Vec::new();
    for n in 0..number {
        let sub = format!("{prefix}-{n}");
        let juror = node.viewer(ROOM, &sub).await;
        present.push(Present { sub, juror });
    }
    present
}

/// Waits for the call of a panel with one stratum, and draws it again from its nonce. Returns the called viewers in
/// order of ticket, each of whom was told the place, and the others.
pub async fn called(mut present: Vec<Present>, id: CaseId) -> (Vec<Present>, Vec<Present>) {
    let is_called = |case: &Case| case.draw.as_ref().is_some_and(|draw| draw.called.is_some());
    let draw = present[0].juror.wait_for_case(id, is_called).await.draw.unwrap();
    let nonce = array_from_hex(&draw.nonce.unwrap()).unwrap();
    assert_eq!(hex(&commitment(&nonce)), draw.commitment);
    let seed = seed(&nonce, id.0.as_bytes(), &[]);
    present.sort_by_key(|one| ticket(&seed, &array_from_hex(&tokens::pseudonym(id, &one.sub)).unwrap()));
    let gallery = present.split_off(draw.called.unwrap().other as usize);
    for (place, one) in (1..).zip(&mut present) {
        let told = one.juror.wait("the call", |juror| juror.called.first().copied()).await;
        assert_eq!(told, (id, place, None));
    }
    (present, gallery)
}

/// A node that signs its log, whose key lies in this folder.
pub async fn signing(stores: &Stores, folder: &Path) -> Node {
    let key = folder.join("log-key");
    std::fs::write(&key, "0123456789abcdef".repeat(4)).unwrap();
    stores.node_with(|settings| settings.log.key = Some(key)).await
}

async fn get_signed(api: &Api, path: &str) -> String {
    let asking = async {
        loop {
            let reply = api.get(path).await;
            if reply.status != 409 {
                break reply;
            }
            tokio::time::sleep(SIGNED_RETRY).await;
        }
    };
    let reply = in_time("the log is signed", asking).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply.text
}

/// Checks a case's bundle with both verifiers, and returns its statement.
pub async fn verified(node: &Node, id: CaseId, folder: &Path) -> Statement {
    let api = node.moderator(ROOM);
    get_signed(&api, &format!("/cases/{id}/verdict.tlog-proof")).await;
    let bundle = get_signed(&api, &format!("/cases/{id}/bundle")).await;
    let vkey = api.get("/log/keys").await.text.lines().last().unwrap().to_owned();
    let log = VerifierKey::parse(&vkey).unwrap();
    let known = Known { policy: Some(Policy::of_log(log)), ..Known::default() };
    let report = verify(bundle.as_bytes(), &known).unwrap();
    assert_eq!(report.exit_code(), 0, "{report}");
    let file = folder.join("bundle.json");
    std::fs::write(&file, &bundle).unwrap();
    let second = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/verify.mjs");
    let output = Command::new("node").arg(second).arg(&file).args(["--log", &vkey]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let bundle: Value = serde_json::from_str(&bundle).unwrap();
    Statement::parse(bundle["statement"].as_str().unwrap()).unwrap()
}

async fn a_panel_decides_and_the_gallery_does_not(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let node = signing(&stores, folder.path()).await;
    let moderator = node.moderator(ROOM);
    let present = crowd(&node, "present", 12).await;
    let opened = moderator.create(ROOM, panel(json!({ "other": 7, "call": 1, "present_s": 0 }))).await;
    assert_eq!(opened.draw.as_ref().unwrap().nonce, None, "for moderators, too");
    let mut late = node.viewer(ROOM, "late").await;
    let (mut panel, mut gallery) = called(present, opened.id).await;
    assert_eq!((panel.len(), gallery.len()), (7, 5));
    late.wait_for_case(opened.id, |case| case.draw.as_ref().unwrap().called.is_some()).await;
    assert!(late.called.is_empty(), "nobody walks in to be drawn");

    // Four of seven are for the buyer, and all of the gallery for the merchant.
    for (n, one) in panel.iter_mut().enumerate() {
        one.juror.vote(opened.id, if n < 4 { "buyer" } else { "merchant" }).await;
    }
    late.vote(opened.id, "merchant").await;
    for one in &mut gallery {
        assert!(one.juror.called.is_empty());
        one.juror.vote(opened.id, "merchant").await;
    }
    let closed = moderator.close(opened.id).await;
    assert_decided(&closed);
    let draw = closed.draw.as_ref().unwrap();
    assert_eq!((draw.called.unwrap().other, draw.nonce.as_ref().unwrap().len()), (7, 64));
    let trail = moderator.audit(opened.id).await;
    assert_eq!(trail, ["mod created", "mod opened", "server called", "mod closed", "server decided"]);

    let statement = verified(&node, opened.id, folder.path()).await;
    assert_eq!((statement.called[0].seats, statement.called[0].called), (7, 7));
    assert_eq!(statement.sums.unwrap().panel[0].counts, Some(vec![4, 3, 0]));
    for (one, stratum) in [(&panel[6], Some(Stratum::Other)), (&gallery[0], None)] {
        let own = node.api(&tokens::viewer(ROOM, &one.sub));
        let proof = get_signed(&own, &format!("/cases/{}/proof", opened.id)).await;
        let proof: CaseProof = serde_json::from_str(&proof).unwrap();
        assert_eq!(proof.ballot.unwrap().stratum, stratum);
    }
}

fn assert_decided(closed: &Case) {
    let verdict = closed.verdict.as_ref().unwrap();
    assert_eq!((verdict.outcome, verdict.option.as_ref().unwrap().as_str()), (Outcome::Decided, "buyer"));
    assert_eq!(verdict.counts, counts([("buyer", 4), ("merchant", 9), ("abstain", 0)]));
    let panel = verdict.panel.as_ref().unwrap();
    assert_eq!((panel.seats, panel.counted), (7, 7));
    assert_eq!(panel.counts, counts([("buyer", 4), ("merchant", 3), ("abstain", 0)]));
    let details = verdict.details.as_ref().unwrap();
    assert_eq!(details.gallery, counts([("buyer", 0), ("merchant", 6), ("abstain", 0)]));
    assert_eq!(details.strata.as_ref().unwrap().other, verdict.panel);
}

async fn a_panel_with_too_few_ballots_decides_nothing(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let node = signing(&stores, folder.path()).await;
    let moderator = node.moderator(ROOM);
    let present = crowd(&node, "present", 10).await;
    let opened = moderator.create(ROOM, panel(json!({ "other": 7, "call": 1, "present_s": 0 }))).await;
    let (mut panel, mut gallery) = called(present, opened.id).await;
    // A called juror is told again after a reconnection.
    let first = panel.remove(0);
    let told = first.juror.called.clone();
    drop(first.juror);
    let mut again = node.viewer(ROOM, &first.sub).await;
    assert_eq!(again.wait("the call", |juror| juror.called.first().copied()).await, told[0]);
    again.vote(opened.id, "buyer").await;
    for one in panel.iter_mut().take(3).chain(&mut gallery) {
        one.juror.vote(opened.id, "buyer").await;
    }
    let verdict = moderator.close(opened.id).await.verdict.unwrap();
    assert_eq!((verdict.outcome, verdict.why, verdict.option), (Outcome::NoQuorum, Some(Why::PanelShort), None));
    let panel = verdict.panel.unwrap();
    assert_eq!((panel.counted, panel.counts), (4, None), "four ballots are not told apart");
    verified(&node, opened.id, folder.path()).await;
}

async fn a_case_ends_once_the_rest_of_its_panel_changes_nothing(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let node = signing(&stores, folder.path()).await;
    let moderator = node.moderator(ROOM);
    let present = crowd(&node, "present", 7).await;
    let rules = json!({ "other": 7, "call": 1, "present_s": 0, "stop_early": true });
    let opened = moderator.create(ROOM, panel(rules)).await;
    let (mut panel, _) = called(present, opened.id).await;
    for one in panel.iter_mut().take(4) {
        one.juror.vote(opened.id, "buyer").await;
    }
    // Four of seven decide, and with this one two thirds of the seats have voted.
    panel[4].juror.vote(opened.id, "merchant").await;
    let mut watching = node.viewer(ROOM, "watching").await;
    let verdict = watching.wait_for_verdict(opened.id).await;
    assert_eq!((verdict.outcome, verdict.ballots), (Outcome::Decided, 5));
    let ended = moderator.case(opened.id).await;
    assert_eq!(ended.closed_by, Some(ClosedBy::Settled));
    let trail = moderator.audit(opened.id).await;
    assert_eq!(trail[2..], ["server called", "server settled", "server decided"]);
    verified(&node, opened.id, folder.path()).await;
}

async fn strata_are_drawn_by_side_and_by_level(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let mut present = Vec::new();
    for (side, level) in [(Some(Side::Buyer), 2), (Some(Side::Buyer), 1), (Some(Side::Merchant), 3), (None, 3)] {
        for n in 0..9 {
            let mut claims = claims(Role::Viewer, ROOM, &format!("{side:?}-{level}-{n}"));
            (claims.side, claims.level) = (side, Some(level));
            let juror = Juror::join(node.address, ROOM, &sign(&claims)).await;
            present.push((side.filter(|side| *side == Side::Merchant || level == 2), juror));
        }
    }
    let rules = json!({ "buyer": 7, "merchant": 7, "call": 2, "present_s": 0, "min_level": 2 });
    let opened = moderator.create(ROOM, panel(rules)).await;
    let is_called = |case: &Case| case.draw.as_ref().is_some_and(|draw| draw.called.is_some());
    for (side, juror) in &mut present {
        let shown = juror.wait_for_case(opened.id, is_called).await;
        assert_eq!(shown.draw.unwrap().called.unwrap(), CalledJurors { buyer: 9, merchant: 9, other: 0 });
        if side.is_some() {
            assert_eq!(juror.wait("the call", |juror| juror.called.first().copied()).await.2, *side);
        }
    }
    assert!(present.iter().all(|(side, juror)| side.is_some() || juror.called.is_empty()), "nobody else");
}

async fn a_panel_that_nobody_called_is_short(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let node = signing(&stores, folder.path()).await;
    let moderator = node.moderator(ROOM);
    let mut ann = node.viewer(ROOM, "ann").await;
    let opened = moderator.create(ROOM, panel(json!({ "other": 7 }))).await;
    ann.vote(opened.id, "buyer").await;
    let closed = moderator.close(opened.id).await;
    let verdict = closed.verdict.unwrap();
    assert_eq!((verdict.outcome, verdict.why), (Outcome::NoQuorum, Some(Why::PanelShort)));
    assert!(closed.draw.unwrap().nonce.is_some(), "the draw can be checked after the record");
    verified(&node, opened.id, folder.path()).await;
}

async fn a_draft_keeps_its_commitment_and_hides_its_nonce(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let mut new = panel(json!({ "other": 7 }));
    new["open"] = json!(false);
    let draft = moderator.create(ROOM, new).await;
    let committed = draft.draw.clone().unwrap();
    assert_eq!((committed.commitment.len(), &committed.nonce, committed.called), (64, &None, None));
    let path = format!("/cases/{}", draft.id);
    let edited: Case = moderator.patch(&path, json!({ "title": "Is it another title?" })).await.read(200);
    assert_eq!(edited.draw, Some(committed));
    let without: Case = moderator.patch(&path, json!({ "rules": { "panel": null } })).await.read(200);
    assert_eq!(without.draw, None);
    let short = moderator.post(&format!("/rooms/{ROOM}/cases"), panel(json!({ "other": 6 }))).await;
    assert_eq!(short.problem(422).1, "rules.panel.other");
}

/// A panel of jurors on two nodes. Both call it, one files the call, and both conclude.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_draw_one_panel_and_record_one_statement() {
    let (stores, folder) = (Stores::servers(), tempfile::tempdir().unwrap());
    let here = signing(&stores, folder.path()).await;
    let there = stores.node().await;
    let mut present = crowd(&here, "here", 8).await;
    present.extend(crowd(&there, "there", 8).await);
    let opened = here.moderator(ROOM).create(ROOM, panel(json!({ "other": 7, "call": 2, "present_s": 0 }))).await;
    let (mut panel, gallery) = called(present, opened.id).await;
    assert_eq!((panel.len(), gallery.len()), (14, 2));
    assert!(["here", "there"].iter().all(|node| panel.iter().any(|one| one.sub.starts_with(node))));
    for one in &mut panel {
        one.juror.vote(opened.id, "buyer").await;
    }
    let (one, other) = (here.moderator(ROOM), there.moderator(ROOM));
    tokio::join!(one.act(opened.id, "close"), other.act(opened.id, "close"));
    there.wait_for_verdict(&opened).await;
    let statement = verified(&here, opened.id, folder.path()).await;
    assert_eq!((statement.called[0].called, statement.sums.unwrap().panel[0].counted), (14, 7));
    let checkpoint = here.api(&tokens::viewer(ROOM, "here-0")).get("/log/1/checkpoint").await;
    assert_eq!(checkpoint.text.lines().nth(1), Some("1"), "one entry");
}

/// Jurors of a node that stops before it has put its offers are not in the pool; those of the other one are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_killed_before_the_call_takes_its_jurors_out_of_the_pool() {
    let stores = Stores::servers();
    let (here, there) = (stores.node().await, stores.node().await);
    let (lost, present) = (crowd(&here, "here", 5).await, crowd(&there, "there", 5).await);
    let opened = there.moderator(ROOM).create(ROOM, panel(json!({ "other": 7, "present_s": 0 }))).await;
    here.kill().await;
    drop(lost);
    let (panel, gallery) = called(present, opened.id).await;
    assert_eq!((panel.len(), gallery.len()), (5, 0));
}
