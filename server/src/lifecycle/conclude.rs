//! The way from the deadline to the record: a case is sealed in the tally store, decided by the court, and filed.

use live_jury_court::{Candidates, Case, Sealed, SealedBy, State, TransitionError, judge};
use live_jury_protocol::{AuditAction, Outcome, Verdict};

use super::attest::{Cause, Jury, off_the_runtime};
use super::missing::voided;
use super::{Author, CONFLICTS_MAX, Lifecycle, LifecycleError};
use crate::docket::DocketError;
use crate::tally::{SealTerms, TallyError, TallyState};

/// The tally of a sealed case.
struct SealedTally {
    jury: Jury,
    /// The ballots that were answered as counted, if some of them are not in the tally of a case that is void.
    lacks: Option<u64>,
}

/// One step of [`Lifecycle::advance`], done.
enum Progress {
    /// The case can take another step.
    Continue(Box<Case>),
    /// The case can take no further step now.
    Stop(Box<Case>),
}

impl Lifecycle {
    /// Takes a case as far as it can go: an open one is sealed if `by` may seal it now, a sealed one is decided and
    /// recorded. Returns the case as the docket then has it.
    ///
    /// At a deadline all nodes call this. One node seals the case and records it, since that takes reading all ballots.
    /// The others return the sealed case.
    ///
    /// # Errors
    /// A store did not answer. Nothing is lost by that; the next call goes on from there.
    pub async fn advance(&self, case: Case, by: &SealedBy) -> Result<Case, LifecycleError> {
        self.advance_at(case, by, None).await
    }

    /// The same, on the request of a moderator who has read the open case at `version`. A case that has another version
    /// or another deadline by now is not sealed.
    pub(super) async fn advance_at(
        &self,
        mut case: Case,
        by: &SealedBy,
        version: Option<u64>,
    ) -> Result<Case, LifecycleError> {
        for _ in 0..CONFLICTS_MAX {
            let step = match &case.state {
                State::Open(_) => self.seal(case.clone(), by, version.is_some()).await,
                State::Sealed(_) => self.conclude(case.clone()).await,
                State::Draft | State::Decided(_) | State::Void(_) => return Ok(case),
            };
            match step {
                Ok(Progress::Continue(next)) => case = *next,
                Ok(Progress::Stop(next)) => return Ok(*next),
                Err(LifecycleError::Tally(TallyError::Superseded { .. })) if case.as_open().is_ok() => {
                    case = self.follow_epoch(case.id).await?;
                }
                Err(LifecycleError::Docket(DocketError::Conflict(_)))
                | Err(LifecycleError::Tally(TallyError::Superseded { .. })) => {
                    let filed = self.case(case.id).await?;
                    let sealed_by_another = matches!((&case.state, &filed.state), (State::Open(_), State::Sealed(_)));
                    if sealed_by_another && matches!(by, SealedBy::Deadline | SealedBy::Settled) {
                        return Ok(filed);
                    }
                    if filed.as_open().is_ok() && version.is_some_and(|version| version != filed.version) {
                        return Err(LifecycleError::VersionMismatch(filed.version));
                    }
                    case = filed;
                }
                Err(error) => return Err(error),
            }
        }
        Err(DocketError::Conflict(case.id).into())
    }

    /// Seals an open case in the tally store and files the seal. With `as_read`, the store must have the deadline that
    /// `case` has.
    async fn seal(&self, case: Case, by: &SealedBy, as_read: bool) -> Result<Progress, LifecycleError> {
        let open = case.as_open()?.clone();
        if matches!(by, SealedBy::Moderator { .. }) {
            self.check_reopened(case.id, &open).await?;
        }
        let seen_closes_at_ms = as_read.then_some(open.closes_at_ms);
        let terms = SealTerms { seen_closes_at_ms, ..SealTerms::default() };
        let state = match self.tally.seal_on(case.id, (&open).into(), by, &terms).await {
            Err(TallyError::Lost(_)) => return self.seal_lost(case, by, as_read).await,
            other => other?,
        };
        // The store may have a deadline whose moderator's node stopped before it filed it.
        let Some(seal) = state.seal.clone() else {
            return Ok(Progress::Stop(Box::new(self.follow_deadline(case, &state).await?)));
        };
        let case = self.follow_deadline(case, &state).await?;
        let (by, action, detail) = match &seal.by {
            SealedBy::Deadline => (Author::Server, AuditAction::Sealed, None),
            SealedBy::Settled => (Author::Server, AuditAction::Settled, None),
            SealedBy::Moderator { sub } => (Author::Moderator(sub), AuditAction::Closed, None),
            SealedBy::Void { sub, reason } => (Author::Moderator(sub), AuditAction::Voided, Some(reason.clone())),
        };
        let case = case.seal(seal.by.clone(), seal.at_ms)?;
        self.file(&case, by, action, detail).await?;
        Ok(Progress::Continue(Box::new(case)))
    }

