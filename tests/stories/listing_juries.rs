//! A look-alike name before a jury, and a shop that appeals: the verdict decides the listing, a person decides where
//! there is none, and a shop reads its own listings. Nothing is lost when a node is killed on the way.

use futures_util::future::join_all;
use live_jury_protocol::trust::{Appeal, Listing, ListingAnswer, PartyStanding, Violation};
use live_jury_protocol::{Case, CaseId, CaseState, Page, Role};
use live_jury_tests::api::{Api, Reply};
use live_jury_tests::node::Node;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{merchant, moderator, token};
use serde_json::{Value, json};

use super::standing::until;

live_jury_tests::on_both! {
    a_jury_confirms_a_look_alike_and_a_killed_node_loses_nothing
    without_a_verdict_a_person_decides_and_one_who_decided_is_not_overruled
    a_jury_is_asked_about_a_name_alone_and_by_moderators_of_all_rooms
    a_shop_reads_its_own_listings_and_appeals_against_one
    a_won_appeal_against_a_confirmed_listing_takes_its_violation_back
}

const ROOM: &str = "live-42";
const SHOP: &str = "m-1";
/// The words of a moderator.
const WORDS: &str = "The label and the laboratory disagree.";
/// The ballots that a jury needs.
const QUORUM: usize = 500;
/// The viewers who vote at the same time.
const AT_A_TIME: usize = 50;

/// A node with a protected brand, and listings of a shop.
struct Run {
    stores: Stores,
    node: Node,
}

impl Run {
    async fn begin(stores: Stores) -> Self {
        let node = stores.node().await;
        let run = Self { stores, node };
        let put = run.staff().put("/trust/brands/b1", json!({ "name": "Samsung" })).await;
        assert_eq!(put.status, 200, "{}", put.text);
        run
    }

    fn platform(&self) -> Api {
        self.node.api(&token(Role::Platform, "*", "shop-platform"))
    }

    fn staff(&self) -> Api {
        self.node.moderator("*")
    }

    /// A moderator who had no hand in anything.
    fn other(&self) -> Api {
        self.node.api(&moderator("*", "zoe"))
    }

    fn shop(&self) -> Api {
        self.node.api(&merchant(SHOP))
    }

    /// Stops the node at once and starts another one.
    async fn killed(self) -> Self {
        let Self { stores, node } = self;
        node.kill().await;
        let node = stores.node().await;
        Self { stores, node }
    }

    async fn screen(&self, id: &str, change: Value) -> ListingAnswer {
        let mut new = json!({
            "id": id, "version": 1, "merchant": SHOP, "title": "A phone", "category": "phones",
            "price_minor": 90_000, "currency": "CNY",
        });
        new.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        self.platform().post("/trust/listings", new).await.read(200)
    }

    /// A listing that is held for its name alone.
    async fn look_alike(&self, id: &str) -> Listing {
        let found = self.screen(id, json!({ "brand": "5amsung" })).await;
        assert_eq!(found.outcome, "hold");
        self.read(found.screening).await
    }

    async fn read(&self, screening: uuid::Uuid) -> Listing {
        self.staff().get(&format!("/trust/listings/{screening}")).await.read(200)
    }

    async fn send(&self, api: &Api, listing: &Listing, room: &str) -> Reply {
        api.post(&format!("/trust/listings/{}/draft", listing.screening), json!({ "room": room })).await
    }

    /// Sends a listing to the room, and waits for its draft.
    async fn drafted(&self, listing: &Listing) -> CaseId {
        let sent: Listing = self.send(&self.staff(), listing, ROOM).await.read(200);
        let id = sent.jury.unwrap().case;
        self.draft(id).await;
        id
    }

    async fn draft(&self, id: CaseId) -> Case {
        let staff = self.staff();
        until("the draft", async || {
            let reply = staff.get(&format!("/cases/{id}")).await;
            (reply.status == 200).then(|| reply.read::<Case>(200))
        })
        .await
    }

