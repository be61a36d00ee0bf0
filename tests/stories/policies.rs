//! Policies of rooms: what the platform sets binds the moderators of each case that is opened from then on.

use live_jury_protocol::{BallotStatus, Case, CaseState, Page, PolicyChange, Role, RoomPolicy};
use live_jury_tests::api::{Api, Reply, case};
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::token;
use serde_json::{Value, json};

const ROOM: &str = "live-42";

live_jury_tests::on_both! {
    a_policy_is_set_by_the_platform_and_its_changes_are_kept
    a_case_is_not_closed_before_its_minimum_time
    a_guarded_step_needs_two_moderators
    a_required_rule_is_in_every_case
    a_subject_is_judged_a_limited_number_of_times
    an_appeal_is_no_attempt_of_its_own
    a_changed_policy_touches_no_open_case
    a_case_with_a_fixed_end_is_neither_closed_nor_extended
}

fn platform(node: &Node) -> Api {
    node.api(&token(Role::Platform, "*", "shop"))
}

async fn set(node: &Node, room: &str, policy: Value) -> RoomPolicy {
    let body = Some(policy.to_string().into_bytes());
    platform(node).send("PUT", &format!("/rooms/{room}/policy"), &[], body).await.read(200)
}

fn mia_and_max(node: &Node) -> (Api, Api) {
    let of = |sub| node.api(&token(Role::Moderator, ROOM, sub));
    (of("mia"), of("max"))
}

async fn a_policy_is_set_by_the_platform_and_its_changes_are_kept(stores: Stores) {
    let node = stores.node().await;
    let (mia, _) = mia_and_max(&node);
    let path = format!("/rooms/{ROOM}/policy");
    assert_eq!(mia.get(&path).await.read::<RoomPolicy>(200), RoomPolicy::default(), "all is off");
    set(&node, "*", json!({ "counts_from": 5 })).await;
    assert_eq!(mia.get(&path).await.read::<RoomPolicy>(200).counts_from, 5, "that of all rooms");
    let own = set(&node, ROOM, json!({ "min_open_s": 60, "second_moderator": ["void"] })).await;
    assert_eq!(mia.get(&path).await.read::<RoomPolicy>(200), own);
    assert_eq!(own.counts_from, 0, "a room's own policy replaces that of all rooms");
    set(&node, ROOM, json!({ "min_open_s": 30 })).await;

    for api in [&mia, &node.moderator("*"), &node.api(&token(Role::Viewer, ROOM, "ann"))] {
        let refused = api.send("PUT", &path, &[], Some(b"{}".to_vec())).await;
        assert_eq!(refused.problem(403).0, "forbidden");
    }
    let viewer = node.api(&token(Role::Viewer, ROOM, "ann"));
    assert_eq!(viewer.get(&path).await.read::<RoomPolicy>(200).min_open_s, 30, "a room's public knows its rules");
    assert_eq!(viewer.get("/rooms/live-43/policy").await.problem(403).0, "forbidden");
    for (body, code, field) in [
        (json!({ "attempts_max": 0 }), "invalid_field", "attempts_max"),
        (json!({ "require": ["fair"] }), "invalid_field", "require[0]"),
        (json!({ "min_open": 1 }), "unknown_field", "min_open"),
    ] {
        let refused = platform(&node).send("PUT", &path, &[], Some(body.to_string().into_bytes())).await;
        assert_eq!(refused.problem(422), (code.into(), field.into()));
    }
    let (mut changes, mut after) = (Vec::new(), "0".to_owned());
    loop {
        let page: Page<PolicyChange> = mia.get(&format!("{path}/audit?limit=1&after={after}")).await.read(200);
        changes.extend(page.items.into_iter().map(|change| (change.by, change.policy.min_open_s)));
        let Some(next) = page.next else { break };
        after = next;
    }
    assert_eq!(changes, [("shop".to_owned(), 60), ("shop".to_owned(), 30)]);
}

