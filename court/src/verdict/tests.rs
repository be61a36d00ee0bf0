//! The lines of decision against worked examples, against fractions, and what no ballot may do to a verdict.

use live_jury_protocol::{Band, CaseOption, Raid, Threshold, TwoSided};
use proptest::prelude::*;

use super::*;
use crate::{CohortSums, LossShare, Marks, SideSums, StoredBallot, Stratum};

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

fn with(mut case: NewCase, change: impl FnOnce(&mut live_jury_protocol::Rules)) -> NewCase {
    change(&mut case.rules);
    case
}

fn band(parts: u32) -> NewCase {
    with(case(1, 5_000), |rules| rules.bias_band = Band::from_parts(parts).unwrap())
}

fn balanced(case: NewCase) -> NewCase {
    with(case, |rules| rules.hold_when_balanced = true)
}

fn two_sided(case: NewCase, min_per_side: u64) -> NewCase {
    with(case, |rules| rules.two_sided = Some(TwoSided { min_per_side, ..TwoSided::default() }))
}

/// The sums of buyers, merchants and jurors of no known side, each by option.
fn sums(case: &NewCase, groups: [[u64; 3]; 3]) -> Sums {
    let side = |counts: [u64; 3]| SideSums { deciding: crate::sums::deciding(case, &counts), counts: counts.to_vec() };
    let counts = (0..3).map(|option| groups.iter().map(|group| group[option]).sum()).collect();
    Sums { counts, buyers: side(groups[0]), merchants: side(groups[1]), ..Sums::default() }
}

fn verdict(case: &NewCase, sums: &Sums) -> Verdict {
    judge(case, sums, None, &Loss::default(), 1)
}

fn of_counts(case: &NewCase, counts: [u64; 3]) -> (Outcome, Option<String>) {
    let verdict = verdict(case, &Sums::of_counts(&counts));
    assert_eq!(verdict.why, None);
    (verdict.outcome, verdict.option.map(String::from))
}

/// The why of a case with these votes for and against, of buyers, merchants and jurors of no known side.
fn why(case: &NewCase, votes: [[u64; 2]; 3]) -> Option<Why> {
    let verdict = verdict(case, &sums(case, votes.map(|[yes, no]| [yes, no, 0])));
    let outcome = if verdict.why.is_some() { Outcome::Hung } else { Outcome::Decided };
    assert_eq!((verdict.outcome, verdict.option.is_some()), (outcome, verdict.why.is_none()));
    verdict.why
}

#[test]
fn abstentions_count_towards_the_quorum_only() {
    let case = case(10, 5_000);
    assert_eq!(of_counts(&case, [6, 3, 0]), (Outcome::NoQuorum, None));
    assert_eq!(of_counts(&case, [6, 3, 1]), (Outcome::Decided, Some("buyer".into())));
    assert_eq!(of_counts(&case, [1, 0, 9]), (Outcome::Decided, Some("buyer".into())));
    assert_eq!(of_counts(&case, [0, 0, 10]), (Outcome::Hung, None));
}

#[test]
fn a_share_must_be_greater_than_the_threshold() {
    assert_eq!(of_counts(&case(1, 5_000), [5, 5, 0]), (Outcome::Hung, None));
    assert_eq!(of_counts(&case(1, 6_000), [6, 4, 0]), (Outcome::Hung, None));
    assert_eq!(of_counts(&case(1, 5_999), [6, 4, 0]), (Outcome::Decided, Some("buyer".into())));
    assert_eq!(of_counts(&case(1, 0), [0, 1, 0]), (Outcome::Decided, Some("merchant".into())));
    assert_eq!(of_counts(&case(1, 0), [0, 0, 1]), (Outcome::Hung, None));
}

#[test]
fn a_lead_of_102_to_98_falls_with_balanced_sides_and_within_the_band() {
    let votes = [[84, 76], [18, 22], [0, 0]];
    assert_eq!(84 * 40 + 18 * 160, 6_240);
    assert_eq!(why(&balanced(band(1_500)), votes), Some(Why::NotBalanced), "62,400,000 > 64,000,000 is false");
    assert_eq!(why(&band(1_500), votes), Some(Why::ThinMargin), "8,000,000 ≤ 36,000,000");
    assert_eq!(why(&case(1, 5_000), votes), None);
}

