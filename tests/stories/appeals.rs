//! Appeals: who may file one, against what, for which panel, and who may not sit on it.

use live_jury_protocol::limits::CASE_BYTES_MAX;
use live_jury_protocol::{Actor, AuditAction, AuditEntry, Case, CaseId, CaseState, NewCase, Page, Panel, Role};
use live_jury_server::docket::DocketError;
use live_jury_tests::api::{Api, case};
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{claims, now_s, sign, token, viewer};
use serde_json::{Value, json};

const ROOM: &str = "live-42";
/// Seconds of three days.
const WINDOW_S: u64 = 72 * 60 * 60;

live_jury_tests::on_both! {
    a_verdict_is_appealed_by_a_moderator_or_the_platform
    only_a_jurys_verdict_is_appealed_in_time
    the_panel_of_an_appeal_only_grows_but_for_the_platform
    the_statement_of_an_appeal_names_the_case_before
    nobody_sits_who_took_part_before
    the_draw_of_an_appeal_leaves_out_who_took_part
    a_changed_ballot_secret_ends_appeals
    an_erased_case_ends_the_appeals_after_it
    a_case_near_its_limit_is_appealed
}

fn platform(node: &Node) -> Api {
    node.api(&token(Role::Platform, "*", "shop"))
}

/// A decided case of these viewers, all for the buyer.
async fn decided(node: &Node, moderator: &Api, subs: &[&str]) -> Case {
    let open = moderator.create(ROOM, case(json!({ "open": true }))).await;
    vote(node, &open, subs).await;
    moderator.close(open.id).await
}

async fn vote(node: &Node, open: &Case, subs: &[&str]) {
    for sub in subs {
        node.viewer(ROOM, sub).await.vote(open.id, "buyer").await;
    }
}

async fn appeal(api: &Api, of: &Case) -> Case {
    api.act(of.id, "appeal").await.read(201)
}

async fn refused(api: &Api, of: &Case) -> String {
    api.act(of.id, "appeal").await.problem(409).0
}

async fn a_verdict_is_appealed_by_a_moderator_or_the_platform(stores: Stores) {
    let node = stores.node().await;
    let mia = node.moderator(ROOM);
    let first = decided(&node, &mia, &["ann", "bob"]).await;
    for other in [viewer(ROOM, "ann"), token(Role::Host, ROOM, "host")] {
        assert_eq!(node.api(&other).act(first.id, "appeal").await.problem(403).0, "forbidden");
    }
    assert_eq!(node.moderator("live-43").act(first.id, "appeal").await.problem(404).0, "not_found");

    let draft = appeal(&mia, &first).await;
    assert_eq!((draft.state, draft.appeal_of), (CaseState::Draft, Some(first.id)));
    assert_eq!((&draft.title, &draft.options), (&first.title, &first.options));
    let panel = Panel { other: 63, ..Panel::default() };
    assert_eq!(draft.rules.panel, Some(panel), "the tokens name no sides");
    assert_eq!(mia.case(draft.id).await.appeal_of, Some(first.id));
    assert_eq!(refused(&mia, &first).await, "appealed");
    assert_eq!(refused(&platform(&node), &first).await, "appealed");
    let again = mia.case(first.id).await;
    assert_eq!((again.version, &again.verdict), (first.version, &first.verdict), "the first verdict stays");

    let discarded = mia.send("DELETE", &format!("/cases/{}", draft.id), &[], None).await;
    assert_eq!(discarded.status, 204);
    let draft = appeal(&platform(&node), &first).await;
    let trail: Page<AuditEntry> = mia.get(&format!("/cases/{}/audit", draft.id)).await.read(200);
    assert_eq!((trail.items[0].by_kind, trail.items[0].by.as_str()), (Actor::Platform, "shop"));
    assert_eq!(trail.items[0].detail, Some(format!("appeal of {}", first.id)));
    assert_eq!(platform(&node).act(draft.id, "open").await.problem(403).0, "forbidden", "moderators open cases");
}

async fn only_a_jurys_verdict_is_appealed_in_time(stores: Stores) {
    let node = stores.node().await;
    let mia = node.moderator(ROOM);
    let open = mia.create(ROOM, case(json!({ "open": true }))).await;
    assert_eq!(refused(&mia, &open).await, "not_recorded");
    let void = mia.post(&format!("/cases/{}/void", open.id), json!({ "reason": "wrong" })).await.read::<Case>(200);
    assert_eq!(refused(&mia, &void).await, "not_appealable");
    let empty = mia.create(ROOM, case(json!({ "open": true }))).await;
    assert_eq!(refused(&mia, &mia.close(empty.id).await).await, "not_appealable", "there was no quorum");

    let first = decided(&node, &mia, &["ann"]).await;
    let mut late = claims(Role::Moderator, ROOM, "mia");
    late.exp = now_s() + WINDOW_S + 3_600;
    let late = node.api(&sign(&late));
    let draft = appeal(&mia, &first).await;
    assert_eq!(mia.send("DELETE", &format!("/cases/{}", draft.id), &[], None).await.status, 204);
    stores.clock().advance(std::time::Duration::from_secs(WINDOW_S + 60));
    assert_eq!(refused(&late, &first).await, "too_late");
}

