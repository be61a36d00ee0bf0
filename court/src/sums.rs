//! The sums of a jury: ballots by option, side, cohort, reading and reason, made once from the sealed ballots. They
//! name no juror.

mod published;
mod small;

use live_jury_protocol::{NewCase, Raid, Side};

pub use self::small::{COHORT_BALLOTS_MIN, GROUP_BALLOTS_MIN};
use crate::gauge::{Gauge, Pair};
use crate::{Marks, StoredBallot};

/// The sums of a jury's ballots. Each list has one number for each option of the case, in the case's order.
///
/// A reader who has published sums only fills in what is published. The law never needs the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// All ballots.
    pub counts: Vec<u64>,
    /// The ballots of buyers.
    pub buyers: SideSums,
    /// The ballots of merchants.
    pub merchants: SideSums,
    /// The ballots of jurors whose socket had joined before the opening; none where the case makes no comparison.
    pub present: CohortSums,
    /// The ballots of accounts known to be 30 days old or older; none where the case makes no comparison.
    pub older: CohortSums,
    /// The ballots of jurors who read both statements.
    pub informed: Vec<u64>,
    /// The ballots with each reason of the case, in the case's order.
    pub reasons: Vec<Vec<u64>>,
}

/// The ballots of one side of the market.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SideSums {
    /// The ballots that do not abstain.
    pub deciding: u64,
    /// The ballots by option, abstentions among them.
    pub counts: Vec<u64>,
}

/// The ballots of one cohort, compared with all others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CohortSums {
    /// The ballots by option, abstentions among them.
    pub counts: Vec<u64>,
    /// A hundred times the natural logarithm of the evidence that the cohort votes unlike the others; 0 where one of
    /// both is too small.
    pub e: i64,
}

impl Sums {
    /// The sums of a case's ballots, which are in the order of pseudonyms: the comparison of cohorts depends on it.
    /// `None` if a ballot is for an option that the case does not have.
    #[must_use]
    pub fn of(case: &NewCase, ballots: &[StoredBallot]) -> Option<Self> {
        Self::of_marked(case, ballots.iter().map(|ballot| (ballot.option, ballot.side, ballot.marks)))
    }

    fn of_marked(case: &NewCase, ballots: impl Iterator<Item = (u8, Option<Side>, Marks)>) -> Option<Self> {
        let mut cells = Cells::new(case.options.len());
        let mut gauge = (case.rules.raid != Raid::Off).then(Gauge::default);
        let abstains: Vec<bool> = case.options.iter().map(|option| option.abstain).collect();
        let first = abstains.iter().position(|abstains| !abstains);
        for (option, side, marks) in ballots {
            let option = usize::from(option);
            let abstains = *abstains.get(option)?;
            cells.add(option, side, marks);
            if let Some(gauge) = gauge.as_mut().filter(|_| !abstains) {
                gauge.add(marks, first == Some(option));
            }
        }
        let mut sums = cells.sums(case);
        match gauge.map(Gauge::finish) {
            Some([present, older]) => (sums.present.e, sums.older.e) = (present.e(), older.e()),
            None => (sums.present, sums.older) = Default::default(),
        }
        Some(sums)
    }

    /// The sums of a jury of which only the ballots by option are known.
    #[must_use]
    pub fn of_counts(counts: &[u64]) -> Self {
        Self { counts: counts.to_vec(), ..Self::default() }
    }

    /// The number of ballots, abstentions among them.
    #[must_use]
    pub fn ballots(&self) -> u64 {
        total(&self.counts)
    }

    /// Whether the cohorts differ by more than chance and by enough to matter. It is computed from the rounded
    /// evidence, so that a reader of a verdict finds the same.
    #[must_use]
    pub fn is_raised(&self, case: &NewCase) -> bool {
        let pair = |cohort: &CohortSums| Pair::of(case, cohort, &self.counts);
        crate::gauge::is_raised(&pair(&self.present), &pair(&self.older))
    }
}

/// The sum of a list.
pub(crate) fn total(counts: &[u64]) -> u64 {
    counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
}

/// The ballots in a list that do not abstain.
pub(crate) fn deciding(case: &NewCase, counts: &[u64]) -> u64 {
    let counts = case.options.iter().zip(counts).filter(|(option, _)| !option.abstain);
    counts.fold(0, |sum, (_, count)| sum.saturating_add(*count))
}

/// The ballots by everything that a ballot tells: one addition for each ballot, and all sums afterwards.
struct Cells {
    /// The number of ballots by option, then side, then marks.
    ballots: Vec<u64>,
}

impl Cells {
    /// The values of a ballot's marks.
    const MARKS: usize = 256;
    /// The values of a ballot's side: none, buyer and merchant.
    const SIDES: usize = 3;

    fn new(options: usize) -> Self {
        Self { ballots: vec![0; options * Self::SIDES * Self::MARKS] }
    }

    fn add(&mut self, option: usize, side: Option<Side>, marks: Marks) {
        let side = match side {
            None => 0,
            Some(Side::Buyer) => 1,
            Some(Side::Merchant) => 2,
        };
        self.ballots[(option * Self::SIDES + side) * Self::MARKS + usize::from(marks.byte())] += 1;
    }

    fn sums(&self, case: &NewCase) -> Sums {
        let options = case.options.len();
        let zeros = || vec![0; options];
        let mut sums = Sums { counts: zeros(), informed: zeros(), ..Sums::default() };
        let mut sides = [zeros(), zeros(), zeros()];
        let mut cohorts = [zeros(), zeros()];
        sums.reasons = vec![zeros(); case.rules.reasons.len()];
        for (cell, ballots) in self.ballots.iter().enumerate().filter(|(_, ballots)| **ballots > 0) {
            let (group, marks) = (cell / Self::MARKS, Marks::from_byte((cell % Self::MARKS) as u8));
            let (option, side) = (group / Self::SIDES, group % Self::SIDES);
            let add = |counts: &mut [u64]| counts[option] += ballots;
            add(&mut sums.counts);
            add(&mut sides[side]);
            if marks.is_present() {
                add(&mut cohorts[0]);
            }
            if marks.is_older() {
                add(&mut cohorts[1]);
            }
            if marks.is_informed() {
                add(&mut sums.informed);
            }
            // A number that no reason of the case has is none.
            let chosen = marks.reason().and_then(|reason| sums.reasons.get_mut(usize::from(reason) - 1));
            chosen.into_iter().for_each(|counts| add(counts));
        }
        let [_, buyers, merchants] = sides.map(|counts| SideSums { deciding: deciding(case, &counts), counts });
        let [present, older] = cohorts.map(|counts| CohortSums { counts, e: 0 });
        Sums { buyers, merchants, present, older, ..sums }
    }
}
