//! The opening of a draft: its keys are made in the tally store, then the open case is filed.

use live_jury_court::Case;
use live_jury_protocol::AuditAction;

use super::{Author, CONFLICTS_MAX, Lifecycle, LifecycleError, ModeratorRequest, open_params};
use crate::docket::DocketError;
use crate::tally::OpenParams;

impl Lifecycle {
    /// Opens a draft. `case` is the draft as the caller read it. After a conflict it is read again.
    ///
    /// # Errors
    /// The case is no draft, its fixed end does not fit, the room is full, the version differs, a store is not durable,
    /// or a store did not answer.
    pub async fn open(&self, case: Case, request: &ModeratorRequest) -> Result<Case, LifecycleError> {
        let (id, mut read) = (case.id, Some(case));
        for _ in 0..CONFLICTS_MAX {
            let case = self.latest(&mut read, id).await?;
            request.check_version(&case)?;
            let case = self.open_keys(case).await?;
            match self.file(&case, Author::Moderator(&request.sub), AuditAction::Opened, None).await {
                // The draft was edited or opened meanwhile. The keys of a later draft replace those of an earlier one.
                Err(DocketError::Conflict(_)) => {}
                other => return other.map(|()| case).map_err(Into::into),
            }
        }
        Err(DocketError::Conflict(id).into())
    }

    /// Makes the keys of a draft and returns the open case, which is not filed yet. The keys come first: unfiled keys
    /// are an empty shell, but a filed case without keys would count as a loss.
    pub(super) async fn open_keys(&self, draft: Case) -> Result<Case, LifecycleError> {
        if !self.health.may_open() {
            return Err(LifecycleError::NotDurable);
        }
        draft.check_draft()?;
        self.check_earlier_keys(&draft).await?;
        let terms = self.terms_of(&draft).await?;
        let now_ms = self.tally.now_ms().await?;
        let closes_at_ms = draft.brief.would_close_at_ms(now_ms)?;
        let store = self.store.id();
        let params = OpenParams { draft: draft.version, ..open_params(&draft, 1, Some(store), closes_at_ms) };
        let state = self.tally.restore(draft.id, &params).await?;
        Ok(draft.open(now_ms, state.closes_at_ms, self.key.clone(), self.loss.share)?.in_store(store).under(terms))
    }
}
