//! Problems of the HTTP API: a stable code, and the field. Tested through the public surface only.

use live_jury_protocol::Role;
use live_jury_tests::api::{Api, case};
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{Claims, moderator, now_s, sign, token, viewer};
use serde_json::{Value, json};

const ROOM: &str = "live-42";

live_jury_tests::on_both! {
    a_request_without_a_valid_token_is_unauthorized
    a_token_is_limited_to_its_role_and_room
    an_unknown_resource_is_not_found
    a_wrong_field_is_named
    a_step_in_the_wrong_state_is_refused
}

fn problem(code: &str, field: &str) -> (String, String) {
    (code.to_owned(), field.to_owned())
}

async fn a_request_without_a_valid_token_is_unauthorized(stores: Stores) {
    let node = stores.node().await;
    let path = format!("/rooms/{ROOM}/cases");
    let nobody = Api::new(node.address, None);
    let reply = nobody.get(&path).await;
    assert_eq!((reply.problem(401).0.as_str(), reply.header("www-authenticate")), ("token_invalid", "Bearer"));
    let ended = Claims { exp: now_s() - 31, ..live_jury_tests::tokens::claims(Role::Moderator, ROOM, "mod") };
    for bad in ["nonsense", "", &sign(&ended)] {
        assert_eq!(node.api(bad).get(&path).await.problem(401).0, "token_invalid", "{bad}");
    }
    let basic = nobody.send("GET", &path, &[("Authorization", "Basic bW9kOm1vZA==")], None).await;
    assert_eq!(basic.problem(401).0, "token_invalid");
}

async fn a_token_is_limited_to_its_role_and_room(stores: Stores) {
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    let id = opened.id;
    for role in [Role::Viewer, Role::Host, Role::Overlay] {
        let other = node.api(&token(role, ROOM, "ann"));
        assert_eq!(other.case(id).await.id, id, "all read what is open");
        for reply in [
            other.post(&format!("/rooms/{ROOM}/cases"), case(json!({}))).await,
            other.patch(&format!("/cases/{id}"), json!({})).await,
            other.act(id, "open").await,
            other.extend(id, 30).await,
            other.act(id, "close").await,
            other.post(&format!("/cases/{id}/void"), json!({ "reason": "no" })).await,
            other.get(&format!("/cases/{id}/tally")).await,
            other.get(&format!("/cases/{id}/audit")).await,
            other.get(&format!("/cases/{id}/ballots.csv")).await,
            other.get("/verdicts").await,
            other.get("/rooms/live-43/cases").await,
            other.get("/rooms/live-43/verdicts").await,
        ] {
            assert_eq!(reply.problem(403).0, "forbidden", "{role}");
        }
    }
    let elsewhere = node.api(&moderator("live-43", "mia"));
    assert_eq!(elsewhere.post(&format!("/rooms/{ROOM}/cases"), case(json!({}))).await.problem(403).0, "forbidden");
    assert_eq!(elsewhere.get("/verdicts").await.problem(403).0, "forbidden", "that is for all rooms");
    assert_eq!(node.api(&moderator("*", "max")).case(id).await.id, id);
}

async fn an_unknown_resource_is_not_found(stores: Stores) {
    let node = stores.node().await;
    let opened = node.moderator(ROOM).create(ROOM, case(json!({}))).await;
    let elsewhere = node.api(&moderator("live-43", "mia"));
    assert_eq!(elsewhere.get(&format!("/cases/{}", opened.id)).await.problem(404).0, "not_found");
    assert_eq!(elsewhere.act(opened.id, "close").await.problem(404).0, "not_found");
    let here = node.moderator(ROOM);
    for path in ["/cases/nonsense", "/cases/01890a5d-ac96-774b-bcce-b302099a8057", "/verdicts/1", "/rooms/live-42"] {
        assert_eq!(here.get(path).await.problem(404).0, "not_found", "{path}");
    }
    assert_eq!(
        here.send("PUT", &format!("/cases/{}", opened.id), &[], None).await.problem(405).0,
        "method_not_allowed"
    );
    assert_eq!(here.get(&format!("/rooms/{ROOM}/socket")).await.problem(426).0, "upgrade_required");
    assert_eq!(here.get("/rooms/a%20b/cases").await.problem(422), problem("invalid_field", "room"));
}

/// The problem of a creation with one changed value.
async fn creation(node: &Node, path: &[&str], value: Value) -> (String, String) {
    let mut new = case(json!({}));
    let mut place = &mut new;
    for step in path {
        place = match step.parse::<usize>() {
            Ok(index) => &mut place[index],
            Err(_) => &mut place[*step],
        };
    }
    *place = value;
    node.moderator(ROOM).post(&format!("/rooms/{ROOM}/cases"), new).await.problem(422)
}

