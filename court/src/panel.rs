//! A drawn panel: who is counted of those called, and when the rest can no longer change the decision. It draws nobody.

use live_jury_protocol::{CalledJurors, NewCase, PanelBallots, Strata, Stratum as WireStratum};

use crate::sums::GROUP_BALLOTS_MIN;
use crate::{Pseudonym, StoredBallot, counts_by_option, winner};

/// The draw of a case's panel, from its draft on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The hash that everybody reads from the draft on.
    pub commitment: [u8; 32],
    /// The number behind it. Nobody reads it before the call, moderators included.
    pub nonce: [u8; 32],
    /// The called jurors by stratum; none before the call.
    pub called: Option<CalledJurors>,
}

/// A juror who may be drawn, or was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The ticket. The lower one is first; equal ones go by pseudonym.
    pub ticket: u64,
    /// The juror's pseudonym in the case.
    pub juror: Pseudonym,
}

/// Jurors of the three strata, each in order: buyers, merchants, and jurors of no known side.
pub type Candidates = [Vec<Candidate>; 3];

/// The sums of a panel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PanelSums {
    /// The stratum of buyers.
    pub buyer: Stratum,
    /// The stratum of merchants.
    pub merchant: Stratum,
    /// The stratum of jurors of no known side.
    pub other: Stratum,
    /// Whether the public random number that the draw needed did not come in time.
    pub lacks_beacon: bool,
}

/// The counted ballots of a stratum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stratum {
    /// The seats; 0 where the panel has no such stratum.
    pub seats: u64,
    /// The counted ballots, abstentions among them.
    pub counted: u64,
    /// The counted ballots by option.
    pub counts: Vec<u64>,
}

/// The jurors called for a stratum, with their ballots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Called {
    /// The seats; 0 where the panel has no such stratum.
    pub seats: usize,
    /// The option of each called juror, in order of ticket; none for one who has not voted.
    pub options: Vec<Option<u8>>,
}

impl Called {
    /// The called jurors of each stratum with their ballots, which are in order of pseudonym.
    #[must_use]
    pub fn with_ballots(case: &NewCase, called: &Candidates, ballots: &[StoredBallot]) -> [Self; 3] {
        let option_of = |candidate: &Candidate| {
            let place = ballots.binary_search_by_key(&candidate.juror, |ballot| ballot.juror);
            place.ok().map(|place| ballots[place].option)
        };
        Self::with_options(case, called, option_of)
    }

    /// The same with a look-up of a juror's option.
    #[must_use]
    pub fn with_options(
        case: &NewCase,
        called: &Candidates,
        option_of: impl Fn(&Candidate) -> Option<u8>,
    ) -> [Self; 3] {
        let strata: [_; 3] = std::array::from_fn(|at| (WireStratum::ALL[at], &called[at]));
        strata.map(|(stratum, called)| {
            let seats = case.rules.panel.map_or(0, |panel| panel.seats_of(stratum));
            let seats = usize::try_from(seats).unwrap_or(usize::MAX);
            Self { seats, options: called.iter().map(&option_of).collect() }
        })
    }

    /// Which of the called jurors are counted: those with the lowest tickets that have a ballot, whenever it was cast.
    pub fn counted(&self) -> impl Iterator<Item = (usize, u8)> + '_ {
        let voted = self.options.iter().enumerate().filter_map(|(place, option)| option.map(|option| (place, option)));
        voted.take(self.seats)
    }

    /// The sums of the counted, in a case of so many options.
    #[must_use]
    pub fn stratum(&self, options: usize) -> Stratum {
        self.sums(options, None)
    }

    /// The sums if everybody who has not voted voted for `rival`.
    fn sums(&self, options: usize, rival: Option<u8>) -> Stratum {
        let mut counts = vec![0; options];
        let voted = self.options.iter().filter_map(|option| option.or(rival)).take(self.seats);
        let counted = voted.filter_map(|option| counts.get_mut(usize::from(option)).map(|count| *count += 1)).count();
        Stratum { seats: self.seats as u64, counted: counted as u64, counts }
    }
}

impl Stratum {
    /// Whether fewer than two thirds of the seats are counted.
    #[must_use]
    pub fn is_short(&self) -> bool {
        3 * u128::from(self.counted) < 2 * u128::from(self.seats)
    }

    /// Whether so few are counted that their options would tell how single jurors voted.
    fn is_small(&self) -> bool {
        (1..GROUP_BALLOTS_MIN).contains(&self.counted)
    }
}

impl PanelSums {
    /// The sums of the counted of these strata: buyers, merchants, and jurors of no known side.
    #[must_use]
    pub fn of(case: &NewCase, called: &[Called; 3]) -> Self {
        Self::with(called, |stratum| stratum.stratum(case.options.len()))
    }

