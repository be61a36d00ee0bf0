//! Several moderators at once: no step overwrites another silently. Tested through the public surface only, except that
//! a story sets the nodes' clock.

use std::time::Duration;

use futures_util::future::join;
use live_jury_protocol::{Actor, AuditAction, AuditEntry, Case, CaseState, ClosedBy, Page};
use live_jury_tests::api::{Api, Reply, case};
use live_jury_tests::in_time;
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const ROOM: &str = "live-42";
/// Delay of each step of one node on its way to the tally: another node takes a whole step meanwhile.
const SLOW: Duration = Duration::from_millis(100);

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

/// The extension is filed after the close has looked, and reaches the tally before the seal does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_with_if_match_ends_no_case_that_was_extended_meanwhile() {
    let mut stores = Stores::servers();
    let (proxy, redis) = stores.redis_proxy().await;
    let slow = stores.node_with(|settings| settings.redis = Some(redis)).await;
    let quick = stores.node().await;
    let ((mia, _), (_, max)) = (two_moderators(&slow), two_moderators(&quick));
    let mut overtaken = 0;
    for action in ["close", "void"].repeat(4) {
        let opened = mia.create(ROOM, case(json!({}))).await;
        let etag = format!("\"{}\"", opened.version);
        proxy.delay(SLOW);
        let path = format!("/cases/{}/{action}", opened.id);
        let body = if action == "void" { json!({ "reason": "no" }) } else { json!({}) };
        let headers = [("If-Match", etag.as_str())];
        let ending = mia.post_with(&path, &headers, body.clone());
        let (ended, extended) = join(ending, max.extend(opened.id, 30)).await;
        proxy.restore();
        if extended.status == 200 {
            overtaken += 1;
            assert_eq!(ended.problem(412).0, "version_mismatch", "{action}");
            let case = max.case(opened.id).await;
            assert_eq!((case.state, case.extended_s), (CaseState::Open, 30), "{action}");
            let etag = format!("\"{}\"", case.version);
            let ended: Case = mia.post_with(&path, &[("If-Match", &etag)], body).await.read(200);
            assert_eq!(ended.extended_s, 30);
        } else {
            assert_eq!(extended.problem(409).0, "not_open");
            assert_eq!(ended.read::<Case>(200).extended_s, 0);
        }
    }
    assert!(overtaken > 0, "no extension came between");
}

/// The client hangs up when the tally has the new deadline and the docket does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_extension_has_a_name_though_its_client_is_gone() {
    let mut stores = Stores::servers();
    let (proxy, redis) = stores.redis_proxy().await;
    let node = stores.node_with(|settings| settings.redis = Some(redis)).await;
    let (mia, _) = two_moderators(&node);
    let token = tokens::moderator(ROOM, "mia");
    // This loads the script into Redis, which otherwise would have to reply before it moves a deadline.
    let first = mia.create(ROOM, case(json!({}))).await;
    mia.extend(first.id, 30).await;
    for round in 1..=3 {
        let opened = mia.create(ROOM, case(json!({}))).await;
        let key = format!("lj:{{{}}}:case", opened.id);
        let (body, before) = (json!({ "by_s": 30 }).to_string(), opened.closes_at_ms.unwrap().to_string());
        let request = format!(
            "POST /api/v1/cases/{}/extend HTTP/1.1\r\nHost: jury\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            opened.id,
            body.len()
        );
        proxy.pause_replies();
        let mut client = TcpStream::connect(node.address).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        in_time("the deadline in Redis", async {
            while stores.redis().command(&["HGET", &key, "closes_at_ms"]) == before {
                tokio::task::yield_now().await;
            }
        })
        .await;
        drop(client);
        // The node answers a later request of another connection, so it has seen the end of this one.
        assert_eq!(node.api(&token).case(opened.id).await.extended_s, 0);
        proxy.restore();
        let extended = node.wait_for_case(&opened, |case| case.extended_s > 0).await;
        assert_eq!(extended.extended_s, 30);
        let trail: Page<AuditEntry> = mia.get(&format!("/cases/{}/audit", opened.id)).await.read(200);
        let line = trail.items.last().unwrap();
        assert_eq!((line.by.as_str(), line.by_kind), ("mia", Actor::Moderator), "round {round}: {line:?}");
        assert!(matches!(line.action, AuditAction::Extended | AuditAction::Repaired), "{line:?}");
        assert_eq!((line.detail.as_deref(), trail.items.len()), (Some("by 30 s"), 3));
        mia.close(opened.id).await;
    }
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
    let extended: Case = mia.extend(opened.id, 10).await.read(200);
    stores.pass_deadline(&extended);
    let by_itself = ann.wait_for_case(opened.id, |case| case.verdict.is_some()).await;
    assert_eq!((by_itself.closed_by, by_itself.extended_s), (Some(ClosedBy::Deadline), 10));

    let opened = mia.create(ROOM, case(json!({}))).await;
    mia.extend(opened.id, 60).await;
    mia.close(opened.id).await;
    let closed = ann.wait_for_case(opened.id, |case| case.verdict.is_some()).await;
    assert_eq!((closed.closed_by, closed.extended_s), (Some(ClosedBy::Moderator), 60));
    assert!(closed.verdict.unwrap().decided_at_ms < closed.closes_at_ms.unwrap());
    for (action, body) in [("extend", json!({ "by_s": 10 })), ("close", json!({})), ("void", json!({ "reason": "no" }))]
    {
        let late = mia.post(&format!("/cases/{}/{action}", opened.id), body).await;
        assert_eq!(late.problem(409).0, "not_open", "{action}");
    }
}

async fn a_case_is_open_for_at_most_a_day(stores: Stores) {
    let node = stores.node().await;
    let (mia, _) = two_moderators(&node);
    let opened = mia.create(ROOM, case(json!({ "duration_s": 86_400 - 60 }))).await;
    for by_s in [0, 9, 61, u64::MAX] {
        assert_eq!(mia.extend(opened.id, by_s).await.problem(422), ("invalid_field".into(), "by_s".into()), "{by_s}");
    }
    assert_eq!(mia.extend(opened.id, 60).await.read::<Case>(200).extended_s, 60);
}
