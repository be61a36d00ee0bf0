//! Promises and remedies: an order keeps its cover, a promise raises the exposure, each party does what is its own, and
//! the clock of a remedy stands with its case.

use live_jury_protocol::record::EventKind;
use live_jury_protocol::trust::{Claim, ExposureAnswer, PartyRemedy, PartyStanding, Promises, TrustChange};
use live_jury_protocol::{Case, FiledEvent, Page, RemedyKind, RemedyState, Role};
use live_jury_tests::api::{Api, case};
use live_jury_tests::stores::Stores;
use live_jury_tests::tokens::{Claims, sign};
use serde_json::{Value, json};

use super::claims::{DAY, HOUR, ROOM, Run, SHOP, free_return, put};
use super::standing::until;

live_jury_tests::on_both! {
    a_promise_raises_the_exposure_and_covers_orders_until_its_end
    each_reads_and_does_what_is_its_own
    a_verdict_starts_the_clock_of_its_remedy
    a_party_reads_the_remedies_that_it_owes_until_they_are_given
}

fn ship_within() -> Value {
    json!([{ "kind": "ship_within", "limits": { "hours": 48 }, "terms": "It leaves within two days." }])
}

fn placed(order: &str, at_ms: u64) -> Value {
    json!({ "id": format!("placed-{order}"), "type": "order.placed", "order": order, "buyer": "b", "at_ms": at_ms,
        "amount_minor": 100, "currency": "CNY", "buyer_nth": 3 })
}

async fn a_promise_raises_the_exposure_and_covers_orders_until_its_end(stores: Stores) {
    let mut run = Run::begin(stores).await;
    let refused = run.claim("c-0", "ship_within", json!({})).await;
    assert_eq!(refused.problem(422), ("not_covered".into(), "order".into()));
    let promises = run.promise(ship_within()).await;
    let [promise] = &promises.promises[..] else { panic!("one promise: {promises:?}") };
    assert_eq!((promises.assured, promise.state.as_str(), promise.versions.len()), (true, "active", 1));
    run.pass(HOUR);
    let covered_ms = run.now_ms();
    run.facts(&[placed("o-1", covered_ms), placed("o-2", covered_ms), placed("o-0", covered_ms - 2 * 3_600_000)]).await;
    assert_eq!(run.signal("p01").await, (3.0, 2.0), "one was placed before");
    assert_eq!((run.signal("p04").await.0, run.signal("p06").await.0), (2.0, 2.0));
    run.facts(&[placed("o-1", covered_ms)]).await;
    assert_eq!(run.signal("p04").await.0, 2.0, "a repeat counts nothing");

    let ended = run.promise(json!([])).await;
    let ends_at_ms = ended.promises[0].ends_at_ms.unwrap();
    assert_eq!(ends_at_ms - ended.promises[0].notice_at_ms.unwrap(), 30 * 24 * 3_600_000);
    let path = format!("/trust/merchants/{SHOP}/promises");
    let change = json!({ "promises": [{ "kind": "ship_within", "limits": { "hours": 500 } }] });
    assert_eq!(put(&run.merchant(SHOP), &path, change.clone()).await.problem(409).0, "promise_ended");
    run.pass(31 * DAY);
    let late = run.claim("c-1", "ship_within", json!({})).await;
    assert_eq!(late.problem(422).0, "not_covered");
    let kept: Claim =
        run.claim("c-2", "ship_within", json!({ "placed_at_ms": covered_ms, "order": "o-1" })).await.read(201);
    assert_eq!((kept.state.as_str(), kept.granted_by.as_deref()), ("granted", Some("terms")), "it never left");
    assert_eq!(kept.limits.hours, Some(48), "the limits at placing");

    // A node computes at its start, and each minute.
    let again: Promises = put(&run.merchant(SHOP), &path, change).await.read(200);
    assert_eq!((again.promises[0].versions.len(), again.promises[0].limits.hours), (2, Some(500)));
    run.node.kill().await;
    run.node = run.stores.node().await;
    let ask = json!({ "merchants": [SHOP, "other"] });
    let shown = until("the exposure", async || {
        let answer: ExposureAnswer = run.platform().post("/trust/exposure", ask.clone()).await.read(200);
        Some(answer).filter(|answer| answer.items[0].m > 1.0)
    })
    .await;
    assert_eq!((shown.items[0].assured, shown.items[0].m, shown.items[1].assured), (true, 1.05, false));
}

