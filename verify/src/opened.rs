//! The part that only an opening shows: every seal, and the sums by side, cohort, reading and reason.

use live_jury_court::{CohortSums, Marks, Pseudonym, StoredBallot, Sums};
use live_jury_proof::Hash;
use live_jury_proof::bundle::{REST_BYTES, Rest};
use live_jury_proof::row::Row;
use live_jury_proof::seal::{Ballot, CaseKey, seal_tree as tree_of};
use live_jury_proof::statement::{self, Cohort, Statement};
use live_jury_protocol::{NewCase, OptionId, Reason, Side};

use crate::report::Finding;
use crate::{Case, law};

/// The difference that two machines may have in a stated evidence: their logarithms differ in the last bit.
const E_SLACK: u64 = 1;
/// The reasons that marks can hold. A case of which the brief is not there may have as many.
const REASONS_MAX: usize = 6;

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
        let checked = self.recount(case, sums);
        Finding::of(checked.map(|()| format!("{} opened ballots have the stated sums", self.ballots.len())))
    }

    fn recount(&self, case: &Case, stated: &statement::Sums) -> Result<(), &'static str> {
        let require = |holds: bool, text| if holds { Ok(()) } else { Err(text) };
        let brief = brief(case).ok_or("the statement has a rule that no case has")?;
        let ballots = self.ballots.iter().map(|(row, rest)| stored(row, rest)).collect::<Option<Vec<_>>>();
        let ballots = ballots.ok_or("an opened ballot has a side that no ballot has")?;
        let sums = Sums::of(&brief, &ballots).ok_or("an opened ballot has an option that the case does not have")?;
        require(stated.counts == sums.counts, "the counts are not those of the opened ballots")?;
        let deciding = [sums.buyers.deciding, sums.merchants.deciding];
        let wrong = "the sides are not those of the opened ballots";
        require(stated.sides.is_none_or(|sides| sides == deciding), wrong)?;
        if let Some(side) = &stated.side {
            let told = self.ballots.iter().all(|(row, rest)| row.side == rest.side);
            let is_own = side[0] == sums.buyers.counts && side[1] == sums.merchants.counts;
            require(is_own && told, "the sides' counts are not those of the opened ballots")?;
        }
        for (stated, own) in [(&stated.present, &sums.present), (&stated.older, &sums.older)] {
            let shown = sums.shows_cohort(&brief, own).then_some(own);
            require(is_same_cohort(stated.as_ref(), shown), "a cohort is not stated as the opened ballots have it")?;
        }
        let informed = sums.shows_informed().then_some(&sums.informed);
        let wrong = "those who read both statements are not stated as the opened ballots have them";
        require(stated.informed.as_ref() == informed, wrong)?;
        let reasons = (1_u8..).zip(&sums.reasons).zip(sums.shown_reasons()).filter(|(_, is_shown)| *is_shown);
        let is_same = stated.reasons.iter().map(|(at, counts)| (*at, counts)).eq(reasons.map(|(reason, _)| reason));
        require(is_same, "the reasons are not stated as the opened ballots have them")
    }
}

/// The case as far as its sums depend on it: the stated rules, and as many reasons as the brief has.
fn brief(case: &Case) -> Option<NewCase> {
    let mut brief = law::case(&case.statement)?;
    let reasons = case.brief.as_ref().map(|brief| brief["rules"]["reasons"].as_array().map_or(0, Vec::len));
    let reasons = 1..=reasons.unwrap_or(REASONS_MAX).min(REASONS_MAX);
    let reason = |at: usize| Some(Reason { id: OptionId::try_from(at.to_string()).ok()?, label: String::new() });
    brief.rules.reasons = reasons.map(reason).collect::<Option<_>>()?;
    Some(brief)
}

/// An opened ballot as the court takes it; none if its side is none that a ballot has.
fn stored(row: &Row, rest: &Rest) -> Option<StoredBallot> {
    let side = match rest.side {
        0 => None,
        1 => Some(Side::Buyer),
        2 => Some(Side::Merchant),
        _ => return None,
    };
    let (juror, marks) = (Pseudonym(row.pseudonym), Marks::from_byte(rest.marks));
    Some(StoredBallot { juror, option: row.option, side, marks, change: rest.change, cast_at_min: 0 })
}

fn is_same_cohort(stated: Option<&Cohort>, own: Option<&CohortSums>) -> bool {
    match (stated, own) {
        (None, None) => true,
        (Some(stated), Some(own)) => stated.counts == own.counts && own.e.abs_diff(stated.e) <= E_SLACK,
        _ => false,
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
