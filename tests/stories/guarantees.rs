//! What a promise rests on: the programme's deposit, the word of a brand's owner, and an appeal that takes a remedy
//! back.

use std::time::Duration;

use live_jury_protocol::trust::{Claim, PromiseDeposit, Promises};
use live_jury_protocol::{CaseState, RemedyState};
use live_jury_tests::api::case;
use live_jury_tests::stores::Stores;
use live_jury_trust::policy::BUILTIN;
use serde_json::{Value, json};

use super::claims::{HOUR, ROOM, Run, SHOP, free_return, put};
use super::standing::{second_jury, until};

live_jury_tests::on_both! {
    a_promise_waits_for_the_deposit_of_the_programme
    a_brand_owners_notice_grants_a_claim_on_genuine_goods
    an_appeal_that_is_won_waives_the_remedy
}

/// The deposit of the programme.
const DEPOSIT_MINOR: u64 = 10_000;
const MINUTE: Duration = Duration::from_secs(60);

async fn a_promise_waits_for_the_deposit_of_the_programme(stores: Stores) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policies.json");
    let mut file: Value = serde_json::from_str(BUILTIN).unwrap();
    file["programme"]["deposit_minor"] = json!(DEPOSIT_MINOR);
    std::fs::write(&path, file.to_string()).unwrap();
    let node = stores.node_with(|settings| settings.trust.file = Some(path.clone())).await;
    let run = Run { stores, node };
    let deposit = |paid_minor| Some(PromiseDeposit { asked_minor: DEPOSIT_MINOR, paid_minor });
    let state = |promises: &Promises| (promises.promises[0].state.clone(), promises.deposit);
    let applied = run.promise(free_return()).await;
    assert_eq!(state(&applied), ("applied".to_owned(), deposit(0)));
    assert!(!applied.assured && applied.promises[0].versions.is_empty());
    assert_eq!(applied.programme.as_ref().unwrap().en, "Assured");
    run.pass(MINUTE);
    let refused = run.claim("c-0", "free_return", json!({})).await;
    assert_eq!(refused.problem(422).0, "not_covered", "what is applied for covers no order");

    let paid = |id: &str, minor: u64| {
        let asked = DEPOSIT_MINOR;
        json!({ "id": id, "type": "deposit.changed", "asked_minor": asked, "paid_minor": minor })
    };
    run.facts(&[paid("f-1", DEPOSIT_MINOR - 1)]).await;
    assert_eq!(state(&run.promise(free_return()).await), ("applied".to_owned(), deposit(DEPOSIT_MINOR - 1)));
    run.pass(MINUTE);
    run.facts(&[paid("f-2", DEPOSIT_MINOR)]).await;
    let active = run.promise(free_return()).await;
    assert_eq!(state(&active), ("active".to_owned(), deposit(DEPOSIT_MINOR)));
    // What is in force stays so when the deposit is paid back.
    run.pass(MINUTE);
    run.facts(&[paid("f-3", 0)]).await;
    let path = format!("/trust/merchants/{SHOP}/promises");
    let kept: Promises = put(&run.merchant(SHOP), &path, json!({ "promises": free_return() })).await.read(200);
    assert_eq!(state(&kept), ("active".to_owned(), deposit(0)));
    run.open("c-1", "free_return", json!({})).await;
}

async fn a_brand_owners_notice_grants_a_claim_on_genuine_goods(stores: Stores) {
    let run = Run::begin(stores).await;
    run.promise(json!([{ "kind": "authentic", "limits": { "multiple": 3 } }])).await;
    run.pass(HOUR);
    let named = run.open("c-1", "authentic", json!({ "room": ROOM })).await;
    let other = run.open("c-2", "authentic", json!({ "room": ROOM })).await;
    run.refuse(&other).await;
    let reviewed = run.escalate(&other).await;
    assert_eq!((reviewed.state.as_str(), reviewed.review_reason.as_deref()), ("in_review", Some("not_judged")));
    assert_eq!(reviewed.case, None, "no room judges whether goods are genuine");
    let notice = |id: &str, upheld: bool| {
        let order = &named.order;
        json!({ "id": id, "type": "brand.notice", "kind": "ip", "upheld": upheld, "order": order })
    };
    run.facts(&[notice("n-1", false)]).await;
    assert_eq!(run.read(&named).await.state, "open");
    run.facts(&[notice("n-2", true)]).await;
    let granted: Claim = run.read(&named).await;
    assert_eq!((granted.state.as_str(), granted.granted_by.as_deref()), ("granted", Some("notice")));
    assert_eq!(run.read(&other).await.state, "in_review", "another order");
    let finding = json!({ "id": "a-1", "type": "authority.finding", "policy": "counterfeit",
        "text": "The market inspection found an imitation.", "order": other.order });
    run.facts(&[finding]).await;
    assert_eq!(run.read(&other).await.state, "granted");
    let told = run.told().await;
    for id in ["c-1", "c-2"] {
        assert!(told.contains(&format!("granted {id} by notice")), "{told:?}");
    }
}

async fn an_appeal_that_is_won_waives_the_remedy(stores: Stores) {
    let run = Run::begin(stores).await;
    let moderator = run.node.moderator(ROOM);
    let open = moderator
        .create(
            ROOM,
            case(json!({
                "open": true, "remedy": "A correction in the stream", "remedy_kind": "correction",
                "subject": { "merchant": SHOP, "host": "h-1" },
                "options": [
                    { "id": "buyer", "label": "Support the buyer", "upholds": true },
                    { "id": "merchant", "label": "Support the merchant" },
                ],
            })),
        )
        .await;
    run.node.viewer(ROOM, "ann").await.vote(open.id, "buyer").await;
    moderator.close(open.id).await;
    let owed = run.until_clock(open.id, RemedyState::Owed).await.remedy_clock.unwrap();
    let draft: live_jury_protocol::Case = moderator.act(open.id, "appeal").await.read(201);
    assert_eq!((draft.state, draft.appeal_of), (CaseState::Draft, Some(open.id)));
    let second = second_jury(&run.node, &run.node, draft.id, &["merchant"; 7]).await;
    let waived = run.until_clock(open.id, RemedyState::Waived).await;
    let clock = waived.remedy_clock.unwrap();
    assert_eq!((clock.kind, clock.due_ms, clock.done_ms), (owed.kind, owed.due_ms, None));
    assert_eq!(moderator.case(second.id).await.remedy_clock, None, "the second verdict orders nothing");
    // Neither its time nor the platform's word changes what nobody owes.
    run.pass(74 * HOUR);
    let done = json!({ "id": "f-1", "type": "remedy.done", "case": open.id, "accepted": true });
    run.facts(&[done]).await;
    let still = until("the case", async || Some(run.staff().case(open.id).await)).await;
    assert_eq!(still.remedy_clock, Some(clock));
    assert_eq!((run.signal("h11").await, run.signal("x13").await), ((0.0, 0.0), (0.0, 0.0)));
}