    fn with(called: &[Called; 3], sums: impl Fn(&Called) -> Stratum) -> Self {
        let [buyer, merchant, other] = [&called[0], &called[1], &called[2]].map(sums);
        Self { buyer, merchant, other, lacks_beacon: false }
    }

    /// Whether a stratum has too few counted ballots.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.strata().iter().any(|stratum| stratum.is_short())
    }

    /// The counted ballots of all strata by option.
    #[must_use]
    pub fn counts(&self) -> Vec<u64> {
        let options = self.strata().iter().map(|stratum| stratum.counts.len()).max().unwrap_or(0);
        let of_option = |option: usize| {
            let counts = self.strata().into_iter().filter_map(|stratum| stratum.counts.get(option));
            counts.fold(0, |sum: u64, count| sum.saturating_add(*count))
        };
        (0..options).map(of_option).collect()
    }

    /// The whole panel's ballots, as they are published.
    #[must_use]
    pub fn ballots(&self, case: &NewCase) -> PanelBallots {
        let sum = |of: fn(&Stratum) -> u64| self.strata().into_iter().map(of).sum();
        // The options of a small group would be told by subtraction.
        let is_told = self.strata().iter().all(|stratum| !stratum.is_small());
        let counts = is_told.then(|| counts_by_option(case, &self.counts()));
        PanelBallots { seats: sum(|stratum| stratum.seats), counted: sum(|stratum| stratum.counted), counts }
    }

    /// The ballots of each stratum with seats, as they are published.
    #[must_use]
    pub fn strata_ballots(&self, case: &NewCase) -> Strata {
        let ballots = |stratum: &Stratum| {
            let is_told = stratum.counted >= GROUP_BALLOTS_MIN;
            let counts = is_told.then(|| counts_by_option(case, &stratum.counts));
            (stratum.seats > 0).then_some(PanelBallots { seats: stratum.seats, counted: stratum.counted, counts })
        };
        let [buyer, merchant, other] = self.strata().map(ballots);
        Strata { buyer, merchant, other }
    }

    fn strata(&self) -> [&Stratum; 3] {
        [&self.buyer, &self.merchant, &self.other]
    }
}

/// Whether a panel can end before its deadline: no stratum is short, an option wins, and it wins whatever the called
/// jurors who have not voted will do. The worst they can do is to vote for one rival: such a vote fills a free seat, or
/// takes the seat of the last ticket of its stratum.
///
/// It holds for quorum, lead and threshold alone. With a rule by side, silence matters, too.
#[must_use]
pub fn is_settled(case: &NewCase, called: &[Called; 3]) -> bool {
    let options = case.options.len();
    let now = PanelSums::of(case, called);
    let Some(leader) = winner(case, &now.counts()).filter(|_| !now.is_short()) else { return false };
    let rivals = (0..options).filter(|rival| *rival != leader && !case.options[*rival].abstain);
    let mut worst = rivals.filter_map(|rival| u8::try_from(rival).ok());
    worst.all(|rival| {
        let then = PanelSums::with(called, |stratum| stratum.sums(options, Some(rival)));
        winner(case, &then.counts()) == Some(leader)
    })
}

/// The votes that a panel of two options is expected to need until one has the majority of its seats, where each vote
/// is for the first with this chance. The number of seats is odd.
#[must_use]
pub fn expected_votes(seats: u32, chance: f64) -> f64 {
    let needed = seats / 2 + 1;
    // The panel ends with vote `last` if that vote is the majority's last one.
    let ends_with = |last: u32| {
        let others = last - needed;
        let ways = ways(last - 1, others);
        let of = |chance: f64| chance.powi(needed.cast_signed()) * (1.0 - chance).powi(others.cast_signed());
        ways * (of(chance) + of(1.0 - chance))
    };
    (needed..=seats).map(|last| f64::from(last) * ends_with(last)).sum()
}

/// The chance that the majority of a panel is right, where each juror is right with this chance. The number of seats is
/// odd.
#[must_use]
pub fn majority_right(seats: u32, chance: f64) -> f64 {
    let right = |right: u32| {
        let wrong = seats - right;
        ways(seats, wrong) * chance.powi(right.cast_signed()) * (1.0 - chance).powi(wrong.cast_signed())
    };
    (seats / 2 + 1..=seats).map(right).sum()
}

/// The ways to choose `chosen` of `all`.
fn ways(all: u32, chosen: u32) -> f64 {
    (0..chosen).fold(1.0, |ways, done| ways * f64::from(all - done) / f64::from(done + 1))
}

