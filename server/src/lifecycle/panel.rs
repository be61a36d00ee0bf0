//! The panel of a case: its nonce, the offers of its pool, its call, and its early end. It keeps no state.

use std::sync::Arc;

use live_jury_court::{Brief, Called, Candidate, Candidates, Case, Draw, Loss, SealedBy, is_settled, level};
use live_jury_proof::ticket::commitment;
use live_jury_protocol::{AuditAction, CalledJurors, CaseId, Stratum};

use super::{Author, Lifecycle, LifecycleError};
use crate::docket::DocketError;
use crate::entrant::{Entrant, Entrants};
use crate::pseudonym::BallotKey;
use crate::tally::TallyState;

/// The offers that are looked up at a time: one statement of a database for levels, and one for each earlier case.
const LOOKED_UP_AT_A_TIME: usize = 256;
/// The most offers of a stratum that a node keeps where not all may sit: a panel asks for a level, or the case is an
/// appeal. They are looked up in order of ticket, until enough may sit; beyond these the seats stay empty.
pub const OFFERS_KEPT_MAX: usize = 4_096;

/// A juror whom this node offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The juror with the ticket.
    pub candidate: Candidate,
    /// The level that the juror's token names.
    pub claimed_level: u8,
    /// The viewer id, from which the docket's names of the juror follow. It does not leave this node.
    pub sub: Arc<str>,
}

impl Offered {
    /// The juror as stores know one. The profile is masked, so that nothing there joins it with the pseudonym.
    fn entrant(&self, case: CaseId, key: &BallotKey) -> Entrant {
        Entrant { candidate: self.candidate, profile: key.mask(case, self.candidate.juror, key.profile(&self.sub)) }
    }
}

/// The offers of a node, by stratum, each in order of ticket.
pub type OfferedJurors = [Vec<Offered>; 3];

/// The draw of a draft with this brief: the one before, or a new one. None without a panel.
///
/// # Errors
/// The system gave no random bytes.
pub(super) fn draw_of(brief: &Brief, before: Option<Draw>) -> Result<Option<Draw>, LifecycleError> {
    if brief.rules.panel.is_none() || before.is_some() {
        return Ok(before.filter(|_| brief.rules.panel.is_some()));
    }
    let mut nonce = [0; 32];
    getrandom::fill(&mut nonce).map_err(LifecycleError::Random)?;
    Ok(Some(Draw { commitment: commitment(&nonce), nonce, called: None }))
}

/// The most jurors who are called, by stratum; none without a panel.
#[must_use]
pub fn called_at_most(brief: &Brief) -> [usize; 3] {
    let panel = brief.rules.panel.unwrap_or_default();
    Stratum::ALL.map(|stratum| usize::try_from(panel.seats_of(stratum) * panel.call).unwrap_or(0))
}

/// Adds those of `some` who may sit, until there are `most`.
fn take<'o>(found: &mut Vec<&'o Offered>, some: &'o [Offered], may_sit: &[bool], most: usize) {
    let fit = some.iter().zip(may_sit).filter(|(_, may_sit)| **may_sit);
    found.extend(fit.map(|(offered, _)| offered).take(most - found.len()));
}

impl Lifecycle {
    /// Puts the lowest tickets of this node into the tally store, as many of each stratum as may be called.
    ///
    /// # Errors
    /// The tally store did not answer, or has lost the case.
    pub async fn offer(&self, case: &Case, offered: &OfferedJurors) -> Result<(), LifecycleError> {
        let epoch = case.as_voting()?.into();
        let mut lists = Entrants::default();
        for ((list, offered), most) in lists.iter_mut().zip(offered).zip(called_at_most(&case.brief)) {
            let mut found = Vec::new();
            for some in offered.chunks(LOOKED_UP_AT_A_TIME) {
                if found.len() == most {
                    break;
                }
                take(&mut found, some, &self.may_sit(case, some).await?, most);
            }
            list.extend(found.into_iter().map(|offered| offered.entrant(case.id, &self.attestor.key)));
        }
        Ok(self.tally.offer(case.id, epoch, &lists).await?)
    }

    /// Tells which of these jurors may sit on a case's panel, in their order: they have its level, and took part in no
    /// case that led to it.
    async fn may_sit(&self, case: &Case, offered: &[Offered]) -> Result<Vec<bool>, LifecycleError> {
        let min_level = case.brief.rules.panel.map_or(0, |panel| panel.min_level);
        let levels = self.levels_of(offered, min_level).await?;
        let subs: Vec<&str> = offered.iter().map(|offered| &*offered.sub).collect();
        let took_part = self.took_part_before(case, &subs).await?;
        Ok(levels.iter().zip(took_part).map(|(level, took_part)| *level >= min_level && !took_part).collect())
    }

