//! A moderator's actions on a room's cases: one request each, with its notice on the case's card. It draws nothing.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::{AskedStep, AuditEntry, Case, CaseId, GuardedStep};

use super::{CaseNotice, PendingVoid, RoomState, UNDO_MS};
use crate::api::ApiError;
use crate::time::local_ms;

impl RoomState {
    /// Moves a case's deadline `by_s` seconds later.
    pub fn extend(self, case: &Case, by_s: u64) {
        let (id, version) = (case.id, self.version(case));
        self.run(
            id,
            Some(CaseNotice::Extended(by_s)),
            async move { self.api.extend(id, version, by_s).await.map(Some) },
        );
    }

    /// Closes a case now.
    pub fn close(self, case: &Case) {
        let (id, version) = (case.id, self.version(case));
        self.run(id, None, async move { self.api.close(id, version).await.map(Some) });
    }

    /// Opens a draft.
    pub fn open(self, case: &Case) {
        let (id, version) = (case.id, self.version(case));
        self.run(id, None, async move { self.api.open(id, version).await.map(Some) });
    }

    /// Voids a case after [`UNDO_MS`], unless [`RoomState::cancel_void`] is called first.
    pub fn schedule_void(self, case: &Case, reason: String) {
        self.schedule(case.id, Some(reason));
    }

    /// Discards a draft after [`UNDO_MS`], unless [`RoomState::cancel_void`] is called first.
    pub fn schedule_discard(self, draft: &Case) {
        self.schedule(draft.id, None);
    }

    /// Takes a step that another moderator has asked for.
    pub fn confirm(self, case: &Case, asked: &AskedStep) {
        match (asked.step, asked.by_s, &asked.reason) {
            (GuardedStep::Close, ..) => self.close(case),
            (GuardedStep::Extend, Some(by_s), _) => self.extend(case, by_s),
            (GuardedStep::Void, _, Some(reason)) => self.void(case, reason.clone()),
            _ => {}
        }
    }

    fn void(self, case: &Case, reason: String) {
        let (id, version) = (case.id, self.version(case));
        self.run(id, None, async move { self.api.void(id, version, reason).await.map(Some) });
    }

    fn schedule(self, id: CaseId, reason: Option<String>) {
        self.notices.update(|notices| {
            notices.remove(&id);
        });
        let timer = set_timeout_with_handle(move || self.send_void(id), Duration::from_millis(UNDO_MS)).ok();
        let pending_void = PendingVoid { reason, acts_at_ms: local_ms() + UNDO_MS, timer };
        self.pending_voids.update(|voids| {
            voids.insert(id, pending_void);
        });
    }

    /// Cancels a pending void or discard.
    pub fn cancel_void(self, id: CaseId) {
        let cancelled = self.pending_voids.try_update(|voids| voids.remove(&id)).flatten();
        if let Some(timer) = cancelled.and_then(|pending_void| pending_void.timer) {
            timer.clear();
        }
    }

    fn send_void(self, id: CaseId) {
        let Some(Some(PendingVoid { reason, .. })) = self.pending_voids.try_update(|voids| voids.remove(&id)) else {
            return;
        };
        let known = self.session.jury().with_untracked(|jury| jury.case(id).cloned());
        let draft = || self.drafts.items.with_untracked(|drafts| drafts.iter().find(|case| case.id == id).cloned());
        let Some(case) = known.or_else(draft) else { return };
        let version = self.version(&case);
        match reason {
            Some(reason) => self.void(&case, reason),
            None => self.run(id, None, async move { self.api.discard(id, version).await.map(|()| None) }),
        }
    }

    /// The newest known version of a case. An HTTP answer may arrive before the socket's view.
    #[must_use]
    pub fn version(self, case: &Case) -> u64 {
        self.versions.with_value(|versions| versions.get(&case.id).copied().unwrap_or_default()).max(case.version)
    }

    /// Stores the version of an HTTP answer.
    pub fn remember_version(self, case: &Case) {
        self.versions.update_value(|versions| {
            versions.insert(case.id, case.version);
        });
    }

    /// Sends one request for a case. A second one is ignored while the first is in flight. `call` gives the case,
    /// unless it is gone.
    fn run(
        self,
        id: CaseId,
        on_success: Option<CaseNotice>,
        call: impl Future<Output = Result<Option<Case>, ApiError>> + 'static,
    ) {
        if !self.busy.try_update(|busy| busy.insert(id)).unwrap_or_default() {
            return;
        }
        self.set_notice(id, None);
        spawn_local(async move {
            let notice = match call.await {
                Ok(case) => {
                    case.iter().for_each(|case| self.remember_version(case));
                    // The card itself shows a step that now waits for another moderator.
                    on_success.filter(|_| case.is_none_or(|case| case.asked.is_none()))
                }
                Err(error) if error.is_conflict() => Some(CaseNotice::Conflict(self.last_change(id).await)),
                Err(error) => Some(CaseNotice::Failed(error)),
            };
            self.set_notice(id, notice);
            self.busy.try_update(|busy| busy.remove(&id));
            self.drafts.refresh();
        });
    }

    fn set_notice(self, id: CaseId, notice: Option<CaseNotice>) {
        self.notices.try_update(|notices| match notice {
            Some(notice) => notices.insert(id, notice),
            None => notices.remove(&id),
        });
    }

    /// Reads the newest audit line of a case, and stores the case's version so that the next action succeeds.
    pub async fn last_change(self, id: CaseId) -> Option<AuditEntry> {
        if let Ok(case) = self.api.case(id).await {
            self.remember_version(&case);
        }
        self.api.audit(id).await.ok()?.pop()
    }
}
