//! Sends the room's form to the server as a new case or as an edited draft. It never reads the form's fields itself.

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::{Case, CaseId, NewCase};

use super::RoomState;
use crate::api::ApiError;

impl RoomState {
    /// Saves the form as a draft, and opens it for voting if `open`.
    pub fn save_draft(self, open: bool) {
        let Some(case) = self.editor.start_saving() else { return };
        spawn_local(async move {
            let answer = match self.editor.draft.get_untracked() {
                None => self.create_case(case, open).await,
                Some((id, version)) => self.edit_draft(id, version, case, open).await,
            };
            match answer {
                Ok(case) => {
                    self.remember_version(&case);
                    self.drafts.refresh();
                    self.editor.finish_saved();
                }
                Err(error) => self.draft_failed(error).await,
            }
        });
    }

    async fn create_case(self, mut case: NewCase, open: bool) -> Result<Case, ApiError> {
        case.open = open;
        let key = self.editor.creation_key(&case)?;
        self.api.create(&self.name(), &case, &key).await
    }

    async fn edit_draft(self, id: CaseId, version: u64, case: NewCase, open: bool) -> Result<Case, ApiError> {
        let saved = self.api.edit(id, version, &case).await?;
        self.editor.draft.set(Some((id, saved.version)));
        if open { self.api.open(id, saved.version).await } else { Ok(saved) }
    }

    async fn draft_failed(self, error: ApiError) {
        if let (true, Some((id, _))) = (error.is_conflict(), self.editor.draft.get_untracked()) {
            let change = self.last_change(id).await;
            if let Ok(theirs) = self.api.case(id).await {
                return self.editor.finish_conflict(theirs, change);
            }
        }
        self.editor.finish_failed(error);
    }
}