#[test]
fn a_lead_of_109_to_91_equals_the_band_and_one_vote_more_exceeds_it() {
    let case = balanced(band(1_500));
    assert_eq!(why(&case, [[87, 73], [22, 18], [0, 0]]), Some(Why::ThinMargin), "36,000,000 ≤ 36,000,000");
    assert_eq!(why(&case, [[88, 72], [22, 18], [0, 0]]), None, "40,000,000 ≤ 36,000,000 is false");
}

#[test]
fn sides_that_mirror_each_other_leave_the_decision_to_nobody() {
    let votes = [[54, 46], [46, 54], [2, 0]];
    assert_eq!(why(&balanced(band(1_500)), votes), Some(Why::NotBalanced), "100,000,000 > 100,000,000 is false");
    assert_eq!(why(&band(1_500), votes), None, "4,000,000 ≤ 0 is false");
}

#[test]
fn most_sides_must_be_known_for_a_rule_by_side() {
    let votes = [[30, 20], [5, 5], [100, 60]];
    for rule in [balanced(case(1, 5_000)), two_sided(case(1, 5_000), 5)] {
        assert_eq!(why(&rule, votes), Some(Why::SidesUnknown), "120 < 220");
    }
    assert_eq!(why(&band(1_500), votes), None, "500,000 ≤ 330,000 is false");
    assert_eq!(why(&band(2_300), votes), Some(Why::ThinMargin), "500,000 ≤ 506,000");
}

#[test]
fn each_side_needs_enough_ballots() {
    let plain = case(1, 5_000);
    assert_eq!(why(&two_sided(plain.clone(), 20), [[30, 0], [19, 0], [0, 0]]), Some(Why::SidesShort));
    assert_eq!(why(&two_sided(plain.clone(), 20), [[30, 0], [20, 0], [0, 0]]), None);
    assert_eq!(why(&balanced(plain.clone()), [[4, 0], [30, 0], [0, 0]]), Some(Why::SidesShort));
    assert_eq!(why(&balanced(plain), [[5, 0], [30, 0], [0, 0]]), None);
}

#[test]
fn both_sides_must_pass_the_threshold_of_sides() {
    let rule = two_sided(case(1, 5_000), 20);
    assert_eq!(why(&rule, [[60, 10], [20, 20], [0, 0]]), Some(Why::SidesDisagree));
    assert_eq!(why(&rule, [[60, 10], [21, 20], [0, 0]]), None);
    let strict = with(rule, |rules| {
        let threshold = Threshold::from_parts(8_571).unwrap();
        rules.two_sided = Some(TwoSided { min_per_side: 5, threshold });
    });
    assert_eq!(why(&strict, [[60, 10], [40, 0], [0, 0]]), None, "60 of 70 are 0.857143");
    assert_eq!(why(&strict, [[59, 10], [40, 0], [0, 0]]), Some(Why::SidesDisagree));
}

#[test]
fn a_rival_that_leads_when_sides_are_balanced_keeps_the_jury_from_a_decision() {
    let mut case = balanced(case(1, 0));
    let option: CaseOption = serde_json::from_value(serde_json::json!({"id": "third", "label": "x"})).unwrap();
    case.options[2] = option;
    let votes = |third| verdict(&case, &sums(&case, [[50, 20, 30], [1, 1, third], [0, 0, 0]])).why;
    // 50·10 + 1·100 = 600 against 30·10 + 8·100 = 1,100; with fewer third votes 50·5 + 100 against 30·5 + 3·100.
    assert_eq!(votes(8), Some(Why::NotBalanced));
    assert_eq!(votes(3), Some(Why::NotBalanced), "350 against 450");
    let fair = verdict(&case, &sums(&case, [[50, 20, 30], [3, 1, 1], [0, 0, 0]]));
    assert_eq!((fair.outcome, fair.why), (Outcome::Decided, None));
}

/// A jury in which 100 jurors were there before, and 300 came later and voted the other way.
fn raided(present: [u64; 3], e: i64) -> Sums {
    Sums { present: CohortSums { counts: present.to_vec(), e }, ..Sums::of_counts(&[60, 340, 0]) }
}

