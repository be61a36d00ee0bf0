//! The end that a moderator gives an open case: it is closed, or voided with a reason.

use live_jury_court::{Case, SealedBy, TransitionError};

use super::{Lifecycle, LifecycleError, ModeratorRequest};

/// The two ways in which a moderator ends an open case.
#[derive(Clone, Debug)]
pub enum CloseRequest {
    /// Closes it; the jury's ballots decide.
    Close,
    /// Voids it, for this reason.
    Void(String),
}

impl Lifecycle {
    /// Closes or voids an open case and records it. `case` is the case as the caller read it.
    ///
    /// # Errors
    /// The case is not open, the version differs, or a store did not answer. A case that was sealed by then stays
    /// sealed, and any node records it.
    pub async fn close(
        &self,
        case: Case,
        close: CloseRequest,
        request: &ModeratorRequest,
    ) -> Result<Case, LifecycleError> {
        request.check_version(&case)?;
        case.as_open()?;
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
            Some(sealed) if sealed.by == by => Ok(case),
            // The deadline, or another moderator, sealed it first.
            _ => Err(TransitionError::NotOpen(case.state.name()).into()),
        }
    }
}