    /// Goes on with an open case that could not be sealed, since the tally store has lost it.
    async fn seal_lost(&self, case: Case, by: &SealedBy, as_read: bool) -> Result<Progress, LifecycleError> {
        let case = self.lost(case).await?;
        if case.state.missing().is_some() {
            let case = self.seal_without_tally(case).await?;
            return Ok(match case.state {
                State::Sealed(_) => Progress::Continue(Box::new(case)),
                _ => Progress::Stop(Box::new(case)),
            });
        }
        Ok(match by {
            SealedBy::Deadline | SealedBy::Settled => Progress::Stop(Box::new(case)),
            // The moderator has read another version.
            _ if as_read => Progress::Stop(Box::new(case)),
            // A moderator can void the next epoch at once, and learns when it can be closed.
            SealedBy::Moderator { .. } | SealedBy::Void { .. } => Progress::Continue(Box::new(case)),
        })
    }

    /// Decides a sealed case and files the verdict with all ballots.
    async fn conclude(&self, case: Case) -> Result<Progress, LifecycleError> {
        let State::Sealed(sealed) = &case.state else {
            return Err(TransitionError::NotSealed(case.state.name()).into());
        };
        let (case, verdict, jury) = match self.sealed_tally(&case, sealed).await {
            Ok(SealedTally { jury, lacks: None }) => {
                let verdict = verdict_of(&case, sealed, &jury);
                (case, verdict, jury)
            }
            Ok(SealedTally { jury, lacks: Some(acknowledged) }) => {
                let mut sealed = sealed.clone();
                sealed.open.loss.add(acknowledged);
                let verdict = verdict_of(&case, &sealed, &jury);
                (case.lack_ballots(acknowledged), verdict, jury)
            }
            Err(LifecycleError::Tally(TallyError::Lost(_))) => {
                self.store.confirm().await?;
                // The keys of a recorded case expire, so the docket is read before the tally counts as lost.
                let filed = self.case(case.id).await?;
                if filed.version != case.version {
                    return Ok(Progress::Continue(Box::new(filed)));
                }
                match self.verdict_without_tally(filed).await? {
                    (case, Some(verdict)) => (case, verdict, Jury::default()),
                    (case, None) => return Ok(Progress::Stop(Box::new(case))),
                }
            }
            Err(error) => return Err(error),
        };
        let case = self.record(case, Author::Server, verdict, jury).await?;
        Ok(Progress::Stop(Box::new(case)))
    }

    /// Files the verdict of a sealed case with its ballots. Returns the recorded case. A moderator records only a case
    /// that it voids.
    pub(super) async fn record(
        &self,
        case: Case,
        by: Author<'_>,
        verdict: Verdict,
        jury: Jury,
    ) -> Result<Case, LifecycleError> {
        let State::Sealed(sealed) = &case.state else {
            return Err(TransitionError::NotSealed(case.state.name()).into());
        };
        let cause = match (&sealed.by, by) {
            (SealedBy::Void { .. }, _) | (_, Author::Moderator(_)) => Cause::Moderator,
            _ => Cause::Court,
        };
        let attested = self.attest(&case, sealed, &verdict, cause, jury).await?;
        let outcome = verdict.outcome.as_str();
        let (action, detail) = match verdict.outcome {
            Outcome::Void => (AuditAction::Voided, void_detail(&case, &verdict, cause)),
            _ => (AuditAction::Decided, Some(outcome.to_owned())),
        };
        let case = case.conclude(verdict)?;
        let entry = self.entry(&case, by, action, detail);
        self.docket.record(&case, &entry, &attested.ballots, &attested.attestation).await?;
        self.attestor.appended.notify_one();
        if case.brief.rules.panel.is_some() {
            self.panel_recorded.notify_one();
        }
        // Before anybody hears of the verdict, so that a client that has read it finds it counted.
        metrics::counter!("live_jury_verdicts_total", "outcome" => outcome).increment(1);
        self.peers.announce(&case.room);
        self.release(case.id).await;
        Ok(case)
    }