async fn a_case_is_not_closed_before_its_minimum_time(stores: Stores) {
    let node = stores.node().await;
    let (mia, _) = mia_and_max(&node);
    set(&node, ROOM, json!({ "min_open_s": 3_600 })).await;
    let early = mia.create(ROOM, case(json!({ "duration_s": 7_200 }))).await.id;
    assert_eq!(mia.act(early, "close").await.problem(409).0, "too_early");
    assert_eq!(mia.extend(early, 60).await.status, 200, "only a close is too early");
    mia.void(early, "wrong product").await;
    set(&node, ROOM, json!({ "min_open_s": 1 })).await;
    let id = mia.create(ROOM, case(json!({}))).await.id;
    let closing = async {
        loop {
            let reply = mia.act(id, "close").await;
            if reply.status == 200 {
                return;
            }
            assert_eq!(reply.problem(409).0, "too_early");
            stores.clock().advance(std::time::Duration::from_millis(100));
        }
    };
    tokio::time::timeout(live_jury_tests::WAIT_MAX, closing).await.expect("it may be closed after a second");
}

async fn a_guarded_step_needs_two_moderators(stores: Stores) {
    let node = stores.node().await;
    let (mia, max) = mia_and_max(&node);
    set(&node, ROOM, json!({ "second_moderator": ["close", "void", "extend"] })).await;
    let asked = |reply: Reply| reply.read::<Case>(202);
    let id = mia.create(ROOM, case(json!({}))).await.id;
    let waits = asked(mia.act(id, "close").await);
    assert_eq!((waits.state, waits.asked.map(|asked| asked.by)), (CaseState::Open, Some("mia".to_owned())));
    asked(mia.act(id, "close").await);
    let viewer = node.api(&token(Role::Viewer, ROOM, "ann"));
    assert_eq!(viewer.case(id).await.asked, None, "the public does not learn of it");
    // Another step, or other words, is another request, and replaces the first.
    asked(max.extend(id, 60).await);
    asked(mia.extend(id, 30).await);
    let extended: Case = max.extend(id, 30).await.read(200);
    assert_eq!((extended.extended_s, extended.asked), (30, None));
    // A request is used up by the step.
    assert_eq!(asked(mia.extend(id, 30).await).extended_s, 30);
    asked(max.act(id, "close").await);
    assert_eq!(mia.act(id, "close").await.read::<Case>(200).state, CaseState::Decided);
    let trail = mia.audit(id).await;
    let must = [
        "mia created",
        "mia opened",
        "mia asked",
        "mia asked",
        "max asked",
        "mia asked",
        "max extended",
        "mia asked",
        "max asked",
        "mia closed",
        "server decided",
    ];
    assert_eq!(trail, must, "both are named");

    let id = mia.create(ROOM, case(json!({ "duration_s": 3_600 }))).await.id;
    let void = async |api: &Api| api.post(&format!("/cases/{id}/void"), json!({ "reason": "wrong product" })).await;
    asked(void(&mia).await);
    if expires(&stores) {
        asked(void(&max).await);
        asked(void(&max).await);
        assert_eq!(void(&mia).await.read::<Case>(200).state, CaseState::Void);
    } else {
        assert_eq!(void(&max).await.read::<Case>(200).state, CaseState::Void);
    }
}

/// Lets the ten minutes of a request pass, where the store follows the story's clock.
fn expires(stores: &Stores) -> bool {
    let is_embedded = stores.try_database().is_none();
    if is_embedded {
        stores.clock().advance(std::time::Duration::from_secs(10 * 60));
    }
    is_embedded
}

