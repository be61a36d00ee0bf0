//! The deadline of an open case: a moderator extends it in the tally store, and the docket follows the store.

use live_jury_court::{Case, State, Terms, TransitionError};
use live_jury_protocol::{AuditAction, CaseId, CaseState, GuardedStep};

use super::{Author, CONFLICTS_MAX, Lifecycle, LifecycleError, Moderated, ModeratorRequest};
use crate::docket::DocketError;
use crate::tally::{Extension, TallyError, TallyState};

impl Lifecycle {
    /// Extends an open case by `by_s` seconds. `case` is the case as the caller read it. After a conflict it is read
    /// again.
    ///
    /// # Errors
    /// The case is not open, would be open too long, the version differs, or a store did not answer.
    pub async fn extend(&self, case: Case, by_s: u64, request: &ModeratorRequest) -> Result<Moderated, LifecycleError> {
        request.check_version(&case)?;
        self.check_end(&case, GuardedStep::Extend).await?;
        let (id, mut read) = (case.id, Some(case));
        for _ in 0..CONFLICTS_MAX {
            let case = self.latest(&mut read, id).await?;
            request.check_version(&case)?;
            let open = case.as_voting()?.clone();
            let to_ms = open.would_extend_to_ms(by_s)?;
            let seconded = self.second(case, request, GuardedStep::Extend, Some(by_s), None).await?;
            let Moderated::Done(case) = seconded else { return Ok(seconded) };
            let extension = Extension { by: request.sub.clone(), from_ms: open.closes_at_ms, to_ms };
            let state = match self.tally.extend(id, (&open).into(), &extension).await {
                Err(TallyError::Lost(_)) => {
                    self.lost(case).await?;
                    continue;
                }
                Err(TallyError::Superseded { .. }) => {
                    self.follow_epoch(id).await?;
                    continue;
                }
                other => other?,
            };
            if state.seal.is_some() || state.now_ms >= state.closes_at_ms {
                return Err(TransitionError::NotOpen(CaseState::Sealed).into());
            }
            if state.closes_at_ms != to_ms {
                // Another moderator's extension reached the store and not yet the docket.
                match self.follow_deadline(case, &state).await {
                    Ok(_) | Err(LifecycleError::Docket(DocketError::Conflict(_))) => continue,
                    Err(error) => return Err(error),
                }
            }
            // The step is taken, so nobody needs to ask for it any more.
            let terms = Terms { asked: None, ..open.terms.clone() };
            let case = case.reschedule(open.epoch, to_ms)?.under(terms);
            let (by, detail) = (Author::Moderator(&request.sub), detail_of(&extension));
            match self.file(&case, by, AuditAction::Extended, Some(detail)).await {
                Ok(()) => return Ok(Moderated::Done(case)),
                Err(DocketError::Conflict(_)) => {
                    // A node that saw the store's new deadline before it was filed may have repaired the docket.
                    let filed = self.case(id).await?;
                    if filed.as_open().is_ok_and(|filed| filed.closes_at_ms == to_ms) {
                        return Ok(Moderated::Done(filed));
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(DocketError::Conflict(id).into())
    }

    /// Files the tally store's deadline where the docket's differs. The docket is read before the store, so that the
    /// store's deadline is never the older of the two.
    ///
    /// # Errors
    /// A store did not answer, or the tally store has lost the case.
    pub async fn repair_deadline(&self, id: CaseId) -> Result<Case, LifecycleError> {
        let case = self.case(id).await?;
        let State::Open(open) = &case.state else { return Ok(case) };
        let state = self.tally.poll(id, open.into(), 0).await?;
        match self.follow_deadline(case, &state).await {
            Err(LifecycleError::Docket(DocketError::Conflict(_))) => self.case(id).await,
            other => other,
        }
    }

    /// Files the deadline in `state`, unless the docket has it or `state` is of another epoch. The line names the
    /// moderator who moved it. A store that took over without its last writes may have an earlier deadline than was
    /// filed. While the case is open there, it gets the filed one again, which was acknowledged.
    pub(super) async fn follow_deadline(&self, case: Case, state: &TallyState) -> Result<Case, LifecycleError> {
        let open = case.as_open()?;
        if open.closes_at_ms == state.closes_at_ms || open.epoch != state.epoch {
            return Ok(case);
        }
        let is_open = state.seal.is_none() && state.now_ms < state.closes_at_ms;
        if state.closes_at_ms < open.closes_at_ms && is_open {
            let trail = self.docket.audit(case.id).await?;
            let extended = trail.iter().rfind(|entry| entry.action == AuditAction::Extended);
            let by = extended.map_or_else(String::new, |entry| entry.by.clone());
            let extension = Extension { by, from_ms: state.closes_at_ms, to_ms: open.closes_at_ms };
            self.tally.extend(case.id, open.into(), &extension).await?;
            tracing::warn!(case = %case.id, "the tally store has lost an extension; it was made again");
            return Ok(case);
        }
        let case = case.reschedule(state.epoch, state.closes_at_ms)?;
        let extension = self.tally.extension(case.id).await?.filter(|kept| kept.to_ms == state.closes_at_ms);
        let (by, detail) = match &extension {
            Some(extension) => (Author::Moderator(&extension.by), detail_of(extension)),
            None => (Author::Server, "the deadline is the tally store's".to_owned()),
        };
        self.file(&case, by, AuditAction::Repaired, Some(detail)).await?;
        Ok(case)
    }
}

fn detail_of(extension: &Extension) -> String {
    format!("by {} s", extension.by_s())
}
