//! Drafts about a merchant, as the merchant reads them. It tells neither who drafted nor who reported.

use live_jury_court::{Case, State};
use live_jury_protocol::CaseId;
use live_jury_protocol::trust::PartyDraft;

use super::Trust;
use super::standing::title_of;
use crate::lifecycle::{Lifecycle, LifecycleError};

/// The most drafts that a merchant's page has. Those beyond it follow once others are opened or discarded.
pub const DRAFTS_SHOWN_MAX: u32 = 20;

impl Trust {
    /// The drafts with these ids that still name the merchant.
    ///
    /// # Errors
    /// The docket did not answer.
    pub async fn drafts(
        &self,
        lifecycle: &Lifecycle,
        merchant: &str,
        ids: &[CaseId],
    ) -> Result<Vec<PartyDraft>, LifecycleError> {
        let mut drafts = Vec::new();
        for id in ids {
            match lifecycle.read_case(*id).await {
                Ok(case) => drafts.extend(self.draft(merchant, &case)),
                // It was discarded a moment ago.
                Err(LifecycleError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(drafts)
    }

    /// A draft as the merchant reads it; none if it is no draft, or names another one.
    #[must_use]
    pub fn draft(&self, merchant: &str, case: &Case) -> Option<PartyDraft> {
        let brief = &case.brief;
        let is_own = brief.subject.merchant.as_deref() == Some(merchant);
        (is_own && matches!(case.state, State::Draft)).then(|| PartyDraft {
            case: case.id,
            version: case.version,
            policy: brief.policy.clone(),
            title: brief.policy.as_deref().and_then(|id| self.file.policy(id)).map(title_of),
            product: brief.subject.product.clone(),
            drafted_at_ms: case.created_at_ms,
            statement: brief.statements.merchant.clone(),
        })
    }
}
