//! A brigade: a false report about a good shop each day, what juries make of it, and what an appeal takes back.

use live_jury_protocol::Outcome;
use live_jury_trust::counter::Count;
use live_jury_trust::exposure::Gate;
use live_jury_trust::ladder::{Standing, State, Violation};
use live_jury_trust::policy::{Policy, TrustFile};
use live_jury_trust::ruling::{Finding, Judged, Second, rule, second};
use live_jury_trust::signal::SignalId;

use super::chance::Chance;
use super::record::{Record, noon_ms};

/// The policy that the false reports name.
const POLICY: &str = "false_advertising";
/// The chance that a jury upholds a false report. The second jury is as often wrong as the first.
const UPHELD: f64 = 0.10;
/// The days from a verdict to the second jury's.
const APPEAL_DAYS: u32 = 3;
/// The deciding votes of a case, and those for the complaint if it wins, and if it does not.
const VOTES: (u64, u64, u64) = (100, 70, 30);

/// The effect of a brigade on a shop.
pub(super) struct Brigade {
    policy: Option<Policy>,
    violations: Vec<Violation>,
    appeals: Vec<Appeal>,
    /// The exposure of the day before what an appeal took back on this day.
    pub before_reversal: Option<f64>,
}

/// A case that waits for its second jury.
struct Appeal {
    day: u32,
    violation: usize,
    facts: Vec<(SignalId, Count)>,
    kept_before: f64,
}

impl Default for Brigade {
    fn default() -> Self {
        let policy = TrustFile::builtin().policy(POLICY).cloned();
        Self { policy, violations: Vec::new(), appeals: Vec::new(), before_reversal: None }
    }
}

impl Brigade {
    /// Passes a day: a report, its verdict, and the second verdict about an earlier one. `kept` is the exposure from
    /// which the fall of this day starts.
    pub fn pass(&mut self, record: &mut Record, day: u32, kept: f64, chance: &mut Chance) {
        self.before_reversal = None;
        let Some(policy) = self.policy.clone() else { return };
        while self.appeals.first().is_some_and(|appeal| appeal.day + APPEAL_DAYS <= day) {
            self.end_appeal(record, &policy, chance);
        }
        let Some(ruling) = rule(&policy, verdict(chance)) else { return };
        let mut facts = ruling.facts;
        if ruling.finding.makes_violation() {
            let at_ms = noon_ms(day);
            let earlier = self.violations.iter().filter(|one| one.state.counts() && one.is_fresh(at_ms)).count();
            facts.push((SignalId::X03, Count::new(0.0, f64::from(policy.points_after(earlier)))));
            facts.push((SignalId::H01, Count::new(0.0, 1.0)));
            facts.extend(policy.signal().map(|signal| (signal, Count::new(0.0, 1.0))));
            let violation = self.violations.len();
            self.violations.push(Violation {
                id: format!("{violation:04}"),
                policy: policy.id.clone(),
                base_points: policy.points,
                repeat: policy.repeat,
                decided_at_ms: at_ms,
                state: State::Appealed { filed_at_ms: at_ms },
            });
            self.appeals.push(Appeal { day, violation, facts: facts.clone(), kept_before: kept });
        }
        facts.iter().for_each(|(id, count)| record.add(*id, *count, noon_ms(day)));
    }

    fn end_appeal(&mut self, record: &mut Record, policy: &Policy, chance: &mut Chance) {
        let appeal = self.appeals.remove(0);
        let ruling = rule(policy, verdict(chance));
        let state = &mut self.violations[appeal.violation].state;
        if second(Some(Finding::Violation), ruling.as_ref()) != Second::Overturned {
            *state = State::Active;
            return;
        }
        *state = State::Void;
        self.before_reversal = Some(self.before_reversal.unwrap_or(0.0).max(appeal.kept_before));
        let at_ms = noon_ms(appeal.day);
        appeal.facts.iter().for_each(|(id, count)| record.add(*id, count.reversed(), at_ms));
        let second_facts = ruling.map(|ruling| ruling.facts).unwrap_or_default();
        second_facts.iter().for_each(|(id, count)| record.add(*id, *count, at_ms));
    }

    /// The strongest measure in force.
    pub fn gate(&self, now_ms: u64) -> Option<Gate> {
        Standing::of(&self.violations, now_ms).gate(now_ms)
    }
}

fn verdict(chance: &mut Chance) -> Judged {
    let upheld = chance.happens(UPHELD);
    let (deciding, votes) = (VOTES.0, if upheld { VOTES.1 } else { VOTES.2 });
    Judged { outcome: Outcome::Decided, upheld, votes, deciding, has_host: true }
}

#[cfg(test)]
mod tests {
    use live_jury_trust::index::{Index, Priors};

    use super::*;
    use crate::market::record::night_ms;
    use crate::market::trials::Trial;

    #[test]
    fn a_hundredth_of_the_false_reports_stays_a_violation_and_the_rest_leaves_no_points() {
        let (mut brigade, mut record, mut chance) = (Brigade::default(), Record::default(), Chance::new(1, 1));
        for day in 0..2_000 {
            brigade.pass(&mut record, day, 1.0, &mut chance);
        }
        let standing = brigade.violations.iter().filter(|one| one.state == State::Active).count();
        // Four spreads around a hundredth of the days.
        assert!((2..=38).contains(&standing), "{standing}");
        assert!(brigade.appeals.len() < 10, "those of the last days");
        let points = record.observed(&Trial::list(false), 0, night_ms(1_999)).count(SignalId::X03).k;
        assert!(points < 12.0 * standing as f64, "{points} points of {standing} violations");
    }

    #[test]
    fn a_false_report_that_no_jury_upholds_is_a_verdict_for_the_shop() {
        let (mut brigade, mut record, mut chance) = (Brigade::default(), Record::default(), Chance::new(3, 1));
        let day = (0..40).find(|day| {
            brigade.pass(&mut record, *day, 1.0, &mut chance);
            !brigade.appeals.is_empty()
        });
        let known = |record: &Record| record.observed(&Trial::list(false), 0, night_ms(40));
        let index = |record: &Record| Index::of(&known(record), &Priors::default()).value;
        let day = day.unwrap();
        assert!(
            day > 0
                && index(&record) < {
                    let mut without = Record::default();
                    let mut again = (Brigade::default(), Chance::new(3, 1));
                    (0..day).for_each(|day| again.0.pass(&mut without, day, 1.0, &mut again.1));
                    index(&without)
                }
        );
    }
}
