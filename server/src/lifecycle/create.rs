//! The first steps of a case: it is created, and edited while it is a draft.

use live_jury_court::{Brief, Case};
use live_jury_protocol::{AuditAction, CaseId, NewCase, RoomId};

use super::panel::draw_of;
use super::{Author, CONFLICTS_MAX, Lifecycle, LifecycleError, ModeratorRequest, appeal, edited};
use crate::docket::{Added, DocketError, Request, uuid_at};

/// The audit trail's words about a draft that reports led to.
pub const FROM_REPORTS: &str = "from reports";
/// The audit trail's words about a draft that a claim led to.
pub const FROM_CLAIM: &str = "from a claim";
/// The audit trail's words about a draft that a listing with a look-alike name led to.
pub const FROM_LISTING: &str = "from a listing";

impl Lifecycle {
    /// Creates a case, and opens it if `new` says so. Returns the answer for the client.
    ///
    /// `request` carries the idempotency key: a repeat gets the first answer and creates nothing. `answer` renders the
    /// case as the text that the docket saves for repeats.
    ///
    /// # Errors
    /// A field is wrong, the room is full, the key came with another request, or a store did not answer.
    pub async fn create(
        &self,
        room: RoomId,
        mut new: NewCase,
        by: &str,
        request: Option<Request>,
        answer: impl Fn(&Case) -> String + Send + Sync,
    ) -> Result<String, LifecycleError> {
        if let Some(request) = &request
            && let Some(answer) = self.docket.answered(request).await?
        {
            return Ok(answer);
        }
        let open = std::mem::take(&mut new.open);
        let brief = Brief::new(new, self.policy)?;
        let by = Author::Moderator(by);
        let mut case = self.draft(room, brief)?;
        let mut entries = vec![self.entry(&case, by, AuditAction::Created, None)];
        if open {
            case = self.open_keys(case).await?;
            entries.push(self.entry(&case, by, AuditAction::Opened, None));
        }
        let text = answer(&case);
        let request = request.map(|request| Request { answer: text.clone(), ..request });
        let added = match self.docket.add(&case, &entries, request.as_ref()).await {
            // The docket repeated the call, and the first one had been carried out: nobody else knows this case's id.
            Ok(Added::Replayed(answer)) if answer == text => Ok(Added::Created),
            Err(DocketError::Conflict(_)) if self.docket.case(case.id).await?.is_some() => Ok(Added::Created),
            added => added,
        };
        match added {
            Ok(Added::Created) => {
                self.peers.announce(&case.room);
                Ok(text)
            }
            Ok(Added::Replayed(answer)) => {
                self.release(case.id).await;
                Ok(answer)
            }
            Err(error) => {
                // After `Unavailable` the case may be filed all the same, and then needs its keys.
                if !matches!(error, DocketError::Unavailable(_)) {
                    self.release(case.id).await;
                }
                Err(error.into())
            }
        }
    }

    /// Files a draft with this id, once: a repeat changes nothing, also after the draft was edited, opened or
    /// discarded. `by` is the moderator who asked for it; without one, the server did. `from` tells what led to it.
    ///
    /// # Errors
    /// A field is wrong, the room is full of drafts, or the docket did not answer.
    pub async fn draft_once(
        &self,
        id: CaseId,
        room: RoomId,
        new: NewCase,
        by: Option<&str>,
        from: &'static str,
    ) -> Result<(), LifecycleError> {
        if self.docket.case(id).await?.is_some() {
            return Ok(());
        }
        let draft = Case { id, ..self.draft(room, Brief::new(new, self.policy)?)? };
        let by = by.map_or(Author::Server, Author::Moderator);
        let entry = self.entry(&draft, by, AuditAction::Created, Some(from.to_owned()));
        match self.docket.add(&draft, &[entry], None).await {
            Ok(_) => self.peers.announce(&draft.room),
            // Another node filed it.
            Err(DocketError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// A new draft, which is not filed yet.
    pub(super) fn draft(&self, room: RoomId, brief: Brief) -> Result<Case, LifecycleError> {
        let now_ms = self.clock.now_ms();
        let draw = draw_of(&brief, None)?;
        Ok(Case::draft(CaseId(uuid_at(now_ms)), room, brief, now_ms).drawn(draw))
    }

    /// Files a draft with the brief that `change` makes of its own. `case` is the draft as the caller read it. After a
    /// conflict it is read again, and `change` is called once more.
    ///
    /// # Errors
    /// `change` failed, the case is no draft, a field is wrong, the version differs, or the docket did not answer.
    pub async fn edit<E: From<LifecycleError>>(
        &self,
        case: Case,
        request: &ModeratorRequest,
        change: impl Fn(&NewCase) -> Result<NewCase, E> + Send + Sync,
    ) -> Result<Case, E> {
        let (id, mut read) = (case.id, Some(case));
        for _ in 0..CONFLICTS_MAX {
            let case = self.latest(&mut read, id).await?;
            let brief = change(&case.brief)?;
            match self.edit_once(case, request, brief).await {
                Err(LifecycleError::Docket(DocketError::Conflict(_))) => {}
                other => return other.map_err(Into::into),
            }
        }
        Err(LifecycleError::from(DocketError::Conflict(id)).into())
    }

    async fn edit_once(&self, case: Case, request: &ModeratorRequest, brief: NewCase) -> Result<Case, LifecycleError> {
        request.check_version(&case)?;
        case.check_draft()?;
        let note = appeal::check_edit(&case, &brief, request)?;
        let brief = Brief::new(brief, self.policy)?;
        let detail = edited::detail(&case.brief, &brief, note.as_deref())?;
        let draw = draw_of(&brief, case.draw)?;
        let case = case.edit(brief)?.drawn(draw);
        self.file(&case, request.author(), AuditAction::Edited, Some(detail)).await?;
        Ok(case)
    }
}