async fn each_reads_and_does_what_is_its_own(stores: Stores) {
    let run = Run::begin(stores).await;
    let (platform, staff, own, other) = (run.platform(), run.staff(), run.merchant(SHOP), run.merchant("m-2"));
    let path = format!("/trust/merchants/{SHOP}/promises");
    for api in [&platform, &staff] {
        assert_eq!(put(api, &path, json!({ "promises": [] })).await.problem(403).0, "forbidden");
    }
    assert_eq!(put(&other, &path, json!({ "promises": [] })).await.problem(404).0, "not_found");
    let wrong = json!({ "promises": [{ "kind": "ship_within" }] });
    assert_eq!(put(&own, &path, wrong).await.problem(422).1, "promises[0].limits.hours");
    run.promise(free_return()).await;
    run.pass(HOUR);
    let (platform, staff, own, other) = (run.platform(), run.staff(), run.merchant(SHOP), run.merchant("m-2"));
    assert_eq!(other.get(&path).await.problem(404).0, "not_found");
    let shown: Promises = staff.get(&path).await.read(200);
    assert!(shown.assured);
    let claim = run.open("c-1", "free_return", json!({})).await;
    assert!(!format!("{claim:?}").contains("buyer-1"));
    let one = format!("/trust/claims/{}", claim.claim);
    assert_eq!(other.get(&one).await.problem(404).0, "not_found");
    let answer = json!({ "answer": "grant" });
    assert_eq!(run.step(&other, &claim, "answer", answer.clone()).await.problem(404).0, "not_found");
    for api in [&platform, &staff] {
        assert_eq!(run.step(api, &claim, "answer", answer.clone()).await.problem(403).0, "forbidden");
    }
    for api in [&own, &staff] {
        assert_eq!(run.step(api, &claim, "escalate", Value::Null).await.problem(403).0, "forbidden");
        assert_eq!(run.claim_by(api).await.problem(403).0, "forbidden");
    }
    assert_eq!(run.step(&platform, &claim, "escalate", Value::Null).await.problem(409).0, "decided");
    let stale = own.post_with(&format!("{one}/answer"), &[("If-Match", "\"9\"")], answer.clone()).await;
    assert_eq!(stale.problem(412).0, "version_mismatch");
    let granted: Claim = run.step(&own, &claim, "answer", answer).await.read(200);
    assert_eq!((granted.state.as_str(), granted.granted_by.as_deref()), ("granted", Some("merchant")));
    let lists = async |api: &Api, query: &str| {
        let page: Page<Claim> = api.get(&format!("/trust/claims{query}")).await.read(200);
        page.items.len()
    };
    assert_eq!((lists(&own, "").await, lists(&other, "").await), (1, 0));
    assert_eq!((lists(&staff, "?state=granted").await, lists(&platform, "?merchant=m-2").await), (1, 0));
    assert_eq!(lists(&other, &format!("?merchant={SHOP}")).await, 0, "a merchant lists its own alone");
}

/// A case about shop and host, whose remedy is due a number of hours after a verdict for the buyer.
fn correction(due_h: u32) -> Value {
    case(json!({
        "open": true, "remedy": "A correction in the stream", "remedy_kind": "correction", "remedy_due_h": due_h,
        "subject": { "merchant": SHOP, "host": "h-1" },
        "options": [
            { "id": "buyer", "label": "Support the buyer", "upholds": true },
            { "id": "merchant", "label": "Support the merchant" },
        ],
    }))
}

/// The case, opened and closed after one vote for this option.
async fn judged(run: &Run, new: Value, option: &str) -> Case {
    let moderator = run.node.moderator(ROOM);
    let open = moderator.create(ROOM, new).await;
    run.node.viewer(ROOM, "ann").await.vote(open.id, option).await;
    moderator.close(open.id).await
}

