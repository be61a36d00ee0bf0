//! The clock of a remedy that a verdict ordered, shown with the recorded case. It decides neither remedy nor time.

use live_jury_protocol::{AuditAction, CaseId, RemedyClock, RemedyState};

use super::{Author, CONFLICTS_MAX, Lifecycle, LifecycleError};
use crate::docket::DocketError;

impl Lifecycle {
    /// Shows the clock of a recorded case's remedy. A clock that is shown already is filed no more.
    ///
    /// # Errors
    /// There is no such case, it is not recorded, or the docket did not answer.
    pub async fn show_remedy(&self, id: CaseId, clock: RemedyClock) -> Result<(), LifecycleError> {
        for _ in 0..CONFLICTS_MAX {
            let case = self.case(id).await?;
            if case.remedy_clock == Some(clock) {
                return Ok(());
            }
            let case = case.owe(clock)?;
            let (action, detail) = match clock.state {
                RemedyState::Owed | RemedyState::Unknown => (AuditAction::RemedySet, None),
                RemedyState::Done => (AuditAction::RemedyDone, None),
                RemedyState::Late => (AuditAction::RemedyLate, None),
                RemedyState::Waived => (AuditAction::RemedyDone, Some(clock.state.as_str().to_owned())),
            };
            let entry = self.entry(&case, Author::Server, action, detail);
            match self.docket.file_remedy(&case, &entry).await {
                Ok(()) => {
                    self.peers.announce(&case.room);
                    return Ok(());
                }
                Err(DocketError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(DocketError::Conflict(id).into())
    }
}
