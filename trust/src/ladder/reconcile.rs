//! Compares the measures that were taken with those that the violations of now start. It takes and lifts none.

use super::{Measure, Standing};
use crate::exposure::Gate;

/// A measure that was taken and not lifted, or that an appeal has overturned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken<T> {
    /// The measure's id.
    pub id: T,
    /// The violation that started it.
    pub violation: String,
    /// The measure.
    pub kind: Gate,
    /// The points that led to it.
    pub points: u32,
    /// The first moment, in Unix milliseconds.
    pub from_ms: u64,
    /// Whether an appeal has overturned it. The same measure for the same violation is then not taken again.
    pub overturned: bool,
}

/// The difference between what was taken and what violations start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference<T> {
    /// The measures to lift.
    pub lift: Vec<T>,
    /// The measures to take, the oldest first.
    pub take: Vec<Measure>,
}

/// The measures to lift and to take, so that those in place are the ones of this standing.
#[must_use]
pub fn reconcile<T: Clone>(taken: &[Taken<T>], standing: &Standing) -> Difference<T> {
    let is_same = |taken: &Taken<T>, measure: &Measure| {
        let same_kind = taken.violation == measure.violation && taken.kind == measure.kind;
        same_kind && (taken.overturned || (taken.points == measure.points && taken.from_ms == measure.from_ms))
    };
    let is_started = |taken: &&Taken<T>| standing.measures.iter().any(|measure| is_same(taken, measure));
    let is_taken = |measure: &&Measure| taken.iter().any(|taken| is_same(taken, measure));
    Difference {
        lift: taken.iter().filter(|taken| !taken.overturned && !is_started(taken)).map(|one| one.id.clone()).collect(),
        take: standing.measures.iter().filter(|measure| !is_taken(measure)).cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DAY_MS;
    use crate::ladder::{State, Violation};
    use crate::policy::{Policy, TrustFile};

    const START_MS: u64 = crate::counter::LANDMARK_MS;

    /// A ledger's rows of one party.
    #[derive(Default)]
    struct Held {
        violations: Vec<Violation>,
        measures: Vec<(u64, Measure)>,
        ids: u64,
    }

    impl Held {
        fn settle(&mut self, now_ms: u64) {
            let standing = Standing::of(&self.violations, now_ms);
            let taken: Vec<Taken<u64>> = self
                .measures
                .iter()
                .map(|(id, one)| Taken {
                    id: *id,
                    violation: one.violation.clone(),
                    kind: one.kind,
                    points: one.points,
                    from_ms: one.from_ms,
                    overturned: false,
                })
                .collect();
            let difference = reconcile(&taken, &standing);
            self.measures.retain(|(id, _)| !difference.lift.contains(id));
            for measure in difference.take {
                self.ids += 1;
                self.measures.push((self.ids, measure));
            }
        }

        fn decide(&mut self, policy: &Policy, at_ms: u64) {
            self.violations.push(Violation {
                id: format!("v{:03}", at_ms / DAY_MS),
                policy: policy.id.clone(),
                base_points: policy.points,
                repeat: policy.repeat,
                decided_at_ms: at_ms,
                state: State::Active,
            });
            self.settle(at_ms);
        }

        fn set(&mut self, place: usize, state: State, now_ms: u64) {
            self.violations[place].state = state;
            self.settle(now_ms);
        }

        /// Everything that is in place, without the ids of measures, which differ.
        fn bytes(&self, now_ms: u64) -> Vec<u8> {
            let mut measures: Vec<&Measure> = self.measures.iter().map(|(_, measure)| measure).collect();
            measures.sort_by(|a, b| (a.from_ms, &a.violation).cmp(&(b.from_ms, &b.violation)));
            serde_json::to_vec(&(Standing::of(&self.violations, now_ms), measures)).unwrap()
        }
    }

    #[test]
    fn an_appeal_won_lifts_and_eases_what_followed() {
        let file = TrustFile::builtin();
        let fakes = file.policy("fake_reviews").unwrap();
        let mut held = Held::default();
        held.decide(fakes, START_MS);
        held.decide(fakes, START_MS + 10 * DAY_MS);
        assert_eq!(held.measures.len(), 2);
        assert_eq!(held.measures[1].1.kind, Gate::Limit, "12 and 18 points");
        held.set(0, State::Appealed { filed_at_ms: START_MS + 11 * DAY_MS }, START_MS + 11 * DAY_MS);
        assert_eq!(held.measures.len(), 2, "an appeal lifts nothing by itself");
        held.set(0, State::Void, START_MS + 12 * DAY_MS);
        let left: Vec<_> = held.measures.iter().map(|(id, one)| (*id, one.kind, one.points)).collect();
        assert_eq!(left, [(3, Gate::NoBoost, 12)], "the second is no repeat, and its measure is another one");
    }

    #[test]
    fn a_measure_that_an_appeal_overturned_is_not_taken_again() {
        let file = TrustFile::builtin();
        let mut held = Held::default();
        held.decide(file.policy("fake_reviews").unwrap(), START_MS);
        let standing = Standing::of(&held.violations, START_MS);
        let (_, first) = &held.measures[0];
        let taken = |points, overturned| Taken {
            id: 1,
            violation: first.violation.clone(),
            kind: first.kind,
            points,
            from_ms: first.from_ms,
            overturned,
        };
        let nothing = Difference { lift: vec![], take: vec![] };
        assert_eq!(reconcile(&[taken(12, true)], &standing), nothing);
        assert_eq!(reconcile(&[taken(12, false)], &standing), nothing);
        let other = reconcile(&[taken(13, false)], &standing);
        assert_eq!((other.lift, other.take.len()), (vec![1], 1));
    }

    /// Violations are decided, appealed and decided on, in any order. What is left is what would be there if those that
    /// ended void had never been.
    #[test]
    fn what_is_in_place_after_appeals_is_as_if_the_void_had_never_been() {
        let file = TrustFile::builtin();
        let policies: Vec<&Policy> = ["false_advertising", "counterfeit", "fake_reviews", "abuse", "promise_breach"]
            .map(|id| file.policy(id).unwrap())
            .into();
        let mut lifted = 0_u32;
        for seed in 0..10_000_u64 {
            let mut random = fastrand::Rng::with_seed(seed);
            let (mut held, mut all) = (Held::default(), Vec::new());
            for day in 0..random.u64(1..40) {
                let now_ms = START_MS + day * 9 * DAY_MS;
                let place = random.usize(..=held.violations.len().min(9));
                match held.violations.get(place).map(|one| one.state) {
                    Some(State::Active) => held.set(place, State::Appealed { filed_at_ms: now_ms }, now_ms),
                    Some(State::Appealed { .. }) => {
                        let outcome = if random.bool() { State::Void } else { State::Active };
                        held.set(place, outcome, now_ms);
                    }
                    _ => {
                        let policy = policies[random.usize(..policies.len())];
                        all.push((policy, now_ms));
                        held.decide(policy, now_ms);
                    }
                }
            }
            // Appeals that are still open are lost, so that only void violations differ.
            let end_ms = START_MS + 400 * DAY_MS;
            for place in 0..held.violations.len() {
                if matches!(held.violations[place].state, State::Appealed { .. }) {
                    held.set(place, State::Active, end_ms);
                }
            }
            let mut without = Held::default();
            for ((policy, at_ms), violation) in all.iter().zip(&held.violations) {
                if violation.state != State::Void {
                    without.decide(policy, *at_ms);
                }
            }
            assert_eq!(held.bytes(end_ms), without.bytes(end_ms), "seed {seed}");
            lifted += u32::from(held.ids > without.ids);
        }
        assert!(lifted > 2_000, "measures were lifted or replaced: {lifted}");
    }
}