async fn a_required_rule_is_in_every_case(stores: Stores) {
    let node = stores.node().await;
    let (mia, _) = mia_and_max(&node);
    let draft = mia.create(ROOM, case(json!({ "open": false }))).await.id;
    set(&node, ROOM, json!({ "require": ["blind", "fixed_end"] })).await;
    let path = format!("/rooms/{ROOM}/cases");
    let with = |rules: Value| case(json!({ "rules": rules }));
    for (rules, field) in [
        (json!({ "quorum": 1 }), "rules.blind"),
        (json!({ "quorum": 1, "reveal": "after_close", "blind": true }), "rules.fixed_end"),
        (json!({ "quorum": 1, "blind": true, "fixed_end": true }), "rules.blind"),
    ] {
        assert_eq!(mia.post(&path, with(rules)).await.problem(422), ("invalid_field".into(), field.into()));
    }
    assert_eq!(mia.act(draft, "open").await.problem(422).1, "rules.blind");
    let rules = json!({ "quorum": 1, "reveal": "after_close", "blind": true, "fixed_end": true });
    assert_eq!(mia.patch(&format!("/cases/{draft}"), json!({ "rules": rules })).await.status, 200);
    assert_eq!(mia.open(draft).await.state, CaseState::Open);
}

async fn a_subject_is_judged_a_limited_number_of_times(stores: Stores) {
    let node = stores.node().await;
    let (mia, _) = mia_and_max(&node);
    let about = |subject: Value| case(json!({ "subject": subject }));
    let (order, product) = (json!({ "order": "o-1" }), json!({ "merchant": "m", "product": "p" }));
    let first = mia.create(ROOM, about(order.clone())).await;
    assert_eq!((first.attempt, first.recused_count), (1, 0));
    mia.close(first.id).await;
    set(&node, ROOM, json!({ "attempts_max": 2 })).await;
    // Another room counts, too, and so does a void case.
    let elsewhere = node.moderator("live-43");
    let rules = json!({ "quorum": 1, "recused": ["u_1", "u_2"] });
    let second = case(json!({ "subject": order, "rules": rules }));
    let second = elsewhere.create("live-43", second).await;
    assert_eq!((second.attempt, second.recused_count), (2, 2));
    let public = node.api(&token(Role::Viewer, "live-43", "ann")).case(second.id).await;
    assert_eq!((public.attempt, public.recused_count, public.rules.recused), (2, 2, None));
    let mut ann = node.viewer("live-43", "ann").await;
    let shown = ann.wait_for_case(second.id, |_| true).await;
    assert_eq!((shown.attempt, shown.recused_count), (2, 2), "on the socket, too");
    elsewhere.void(second.id, "wrong product").await;

    let path = format!("/rooms/{ROOM}/cases");
    assert_eq!(mia.post(&path, about(order.clone())).await.problem(409).0, "judged_before");
    let draft = mia.create(ROOM, case(json!({ "subject": order, "open": false }))).await;
    assert_eq!(mia.act(draft.id, "open").await.problem(409).0, "judged_before");
    assert_eq!(mia.create(ROOM, about(product)).await.attempt, 1);
    for subject in [json!({}), json!({ "merchant": "m" }), json!({ "host": "h", "product": "p" })] {
        assert_eq!(mia.post(&path, about(subject)).await.problem(422).1, "subject");
    }
}

async fn an_appeal_is_no_attempt_of_its_own(stores: Stores) {
    let node = stores.node().await;
    let (mia, _) = mia_and_max(&node);
    set(&node, ROOM, json!({ "attempts_max": 2 })).await;
    let about = || case(json!({ "subject": { "order": "o-1" } }));
    let first = mia.create(ROOM, about()).await;
    node.viewer(ROOM, "ann").await.vote(first.id, "buyer").await;
    mia.close(first.id).await;
    let appeal: Case = mia.act(first.id, "appeal").await.read(201);
    assert_eq!(mia.open(appeal.id).await.attempt, 1);
    mia.close(appeal.id).await;
    let second = mia.create(ROOM, about()).await;
    assert_eq!((second.state, second.attempt), (CaseState::Open, 2));
    mia.close(second.id).await;
    assert_eq!(mia.post(&format!("/rooms/{ROOM}/cases"), about()).await.problem(409).0, "judged_before");
}

