//! The part that only an opening shows: every seal, and the sums by side, cohort, reading and reason.

use live_jury_court::Marks;
use live_jury_proof::Hash;
use live_jury_proof::bundle::{REST_BYTES, Rest};
use live_jury_proof::row::Row;
use live_jury_proof::seal::{Ballot, CaseKey, seal_tree as tree_of};
use live_jury_proof::statement::{COHORT_MIN, Cohort, Counts, GROUP_MIN, Raid, Statement, Sums};

use crate::report::Finding;
use crate::{Case, gauge};

/// The difference that two machines may have in a stated evidence: their logarithms differ in the last bit.
const E_SLACK: u64 = 1;
/// The reasons that marks can hold.
const REASONS: u8 = 6;

/// Opened ballots.
pub(crate) struct Opened<'c> {
    ballots: Vec<(&'c Row, Rest)>,
    /// The seals, ascending.
    pub seals: Vec<Hash>,
}

impl<'c> Opened<'c> {
    /// The ballots of a bundle with its opening.
    pub fn of(case: &'c Case) -> Option<Self> {
        let (opening, rows) = (case.bundle.opening.as_ref()?, case.rows.as_ref()?);
        let (rest, _) = opening.rest.as_chunks::<REST_BYTES>();
        let ballots: Vec<(&Row, Rest)> = rows.iter().zip(rest.iter().map(|rest| Rest::from_bytes(*rest))).collect();
        let key = CaseKey::from_bytes(opening.key);
        let seal = |(row, rest): &(&Row, Rest)| {
            let Rest { side, marks, change } = *rest;
            let ballot = Ballot { pseudonym: row.pseudonym, option: row.option, side, marks, change };
            key.seal(&case.statement.case, &ballot)
        };
        let mut seals: Vec<Hash> = ballots.iter().map(seal).collect();
        seals.sort_unstable();
        Some(Self { ballots, seals })
    }

    /// Compares all sums with the opened ballots.
    pub fn sums(&self, case: &Case) -> Finding {
        let Some(sums) = &case.statement.sums else { return Finding::none("a void case has no sums") };
        let checked = self.recount(&case.statement, sums);
        Finding::of(checked.map(|()| format!("{} opened ballots have the stated sums", self.ballots.len())))
    }

    fn count(&self, statement: &Statement, of: impl Fn(&Row, &Rest) -> bool) -> Counts {
        let mut counts = vec![0; statement.options.len()];
        for (row, _) in self.ballots.iter().filter(|(row, rest)| of(row, rest)) {
            if let Some(count) = counts.get_mut(usize::from(row.option)) {
                *count += 1;
            }
        }
        counts
    }

    fn recount(&self, statement: &Statement, sums: &Sums) -> Result<(), &'static str> {
        let require = |holds: bool, text| if holds { Ok(()) } else { Err(text) };
        let known_side = self.ballots.iter().all(|(_, rest)| rest.side <= 2);
        require(known_side, "an opened ballot has a side that no ballot has")?;
        let side = [1, 2].map(|side| self.count(statement, |_, rest| rest.side == side));
        let deciding = [&side[0], &side[1]].map(|counts| statement.deciding(counts));
        require(sums.sides.is_none_or(|sides| sides == deciding), "the sides are not those of the opened ballots")?;
        if let Some(stated) = &sums.side {
            let told = self.ballots.iter().all(|(row, rest)| row.side == rest.side);
            require(*stated == side && told, "the sides' counts are not those of the opened ballots")?;
        }
        let marks = |rest: &Rest| Marks::from_byte(rest.marks);
        self.cohort(statement, sums, sums.present.as_ref(), |rest| marks(rest).is_present())?;
        self.cohort(statement, sums, sums.older.as_ref(), |rest| marks(rest).is_older())?;
        let total = |counts: &[u64]| counts.iter().sum::<u64>();
        let informed = self.count(statement, |_, rest| marks(rest).is_informed());
        let is_shown = total(&informed) >= GROUP_MIN && statement.ballots.saturating_sub(total(&informed)) >= GROUP_MIN;
        let wrong = "those who read both statements are not stated as the opened ballots have them";
        require(sums.informed == is_shown.then_some(informed), wrong)?;
        let reasons =
            (1..=REASONS).map(|reason| (reason, self.count(statement, |_, rest| marks(rest).reason() == Some(reason))));
        let wrong = "the reasons are not stated as the opened ballots have them";
        require(sums.reasons == shown_reasons(reasons.collect(), statement.ballots), wrong)
    }

    fn cohort(
        &self,
        statement: &Statement,
        sums: &Sums,
        stated: Option<&Cohort>,
        of: impl Fn(&Rest) -> bool,
    ) -> Result<(), &'static str> {
        const WRONG: &str = "a cohort is not stated as the opened ballots have it";
        let counts = self.count(statement, |_, rest| of(rest));
        let own = statement.deciding(&counts);
        let rest = statement.deciding(&sums.counts).saturating_sub(own);
        let is_shown = statement.rule.raid != Raid::Off && own >= COHORT_MIN && rest >= COHORT_MIN;
        let Some(stated) = stated else { return if is_shown { Err(WRONG) } else { Ok(()) } };
        let first = statement.options.iter().position(|option| !option.abstains);
        let deciding = self
            .ballots
            .iter()
            .filter(|(row, _)| statement.options.get(usize::from(row.option)).is_some_and(|option| !option.abstains));
        let ballots: Vec<(bool, bool)> =
            deciding.map(|(row, rest)| (of(rest), Some(usize::from(row.option)) == first)).collect();
        let near = gauge::evidence(&ballots).abs_diff(stated.e) <= E_SLACK;
        if is_shown && near && stated.counts == counts { Ok(()) } else { Err(WRONG) }
    }
}

/// The reasons that are published: of five ballots or more. While the rest is a small group, the smallest joins it; of
/// equal ones the last.
fn shown_reasons(mut reasons: Vec<(u8, Counts)>, ballots: u64) -> Vec<(u8, Counts)> {
    let total = |counts: &[u64]| counts.iter().sum::<u64>();
    reasons.retain(|(_, counts)| total(counts) >= GROUP_MIN);
    loop {
        let shown: u64 = reasons.iter().map(|(_, counts)| total(counts)).sum();
        let is_small = (1..GROUP_MIN).contains(&ballots.saturating_sub(shown));
        let smallest = (0..reasons.len()).rev().min_by_key(|place| total(&reasons[*place].1));
        match smallest.filter(|_| is_small) {
            Some(smallest) => drop(reasons.remove(smallest)),
            None => return reasons,
        }
    }
}

/// Compares seals with the stated tree.
pub(crate) fn seal_tree(seals: &[Hash], statement: &Statement) -> Finding {
    match tree_of(seals) {
        Err(error) => Finding::Failed(error.to_string()),
        Ok(tree) if tree == statement.seals => Finding::Good(format!("{} seals have the stated root", tree.size)),
        Ok(_) => Finding::failed("the seals are not those of the stated root"),
    }
}
