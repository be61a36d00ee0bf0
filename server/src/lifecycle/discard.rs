//! The discarding of a draft: its text is deleted, its audit trail stays.

use live_jury_court::Case;
use live_jury_protocol::AuditAction;

use super::{Author, CONFLICTS_MAX, Lifecycle, LifecycleError, ModeratorRequest};
use crate::docket::DocketError;

impl Lifecycle {
    /// Discards a draft. `case` is the draft as the caller read it. After a conflict it is read again.
    ///
    /// # Errors
    /// The case is no draft, the version differs, or the docket did not answer.
    pub async fn discard(&self, case: Case, request: &ModeratorRequest) -> Result<(), LifecycleError> {
        let (id, mut read) = (case.id, Some(case));
        for _ in 0..CONFLICTS_MAX {
            let case = self.latest(&mut read, id).await?;
            request.check_version(&case)?;
            let case = case.discard()?;
            let entry = self.entry(&case, Author::Moderator(&request.sub), AuditAction::Discarded, None);
            match self.docket.discard(&case, &entry).await {
                Ok(()) => {
                    // An opening that lost to this one may have made keys.
                    self.release(id).await;
                    return Ok(());
                }
                Err(DocketError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(DocketError::Conflict(id).into())
    }
}
