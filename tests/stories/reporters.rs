//! Reports after the verdict: who reads that a case came of them, and what a moderator's step on its violation does to
//! the records of their reporters.

use live_jury_protocol::trust::Violation;
use live_jury_protocol::{Page, Role};
use live_jury_tests::api::{Api, case};
use live_jury_tests::in_time;
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::token;
use serde_json::json;

use super::reports::{about, buckets, judge, own, own_once, status, with};

live_jury_tests::on_both! {
    a_moderators_step_on_a_proposed_violation_reaches_the_reporters
    only_moderators_read_the_reports_of_a_case
}

const ROOM: &str = "live-42";

/// Has a viewer report the shop with a proven order, and a jury below the bar of 30 ballots uphold it. Returns the
/// violation that this proposes.
async fn proposed(node: &Node, viewer: &Api, policy: &str) -> Violation {
    let mia = node.moderator(ROOM);
    let body = json!({ "subject": { "merchant": "shop" }, "policy": policy, "order": "o_7" });
    assert_eq!(status(viewer, body).await.0, 201);
    let found = buckets(&mia).await.into_iter().find(|bucket| bucket.policy == policy).expect("a bucket");
    let draft = found.case.expect("a draft");
    judge(node, &mia, draft, "buyer").await;
    let looking = async {
        loop {
            let page: Page<Violation> = node.moderator("*").get("/trust/violations?state=proposed").await.read(200);
            if let Some(found) = page.items.into_iter().find(|one| one.case == Some(draft)) {
                return found;
            }
        }
    };
    in_time("the proposal", looking).await
}

async fn a_moderators_step_on_a_proposed_violation_reaches_the_reporters(stores: Stores) {
    let node = stores.node().await;
    let staff = node.moderator("*");
    let step = async |of: &Violation, step: &str| {
        let words = json!({ "words": "The label and the laboratory disagree." });
        staff.post(&format!("/trust/violations/{}/{step}", of.id), words).await.read::<Violation>(200)
    };
    let mia = node.moderator(ROOM);
    let next_weight = async |viewer: &Api, host: &str| {
        assert_eq!(status(viewer, json!({ "subject": { "host": host }, "policy": "abuse" })).await.0, 201);
        let found = buckets(&mia).await.into_iter().find(|one| one.subject.host.as_deref() == Some(host));
        found.expect("a bucket").score
    };
    let ordered = |name: &str| with(node.address, name, |claims| claims.orders = vec!["o_7".to_owned()]);
    let (dan, eve) = (ordered("dan"), ordered("eve"));
    let (first, second) =
        (proposed(&node, &dan, "false_advertising").await, proposed(&node, &eve, "price_fraud").await);
    own_once(&dan, "upheld").await;
    assert_eq!(next_weight(&dan, "host-1").await, 0.333, "a proposal decides nothing");

    assert_eq!(step(&first, "confirm").await.state, "active");
    assert_eq!(next_weight(&dan, "host-2").await, 0.5, "(1 + 1)/(3 + 1)");
    assert_eq!(step(&second, "dismiss").await.state, "void");
    assert_eq!(own(&eve).await[0].state, "not_upheld", "at once, and not at the next look");
    assert_eq!(next_weight(&eve, "host-3").await, 0.25, "(1 + 0)/(3 + 1)");
    assert_eq!(step(&first, "withdraw").await.state, "void");
    assert_eq!(next_weight(&dan, "host-4").await, 0.333, "as if the report had never been decided");
}

async fn only_moderators_read_the_reports_of_a_case(stores: Stores) {
    let node = stores.node().await;
    let mia = node.moderator(ROOM);
    let dan = with(node.address, "dan", |claims| claims.orders = vec!["o_7".to_owned()]);
    status(&dan, about("price_fraud", json!({ "order": "o_7" }))).await;
    let bucket = buckets(&mia).await.remove(0);
    let draft = mia.open(bucket.case.expect("a draft")).await.id;
    let platform = node.api(&token(Role::Platform, "*", "shop"));
    for reader in [&mia, &platform] {
        let reports = reader.case(draft).await.from_reports.map(|id| id.to_string());
        assert_eq!(reports.as_ref(), Some(&bucket.id));
    }
    let own = mia.create(ROOM, case(json!({}))).await;
    assert_eq!(mia.case(own.id).await.from_reports, None);
    let host = node.api(&token(Role::Host, ROOM, "ann"));
    for reader in [&dan, &host] {
        let shown = reader.get(&format!("/cases/{draft}")).await;
        assert!(shown.status == 200 && !shown.text.contains("from_reports"), "{}", shown.text);
    }
    let seen = node.viewer(ROOM, "fay").await.wait_for_case(draft, |_| true).await;
    assert_eq!(seen.from_reports, None);
    // It is read and never written: a case's reports are those of its bucket.
    let claimed = case(json!({ "from_reports": bucket.id }));
    let posted = mia.post(&format!("/rooms/{ROOM}/cases"), claimed).await;
    assert_eq!(posted.problem(422), ("unknown_field".into(), "from_reports".into()));
    let other = mia.create(ROOM, case(json!({ "open": false }))).await;
    let patched = mia.patch(&format!("/cases/{}", other.id), json!({ "from_reports": bucket.id })).await;
    assert_eq!(patched.problem(422), ("unknown_field".into(), "from_reports".into()));
}