    /// The levels of jurors, in their order: the higher of what the token names and of what the record gives. The
    /// docket is asked only where the token's is not `enough`.
    async fn levels_of(&self, offered: &[Offered], enough: u8) -> Result<Vec<u8>, LifecycleError> {
        let mut levels: Vec<u8> = offered.iter().map(|offered| offered.claimed_level).collect();
        let unknown: Vec<usize> = (0..levels.len()).filter(|index| levels[*index] < enough).collect();
        let profiles: Vec<_> = unknown.iter().map(|index| self.attestor.key.profile(&offered[*index].sub)).collect();
        if profiles.is_empty() {
            return Ok(levels);
        }
        for (index, record) in unknown.into_iter().zip(self.docket.jurors(&profiles).await?) {
            levels[index] = level(record.passed_at_min.is_some(), record.served, levels[index]);
        }
        Ok(levels)
    }

    /// Draws the panel of an open case from what all nodes have offered, and files the call. Another node may call it
    /// at the same time; both find the same jurors. Returns the case as the docket then has it.
    ///
    /// # Errors
    /// A store did not answer, or the tally store has lost the case.
    pub async fn call_panel(&self, case: Case) -> Result<Case, LifecycleError> {
        let called = self.tally.draw(case.id, case.as_voting()?.into(), called_at_most(&case.brief)).await?;
        let [buyer, merchant, other] = called.each_ref().map(|stratum| stratum.len() as u64);
        let id = case.id;
        let case = case.call(CalledJurors { buyer, merchant, other })?;
        let detail = format!("{buyer} buyers, {merchant} merchants, {other} of no known side");
        let entry = self.entry(&case, Author::Server, AuditAction::Called, Some(detail));
        match self.docket.call(&case, &entry, &called).await {
            Ok(()) => {
                self.peers.announce(&case.room);
                Ok(case)
            }
            // Another node called the panel, or another step of the case came first.
            Err(DocketError::Conflict(_)) => self.case(id).await,
            Err(error) => Err(error.into()),
        }
    }

    /// The called jurors of a case, in order of ticket.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn called(&self, id: CaseId) -> Result<Candidates, LifecycleError> {
        Ok(self.docket.panel(id).await?)
    }

    /// Seals and records an open case whose panel's result can no longer change. `state` is its newest known tally.
    /// Returns the case as the docket then has it; none if it is not settled.
    ///
    /// # Errors
    /// A store did not answer.
    pub async fn settle(
        &self,
        case: Case,
        called: &Candidates,
        state: &TallyState,
    ) -> Result<Option<Case>, LifecycleError> {
        let open = case.as_voting()?;
        if !may_settle(&case, &open.loss, state.ballots()) {
            return Ok(None);
        }
        let epoch = open.epoch;
        let jurors: Vec<_> = called.iter().flatten().map(|candidate| candidate.juror).collect();
        let found = self.tally.ballots_of(case.id, &jurors).await?;
        let of_epoch = found.into_iter().flatten().filter(|found| found.epoch == epoch);
        let mut ballots: Vec<_> = of_epoch.map(|found| found.ballot).collect();
        ballots.sort_unstable_by_key(|ballot| ballot.juror);
        if !is_settled(&case.brief, &Called::with_ballots(&case.brief, called, &ballots)) {
            return Ok(None);
        }
        self.advance(case, &SealedBy::Settled).await.map(Some)
    }
}

/// Whether a case may end early by all but its panel's ballots: neither a loss nor the quorum would keep the jury from
/// a decision.
fn may_settle(case: &Case, loss: &Loss, ballots: u64) -> bool {
    ballots >= case.brief.rules.quorum && !loss.leaves_too_few(ballots)
}

#[cfg(test)]
mod tests {
    use live_jury_court::Pseudonym;

    use super::*;

    #[test]
    fn the_lowest_tickets_who_may_sit_are_offered() {
        let offered = |ticket: u64| Offered {
            candidate: Candidate { ticket, juror: Pseudonym([0; 16]) },
            claimed_level: 0,
            sub: "ann".into(),
        };
        let all: Vec<Offered> = (0..1_000).map(offered).collect();
        let may_sit: Vec<bool> = (0..1_000).map(|ticket| ticket % 3 == 2).collect();
        let tickets = |most| -> Vec<u64> {
            let mut found = Vec::new();
            for (some, may_sit) in all.chunks(LOOKED_UP_AT_A_TIME).zip(may_sit.chunks(LOOKED_UP_AT_A_TIME)) {
                take(&mut found, some, may_sit, most);
            }
            found.iter().map(|offered| offered.candidate.ticket).collect()
        };
        assert_eq!(tickets(3), [2, 5, 8]);
        assert_eq!(tickets(200).last(), Some(&599), "beyond one look-up");
        assert_eq!((tickets(900).len(), tickets(0).len()), (333, 0));
    }
}
