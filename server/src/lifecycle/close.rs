//! The end that a moderator gives an open case: it is closed, or voided with a reason.

use live_jury_court::{Case, SealedBy, TransitionError};
use live_jury_protocol::{CaseState, GuardedStep};

use super::{Lifecycle, LifecycleError, Moderated, ModeratorRequest};

/// The two ways in which a moderator ends an open case.
#[derive(Clone, Debug)]
pub enum CloseRequest {
    /// Closes it; the jury's ballots decide.
    Close,
    /// Voids it, for this reason.
    Void(String),
}

impl Lifecycle {
    /// Closes or voids an open case and records it, or files the request if the step needs another moderator. `case` is
    /// the case as the caller read it. A case whose tally is missing can only be voided, by moderators of all rooms.
    ///
    /// # Errors
    /// The case is not open, it cannot be closed yet or at all, the jury casts again after a loss, the version differs,
    /// or a store did not answer. A case that was sealed by then stays sealed, and any node records it.
    pub async fn close(
        &self,
        case: Case,
        close: CloseRequest,
        request: &ModeratorRequest,
    ) -> Result<Moderated, LifecycleError> {
        request.check_version(&case)?;
        if let (CloseRequest::Void(reason), true) = (&close, case.state.missing().is_some()) {
            return self.void_missing(case, reason, request).await;
        }
        let open = case.as_voting()?;
        let seconded = match &close {
            CloseRequest::Close => {
                self.check_end(&case, GuardedStep::Close).await?;
                self.check_reopened(case.id, open).await?;
                self.second(case, request, GuardedStep::Close, None, None).await?
            }
            CloseRequest::Void(reason) => {
                self.second(case, request, GuardedStep::Void, None, Some(reason.clone())).await?
            }
        };
        let Moderated::Done(case) = seconded else { return Ok(seconded) };
        let by = match close {
            CloseRequest::Close => SealedBy::Moderator { sub: request.sub.clone() },
            CloseRequest::Void(reason) => SealedBy::Void { sub: request.sub.clone(), reason },
        };
        let case = self.advance_at(case, &by, request.version).await?;
        if case.as_open().is_ok() {
            // Its deadline was moved after it was read.
            request.check_version(&case)?;
        }
        match case.state.sealed() {
            Some(sealed) if sealed.by == by => Ok(Moderated::Done(case)),
            // The deadline, or another moderator, sealed it first.
            Some(_) => Err(TransitionError::NotOpen(case.state.name()).into()),
            // The deadline has passed, and the store has lost the case.
            None => Err(TransitionError::NotOpen(CaseState::Sealed).into()),
        }
    }
}