#[test]
fn a_late_cohort_decides_nothing_where_the_case_says_so() {
    let hang = with(case(1, 5_000), |rules| rules.raid = Raid::Hang);
    assert_eq!(verdict(&hang, &raided([55, 45, 0], 900)).why, Some(Why::LateCohort));
    assert_eq!(verdict(&hang, &raided([50, 50, 0], 900)).why, Some(Why::LateCohort), "they reach no verdict");
    assert_eq!(verdict(&hang, &raided([45, 55, 0], 900)).why, None, "they decide the same");
    assert_eq!(verdict(&hang, &raided([55, 45, 0], 300)).why, None, "the evidence is weak");
    assert_eq!(verdict(&case(1, 5_000), &raided([55, 45, 0], 900)).why, None, "it is only shown");
}

/// The sums that a statement has of a jury without a panel: what may not be published is not there.
fn published(case: &NewCase, sums: &Sums) -> Sums {
    let side = |side: &SideSums| SideSums {
        deciding: if sums.shows_sides(case) { side.deciding } else { 0 },
        counts: if sums.shows_options_of_sides(case) { side.counts.clone() } else { Vec::new() },
    };
    let cohort =
        |cohort: &CohortSums| if sums.shows_cohort(case, cohort) { cohort.clone() } else { CohortSums::default() };
    Sums {
        counts: sums.counts.clone(),
        buyers: side(&sums.buyers),
        merchants: side(&sums.merchants),
        present: cohort(&sums.present),
        older: cohort(&sums.older),
        ..Sums::default()
    }
}

/// Ballots of jurors who were there before or came late, with accounts that are older or not.
fn marked(is_present: bool, is_older: bool, votes: [u64; 2]) -> Vec<StoredBallot> {
    let age = if is_older { crate::AccountAge::Years } else { crate::AccountAge::Days };
    let marks = Marks::new(is_present, age, 0, 0);
    let of = |option: u8| StoredBallot { marks, ..stored_ballot(&(option, 0)) };
    (0..2_u8).flat_map(|option| (0..votes[usize::from(option)]).map(move |_| of(option))).collect()
}

/// The ballots in another order, as pseudonyms say nothing of a vote.
fn shuffled(ballots: Vec<StoredBallot>, seed: u64) -> Vec<StoredBallot> {
    let place = |at: usize| (at as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    let mut placed: Vec<(u64, StoredBallot)> =
        ballots.into_iter().enumerate().map(|(at, ballot)| (place(at), ballot)).collect();
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, ballot)| ballot).collect()
}

/// The gauge is raised by the ages of accounts. Too few were there before the opening, or came later, to be published.
#[test]
fn a_cohort_that_is_too_small_to_be_published_hangs_nothing() {
    let hang = with(case(1, 5_000), |rules| rules.raid = Raid::Hang);
    for (few_are_present, few) in [(true, [20, 0]), (true, [0, 20]), (false, [20, 0]), (false, [0, 20])] {
        let older = marked(few_are_present, true, few).into_iter().chain(marked(!few_are_present, true, [60, 0]));
        let ballots: Vec<StoredBallot> = older.chain(marked(!few_are_present, false, [15, 45])).collect();
        let sums = Sums::of(&hang, &shuffled(ballots, 7)).unwrap();
        assert!(sums.is_raised(&hang) && !sums.shows_cohort(&hang, &sums.present), "{sums:?}");
        assert_eq!((verdict(&hang, &sums).outcome, verdict(&hang, &sums).why), (Outcome::Decided, None), "{sums:?}");
    }
}

fn stratum(seats: u64, counts: [u64; 3]) -> Stratum {
    Stratum { seats, counted: counts.iter().sum(), counts: counts.to_vec() }
}

