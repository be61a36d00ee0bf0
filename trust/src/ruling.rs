//! A ruling: what a verdict means for the parties of a case. It decides no case and files nothing.

use live_jury_protocol::Outcome;
use serde::{Deserialize, Serialize};

use crate::counter::Count;
use crate::policy::Policy;
use crate::signal::SignalId;

/// The share from which a verdict below a bar still proposes a violation, as one part in so many: half.
const PROPOSED_SHARE_PART: u128 = 2;
/// The deciding votes of a case that count for x02: a case with a large crowd counts no more than one with a hundred.
const VOTES_COUNTED_MAX: f64 = 100.0;

/// The parts of a recorded case that a ruling needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The outcome.
    pub outcome: Outcome,
    /// Whether the option won that upholds the complaint.
    pub upheld: bool,
    /// The votes for that option.
    pub votes: u64,
    /// The votes that do not abstain.
    pub deciding: u64,
    /// Whether the case names a host.
    pub has_host: bool,
}

/// The finding of a decided case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Another option won: there is no violation.
    NotUpheld,
    /// The complaint won with less than half of the votes: there is no violation.
    Minority,
    /// The complaint won, and a bar was missed: a moderator decides whether it is a violation.
    Proposed,
    /// The complaint won above both bars: it is a violation.
    Violation,
}

impl Finding {
    /// All findings.
    pub const ALL: [Self; 4] = [Self::NotUpheld, Self::Minority, Self::Proposed, Self::Violation];

    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotUpheld => "not_upheld",
            Self::Minority => "minority",
            Self::Proposed => "proposed",
            Self::Violation => "violation",
        }
    }

    /// The finding with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|finding| finding.as_str() == name)
    }

    /// Whether the complaint won.
    #[must_use]
    pub const fn is_upheld(self) -> bool {
        !matches!(self, Self::NotUpheld)
    }

    /// Whether a violation is made, active or proposed.
    #[must_use]
    pub const fn makes_violation(self) -> bool {
        matches!(self, Self::Proposed | Self::Violation)
    }
}

/// A ruling.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruling {
    /// The finding.
    pub finding: Finding,
    /// The share of the votes for the complaint.
    pub share: f64,
    /// The counts of the case for x01, x02, and for h02 where a host is named.
    pub facts: Vec<(SignalId, Count)>,
}

/// The ruling about a case, or none where the jury decided nothing.
#[must_use]
pub fn rule(policy: &Policy, judged: Judged) -> Option<Ruling> {
    if judged.outcome != Outcome::Decided || judged.deciding == 0 {
        return None;
    }
    Some(Ruling {
        finding: finding(policy, judged),
        share: judged.votes as f64 / judged.deciding as f64,
        facts: facts(judged),
    })
}

fn finding(policy: &Policy, judged: Judged) -> Finding {
    let (votes, deciding) = (u128::from(judged.votes), u128::from(judged.deciding));
    let scale = u128::from(live_jury_protocol::limits::THRESHOLD_SCALE);
    let above_share = votes * scale >= deciding * u128::from(policy.min_share.parts());
    match judged.upheld {
        false => Finding::NotUpheld,
        true if votes * PROPOSED_SHARE_PART < deciding => Finding::Minority,
        true if above_share && judged.deciding >= policy.min_ballots => Finding::Violation,
        true => Finding::Proposed,
    }
}

fn facts(judged: Judged) -> Vec<(SignalId, Count)> {
    let won = |is_won: bool| Count::new(1.0, f64::from(u8::from(is_won)));
    let n = (judged.deciding as f64).min(VOTES_COUNTED_MAX);
    let for_merchant = (judged.deciding - judged.votes.min(judged.deciding)) as f64 / judged.deciding as f64;
    let mut facts = vec![(SignalId::X01, won(!judged.upheld)), (SignalId::X02, Count::new(n, n * for_merchant))];
    if judged.has_host {
        facts.push((SignalId::H02, won(judged.upheld)));
    }
    facts
}

