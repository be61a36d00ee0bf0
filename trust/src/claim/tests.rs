//! Known claims, and a model of generated ones with an injected clock.

use proptest::prelude::*;

use super::ClaimState as C;
use super::*;
use crate::DAY_MS;
use crate::counter::LANDMARK_MS;
use crate::signal::SignalId;

const NOW_MS: u64 = LANDMARK_MS + 400 * DAY_MS;

fn refund() -> Limits {
    Limits { max_minor: Some(5_000), currency: Some("CNY".into()), ..Limits::default() }
}

fn asked(limits: &Limits, kind: PromiseKind) -> Asked<'_> {
    Asked {
        kind,
        limits,
        amount_minor: 5_000,
        currency: "CNY",
        placed_ms: NOW_MS - DAY_MS,
        buyer: Buyer { category_share: category_share(0, 0), ..Buyer::default() },
        shipped: None,
    }
}

#[test]
fn a_small_refund_of_a_usual_buyer_is_granted_by_its_terms() {
    let limits = refund();
    let small = asked(&limits, PromiseKind::RefundWithoutReturn);
    assert!(small.is_granted(NOW_MS));
    assert!(!Asked { amount_minor: 5_001, ..small.clone() }.is_granted(NOW_MS));
    assert!(!Asked { currency: "USD", ..small.clone() }.is_granted(NOW_MS));
    let buyer = |claims, granted, orders| Buyer { claims, granted, orders, ..small.buyer };
    assert!(Asked { buyer: buyer(2, 2, None), ..small.clone() }.is_granted(NOW_MS), "the third one");
    assert!(!Asked { buyer: buyer(3, 0, None), ..small.clone() }.is_granted(NOW_MS), "the fourth one");
    assert!(Asked { buyer: buyer(0, 2, Some(3)), ..small.clone() }.is_granted(NOW_MS));
    // 1 in 100 is usual: ten of thirty orders are more than five times that by chance, one of thirty is not.
    let frequent = |granted| Buyer { category_share: category_share(100, 10_000), ..buyer(0, granted, Some(30)) };
    assert!(Asked { buyer: frequent(1), ..small.clone() }.is_granted(NOW_MS));
    assert!(!Asked { buyer: frequent(10), ..small }.is_granted(NOW_MS));
}

#[test]
fn a_late_or_missing_shipment_is_granted_by_its_terms() {
    let limits = Limits { hours: Some(48), ..Limits::default() };
    let order = |shipped| Asked { shipped, ..asked(&limits, PromiseKind::ShipWithin) };
    let due_ms = NOW_MS - DAY_MS + 48 * HOUR_MS;
    assert!(!order(Some(Shipped::NotYet)).is_granted(due_ms));
    assert!(order(Some(Shipped::NotYet)).is_granted(due_ms + 1));
    assert!(!order(Some(Shipped::At(due_ms))).is_granted(due_ms + DAY_MS));
    assert!(order(Some(Shipped::At(due_ms + 1))).is_granted(due_ms + DAY_MS));
    assert!(!order(None).is_granted(due_ms + DAY_MS), "no fact has named the order");
}

#[test]
fn other_kinds_wait_for_the_merchant() {
    let limits = Limits { multiple: Some(3), ..Limits::default() };
    assert!(!asked(&limits, PromiseKind::Authentic).is_granted(NOW_MS));
    assert!(!asked(&limits, PromiseKind::FreeReturn).is_granted(NOW_MS));
    assert!(!PromiseKind::Authentic.is_judged());
}

#[test]
fn the_time_for_an_answer_begins_with_the_delivery_and_a_week_late_at_most() {
    let hour = Hour::WHOLE;
    assert_eq!(C::Open.due_ms(NOW_MS, hour), Some(NOW_MS + ANSWER_MS));
    assert_eq!(due_told_ms(NOW_MS, NOW_MS + DAY_MS, hour), NOW_MS + DAY_MS + ANSWER_MS);
    assert_eq!(due_told_ms(NOW_MS, NOW_MS + 8 * DAY_MS, hour), due_untold_ms(NOW_MS, hour));
    assert_eq!(due_untold_ms(NOW_MS, hour), NOW_MS + 9 * DAY_MS);
}