async fn a_wrong_field_is_named(stores: Stores) {
    let node = stores.node().await;
    for (path, value, code, field) in [
        (&["titel"][..], json!("x"), "unknown_field", "titel"),
        (&["rules", "quorom"], json!(3), "unknown_field", "rules.quorom"),
        (&["options", "1", "colour"], json!("red"), "unknown_field", "options[1].colour"),
        (&["subject"], json!({ "shop": "s" }), "unknown_field", "subject.shop"),
        (&["title"], json!(7), "invalid_field", "title"),
        (&["title"], json!(""), "invalid_field", "title"),
        (&["title"], json!("x".repeat(201)), "invalid_field", "title"),
        (&["options", "1", "label"], json!(7), "invalid_field", "options[1].label"),
        (&["options", "1", "label"], json!("x".repeat(61)), "invalid_field", "options[1].label"),
        (&["options", "1"], json!({ "id": "m" }), "invalid_field", "options[1].label"),
        (&["options", "1", "id"], json!("a b"), "invalid_field", "options[1].id"),
        (&["options", "1", "id"], json!("buyer"), "invalid_field", "options[1].id"),
        (&["options"], json!([]), "invalid_field", "options"),
        (&["rules", "quorum"], json!(-1), "invalid_field", "rules.quorum"),
        (&["rules", "quorum"], json!(0), "invalid_field", "rules.quorum"),
        (&["rules", "threshold"], json!(1), "invalid_field", "rules.threshold"),
        (&["rules", "threshold"], json!(0.12345), "invalid_field", "rules.threshold"),
        (&["rules", "reveal"], json!("never"), "invalid_field", "rules.reveal"),
        (&["rules", "allow_change"], json!(true), "invalid_field", "rules.allow_change"),
        (&["duration_s"], json!(4), "invalid_field", "duration_s"),
        (
            &["evidence"],
            json!([{ "type": "image", "url": "http://a/", "by": "buyer" }]),
            "invalid_field",
            "evidence[0].url",
        ),
        (&["evidence"], json!([{ "type": "sound", "by": "buyer" }]), "invalid_field", "evidence[0].type"),
    ] {
        assert_eq!(creation(&node, path, value).await, problem(code, field));
    }
    let moderator = node.moderator(ROOM);
    let cases = format!("/rooms/{ROOM}/cases");
    let mut untitled = case(json!({}));
    untitled.as_object_mut().unwrap().remove("title");
    assert_eq!(moderator.post(&cases, untitled).await.problem(422), problem("invalid_field", "title"));
    let statement = "字".repeat(2_000);
    let statements = json!({ "buyer": statement, "merchant": statement });
    let long = case(json!({ "summary": "字".repeat(1_000), "statements": statements }));
    assert_eq!(moderator.post(&cases, long).await.problem(422), problem("invalid_field", "case"));
    for body in ["", "nonsense", "[]", "null", "{\"title\": "] {
        let reply = moderator.send("POST", &cases, &[], Some(body.as_bytes().to_vec())).await;
        assert_eq!(reply.problem(400).0, "malformed", "{body}");
    }
    let large = moderator.send("POST", &cases, &[], Some(vec![b' '; 64 * 1024 + 1])).await;
    assert_eq!(large.problem(413).0, "body_too_large");

    let id = moderator.create(ROOM, case(json!({}))).await.id;
    for (action, body, code, field) in [
        ("extend", json!({ "by_s": "30" }), "invalid_field", "by_s"),
        ("extend", json!({}), "invalid_field", "by_s"),
        ("extend", json!({ "by_s": 30, "by_m": 1 }), "unknown_field", "by_m"),
        ("void", json!({ "reason": " " }), "invalid_field", "reason"),
        ("void", json!({ "reason": "x".repeat(501) }), "invalid_field", "reason"),
        ("close", json!({ "reason": "x" }), "unknown_field", "reason"),
    ] {
        let reply = moderator.post(&format!("/cases/{id}/{action}"), body).await;
        assert_eq!(reply.problem(422), problem(code, field), "{action}");
    }
    let reply = moderator.post_with(&format!("/cases/{id}/close"), &[("If-Match", "\"soon\"")], json!({})).await;
    assert_eq!(reply.problem(422), problem("invalid_field", "If-Match"));
    for (query, field) in
        [("limit=0", "limit"), ("limit=101", "limit"), ("state=closed", "state"), ("before=x", "before")]
    {
        assert_eq!(moderator.get(&format!("{cases}?{query}")).await.problem(422), problem("invalid_field", field));
    }
    let draft = moderator.create(ROOM, case(json!({ "open": false }))).await.id;
    for (patch, code, field) in [
        (json!({ "title": 7 }), "invalid_field", "title"),
        (json!({ "rules": { "quorom": 1 } }), "unknown_field", "rules.quorom"),
        (json!({ "open": true }), "invalid_field", "open"),
        (json!({ "title": null }), "invalid_field", "title"),
    ] {
        assert_eq!(moderator.patch(&format!("/cases/{draft}"), patch).await.problem(422), problem(code, field));
    }
}

async fn a_step_in_the_wrong_state_is_refused(stores: Stores) {
    let node = stores.node().await;
    let moderator = node.moderator(ROOM);
    let draft = moderator.create(ROOM, case(json!({ "open": false }))).await.id;
    assert_eq!(moderator.act(draft, "close").await.problem(409).0, "not_open");
    assert_eq!(moderator.extend(draft, 30).await.problem(409).0, "not_open");
    assert_eq!(
        moderator.post(&format!("/cases/{draft}/void"), json!({ "reason": "no" })).await.problem(409).0,
        "not_open"
    );
    assert_eq!(moderator.get(&format!("/cases/{draft}/tally")).await.problem(409).0, "no_tally");
    assert_eq!(moderator.get(&format!("/cases/{draft}/ballots.csv")).await.problem(409).0, "not_recorded");
    moderator.open(draft).await;
    assert_eq!(moderator.get(&format!("/cases/{draft}/ballots.csv")).await.problem(409).0, "not_recorded");
    assert_eq!(node.api(&viewer(ROOM, "ann")).case(draft).await.verdict, None);
}
