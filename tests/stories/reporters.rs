//! Reports after the verdict: who reads that a case came of them.

use live_jury_protocol::Role;
use live_jury_tests::api::case;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::token;
use serde_json::json;

use super::reports::{about, buckets, status, with};

live_jury_tests::on_both! {
    only_moderators_read_the_reports_of_a_case
}

const ROOM: &str = "live-42";

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
