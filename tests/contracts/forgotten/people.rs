//! The contract of what is forgotten of buyers with claims, and of applicants.

use std::collections::BTreeMap;

use live_jury_protocol::Actor;
use live_jury_server::ledger::claims::{ClaimAct, ClaimRow, ClaimStepBy, FileClaim};
use live_jury_server::ledger::identities::{ApplicationRow, ApplicationState, FileApplication};
use live_jury_server::ledger::promises::SetPromises;
use live_jury_server::ledger::standing::{Ban, By, FileViolation, Page, StandingError};
use live_jury_trust::Party;
use live_jury_trust::claim::{About, ClaimState};
use live_jury_trust::identity::decide::{Decision, Finding};
use live_jury_trust::identity::kept::Kept;
use live_jury_trust::identity::token::{Fields, IdentityKey, KEY_BYTES, Tokens};
use live_jury_trust::identity::weights::Levels;
use live_jury_trust::policy::{Policy, TrustFile};
use live_jury_trust::promise::{Limits, PromiseKind};
use live_jury_trust::signal::SignalId;

use super::{Fixture, NOW_MS, key};

const SHOP: &str = "shop";
const WORDS: &str = "Forty parcels held fireworks.";

on_each_dialect! {
    a_forgotten_buyer_leaves_claims_and_figures
    a_forgotten_applicant_is_named_by_no_row
    the_tokens_of_a_banned_party_stay
}

fn policy(id: &str) -> Policy {
    TrustFile::builtin().policy(id).unwrap().clone()
}

fn identity() -> Fields {
    let values = [("phone", "+8613800138000"), ("payout_account", "6222020200001234567"), ("device", "device-one")];
    let map: BTreeMap<String, Vec<String>> =
        values.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect();
    Fields::parse(&map).unwrap()
}

fn identity_key() -> IdentityKey {
    IdentityKey::new([1; KEY_BYTES])
}

impl Fixture {
    async fn claim(&self, id: &str, buyer: &str) -> Result<ClaimRow, StandingError> {
        let new = FileClaim {
            claim: id.into(),
            merchant: SHOP.into(),
            order: format!("order-of-{id}"),
            placed_ms: NOW_MS + 10,
            buyer: key().buyer(buyer).hex(),
            buyer_orders: None,
            kind: PromiseKind::FreeReturn,
            about: About::Quality,
            amount_minor: 1_200,
            currency: "CNY".into(),
            room: None,
            reason: format!("{buyer} paid the postage."),
            evidence: vec![format!("https://example.com/{buyer}.jpg")],
            is_told: false,
            by: By::platform("shop-system"),
        };
        self.ledger.file_claim(&new, NOW_MS + 20).await
    }

    async fn apply(&self, id: &str, finding: Finding) -> ApplicationRow {
        let empty = Fields::parse(&BTreeMap::new()).unwrap();
        let new = FileApplication {
            party: Party::merchant(id),
            again: false,
            category: Some("silk".into()),
            digests: vec![identity_key().digest(&empty)],
            reasons: Vec::new(),
            decision: Decision { finding, ..Decision::default() },
            levels: Levels::default(),
            identity: Kept::of(&identity(), &identity_key()).unwrap(),
            policy: policy("evasion"),
            by: By::platform("shop-system"),
        };
        self.ledger.file_application(&new, NOW_MS).await.unwrap()
    }

    async fn ban(&self, id: &str) {
        let (party, policy, by) = (Party::merchant(id), policy("prohibited_goods"), "mia".to_owned());
        let facts = WORDS.to_owned();
        let new =
            FileViolation { party: party.clone(), policy, facts, authority: false, by: by.clone(), request: None };
        let violation = self.ledger.file_violation(&new, NOW_MS).await.unwrap().id;
        let ban = Ban { party, violations: vec![violation], by, words: WORDS.to_owned() };
        self.ledger.ban(&ban, NOW_MS).await.unwrap();
    }

    /// The banned parties that share a token with somebody new.
    async fn candidates(&self) -> usize {
        let tokens = Tokens::of(&identity(), &[identity_key()]).unwrap();
        self.ledger.matches(&Party::merchant("new"), &tokens, 0).await.unwrap().candidates.len()
    }
}

