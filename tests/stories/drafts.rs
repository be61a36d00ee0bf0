//! Drafts over HTTP: creation, edits, openings and repeated requests. Tested through the public surface only.

use futures_util::future::join_all;
use live_jury_protocol::{Case, CaseState, EvidenceKind, Page, Party, RemedyKind, Reveal};
use live_jury_tests::api::{Api, case};
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens;
use serde_json::{Value, json};

const ROOM: &str = "live-42";

live_jury_tests::on_both! {
    a_draft_is_created_edited_and_opened
    a_draft_is_discarded
    a_case_says_what_follows_from_it
    a_case_needs_few_fields
    a_repeated_request_gets_the_first_answer
    concurrent_repeats_create_one_case
    a_room_holds_at_most_eight_open_cases
}

fn whole() -> Value {
    json!({
        "kind": "false_advertising",
        "title": "Is the “pure silk” claim misleading?",
        "summary": "The label says 30 % polyester.",
        "subject": { "merchant": "m_77", "host": "h_12", "product": "p_9" },
        "statements": { "buyer": "It is not silk.", "merchant": "It says so on the page." },
        "evidence": [
            { "type": "image", "url": "https://example.com/label.jpg", "caption": "The label", "by": "buyer" },
            { "type": "text", "text": "“100 % silk!”", "by": "platform", "stream_at_ms": 734_000 },
        ],
        "options": [
            { "id": "buyer", "label": "Support the buyer" },
            { "id": "merchant", "label": "Support the merchant" },
        ],
        "rules": { "quorum": 50, "threshold": 0.6667, "reveal": "after_close", "allow_change": true,
                   "min_account_age_days": 7, "recused": ["u_7"] },
        "remedy": "Refund without return",
        "duration_s": 90,
    })
}

/// A draft that counts as a violation if the buyer wins, with these changes.
fn with_a_policy(change: Value) -> Value {
    let mut new = whole();
    new["options"][0]["upholds"] = true.into();
    new["policy"] = "false_advertising".into();
    new.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    new
}

async fn a_case_says_what_follows_from_it(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let path = format!("/rooms/{ROOM}/cases");
    for (change, field) in [
        (json!({ "policy": "no_such" }), "policy"),
        (json!({ "policy": "counterfeit" }), "policy"),
        (json!({ "policy": "promise_breach", "subject": { "host": "h_12" } }), "subject.merchant"),
        (json!({ "subject": {} }), "subject.merchant"),
        (json!({ "options": whole()["options"] }), "policy"),
        (json!({ "remedy_kind": "revenge" }), "remedy_kind"),
        (json!({ "remedy_due_h": 721 }), "remedy_due_h"),
    ] {
        let refused = moderator.post(&path, with_a_policy(change.clone())).await;
        assert_eq!(refused.problem(422), ("invalid_field".into(), field.into()), "{change}");
    }
    let draft = moderator.create(ROOM, with_a_policy(json!({ "remedy_kind": "refund" }))).await;
    assert_eq!((draft.policy.as_deref(), draft.remedy_due_h), (Some("false_advertising"), None));
    assert_eq!([draft.options[0].upholds, draft.options[1].upholds], [true, false]);
    let edited = format!("/cases/{}", draft.id);
    let refused = moderator.patch(&edited, json!({ "policy": "no_such" })).await;
    assert_eq!(refused.problem(422), ("invalid_field".into(), "policy".into()));
    let patch = json!({ "policy": null, "remedy_kind": "other", "remedy_due_h": 24 });
    let edited: Case = moderator.patch(&edited, patch).await.read(200);
    assert_eq!((edited.policy, edited.remedy_due_h), (None, Some(24)));
    assert_eq!(edited.remedy_kind, Some(RemedyKind::Other));
}

async fn a_draft_is_created_edited_and_opened(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let draft = moderator.create(ROOM, whole()).await;
    assert_eq!((draft.state, draft.version, draft.epoch, draft.opened_at_ms), (CaseState::Draft, 1, 0, None));
    assert_eq!((draft.duration_s, draft.closes_at_ms, draft.extended_s), (Some(90), None, 0));
    assert_eq!(draft.rules.recused, Some(vec!["u_7".to_owned()]));
    assert_eq!(draft.evidence.as_ref().unwrap()[1].kind, EvidenceKind::Text);
    assert_eq!(draft.evidence.as_ref().unwrap()[0].by, Party::Buyer);
    let path = format!("/cases/{}", draft.id);
    for role in [live_jury_protocol::Role::Viewer, live_jury_protocol::Role::Host] {
        let other = node.api(&tokens::token(role, ROOM, "ann"));
        assert_eq!(other.get(&path).await.problem(404).0, "not_found", "a draft is the moderators' own");
        let listed: Page<Case> = other.get(&format!("/rooms/{ROOM}/cases")).await.read(200);
        assert_eq!(listed.items, []);
    }

    // A merge patch changes the named fields, removes those that are null, and keeps the others.
    let patch = json!({ "title": "Is it silk?", "remedy": null, "rules": { "quorum": 5 }, "closes_at_ms": null });
    let edited: Case = moderator.patch(&path, patch).await.read(200);
    assert_eq!((edited.title.as_str(), edited.remedy.as_deref(), edited.version), ("Is it silk?", None, 2));
    assert_eq!((edited.rules.quorum, edited.rules.reveal), (5, Reveal::AfterClose));
    assert_eq!(edited.statements, draft.statements);

    let opened = moderator.open(draft.id).await;
    assert_eq!((opened.state, opened.epoch, opened.version), (CaseState::Open, 1, 3));
    assert_eq!(opened.closes_at_ms.unwrap() - opened.opened_at_ms.unwrap(), 90_000);
    assert_eq!(moderator.patch(&path, json!({ "title": "?" })).await.problem(409).0, "not_a_draft");
    assert_eq!(moderator.act(draft.id, "open").await.problem(409).0, "not_a_draft");
    let public = node.api(&tokens::viewer(ROOM, "ann")).case(draft.id).await;
    assert_eq!(public.rules.recused, None);
    assert_eq!(moderator.audit(draft.id).await, ["mod created", "mod edited", "mod opened"]);
}

