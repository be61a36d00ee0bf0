//! The contract of what claims and promises count for, with known answers, and of the word of a brand's owner.

use live_jury_server::ledger::claims::{ClaimAct, ClaimRow, FileClaim, Given, GivenOf, NotGenuine};
use live_jury_trust::DAY_MS;
use live_jury_trust::claim::{About, ClaimState, GrantedBy};
use live_jury_trust::fact::Fact;
use live_jury_trust::policy::TrustFile;
use live_jury_trust::promise::{Limits, PromiseKind, PromiseState};
use live_jury_trust::signal::SignalId;
use serde_json::json;

use super::{Fixture, NOTICE_MS, NOW_MS, SHOP, WORDS, claim};

const HOUR_MS: u64 = DAY_MS / 24;

on_each_dialect! {
    a_granted_claim_about_a_batch_counts_for_q16
    a_product_with_three_granted_claims_about_quality_counts_for_q17
    a_promise_that_ends_after_a_peak_of_claims_counts_for_p12
    freight_counts_for_p10_by_its_two_days
    claims_count_for_p13_and_p14_by_what_was_done
    a_brand_owners_word_grants_what_nobody_has_decided
}

impl Fixture {
    async fn refunds(&self) {
        let limits = Limits { max_minor: Some(5_000), currency: Some("CNY".into()), ..Limits::default() };
        self.promise(&[(PromiseKind::RefundWithoutReturn, limits)], NOW_MS).await.unwrap();
    }

    /// An order of a product, as a fact tells of it.
    async fn placed(&self, order: &str, product: &str) {
        let line = json!({ "id": format!("placed-{order}"), "type": "order.placed", "at_ms": NOW_MS + 10,
            "merchant": SHOP, "order": order, "product": product, "buyer": "b", "amount_minor": 4_900,
            "currency": "CNY", "buyer_nth": 1 });
        let fact = Fact::parse(line.to_string().as_bytes(), &TrustFile::builtin(), NOW_MS + 10).unwrap();
        self.ledger.add_facts(&[fact], NOW_MS + 10).await.unwrap();
    }

    /// A claim of another buyer, which the terms grant.
    async fn granted(&self, id: &str, order: &str, about: About) {
        let new = FileClaim { order: order.into(), buyer: id.into(), about, ..refund(id) };
        assert_eq!(self.file(&new, NOW_MS + 20).await.unwrap().state, ClaimState::Granted, "{id}");
    }

    async fn answer(&self, claim: &ClaimRow, grant: bool, evidence: &[&str], now_ms: u64) -> ClaimRow {
        let evidence = evidence.iter().map(|url| (*url).to_owned()).collect();
        self.step(claim, ClaimAct::Answer { grant, words: WORDS.into(), evidence }, now_ms).await.unwrap()
    }

    async fn fulfil(&self, claim: &ClaimRow, at_ms: u64) {
        let given = Given { of: GivenOf::Claim(claim.claim.clone()), at_ms };
        self.ledger.fulfil_claims(&[given], at_ms).await.unwrap();
    }
}

fn refund(id: &str) -> FileClaim {
    claim(id, PromiseKind::RefundWithoutReturn)
}

async fn a_granted_claim_about_a_batch_counts_for_q16(fixture: Fixture) {
    fixture.refunds().await;
    for (id, about, hits) in [("c-1", About::Quality, 0.0), ("c-2", About::Other, 0.0), ("c-3", About::Batch, 1.0)] {
        fixture.granted(id, id, about).await;
        assert_eq!(fixture.count(SignalId::Q16, NOW_MS + 20).await, (0.0, hits), "{about:?}");
    }
    let large = FileClaim { about: About::Batch, amount_minor: 9_000, ..refund("c-4") };
    let open = fixture.file(&large, NOW_MS + 20).await.unwrap();
    fixture.refuse(&open, NOW_MS + 20).await;
    assert_eq!(fixture.count(SignalId::Q16, NOW_MS + 20).await.1, 1.0, "a refusal proves nothing");
}