async fn a_changed_policy_touches_no_open_case(stores: Stores) {
    let node = stores.node().await;
    let (mia, _) = mia_and_max(&node);
    let free = mia.create(ROOM, case(json!({}))).await.id;
    let strict = json!({
        "min_open_s": 3_600, "second_moderator": ["void", "extend"], "require": ["blind"], "attempts_max": 1,
        "counts_from": 100,
    });
    set(&node, ROOM, strict).await;
    node.viewer(ROOM, "ann").await.vote(free, "buyer").await;
    assert!(mia.tally(free).await.counts.is_some());
    assert_eq!(mia.extend(free, 60).await.status, 200);
    let blind = json!({ "quorum": 1, "reveal": "after_close", "blind": true });
    let bound = case(json!({ "rules": blind, "subject": { "order": "o-1" }, "duration_s": 7_200 }));
    let bound = mia.create(ROOM, bound).await.id;
    // The policy is off again, and the case that was opened under it keeps it.
    set(&node, ROOM, json!({})).await;
    assert_eq!(mia.close(free).await.state, CaseState::Decided);
    assert_eq!(mia.extend(bound, 60).await.status, 202);
    assert_eq!(mia.act(bound, "close").await.problem(409).0, "too_early");
    // It is read back the same by a node that starts.
    node.stop().await;
    let node = stores.node().await;
    let (mia, max) = mia_and_max(&node);
    assert_eq!(max.extend(bound, 60).await.read::<Case>(200).extended_s, 60);
    assert_eq!(mia.act(bound, "close").await.problem(409).0, "too_early");
}

async fn a_case_with_a_fixed_end_is_neither_closed_nor_extended(stores: Stores) {
    let node = stores.node().await;
    let (mia, _) = mia_and_max(&node);
    let id = mia.create(ROOM, case(json!({ "rules": { "quorum": 1, "fixed_end": true } }))).await.id;
    assert_eq!(mia.act(id, "close").await.problem(409).0, "fixed_end");
    assert_eq!(mia.extend(id, 60).await.problem(409).0, "fixed_end");
    mia.void(id, "wrong product").await;
}

/// Nobody chose the new deadline after a loss, so a fixed end does not forbid it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fixed_end_moves_after_a_loss() {
    let mut stores = Stores::servers();
    let node = stores.node().await;
    let rules = json!({ "quorum": 1, "fixed_end": true });
    let opened = node.moderator(ROOM).create(ROOM, case(json!({ "rules": rules, "duration_s": 5 }))).await;
    let mut ann = node.viewer(ROOM, "ann").await;
    ann.vote(opened.id, "buyer").await;
    stores.redis().flush();
    let reopened = ann.wait_for_case(opened.id, |case| case.epoch == 2).await;
    assert!(reopened.closes_at_ms > opened.closes_at_ms);
    assert_eq!(ann.cast_until_recorded(opened.id, "buyer").await, BallotStatus::Counted);
    assert_eq!(node.wait_for_verdict(&opened).await.state, CaseState::Decided);
}

/// Two who confirm the same request at once extend the case once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_confirmed_once() {
    let stores = Stores::servers();
    let (here, there) = (stores.node().await, stores.node().await);
    let of = |node: &Node, sub| node.api(&token(Role::Moderator, ROOM, sub));
    let (mia, max, mona) = (of(&here, "mia"), of(&here, "max"), of(&there, "mona"));
    set(&here, ROOM, json!({ "second_moderator": ["extend"] })).await;
    let opened = mia.create(ROOM, case(json!({}))).await;
    let mut extended_s = 0;
    // Each round asks for another time. One who comes too late to confirm a request files one, which no round confirms.
    for by_s in 30..35 {
        assert_eq!(mia.extend(opened.id, by_s).await.status, 202);
        let replies = tokio::join!(max.extend(opened.id, by_s), mona.extend(opened.id, by_s));
        assert!([replies.0.status, replies.1.status].contains(&200));
        extended_s += by_s;
        assert_eq!(mia.case(opened.id).await.extended_s, extended_s);
    }
}