async fn a_forgotten_buyer_leaves_claims_and_figures(fixture: Fixture) {
    let ledger = &fixture.ledger;
    let promises = BTreeMap::from([(PromiseKind::FreeReturn, Limits::default())]);
    let by = By { kind: Actor::Merchant, who: SHOP.into() };
    let set = SetPromises { merchant: SHOP.into(), promises, deposit_minor: None, by };
    ledger.set_promises(&set, NOW_MS).await.unwrap();
    let (ann, bob) = (fixture.claim("c-1", "ann").await.unwrap(), fixture.claim("c-2", "bob").await.unwrap());
    let grant = ClaimAct::Answer { grant: true, words: "We pay it.".into(), evidence: Vec::new() };
    let by = By { kind: Actor::Merchant, who: SHOP.into() };
    let step = ClaimStepBy { id: ann.id, party: None, act: grant, by, version: None };
    ledger.step_claim(&step, NOW_MS + 30).await.unwrap();
    let counters = async || {
        let known = ledger.merchants(&[SHOP], NOW_MS + 40).await.unwrap().remove(0);
        let mut counters = known.counters;
        counters.sort_by(|one, other| one.0.cmp(&other.0));
        counters
    };
    let before = counters().await;
    assert!(before.iter().any(|(name, _)| *name == SignalId::P03.to_string()));

    // The record of a buyer, and the claim itself.
    assert_eq!(ledger.forget_buyer(key().buyer("ann")).await.unwrap(), 2);
    assert_eq!(ledger.forget_buyer(key().buyer("ann")).await.unwrap(), 0, "a second time");
    let left = ledger.claim(ann.id).await.unwrap().unwrap();
    assert_eq!((left.buyer.as_str(), left.reason.as_str(), left.evidence.len()), ("", "", 0));
    assert_eq!((left.state, left.amount_minor, left.order.as_str()), (ClaimState::Granted, 1_200, "order-of-c-1"));
    assert_eq!(left.answer.as_deref(), Some("We pay it."));
    assert_eq!(ledger.claim(bob.id).await.unwrap().unwrap(), bob, "another buyer's claim");
    assert_eq!(counters().await, before);
    let page = Page { state: Some("granted"), before: None, limit: 10 };
    assert_eq!(ledger.claims(&page, Some(SHOP)).await.unwrap().len(), 1);
}

async fn a_forgotten_applicant_is_named_by_no_row(fixture: Fixture) {
    let ledger = &fixture.ledger;
    let passed = fixture.apply("passed", Finding::Pass).await;
    let held = fixture.apply("held", Finding::Hold).await;
    let refused = fixture.apply("refused", Finding::Refuse).await;
    assert_eq!((held.state, refused.state), (ApplicationState::Held, ApplicationState::Refused));
    for id in ["passed", "held", "refused"] {
        let party = Party::merchant(id);
        assert!(ledger.forget_party(&party, NOW_MS).await.unwrap() > 0, "{id}");
        assert_eq!(ledger.forget_party(&party, NOW_MS).await.unwrap(), 0, "{id} a second time");
    }
    assert!(ledger.application_of(&Party::merchant("passed")).await.unwrap().is_none());
    let counted = ledger.application(passed.id).await.unwrap().expect("it counts for figures");
    assert_eq!((counted.state, counted.outcome.as_str()), (ApplicationState::Passed, "pass"));
    assert_eq!((counted.category, counted.party.id), (None, format!("forgotten-{}", passed.id)));
    assert!(counted.digest.is_empty());
    assert!(ledger.application(held.id).await.unwrap().is_none(), "nobody has decided on it");
    let measured = ledger.application(refused.id).await.unwrap().expect("it stays beside its statement");
    assert_eq!((measured.party.id.as_str(), measured.digest.is_empty()), ("refused", true));
    assert_eq!(ledger.statements_of(&Party::merchant("refused")).await.unwrap().len(), 1);
    // Bans of them now find nobody: there are no tokens.
    fixture.ban("refused").await;
    assert_eq!(fixture.candidates().await, 0);
}

async fn the_tokens_of_a_banned_party_stay(fixture: Fixture) {
    let ledger = &fixture.ledger;
    fixture.apply("banned", Finding::Pass).await;
    fixture.apply("plain", Finding::Pass).await;
    fixture.ban("banned").await;
    assert_eq!(fixture.candidates().await, 1);
    for id in ["banned", "plain"] {
        assert!(ledger.forget_party(&Party::merchant(id), NOW_MS).await.unwrap() > 0);
    }
    assert_eq!(fixture.candidates().await, 1, "a ban rests on them");
    fixture.ban("plain").await;
    assert_eq!(fixture.candidates().await, 1, "and the other's are gone");
}