async fn a_product_with_three_granted_claims_about_quality_counts_for_q17(fixture: Fixture) {
    fixture.refunds().await;
    for (product, claims, about) in [("bad", 3, About::Quality), ("fair", 2, About::Quality), ("late", 3, About::Other)]
    {
        for n in 0..claims {
            let order = format!("{product}-{n}");
            fixture.placed(&order, product).await;
            fixture.granted(&order, &order, about).await;
        }
    }
    let claimed = async |at_ms| {
        let found = fixture.ledger.claimed_of(&[SHOP, "other"], at_ms).await.unwrap();
        found.into_iter().map(|(merchant, count)| (merchant, count.n, count.k)).collect::<Vec<_>>()
    };
    assert_eq!(claimed(NOW_MS + DAY_MS).await, [(SHOP.to_owned(), 3.0, 1.0)]);
    assert_eq!(claimed(NOW_MS + 31 * DAY_MS).await, [], "nothing was sold in the last 30 days");
}

async fn a_promise_that_ends_after_a_peak_of_claims_counts_for_p12(fixture: Fixture) {
    fixture.free_return().await;
    // Five claims on a day are more than three times the mean of 90 days. Four are no peak.
    let ends_ms = NOW_MS + DAY_MS + NOTICE_MS;
    let at_ms = ends_ms - 5 * DAY_MS;
    for n in 0..4 {
        fixture.open(&format!("c-{n}"), at_ms).await;
    }
    fixture.promise(&[], NOW_MS + DAY_MS).await.unwrap();
    assert_eq!(fixture.move_promises(ends_ms).await.programme.state, PromiseState::Ended);
    assert_eq!(fixture.count(SignalId::P12, ends_ms).await, (1.0, 0.0));

    let again_ms = ends_ms + DAY_MS;
    fixture.promise(&[(PromiseKind::FreeReturn, Limits::default())], again_ms).await.unwrap();
    let (placed_ms, peak_ms) = (again_ms + 10, again_ms + 2 * DAY_MS);
    for n in 0..5 {
        let new = FileClaim { placed_ms, ..claim(&format!("d-{n}"), PromiseKind::FreeReturn) };
        fixture.file(&new, peak_ms).await.unwrap();
    }
    fixture.promise(&[], peak_ms + DAY_MS).await.unwrap();
    let ends_ms = peak_ms + DAY_MS + NOTICE_MS;
    assert_eq!(fixture.move_promises(ends_ms).await.programme.state, PromiseState::Ended);
    assert_eq!(fixture.count(SignalId::P12, ends_ms).await.1, 0.0, "the peak was 31 days before");

    let third_ms = ends_ms + DAY_MS;
    fixture.promise(&[(PromiseKind::FreeReturn, Limits::default())], third_ms).await.unwrap();
    fixture.promise(&[], third_ms + DAY_MS).await.unwrap();
    let ends_ms = third_ms + DAY_MS + NOTICE_MS;
    for n in 0..5 {
        let new = FileClaim { placed_ms: third_ms + 10, ..claim(&format!("e-{n}"), PromiseKind::FreeReturn) };
        fixture.file(&new, ends_ms - 2 * DAY_MS).await.unwrap();
    }
    fixture.move_promises(ends_ms).await;
    assert_eq!(fixture.count(SignalId::P12, ends_ms).await.1, 1.0);
}

async fn freight_counts_for_p10_by_its_two_days(fixture: Fixture) {
    fixture.free_return().await;
    for (id, hours, counted) in [("c-1", 48, (1.0, 1.0)), ("c-2", 49, (2.0, 1.0)), ("c-3", 80, (3.0, 1.0))] {
        let open = fixture.open(id, NOW_MS + 20).await;
        fixture.answer(&open, true, &[], NOW_MS + 20).await;
        // After 72 hours it is a breach, which counts then.
        fixture.at(&open, NOW_MS + 20 + hours * HOUR_MS).await;
        fixture.fulfil(&open, NOW_MS + 20 + hours * HOUR_MS).await;
        let (n, k) = fixture.count(SignalId::P10, NOW_MS + 20 + 48 * HOUR_MS).await;
        assert_eq!((n.round(), k.round()), counted, "{id}");
    }
}

