//! Claims: terms and silence grant, a refusal goes to a jury or to a moderator, and a breach is told. Nothing is lost
//! when a node is killed on the way.

use std::time::Duration;

use live_jury_protocol::trust::{Claim, FactsAnswer, IndexAnswer, Promises, TrustAuditEntry, TrustChange, Violation};
use live_jury_protocol::{Case, CaseId, CaseState, FiledEvent, Page, RemedyKind, RemedyState, Role};
use live_jury_server::clock::Clock;
use live_jury_tests::api::{Api, Reply};
use live_jury_tests::node::Node;
use live_jury_tests::receiver::Receiver;
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{Claims, claims, sign};
use serde_json::{Value, json};

use super::standing::{Files, killed, until};

live_jury_tests::on_both! {
    terms_grant_at_once_and_the_platform_fulfils
    silence_grants_and_a_breach_is_told
    a_refusal_goes_to_a_jury_that_grants
    without_a_verdict_a_moderator_decides
    the_time_for_an_answer_begins_with_the_delivery
}

pub(super) const ROOM: &str = "live-42";
pub(super) const SHOP: &str = "m-1";
/// The words of a merchant, and those of a moderator.
pub(super) const WORDS: &str = "The parcel came back opened and used.";
pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const LINES: &[(&str, &str)] = &[("Content-Type", "application/x-ndjson")];

/// A run on one node, whose callers have tokens of the stories' time.
pub(super) struct Run {
    pub(super) stores: Stores,
    pub(super) node: Node,
}

impl Run {
    pub(super) async fn begin(stores: Stores) -> Self {
        let node = stores.node().await;
        Self { stores, node }
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.stores.clock().now_ms()
    }

    pub(super) fn token(&self, role: Role, sub: &str) -> Claims {
        Claims { exp: self.now_ms() / 1_000 + 3_600, ..claims(role, "*", sub) }
    }

    pub(super) fn platform(&self) -> Api {
        self.node.api(&sign(&self.token(Role::Platform, "shop-platform")))
    }

    pub(super) fn staff(&self) -> Api {
        self.node.api(&sign(&self.token(Role::Moderator, "mia")))
    }

    pub(super) fn merchant(&self, id: &str) -> Api {
        let role = "merchant".to_owned();
        let claims = Claims { role, merchant: Some(id.to_owned()), ..self.token(Role::Platform, "owner") };
        self.node.api(&sign(&claims))
    }

    /// Moves the clock, and waits until nothing is due.
    pub(super) fn pass(&self, time: Duration) {
        self.stores.clock().advance(time);
    }

    pub(super) async fn promise(&self, promises: Value) -> Promises {
        let path = format!("/trust/merchants/{SHOP}/promises");
        put(&self.merchant(SHOP), &path, json!({ "promises": promises })).await.read(200)
    }

    pub(super) async fn claim(&self, id: &str, kind: &str, change: Value) -> Reply {
        let mut new = json!({
            "id": id, "order": format!("order-of-{id}"), "placed_at_ms": self.now_ms(), "merchant": SHOP,
            "buyer": "buyer-1", "kind": kind, "about": "quality", "amount_minor": 4_900, "currency": "CNY",
            "reason": "The sleeve came off on the first day.",
        });
        new.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        self.platform().post("/trust/claims", new).await
    }

    pub(super) async fn open(&self, id: &str, kind: &str, change: Value) -> Claim {
        let claim: Claim = self.claim(id, kind, change).await.read(201);
        assert_eq!(claim.state, "open");
        claim
    }

    pub(super) async fn read(&self, claim: &Claim) -> Claim {
        self.platform().get(&format!("/trust/claims/{}", claim.claim)).await.read(200)
    }

    pub(super) async fn step(&self, api: &Api, claim: &Claim, step: &str, body: Value) -> Reply {
        let path = format!("/trust/claims/{}/{step}", claim.claim);
        if body.is_null() { api.send("POST", &path, &[], None).await } else { api.post(&path, body).await }
    }

    pub(super) async fn refuse(&self, claim: &Claim) -> Claim {
        let body = json!({ "answer": "refuse", "words": WORDS, "evidence": ["https://example.com/used.jpg"] });
        self.step(&self.merchant(SHOP), claim, "answer", body).await.read(200)
    }

    pub(super) async fn escalate(&self, claim: &Claim) -> Claim {
        self.step(&self.platform(), claim, "escalate", Value::Null).await.read(200)
    }

    pub(super) async fn until(&self, claim: &Claim, state: &str) -> Claim {
        until(state, async || Some(self.read(claim).await).filter(|claim| claim.state == state)).await
    }