async fn a_draft_is_discarded(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let draft = moderator.create(ROOM, whole()).await;
    let path = format!("/cases/{}", draft.id);
    let discard = async |api: &Api, headers: &[(&str, &str)]| api.send("DELETE", &path, headers, None).await;
    let viewer = node.api(&tokens::viewer(ROOM, "ann"));
    assert!(matches!(discard(&viewer, &[]).await.status, 403 | 404), "a draft is the moderators' own");
    assert_eq!(discard(&moderator, &[("if-match", "\"2\"")]).await.problem(412).0, "version_mismatch");
    assert_eq!(discard(&moderator, &[("if-match", "\"1\"")]).await.status, 204);
    for reply in [discard(&moderator, &[]).await, moderator.get(&path).await, moderator.act(draft.id, "open").await] {
        assert_eq!(reply.problem(404).0, "not_found");
    }
    let left: Page<Case> = moderator.get(&format!("/rooms/{ROOM}/cases")).await.read(200);
    assert_eq!(left.items, []);

    let opened = moderator.create(ROOM, case(json!({}))).await;
    let refused = moderator.send("DELETE", &format!("/cases/{}", opened.id), &[], None).await;
    assert_eq!(refused.problem(409).0, "not_a_draft");
}

async fn a_case_needs_few_fields(stores: Stores) {
    let node = stores.node().await;
    let little = json!({
        "title": "Is it?", "duration_s": 5, "options": [{ "id": "a", "label": "A" }, { "id": "b", "label": "B" }],
    });
    let draft = node.moderator(ROOM).create(ROOM, little.clone()).await;
    assert_eq!((draft.rules.quorum, draft.rules.threshold.parts()), (30, 5_000));
    assert_eq!((draft.rules.reveal, draft.rules.allow_change), (Reveal::AfterVote, false));
    // A fixed deadline may be too close by the time of the opening.
    let mut fixed = little;
    fixed.as_object_mut().unwrap().remove("duration_s");
    fixed["closes_at_ms"] = json!((tokens::now_s() + 60) * 1_000);
    let id = node.moderator(ROOM).create(ROOM, fixed.clone()).await.id;
    assert_eq!(json!(node.moderator(ROOM).open(id).await.closes_at_ms), fixed["closes_at_ms"]);
    fixed["closes_at_ms"] = json!((tokens::now_s() + 1) * 1_000);
    let id = node.moderator(ROOM).create(ROOM, fixed).await.id;
    let late = node.moderator(ROOM).act(id, "open").await;
    assert_eq!(late.problem(422), ("invalid_field".into(), "closes_at_ms".into()));
}

async fn a_repeated_request_gets_the_first_answer(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let path = format!("/rooms/{ROOM}/cases");
    let key = [("Idempotency-Key", "order-4711")];
    let first = moderator.post_with(&path, &key, case(json!({}))).await;
    let again = moderator.post_with(&path, &key, case(json!({}))).await;
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    let opened: Case = first.read(201);
    moderator.close(opened.id).await;
    node.kill().await;

    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let later = moderator.post_with(&path, &key, case(json!({}))).await;
    assert_eq!((later.status, &later.text), (201, &first.text), "also after the case has moved on");
    let other = moderator.post_with(&path, &key, case(json!({ "title": "Another" }))).await;
    assert_eq!(other.problem(422).0, "idempotency_key_reused");
    let all: Page<Case> = moderator.get(&path).await.read(200);
    assert_eq!(all.items.len(), 1);
    // A key belongs to one room.
    let elsewhere = node.moderator("live-43").post_with("/rooms/live-43/cases", &key, case(json!({}))).await;
    assert_ne!(elsewhere.read::<Case>(201).id, opened.id);
    for bad in ["", &"k".repeat(129)] {
        let reply = moderator.post_with(&path, &[("Idempotency-Key", bad)], case(json!({}))).await;
        assert_eq!(reply.problem(422), ("invalid_field".into(), "Idempotency-Key".into()));
    }
}

async fn concurrent_repeats_create_one_case(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let path = format!("/rooms/{ROOM}/cases");
    let repeats = (0..8).map(|_| moderator.post_with(&path, &[("Idempotency-Key", "k")], case(json!({}))));
    let texts: Vec<String> = join_all(repeats).await.into_iter().map(|reply| reply.text).collect();
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:#?}");
    let all: Page<Case> = moderator.get(&path).await.read(200);
    assert_eq!(all.items.len(), 1);
}

async fn a_room_holds_at_most_eight_open_cases(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let draft = moderator.create(ROOM, case(json!({ "open": false }))).await;
    let mut live = Vec::new();
    for _ in 0..8 {
        live.push(moderator.create(ROOM, case(json!({}))).await.id);
    }
    let ninth = moderator.post(&format!("/rooms/{ROOM}/cases"), case(json!({}))).await;
    assert_eq!(ninth.problem(409).0, "too_many_cases");
    assert_eq!(moderator.act(draft.id, "open").await.problem(409).0, "too_many_cases");
    assert_eq!(moderator.case(draft.id).await.state, CaseState::Draft);
    node.moderator("live-43").create("live-43", case(json!({}))).await;
    moderator.void(live[3], "to make room").await;
    assert_eq!(moderator.open(draft.id).await.state, CaseState::Open);
}
