//! Decides on an application from the weights against all candidates. It takes no measure.

use std::collections::{BTreeMap, BTreeSet};

use super::weigh::Compared;
use super::{Field, Group, Level};
use crate::exposure::Gate;

/// The weight from which an application may be one of somebody who comes back, in bits. The same person is then 4,096
/// times as likely to have this in common as a stranger.
pub const THRESHOLD: f64 = 12.0;
/// The applications of seven days that may share an account or a device, with the one that comes.
pub const SHARED_MAX: u64 = 2;
/// The time in which applications that share something count, in milliseconds.
pub const SHARED_WITHIN_MS: u64 = 7 * crate::DAY_MS;
/// The time after which a hold becomes probation, in milliseconds. Nobody waits longer for a person.
pub const HOLD_MS: u64 = 72 * 60 * 60 * 1_000;
/// The time of probation, in milliseconds.
pub const PROBATION_MS: u64 = 30 * crate::DAY_MS;
/// The completed orders that end a probation before its time.
pub const PROBATION_ORDERS: u64 = 50;
/// The time for which the tokens of an applicant are kept who is not banned, in milliseconds.
pub const TOKENS_KEPT_MS: u64 = 30 * crate::DAY_MS;
/// The parties that may share a token. A token of more finds nobody: a common name alone is no trace.
pub const SHARERS_MAX: u64 = 60;

/// Whether an equal number alone lets the machine refuse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RefuseBy {
    /// An equal identity or company number does.
    #[default]
    Number,
    /// Nothing does: a person decides.
    Never,
}

/// The outcome of an application, the severest last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// It passes.
    #[default]
    Pass,
    /// A person looks.
    Hold,
    /// A person looks, and refusal is proposed.
    Propose,
    /// It is refused.
    Refuse,
}

impl Finding {
    /// The outcome's name on the wire and in the ledger.
    #[must_use]
    pub const fn outcome(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Hold | Self::Propose => "hold",
            Self::Refuse => "refuse",
        }
    }
}

/// A measure at the entry, which no violation starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Each listing is reviewed first, and nothing is shown better than typical.
    Probation,
    /// The applicant does not sell.
    Refuse,
}

impl Entry {
    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Probation => "probation",
            Self::Refuse => "refuse",
        }
    }

    /// The measure with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Probation, Self::Refuse].into_iter().find(|entry| entry.as_str() == name)
    }

    /// The limit of an exposure under it.
    #[must_use]
    pub const fn gate(self) -> Gate {
        match self {
            Self::Probation => Gate::NoBoost,
            Self::Refuse => Gate::Suspend,
        }
    }
}

/// The decision on an application.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// What follows.
    pub finding: Finding,
    /// The place of the candidate that it follows from; none where no candidate gave it.
    pub candidate: Option<usize>,
    /// The weight against that candidate, or the largest one.
    pub weight: f64,
    /// The groups in which values are equal.
    pub groups: BTreeSet<Group>,
}

/// The outcome that one candidate alone would give.
fn finding(compared: &Compared, refuse_by: RefuseBy) -> Finding {
    let is_heavy = compared.weight >= THRESHOLD;
    let numbers = || Field::ALL.into_iter().filter(|field| field.is_number());
    if numbers().any(|field| compared.is_equal(field)) {
        return match (is_heavy, refuse_by) {
            (true, RefuseBy::Number) => Finding::Refuse,
            (true, RefuseBy::Never) => Finding::Propose,
            (false, _) => Finding::Hold,
        };
    }
    if !is_heavy {
        return Finding::Pass;
    }
    // Strangers may share a name and a birthday, so a person decides.
    let same_person =
        [Field::GivenName, Field::FamilyName, Field::BirthDate].iter().all(|field| compared.is_equal(*field));
    if same_person && !numbers().any(|field| compared.levels.get(&field) == Some(&Level::Differs)) {
        return Finding::Propose;
    }
    let groups = compared.groups();
    let besides = groups.iter().filter(|group| **group != Group::Own).count();
    let is_closer = groups.iter().any(|group| !matches!(group, Group::Own | Group::Place));
    if besides >= 2 && is_closer { Finding::Hold } else { Finding::Pass }
}

