//! Known promises, and a model of generated ones with an injected clock.

use proptest::prelude::*;

use super::PromiseState::{Active, Applied, Ended, Suspended};
use super::*;
use crate::counter::LANDMARK_MS;

fn limits(hours: u32) -> Limits {
    Limits { hours: Some(hours), ..Limits::default() }
}

fn applied() -> Programme {
    Programme::applied(PromiseKind::ShipWithin, limits(48))
}

fn good() -> Conditions {
    Conditions::default()
}

/// Applies the edits to a list of versions, as a store does.
fn apply(versions: &mut Vec<Version>, edits: Vec<Edit>) {
    for edit in edits {
        match edit {
            Edit::Begin(version) => versions.push(version),
            Edit::End { from_ms, until_ms } => {
                let found = versions.iter_mut().find(|version| version.from_ms == from_ms).unwrap();
                found.until_ms = Some(until_ms);
            }
        }
    }
}

#[test]
fn each_kind_has_its_own_limits() {
    let check = |kind: &str, limits: Limits| limits.check(PromiseKind::from_name(kind).unwrap()).map_err(|it| it.field);
    let amount = |max| Limits { max_minor: Some(max), currency: Some("CNY".into()), ..Limits::default() };
    assert_eq!(check("refund_without_return", amount(5_000)), Ok(()));
    assert_eq!(check("refund_without_return", amount(0)), Err("max_minor"));
    assert_eq!(check("refund_without_return", Limits::default()), Err("max_minor"));
    assert_eq!(check("free_return", amount(5_000)), Err("max_minor"));
    let currency = Limits { currency: Some("yuan".into()), ..amount(1) };
    assert_eq!(check("refund_without_return", currency), Err("currency"));
    assert_eq!(check("ship_within", limits(48)), Ok(()));
    assert_eq!(check("ship_within", limits(721)), Err("hours"));
    assert_eq!(check("free_return", limits(48)), Err("hours"));
    let multiple = |multiple| Limits { multiple: Some(multiple), ..Limits::default() };
    assert_eq!(check("authentic", multiple(3)), Ok(()));
    assert_eq!(check("authentic", multiple(11)), Err("multiple"));
    let terms = Limits { terms: Some(String::new()), ..Limits::default() };
    assert_eq!(check("free_return", terms), Err("terms"));
    for unseen in ["\u{200b}", " \n", "a\u{0}"] {
        let terms = Limits { terms: Some(unseen.to_owned()), ..Limits::default() };
        assert_eq!(check("free_return", terms), Err("terms"), "{unseen:?}");
    }
}

#[test]
fn points_and_breaches_suspend_and_a_deposit_admits() {
    assert!(Conditions { points: 23, ..good() }.allow() && !Conditions { points: 24, ..good() }.allow());
    let breaches = |breaches, covered| Conditions { breaches, covered, ..good() }.allow();
    assert!(breaches(1.0, 100.0) && breaches(2.0, 100.0), "a few may be chance");
    assert!(!breaches(4.0, 100.0) && !breaches(30.0, 2_000.0));
    let deposit = |asked, paid| Conditions { deposit: Some((asked, paid)), ..good() };
    assert!(!deposit(100, 99).admit() && deposit(100, 100).admit() && deposit(100, 99).allow());
    assert_eq!(Conditions::deposit(None, None), None);
    assert_eq!(Conditions::deposit(None, Some(500)), Some((500, 0)), "no fact has told of a deposit");
    assert_eq!(Conditions::deposit(Some((100, 200)), None), Some((100, 200)));
    assert_eq!(Conditions::deposit(Some((100, 200)), Some(500)), Some((500, 200)));
    assert_eq!(Conditions::deposit(Some((900, 700)), Some(500)), Some((900, 700)), "a shop of more risk");
}

#[test]
fn a_promise_goes_from_its_application_to_its_end() {
    let (promise, edits) = applied().step(&Conditions { points: 24, ..good() }, 5);
    assert_eq!((promise.state, edits), (Applied, vec![]));
    let mut versions = Vec::new();
    let (promise, edits) = promise.step(&good(), 10);
    apply(&mut versions, edits);
    assert_eq!((promise.state, promise.since_ms), (Active, Some(11)));
    let (promise, edits) = promise.change(limits(24), 20).unwrap();
    apply(&mut versions, edits);
    assert!(versions[0].covers(20) && !versions[0].covers(21) && versions[1].covers(21));
    let (promise, edits) = promise.step(&Conditions { points: 24, ..good() }, 30);
    apply(&mut versions, edits);
    assert_eq!(promise.state, Suspended);
    assert!(versions[1].covers(30) && !versions[1].covers(31));
    let (promise, edits) = promise.step(&good(), 40);
    apply(&mut versions, edits);
    let (promise, edits) = promise.give_notice(50);
    apply(&mut versions, edits);
    assert_eq!(promise.clone().change(limits(12), 60), Err(NoticeGiven));
    assert!(versions[2].covers(50 + NOTICE_MS - 1) && !versions[2].covers(50 + NOTICE_MS));
    let (promise, _) = promise.step(&good(), 50 + NOTICE_MS);
    assert_eq!(promise.state, Ended);
    let (again, _) = promise.change(limits(12), 60 + NOTICE_MS).unwrap();
    assert_eq!((again.state, again.ends_ms), (Applied, None));
    assert_eq!(applied().give_notice(1).0.state, Ended, "it was never in force");
}