    async fn vote(&self, case: CaseId, option: &str, voters: usize) {
        for first in (0..voters).step_by(AT_A_TIME) {
            let votes = (first..voters.min(first + AT_A_TIME)).map(|n| async move {
                self.node.viewer(ROOM, &format!("juror-{n}")).await.vote(case, option).await;
            });
            join_all(votes).await;
        }
    }

    async fn decide(&self, listing: &Listing, decision: &str) -> Listing {
        let body = json!({ "decision": decision, "words": WORDS });
        self.staff().post(&format!("/trust/listings/{}/decide", listing.screening), body).await.read(200)
    }

    /// Waits until the jury of a listing has this result.
    async fn until(&self, listing: &Listing, result: &str) -> Listing {
        let has = |one: &Listing| one.jury.as_ref().and_then(|jury| jury.result.as_deref()) == Some(result);
        until(result, async || Some(self.read(listing.screening).await).filter(has)).await
    }

    async fn standing(&self) -> PartyStanding {
        self.staff().get(&format!("/trust/parties/merchant/{SHOP}")).await.read(200)
    }

    async fn appeal(&self, target: Value) -> Reply {
        self.shop().post("/trust/appeals", json!({ "target": target, "text": "The name is our own." })).await
    }

    /// Waits until a moderator may decide about an appeal, and has this one do so.
    async fn end(&self, api: &Api, appeal: &Appeal, outcome: &str) -> Reply {
        until("the review", async || {
            let page: Page<Appeal> = self.staff().get("/trust/appeals?state=in_review").await.read(200);
            page.items.into_iter().find(|one| one.id == appeal.id)
        })
        .await;
        let body = json!({ "outcome": outcome, "words": WORDS });
        api.post(&format!("/trust/appeals/{}/decide", appeal.id), body).await
    }
}

async fn a_jury_confirms_a_look_alike_and_a_killed_node_loses_nothing(stores: Stores) {
    let run = Run::begin(stores).await;
    let held = run.look_alike("l-1").await;
    let sent: Listing = run.send(&run.staff(), &held, ROOM).await.read(200);
    let run = run.killed().await;
    let jury = sent.jury.unwrap();
    let draft = run.draft(jury.case).await;
    assert_eq!((draft.state, draft.rules.quorum, &draft.policy), (CaseState::Draft, 500, &None));
    assert_eq!(draft.title, "Would you take one for the other?");
    let names: Vec<String> = draft.evidence.unwrap().into_iter().filter_map(|one| one.text).collect();
    assert_eq!(names, ["5amsung", "Samsung"]);
    assert_eq!(run.staff().audit(jury.case).await, ["mod created"]);
    let own = run.shop();
    until("the shop to read the draft", async || {
        let me: PartyStanding = own.get("/trust/me").await.read(200);
        me.drafts.iter().any(|one| one.case == jury.case).then_some(())
    })
    .await;
    let run = run.killed().await;
    let again: Listing = run.send(&run.staff(), &held, ROOM).await.read(200);
    assert_eq!(again.jury, Some(jury.clone()), "a repeat changes nothing");
    let open = run.staff().open(jury.case).await;
    run.vote(open.id, "yes", QUORUM).await;
    run.staff().close(open.id).await;
    let run = run.killed().await;
    let removed = run.until(&held, "confirmed").await;
    assert_eq!((removed.state.as_str(), removed.decision.as_deref()), ("removed", Some("confirmed")));
    assert_eq!((removed.by, removed.due_ms), (None, None));
    let standing = run.standing().await;
    let [violation] = &standing.violations[..] else { panic!("one violation: {standing:?}") };
    assert_eq!((violation.policy.as_str(), violation.source.as_str()), ("look_alike_brand", "screening"));
    assert_eq!((violation.points, violation.by.as_deref(), removed.violation), (6, None, Some(violation.id)));
    let entry: Value = run.staff().get("/trust/brands/b1").await.read(200);
    assert_eq!((entry["confirmed"].as_u64(), entry["overturned"].as_u64()), (Some(1), Some(0)));
    // Those who sent the listing and opened its case do not decide about the appeal.
    let target = json!({ "kind": "listing", "id": held.screening });
    let appeal: Appeal = run.appeal(target).await.read(201);
    assert_eq!(run.end(&run.staff(), &appeal, "overturned").await.problem(409).0, "same_moderator");
    let won: Appeal = run.end(&run.other(), &appeal, "overturned").await.read(200);
    assert_eq!(won.state, "overturned");
    let standing = run.standing().await;
    assert_eq!((standing.points, standing.violations[0].state.as_str()), (0, "void"));
    assert_eq!(run.read(held.screening).await.state, "released");
}