/// The decision from all candidates, the severest first, then the heaviest. `shared` counts the other applications of
/// seven days that share an account or a device.
#[must_use]
pub fn decide(candidates: &[Compared], shared: &BTreeMap<Group, u64>, refuse_by: RefuseBy) -> Decision {
    let ranked = candidates.iter().enumerate().map(|(place, one)| (finding(one, refuse_by), one.weight, place));
    let worst = ranked.max_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    if let Some((finding, weight, place)) = worst.filter(|(finding, ..)| *finding > Finding::Pass) {
        return Decision { finding, candidate: Some(place), weight, groups: candidates[place].groups() };
    }
    let weight = worst.map_or(0.0, |(_, weight, _)| weight);
    let groups: BTreeSet<Group> =
        shared.iter().filter(|(_, others)| **others >= SHARED_MAX).map(|(group, _)| *group).collect();
    let finding = if groups.is_empty() { Finding::Pass } else { Finding::Hold };
    Decision { finding, candidate: None, weight, groups }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(weight: f64, equal: &[Field], differs: &[Field]) -> Compared {
        let levels = equal.iter().map(|field| (*field, Level::Equal));
        let levels = levels.chain(differs.iter().map(|field| (*field, Level::Differs))).collect();
        Compared { weight, levels }
    }

    fn of(one: Compared) -> Finding {
        decide(&[one], &BTreeMap::new(), RefuseBy::Number).finding
    }

    const PERSON: [Field; 3] = [Field::GivenName, Field::FamilyName, Field::BirthDate];

    #[test]
    fn an_equal_number_refuses_from_the_threshold_on() {
        assert_eq!(of(compared(12.0, &[Field::IdNumber], &[])), Finding::Refuse);
        assert_eq!(of(compared(12.0, &[Field::CompanyNumber], &[])), Finding::Refuse);
        assert_eq!(of(compared(11.9, &[Field::IdNumber], &[])), Finding::Hold);
        let never = |weight| {
            let one = compared(weight, &[Field::IdNumber], &[]);
            decide(&[one], &BTreeMap::new(), RefuseBy::Never).finding
        };
        assert_eq!([12.0, 11.9].map(never), [Finding::Propose, Finding::Hold]);
    }

    #[test]
    fn the_same_name_and_birthday_is_for_a_person_unless_a_number_differs() {
        assert_eq!(of(compared(12.0, &PERSON, &[])), Finding::Propose);
        assert_eq!(of(compared(12.0, &PERSON, &[Field::IdNumber])), Finding::Pass);
        assert_eq!(of(compared(11.9, &PERSON, &[])), Finding::Pass);
        assert_eq!(of(compared(30.0, &PERSON[..2], &[])), Finding::Pass, "a common name is no trace");
    }

    #[test]
    fn two_groups_besides_the_person_hold_if_one_is_closer_than_a_place() {
        for (equal, expected) in [
            (vec![Field::PayoutAccount, Field::Device], Finding::Hold),
            (vec![Field::Ip, Field::StoreName], Finding::Hold),
            (vec![Field::Phone, Field::Email], Finding::Pass),
            (vec![Field::Ip, Field::Address, Field::ShipFrom], Finding::Pass),
            (vec![Field::Device, Field::GivenName, Field::FamilyName], Finding::Pass),
        ] {
            assert_eq!(of(compared(20.0, &equal, &[Field::IdNumber])), expected, "{equal:?}");
        }
        assert_eq!(of(compared(11.9, &[Field::PayoutAccount, Field::Device], &[])), Finding::Pass);
    }

    #[test]
    fn the_third_application_of_a_week_with_one_account_is_held() {
        let shared = |others| decide(&[], &BTreeMap::from([(Group::Money, others)]), RefuseBy::Number);
        assert_eq!(shared(1).finding, Finding::Pass);
        let held = shared(2);
        assert_eq!((held.finding, held.candidate, held.groups), (Finding::Hold, None, BTreeSet::from([Group::Money])));
    }

    #[test]
    fn the_severest_candidate_decides_and_not_the_heaviest() {
        let candidates = [compared(40.0, &[Field::Phone], &[]), compared(13.0, &[Field::IdNumber], &[])];
        let decision = decide(&candidates, &BTreeMap::new(), RefuseBy::Number);
        assert_eq!((decision.finding, decision.candidate, decision.weight), (Finding::Refuse, Some(1), 13.0));
        let passed = decide(&candidates[..1], &BTreeMap::new(), RefuseBy::Number);
        assert_eq!((passed.finding, passed.candidate, passed.weight), (Finding::Pass, None, 40.0));
        assert!(passed.groups.is_empty(), "who passes reads of no group");
    }
}