async fn claims_count_for_p13_and_p14_by_what_was_done(fixture: Fixture) {
    fixture.free_return().await;
    let (given, silent) = (fixture.open("c-1", NOW_MS + 20).await, fixture.open("c-2", NOW_MS + 20).await);
    fixture.answer(&given, true, &["https://example.com/paid.jpg"], NOW_MS + 30).await;
    fixture.answer(&silent, false, &[], NOW_MS + 30).await;
    assert_eq!(fixture.count(SignalId::P14, NOW_MS + 30).await, (2.0, 1.0));
    assert_eq!(fixture.count(SignalId::P13, NOW_MS + 30).await, (0.0, 0.0), "none has ended");
    fixture.fulfil(&given, NOW_MS + 40).await;
    assert_eq!(fixture.count(SignalId::P13, NOW_MS + 40).await, (1.0, 0.0));
    let other = FileClaim { order: silent.order.clone(), ..claim("c-3", PromiseKind::FreeReturn) };
    fixture.file(&other, NOW_MS + 50).await.unwrap();
    assert_eq!(fixture.count(SignalId::P13, NOW_MS + 50).await, (1.0, 0.0), "the claim on that order is open");
    let again = FileClaim { order: given.order.clone(), ..claim("c-4", PromiseKind::FreeReturn) };
    let reopened = fixture.file(&again, NOW_MS + 60).await.unwrap();
    assert_eq!(fixture.count(SignalId::P13, NOW_MS + 60).await, (1.0, 1.0));
    let withdrawn = fixture.step(&reopened, ClaimAct::Withdraw, NOW_MS + 70).await.unwrap();
    assert_eq!(withdrawn.state, ClaimState::Withdrawn);
    assert_eq!(fixture.count(SignalId::P13, NOW_MS + 70).await, (1.0, 1.0), "what is taken back is not closed");
}

async fn a_brand_owners_word_grants_what_nobody_has_decided(fixture: Fixture) {
    let kind = PromiseKind::Authentic;
    let limits = Limits { multiple: Some(3), ..Limits::default() };
    fixture.promise(&[(kind, limits)], NOW_MS).await.unwrap();
    let mut filed = Vec::new();
    for (id, product) in [("open", "bag"), ("refused", "bag"), ("review", "bag"), ("other", "hat"), ("named", "hat")] {
        let new = FileClaim { room: Some("live-42".into()), ..claim(id, kind) };
        fixture.placed(&new.order, product).await;
        filed.push(fixture.file(&new, NOW_MS + 20).await.unwrap());
    }
    let [open, refused, review, other, named] = &filed[..] else { panic!("five claims") };
    for claim in [refused, review] {
        fixture.refuse(claim, NOW_MS + 30).await;
    }
    // No jury judges whether goods are genuine, in whatever room.
    let reviewed = fixture.step(review, ClaimAct::Escalate, NOW_MS + 40).await.unwrap();
    assert_eq!((reviewed.state, reviewed.case), (ClaimState::InReview, None));
    assert_eq!(reviewed.review_reason.as_deref(), Some("not_judged"));
    assert_eq!(fixture.ledger.claims_to_draft().await.unwrap().len(), 0);

    let word = |order: Option<&str>, product: Option<&str>| NotGenuine {
        merchant: SHOP.into(),
        order: order.map(str::to_owned),
        product: product.map(str::to_owned),
        at_ms: NOW_MS + 50,
    };
    let uphold = async |word| fixture.ledger.uphold_claims(&[word], NOW_MS + 60).await.unwrap();
    uphold(word(None, None)).await;
    uphold(NotGenuine { merchant: "another".into(), ..word(Some(&open.order), Some("bag")) }).await;
    assert_eq!(fixture.read(open).await.state, ClaimState::Open, "a word about nothing grants nothing");
    for _ in 0..2 {
        uphold(word(None, Some("bag"))).await;
        uphold(word(Some(&named.order), None)).await;
        for claim in [open, refused, review, named] {
            let granted = fixture.read(claim).await;
            assert_eq!((granted.state, granted.granted_by), (ClaimState::Granted, Some(GrantedBy::Notice)));
        }
        assert_eq!(fixture.read(other).await.state, ClaimState::Open, "another product");
        assert_eq!(fixture.count(SignalId::P08, NOW_MS + 60).await, (2.0, 2.0), "two were refused");
        assert_eq!(fixture.count(SignalId::P03, NOW_MS + 60).await, (4.0, 2.0));
    }
}
