//! A merchant's side: it reads that a case about it is drafted, and gives its statement before the case opens.

use live_jury_protocol::trust::{PartyDraft, PartyStanding};
use live_jury_protocol::{Actor, AuditEntry, Case, Page, Role};
use live_jury_tests::api::{Api, case};
use live_jury_tests::in_time;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{Claims, claims, merchant, sign};
use serde_json::{Value, json};

live_jury_tests::on_both! {
    a_merchant_gives_its_side_to_a_draft_about_it
    a_draft_that_goes_on_without_the_merchant_leaves_its_list
    only_the_merchant_of_a_draft_gives_that_side
}

const ROOM: &str = "live-42";
const SIDE: &str = "The label on p1 says silk.";

fn draft_about(merchant: &str) -> Value {
    case(json!({
        "open": false,
        "policy": "false_advertising",
        "subject": { "merchant": merchant, "product": "p1" },
        "options": [
            { "id": "buyer", "label": "Support the buyer", "upholds": true },
            { "id": "merchant", "label": "Support the merchant" },
        ],
    }))
}

async fn drafts(own: &Api) -> Vec<PartyDraft> {
    own.get("/trust/me").await.read::<PartyStanding>(200).drafts
}

/// The drafts of a merchant, once there are this many.
async fn drafts_once(own: &Api, count: usize) -> Vec<PartyDraft> {
    let waiting = async {
        loop {
            let found = drafts(own).await;
            if found.len() == count {
                return found;
            }
        }
    };
    in_time(&format!("{count} drafts"), waiting).await
}

async fn put(own: &Api, draft: &Case, headers: &[(&str, &str)], text: &str) -> live_jury_tests::api::Reply {
    let body = json!({ "text": text }).to_string().into_bytes();
    own.send("PUT", &format!("/trust/cases/{}/statement", draft.id), headers, Some(body)).await
}

async fn a_merchant_gives_its_side_to_a_draft_about_it(stores: Stores) {
    let node = stores.node().await;
    let mia = node.moderator(ROOM);
    let own = node.api(&merchant("m-1"));
    let draft = mia.create(ROOM, draft_about("m-1")).await;
    let listed = drafts_once(&own, 1).await.remove(0);
    assert_eq!((listed.case, listed.policy.as_deref()), (draft.id, Some("false_advertising")));
    assert_eq!((listed.product.as_deref(), listed.statement.as_str()), (Some("p1"), ""));
    assert_eq!(listed.title.expect("a title").en, "False advertising");
    let told = own.get("/trust/me").await.text;
    assert!(!told.contains("\"mod\"") && !told.contains(ROOM), "{told}");

    assert_eq!(put(&own, &draft, &[("If-Match", "\"7\"")], SIDE).await.problem(412).0, "version_mismatch");
    let filed: PartyDraft = put(&own, &draft, &[("If-Match", "\"1\"")], "An earlier text.").await.read(200);
    assert_eq!((filed.version, filed.statement.as_str()), (2, "An earlier text."));
    let filed: PartyDraft = put(&own, &draft, &[], SIDE).await.read(200);
    let again: PartyDraft = put(&own, &draft, &[], SIDE).await.read(200);
    assert_eq!((filed.version, again.version), (3, 3), "a repeat changes nothing");
    assert_eq!(drafts(&own).await[0].statement, SIDE);

    let seen = mia.case(draft.id).await;
    assert_eq!(seen.statements.expect("statements").merchant, SIDE);
    let trail: Page<AuditEntry> = mia.get(&format!("/cases/{}/audit", draft.id)).await.read(200);
    let last = trail.items.last().expect("a line");
    assert_eq!((last.by_kind, last.by.as_str()), (Actor::Merchant, "m-1"));
    let detail = last.detail.as_deref().expect("a detail");
    assert!(detail.starts_with("fields: statements.merchant; brief: sha256 "), "{detail}");

    mia.open(draft.id).await;
    assert_eq!(put(&own, &draft, &[], "Too late.").await.problem(409).0, "not_a_draft");
    let shown = node.viewer(ROOM, "ann").await.wait_for_case(draft.id, |_| true).await;
    assert_eq!(shown.statements.expect("statements").merchant, SIDE, "jurors read it");
    drafts_once(&own, 0).await;
}

async fn a_draft_that_goes_on_without_the_merchant_leaves_its_list(stores: Stores) {
    let node = stores.node().await;
    let mia = node.moderator(ROOM);
    let (own, other) = (node.api(&merchant("m-1")), node.api(&merchant("m-2")));
    let first = mia.create(ROOM, draft_about("m-1")).await;
    let second = mia.create(ROOM, draft_about("m-1")).await;
    let listed = drafts_once(&own, 2).await;
    assert_eq!([listed[0].case, listed[1].case], [second.id, first.id], "the newest first");
    let subject = json!({ "subject": { "merchant": "m-2", "product": "p1" } });
    let _: Case = mia.patch(&format!("/cases/{}", first.id), subject).await.read(200);
    assert_eq!(drafts_once(&other, 1).await[0].case, first.id);
    assert_eq!(drafts(&own).await.len(), 1);
    assert_eq!(put(&own, &first, &[], SIDE).await.problem(404).0, "not_found");
    assert_eq!(mia.send("DELETE", &format!("/cases/{}", second.id), &[], None).await.status, 204);
    assert!(drafts(&own).await.is_empty());
}

async fn only_the_merchant_of_a_draft_gives_that_side(stores: Stores) {
    let node = stores.node().await;
    let mia = node.moderator(ROOM);
    let own = node.api(&merchant("m-1"));
    let draft = mia.create(ROOM, draft_about("m-1")).await;
    assert_eq!(put(&node.api(&merchant("m-2")), &draft, &[], SIDE).await.problem(404).0, "not_found");
    let host = sign(&Claims { host: Some("ann".to_owned()), ..claims(Role::Host, ROOM, "ann") });
    for other in [node.api(&host), node.moderator("*"), node.moderator(ROOM)] {
        assert_eq!(put(&other, &draft, &[], SIDE).await.problem(403).0, "forbidden");
    }
    for text in ["", " \n", &"x".repeat(2_001)] {
        assert_eq!(put(&own, &draft, &[], text).await.problem(422), ("invalid_field".into(), "text".into()));
    }
    assert_eq!(mia.case(draft.id).await.version, 1);
    let unknown = put(&own, &Case { id: live_jury_protocol::CaseId(uuid::Uuid::nil()), ..draft }, &[], SIDE).await;
    assert_eq!(unknown.problem(404).0, "not_found");
}
