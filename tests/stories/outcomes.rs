//! Outcomes: each follows from the ballots by the case's rules. Tested through the public surface only.

use live_jury_protocol::{Case, CaseState, Outcome, TALLY_LOST};
use live_jury_tests::api::case;
use live_jury_tests::juror::counts;
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use serde_json::{Value, json};

const ROOM: &str = "live-42";

live_jury_tests::on_both! {
    quorum_and_threshold_determine_the_outcome
    a_moderator_can_void_a_case
    three_options_are_decided_by_the_lead
}

/// A case that was closed with these ballots.
async fn judge(node: &Node, new: Value, ballots: &[&str]) -> Case {
    let moderator = node.moderator(ROOM);
    let opened = moderator.create(ROOM, case(new)).await;
    for (n, option) in ballots.iter().enumerate() {
        node.viewer(ROOM, &format!("juror-{n}")).await.vote(opened.id, option).await;
    }
    moderator.close(opened.id).await
}

async fn quorum_and_threshold_determine_the_outcome(stores: Stores) {
    let node = stores.node().await;
    let two_to_one = ["buyer", "buyer", "merchant"];
    for (rules, ballots, outcome, winner) in [
        (json!({ "quorum": 3 }), &two_to_one[..], Outcome::Decided, Some("buyer")),
        (json!({ "quorum": 4 }), &two_to_one, Outcome::NoQuorum, None),
        // Two thirds exceed 0.6666 and do not exceed 0.6667.
        (json!({ "quorum": 3, "threshold": 0.6666 }), &two_to_one, Outcome::Decided, Some("buyer")),
        (json!({ "quorum": 3, "threshold": 0.6667 }), &two_to_one, Outcome::Hung, None),
        (json!({ "quorum": 2 }), &["buyer", "merchant"], Outcome::Hung, None),
        // A tie is hung at any threshold, as half does not exceed half.
        (json!({ "quorum": 2, "threshold": 0 }), &["buyer", "merchant"], Outcome::Hung, None),
        // An abstention counts toward the quorum only.
        (json!({ "quorum": 3 }), &["merchant", "abstain", "abstain"], Outcome::Decided, Some("merchant")),
        (json!({ "quorum": 2 }), &["abstain", "abstain"], Outcome::Hung, None),
        (json!({ "quorum": 1 }), &[], Outcome::NoQuorum, None),
    ] {
        let ended = judge(&node, json!({ "rules": rules }), ballots).await;
        let verdict = ended.verdict.unwrap();
        let option = verdict.option.as_ref().map(|option| option.as_str());
        assert_eq!((verdict.outcome, option), (outcome, winner), "{ballots:?} by {rules}");
        assert_eq!((ended.state, verdict.ballots, verdict.reason), (CaseState::Decided, ballots.len() as u64, None));
    }
}

async fn three_options_are_decided_by_the_lead(stores: Stores) {
    let node = stores.node().await;
    let options = json!(["a", "b", "c"].map(|id| json!({ "id": id, "label": id })));
    let new = |threshold: f64| json!({ "options": options, "rules": { "quorum": 1, "threshold": threshold } });
    let ballots = ["a", "a", "b", "c"];
    assert_eq!(judge(&node, new(0.5), &ballots).await.verdict.unwrap().outcome, Outcome::Hung);
    let verdict = judge(&node, new(0.4), &ballots).await.verdict.unwrap();
    assert_eq!(verdict.option.unwrap().as_str(), "a");
    assert_eq!(verdict.counts, counts([("a", 2), ("b", 1), ("c", 1)]));
}

async fn a_moderator_can_void_a_case(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let opened = moderator.create(ROOM, case(json!({}))).await;
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.vote(opened.id, "buyer").await;
    let reserved = moderator.post(&format!("/cases/{}/void", opened.id), json!({ "reason": TALLY_LOST })).await;
    assert_eq!(reserved.problem(422), ("invalid_field".into(), "reason".into()), "it is the server's own");
    let ended = moderator.void(opened.id, "the wrong product was shown").await;
    assert_eq!(ended.state, CaseState::Void);
    let verdict = ann.wait_for_verdict(opened.id).await;
    assert_eq!((verdict.outcome, verdict.option), (Outcome::Void, None));
    assert_eq!(verdict.reason.as_deref(), Some("the wrong product was shown"));
    assert_eq!(moderator.audit(opened.id).await, ["mod created", "mod opened", "mod voided", "server voided"]);
    assert_eq!(moderator.ballots(opened.id).await.len(), 1, "the record says what was set aside");
}
