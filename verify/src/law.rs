//! The verdict that the court reaches from a statement's numbers. The law itself is the court's.

use live_jury_court::{CohortSums, Loss, LossShare, PanelSums, SideSums, Stratum, Sums};
use live_jury_proof::row;
use live_jury_proof::statement::{self, Outcome, PARTS, SealedBy, Statement, Why};
use live_jury_protocol as wire;
use wire::{Band, CaseOption, NewCase, OptionId, Rules, Threshold, TwoSided};

use crate::report::Finding;

/// Compares the stated outcome with that of the court.
pub(crate) fn check(statement: &Statement) -> Finding {
    let Some(outcome) = judge(statement) else {
        return Finding::failed("the statement has too few numbers for the law");
    };
    if outcome == statement.outcome {
        return Finding::good("the law reaches the stated outcome");
    }
    let [own, stated] = [outcome, statement.outcome].map(|outcome| outcome.words(&statement.options));
    Finding::Failed(format!("the law reaches {own}, and {stated} is stated"))
}

/// The outcome that the court reaches from a statement's numbers; none where the statement lacks them.
#[must_use]
pub fn judge(statement: &Statement) -> Option<Outcome> {
    if statement.sealed_by == SealedBy::Void {
        return Some(Outcome::VoidByModerator);
    }
    let lost = statement.lost.as_ref();
    if statement.outcome == Outcome::VoidByModerator && lost.is_some_and(|lost| lost.found.is_some()) {
        // While a tally is missing, a moderator may end the wait for it.
        return Some(Outcome::VoidByModerator);
    }
    let mut loss = Loss::none(share(lost.map_or(0, |lost| lost.share))?);
    if let Some(lost) = lost {
        loss.add(lost.ballots);
    }
    if lost.is_some_and(|lost| lost.found.is_some()) || loss.leaves_too_few(statement.ballots) {
        return Some(Outcome::TallyLost);
    }
    let case = case(statement)?;
    let sums = sums(statement.sums.as_ref()?);
    let panel = statement.rule.panel.is_some().then(|| panel(statement));
    let verdict = live_jury_court::judge(&case, &sums, panel.as_ref(), &loss, statement.sealed_ms);
    let why = match verdict.why {
        None => None,
        Some(known) => Some(why(known)?),
    };
    Some(match verdict.outcome {
        wire::Outcome::Decided => {
            let winner = verdict.option?;
            Outcome::Decided(statement.options.iter().position(|option| option.id == winner.as_str())?)
        }
        wire::Outcome::Hung => Outcome::Hung(why),
        wire::Outcome::NoQuorum => Outcome::NoQuorum(why),
        wire::Outcome::Void => Outcome::TallyLost,
        wire::Outcome::Unknown => return None,
    })
}

/// A share in parts. The court reads it from text alone.
fn share(parts: u32) -> Option<LossShare> {
    format!("{}.{:04}", parts / PARTS, parts % PARTS).parse().ok()
}

/// The case whose rules are stated. Its texts do not matter to the law.
pub(crate) fn case(statement: &Statement) -> Option<NewCase> {
    let rule = &statement.rule;
    let threshold = |parts| Threshold::from_parts(parts).ok();
    let two_sided = match &rule.sides {
        None => None,
        Some(sides) => Some(TwoSided { min_per_side: sides.min_per_side, threshold: threshold(sides.threshold)? }),
    };
    let rules = Rules {
        quorum: rule.quorum,
        threshold: threshold(rule.threshold)?,
        two_sided,
        hold_when_balanced: rule.balanced,
        bias_band: Band::from_parts(rule.band).ok()?,
        raid: match rule.raid {
            statement::Raid::Off => wire::Raid::Off,
            statement::Raid::Show => wire::Raid::Show,
            statement::Raid::Hang => wire::Raid::Hang,
        },
        ..Rules::default()
    };
    let option = |option: &statement::StatedOption| {
        let id = OptionId::try_from(option.id.clone()).ok()?;
        Some(CaseOption { id, label: String::new(), abstain: option.abstains, upholds: false })
    };
    let options = statement.options.iter().map(option).collect::<Option<_>>()?;
    // The law asks for neither kind nor title.
    Some(NewCase { rules, ..NewCase::bare("", "", options) })
}

fn sums(stated: &statement::Sums) -> Sums {
    let side = |place: usize| SideSums {
        deciding: stated.sides.map_or(0, |sides| sides[place]),
        counts: stated.side.as_ref().map(|side| side[place].clone()).unwrap_or_default(),
    };
    let cohort = |cohort: &Option<statement::Cohort>| {
        let cohort = cohort.as_ref();
        cohort.map(|cohort| CohortSums { counts: cohort.counts.clone(), e: cohort.e }).unwrap_or_default()
    };
    Sums {
        counts: stated.counts.clone(),
        buyers: side(0),
        merchants: side(1),
        present: cohort(&stated.present),
        older: cohort(&stated.older),
        ..Sums::default()
    }
}

fn panel(statement: &Statement) -> PanelSums {
    let stratum = |stratum: row::Stratum| {
        let seats = statement.rule.panel.map_or(0, |panel| panel.seats_of(stratum));
        let sums = statement.sums.as_ref().and_then(|sums| sums.panel.iter().find(|sum| sum.stratum == stratum));
        Stratum {
            seats,
            counted: sums.map_or(0, |sum| sum.counted),
            counts: sums.and_then(|sum| sum.counts.clone()).unwrap_or_else(|| vec![0; statement.options.len()]),
        }
    };
    PanelSums {
        buyer: stratum(row::Stratum::Buyer),
        merchant: stratum(row::Stratum::Merchant),
        other: stratum(row::Stratum::Other),
        lacks_beacon: statement.beacon.as_ref().is_some_and(|beacon| beacon.signature.is_none()),
    }
}

/// The reason as a statement spells it; none for one of a later version.
fn why(why: wire::Why) -> Option<Why> {
    let mut known = Why::HUNG.into_iter().chain(Why::NO_QUORUM);
    known.find(|known| known.as_str() == why.as_str())
}
