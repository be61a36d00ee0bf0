//! The verdict of a tally: a loss first, then quorum, lead and threshold, in integers.

use live_jury_protocol::limits::THRESHOLD_SCALE;
use live_jury_protocol::{Counts, NewCase, Outcome, TALLY_LOST, Verdict};

use crate::{Loss, StoredBallot};

/// Decides a sealed tally. `counts` are ballots by option, in the order of the case's options.
///
/// 1. The tally was lost, and all ballots are fewer than `loss.share` of those before the loss: `void`, `tally_lost`.
/// 2. All ballots, abstentions among them, are fewer than the quorum: `no_quorum`.
/// 3. One option leads, and its share of the ballots that do not abstain is greater than the threshold: it wins.
/// 4. Two options share the lead, or the share is not greater: `hung`.
#[must_use]
pub fn decide(case: &NewCase, counts: &[u64], loss: &Loss, decided_at_ms: u64) -> Verdict {
    let ballots = counts.iter().sum();
    let too_few_left = loss.leaves_too_few(ballots);
    let (outcome, winner) = if too_few_left {
        (Outcome::Void, None)
    } else if ballots < case.rules.quorum {
        (Outcome::NoQuorum, None)
    } else {
        lead(case, counts)
    };
    Verdict {
        outcome,
        option: winner.and_then(|index| case.options.get(index)).map(|option| option.id.clone()),
        reason: too_few_left.then(|| TALLY_LOST.to_owned()),
        counts: Some(counts_by_option(case, counts)),
        ballots,
        ballots_before_loss: loss.ballots_before,
        decided_at_ms,
    }
}

/// The verdict of a case whose tally did not come back.
#[must_use]
pub fn tally_lost(loss: &Loss, decided_at_ms: u64) -> Verdict {
    Verdict {
        outcome: Outcome::Void,
        option: None,
        reason: Some(TALLY_LOST.to_owned()),
        counts: None,
        ballots: 0,
        ballots_before_loss: loss.ballots_before,
        decided_at_ms,
    }
}

fn lead(case: &NewCase, counts: &[u64]) -> (Outcome, Option<usize>) {
    let counts_by_option = case.options.iter().zip(counts).enumerate();
    let deciding: Vec<(usize, u64)> = counts_by_option
        .filter(|(_, (option, _))| !option.abstain)
        .map(|(index, (_, count))| (index, *count))
        .collect();
    let all: u64 = deciding.iter().map(|(_, count)| count).sum();
    let most = deciding.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let mut leaders = deciding.iter().filter(|(_, count)| *count == most);
    let (first, second) = (leaders.next(), leaders.next());
    // most / all > parts / scale, without a division.
    let passes =
        u128::from(most) * u128::from(THRESHOLD_SCALE) > u128::from(all) * u128::from(case.rules.threshold.parts());
    match (first, second) {
        (Some((index, _)), None) if passes => (Outcome::Decided, Some(*index)),
        _ => (Outcome::Hung, None),
    }
}

/// Counts by the options' ids. Every option is there, also with no ballots.
#[must_use]
pub fn counts_by_option(case: &NewCase, counts: &[u64]) -> Counts {
    case.options.iter().zip(counts).map(|(option, count)| (option.id.clone(), *count)).collect()
}