async fn the_panel_of_an_appeal_only_grows_but_for_the_platform(stores: Stores) {
    let node = stores.node().await;
    let mia = node.moderator(ROOM);
    let first = decided(&node, &mia, &["ann"]).await;
    let draft = appeal(&mia, &first).await;
    let path = format!("/cases/{}", draft.id);
    let panel = |other: u64, min_level: u8| json!({ "rules": { "panel": { "other": other, "min_level": min_level } } });
    let refused = async |api: &Api, patch: Value, field: &str| {
        assert_eq!(api.patch(&path, patch).await.problem(422).1, field);
    };
    refused(&mia, panel(61, 0), "rules.panel").await;
    refused(&mia, json!({ "rules": { "panel": null } }), "rules.panel").await;
    refused(&mia, json!({ "title": "Another question?" }), "title").await;
    refused(&mia, json!({ "rules": { "quorum": 7 } }), "rules").await;
    let added = json!({ "statements": { "buyer": "And there is a second label." } });
    let edited: Case = mia.patch(&path, added).await.read(200);
    assert_eq!(edited.statements.expect("statements").buyer, "And there is a second label.");
    let raised: Case = mia.patch(&path, panel(75, 1)).await.read(200);
    assert_eq!(raised.rules.panel.map(|panel| (panel.other, panel.min_level)), Some((75, 1)));
    refused(&mia, panel(75, 0), "rules.panel").await;

    let shop = platform(&node);
    let lowered: Case = shop.patch(&path, panel(31, 0)).await.read(200);
    assert_eq!(lowered.rules.panel.map(|panel| (panel.other, panel.min_level)), Some((31, 0)));
    refused(&shop, json!({ "title": "Another question?" }), "title").await;
    let trail: Page<AuditEntry> = mia.get(&format!("{path}/audit")).await.read(200);
    let last = trail.items.last().expect("a line");
    assert_eq!((last.by_kind, last.by.as_str()), (Actor::Platform, "shop"));
    let detail = last.detail.as_deref().expect("a detail");
    assert!(detail.starts_with("panel 0+0+75 level 1 → 0+0+31 level 0; fields: rules.panel; brief: "), "{detail}");
    let plain = mia.create(ROOM, case(json!({}))).await;
    let refused = shop.patch(&format!("/cases/{}", plain.id), json!({ "title": "Mine?" })).await;
    assert_eq!(refused.problem(403).0, "forbidden", "other drafts are for moderators");
}

async fn the_statement_of_an_appeal_names_the_case_before(stores: Stores) {
    let node = stores.node().await;
    let mia = node.moderator(ROOM);
    // The log's entry 0 is another case.
    decided(&node, &mia, &["zoe"]).await;
    let first = decided(&node, &mia, &["ann"]).await;
    let before = mia.get(&format!("/cases/{}/statement", first.id)).await;
    assert!(before.status == 200 && !before.text.contains("appeal-of"), "{}", before.text);
    let draft = appeal(&mia, &first).await;
    mia.open(draft.id).await;
    mia.close(draft.id).await;
    let statement = mia.get(&format!("/cases/{}/statement", draft.id)).await;
    assert!(statement.text.contains(&format!("\nappeal-of {} 1\n", first.id)), "{}", statement.text);
    let again = mia.get(&format!("/cases/{}/statement", first.id)).await;
    assert_eq!(again.text, before.text, "the first verdict stays as it is");
}

async fn nobody_sits_who_took_part_before(stores: Stores) {
    let node = stores.node().await;
    let mia = node.moderator(ROOM);
    let first = decided(&node, &mia, &["ann", "bob"]).await;
    assert_eq!(node.took_part_before(first.id, &["ann"]).await, [false], "nothing was before it");
    let draft = appeal(&mia, &first).await;
    assert_eq!(node.took_part_before(draft.id, &["carl", "bob", "ann"]).await, [false, true, true]);
}

