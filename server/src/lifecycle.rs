//! The steps of a case that need the court, the tally store and the docket together; safe to repeat and to interrupt,
//! so that the room's actor, the HTTP handlers and other nodes may all take them at once.

mod conclude;
mod loss;
mod read;

use std::sync::Arc;

use live_jury_protocol::{AuditEntry, CaseId, CaseState, NewCase, RoomId};

use crate::clock::Clock;
use crate::court::{Brief, Case, EvidenceUrlPolicy, FieldError, SealedBy, State, TransitionError};
use crate::docket::{Added, Docket, DocketError, Request};
use crate::peers::Peers;
use crate::tally::{OpenParams, TallyError, TallyStore};
pub use read::StoresReachable;

/// Times a step is tried again when another node or moderator filed first; each such loss means that one of them got on.
const CONFLICTS_MAX: usize = 16;
/// Who is named in the audit trail for what happens by itself.
const SERVER: &str = "server";

/// What it takes to conduct a case.
#[derive(Clone)]
pub struct Lifecycle {
    /// Where ballots are counted.
    pub tally: Arc<dyn TallyStore>,
    /// Where cases are filed.
    pub docket: Arc<dyn Docket>,
    /// Who else must hear of a change.
    pub peers: Arc<dyn Peers>,
    /// The time of drafts and audit lines.
    pub clock: Arc<dyn Clock>,
    /// The fingerprint of this node's ballot key.
    pub key: String,
    /// Which evidence is allowed.
    pub policy: EvidenceUrlPolicy,
}

