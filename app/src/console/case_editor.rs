//! A case in the making: what is typed, whether it may be left, and how it is sent; the form's views are beside it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::{AuditEntry, Case, CaseId, CaseState};

use super::case_form::{CaseForm, Fault, FieldError};
use super::room_state::RoomState;
use crate::api::{ApiError, idempotency_key};

/// One field here, a list there: the server names an item of it.
const RECUSED: &str = "rules.recused";

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// The field's path.
    pub field: String,
    /// What is wrong with it.
    pub what: FaultSource,
}

/// Who found the fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultSource {
    /// This page: there was nothing to send.
    Here(Fault),
    /// The server, in its words.
    Server(String),
}

/// What is to be said at the form's foot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditorNotice {
    /// Another moderator changed the draft: what it is now, and who did it.
    Conflict(Box<Case>, Option<AuditEntry>),
    /// It was not saved.
    Failed(ApiError),
}

/// The form of one room and what is to be known of it. Copy it freely.
#[derive(Clone, Copy)]
pub struct CaseEditor {
    /// Whether the form is shown.
    pub is_open: RwSignal<bool>,
    /// What is typed.
    pub form: RwSignal<CaseForm>,
    /// The draft that is edited, with the version it was read at; none for a new case.
    pub draft: RwSignal<Option<(CaseId, u64)>>,
    /// The field that is wrong.
    pub fault: RwSignal<Option<FieldFault>>,
    /// What is to be said.
    pub notice: RwSignal<Option<EditorNotice>>,
    /// Whether it is being sent.
    pub is_busy: RwSignal<bool>,
    start: RwSignal<CaseForm>,
    /// What was sent last and under which key: the same again is a repeat, anything else is new.
    sent: StoredValue<Option<(String, String)>>,
}

impl CaseEditor {
    /// A form that is not shown.
    #[must_use]
    pub fn new() -> Self {
        Self {
            is_open: RwSignal::new(false),
            form: RwSignal::new(CaseForm::empty()),
            draft: RwSignal::new(None),
            fault: RwSignal::new(None),
            notice: RwSignal::new(None),
            is_busy: RwSignal::new(false),
            start: RwSignal::new(CaseForm::empty()),
            sent: StoredValue::default(),
        }
    }

    /// Shows the form with `brief` in it, for a new case or for a draft.
    pub fn begin(self, form: CaseForm, draft: Option<(CaseId, u64)>) {
        self.start.set(form.clone());
        self.form.set(form);
        self.draft.set(draft);
        self.fault.set(None);
        self.notice.set(None);
        self.sent.set_value(None);
        self.is_open.set(true);
    }

    /// Whether something was typed that would be lost.
    #[must_use]
    pub fn is_dirty(self) -> bool {
        self.is_open.get() && self.form.with(|form| self.start.with(|start| form != start))
    }

    /// What is wrong with the field at `path`.
    #[must_use]
    pub fn fault_at(self, path: &str) -> Option<FaultSource> {
        let is_here = |field: &str| field == path || (path == RECUSED && field.starts_with(RECUSED));
        self.fault.with(|fault| fault.as_ref().filter(|fault| is_here(&fault.field)).map(|fault| fault.what.clone()))
    }

    /// Whether the wrong field's path begins with one of `prefixes`.
    #[must_use]
    pub fn is_fault_under(self, prefixes: &[&str]) -> bool {
        self.fault.with(|fault| {
            fault.as_ref().is_some_and(|fault| prefixes.iter().any(|prefix| fault.field.starts_with(prefix)))
        })
    }

    /// Saves what is typed, and opens it for voting if `open`.
    pub fn send(self, room: RoomState, open: bool) {
        if self.is_busy.get_untracked() {
            return;
        }
        self.fault.set(None);
        self.notice.set(None);
        match self.form.with_untracked(CaseForm::to_case) {
            Err(FieldError { field, fault }) => {
                self.fault.set(Some(FieldFault { field, what: FaultSource::Here(fault) }))
            }
            Ok(case) => {
                self.is_busy.set(true);
                spawn_local(async move {
                    let answer = match self.draft.get_untracked() {
                        None => self.create(room, case, open).await,
                        Some((id, version)) => self.save(room, id, version, case, open).await,
                    };
                    self.sent(room, answer).await;
                });
            }
        }
    }

    async fn create(
        self,
        room: RoomState,
        mut case: live_jury_protocol::NewCase,
        open: bool,
    ) -> Result<Case, ApiError> {
        case.open = open;
        let body = serde_json::to_string(&case).map_err(|_| ApiError::Unreadable)?;
        let again = self.sent.get_value().filter(|(sent, _)| *sent == body);
        let key = again.map_or_else(idempotency_key, |(_, key)| key);
        self.sent.set_value(Some((body, key.clone())));
        room.api.create(&room.name(), &case, &key).await
    }

    async fn save(
        self,
        room: RoomState,
        id: CaseId,
        version: u64,
        case: live_jury_protocol::NewCase,
        open: bool,
    ) -> Result<Case, ApiError> {
        let saved = room.api.edit(id, version, &case).await?;
        self.draft.set(Some((id, saved.version)));
        if open { room.api.open(id, saved.version).await } else { Ok(saved) }
    }

    async fn sent(self, room: RoomState, answer: Result<Case, ApiError>) {
        match answer {
            Ok(case) => {
                room.remember_version(&case);
                room.drafts.refresh();
                self.is_open.try_set(false);
            }
            Err(error) => self.failed(room, error).await,
        }
        self.is_busy.try_set(false);
    }

    async fn failed(self, room: RoomState, error: ApiError) {
        if let (true, Some((id, _))) = (error.is_conflict(), self.draft.get_untracked()) {
            let by = room.last_change(id).await;
            if let Ok(theirs) = room.api.case(id).await {
                self.notice.try_set(Some(EditorNotice::Conflict(Box::new(theirs), by)));
                return;
            }
        }
        if let (Some(field), ApiError::Problem(problem)) = (error.field(), &error) {
            let what = FaultSource::Server(problem.detail.clone());
            self.fault.try_set(Some(FieldFault { field: field.to_owned(), what }));
        }
        self.notice.try_set(Some(EditorNotice::Failed(error)));
    }

    /// Goes on with the other moderator's version; if it is no draft any more, there is nothing to write.
    pub fn take_theirs(self, theirs: &Case) {
        if theirs.state == CaseState::Draft {
            self.begin(CaseForm::of(theirs), Some((theirs.id, theirs.version)));
        } else {
            self.is_open.set(false);
        }
    }

    /// Goes on with what is typed, over the other moderator's version.
    pub fn keep_mine(self, theirs: &Case) {
        self.draft.set(Some((theirs.id, theirs.version)));
        self.notice.set(None);
    }
}