/// The effect of a second jury's ruling on the first one's. Its facts replace the first's, as of the first's date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Second {
    /// The second jury decided nothing: the first ruling stays.
    FirstStays,
    /// The violation of the first, if there is one, stays as it is, with its points and date.
    Confirmed,
    /// The first made no violation: one is made by the second's finding.
    Made(Finding),
    /// The violation of the first, if there is one, is void.
    Overturned,
}

/// Compares the ruling of a second jury with what the first made.
#[must_use]
pub fn second(first: Option<Finding>, second: Option<&Ruling>) -> Second {
    match second.map(|ruling| ruling.finding) {
        None => Second::FirstStays,
        Some(Finding::NotUpheld) => Second::Overturned,
        Some(_) if first.is_some_and(Finding::makes_violation) => Second::Confirmed,
        Some(finding) => Second::Made(finding),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::tests::builtin;

    fn judged(votes: u64, deciding: u64) -> Judged {
        Judged { outcome: Outcome::Decided, upheld: true, votes, deciding, has_host: true }
    }

    fn finding_of(votes: u64, deciding: u64) -> Finding {
        rule(&builtin("false_advertising"), judged(votes, deciding)).unwrap().finding
    }

    #[test]
    fn a_violation_needs_both_bars_and_a_proposal_needs_half() {
        assert_eq!(finding_of(18, 30), Finding::Violation);
        assert_eq!(finding_of(18, 29), Finding::Proposed, "too few ballots");
        assert_eq!(finding_of(599, 1_000), Finding::Proposed, "too small a share");
        assert_eq!(finding_of(500, 1_000), Finding::Proposed);
        assert_eq!(finding_of(499, 1_000), Finding::Minority);
        let look_alike = rule(&builtin("look_alike_brand"), judged(499, 499)).unwrap();
        assert_eq!(look_alike.finding, Finding::Proposed, "of a policy with a bar of its own");
    }

    #[test]
    fn a_case_without_a_decision_rules_nothing() {
        for outcome in [Outcome::Hung, Outcome::NoQuorum, Outcome::Void, Outcome::Unknown] {
            assert_eq!(rule(&builtin("abuse"), Judged { outcome, ..judged(90, 100) }), None);
        }
    }

    #[test]
    fn a_decided_case_counts_for_its_three_signals() {
        let ruling = rule(&builtin("abuse"), judged(150, 200)).unwrap();
        let (x01, x02, h02) = (SignalId::X01, SignalId::X02, SignalId::H02);
        let expected = |verdict: f64, votes: f64| {
            [(x01, Count::new(1.0, verdict)), (x02, Count::new(100.0, votes)), (h02, Count::new(1.0, 1.0 - verdict))]
        };
        assert_eq!(ruling.facts, expected(0.0, 25.0));
        let won = rule(&builtin("abuse"), Judged { upheld: false, ..judged(50, 200) }).unwrap();
        assert_eq!((won.finding, won.facts), (Finding::NotUpheld, expected(1.0, 75.0).to_vec()));
        let few = rule(&builtin("abuse"), Judged { has_host: false, ..judged(6, 10) }).unwrap();
        assert_eq!(few.facts, [(x01, Count::new(1.0, 0.0)), (x02, Count::new(10.0, 4.0))]);
    }

    #[test]
    fn a_second_jury_replaces_confirms_makes_or_changes_nothing() {
        let of = |upheld, votes| rule(&builtin("abuse"), Judged { upheld, ..judged(votes, 100) }).unwrap();
        let (not, violation, proposed) = (of(false, 10), of(true, 90), of(true, 55));
        assert_eq!(second(Some(Finding::Violation), None), Second::FirstStays);
        assert_eq!(second(Some(Finding::Violation), Some(&not)), Second::Overturned);
        assert_eq!(second(Some(Finding::Proposed), Some(&violation)), Second::Confirmed);
        assert_eq!(second(Some(Finding::NotUpheld), Some(&violation)), Second::Made(Finding::Violation));
        assert_eq!(second(None, Some(&proposed)), Second::Made(Finding::Proposed));
    }
}