#[cfg(test)]
mod tests {
    use live_jury_protocol::Threshold;
    use proptest::prelude::*;

    use super::*;

    /// Two options and an abstention.
    const OPTIONS: u8 = 3;

    fn case(threshold: u32) -> NewCase {
        let mut case: NewCase = serde_json::from_value(serde_json::json!({
            "title": "t", "options": [{"id": "a", "label": "a"}, {"id": "b", "label": "b"},
                                      {"id": "n", "label": "n", "abstain": true}]
        }))
        .unwrap();
        case.rules.threshold = Threshold::from_parts(threshold).unwrap();
        case
    }

    #[test]
    fn the_lowest_tickets_that_voted_are_counted() {
        let called = Called { seats: 3, options: vec![None, Some(1), Some(0), None, Some(2), Some(0), Some(0)] };
        assert_eq!(called.counted().collect::<Vec<_>>(), [(1, 1), (2, 0), (4, 2)]);
        assert_eq!(called.stratum(3), Stratum { seats: 3, counted: 3, counts: vec![1, 1, 1] });
        assert_eq!(Called::default().stratum(3).counted, 0);
    }

    #[test]
    fn two_thirds_of_the_seats_are_enough() {
        let is_short = |seats, counted| Stratum { seats, counted, counts: Vec::new() }.is_short();
        assert!(is_short(7, 4) && !is_short(7, 5));
        assert!(is_short(15, 9) && !is_short(15, 10));
        assert!(!is_short(0, 0), "a panel without this stratum");
    }

    /// Whether the winner is the same, however the called jurors who have not voted will vote or stay silent.
    fn wins_in_every_completion(case: &NewCase, called: &[Called; 3]) -> bool {
        let now = PanelSums::of(case, called);
        let leader = winner(case, &now.counts());
        let open: Vec<(usize, usize)> = (0..3)
            .flat_map(|stratum| {
                let options = &called[stratum].options;
                let silent = (0..options.len()).filter(|place| options[*place].is_none());
                silent.map(move |place| (stratum, place)).collect::<Vec<_>>()
            })
            .collect();
        let choices = usize::from(OPTIONS) + 1;
        !now.is_short()
            && leader.is_some()
            && (0..choices.pow(open.len() as u32)).all(|mut number| {
                let mut then = called.clone();
                for (stratum, place) in &open {
                    let choice = (number % choices) as u8;
                    then[*stratum].options[*place] = (choice < OPTIONS).then_some(choice);
                    number /= choices;
                }
                winner(case, &PanelSums::of(case, &then).counts()) == leader
            })
    }

    /// Called jurors of two strata, of whom at most `open` have not voted, most of them for the first option.
    fn called(open: usize) -> impl Strategy<Value = [Called; 3]> {
        let vote = prop_oneof![4 => Just(0_u8), 1 => Just(1), 1 => Just(2)];
        let stratum = move || {
            let votes = prop::collection::vec(vote.clone(), 4..12);
            let silent = prop::collection::vec(any::<prop::sample::Index>(), 0..=open / 2);
            (votes, silent, 3_usize..9).prop_map(|(votes, silent, seats)| {
                let mut options: Vec<Option<u8>> = votes.into_iter().map(Some).collect();
                for index in silent {
                    let place = index.index(options.len());
                    options[place] = None;
                }
                Called { seats, options }
            })
        };
        (stratum(), stratum()).prop_map(|(buyer, other)| [buyer, Called::default(), other])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn a_panel_is_settled_if_and_only_if_no_completion_changes_its_winner(
            called in called(8), threshold in prop_oneof![Just(5_000_u32), 0_u32..7_000],
        ) {
            let case = case(threshold);
            prop_assert_eq!(is_settled(&case, &called), wins_in_every_completion(&case, &called));
        }
    }

    #[test]
    fn the_expected_votes_of_a_panel_are_known() {
        let known =
            [(17, [14.6615, 14.0837, 12.7201, 11.2432, 10.0000]), (31, [27.5216, 25.9507, 22.8203, 19.9997, 17.7778])];
        for (seats, votes) in known {
            for (chance, known) in [0.5, 0.6, 0.7, 0.8, 0.9].into_iter().zip(votes) {
                let votes = expected_votes(seats, chance);
                assert!((votes - known).abs() < 6e-5, "{votes} of {seats} at {chance}, and {known} is known");
            }
        }
    }

    #[test]
    fn the_chance_of_a_right_majority_is_known() {
        for (seats, known) in [(17, 0.80106), (51, 0.92647)] {
            assert!((majority_right(seats, 0.6) - known).abs() < 6e-6, "{}", majority_right(seats, 0.6));
        }
    }
}