#[test]
fn an_hour_of_another_length_shortens_every_clock() {
    let hour = Hour::of_ms(500);
    assert_eq!((hour.scale(FULFIL_MS), hour.scale(START_MS)), (36_000, 500));
    assert_eq!((hour.read(24_000), Hour::WHOLE.read(5)), (48 * HOUR_MS, 5));
    assert_eq!(C::Granted.due_ms(NOW_MS, hour), Some(NOW_MS + 36_000));
    assert_eq!(due_untold_ms(NOW_MS, hour), NOW_MS + 9 * 24 * 500);
    assert_eq!(C::Denied.due_ms(NOW_MS, hour), None);
    assert_eq!((Hour::of_ms(0).ms(), Hour::default()), (1, Hour::WHOLE));
}

#[test]
fn a_step_counts_for_its_signals() {
    let from = |from, to, granted_by, kind, about| {
        let step = Transition { kind, about, from, to, granted_by, evidence: true, granted_for_ms: 47 * HOUR_MS };
        let shown = |(signal, count): &(SignalId, crate::counter::Count)| format!("{signal} {}/{}", count.k, count.n);
        counts(&step).iter().map(shown).collect::<Vec<_>>().join(", ")
    };
    let named = |to, by, kind, about| from(reached_from(to).first().copied().unwrap_or(C::Open), to, by, kind, about);
    let plain = |to, by| named(to, by, PromiseKind::ShipWithin, About::Other);
    assert_eq!(plain(C::Granted, Some(GrantedBy::Silence)), "p03 1/1, p07 1/1");
    assert_eq!(plain(C::Granted, Some(GrantedBy::Merchant)), "p03 1/1, p07 0/1, p14 1/1");
    let of_jury = |by| from(C::InCourt, C::Granted, Some(by), PromiseKind::ShipWithin, About::Other);
    assert_eq!(of_jury(GrantedBy::Jury), "p08 1/0");
    assert_eq!(plain(C::Refused, None), "p07 0/1, p08 0/1, p14 1/1");
    assert_eq!(plain(C::Escalated, None), "p03 0/1, p04 1/0");
    assert_eq!(plain(C::Closed, None), "p03 0/1, p13 0/1");
    assert_eq!(plain(C::Breached, None), "p05 0/1, p06 1/0");
    assert_eq!(plain(C::Denied, None), "p13 0/1");
    let freight = |to| named(to, None, PromiseKind::FreeReturn, About::Other);
    assert_eq!(freight(C::Fulfilled), "p05 1/1, p10 1/1, p13 0/1");
    let batch = named(C::Granted, Some(GrantedBy::Terms), PromiseKind::RefundWithoutReturn, About::Batch);
    assert_eq!(batch, "p03 1/1, p07 0/1, q16 1/0");
    for about in [About::Quality, About::Other] {
        let other = named(C::Granted, Some(GrantedBy::Terms), PromiseKind::RefundWithoutReturn, about);
        assert_eq!(other, "p03 1/1, p07 0/1", "{about:?} is no batch that does not fit");
    }
    let late = |hours, kind| {
        let (from, to, about) = (C::Granted, C::Fulfilled, About::Other);
        let granted_by = Some(GrantedBy::Merchant);
        counts(&Transition { kind, about, from, to, granted_by, evidence: false, granted_for_ms: hours * HOUR_MS })
    };
    let freight = |hours| late(hours, PromiseKind::FreeReturn).into_iter().find(|(signal, _)| *signal == SignalId::P10);
    assert_eq!(freight(48).map(|(_, count)| count.k), Some(1.0));
    assert_eq!(freight(49).map(|(_, count)| count.k), Some(0.0), "in time for p05, and late for p10");
    assert!(late(1, PromiseKind::ShipWithin).iter().all(|(signal, _)| *signal != SignalId::P10));
}