    /// Reads the ballots of a sealed case, with their sums. It is lost unless the ballots add up to the counts, and
    /// unless it has all ballots that nodes have answered as counted: then this is not the store that counted them.
    async fn sealed_tally(&self, case: &Case, sealed: &Sealed) -> Result<SealedTally, LifecycleError> {
        let state = self.sealed_again(case, sealed).await?;
        let ballots = self.tally.ballots(case.id, (&sealed.open).into()).await?;
        let called = match case.brief.rules.panel {
            Some(_) => self.docket.panel(case.id).await?,
            None => Candidates::default(),
        };
        let brief = case.brief.clone();
        let jury = off_the_runtime(move || Jury::of(&brief, ballots, called)).await;
        let jury = jury.filter(|jury| jury.sums.counts == state.counts);
        let Some(jury) = jury else { return Err(TallyError::Lost(case.id).into()) };
        let acknowledged = self.acknowledged_at_last(case.id, sealed.open.epoch).await?;
        if state.ballots() >= acknowledged {
            return Ok(SealedTally { jury, lacks: None });
        }
        let ballots = state.ballots();
        tracing::error!(case = %case.id, ballots, acknowledged, "the sealed tally lacks acknowledged ballots");
        match sealed.by {
            // It counts nothing, whoever lost the ballots, and names the loss.
            SealedBy::Void { .. } => Ok(SealedTally { jury, lacks: Some(acknowledged) }),
            _ => Err(TallyError::Lost(case.id).into()),
        }
    }

    /// Reads the state of a tally whose case the docket has as sealed. A store that took over may have every ballot and
    /// lack the seal, its last write; it is then sealed again. Ballots that it has counted meanwhile stay, since they
    /// were acknowledged.
    async fn sealed_again(&self, case: &Case, sealed: &Sealed) -> Result<TallyState, LifecycleError> {
        let epoch = (&sealed.open).into();
        let state = self.tally.poll(case.id, epoch, 0).await?;
        if state.seal.is_some() {
            return Ok(state);
        }
        tracing::warn!(case = %case.id, "the tally store has lost the seal of a case; sealing it again");
        let state = self.tally.seal(case.id, epoch, &sealed.by).await?;
        match state.seal {
            Some(_) => Ok(state),
            // The store's clock is behind that of the store that was sealed.
            None => Err(TallyError::Unavailable("the deadline has not passed by the store's clock".to_owned()).into()),
        }
    }
}

/// Decides a sealed tally. The seal dates the verdict, so that every node records the same one.
fn verdict_of(case: &Case, sealed: &Sealed, jury: &Jury) -> Verdict {
    let verdict = judge(&case.brief, &jury.sums, jury.panel.as_ref(), &sealed.open.loss, sealed.sealed_at_ms);
    match &sealed.by {
        SealedBy::Void { reason, .. } => voided(reason, verdict),
        SealedBy::Deadline | SealedBy::Settled | SealedBy::Moderator { .. } => verdict,
    }
}

/// The particulars of a void in the audit trail: the reason, and for a lost tally what is left of it.
fn void_detail(case: &Case, verdict: &Verdict, cause: Cause) -> Option<String> {
    let reason = verdict.reason.clone()?;
    let is_lost = cause == Cause::Court;
    match (case.state.missing(), verdict.ballots_before_loss) {
        (Some(missing), _) if is_lost && verdict.counts.is_none() => {
            Some(format!("{reason}, {}", missing.found.as_str()))
        }
        (_, Some(before)) if is_lost => Some(format!("{reason}, {} of {before} ballots came again", verdict.ballots)),
        _ => Some(reason),
    }
}
