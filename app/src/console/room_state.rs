//! One room on the moderator's desk: its session, what is being written for it, and the actions on its cases.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::{AuditEntry, Case, CaseId, CaseState, RoomId};

use super::ballot_rate::BallotRate;
use super::case_editor::CaseEditor;
use crate::api::{Api, ApiError};
use crate::jury::{Jury, News};
use crate::pages::{CaseList, CaseListKind, origin};
use crate::session::Session;
use crate::socket::SocketConfig;
use crate::time::local_ms;
use crate::token::TokenSource;

/// Time a moderator has to take a void back, in milliseconds.
pub const UNDO_MS: u64 = 10_000;

/// How often drafts are read while this page is looked at: another moderator's are on no socket.
const DRAFTS_POLL_INTERVAL: Duration = Duration::from_secs(3);

/// What is to be said about a case, on its card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseNotice {
    /// Somebody, or the deadline, changed it first; with the newest line of its trail, where that could be read.
    Conflict(Option<AuditEntry>),
    /// What was asked did not happen, or nobody knows whether it did.
    Failed(ApiError),
    /// It closes this many seconds later.
    Extended(u64),
}

/// A void that waits to be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingVoid {
    /// Why.
    pub reason: String,
    /// When it acts, on the local clock.
    pub acts_at_ms: u64,
    timer: Option<TimeoutHandle>,
}

/// One room. Copy it freely; it ends with the reactive owner it was started under.
#[derive(Clone, Copy)]
pub struct RoomState {
    /// The room.
    pub name: StoredValue<RoomId>,
    /// The API.
    pub api: Api,
    /// The live view.
    pub session: Session,
    /// Cases that are written, not shown.
    pub drafts: CaseList,
    /// Cases that have ended.
    pub past: CaseList,
    /// What is being written.
    pub editor: CaseEditor,
    /// Cases that ended while this page looked on.
    pub ended: RwSignal<Vec<CaseId>>,
    rates: RwSignal<BTreeMap<CaseId, BallotRate>>,
    notices: RwSignal<BTreeMap<CaseId, CaseNotice>>,
    pending_voids: RwSignal<BTreeMap<CaseId, PendingVoid>>,
    busy: RwSignal<BTreeSet<CaseId>>,
    /// Versions from answers that the socket has not shown yet.
    versions: StoredValue<BTreeMap<CaseId, u64>>,
}

impl RoomState {
    /// Follows a room. `on_ended` hears of each case that ends.
    #[must_use]
    pub fn start(room: RoomId, api: Api, token: TokenSource, on_ended: impl Fn(&RoomId, &Case) + 'static) -> Self {
        let ended = RwSignal::new(Vec::new());
        let name = room.clone();
        let on_news = Rc::new(move |news: &News, jury: &Jury| {
            if let News::Ended(id) = news {
                ended.update(|ended| ended.insert(0, *id));
                if let Some(case) = jury.case(*id) {
                    on_ended(&name, case);
                }
            }
        });
        let session = Session::start(SocketConfig { server: origin(), room: room.clone(), token }, on_news);
        let state = Self {
            api,
            session,
            drafts: CaseList::new(api, room.clone(), CaseListKind::Drafts),
            past: CaseList::new(api, room.clone(), CaseListKind::Past),
            name: StoredValue::new(room),
            editor: CaseEditor::new(),
            ended,
            rates: RwSignal::default(),
            notices: RwSignal::default(),
            pending_voids: RwSignal::default(),
            busy: RwSignal::default(),
            versions: StoredValue::default(),
        };
        state.sample_rates();
        state.refresh_lists();
        state
    }

    /// The room's name.
    #[must_use]
    pub fn name(self) -> RoomId {
        self.name.get_value()
    }

    /// Open and sealed cases, the next to close first.
    #[must_use]
    pub fn running(self) -> Vec<CaseId> {
        self.session.jury().with(|jury| {
            let mut running: Vec<_> = jury
                .cases()
                .iter()
                .filter(|case| matches!(case.state, CaseState::Open | CaseState::Sealed))
                .map(|case| (case.closes_at_ms, case.id))
                .collect();
            running.sort_unstable();
            running.into_iter().map(|(_, id)| id).collect()
        })
    }

    /// Ballots in each of the last seconds of a case.
    #[must_use]
    pub fn rate(self, id: CaseId) -> BallotRate {
        self.rates.with(|rates| rates.get(&id).cloned().unwrap_or_default())
    }

    /// What is to be said about a case.
    #[must_use]
    pub fn notice(self, id: CaseId) -> Option<CaseNotice> {
        self.notices.with(|notices| notices.get(&id).cloned())
    }

    /// The void of a case that waits to be taken back.
    #[must_use]
    pub fn pending_void(self, id: CaseId) -> Option<PendingVoid> {
        self.pending_voids.with(|voids| voids.get(&id).cloned())
    }