    pub(super) async fn until_clock(&self, case: CaseId, state: RemedyState) -> Case {
        let staff = self.staff();
        let is_so = |case: &Case| case.remedy_clock.is_some_and(|clock| clock.state == state);
        until(state.as_str(), async || Some(staff.case(case).await).filter(is_so)).await
    }

    pub(super) async fn facts(&self, lines: &[Value]) -> FactsAnswer {
        let mut body = String::new();
        for line in lines {
            let mut line = line.clone();
            let fields = line.as_object_mut().unwrap();
            fields.entry("at_ms").or_insert(json!(self.now_ms()));
            fields.entry("merchant").or_insert(json!(SHOP));
            body += &format!("{line}\n");
        }
        self.platform().send("POST", "/trust/facts", LINES, Some(body.into_bytes())).await.read(200)
    }

    /// The same request by somebody else.
    pub(super) async fn claim_by(&self, api: &Api) -> Reply {
        let new = json!({
            "id": "c-9", "order": "o", "placed_at_ms": self.now_ms(), "merchant": SHOP, "buyer": "b",
            "kind": "free_return", "about": "other", "amount_minor": 1, "currency": "CNY", "reason": "Late.",
        });
        api.post("/trust/claims", new).await
    }

    /// The counts of a signal.
    pub(super) async fn signal(&self, id: &str) -> (f64, f64) {
        let index: IndexAnswer =
            self.platform().get(&format!("/trust/merchants/{SHOP}/index?explain=true")).await.read(200);
        let found = index.signals.into_iter().find(|signal| signal.id == id).unwrap();
        ((found.n * 10.0).round() / 10.0, (found.k * 10.0).round() / 10.0)
    }

    /// The events of claims and promises, as names with states.
    pub(super) async fn told(&self) -> Vec<String> {
        let events: Page<FiledEvent> = self.staff().get("/trust/events").await.read(200);
        let told = |event: FiledEvent| match event.trust?.what {
            TrustChange::ClaimOpened(told) => Some(format!("opened {}", told.id)),
            TrustChange::ClaimGranted(told) => Some(format!("granted {} by {}", told.id, told.by)),
            TrustChange::ClaimRefused(told) => Some(format!("refused {}", told.id)),
            TrustChange::ClaimEscalated(told) => Some(format!("escalated {}", told.id)),
            TrustChange::ClaimBreached(told) => Some(format!("breached {}", told.id)),
            TrustChange::ClaimClosed(told) => Some(format!("closed {} {}", told.id, told.state)),
            TrustChange::PromiseChanged(told) => Some(format!("{} {}", told.kind, told.state)),
            _ => None,
        };
        events.items.into_iter().filter_map(told).collect()
    }
}

pub(super) async fn put(api: &Api, path: &str, body: Value) -> Reply {
    let headers = [("Content-Type", "application/json")];
    api.send("PUT", path, &headers, Some(body.to_string().into_bytes())).await
}

pub(super) fn free_return() -> Value {
    json!([{ "kind": "free_return" }])
}

async fn terms_grant_at_once_and_the_platform_fulfils(stores: Stores) {
    let run = Run::begin(stores).await;
    run.promise(json!([
        { "kind": "refund_without_return", "limits": { "max_minor": 5_000, "currency": "CNY" } },
    ]))
    .await;
    run.pass(HOUR);
    let kind = "refund_without_return";
    let first: Claim = run.claim("c-1", kind, json!({})).await.read(201);
    assert_eq!((first.state.as_str(), first.granted_by.as_deref()), ("granted", Some("terms")));
    let again: Claim = run.claim("c-1", kind, json!({ "placed_at_ms": first.placed_at_ms })).await.read(201);
    assert_eq!(again, first, "a repeat is the same claim");
    let other = run.claim("c-1", kind, json!({ "placed_at_ms": first.placed_at_ms, "amount_minor": 1 })).await;
    assert_eq!(other.problem(409).0, "already_applied");
    run.open("c-2", kind, json!({ "amount_minor": 5_001 })).await;
    let third: Claim = run.claim("c-3", kind, json!({})).await.read(201);
    assert_eq!(third.state, "granted");
    run.open("c-4", kind, json!({})).await;
    let done = json!({ "id": "f-1", "type": "remedy.done", "claim": "c-1" });
    assert_eq!(run.facts(&[done]).await.accepted, 1);
    assert_eq!(run.read(&first).await.state, "fulfilled");
    let refund = json!({ "id": "f-2", "type": "refund.resolved", "order": third.order, "granted": true,
        "reason": "other", "within_h": 1 });
    run.facts(std::slice::from_ref(&refund)).await;
    assert_eq!(run.read(&third).await.state, "fulfilled");
    assert_eq!(run.signal("p05").await, (2.0, 2.0));
    assert_eq!(run.facts(&[refund]).await.duplicate, 1);
    assert_eq!(run.signal("p05").await, (2.0, 2.0));
    for n in 0..4 {
        run.open(&format!("d-{n}"), kind, json!({ "order": "one", "amount_minor": 9_999 })).await;
    }
    let fifth = run.claim("d-4", kind, json!({ "order": "one", "amount_minor": 9_999 })).await;
    assert_eq!(fifth.problem(422), ("invalid_field".into(), "order".into()));
}