async fn a_party_reads_the_remedies_that_it_owes_until_they_are_given(stores: Stores) {
    let run = Run::begin(stores).await;
    let owed_by = async |api: Api| api.get("/trust/me").await.read::<PartyStanding>(200).remedies;
    let host = |id: &str| {
        let claims = Claims { host: Some(id.to_owned()), ..run.token(Role::Host, "ann") };
        run.node.api(&sign(&Claims { room: ROOM.to_owned(), ..claims }))
    };
    judged(&run, correction(1), "merchant").await;
    let slow = judged(&run, correction(48), "buyer").await;
    run.until_clock(slow.id, RemedyState::Owed).await;
    let quick = judged(&run, correction(24), "buyer").await;
    let clock = run.until_clock(quick.id, RemedyState::Owed).await.remedy_clock.unwrap();
    let owed = owed_by(run.merchant(SHOP)).await;
    let first = PartyRemedy {
        case: quick.id,
        room: quick.room.clone(),
        title: quick.title.clone(),
        remedy: "A correction in the stream".to_owned(),
        clock,
    };
    assert_eq!((owed.len(), &owed[0], owed[1].case), (2, &first, slow.id), "what is due first comes first");
    assert_eq!(owed_by(host("h-1")).await, owed);
    assert!(owed_by(run.merchant("m-2")).await.is_empty() && owed_by(host("h-2")).await.is_empty());

    run.pass(26 * HOUR);
    run.until_clock(quick.id, RemedyState::Late).await;
    assert_eq!(owed_by(run.merchant(SHOP)).await[0].clock.state, RemedyState::Late, "a late one is still owed");
    run.facts(&[json!({ "id": "f-1", "type": "remedy.done", "case": quick.id })]).await;
    run.until_clock(quick.id, RemedyState::Done).await;
    let left = owed_by(run.merchant(SHOP)).await;
    assert_eq!(left.iter().map(|remedy| remedy.case).collect::<Vec<_>>(), [slow.id]);
}

async fn a_verdict_starts_the_clock_of_its_remedy(stores: Stores) {
    let run = Run::begin(stores).await;
    let decided = judged(&run, correction(24), "buyer").await;
    let owed = run.until_clock(decided.id, RemedyState::Owed).await;
    let clock = owed.remedy_clock.unwrap();
    assert_eq!(clock.due_ms - decided.verdict.as_ref().unwrap().decided_at_ms, 24 * 3_600_000);
    assert_eq!((clock.kind, owed.version), (RemedyKind::Correction, decided.version + 1));
    assert_eq!(
        owed.verdict,
        decided.verdict.clone().map(|mut verdict| {
            verdict.log = owed.verdict.as_ref().unwrap().log.clone();
            verdict
        })
    );
    let mut screen = run.node.viewer(ROOM, "bob").await;
    screen.wait_for_case(decided.id, |case| case.remedy_clock == Some(clock)).await;
    run.pass(26 * HOUR);
    let late = run.until_clock(decided.id, RemedyState::Late).await;
    assert_eq!(late.version, owed.version + 1);
    assert_eq!((run.signal("h11").await, run.signal("h09").await), ((1.0, 0.0), (1.0, 0.0)));
    let done = json!({ "id": "f-1", "type": "remedy.done", "case": decided.id, "accepted": true });
    for _ in 0..2 {
        run.facts(std::slice::from_ref(&done)).await;
    }
    let done = run.until_clock(decided.id, RemedyState::Done).await;
    assert!(done.remedy_clock.unwrap().done_ms > Some(clock.due_ms));
    assert_eq!((run.signal("h11").await, run.signal("x13").await), ((1.0, 0.0), (1.0, 1.0)));
    let staff = run.staff();
    let events: Page<FiledEvent> = staff.get("/trust/events").await.read(200);
    let is_record = |event: &&FiledEvent| event.record.as_ref().is_some_and(|one| one.kind == EventKind::Recorded);
    let is_late = |event: &&FiledEvent| {
        event.trust.as_ref().is_some_and(|event| matches!(event.what, TrustChange::RemedyLate(_)))
    };
    let records = events.items.iter().filter(is_record).count();
    let late = events.items.iter().filter(is_late).count();
    assert_eq!((records, late), (1, 1), "a clock records nothing again");
    let trail = ["set", "late", "done"].map(|step| format!("server remedy_{step}"));
    assert!(staff.audit(decided.id).await.ends_with(&trail));
}