async fn without_a_verdict_a_person_decides_and_one_who_decided_is_not_overruled(stores: Stores) {
    let run = Run::begin(stores).await;
    let few = run.look_alike("l-1").await;
    let case = run.drafted(&few).await;
    let open = run.staff().open(case).await;
    run.vote(open.id, "yes", 3).await;
    run.staff().close(open.id).await;
    let waiting = run.until(&few, "no_verdict").await;
    assert_eq!((waiting.state.as_str(), waiting.due_ms), ("held", few.due_ms));
    assert_eq!(run.decide(&few, "release").await.state, "released");
    // A draft that asks for fewer ballots decides nothing.
    let edited = run.look_alike("l-2").await;
    let case = run.drafted(&edited).await;
    let small = json!({ "rules": { "quorum": 1, "reveal": "after_close" } });
    assert_eq!(run.staff().patch(&format!("/cases/{case}"), small).await.status, 200);
    let open = run.staff().open(case).await;
    run.vote(open.id, "no", 3).await;
    run.staff().close(open.id).await;
    assert_eq!(run.until(&edited, "edited").await.state, "held");
    let dropped = run.look_alike("l-3").await;
    let case = run.drafted(&dropped).await;
    assert_eq!(run.staff().send("DELETE", &format!("/cases/{case}"), &[], None).await.status, 204);
    assert_eq!(run.until(&dropped, "discarded").await.state, "held");
    // A person decides while the draft waits.
    let decided = run.look_alike("l-4").await;
    let case = run.drafted(&decided).await;
    let removed = run.decide(&decided, "confirm").await;
    let open = run.staff().open(case).await;
    run.staff().close(open.id).await;
    let after = run.until(&decided, "decided").await;
    assert_eq!((after.state.as_str(), after.violation), ("removed", removed.violation));
}

async fn a_jury_is_asked_about_a_name_alone_and_by_moderators_of_all_rooms(stores: Stores) {
    let run = Run::begin(stores).await;
    let term = json!({ "kind": "counterfeit_phrase", "text": "mirror quality", "then": "hold" });
    assert_eq!(run.staff().put("/trust/terms/t1", term).await.status, 200);
    let both = run.screen("l-1", json!({ "brand": "5amsung", "title": "Phone, mirror quality" })).await;
    let both = run.read(both.screening).await;
    assert_eq!(run.send(&run.staff(), &both, ROOM).await.problem(409).0, "not_look_alike");
    let held = run.look_alike("l-2").await;
    for api in [run.platform(), run.node.moderator(ROOM), run.shop()] {
        assert_eq!(run.send(&api, &held, ROOM).await.problem(403).0, "forbidden");
    }
    assert_eq!(run.send(&run.staff(), &held, "no room").await.problem(422).1, "room");
    let path = format!("/trust/listings/{}/draft", held.screening);
    let body = json!({ "room": ROOM });
    let stale = run.staff().post_with(&path, &[("If-Match", "\"9\"")], body.clone()).await;
    assert_eq!(stale.problem(412).0, "version_mismatch");
    let _: Listing = run.staff().post_with(&path, &[("If-Match", "\"1\"")], body).await.read(200);
    assert_eq!(run.send(&run.staff(), &held, "live-43").await.problem(409).0, "already_applied");
    let passed = run.screen("l-3", json!({})).await;
    let passed = run.read(passed.screening).await;
    assert_eq!(run.send(&run.staff(), &passed, ROOM).await.problem(409).0, "decided");
}