async fn silence_grants_and_a_breach_is_told(stores: Stores) {
    let mut run = Run::begin(stores).await;
    run.promise(free_return()).await;
    run.pass(HOUR);
    let claim = run.open("c-1", "free_return", json!({})).await;
    assert_eq!(claim.due_ms.unwrap() - claim.at_ms, 48 * 3_600_000);
    // A node that starts takes no step by time in its first hour.
    run.pass(49 * HOUR);
    let late = run.open("c-2", "free_return", json!({})).await;
    let granted = run.until(&claim, "granted").await;
    assert_eq!((granted.granted_by.as_deref(), granted.answer), (Some("silence"), None));
    run.node.kill().await;
    run.stores.clock().advance(73 * HOUR);
    run.node = run.stores.node().await;
    let refused = run.refuse(&late).await;
    assert_eq!(refused.state, "refused", "the merchant was not silenced by the outage");
    assert_eq!(run.read(&claim).await.state, "granted");
    run.pass(HOUR);
    let breached = run.until(&claim, "breached").await;
    assert!(breached.breached_at_ms.is_some() && breached.due_ms.is_none());
    assert_eq!((run.signal("p05").await, run.signal("p10").await), ((1.0, 0.0), (1.0, 0.0)));
    assert_eq!(run.signal("p06").await.1, 1.0);
    run.facts(&[json!({ "id": "f-1", "type": "remedy.done", "claim": claim.claim })]).await;
    assert_eq!(run.read(&claim).await.state, "fulfilled_by_platform");
    run.pass(8 * DAY);
    assert_eq!(run.until(&late, "closed").await.granted_by, None);
    let told = run.told().await;
    for event in [
        "opened c-1",
        "granted c-1 by silence",
        "breached c-1",
        "closed c-1 fulfilled_by_platform",
        "refused c-2",
        "closed c-2 closed",
        "free_return active",
    ] {
        assert!(told.iter().any(|one| one == event), "{event}: {told:?}");
    }
}

async fn a_refusal_goes_to_a_jury_that_grants(stores: Stores) {
    let receiver = Receiver::start().await;
    let files = Files::new(&receiver);
    let node = files.node(&stores).await;
    let mut run = Run { stores, node };
    run.promise(free_return()).await;
    run.pass(HOUR);
    let claim = run.open("c-1", "free_return", json!({ "room": ROOM })).await;
    run.refuse(&claim).await;
    run.node = killed(run.node, &files, &run.stores).await;
    let escalated = run.escalate(&claim).await;
    assert!(matches!(escalated.state.as_str(), "escalated"), "{escalated:?}");
    let id = escalated.case.unwrap();
    run.node = killed(run.node, &files, &run.stores).await;
    let staff = run.staff();
    let draft = until("the draft", async || {
        let reply = staff.get(&format!("/cases/{id}")).await;
        (reply.status == 200).then(|| reply.read::<Case>(200))
    })
    .await;
    assert_eq!((draft.state, draft.claim), (CaseState::Draft, Some(claim.claim)));
    assert_eq!(draft.policy.as_deref(), Some("promise_breach"));
    assert_eq!(draft.statements.unwrap().merchant, WORDS);
    let small = json!({ "rules": { "quorum": 1, "min_account_age_days": 0 } });
    assert_eq!(staff.patch(&format!("/cases/{id}"), small).await.status, 200);
    let open = staff.open(id).await;
    run.until(&claim, "in_court").await;
    run.node = killed(run.node, &files, &run.stores).await;
    for sub in ["ann", "bob", "cem"] {
        run.node.viewer(ROOM, sub).await.vote(open.id, "buyer").await;
    }
    run.staff().close(open.id).await;
    let granted = run.until(&claim, "granted").await;
    assert_eq!(granted.granted_by.as_deref(), Some("jury"));
    assert_eq!((run.signal("p04").await.1, run.signal("p08").await), (1.0, (1.0, 1.0)));
    let owed = run.until_clock(open.id, RemedyState::Owed).await;
    assert_eq!(owed.remedy_clock.unwrap().kind, RemedyKind::Freight);
    run.facts(&[json!({ "id": "f-1", "type": "remedy.done", "claim": "c-1", "accepted": true })]).await;
    assert_eq!(run.read(&claim).await.state, "fulfilled");
    run.until_clock(open.id, RemedyState::Done).await;
    let public: Case = run.node.api(&live_jury_tests::tokens::viewer(ROOM, "ann")).case(open.id).await;
    assert_eq!(public.claim, None, "viewers read of no claim");
    let violations: Page<Violation> = run.staff().get("/trust/violations").await.read(200);
    assert_eq!(violations.items[0].policy, "promise_breach");
    receiver.wait_until("the events", |received| received.iter().any(|one| one.body["type"] == "claim.granted")).await;
    let trail: Page<TrustAuditEntry> = run.staff().get("/trust/audit").await.read(200);
    let actions: Vec<&str> = trail.items.iter().rev().map(|line| line.action.as_str()).collect();
    let of_claim: Vec<&str> = actions.into_iter().filter(|action| action.starts_with("claim_")).collect();
    let expected = ["opened", "refused", "escalated", "in_court", "granted", "fulfilled"];
    assert_eq!(of_claim, expected.map(|step| format!("claim_{step}")));
}

