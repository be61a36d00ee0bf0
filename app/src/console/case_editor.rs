//! The state of a room's case form: its fields, its faults, and the draft it edits. It never calls the server.

use leptos::prelude::*;
use live_jury_protocol::{AuditEntry, Case, CaseId, CaseState, NewCase};

use super::case_form::{CaseForm, Fault, FieldError};
use crate::api::{ApiError, idempotency_key};

/// The form shows the recused ids in one field, but the server names one item of the list.
const RECUSED: &str = "rules.recused";

/// A wrong field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// The field's path.
    pub field: String,
    /// The origin of the fault.
    pub source: FaultSource,
}

/// The origin of the fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultSource {
    /// The page, which therefore sent no request.
    Page(Fault),
    /// The server, with its own text.
    Server(String),
}

/// A notice at the form's foot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditorNotice {
    /// Another moderator changed the draft: its present content, and the audit line of the change.
    Conflict(Box<Case>, Option<AuditEntry>),
    /// The request failed.
    Failed(ApiError),
}

/// The state of one room's form. Cheap to copy: every field is a handle.
#[derive(Clone, Copy)]
pub struct CaseEditor {
    /// Whether the form is shown.
    pub is_open: RwSignal<bool>,
    /// The form's fields.
    pub form: RwSignal<CaseForm>,
    /// The edited draft and the version that the form is based on; none for a new case.
    pub draft: RwSignal<Option<(CaseId, u64)>>,
    /// The wrong field.
    pub fault: RwSignal<Option<FieldFault>>,
    /// The notice at the foot.
    pub notice: RwSignal<Option<EditorNotice>>,
    /// Whether a request is in flight.
    pub is_busy: RwSignal<bool>,
    initial: RwSignal<CaseForm>,
    /// Body and key of the last creation. The same body again gets the same key, so that the server creates one case.
    last_creation: StoredValue<Option<(String, String)>>,
}

impl CaseEditor {
    /// A closed form.
    #[must_use]
    pub fn new() -> Self {
        Self {
            is_open: RwSignal::new(false),
            form: RwSignal::new(CaseForm::empty()),
            draft: RwSignal::new(None),
            fault: RwSignal::new(None),
            notice: RwSignal::new(None),
            is_busy: RwSignal::new(false),
            initial: RwSignal::new(CaseForm::empty()),
            last_creation: StoredValue::default(),
        }
    }

    /// Opens the form with `form` in it, for a new case or for a draft.
    pub fn begin(self, form: CaseForm, draft: Option<(CaseId, u64)>) {
        self.initial.set(form.clone());
        self.form.set(form);
        self.draft.set(draft);
        self.fault.set(None);
        self.notice.set(None);
        self.last_creation.set_value(None);
        self.is_open.set(true);
    }

    /// Whether the form holds unsaved changes.
    #[must_use]
    pub fn is_dirty(self) -> bool {
        self.is_open.get() && self.form.with(|form| self.initial.with(|initial| form != initial))
    }

    /// The fault of the field at `path`.
    #[must_use]
    pub fn fault_at(self, path: &str) -> Option<FaultSource> {
        let is_here = |field: &str| field == path || (path == RECUSED && field.starts_with(RECUSED));
        self.fault.with(|fault| fault.as_ref().filter(|fault| is_here(&fault.field)).map(|fault| fault.source.clone()))
    }

    /// Whether the wrong field's path begins with one of `prefixes`.
    #[must_use]
    pub fn is_fault_under(self, prefixes: &[&str]) -> bool {
        self.fault.with(|fault| {
            fault.as_ref().is_some_and(|fault| prefixes.iter().any(|prefix| fault.field.starts_with(prefix)))
        })
    }

    /// Starts to save and returns the case to send. Returns none while another save is in flight, and after it has
    /// marked a field whose text cannot be sent.
    pub fn start_saving(self) -> Option<NewCase> {
        if self.is_busy.get_untracked() {
            return None;
        }
        self.fault.set(None);
        self.notice.set(None);
        match self.form.with_untracked(CaseForm::to_case) {
            Err(FieldError { field, fault }) => {
                self.fault.set(Some(FieldFault { field, source: FaultSource::Page(fault) }));
                None
            }
            Ok(case) => {
                self.is_busy.set(true);
                Some(case)
            }
        }
    }

    /// The idempotency key of a creation with this body.
    ///
    /// # Errors
    /// The case cannot be written as JSON.
    pub fn creation_key(self, case: &NewCase) -> Result<String, ApiError> {
        let body = serde_json::to_string(case).map_err(|_| ApiError::Unreadable)?;
        let repeated = self.last_creation.get_value().filter(|(last, _)| *last == body);
        let key = repeated.map_or_else(idempotency_key, |(_, key)| key);
        self.last_creation.set_value(Some((body, key.clone())));
        Ok(key)
    }

    /// Closes the form after a save.
    pub fn finish_saved(self) {
        self.is_open.try_set(false);
        self.is_busy.try_set(false);
    }

    /// Shows that another moderator changed the draft first.
    pub fn finish_conflict(self, theirs: Case, change: Option<AuditEntry>) {
        self.notice.try_set(Some(EditorNotice::Conflict(Box::new(theirs), change)));
        self.is_busy.try_set(false);
    }

    /// Shows why the save failed, at the field if the server named one.
    pub fn finish_failed(self, error: ApiError) {
        if let (Some(field), ApiError::Problem(problem)) = (error.field(), &error) {
            let source = FaultSource::Server(problem.detail.clone());
            self.fault.try_set(Some(FieldFault { field: field.to_owned(), source }));
        }
        self.notice.try_set(Some(EditorNotice::Failed(error)));
        self.is_busy.try_set(false);
    }

    /// Continues with the other moderator's version. Closes the form if that version is no draft.
    pub fn take_theirs(self, theirs: &Case) {
        if theirs.state == CaseState::Draft {
            self.begin(CaseForm::of(theirs), Some((theirs.id, theirs.version)));
        } else {
            self.is_open.set(false);
        }
    }

    /// Continues with the form as it is, to be saved over the other moderator's version.
    pub fn keep_mine(self, theirs: &Case) {
        self.draft.set(Some((theirs.id, theirs.version)));
        self.notice.set(None);
    }
}