/// Whether the ballots add up to the counts. A record must hold exactly the ballots that its verdict counts.
#[must_use]
pub fn ballots_agree(ballots: &[StoredBallot], counts: &[u64]) -> bool {
    let mut sums = vec![0_u64; counts.len()];
    for ballot in ballots {
        match sums.get_mut(usize::from(ballot.option)) {
            Some(sum) => *sum += 1,
            None => return false,
        }
    }
    sums == counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LossShare;
    use live_jury_protocol::Threshold;
    use proptest::prelude::*;

    fn case(quorum: u64, threshold: u32) -> NewCase {
        let mut case: NewCase = serde_json::from_value(serde_json::json!({
            "title": "t", "duration_s": 60,
            "options": [{"id": "buyer", "label": "b"}, {"id": "merchant", "label": "m"},
                        {"id": "none", "label": "n", "abstain": true}]
        }))
        .unwrap();
        case.rules.quorum = quorum;
        case.rules.threshold = Threshold::from_parts(threshold).unwrap();
        case
    }

    fn outcome(case: &NewCase, counts: [u64; 3]) -> (Outcome, Option<String>) {
        let verdict = decide(case, &counts, &Loss::default(), 0);
        (verdict.outcome, verdict.option.map(String::from))
    }

    #[test]
    fn abstentions_count_towards_the_quorum_only() {
        let case = case(10, 5_000);
        assert_eq!(outcome(&case, [6, 3, 0]), (Outcome::NoQuorum, None));
        assert_eq!(outcome(&case, [6, 3, 1]), (Outcome::Decided, Some("buyer".into())));
        assert_eq!(outcome(&case, [1, 0, 9]), (Outcome::Decided, Some("buyer".into())));
        assert_eq!(outcome(&case, [0, 0, 10]), (Outcome::Hung, None));
    }

    #[test]
    fn a_share_must_be_greater_than_the_threshold() {
        assert_eq!(outcome(&case(1, 5_000), [5, 5, 0]), (Outcome::Hung, None));
        assert_eq!(outcome(&case(1, 6_000), [6, 4, 0]), (Outcome::Hung, None));
        assert_eq!(outcome(&case(1, 5_999), [6, 4, 0]), (Outcome::Decided, Some("buyer".into())));
        assert_eq!(outcome(&case(1, 0), [0, 1, 0]), (Outcome::Decided, Some("merchant".into())));
        assert_eq!(outcome(&case(1, 0), [0, 0, 1]), (Outcome::Hung, None));
    }

    proptest! {
        /// The verdict depends on the sums alone.
        #[test]
        fn no_order_of_ballots_changes_a_verdict(
            ballots in prop::collection::vec(0_usize..3, 0..300),
            shuffled in any::<u64>(), quorum in 1_u64..200, threshold in 0_u32..10_000,
        ) {
            let case = case(quorum, threshold);
            let count = |ballots: &[usize]| ballots.iter().fold([0; 3], |mut counts: [u64; 3], option| {
                counts[*option] += 1;
                counts
            });
            let mut other = ballots.clone();
            fastrand::Rng::with_seed(shuffled).shuffle(&mut other);
            let verdict = decide(&case, &count(&ballots), &Loss::default(), 1);
            prop_assert_eq!(&verdict, &decide(&case, &count(&other), &Loss::default(), 1));
            prop_assert_eq!(verdict.counts.unwrap().values().sum::<u64>(), ballots.len() as u64);
            prop_assert_eq!(verdict.ballots, ballots.len() as u64);
        }

        /// A winner has more than the threshold's share.
        #[test]
        fn a_winner_leads_and_passes(
            a in 0_u64..1_000, b in 0_u64..1_000, c in 0_u64..1_000, threshold in 0_u32..10_000,
        ) {
            let verdict = decide(&case(1, threshold), &[a, b, c], &Loss::default(), 1);
            if let Some(winner) = &verdict.option {
                let (most, other) = if winner.as_str() == "buyer" { (a, b) } else { (b, a) };
                prop_assert!(most > other);
                prop_assert!(most * 10_000 > (a + b) * u64::from(threshold));
                prop_assert_eq!(verdict.outcome, Outcome::Decided);
            } else if a + b + c == 0 {
                prop_assert_eq!(verdict.outcome, Outcome::NoQuorum);
            } else {
                prop_assert_eq!(verdict.outcome, Outcome::Hung);
                prop_assert!(a == b || a.max(b) * 10_000 <= (a + b) * u64::from(threshold));
            }
        }

        /// After a loss a case is void unless enough ballots came again. Otherwise the loss changes nothing.
        #[test]
        fn after_a_loss_only_enough_ballots_decide(
            counts in prop::array::uniform3(0_u64..500), losses in prop::collection::vec(0_u64..2_000, 1..4),
            parts in 0_u32..=10_000, quorum in 1_u64..200, threshold in 0_u32..10_000,
        ) {
            let share: LossShare = format!("{}.{:04}", parts / 10_000, parts % 10_000).parse().unwrap();
            let mut loss = Loss::none(share);
            losses.iter().for_each(|ballots| loss.add(*ballots));
            let (before, ballots) = (*losses.iter().max().unwrap(), counts.iter().sum::<u64>());
            let case = case(quorum, threshold);
            let verdict = decide(&case, &counts, &loss, 1);
            let unhurt = Verdict { ballots_before_loss: Some(before), ..decide(&case, &counts, &Loss::default(), 1) };
            if ballots * 10_000 < before * u64::from(parts) {
                let reason = Some(TALLY_LOST.to_owned());
                prop_assert_eq!(verdict, Verdict { outcome: Outcome::Void, option: None, reason, ..unhurt });
            } else {
                prop_assert_eq!(verdict, unhurt);
            }
        }
    }
}