async fn the_draw_of_an_appeal_leaves_out_who_took_part(stores: Stores) {
    let node = stores.node().await;
    let mia = node.moderator(ROOM);
    let mut present = Vec::new();
    for n in 0..6 {
        present.push(node.viewer(ROOM, &format!("present-{n}")).await);
    }
    let first = mia.create(ROOM, case(json!({}))).await;
    for juror in &mut present[..2] {
        juror.vote(first.id, "buyer").await;
    }
    let first = mia.close(first.id).await;
    let draft = appeal(&mia, &first).await;
    let patch = json!({ "rules": { "panel": { "present_s": 0 } } });
    let _ = mia.patch(&format!("/cases/{}", draft.id), patch).await.read::<Case>(200);
    mia.open(draft.id).await;
    let is_called = |case: &Case| case.draw.as_ref().is_some_and(|draw| draw.called.is_some());
    let called = present[5].wait_for_case(draft.id, is_called).await.draw.unwrap().called.unwrap();
    assert_eq!((called.buyer, called.merchant, called.other), (0, 0, 4), "of six, two took part before");
    assert_eq!(node.took_part_before(draft.id, &["present-1", "present-2"]).await, [true, false]);
}

async fn a_changed_ballot_secret_ends_appeals(stores: Stores) {
    let node = stores.node().await;
    let mia = node.moderator(ROOM);
    let first = decided(&node, &mia, &["ann"]).await;
    let second = decided(&node, &mia, &["ann"]).await;
    let draft = appeal(&mia, &first).await;
    node.stop().await;
    let secret = "another ballot secret of the stories, long enough";
    let node = stores.node_with(|settings| settings.ballot_secret = secret.parse().ok()).await;
    let mia = node.moderator(ROOM);
    assert_eq!(refused(&mia, &second).await, "key_changed");
    assert_eq!(mia.act(draft.id, "open").await.problem(409).0, "key_changed");
}

/// Erases a recorded case with the server's own code.
async fn erase(stores: &Stores, id: CaseId) -> Result<(), DocketError> {
    let (_, docket) = stores.open().await;
    let erased = docket.case(id).await.unwrap().unwrap().erase().unwrap();
    let (by, by_kind, action) = ("server".to_owned(), Actor::Server, AuditAction::Erased);
    let entry = AuditEntry { at_ms: 1, by, by_kind, action, detail: None, version: erased.version, epoch: 1 };
    docket.erase(&erased, &entry).await
}

async fn an_erased_case_ends_the_appeals_after_it(stores: Stores) {
    let node = stores.node().await;
    let mia = node.moderator(ROOM);
    let first = decided(&node, &mia, &["ann"]).await;
    let draft = appeal(&mia, &first).await;
    node.stop().await;
    assert!(matches!(erase(&stores, first.id).await, Err(DocketError::UnderAppeal(id)) if id == first.id));

    let node = stores.node().await;
    let mia = node.moderator(ROOM);
    let mut present = Vec::new();
    for n in 0..7 {
        present.push(node.viewer(ROOM, &format!("present-{n}")).await);
    }
    let panel = json!({ "other": 7, "present_s": 0 });
    let patch = json!({ "rules": { "panel": panel } });
    let _ = platform(&node).patch(&format!("/cases/{}", draft.id), patch).await.read::<Case>(200);
    let second = mia.open(draft.id).await;
    let is_called = |case: &Case| case.draw.as_ref().is_some_and(|draw| draw.called.is_some());
    for juror in &mut present {
        juror.wait_for_case(second.id, is_called).await;
        juror.vote(second.id, "buyer").await;
    }
    let second = mia.close(second.id).await;
    assert_eq!(second.state, CaseState::Decided);
    node.stop().await;
    erase(&stores, first.id).await.unwrap();

    let node = stores.node().await;
    assert_eq!(refused(&node.moderator(ROOM), &second).await, "earlier_erased");
    let shown = node.moderator(ROOM).case(second.id).await;
    assert_eq!((shown.state, shown.appeal_of), (CaseState::Decided, Some(first.id)));
}

/// The panel of the appeal takes more bytes than the case has left.
async fn a_case_near_its_limit_is_appealed(stores: Stores) {
    let node = stores.node().await;
    let mia = node.moderator(ROOM);
    let long = |summary: &str| {
        let statements = json!({ "buyer": "真".repeat(2_000), "merchant": "真".repeat(1_850) });
        case(json!({ "open": true, "statements": statements, "summary": summary }))
    };
    let bytes_of = |new: Value| serde_json::to_vec(&serde_json::from_value::<NewCase>(new).unwrap()).unwrap().len();
    let left = CASE_BYTES_MAX - bytes_of(long("x")) + 1;
    assert_eq!(bytes_of(long(&"x".repeat(left))), CASE_BYTES_MAX);
    let open = mia.create(ROOM, long(&"x".repeat(left))).await;
    vote(&node, &open, &["ann"]).await;
    let first = mia.close(open.id).await;
    let draft = appeal(&mia, &first).await;
    assert_eq!((draft.state, draft.summary), (CaseState::Draft, first.summary));
}
