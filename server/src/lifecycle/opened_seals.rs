//! Notes in the audit trail that a moderator took the secrets of a recorded case's seals; it reads none of them.

use live_jury_court::Case;
use live_jury_protocol::AuditAction;

use super::{Author, Lifecycle, LifecycleError};

impl Lifecycle {
    /// Files who takes the opening of a case. The caller sends it only afterwards.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn note_opened_seals(&self, case: &Case, sub: &str) -> Result<(), LifecycleError> {
        let entry = self.entry(case, Author::Moderator(sub), AuditAction::OpenedSeals, None);
        self.docket.note(case.id, &entry).await?;
        tracing::warn!(case = %case.id, by = sub, "a moderator took the secrets of a case's seals");
        Ok(())
    }
}
