//! The verdict of a jury: the lines of decision in their order, from sums, in integers.

mod lines;
#[cfg(test)]
mod tests;

pub use self::lines::winner;

use live_jury_protocol::{Counts, NewCase, Outcome, TALLY_LOST, Verdict, Why};

use crate::{Loss, PanelSums, Sums};

/// The reason for which a jury gives no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NoVerdict {
    outcome: Outcome,
    /// The rule of the case that was not met; none for quorum, lead and threshold.
    why: Option<Why>,
}

/// Decides a sealed case. `sums` are of all of its ballots; where a drawn panel decides, `panel` has the panel's.
///
/// The first line that applies gives the outcome; if none does, the leading option wins. Deciding ballots are those
/// that do not abstain; with a panel, the panel's.
///
/// | line | condition | outcome, why |
/// | --- | --- | --- |
/// | 1 | the tally was lost, and all ballots are fewer than `loss.share` of those before the loss | void |
/// | 2 | all ballots, abstentions among them, are fewer than the quorum | no quorum |
/// | 3 | the panel's public random number did not come in time | no quorum, `no_beacon` |
/// | 4 | of a stratum of the panel fewer than two thirds voted | no quorum, `panel_short` |
/// | 5 | two options share the lead, or the leader's share does not exceed the threshold | hung |
/// | 6 | a rule by side, and of most deciding ballots the side is not known | hung, `sides_unknown` |
/// | 7 | a rule by side, and too few ballots of a side | hung, `sides_short` |
/// | 8 | `two_sided`, and the leader does not pass its threshold on both sides | hung, `sides_disagree` |
/// | 9 | `hold_when_balanced`, and the leader would not win if both sides weighed the same | hung, `not_balanced` |
/// | 10 | `bias_band`, and the lead is no larger than an uneven mix of sides may explain | hung, `thin_margin` |
/// | 11 | `raid: hang`, the cohorts differ, and those present before, if published, differ | hung, `late_cohort` |
#[must_use]
pub fn judge(case: &NewCase, sums: &Sums, panel: Option<&PanelSums>, loss: &Loss, decided_at_ms: u64) -> Verdict {
    let ballots = sums.ballots();
    let is_lost = loss.leaves_too_few(ballots);
    let ruling = if is_lost { Err(NoVerdict { outcome: Outcome::Void, why: None }) } else { rule(case, sums, panel) };
    Verdict {
        option: ruling.ok().and_then(|index| case.options.get(index)).map(|option| option.id.clone()),
        why: ruling.err().and_then(|no| no.why),
        reason: is_lost.then(|| TALLY_LOST.to_owned()),
        counts: Some(counts_by_option(case, &sums.counts)),
        ballots_before_loss: loss.ballots_before,
        // Nothing is shown of a void case.
        panel: panel.filter(|_| !is_lost).map(|panel| panel.ballots(case)),
        details: if is_lost { None } else { sums.details(case, panel).map(Box::new) },
        ..Verdict::new(ruling.map_or_else(|no| no.outcome, |_| Outcome::Decided), ballots, decided_at_ms)
    }
}

/// Lines 2 to 11: the index of the option that wins, or the first line that applies.
fn rule(case: &NewCase, sums: &Sums, panel: Option<&PanelSums>) -> Result<usize, NoVerdict> {
    if sums.ballots() < case.rules.quorum {
        return Err(NoVerdict { outcome: Outcome::NoQuorum, why: None });
    }
    if let Some(panel) = panel {
        let why = if panel.lacks_beacon { Some(Why::NoBeacon) } else { panel.is_short().then_some(Why::PanelShort) };
        if why.is_some() {
            return Err(NoVerdict { outcome: Outcome::NoQuorum, why });
        }
    }
    let votes = lines::Votes::of(case, sums, panel);
    let hung = |why| NoVerdict { outcome: Outcome::Hung, why };
    let Some(winner) = winner(case, &votes.counts) else { return Err(hung(None)) };
    let why = votes.objection(case, winner).or_else(|| lines::late_cohort(case, sums, winner));
    why.map_or(Ok(winner), |why| Err(hung(Some(why))))
}

/// The verdict of a case whose tally did not come back.
#[must_use]
pub fn tally_lost(loss: &Loss, decided_at_ms: u64) -> Verdict {
    Verdict {
        reason: Some(TALLY_LOST.to_owned()),
        ballots_before_loss: loss.ballots_before,
        ..Verdict::new(Outcome::Void, 0, decided_at_ms)
    }
}

/// Counts by the options' ids. Every option is there, also with no ballots.
#[must_use]
pub fn counts_by_option(case: &NewCase, counts: &[u64]) -> Counts {
    case.options.iter().zip(counts).map(|(option, count)| (option.id.clone(), *count)).collect()
}