#[test]
fn a_notice_grants_what_nobody_has_decided_and_counts_by_what_the_merchant_did() {
    let notice = Step::Grant(GrantedBy::Notice);
    for state in C::ALL {
        let waits = matches!(state, C::Open | C::Refused | C::InReview);
        assert_eq!(state.after(notice), waits.then_some(C::Granted), "{state:?}");
    }
    let named = |from| {
        let (kind, about, to) = (PromiseKind::Authentic, About::Quality, C::Granted);
        let granted_by = Some(GrantedBy::Notice);
        let step = Transition { kind, about, from, to, granted_by, evidence: false, granted_for_ms: 0 };
        let shown = |(signal, count): &(SignalId, crate::counter::Count)| format!("{signal} {}/{}", count.k, count.n);
        counts(&step).iter().map(shown).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(named(C::Open), "p03 1/1, p07 0/1");
    assert_eq!(named(C::Refused), "p03 0/1, p08 1/0");
    assert_eq!(named(C::InReview), "p08 1/0");
}

/// Steps of people, and steps of the clock.
#[derive(Clone, Copy, Debug)]
enum Act {
    Wait(u64),
    Try(Step),
}

fn steps() -> [Step; 15] {
    let [terms, silence, merchant, jury, moderator, notice] = GrantedBy::ALL.map(Step::Grant);
    [
        terms,
        silence,
        merchant,
        jury,
        moderator,
        notice,
        Step::Refuse,
        Step::Escalate,
        Step::Close,
        Step::Court,
        Step::Review,
        Step::Deny,
        Step::Fulfil,
        Step::Breach,
        Step::Withdraw,
    ]
}

/// The states from which a state is reached by one step.
fn reached_from(state: C) -> &'static [C] {
    match state {
        C::Open => &[],
        C::Granted => &[C::Open, C::Refused, C::InCourt, C::InReview],
        C::Refused => &[C::Open],
        C::Escalated | C::Closed => &[C::Refused],
        C::InCourt => &[C::Escalated],
        C::InReview => &[C::Escalated, C::InCourt],
        C::Denied => &[C::InCourt, C::InReview],
        C::Fulfilled | C::Breached => &[C::Granted],
        C::FulfilledByPlatform => &[C::Breached],
        C::Withdrawn => &[C::Open, C::Refused, C::Escalated, C::InCourt, C::InReview],
    }
}

/// What the people do who have a claim in this state, in the end.
fn people(state: C, grants: bool) -> Option<Step> {
    match (state, grants) {
        (C::Open, true) => Some(Step::Grant(GrantedBy::Merchant)),
        (C::Open, false) => Some(Step::Refuse),
        (C::Refused, _) => Some(Step::Escalate),
        (C::Escalated, _) => Some(Step::Court),
        (C::InCourt, true) => Some(Step::Grant(GrantedBy::Jury)),
        (C::InCourt, false) => Some(Step::Review),
        (C::InReview, true) => Some(Step::Grant(GrantedBy::Moderator)),
        (C::InReview, false) => Some(Step::Deny),
        (C::Granted | C::Breached, _) => Some(Step::Fulfil),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_claim_ends_skips_no_state_and_keeps_to_its_clocks(
        acts in prop::collection::vec(
            prop_oneof![
                (0_u64..10 * DAY_MS).prop_map(Act::Wait),
                (0_usize..15).prop_map(|place| Act::Try(steps()[place])),
            ],
            0..40,
        ),
        grants in any::<bool>(),
    ) {
        let (mut now_ms, mut state) = (NOW_MS, C::Open);
        let mut due_ms = state.due_ms(now_ms, Hour::WHOLE);
        let taken = |state: &mut C, due_ms: &mut Option<u64>, step: Step, now_ms: u64| {
            let Some(next) = state.after(step) else { return false };
            assert!(reached_from(next).contains(state), "{state:?} to {next:?}");
            *due_ms = next.due_ms(now_ms, Hour::WHOLE);
            *state = next;
            true
        };
        for act in acts {
            match act {
                Act::Wait(ms) => {
                    now_ms += ms;
                    // The job looks once a minute; one step by time may start another clock.
                    if due_ms.is_some_and(|due_ms| due_ms <= now_ms)
                        && let Some(step) = state.by_time()
                    {
                        prop_assert!(!matches!(step, Step::Deny | Step::Refuse));
                        let was = state;
                        prop_assert!(taken(&mut state, &mut due_ms, step, now_ms));
                        prop_assert!(state != was && due_ms.is_none_or(|due_ms| due_ms > now_ms));
                    }
                }
                Act::Try(step) => {
                    let was = state;
                    let is_taken = taken(&mut state, &mut due_ms, step, now_ms);
                    prop_assert!(is_taken || state == was);
                    prop_assert!(!was.is_ended() || !is_taken, "an end is an end");
                }
            }
        }
        // Time alone brings it to an end, to people who are asked, or to the platform that pays.
        let mut alone = (state, due_ms);
        for _ in 0..4 {
            if let (Some(step), Some(at_ms)) = (alone.0.by_time(), alone.1) {
                prop_assert!(taken(&mut alone.0, &mut alone.1, step, at_ms));
            }
        }
        prop_assert!(alone.0.is_ended() || matches!(alone.0, C::InCourt | C::InReview | C::Breached));
        // Once its people act it ends.
        for _ in 0..6 {
            if let Some(step) = people(state, grants) {
                prop_assert!(taken(&mut state, &mut due_ms, step, now_ms));
            }
        }
        prop_assert!(state.is_ended(), "{:?}", state);
    }
}