    /// Whether a void waits: leaving the page would drop it.
    #[must_use]
    pub fn has_pending_void(self) -> bool {
        self.pending_voids.with_untracked(|voids| !voids.is_empty())
    }

    /// Whether an action on a case is on its way.
    #[must_use]
    pub fn is_busy(self, id: CaseId) -> bool {
        self.busy.with(|busy| busy.contains(&id))
    }

    /// Takes a case that ended off the desk; it stays among the past ones.
    pub fn dismiss(self, id: CaseId) {
        self.ended.update(|ended| ended.retain(|other| *other != id));
    }

    /// Lets a case close later.
    pub fn extend(self, case: &Case, by_s: u64) {
        let (id, version) = (case.id, self.version(case));
        self.run(id, Some(CaseNotice::Extended(by_s)), async move { self.api.extend(id, version, by_s).await });
    }

    /// Closes a case now.
    pub fn close(self, case: &Case) {
        let (id, version) = (case.id, self.version(case));
        self.run(id, None, async move { self.api.close(id, version).await });
    }

    /// Opens a draft.
    pub fn open(self, case: &Case) {
        let (id, version) = (case.id, self.version(case));
        self.run(id, None, async move { self.api.open(id, version).await });
    }

    /// Voids a case in [`UNDO_MS`], unless it is taken back.
    pub fn schedule_void(self, case: &Case, reason: String) {
        let id = case.id;
        self.notices.update(|notices| {
            notices.remove(&id);
        });
        let timer = set_timeout_with_handle(move || self.send_void(id), Duration::from_millis(UNDO_MS)).ok();
        let pending_void = PendingVoid { reason, acts_at_ms: local_ms() + UNDO_MS, timer };
        self.pending_voids.update(|voids| {
            voids.insert(id, pending_void);
        });
    }

    /// Takes a void back.
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
        self.run(id, None, async move { self.api.void(id, version, reason).await });
    }

    /// The newest version this page knows of: an answer may be ahead of the socket.
    #[must_use]
    pub fn version(self, case: &Case) -> u64 {
        self.versions.with_value(|versions| versions.get(&case.id).copied().unwrap_or_default()).max(case.version)
    }

    /// Remembers an answer's version.
    pub fn remember_version(self, case: &Case) {
        self.versions.update_value(|versions| {
            versions.insert(case.id, case.version);
        });
    }

    fn run(
        self,
        id: CaseId,
        on_success: Option<CaseNotice>,
        call: impl Future<Output = Result<Case, ApiError>> + 'static,
    ) {
        if !self.busy.try_update(|busy| busy.insert(id)).unwrap_or_default() {
            return;
        }
        self.set_notice(id, None);
        spawn_local(async move {
            let notice = match call.await {
                Ok(case) => {
                    self.remember_version(&case);
                    on_success
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

    /// Who changed a case last, and its version by then, so that the next action is not refused for the same reason.
    pub async fn last_change(self, id: CaseId) -> Option<AuditEntry> {
        if let Ok(case) = self.api.case(id).await {
            self.remember_version(&case);
        }
        self.api.audit(id).await.ok()?.pop()
    }

    /// Reads each running tally once a second.
    fn sample_rates(self) {
        let read = move || {
            let samples: Vec<(CaseId, u64)> = self.session.jury().with_untracked(|jury| {
                let running = jury.cases().iter().filter(|case| case.state == CaseState::Open);
                running.filter_map(|case| Some((case.id, jury.tally(case.id)?.ballots))).collect()
            });
            self.rates.update(|rates| {
                rates.retain(|id, _| samples.iter().any(|(running, _)| running == id));
                for (id, ballots) in samples {
                    rates.entry(id).or_default().push(ballots);
                }
            });
        };
        if let Ok(interval) = set_interval_with_handle(read, Duration::from_secs(1)) {
            on_cleanup(move || interval.clear());
        }
    }

    /// Drafts are on no socket and past cases there are only the newest: both are read anew when the docket changes,
    /// drafts also every few seconds while the moderator looks on, and at once when they come back to this page.
    fn refresh_lists(self) {
        let versions = Memo::new(move |_| {
            self.session.jury().with(|jury| jury.cases().iter().map(|case| (case.id, case.version)).collect::<Vec<_>>())
        });
        Effect::new(move || {
            // Read, not only tracked: a memo that nobody reads never looks at its own sources.
            versions.with(|_| ());
            self.drafts.refresh();
            self.past.refresh();
        });
        let focus = window_event_listener(leptos::ev::focus, move |_| self.drafts.refresh());
        let poll = move || {
            if !document().hidden() {
                self.drafts.refresh();
            }
        };
        let interval = set_interval_with_handle(poll, DRAFTS_POLL_INTERVAL).ok();
        on_cleanup(move || {
            focus.remove();
            if let Some(interval) = interval {
                interval.clear();
            }
        });
    }
}
