//! Several moderators at once: no step overwrites another silently. Tested through the public surface only, except that
//! a story sets the nodes' clock.

use futures_util::future::join;
use live_jury_protocol::{Case, CaseState, ClosedBy};
use live_jury_tests::api::{Api, Reply, case};
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens;
use serde_json::json;

const ROOM: &str = "live-42";

live_jury_tests::on_both! {
    concurrent_extensions_both_apply
    if_match_prevents_lost_updates
    the_first_close_or_void_wins
    a_verdict_shows_how_the_case_closed_and_its_extension
    a_case_is_open_for_at_most_a_day
}

fn two_moderators(node: &Node) -> (Api, Api) {
    (node.api(&tokens::moderator(ROOM, "mia")), node.api(&tokens::moderator("*", "max")))
}

async fn concurrent_extensions_both_apply(stores: Stores) {
    let node = stores.node().await;
    let (mia, max) = two_moderators(&node);
    let mut ann = node.viewer(ROOM, "ann").await;
    let opened = mia.create(ROOM, case(json!({}))).await;
    let (first, second) = join(mia.extend(opened.id, 30), max.extend(opened.id, 45)).await;
    let both: [Case; 2] = [first.read(200), second.read(200)];
    assert!(both.iter().any(|case| case.extended_s == 75), "{both:?}");
    let shown = ann.wait_for_case(opened.id, |case| case.extended_s == 75).await;
    assert_eq!(shown.closes_at_ms, opened.closes_at_ms.map(|at_ms| at_ms + 75_000));
    assert_eq!(shown.epoch, 1);
}

async fn if_match_prevents_lost_updates(stores: Stores) {
    let node = stores.node().await;
    let (mia, max) = two_moderators(&node);
    let opened = mia.create(ROOM, case(json!({}))).await;
    let path = |action: &str| format!("/cases/{}/{action}", opened.id);
    let seen = mia.get(&format!("/cases/{}", opened.id)).await;
    let etag = seen.header("etag").to_owned();
    assert_eq!(etag, format!("\"{}\"", opened.version));

    let by_30 = json!({ "by_s": 30 });
    let first = mia.post_with(&path("extend"), &[("If-Match", &etag)], by_30.clone()).await;
    let extended: Case = first.read(200);
    assert_eq!(first.header("etag"), format!("\"{}\"", extended.version));
    for action in ["extend", "close", "void"] {
        let body = match action {
            "extend" => by_30.clone(),
            "void" => json!({ "reason": "no" }),
            _ => json!({}),
        };
        let late = max.post_with(&path(action), &[("If-Match", &etag)], body).await;
        assert_eq!(late.problem(412).0, "version_mismatch", "{action}");
    }
    let fresh = format!("\"{}\"", extended.version);
    let closed: Case = max.post_with(&path("close"), &[("If-Match", &fresh)], json!({})).await.read(200);
    assert_eq!(closed.extended_s, 30);
    assert_eq!(
        mia.audit(opened.id).await,
        ["mia created", "mia opened", "mia extended", "max closed", "server decided"]
    );
}

async fn the_first_close_or_void_wins(stores: Stores) {
    let node = stores.node().await;
    let (mia, max) = two_moderators(&node);
    for _ in 0..5 {
        let id = mia.create(ROOM, case(json!({}))).await.id;
        let void = format!("/cases/{id}/void");
        let (closed, voided) = join(mia.act(id, "close"), max.post(&void, json!({ "reason": "no" }))).await;
        let (won, lost, state): (&Reply, &Reply, _) = match closed.status {
            200 => (&closed, &voided, CaseState::Decided),
            _ => (&voided, &closed, CaseState::Void),
        };
        assert_eq!(won.read::<Case>(200).state, state);
        assert_eq!(lost.problem(409).0, "not_open");
        assert_eq!(mia.case(id).await.state, state);
    }
}

async fn a_verdict_shows_how_the_case_closed_and_its_extension(stores: Stores) {
    let node = stores.node().await;
    let (mia, _) = two_moderators(&node);
    let mut ann = node.viewer(ROOM, "ann").await;
    let opened = mia.create(ROOM, case(json!({ "duration_s": 5 }))).await;
    let extended: Case = mia.extend(opened.id, 1).await.read(200);
    stores.pass_deadline(&extended);
    let by_itself = ann.wait_for_case(opened.id, |case| case.verdict.is_some()).await;
    assert_eq!((by_itself.closed_by, by_itself.extended_s), (Some(ClosedBy::Deadline), 1));

    let opened = mia.create(ROOM, case(json!({}))).await;
    mia.extend(opened.id, 60).await;
    mia.close(opened.id).await;
    let closed = ann.wait_for_case(opened.id, |case| case.verdict.is_some()).await;
    assert_eq!((closed.closed_by, closed.extended_s), (Some(ClosedBy::Moderator), 60));
    assert!(closed.verdict.unwrap().decided_at_ms < closed.closes_at_ms.unwrap());
    for (action, body) in [("extend", json!({ "by_s": 5 })), ("close", json!({})), ("void", json!({ "reason": "no" }))]
    {
        let late = mia.post(&format!("/cases/{}/{action}", opened.id), body).await;
        assert_eq!(late.problem(409).0, "not_open", "{action}");
    }
}

async fn a_case_is_open_for_at_most_a_day(stores: Stores) {
    let node = stores.node().await;
    let (mia, _) = two_moderators(&node);
    let opened = mia.create(ROOM, case(json!({ "duration_s": 86_400 - 60 }))).await;
    for by_s in [0, 61, u64::MAX] {
        assert_eq!(mia.extend(opened.id, by_s).await.problem(422), ("invalid_field".into(), "by_s".into()), "{by_s}");
    }
    assert_eq!(mia.extend(opened.id, 60).await.read::<Case>(200).extended_s, 60);
}