#[test]
fn a_panel_decides_and_needs_two_thirds_of_each_stratum() {
    let judged = |case: &NewCase, panel: &PanelSums| {
        let verdict = judge(case, &Sums::of_counts(&[10, 500, 0]), Some(panel), &Loss::default(), 1);
        (verdict.outcome, verdict.why, verdict.option.map(String::from))
    };
    let panel = |buyer, merchant| PanelSums {
        buyer: stratum(15, buyer),
        merchant: stratum(15, merchant),
        ..PanelSums::default()
    };
    let plain = case(500, 5_000);
    let decided = (Outcome::Decided, None, Some("buyer".into()));
    assert_eq!(judged(&plain, &panel([8, 2, 0], [6, 4, 0])), decided, "30 of 45 each");
    let short = (Outcome::NoQuorum, Some(Why::PanelShort), None);
    assert_eq!(judged(&plain, &panel([8, 1, 0], [6, 4, 0])), short, "27 of 45");
    assert_eq!(judged(&plain, &panel([8, 1, 1], [6, 4, 0])), decided, "an abstention is a ballot");
    assert_eq!(judged(&case(511, 5_000), &panel([8, 2, 0], [6, 4, 0])), (Outcome::NoQuorum, None, None));
    let late = PanelSums { lacks_beacon: true, ..panel([8, 2, 0], [6, 4, 0]) };
    assert_eq!(judged(&plain, &late), (Outcome::NoQuorum, Some(Why::NoBeacon), None));
    assert_eq!(judged(&two_sided(plain.clone(), 20), &panel([8, 2, 0], [6, 4, 0])), decided, "of a panel five suffice");
    let short_of_votes = (Outcome::Hung, Some(Why::SidesShort), None);
    assert_eq!(judged(&two_sided(plain.clone(), 20), &panel([8, 2, 0], [4, 0, 6])), short_of_votes);
    let apart = (Outcome::Hung, Some(Why::SidesDisagree), None);
    assert_eq!(judged(&two_sided(plain, 20), &panel([9, 1, 0], [4, 6, 0])), apart);
}

/// A fraction of whole numbers that are small enough for their products.
fn exceeds(a: (i128, i128), b: (i128, i128)) -> bool {
    assert!(a.1 > 0 && b.1 > 0);
    a.0 * b.1 > b.0 * a.1
}

/// The whole law of sides again, in fractions of shares. `votes` are for and against, by buyer, merchant and none.
fn by_fractions(case: &NewCase, votes: [[u64; 2]; 3]) -> Option<Why> {
    let [b, m, none] = votes.map(|[yes, no]| i128::from(yes + no));
    let (all, known) = (b + m + none, b + m);
    let yes: i128 = votes.iter().map(|group| i128::from(group[0])).sum();
    let winner = usize::from(yes * 2 < all);
    let of = |group: usize| i128::from(votes[group][winner]);
    let threshold = (i128::from(case.rules.threshold.parts()), 10_000);
    let (two_sided, hold) = (case.rules.two_sided, case.rules.hold_when_balanced);
    if (two_sided.is_some() || hold) && exceeds((1, 2), (known, all)) {
        return Some(Why::SidesUnknown);
    }
    let least = i128::from(two_sided.map_or(0, |rule| rule.min_per_side).max(if hold { 5 } else { 0 }));
    if b < least || m < least {
        return Some(Why::SidesShort);
    }
    if let Some(rule) = two_sided {
        let needed = (i128::from(rule.threshold.parts()), 10_000);
        if !exceeds((of(0), b), needed) || !exceeds((of(1), m), needed) {
            return Some(Why::SidesDisagree);
        }
    }
    // The mean of both shares: (w_b/b + w_m/m) / 2.
    if hold {
        let mean = |w_b: i128, w_m: i128| (w_b * m + w_m * b, 2 * b * m);
        let own = mean(of(0), of(1));
        if !exceeds(own, threshold) || !exceeds(own, mean(b - of(0), m - of(1))) {
            return Some(Why::NotBalanced);
        }
    }
    // The lead over the threshold, against band · |share of merchants − ½|.
    let lead = ((of(0) + of(1) + of(2)) * 10_000 - all * threshold.0, all * 10_000);
    let uneven = if 2 * known < all { (1, 2) } else { ((2 * m - known).abs(), 2 * known) };
    let explained = (i128::from(case.rules.bias_band.parts()) * uneven.0, 10_000 * uneven.1);
    (!case.rules.bias_band.is_zero() && !exceeds(lead, explained)).then_some(Why::ThinMargin)
}