#[test]
fn a_peak_is_five_claims_and_three_times_the_mean() {
    let mut days = vec![0; PEAK_DAYS];
    days[80] = 4;
    assert!(!had_peak(&days));
    days[80] = 5;
    assert!(had_peak(&days));
    days[80] = 0;
    days[10] = 50;
    assert!(!had_peak(&days), "60 days before the end no more");
    assert!(!had_peak(&vec![6; PEAK_DAYS]), "a usual day");
    assert!(!had_peak(&[]));
}

/// A step of a generated history.
#[derive(Clone, Debug)]
enum Act {
    Wait(u64),
    Change(u32),
    Notice,
    Step { points: u32, paid: bool, breaches: u8 },
    Order,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0_u64..40 * DAY_MS).prop_map(Act::Wait),
        (0_u64..3).prop_map(Act::Wait),
        (1_u32..4).prop_map(Act::Change),
        Just(Act::Notice),
        (0_u32..48, any::<bool>(), 0_u8..10).prop_map(|(points, paid, breaches)| Act::Step { points, paid, breaches }),
        Just(Act::Order),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_covered_order_loses_cover_and_no_state_is_skipped(acts in prop::collection::vec(act(), 1..60)) {
        let (mut now_ms, mut promise) = (LANDMARK_MS, applied());
        let (mut versions, mut orders): (Vec<Version>, Vec<(u64, Version)>) = (Vec::new(), Vec::new());
        for act in acts {
            let was = promise.clone();
            let edits = match act {
                Act::Wait(ms) => {
                    now_ms += ms;
                    Vec::new()
                }
                Act::Change(hours) => match promise.clone().change(limits(hours), now_ms) {
                    Ok((changed, edits)) => {
                        promise = changed;
                        edits
                    }
                    Err(NoticeGiven) => {
                        prop_assert!(promise.notice_ms.is_some() && promise.state != Ended);
                        Vec::new()
                    }
                },
                Act::Notice => {
                    let (next, edits) = promise.give_notice(now_ms);
                    promise = next;
                    edits
                }
                Act::Step { points, paid, breaches } => {
                    let deposit = Some((1, u64::from(paid)));
                    let conditions = Conditions { points, deposit, covered: 100.0, breaches: breaches.into() };
                    let (next, edits) = promise.step(&conditions, now_ms);
                    promise = next;
                    if promise.state == Active {
                        prop_assert!(conditions.allow());
                        prop_assert!(was.state != Applied || paid);
                    }
                    // What has a clock ends by it.
                    prop_assert!(promise.state == Ended || promise.ends_ms.is_none_or(|ends_ms| now_ms < ends_ms));
                    edits
                }
                Act::Order => {
                    let found = versions.iter().rev().find(|version| version.covers(now_ms));
                    orders.extend(found.map(|version| (now_ms, version.clone())));
                    Vec::new()
                }
            };
            let begun = edits.iter().filter(|edit| matches!(edit, Edit::Begin(_))).count();
            apply(&mut versions, edits);
            let allowed = match was.state {
                Applied => [Applied, Active, Ended, Ended],
                Active => [Active, Suspended, Ended, Ended],
                Suspended => [Suspended, Active, Ended, Ended],
                Ended => [Ended, Applied, Applied, Applied],
            };
            prop_assert!(allowed.contains(&promise.state), "{:?} to {:?}", was.state, promise.state);
            prop_assert!(begun <= 1);
            // One version at most covers a moment, and the newest one is in force exactly while the promise is active.
            for pair in versions.windows(2) {
                prop_assert!(pair[0].from_ms < pair[1].from_ms);
                prop_assert!(pair[0].until_ms.is_some_and(|until_ms| until_ms <= pair[1].from_ms));
            }
            if promise.state == Active {
                let last = versions.last().unwrap();
                prop_assert_eq!(last.until_ms, promise.ends_ms);
            }
            for (placed_ms, version) in &orders {
                let found = versions.iter().find(|one| one.from_ms == version.from_ms).unwrap();
                prop_assert!(found.covers(*placed_ms) && found.limits == version.limits);
            }
        }
    }
}
