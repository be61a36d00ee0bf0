//! A merchant's statement to a draft about it. It changes nothing else of the draft, and opens none.

use live_jury_court::Brief;
use live_jury_court::Case;
use live_jury_protocol::{Actor, AuditAction, CaseId};

use super::{Author, CONFLICTS_MAX, Lifecycle, LifecycleError, edited};
use crate::docket::DocketError;

impl Lifecycle {
    /// Puts a merchant's side into a draft that names it, in the place of an earlier one.
    ///
    /// # Errors
    /// The case names another merchant, is no draft, or has another version than `version`; the text is too long; or
    /// the docket did not answer.
    pub async fn state_side(
        &self,
        id: CaseId,
        merchant: &str,
        text: &str,
        version: Option<u64>,
    ) -> Result<Case, LifecycleError> {
        for _ in 0..CONFLICTS_MAX {
            let case = self.case(id).await?;
            if case.brief.subject.merchant.as_deref() != Some(merchant) {
                return Err(LifecycleError::NotFound);
            }
            case.check_draft()?;
            if version.is_some_and(|version| version != case.version) {
                return Err(LifecycleError::VersionMismatch(case.version));
            }
            if case.brief.statements.merchant == text {
                return Ok(case);
            }
            let mut new = (*case.brief).clone();
            text.clone_into(&mut new.statements.merchant);
            let brief = Brief::new(new, self.policy)?;
            let detail = edited::detail(&case.brief, &brief, None)?;
            let case = case.edit(brief)?;
            let by = Author::Party(Actor::Merchant, merchant);
            match self.file(&case, by, AuditAction::Edited, Some(detail)).await {
                Err(DocketError::Conflict(_)) => {}
                filed => return filed.map(|()| case).map_err(Into::into),
            }
        }
        Err(DocketError::Conflict(id).into())
    }
}