/// The rules by side, or none, with a threshold and a band up to these.
fn rules(threshold_max: u32, band_max: u32) -> impl Strategy<Value = NewCase> {
    let sided = prop::option::of((5_u64..30, 0..=threshold_max));
    (0..=threshold_max, prop_oneof![Just(0), 0..=band_max], any::<bool>(), sided).prop_map(|(t, band, hold, sided)| {
        with(case(1, t), |rules| {
            rules.bias_band = Band::from_parts(band).unwrap();
            rules.hold_when_balanced = hold;
            rules.two_sided =
                sided.map(|(min_per_side, t)| TwoSided { min_per_side, threshold: Threshold::from_parts(t).unwrap() });
        })
    })
}

/// Ballots by option of buyers, merchants and jurors of no known side, few or many.
fn groups() -> impl Strategy<Value = [[u64; 3]; 3]> {
    let count = || prop_oneof![0_u64..12, 0_u64..200];
    prop::array::uniform3(prop::array::uniform3(count()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_lines_in_integers_are_the_rules_in_fractions(case in rules(9_999, 10_000), groups in groups()) {
        let verdict = verdict(&case, &sums(&case, groups));
        let plain = verdict_of_plain(&case, groups);
        if plain.outcome == Outcome::Decided {
            prop_assert_eq!(verdict.why, by_fractions(&case, groups.map(|[yes, no, _]| [yes, no])));
        } else {
            prop_assert_eq!(Verdict { details: None, ..verdict }, Verdict { details: None, ..plain });
        }
    }

    /// A rule takes a decision away. It never gives it to another option.
    #[test]
    fn a_rule_never_gives_the_other_verdict(
        case in rules(9_999, 10_000), groups in groups(), hang in any::<bool>(), e in -500_i64..2_000,
    ) {
        let case = with(case, |rules| rules.raid = if hang { Raid::Hang } else { Raid::Show });
        let present = CohortSums { counts: groups[0].to_vec(), e };
        let verdict = verdict(&case, &Sums { present, ..sums(&case, groups) });
        let plain = verdict_of_plain(&case, groups);
        if verdict.why.is_none() {
            prop_assert_eq!(Verdict { details: None, ..verdict }, Verdict { details: None, ..plain });
        } else {
            prop_assert_eq!((verdict.outcome, verdict.option), (Outcome::Hung, None));
            prop_assert_eq!(plain.outcome, Outcome::Decided);
        }
    }

    /// One ballot more for the winner leaves it the winner. The exception is a ballot of no known side after which the
    /// side of most is not known.
    #[test]
    fn one_more_ballot_for_the_winner_never_unseats_it(
        case in rules(6_000, 1_500), groups in groups(), from in 0_usize..3,
    ) {
        let before = verdict(&case, &sums(&case, groups));
        let Some(winner) = before.option.clone() else { return Ok(()) };
        let mut more = groups;
        more[from][usize::from(winner.as_str() == "merchant")] += 1;
        let after = verdict(&case, &sums(&case, more));
        if after.option.is_none() {
            let all: u64 = more.iter().map(|group| group[0] + group[1]).sum();
            let known: u64 = more[..2].iter().map(|group| group[0] + group[1]).sum();
            prop_assert!(from == 2 && 2 * known < all, "{groups:?} and one of group {from}: {after:?}");
            prop_assert!(matches!(after.why, Some(Why::SidesUnknown | Why::ThinMargin)));
        } else {
            prop_assert_eq!(after.option, Some(winner));
        }
    }

    /// The verdict depends on the sums alone.
    #[test]
    fn no_order_of_ballots_changes_a_verdict_without_cohorts(
        ballots in prop::collection::vec((0_u8..3, 0_u8..3), 0..300),
        shuffled in any::<u64>(), case in rules(9_999, 10_000),
    ) {
        let case = with(case, |rules| rules.raid = Raid::Off);
        let stored = |ballots: &[(u8, u8)]| Sums::of(&case, &ballots.iter().map(stored_ballot).collect::<Vec<_>>());
        let mut other = ballots.clone();
        fastrand::Rng::with_seed(shuffled).shuffle(&mut other);
        let (sums, other) = (stored(&ballots).unwrap(), stored(&other).unwrap());
        prop_assert_eq!(&sums, &other);
        let verdict = verdict(&case, &sums);
        prop_assert_eq!(verdict.counts.unwrap().values().sum::<u64>(), ballots.len() as u64);
        prop_assert_eq!(verdict.ballots, ballots.len() as u64);
    }

    /// After a loss a case is void unless enough ballots came again. Otherwise the loss changes nothing.
    #[test]
    fn after_a_loss_only_enough_ballots_decide(
        groups in groups(), losses in prop::collection::vec(0_u64..2_000, 1..4),
        parts in 0_u32..=10_000, case in rules(9_999, 10_000),
    ) {
        let share: LossShare = format!("{}.{:04}", parts / 10_000, parts % 10_000).parse().unwrap();
        let mut loss = Loss::none(share);
        losses.iter().for_each(|ballots| loss.add(*ballots));
        let sums = sums(&case, groups);
        let (before, ballots) = (*losses.iter().max().unwrap(), sums.ballots());
        let judged = judge(&case, &sums, None, &loss, 1);
        let unhurt = Verdict { ballots_before_loss: Some(before), ..verdict(&case, &sums) };
        if ballots * 10_000 < before * u64::from(parts) {
            let reason = Some(TALLY_LOST.to_owned());
            let void = Verdict { option: None, why: None, details: None, reason, ..unhurt };
            prop_assert_eq!(judged, Verdict { outcome: Outcome::Void, ..void });
        } else {
            prop_assert_eq!(judged, unhurt);
        }
    }

    /// A reader judges by what is published, and finds the verdict of the court.
    #[test]
    fn the_published_sums_reach_the_same_verdict(
        case in rules(9_999, 10_000), raid in prop::sample::select(vec![Raid::Off, Raid::Show, Raid::Hang]),
        groups in prop::collection::vec((0_u8..3, 0_u8..3, any::<u8>(), 1_usize..80), 1..9),
        seed in any::<u64>(),
    ) {
        let case = with(case, |rules| rules.raid = raid);
        let ballots = groups.iter().flat_map(|(option, side, marks, ballots)| {
            let ballot = StoredBallot { marks: Marks::from_byte(*marks), ..stored_ballot(&(*option, *side)) };
            std::iter::repeat_n(ballot, *ballots)
        });
        let ballots = shuffled(ballots.collect(), seed);
        let sums = Sums::of(&case, &ballots).unwrap();
        let (own, readers) = (verdict(&case, &sums), verdict(&case, &published(&case, &sums)));
        prop_assert_eq!((own.outcome, own.option, own.why), (readers.outcome, readers.option, readers.why));
    }

    /// Sums that no jury has decide nothing, and nothing overflows.
    #[test]
    fn forged_sums_do_not_overflow(
        case in rules(9_999, 10_000), groups in prop::array::uniform3(prop::array::uniform3(any::<u64>())),
    ) {
        let side = |counts: [u64; 3]| SideSums { deciding: counts[0], counts: counts.to_vec() };
        let forged = Sums {
            buyers: side(groups[0]),
            merchants: side(groups[1]),
            present: CohortSums { counts: groups[2].to_vec(), e: i64::MAX },
            ..Sums::of_counts(&groups[2])
        };
        let case = with(case, |rules| rules.raid = Raid::Hang);
        verdict(&case, &forged);
    }
}

fn stored_ballot((option, side): &(u8, u8)) -> StoredBallot {
    use live_jury_protocol::Side;
    let side = [None, Some(Side::Buyer), Some(Side::Merchant)][usize::from(*side)];
    StoredBallot {
        juror: crate::Pseudonym([0; 16]),
        option: *option,
        side,
        marks: Marks::default(),
        change: 0,
        cast_at_min: 0,
    }
}

/// The verdict by quorum, lead and threshold alone.
fn verdict_of_plain(case: &NewCase, groups: [[u64; 3]; 3]) -> Verdict {
    let plain = with(case.clone(), |rules| {
        rules.two_sided = None;
        rules.hold_when_balanced = false;
        rules.bias_band = Band::ZERO;
        rules.raid = Raid::Show;
    });
    verdict(&plain, &sums(case, groups))
}