/// Why a step was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LifecycleError {
    /// No such case, for this reader.
    #[error("there is no such case")]
    NotFound,
    /// The case's version is not the one that the caller knows.
    #[error("the case is at version {0} by now")]
    VersionMismatch(u64),
    /// The case cannot take this step.
    #[error(transparent)]
    Transition(#[from] TransitionError),
    /// The tally store failed.
    #[error(transparent)]
    Tally(#[from] TallyError),
    /// The docket failed.
    #[error(transparent)]
    Docket(#[from] DocketError),
}

impl From<FieldError> for LifecycleError {
    fn from(error: FieldError) -> Self {
        Self::Transition(TransitionError::Field(error))
    }
}

/// What a moderator asks of an open case.
#[derive(Clone, Debug)]
pub enum CloseRequest {
    /// Close it now.
    Close,
    /// Void it, with the reason.
    Void(String),
}

/// Who asks for a step, and what version of the case they have seen.
#[derive(Clone, Debug)]
pub struct ModeratorRequest {
    /// The moderator.
    pub sub: String,
    /// The version in `If-Match`, if there is one.
    pub version: Option<u64>,
}

impl ModeratorRequest {
    /// Refuses a case at another version than the one in `If-Match`.
    fn check_version(&self, case: &Case) -> Result<(), LifecycleError> {
        match self.version {
            Some(version) if version != case.version => Err(LifecycleError::VersionMismatch(case.version)),
            _ => Ok(()),
        }
    }
}

impl Lifecycle {
    /// Creates a case, open at once if it says so. `request` makes a repeat return the first answer; `answer` says
    /// what to keep as the answer. Returns the answer.
    ///
    /// # Errors
    /// A field is wrong, the room is full, the key came with another request, or a store is away.
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
        let now_ms = self.clock.now_ms();
        let mut case = Case::draft(new_case_id(now_ms), room, brief, now_ms);
        let mut entries = vec![self.entry(&case, by, "created", None)];
        if open {
            case = self.open_keys(case).await?;
            entries.push(self.entry(&case, by, "opened", None));
        }
        let text = answer(&case);
        let request = request.map(|request| Request { answer: text.clone(), ..request });
        match self.docket.add(&case, &entries, request.as_ref()).await {
            Ok(Added::Created) => {
                self.peers.announce(&case.room);
                Ok(text)
            }
            Ok(Added::Replayed(answer)) => {
                self.release(case.id).await;
                Ok(answer)
            }
            Err(error) => {
                if !matches!(error, DocketError::Unavailable(_)) {
                    self.release(case.id).await;
                }
                Err(error.into())
            }
        }
    }

    /// Replaces a draft's brief by the one that `change` makes of it. `case` is the draft as the caller read it; after a
    /// conflict it is read again, and `change` is called once more.
    ///
    /// # Errors
    /// `change` failed, the version is another, the case is no draft, a field is wrong, or the docket did not answer.
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
        if case.state != State::Draft {
            return Err(TransitionError::NotADraft(case.state.name()).into());
        }
        let case = case.edit(Brief::new(brief, self.policy)?)?;
        self.file(&case, &request.sub, "edited", None).await?;
        Ok(case)
    }

    /// Opens a draft. `case` is the draft as the caller read it; after a conflict it is read again.
    ///
    /// # Errors
    /// It is no draft, its fixed end does not fit, the room is full, the version is another, or a store is away.
    pub async fn open(&self, case: Case, request: &ModeratorRequest) -> Result<Case, LifecycleError> {
        let (id, mut read) = (case.id, Some(case));
        for _ in 0..CONFLICTS_MAX {
            let case = self.latest(&mut read, id).await?;
            request.check_version(&case)?;
            let case = self.open_keys(case).await?;
            match self.file(&case, &request.sub, "opened", None).await {
                // Edited or opened meanwhile: keys of an earlier draft yield to those of a later one.
                Err(DocketError::Conflict(_)) => {}
                other => return other.map(|()| case).map_err(Into::into),
            }
        }
        Err(DocketError::Conflict(id).into())
    }

    /// The store first, the docket after it: keys that nobody files are an empty shell, a filed case without keys is a
    /// loss.
    async fn open_keys(&self, draft: Case) -> Result<Case, LifecycleError> {
        let now_ms = self.tally.now_ms().await?;
        let closes_at_ms = draft.would_close_at_ms(now_ms)?;
        let params = OpenParams { draft: draft.version, ..opening_of(&draft, 1, closes_at_ms) };
        let state = self.tally.restore(draft.id, &params).await?;
        Ok(draft.open(now_ms, state.closes_at_ms, self.key.clone())?)
    }

    /// Moves an open case's deadline. `case` is the case as the caller read it; after a conflict it is read again.
    ///
    /// # Errors
    /// It is not open, it would be open for too long, the version is another, or a store is away.
    pub async fn extend(&self, case: Case, by_s: u64, request: &ModeratorRequest) -> Result<Case, LifecycleError> {
        let (id, mut read) = (case.id, Some(case));
        for _ in 0..CONFLICTS_MAX {
            let case = self.latest(&mut read, id).await?;
            request.check_version(&case)?;
            let open = case.as_open()?.clone();
            let to_ms = case.would_extend_to_ms(by_s)?;
            let state = match self.tally.extend(id, open.epoch, open.closes_at_ms, to_ms).await {
                Err(TallyError::Lost(_)) => {
                    self.lost(case).await?;
                    continue;
                }
                Err(TallyError::Superseded { .. }) => continue,
                other => other?,
            };
            if state.seal.is_some() || state.now_ms >= state.closes_at_ms {
                return Err(TransitionError::NotOpen(CaseState::Sealed).into());
            }
            let case = case.reschedule(open.epoch, state.closes_at_ms)?;
            let moved = state.closes_at_ms == to_ms;
            let done = if moved {
                self.file(&case, &request.sub, "extended", Some(format!("by {by_s} s"))).await
            } else {
                // Another moderator's extension reached the store and not yet the docket.
                self.file(&case, SERVER, "repaired", Some("the deadline is the tally store's".to_owned())).await
            };
            match done {
                Ok(()) if moved => return Ok(case),
                Err(DocketError::Conflict(_)) if moved => {
                    // A node that saw the store's new deadline before it was filed may have repaired the docket.
                    let filed = self.case(id).await?;
                    if filed.state == case.state {
                        return Ok(filed);
                    }
                }
                Ok(()) | Err(DocketError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(DocketError::Conflict(id).into())
    }

    /// Closes or voids an open case, and brings it to its record. `case` is the case as the caller read it.
    ///
    /// # Errors
    /// It is not open, the version is another, or a store is away; what was sealed by then stays sealed, and any node
    /// records it.
    pub async fn close(
        &self,
        case: Case,
        ruling: CloseRequest,
        request: &ModeratorRequest,
    ) -> Result<Case, LifecycleError> {
        request.check_version(&case)?;
        case.as_open()?;
        let by = match ruling {
            CloseRequest::Close => SealedBy::Moderator { sub: request.sub.clone() },
            CloseRequest::Void(reason) => SealedBy::Void { sub: request.sub.clone(), reason },
        };
        let case = self.advance(case, &by).await?;
        match case.state.sealed() {
            Some(sealed) if sealed.by == by => Ok(case),
            // The deadline, or another moderator, was first.
            _ => Err(TransitionError::NotOpen(case.state.name()).into()),
        }
    }

    /// The case, whatever its state.
    ///
    /// # Errors
    /// There is none, or the docket is away.
    pub async fn case(&self, id: CaseId) -> Result<Case, LifecycleError> {
        self.docket.case(id).await?.ok_or(LifecycleError::NotFound)
    }

    /// The case that the caller read, once; after that the docket is asked.
    async fn latest(&self, read: &mut Option<Case>, id: CaseId) -> Result<Case, LifecycleError> {
        match read.take() {
            Some(case) => Ok(case),
            None => self.case(id).await,
        }
    }

    async fn file(&self, case: &Case, by: &str, action: &str, detail: Option<String>) -> Result<(), DocketError> {
        self.docket.file(case, &self.entry(case, by, action, detail), &[]).await?;
        self.peers.announce(&case.room);
        Ok(())
    }

    fn entry(&self, case: &Case, by: &str, action: &str, detail: Option<String>) -> AuditEntry {
        AuditEntry {
            at_ms: self.clock.now_ms(),
            by: by.to_owned(),
            action: action.to_owned(),
            detail,
            version: case.version,
            epoch: case.state.opened().map_or(0, |open| open.epoch),
        }
    }

    /// Lets the store forget a case that the docket has, or never will have. It may fail: then the keys stay, unread.
    async fn release(&self, id: CaseId) {
        if let Err(error) = self.tally.release(id).await {
            tracing::warn!(case = %id, %error, "a case's keys stay in the tally store");
        }
    }
}

fn opening_of(case: &Case, epoch: u64, closes_at_ms: u64) -> OpenParams {
    OpenParams {
        epoch,
        draft: 0,
        closes_at_ms,
        options: u8::try_from(case.brief.options.len()).unwrap_or(u8::MAX),
        allow_change: case.brief.rules.allow_change,
    }
}

fn new_case_id(now_ms: u64) -> CaseId {
    let millis = (now_ms % 1_000) as u32;
    let timestamp = uuid::Timestamp::from_unix(uuid::NoContext, now_ms / 1_000, millis * 1_000_000);
    CaseId(uuid::Uuid::new_v7(timestamp))
}
