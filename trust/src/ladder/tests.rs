//! Known histories, and what holds for generated ones.

use super::*;
use crate::policy::tests::builtin;

const START_MS: u64 = crate::counter::LANDMARK_MS;

fn violation(id: &str, policy: &str, day: u64, state: State) -> Violation {
    let policy = builtin(policy);
    Violation {
        id: id.into(),
        base_points: policy.points,
        repeat: policy.repeat,
        policy: policy.id,
        decided_at_ms: START_MS + day * DAY_MS,
        state,
    }
}

fn active(id: &str, policy: &str, day: u64) -> Violation {
    violation(id, policy, day, State::Active)
}

fn on_day(violations: &[Violation], day: u64) -> Standing {
    Standing::of(violations, START_MS + day * DAY_MS)
}

fn gate_on_day(standing: &Standing, day: u64) -> Option<Gate> {
    standing.gate(START_MS + day * DAY_MS)
}

#[test]
fn each_tier_begins_at_its_points() {
    for (points, tier) in [
        (0, Tier::Clear),
        (6, Tier::Clear),
        (7, Tier::Notice),
        (12, Tier::Warned),
        (24, Tier::Limited),
        (36, Tier::Suspended),
        (47, Tier::Suspended),
        (48, Tier::BanProposed),
    ] {
        assert_eq!(Tier::of(points), tier, "{points}");
    }
    assert_eq!(Tier::BanProposed.measure(), Some((Gate::Suspend, 28)), "beside the proposal");
}

#[test]
fn repeats_cost_more_and_a_measure_runs_from_its_decision() {
    let history = [active("a", "false_advertising", 0), active("b", "false_advertising", 10)];
    let standing = on_day(&history, 10);
    assert_eq!((standing.points, standing.tier), (15, Tier::Warned), "6 and 9");
    let [measure] = &standing.measures[..] else { panic!("one measure") };
    assert_eq!((measure.violation.as_str(), measure.kind, measure.points), ("b", Gate::NoBoost, 15));
    assert_eq!(gate_on_day(&standing, 16), Some(Gate::NoBoost));
    assert_eq!(gate_on_day(&standing, 17), None);
}

#[test]
fn points_and_repeats_end_after_180_days() {
    let history = [active("a", "false_advertising", 0), active("b", "false_advertising", 180)];
    assert_eq!(on_day(&history, 179).points, 6);
    let standing = on_day(&history, 180);
    assert_eq!(standing.points, 6, "the second is no repeat");
    assert!(standing.measures.is_empty() && !standing.violations[0].counts);
    assert_eq!(on_day(&history[..1], 180).tier, Tier::Clear);
}

#[test]
fn the_strongest_measure_counts_and_its_days_run_even_if_points_fall() {
    let history = [active("a", "counterfeit", 0), active("b", "unsafe_goods", 175), active("c", "abuse", 178)];
    let standing = on_day(&history, 178);
    assert_eq!((standing.points, standing.tier), (52, Tier::BanProposed));
    assert_eq!(gate_on_day(&standing, 1), Some(Gate::Limit), "24 points on the first day");
    assert_eq!(gate_on_day(&standing, 177), Some(Gate::Suspend));
    let later = on_day(&history, 190);
    assert_eq!((later.points, later.tier), (28, Tier::Limited));
    assert_eq!(gate_on_day(&later, 190), Some(Gate::Suspend));
    assert_eq!(later.suspended_until_ms(START_MS + 190 * DAY_MS), Some(START_MS + 206 * DAY_MS));
}

#[test]
fn an_open_appeal_holds_back_its_own_points_and_no_others() {
    let filed_at_ms = START_MS + 5 * DAY_MS;
    let first = violation("a", "fake_reviews", 0, State::Appealed { filed_at_ms });
    let later = active("b", "off_platform", 6);
    let standing = on_day(&[first.clone(), later.clone()], 6);
    assert_eq!(standing.points, 18, "they count, until the appeal is decided");
    assert_eq!(standing.measures.len(), 1, "the first violation's own measure stays, and the second starts none");
    assert_eq!(gate_on_day(&standing, 6), Some(Gate::NoBoost));
    assert_eq!(gate_on_day(&standing, 7), None);
    let confirmed = [Violation { state: State::Active, ..first.clone() }, later.clone()];
    assert_eq!(gate_on_day(&on_day(&confirmed, 7), 7), Some(Gate::NoBoost));
    let heavy = active("c", "counterfeit", 8);
    let standing = on_day(&[first, later, heavy], 8);
    assert_eq!(standing.measures[1].points, 30, "6 and 24");
}

#[test]
fn what_is_proposed_or_void_counts_nothing() {
    let history = [violation("a", "evasion", 0, State::Proposed), violation("b", "evasion", 0, State::Void)];
    assert_eq!(on_day(&history, 0), on_day(&[], 0));
}

/// A generated history: a quarter of its violations is void, and some are proposed or appealed.
fn history(seed: u64) -> Vec<Violation> {
    const POLICIES: [&str; 6] =
        ["false_advertising", "not_as_described", "promise_breach", "counterfeit", "fake_reviews", "abuse"];
    let policies = POLICIES.map(builtin_once);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut one = |place: usize| {
        let (policy, day) = (&policies[random.usize(..POLICIES.len())], random.u64(..500));
        let state = match random.u8(..8) {
            0 | 1 => State::Void,
            2 => State::Appealed { filed_at_ms: START_MS + (day + random.u64(..200)) * DAY_MS },
            3 => State::Proposed,
            _ => State::Active,
        };
        Violation {
            id: format!("v{place:02}"),
            policy: policy.id.clone(),
            base_points: policy.points,
            repeat: policy.repeat,
            decided_at_ms: START_MS + day * DAY_MS,
            state,
        }
    };
    (0..seed as usize % 25).map(&mut one).collect()
}

/// A built-in policy. The file is parsed once.
fn builtin_once(id: &str) -> &'static crate::policy::Policy {
    static FILE: std::sync::LazyLock<crate::policy::TrustFile> =
        std::sync::LazyLock::new(crate::policy::TrustFile::builtin);
    FILE.policy(id).unwrap()
}

#[test]
fn an_appeal_won_leaves_a_standing_as_if_the_violation_had_never_been() {
    let mut changed = 0_u32;
    for seed in 0..10_000 {
        let history = history(seed);
        let without: Vec<_> = history.iter().filter(|one| one.state != State::Void).cloned().collect();
        let bytes = |history: &[Violation], day| serde_json::to_vec(&on_day(history, day)).unwrap();
        let day = seed % 700;
        assert_eq!(bytes(&history, day), bytes(&without, day), "seed {seed}");
        let before: Vec<_> = history.iter().map(|one| Violation { state: State::Active, ..one.clone() }).collect();
        changed += u32::from(bytes(&before, day) != bytes(&without, day));
    }
    assert!(changed > 5_000, "the void ones would have counted: {changed}");
}

#[test]
fn the_order_of_the_list_does_not_matter() {
    for seed in 0..1_000 {
        let mut turned = history(seed);
        let forward = on_day(&turned, seed % 700);
        turned.reverse();
        assert_eq!(on_day(&turned, seed % 700), forward, "seed {seed}");
    }
}

#[test]
fn one_more_violation_never_lightens_a_standing() {
    for seed in (0..1_000).filter(|seed| seed % 25 > 0) {
        let (history, day) = (history(seed), seed % 700);
        let (before, after) = (on_day(&history[1..], day), on_day(&history, day));
        assert!(after.points >= before.points, "seed {seed}");
        assert!(gate_on_day(&after, day) >= gate_on_day(&before, day), "seed {seed}");
    }
}
