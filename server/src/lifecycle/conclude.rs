//! From the deadline to the record: seals a case, decides it, files it; safe to interrupt anywhere and to repeat.

use live_jury_protocol::{CaseId, Outcome, TALLY_LOST, Verdict};

use super::{CONFLICTS_MAX, Lifecycle, LifecycleError, SERVER};
use crate::court::{self, Case, SealedBy, State, TransitionError};
use crate::docket::DocketError;
use crate::tally::{TallyError, TallyState};

impl Lifecycle {
    /// Brings a case as far as it goes: an open one is sealed if `by` may seal it now, a sealed one is decided and
    /// recorded. Returns the case as it then is in the docket. At a deadline, when all nodes come here, it may be sealed: then
    /// another one was first, and records it, as that takes reading all ballots.
    ///
    /// # Errors
    /// A store is away. Nothing is lost by that; the next call goes on from there.
    pub async fn advance(&self, mut case: Case, by: &SealedBy) -> Result<Case, LifecycleError> {
        for _ in 0..CONFLICTS_MAX {
            let step = match &case.state {
                State::Open(_) => self.seal(case.clone(), by).await,
                State::Sealed(_) => self.conclude(case.clone()).await,
                State::Draft | State::Decided(_) | State::Void(_) => return Ok(case),
            };
            match step {
                Ok(Progress::On(next)) => case = *next,
                Ok(Progress::Rest(next)) => return Ok(*next),
                Err(LifecycleError::Docket(DocketError::Conflict(_)))
                | Err(LifecycleError::Tally(TallyError::Superseded { .. })) => {
                    let filed = self.case(case.id).await?;
                    let by_another = matches!((&case.state, &filed.state), (State::Open(_), State::Sealed(_)));
                    if by_another && *by == SealedBy::Deadline {
                        return Ok(filed);
                    }
                    case = filed;
                }
                Err(error) => return Err(error),
            }
        }
        Err(DocketError::Conflict(case.id).into())
    }

    async fn seal(&self, case: Case, by: &SealedBy) -> Result<Progress, LifecycleError> {
        let open = case.as_open()?.clone();
        let state = match self.tally.seal(case.id, open.epoch, by).await {
            Err(TallyError::Lost(_)) => return Ok(Progress::Rest(Box::new(self.lost(case).await?))),
            other => other?,
        };
        let Some(seal) = state.seal.clone() else {
            return Ok(Progress::Rest(Box::new(self.follow_deadline(case, &state).await?)));
        };
        // The store's deadline may be one that a moderator's node did not live to file.
        let case =
            if state.closes_at_ms == open.closes_at_ms { case } else { self.follow_deadline(case, &state).await? };
        let (action, sub, detail) = match &seal.by {
            SealedBy::Deadline => ("sealed", SERVER, None),
            SealedBy::Moderator { sub } => ("closed", sub.as_str(), None),
            SealedBy::Void { sub, reason } => ("voided", sub.as_str(), Some(reason.clone())),
        };
        let (sub, by) = (sub.to_owned(), seal.by.clone());
        let case = case.seal(by, seal.at_ms)?;
        self.file(&case, &sub, action, detail).await?;
        Ok(Progress::On(Box::new(case)))
    }

    /// Brings the docket's deadline in line with the store's. The docket is read before the store, so that what the
    /// store says is never the older of the two.
    ///
    /// # Errors
    /// A store is away, or has lost the case.
    pub async fn repair_deadline(&self, id: CaseId) -> Result<Case, LifecycleError> {
        let case = self.case(id).await?;
        let State::Open(open) = &case.state else { return Ok(case) };
        let state = self.tally.poll(id, open.epoch, 0).await?;
        match self.follow_deadline(case, &state).await {
            Err(LifecycleError::Docket(DocketError::Conflict(_))) => self.case(id).await,
            other => other,
        }
    }

    async fn follow_deadline(&self, case: Case, state: &TallyState) -> Result<Case, LifecycleError> {
        let open = case.as_open()?;
        if open.closes_at_ms == state.closes_at_ms || open.epoch != state.epoch {
            return Ok(case);
        }
        let case = case.reschedule(state.epoch, state.closes_at_ms)?;
        self.file(&case, SERVER, "repaired", Some("the deadline is the tally store's".to_owned())).await?;
        Ok(case)
    }

    async fn conclude(&self, case: Case) -> Result<Progress, LifecycleError> {
        let State::Sealed(sealed) = &case.state else {
            return Err(TransitionError::NotSealed(case.state.name()).into());
        };
        let (verdict, ballots) = match self.sealed_tally(&case, sealed).await {
            Ok((state, ballots)) => (verdict_of(&case, sealed, &state), ballots),
            Err(TallyError::Lost(_)) => {
                // The keys of a recorded case expire: the docket is asked before anything is called lost.
                let filed = self.case(case.id).await?;
                if filed.version != case.version {
                    return Ok(Progress::On(Box::new(filed)));
                }
                (lost_verdict(sealed.sealed_at_ms), Vec::new())
            }
            Err(error) => return Err(error.into()),
        };
        let outcome = verdict.outcome.as_str();
        let (action, detail) = match verdict.outcome {
            Outcome::Void => ("voided", verdict.reason.clone()),
            _ => ("decided", Some(outcome.to_owned())),
        };
        let case = case.conclude(verdict)?;
        let entry = self.entry(&case, SERVER, action, detail);
        self.docket.file(&case, &entry, &ballots).await?;
        self.peers.announce(&case.room);
        metrics::counter!("live_jury_verdicts_total", "outcome" => outcome).increment(1);
        self.release(case.id).await;
        Ok(Progress::Rest(Box::new(case)))
    }

    async fn sealed_tally(
        &self,
        case: &Case,
        sealed: &court::Sealed,
    ) -> Result<(TallyState, Vec<court::StoredBallot>), TallyError> {
        let state = self.tally.poll(case.id, sealed.open.epoch, 0).await?;
        let ballots = self.tally.ballots(case.id, sealed.open.epoch).await?;
        if state.seal.is_some() && court::ballots_agree(&ballots, &state.counts) {
            Ok((state, ballots))
        } else {
            Err(TallyError::Lost(case.id))
        }
    }
}

enum Progress {
    /// There is more to do.
    On(Box<Case>),
    /// That is as far as it goes now.
    Rest(Box<Case>),
}

/// The verdict is dated by the seal, so that whichever node records it records the same.
fn verdict_of(case: &Case, sealed: &court::Sealed, state: &TallyState) -> Verdict {
    let verdict = court::decide(&case.brief, &state.counts, sealed.sealed_at_ms);
    match &sealed.by {
        SealedBy::Void { reason, .. } => {
            Verdict { outcome: Outcome::Void, option: None, reason: Some(reason.clone()), ..verdict }
        }
        SealedBy::Deadline | SealedBy::Moderator { .. } => verdict,
    }
}

fn lost_verdict(decided_at_ms: u64) -> Verdict {
    Verdict {
        outcome: Outcome::Void,
        option: None,
        reason: Some(TALLY_LOST.to_owned()),
        counts: None,
        ballots: 0,
        decided_at_ms,
    }
}