async fn without_a_verdict_a_moderator_decides(stores: Stores) {
    let run = Run::begin(stores).await;
    run.promise(free_return()).await;
    run.pass(HOUR);
    // There is no room.
    let claim = run.open("c-1", "free_return", json!({})).await;
    run.refuse(&claim).await;
    let reviewed = run.escalate(&claim).await;
    assert_eq!((reviewed.state.as_str(), reviewed.review_reason.as_deref()), ("in_review", Some("no_room")));
    // The draft is discarded, or the jury is too small.
    let staff = run.staff();
    let mut reasons = Vec::new();
    for (id, is_opened) in [("c-2", false), ("c-3", true)] {
        let claim = run.open(id, "free_return", json!({ "room": ROOM })).await;
        run.refuse(&claim).await;
        let case = run.escalate(&claim).await.case.unwrap();
        until("the draft", async || (staff.get(&format!("/cases/{case}")).await.status == 200).then_some(())).await;
        if is_opened {
            staff.open(case).await;
            staff.close(case).await;
        } else {
            assert_eq!(staff.send("DELETE", &format!("/cases/{case}"), &[], None).await.status, 204);
        }
        reasons.extend(run.until(&claim, "in_review").await.review_reason);
    }
    assert_eq!(reasons, ["discarded", "no_verdict"]);
    let body = |decision: &str, words: &str| json!({ "decision": decision, "words": words });
    let decide = async |body: Value| run.step(&staff, &claim, "decide", body).await;
    assert_eq!(decide(body("deny", "short")).await.problem(422).0, "words_needed");
    assert_eq!(decide(body("maybe", WORDS)).await.problem(422).1, "decision");
    let denied: Claim = decide(body("deny", WORDS)).await.read(200);
    assert_eq!(
        (denied.state.as_str(), denied.words.as_deref(), denied.by.as_deref()),
        ("denied", Some(WORDS), Some("mia"))
    );
    assert_eq!(decide(body("grant", WORDS)).await.problem(409).0, "decided");
    let own: Claim = run.merchant(SHOP).get(&format!("/trust/claims/{}", claim.claim)).await.read(200);
    assert_eq!(own.by, None, "a merchant reads no moderator's name");
    let reopened = run.open("c-4", "free_return", json!({ "order": claim.order })).await;
    assert_eq!(run.signal("p13").await, (1.0, 1.0));
    let withdrawn: Claim = run.step(&run.platform(), &reopened, "withdraw", Value::Null).await.read(200);
    assert_eq!(withdrawn.state, "withdrawn");
    assert_eq!(run.step(&run.platform(), &reopened, "withdraw", Value::Null).await.problem(409).0, "decided");
}

async fn the_time_for_an_answer_begins_with_the_delivery(stores: Stores) {
    let receiver = Receiver::start().await;
    receiver.answer(|body| if body["type"] == "claim.opened" { 503 } else { 204 });
    let files = Files::new(&receiver);
    let node = files.node(&stores).await;
    let run = Run { stores, node };
    run.promise(free_return()).await;
    run.pass(HOUR);
    let claim = run.open("c-1", "free_return", json!({})).await;
    assert_eq!(claim.due_ms.unwrap() - claim.at_ms, 9 * 24 * 3_600_000, "a week late at most");
    receiver.wait_until("an attempt", |received| received.iter().any(|one| one.body["type"] == "claim.opened")).await;
    assert_eq!(run.read(&claim).await.due_ms, claim.due_ms);
    receiver.answer(|_| 204);
    run.pass(Duration::from_secs(10));
    let told =
        until("the time to begin", async || Some(run.read(&claim).await).filter(|now| now.due_ms < claim.due_ms)).await;
    assert!(told.due_ms.unwrap() - claim.at_ms < 49 * 3_600_000, "{told:?}");
}