async fn a_shop_reads_its_own_listings_and_appeals_against_one(stores: Stores) {
    let run = Run::begin(stores).await;
    let held = run.look_alike("l-1").await;
    run.screen("l-2", json!({ "merchant": "other", "brand": "5amsung" })).await;
    let own: Page<Listing> = run.shop().get("/trust/listings?state=held").await.read(200);
    let [one] = &own.items[..] else { panic!("its own alone: {own:?}") };
    assert_eq!((one.screening, one.hits[0].note.as_str()), (held.screening, "look: Samsung"));
    assert_eq!((&one.hits[0].list, &one.hits[0].entry), (&None, &None), "a shop reads no list");
    assert!(one.appeal_until_ms.unwrap() > one.at_ms && one.appeal.is_none());
    let named: Page<Listing> = run.shop().get("/trust/listings?merchant=other").await.read(200);
    assert_eq!(named.items.len(), 1, "the parameter is for staff");
    let of_other: Page<Listing> = run.staff().get("/trust/listings?merchant=other").await.read(200);
    let other = of_other.items[0].screening;
    assert_eq!(run.shop().get(&format!("/trust/listings/{other}")).await.problem(404).0, "not_found");
    let of_room = run.node.moderator(ROOM).get("/trust/listings").await;
    assert_eq!(of_room.problem(403).0, "forbidden");

    assert_eq!(run.appeal(json!({ "kind": "listing", "id": other })).await.problem(404).0, "not_found");
    assert_eq!(run.appeal(json!({ "kind": "shop", "id": other })).await.problem(422).1, "target.kind");
    let target = json!({ "kind": "listing", "id": held.screening });
    let filed: Appeal = run.appeal(target.clone()).await.read(201);
    assert_eq!((filed.target.kind.as_str(), filed.state.as_str()), ("listing", "filed"));
    assert_eq!(run.appeal(target).await.problem(409).0, "appealed");
    let body = json!({ "decision": "confirm", "words": WORDS });
    let confirmed = run.staff().post(&format!("/trust/listings/{}/decide", held.screening), body).await;
    assert_eq!(confirmed.problem(409).0, "appealed", "the appeal comes first");
    let won: Appeal = run.end(&run.other(), &filed, "overturned").await.read(200);
    assert_eq!((won.state.as_str(), won.review_reason.as_deref()), ("overturned", Some("not_a_verdict")));
    let own: Listing = run.shop().get(&format!("/trust/listings/{}", held.screening)).await.read(200);
    assert_eq!((own.state.as_str(), own.appeal, own.by), ("released", Some(filed.id), None));
    let entry: Value = run.staff().get("/trust/brands/b1").await.read(200);
    assert_eq!(entry["overturned"].as_u64(), Some(1));
}

async fn a_won_appeal_against_a_confirmed_listing_takes_its_violation_back(stores: Stores) {
    let run = Run::begin(stores).await;
    let held = run.look_alike("l-1").await;
    let removed = run.decide(&held, "confirm").await;
    assert_eq!(run.standing().await.points, 6);
    let appeal: Appeal = run.appeal(json!({ "kind": "listing", "id": held.screening })).await.read(201);
    let violation = removed.violation.unwrap();
    let listed: Page<Violation> = run.staff().get("/trust/violations").await.read(200);
    assert_eq!((listed.items[0].state.as_str(), listed.items[0].appeal), ("appealed", Some(appeal.id)));
    let twice = run.appeal(json!({ "kind": "violation", "id": violation })).await;
    assert_eq!(twice.problem(409).0, "appealed");
    assert_eq!(run.end(&run.staff(), &appeal, "overturned").await.problem(409).0, "same_moderator");
    let _: Appeal = run.end(&run.other(), &appeal, "overturned").await.read(200);
    let standing = run.standing().await;
    assert_eq!((standing.points, standing.violations[0].state.as_str()), (0, "void"));
    assert_eq!(standing.appeals[0].state, "overturned");
    assert_eq!(run.read(held.screening).await.state, "released");
}
